package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"muster/models"
	"muster/store/internal/db"
)

// NewOrganization is what a shared organization starts from.
type NewOrganization struct {
	Name        string
	Code        string
	Description string
	Plan        string // a plan's name; "" for the usual one
}

// CreateOrganization makes a shared organization whose owner is the actor, and
// makes it the actor's current one. Who may, and on which plan, is an
// installation setting; a taken code is CodeConflict.
func (s *Store) CreateOrganization(ctx context.Context, a models.Actor, n NewOrganization) (v models.OrgView, err error) {
	err = s.change(ctx, a, event{"organization.create", "organization", "", n.Code}, func(t *tx) error {
		v, err = t.createOrganization(ctx, n, models.Organization{})
		return err
	})
	return v, err
}

// createOrganization makes a shared organization of the actor. What n does not
// say comes from base.
func (t *tx) createOrganization(ctx context.Context, n NewOrganization, base models.Organization) (v models.OrgView, err error) {
	plan, err := t.planAtCreation(n.Plan)
	if err != nil {
		return v, err
	}
	if err := t.mayCreate(ctx, plan); err != nil {
		return v, err
	}
	o := base
	o.Plan, o.Kind = plan.Name, models.KindShared
	if o.Name, err = models.CheckName("name", n.Name); err != nil {
		return v, err
	}
	if o.Code, err = models.CheckCode("code", n.Code); err != nil {
		return v, err
	}
	if o.Description, err = models.CheckLong("description", n.Description); err != nil {
		return v, err
	}
	if o, err = t.insertOrganization(ctx, o, t.user, models.AsMember); err != nil {
		return v, err
	}
	if err := t.choose(ctx, o.ID); err != nil {
		return v, err
	}
	return t.orgView(ctx, o.ID)
}

// insertOrganization makes an organization with its owner, and writes the first
// entry of its chain. as is the actor's capacity where somebody else is to own
// it.
func (t *tx) insertOrganization(ctx context.Context, o models.Organization, owner models.User, as models.ActingAs) (models.Organization, error) {
	var taken int
	err := t.row(ctx, "SELECT 1 FROM organizations WHERE code_norm = $1", models.NormCode(o.Code)).Scan(&taken)
	if err == nil {
		return o, codeTaken(o.Code)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return o, err
	}
	o.ID, o.CreatedAt, o.UpdatedAt = t.s.ids.New("org"), t.now, t.now
	var num int64
	row := orgTable.With(written("primary_owner", func(*models.Organization) any { return owner.ID }))
	if err := t.row(ctx, row.Insert(t.db, "organizations")+" RETURNING num", row.Values(&o)...).Scan(&num); err != nil {
		return o, err
	}
	if o.Kind == models.KindShared {
		if err := t.db.Text().Put(ctx, t.db, db.OrganizationText, num, organizationSearchText(o)); err != nil {
			return o, err
		}
		if err := t.countInstallation(ctx, countOrganizations, +1); err != nil {
			return o, err
		}
		t.signal(TopicInstallation)
	}
	if owner.ID == t.user.ID {
		as = models.AsMember
	}
	if err := t.addMember(ctx, o.ID, owner, models.RoleOwner, ""); err != nil {
		return o, err
	}
	if _, err := t.insertWorkspace(ctx, o.ID, generalOf(o)); err != nil {
		return o, err
	}
	return o, t.log(ctx, entry{event: event{"organization.create", "organization", o.ID, o.Code}, org: o.ID, as: as,
		after: fields{"code": o.Code, "name": o.Name, "kind": o.Kind, "plan": o.Plan, "owner": owner.Email}})
}

// generalOf is the workspace that an organization starts with, which is open to
// all members unless they change it.
func generalOf(o models.Organization) models.Workspace {
	w := models.Workspace{Name: models.GeneralWorkspace}
	if o.Kind == models.KindShared {
		w.Open = models.WorkspaceViewer
	}
	return w
}

func codeTaken(code string) error {
	return &models.Error{Code: models.CodeConflict, Field: "code", Message: "the code " + code + " is taken", Hint: "choose another; codes are compared regardless of case"}
}

// ListOrganizations is the actor's switcher: the personal workspace, the
// organizations they own, those they joined, and the invitations waiting for
// them, each group by name.
func (s *Store) ListOrganizations(ctx context.Context, a models.Actor) (list []models.OrgEntry, err error) {
	err = s.view(ctx, a, event{}, func(t *tx) error {
		list, err = t.switcher(ctx)
		return err
	})
	return list, err
}

func (t *tx) switcher(ctx context.Context) ([]models.OrgEntry, error) {
	var current string
	if err := t.row(ctx, "SELECT current_org FROM users WHERE id = $1", t.user.ID).Scan(&current); err != nil {
		return nil, err
	}
	list, err := collect(ctx, t, func(r scanner) (e models.OrgEntry, err error) {
		var kind models.OrgKind
		var role int64
		var plan, primary, status, reason string
		var custom customRow
		err = r.Scan(append([]any{&e.ID, &e.Code, &e.Name, &e.Accent, &e.Badge, &kind, &plan, &role, &e.Waiting, &primary, &status, &reason}, custom.dest()...)...)
		if status == string(models.MemberSuspended) {
			return closedEntry(e, models.NotSuspended, suspendedIn(e.Name, reason)), err
		}
		e.Primary = primary == t.user.ID
		e.Role, e.Current, e.Relation = roleOf(role), e.ID == current, models.RelMember
		switch {
		case kind == models.KindPersonal:
			e.Relation = models.RelPersonal
		case e.Role == models.RoleOwner:
			e.Relation = models.RelOwner
		}
		access := models.Access{Role: e.Role, Custom: custom.role(role), Member: true, Flat: kind == models.KindShared && t.s.plan(plan).Has(models.FeatureFlatRoles)}
		if access.Custom != nil {
			e.CustomRole = access.Custom.Name
		}
		if !access.Can(models.PermDecide) {
			e.Waiting = 0
		}
		return e, err
	}, `SELECT o.id, o.code, o.name, o.accent, o.badge, o.kind, o.plan, m.role_order,
			coalesce((SELECT n FROM invitation_counts c WHERE c.org_id = o.id AND c.state_order = `+stateRequested+`), 0), o.primary_owner, m.status, m.suspend_reason, `+customColumns+`
		FROM memberships m JOIN organizations o ON o.id = m.org_id`+memberRoleJoins+`
		WHERE m.user_id = $1 AND `+inForce("m", 2)+` AND o.deleted_at = 0 ORDER BY o.name_norm, o.id`, t.user.ID, micros(t.now))
	if err != nil {
		return nil, err
	}
	if err := t.showNominations(ctx, list); err != nil {
		return nil, err
	}
	if err := t.redactBarred(ctx, list); err != nil {
		return nil, err
	}
	offers, err := t.offersTo(ctx, t.user)
	if err != nil {
		return nil, err
	}
	for _, f := range offers {
		list = append(list, models.OrgEntry{ID: f.Invitation.OrgID, Code: f.OrgCode, Name: f.OrgName, Relation: models.RelInvited,
			Role: f.Invitation.Role, InvitationID: f.Invitation.ID, ExpiresAt: f.Invitation.ExpiresAt,
			Requirement: f.Requirement, RequirementText: f.RequirementText})
	}
	order := []models.OrgRelation{models.RelPersonal, models.RelOwner, models.RelMember, models.RelInvited}
	slices.SortStableFunc(list, func(x, y models.OrgEntry) int {
		return slices.Index(order, x.Relation) - slices.Index(order, y.Relation)
	})
	if !slices.ContainsFunc(list, func(e models.OrgEntry) bool { return e.Current }) && len(list) > 0 {
		list[0].Current = true
	}
	return list, nil
}

// closedEntry is an organization of somebody's that they cannot enter: its code and
// name, and why.
func closedEntry(e models.OrgEntry, need models.Requirement, why error) models.OrgEntry {
	return models.OrgEntry{ID: e.ID, Code: e.Code, Name: e.Name, Relation: models.RelMember, Current: e.Current,
		Requirement: need, RequirementText: models.AsError(why).Message}
}

// Organization is one organization as the actor sees it, by id or code in any
// letter case. For an outsider it is CodeNotFound.
func (s *Store) Organization(ctx context.Context, a models.Actor, ref string) (v models.OrgView, err error) {
	err = s.view(ctx, a, event{"organization.show", "organization", ref, ""}, func(t *tx) error {
		v, err = t.orgView(ctx, ref)
		return err
	})
	return v, err
}

// FindOrganization is Organization without what is counted and looked up for a
// screen: for whoever needs to know which one it is, and that the actor is let
// in. action is what they want there, for the entry of a refusal.
func (s *Store) FindOrganization(ctx context.Context, a models.Actor, ref, action string) (found models.Organization, err error) {
	if a.APIKey != "" {
		action = "whoami" // which one a key is for needs no scope; what it does there is asked then
	}
	err = s.view(ctx, a, event{action, "organization", ref, ""}, func(t *tx) error {
		t.unread = true
		o, err := finderFor(action)(t, ctx, ref)
		if err != nil {
			return err
		}
		found = o.Organization
		return nil
	})
	return found, err
}

// SwitchOrganization is Organization, and remembers the choice (see
// LoginOrganization). Who chooses the same one again, as with most sign-ins,
// waits for nobody's writes.
func (s *Store) SwitchOrganization(ctx context.Context, a models.Actor, ref string) (v models.OrgView, err error) {
	same := false
	err = s.view(ctx, a, event{"organization.switch", "organization", ref, ""}, func(t *tx) error {
		if v, err = t.orgView(ctx, ref); err != nil {
			return err
		}
		same, err = t.chosen(ctx, v.ID)
		return err
	})
	if err != nil || same {
		return v, err
	}
	err = s.change(ctx, a, event{"organization.switch", "organization", ref, ""}, func(t *tx) error {
		if v, err = t.orgView(ctx, ref); err != nil {
			return err
		}
		t.unlogged("what somebody looks at is their own business")
		return t.choose(ctx, v.ID)
	})
	return v, err
}

func (t *tx) orgView(ctx context.Context, ref string) (v models.OrgView, err error) {
	o, err := t.org(ctx, ref)
	if err != nil {
		return v, err
	}
	v.Organization = o.Organization
	v.Security = o.security
	v.SiteAdmin = o.access.SiteAdmin
	if o.access.Member {
		v.Role, v.CustomRole = o.access.Role, o.access.Custom
	}
	v.Effective, v.Flat, v.Unpaid = o.access.Effective(), o.access.Flat, o.access.Unpaid
	v.Features = append([]models.Feature{}, o.plan.Features...)
	if v.Members, err = t.memberCounts(ctx, o.ID); err != nil {
		return v, err
	}
	all, err := t.invitationCounts(ctx, o.ID)
	if err != nil {
		return v, err
	}
	if v.Invites, err = t.countsFor(ctx, o, all); err != nil {
		return v, err
	}
	if v.Workspace, err = t.currentWorkspaceName(ctx, o); err != nil {
		return v, err
	}
	if o.access.Can(models.PermWorkspaces) {
		use, err := t.workspaceUse(ctx, o)
		if err != nil {
			return v, err
		}
		v.Workspaces = &use
	}
	values, err := t.settingValues(ctx, o.ID)
	if err != nil {
		return v, err
	}
	v.API = models.ParseAPISettings(values)
	v.Seats = t.s.seats(o, v.Members, all, values)
	v.Settings = models.ParseMemberSettings(values)
	v.PrimaryOwner = o.primary
	if err := t.row(ctx, "SELECT coalesce((SELECT email FROM users WHERE id = $1), '')", o.primary).Scan(&v.PrimaryEmail); err != nil {
		return v, err
	}
	if v.ActiveOwners, err = t.activeOwners(ctx, o.ID); err != nil {
		return v, err
	}
	if v.Others, err = t.others(ctx, o.ID); err != nil {
		return v, err
	}
	v.Transfers, err = t.openTransfers(ctx, o)
	return v, err
}

// countsFor keeps of the numbers of invitations those that the actor may know.
// Requests and what became of them are for who decides; others count their own
// that wait.
func (t *tx) countsFor(ctx context.Context, o *org, all models.InvitationCounts) (models.InvitationCounts, error) {
	if o.access.Can(models.PermDecide) {
		return all, nil
	}
	counts := models.InvitationCounts{}
	for _, st := range []models.InvitationState{models.StatePending, models.StateExpired, models.StateAccepted} {
		if n, ok := all[st]; ok {
			counts[st] = n
		}
	}
	var own int
	err := t.row(ctx, "SELECT count(*) FROM invitations WHERE org_id = $1 AND inviter_id = $2 AND state_order = "+stateRequested, o.ID, t.user.ID).Scan(&own)
	counts[models.StateRequested] = own
	return counts, err
}

// seats says, before a change, how many seats are taken at this moment.
func (t *tx) seats(ctx context.Context, o *org) (models.Seats, error) {
	if err := t.endMemberships(ctx, o.ID); err != nil {
		return models.Seats{}, err
	}
	members, err := t.memberCounts(ctx, o.ID)
	if err != nil {
		return models.Seats{}, err
	}
	invites, err := t.invitationCounts(ctx, o.ID)
	if err != nil {
		return models.Seats{}, err
	}
	values, err := t.settingValues(ctx, o.ID)
	return t.s.seats(o, members, invites, values), err
}

// seats are those of the plan, or fewer where the owners set a limit. A plan
// that the configuration no longer has gives no more seats than are taken.
func (s *Store) seats(o *org, m models.MemberCounts, i models.InvitationCounts, settings map[string]string) models.Seats {
	used := m.Active + i[models.StatePending]
	plan := o.plan
	if _, ok := s.plans[o.Plan]; !ok {
		plan.Seats = max(used, 1)
	}
	return models.SeatsOf(plan, used, settings)
}

// nextRows takes n numbers, one after the other, for invitations of the
// organization in the text index, and gives the first.
func (t *tx) nextRows(ctx context.Context, orgID string, n int) (num int64, err error) {
	var org, row int64
	err = t.row(ctx, "UPDATE organizations SET next_row = next_row + $2 WHERE id = $1 RETURNING num, next_row - $2", orgID, n).Scan(&org, &row)
	return db.FirstNumber(org) | row, err
}
