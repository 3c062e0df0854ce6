package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"muster/models"
)

// NewOrganization is what a shared organization starts from.
type NewOrganization struct {
	Name        string
	Code        string
	Description string
}

// CreateOrganization makes a shared organization whose owner is the actor, and
// makes it the actor's current one. Who may is an installation setting; a
// taken code is CodeConflict.
func (s *Store) CreateOrganization(ctx context.Context, a models.Actor, n NewOrganization) (v models.OrgView, err error) {
	err = s.change(ctx, a, func(t *tx) error {
		t.about("organization.create", "organization", "", models.SafeText(n.Code))
		if err := t.mayCreate(ctx); err != nil {
			return err
		}
		o := models.Organization{Plan: models.PlanTeam, Kind: models.KindShared}
		if o.Name, err = models.CheckName("name", n.Name); err != nil {
			return err
		}
		if o.Code, err = models.CheckCode("code", n.Code); err != nil {
			return err
		}
		if o.Description, err = models.CheckLong("description", n.Description); err != nil {
			return err
		}
		if o, err = t.insertOrganization(ctx, o); err != nil {
			return err
		}
		if _, err = t.exec(ctx, "UPDATE users SET current_org = $1 WHERE id = $2", o.ID, t.user.ID); err != nil {
			return err
		}
		v, err = t.orgView(ctx, o.ID)
		return err
	})
	return v, err
}

func (t *tx) mayCreate(ctx context.Context) error {
	if t.user.SiteAdmin {
		return nil
	}
	switch t.s.opt.WhoMayCreate {
	case CreateSiteAdmins:
		return models.Errorf(models.CodeDenied, "only site admins may create organizations here").WithHint("ask a site admin")
	case CreatePlan:
		plans, err := collect(ctx, t, scanString, `SELECT DISTINCT o.plan FROM organizations o JOIN memberships m ON m.org_id = o.id
			WHERE m.user_id = $1 AND m.status = 'active' AND o.deleted_at = 0`, t.user.ID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(plans, func(p string) bool {
			return slices.Contains(t.s.plans[p].Features, models.FeatureOrgSettings)
		}) {
			return models.Errorf(models.CodeDenied, "your plan does not allow creating organizations").
				WithHint("join an organization whose plan has it, or ask a site admin")
		}
	}
	return nil
}

// insertOrganization makes an organization with the actor as its owner, and
// writes the first entry of its chain.
func (t *tx) insertOrganization(ctx context.Context, o models.Organization) (models.Organization, error) {
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
	if err := t.row(ctx, `INSERT INTO organizations (id, num, next_row, code, code_norm, name, description, accent, badge, motd, plan, kind, created_at, updated_at, deleted_at)
		VALUES ($1, (SELECT coalesce(max(num), 0) + 1 FROM organizations), 1, $2, $3, $4, $5, '', '', '', $6, $7, $8, $8, 0) RETURNING num`,
		o.ID, o.Code, models.NormCode(o.Code), o.Name, o.Description, o.Plan, string(o.Kind), micros(t.now)).Scan(&num); err != nil {
		return o, err
	}
	t.deed.org, t.deed.as = o.ID, models.AsMember
	t.about("organization.create", "organization", o.ID, o.Code)
	if err := t.addMember(ctx, o.ID, t.user, models.RoleOwner, ""); err != nil {
		return o, err
	}
	return o, t.done(ctx, nil, fields{"code": o.Code, "name": o.Name, "kind": o.Kind, "plan": o.Plan, "owner": t.user.Email})
}

func codeTaken(code string) error {
	return &models.Error{Code: models.CodeConflict, Field: "code", Message: "the code " + code + " is taken", Hint: "choose another; codes are compared regardless of case"}
}

// ListOrganizations is the actor's switcher: the personal workspace, the
// organizations they own, those they joined, and the invitations waiting for
// them, each group by name.
func (s *Store) ListOrganizations(ctx context.Context, a models.Actor) (list []models.OrgEntry, err error) {
	err = s.view(ctx, a, func(t *tx) error {
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
		err = r.Scan(&e.ID, &e.Code, &e.Name, &e.Accent, &e.Badge, &kind, &role, &e.Waiting)
		e.Role, e.Current, e.Relation = roleOf(role), e.ID == current, models.RelMember
		switch {
		case kind == models.KindPersonal:
			e.Relation = models.RelPersonal
		case e.Role == models.RoleOwner:
			e.Relation = models.RelOwner
		}
		if !e.Role.Can(models.PermDecide) {
			e.Waiting = 0
		}
		return e, err
	}, `SELECT o.id, o.code, o.name, o.accent, o.badge, o.kind, m.role_order,
			coalesce((SELECT n FROM invitation_counts c WHERE c.org_id = o.id AND c.state_order = 1), 0)
		FROM memberships m JOIN organizations o ON o.id = m.org_id
		WHERE m.user_id = $1 AND m.status = 'active' AND o.deleted_at = 0 ORDER BY o.name, o.id`, t.user.ID)
	if err != nil {
		return nil, err
	}
	if err := t.withhold(ctx, list); err != nil {
		return nil, err
	}
	offers, err := t.offersTo(ctx, t.user)
	if err != nil {
		return nil, err
	}
	for _, f := range offers {
		list = append(list, models.OrgEntry{ID: f.Invitation.OrgID, Code: f.OrgCode, Name: f.OrgName, Relation: models.RelInvited,
			Role: f.Invitation.Role, InvitationID: f.Invitation.ID, ExpiresAt: f.Invitation.ExpiresAt})
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

// Organization is one organization as the actor sees it, by id or code in any
// letter case. For an outsider it is CodeNotFound.
func (s *Store) Organization(ctx context.Context, a models.Actor, ref string) (v models.OrgView, err error) {
	err = s.view(ctx, a, func(t *tx) error {
		v, err = t.orgView(ctx, ref)
		return err
	})
	return v, err
}

// SwitchOrganization is Organization, and remembers the choice.
func (s *Store) SwitchOrganization(ctx context.Context, a models.Actor, ref string) (v models.OrgView, err error) {
	err = s.change(ctx, a, func(t *tx) error {
		if v, err = t.orgView(ctx, ref); err != nil {
			return err
		}
		_, err = t.exec(ctx, "UPDATE users SET current_org = $1 WHERE id = $2", v.ID, t.user.ID)
		return err
	})
	return v, err
}

func (t *tx) orgView(ctx context.Context, ref string) (v models.OrgView, err error) {
	o, err := t.enter(ctx, ref)
	if err != nil {
		return v, err
	}
	v.Organization = o.Organization
	v.Security = o.security
	v.SiteAdmin = o.access.SiteAdmin
	if o.access.Member {
		v.Role = o.access.Role
	}
	if v.Members, err = t.memberCounts(ctx, o.ID); err != nil {
		return v, err
	}
	if v.Invites, err = t.invitationCounts(ctx, o.ID); err != nil {
		return v, err
	}
	v.Seats = models.Seats{Used: v.Members.Active + v.Invites[models.StatePending], Max: t.s.plans[o.Plan].Seats}
	v.Settings, err = t.memberSettings(ctx, o.ID)
	return v, err
}

// seats says how many seats are taken at this moment. Invitations that ran out
// give theirs back first.
func (t *tx) seats(ctx context.Context, o *org) (models.Seats, error) {
	if err := t.expire(ctx, o.ID); err != nil {
		return models.Seats{}, err
	}
	members, err := t.memberCounts(ctx, o.ID)
	if err != nil {
		return models.Seats{}, err
	}
	invites, err := t.invitationCounts(ctx, o.ID)
	return models.Seats{Used: members.Active + invites[models.StatePending], Max: t.s.plans[o.Plan].Seats}, err
}

// nextRow takes the next number for a row of the organization in a text index.
func (t *tx) nextRow(ctx context.Context, orgID string) (num int64, err error) {
	var org, row int64
	err = t.row(ctx, "UPDATE organizations SET next_row = next_row + 1 WHERE id = $1 RETURNING num, next_row - 1", orgID).Scan(&org, &row)
	return firstNum(org) | row, err
}
