package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"muster/models"
	"muster/store/internal/db"
)

var workspaceMemberColumns = memberColumns + `, ` + workspaceRoleColumns + `, coalesce(x.added_at, 0), coalesce(x.added_by, ''), m.email_norm`

// everywhereRoles are the roles in the organization, as lists count them, whose
// holders may be in the workspace without having been added: admins of every
// one, and all members where it is open to them. Those of them who are fit the
// condition, which is about memberships m.
func (w *workspace) everywhereRoles() (roles []models.Role, cond string) {
	if w.org.access.Flat || w.Open != "" {
		return models.Roles(), "1 = 1"
	}
	// A custom role that counts as admin need not have the permission.
	return models.Roles()[:models.RoleOwner.Rank()-models.RoleAdmin.Rank()+1], `NOT EXISTS (SELECT 1 FROM member_roles mr
		JOIN custom_roles cr ON cr.org_id = mr.org_id AND cr.id = mr.role_id WHERE mr.org_id = m.org_id AND mr.user_id = m.user_id
		AND m.role_order > ` + orderOwner + ` AND ' ' || cr.permissions || ' ' NOT LIKE '% ` + string(models.PermWorkspaces) + ` %')`
}

func scanWorkspaceMember(in *workspace) scanFunc[keyed[models.WorkspaceMember]] {
	var added int64
	var addedBy, norm string
	var role workspaceRoleRow
	member := scanMember(role.dest(&added, &addedBy, &norm)...)
	return func(r scanner) (v keyed[models.WorkspaceMember], err error) {
		m, err := member(r)
		if err != nil {
			return v, err
		}
		w := models.WorkspaceMember{
			ID: m.ID, OrgID: m.OrgID, WorkspaceID: in.ID, Email: m.Email, EmailVerified: m.EmailVerified, Name: m.Name, Handle: m.Handle,
			OrgRole: m.Role, OrgCustom: m.CustomRole, Status: m.Status, AddedAt: timeOrNil(added), AddedBy: addedBy,
		}
		w.Given, w.Custom = role.given()
		if w.Role, w.Source = in.standing(w).Access.Effective(); w.Status != models.MemberActive {
			w.Role = ""
		}
		return keyed[models.WorkspaceMember]{item: w, key: []any{norm, m.ID}}, nil
	}
}

// ListWorkspaceMembers gives a page of who is in a workspace, by address, for
// everybody in it: those who were added, and who manages all workspaces of the
// organization. Matches is -1 with a search, and so is Total where both groups
// are large.
func (s *Store) ListWorkspaceMembers(ctx context.Context, a models.Actor, orgID, ref string, q models.WorkspaceMemberQuery) (p models.Page[models.WorkspaceMember], err error) {
	limit, err := checkPage(q.Limit, q.Search)
	if err != nil {
		return p, err
	}
	err = s.view(ctx, a, event{"workspace.members", "workspace", ref, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		w, err := t.workspace(ctx, o, ref)
		if err != nil {
			return err
		}
		if p.Total, err = t.workspaceTotal(ctx, o, w); err != nil {
			return err
		}
		p.Matches = p.Total
		cond := &db.Where{Args: []any{o.ID, w.ID}}
		candidates := w.inOrder
		find, err := t.searchAll(ctx, cond, db.MemberText, "m", o.num, q.Search, q.Terms)
		if err != nil {
			return err
		}
		if find.term != "" || !q.Terms.None() {
			p.Matches = -1
		}
		switch {
		case find.term == "":
		case find.none:
			cond.Add("m.text IS NULL") // no row
		case find.rare():
			find.lookup.Among("m", cond)
			candidates = w.among
		default:
			t.db.Text().Holds("m.text", find.term, cond)
		}
		cols := []string{"m.email_norm", "m.user_id"}
		pg, err := db.NewPager(db.Order{Sort: "workspace_members", Cols: cols, Key: []any{"", ""}}, limit, q.After, q.Before)
		if err != nil {
			return err
		}
		query := func(c *db.Where) string {
			order := fmt.Sprintf("ORDER BY %s LIMIT %d", pg.OrderBy(), pg.Read())
			return "SELECT " + workspaceMemberColumns + " FROM (" + candidates(c, order) + `) k
				JOIN memberships m ON m.org_id = $1 AND m.user_id = k.user_id` + memberJoins + `
				LEFT JOIN workspace_members x ON x.org_id = $1 AND x.workspace_id = $2 AND x.user_id = k.user_id` + workspaceRoleJoins + " " +
				strings.ReplaceAll(order, "m.", "k.")
		}
		scan := scanWorkspaceMember(w)
		return fillPage(ctx, t, cond, pg, query, scan, &p)
	})
	return p, err
}

// inOrder selects who is in the workspace $2 of the organization $1 by merging
// index ranges that are each in the order of the list and end with the page: who
// was added, and everybody with each of the roles that may reach everywhere.
func (w *workspace) inOrder(c *db.Where, order string) string {
	also, join := "", ""
	if len(c.Conds) > 0 {
		also = " AND " + c.String()
	}
	if strings.Contains(also, "m.text") {
		join = " JOIN memberships m ON m.org_id = x.org_id AND m.user_id = x.user_id"
	}
	added := strings.NewReplacer("m.email_norm", "x.email_norm", "m.user_id", "x.user_id")
	ranges := []string{"SELECT * FROM (SELECT x.email_norm, x.user_id FROM workspace_members x" + join +
		" WHERE x.org_id = $1 AND x.workspace_id = $2" + added.Replace(also+" "+order) + ") a"}
	roles, cond := w.everywhereRoles()
	for _, r := range roles {
		ranges = append(ranges, fmt.Sprintf("SELECT * FROM (SELECT m.email_norm, m.user_id FROM memberships m WHERE m.org_id = $1 AND m.role_order = %d AND %s%s %s) a",
			roleOrder(r), cond, also, order))
	}
	return strings.Join(ranges, " UNION ")
}

// among selects the same from few memberships, those of a rare term. The
// organization is no plain column there, or SQLite goes through its whole index
// to have the rows in order, instead of sorting a few.
func (w *workspace) among(c *db.Where, order string) string {
	roles, cond := w.everywhereRoles()
	return fmt.Sprintf(`SELECT m.email_norm, m.user_id FROM memberships m WHERE m.org_id || '' = $1 AND %s
		AND (m.role_order <= %d AND %s OR EXISTS (SELECT 1 FROM workspace_members x WHERE x.org_id = $1 AND x.workspace_id = $2 AND x.user_id = m.user_id)) %s`,
		c, roleOrder(roles[len(roles)-1]), cond, order)
}

// maxOverlap is how many rows are read to count who is in a workspace for two
// reasons.
const maxOverlap = 100

// workspaceTotal is how many are in a workspace: the added ones, and the owners
// and admins among whom some may have been added as well. It is -1 where both
// groups are so large that to count those would mean to read a long list.
func (t *tx) workspaceTotal(ctx context.Context, o *org, w *workspace) (int, error) {
	counts, err := t.memberCountTable(ctx, o.ID)
	if err != nil {
		return 0, err
	}
	if o.access.Flat || w.Open != "" {
		return counts.sum("", ""), nil
	}
	roles, cond := w.everywhereRoles()
	everywhere := 0
	for _, r := range roles {
		everywhere += counts.sum(r, "")
	}
	custom, err := collect(ctx, t, scanStoredRole(), "SELECT "+storedRoleColumns+" FROM custom_roles cr WHERE cr.org_id = $1", o.ID)
	if err != nil {
		return 0, err
	}
	for _, c := range custom {
		if c.Scope == models.ScopeOrganization && c.Counts() == models.RoleAdmin && !c.Can(models.PermWorkspaces) {
			everywhere -= c.members
		}
	}
	if min(w.members, everywhere) > maxOverlap {
		return -1, nil
	}
	both, from := 0, "memberships m CROSS JOIN workspace_members x"
	if w.members < everywhere {
		from = "workspace_members x CROSS JOIN memberships m" // the short one first
	}
	err = t.row(ctx, "SELECT count(*) FROM "+from+` WHERE x.org_id = $1 AND x.workspace_id = $2
		AND m.org_id = $1 AND m.user_id = x.user_id AND m.role_order <= $3 AND `+cond,
		o.ID, w.ID, roleOrder(roles[len(roles)-1])).Scan(&both)
	return w.members + everywhere - both, err
}

// WorkspaceMember is one person in a workspace, by user id, address or handle,
// for everybody in the workspace.
func (s *Store) WorkspaceMember(ctx context.Context, a models.Actor, orgID, ref, user string) (m models.WorkspaceMember, err error) {
	err = s.view(ctx, a, event{"workspace.members", "workspace", ref, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		w, err := t.workspace(ctx, o, ref)
		if err != nil {
			return err
		}
		m, err = t.workspaceMember(ctx, o, w, user)
		if err == nil && m.Source == "" {
			return notInWorkspace(m, w)
		}
		return err
	})
	return m, err
}

func notInWorkspace(m models.WorkspaceMember, w *workspace) error {
	if m.Source == models.SourceOpen {
		return models.Errorf(models.CodeConflict, "%s was not added to the workspace %s, which is open to all members", m.Email, w.Name).
			WithHint("add them with a role of their own: {workspace.add_member}; or close it: {workspace.update %s --open off}", w.ID)
	}
	return models.Errorf(models.CodeNotFound, "%s is not in the workspace %s", m.Email, w.Name).
		WithHint("list who is with: {workspace.members}")
}

// workspaceMember finds a member of the organization and what they are in the
// workspace, which may be nothing.
func (t *tx) workspaceMember(ctx context.Context, o *org, w *workspace, user string) (models.WorkspaceMember, error) {
	found, err := t.member(ctx, o, user)
	if err != nil {
		return models.WorkspaceMember{}, err
	}
	v, err := scanWorkspaceMember(w)(t.row(ctx, "SELECT "+workspaceMemberColumns+` FROM memberships m`+memberJoins+`
		LEFT JOIN workspace_members x ON x.org_id = m.org_id AND x.workspace_id = $2 AND x.user_id = m.user_id`+workspaceRoleJoins+`
		WHERE m.org_id = $1 AND m.user_id = $3`, o.ID, w.ID, found.ID))
	return v.item, err
}

// standing is a member as the rules of workspaces want it. A suspension does
// not change what they are, and being site admin adds nothing to it.
func (w *workspace) standing(m models.WorkspaceMember) models.WorkspaceStanding {
	o := w.org
	org := models.Access{UserID: m.ID, OrgID: o.ID, Role: m.OrgRole, Custom: m.OrgCustom, Member: true, Flat: o.access.Flat, Personal: o.access.Personal}
	return models.WorkspaceStanding{UserID: m.ID, Label: m.Email, Access: models.WorkspaceAccess{Org: org, Given: m.Given, Custom: m.Custom, Open: w.Open}}
}

// AddWorkspaceMember adds a member of the organization to a workspace, for its
// admins. role is a built-in one, or a custom one at workspace scope by name or
// id. Somebody in it already is CodeConflict.
func (s *Store) AddWorkspaceMember(ctx context.Context, a models.Actor, orgID, ref, user string, name models.WorkspaceRole) (models.WorkspaceMember, error) {
	return s.changeMembership(ctx, a, "workspace.add_member", orgID, ref, user, func(t *tx, o *org, w *workspace, m models.WorkspaceMember, did event) error {
		role, err := t.anyWorkspaceRole(ctx, o, "role", name)
		if err != nil {
			return err
		}
		if err := t.allowIn(w, func(acc models.WorkspaceAccess) error { return acc.CheckAdd(w.standing(m), role) }); err != nil {
			return err
		}
		if m.Given != "" {
			return models.Errorf(models.CodeConflict, "%s is in the workspace %s already, as %s", m.Email, w.Name, m.Label()).
				WithHint("change the role with: {workspace.change_role}")
		}
		if err := t.addToWorkspace(ctx, o.ID, w.ID, m.ID, role, t.user.Email); err != nil {
			return err
		}
		return t.log(ctx, o.entry(did, nil, fields{"member": m.Email, "role": role.Label()}))
	})
}

// ChangeWorkspaceRole gives somebody who was added another role in the
// workspace, for its admins; everybody may lower their own. Giving the role
// they have changes nothing.
func (s *Store) ChangeWorkspaceRole(ctx context.Context, a models.Actor, orgID, ref, user string, name models.WorkspaceRole) (models.WorkspaceMember, error) {
	return s.changeMembership(ctx, a, "workspace.change_role", orgID, ref, user, func(t *tx, o *org, w *workspace, m models.WorkspaceMember, did event) error {
		role, err := t.anyWorkspaceRole(ctx, o, "role", name)
		if err != nil {
			return err
		}
		if err := t.allowIn(w, func(acc models.WorkspaceAccess) error { return acc.CheckChange(w.standing(m), role) }); err != nil {
			return err
		}
		if m.Given == "" {
			return notInWorkspace(m, w)
		}
		if m.Label() == role.Label() {
			return nil
		}
		order, custom := splitWorkspaceRole(role)
		if _, err := t.exec(ctx, "UPDATE workspace_members SET role_order = $1, custom_role = $2 WHERE org_id = $3 AND workspace_id = $4 AND user_id = $5",
			order, orNull(custom), o.ID, w.ID, m.ID); err != nil {
			return err
		}
		if err := t.countWorkspaceRole(ctx, m.Custom, -1); err != nil {
			return err
		}
		if c, ok := role.(*models.CustomRole); ok {
			if err := t.countWorkspaceRole(ctx, c, +1); err != nil {
				return err
			}
		}
		t.signal(m.ID)
		return t.log(ctx, o.entry(did, fields{"member": m.Email, "role": m.Label()}, fields{"member": m.Email, "role": role.Label()}))
	})
}

// RemoveWorkspaceMember takes somebody who was added out of the workspace, for
// its admins; everybody may take out themselves. It gives what they were.
func (s *Store) RemoveWorkspaceMember(ctx context.Context, a models.Actor, orgID, ref, user string) (m models.WorkspaceMember, err error) {
	_, err = s.changeMembership(ctx, a, "workspace.remove_member", orgID, ref, user, func(t *tx, o *org, w *workspace, was models.WorkspaceMember, did event) error {
		if err := t.allowIn(w, func(acc models.WorkspaceAccess) error { return acc.CheckTakeOut(w.standing(was)) }); err != nil {
			return err
		}
		if was.Given == "" {
			return notInWorkspace(was, w)
		}
		m = was
		if _, err := t.exec(ctx, "DELETE FROM workspace_members WHERE org_id = $1 AND workspace_id = $2 AND user_id = $3", o.ID, w.ID, was.ID); err != nil {
			return err
		}
		if err := t.countWorkspaceRole(ctx, was.Custom, -1); err != nil {
			return err
		}
		if err := t.countInWorkspace(ctx, "members", w.ID, -1); err != nil {
			return err
		}
		t.signal(was.ID)
		return t.log(ctx, o.entry(did, fields{"member": was.Email, "role": was.Label()}, nil))
	})
	return m, err
}

// changeMembership runs one change of a person's part in a workspace.
func (s *Store) changeMembership(ctx context.Context, a models.Actor, action, orgID, ref, user string,
	fn func(*tx, *org, *workspace, models.WorkspaceMember, event) error) (m models.WorkspaceMember, err error) {
	err = s.change(ctx, a, event{action, "workspace", ref, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		w, err := t.workspace(ctx, o, ref)
		if err != nil {
			return err
		}
		did := t.found("workspace", w.ID, w.Name)
		before, err := t.workspaceMember(ctx, o, w, user)
		if err != nil {
			return err
		}
		if err := fn(t, o, w, before, did); err != nil {
			return err
		}
		m, err = t.workspaceMember(ctx, o, w, before.ID)
		return err
	})
	return m, err
}

// addToWorkspace makes a member of the organization one of a workspace they are
// not in yet. It writes no audit entry: whoever calls it records why.
func (t *tx) addToWorkspace(ctx context.Context, orgID, workspaceID, userID string, role models.AnyWorkspaceRole, by string) error {
	order, custom := splitWorkspaceRole(role)
	if _, err := t.exec(ctx, `INSERT INTO workspace_members (org_id, workspace_id, user_id, email_norm, role_order, custom_role, added_at, added_by)
		SELECT org_id, $2, user_id, email_norm, $4, $5, $6, $7 FROM memberships WHERE org_id = $1 AND user_id = $3`,
		orgID, workspaceID, userID, order, orNull(custom), micros(t.now), by); err != nil {
		return err
	}
	if c, ok := role.(*models.CustomRole); ok {
		if err := t.countWorkspaceRole(ctx, c, +1); err != nil {
			return err
		}
	}
	t.signal(userID)
	return t.countInWorkspace(ctx, "members", workspaceID, +1)
}

// countInWorkspace adds to a counter of a workspace.
func (t *tx) countInWorkspace(ctx context.Context, column, workspaceID string, by int) error {
	_, err := t.exec(ctx, "UPDATE workspaces SET "+column+" = "+column+" + $1 WHERE id = $2", by, workspaceID)
	return err
}

// workspacesOf lists what somebody was added to, by name.
func (t *tx) workspacesOf(ctx context.Context, orgID, userID string) ([]models.WorkspaceMembership, error) {
	return collect(ctx, t, scanWorkspacePlace(), "SELECT w.id, w.name, "+workspaceRoleColumns+` FROM workspace_members x JOIN workspaces w ON w.id = x.workspace_id`+workspaceRoleJoins+`
		WHERE x.org_id = $1 AND x.user_id = $2 ORDER BY w.name_norm`, orgID, userID)
}

// leaveWorkspaces ends a member's part in every workspace, as part of ending
// the membership in the organization. Coming back does not bring it back.
func (t *tx) leaveWorkspaces(ctx context.Context, orgID, userID string) error {
	if _, err := t.exec(ctx, `UPDATE workspaces SET members = members - 1
		WHERE org_id = $1 AND id IN (SELECT workspace_id FROM workspace_members WHERE org_id = $1 AND user_id = $2)`, orgID, userID); err != nil {
		return err
	}
	if err := t.uncountWorkspaceRoles(ctx, orgID, "user_id", userID); err != nil {
		return err
	}
	for _, table := range []string{"workspace_members", "current_workspaces"} {
		if _, err := t.exec(ctx, "DELETE FROM "+table+" WHERE org_id = $1 AND user_id = $2", orgID, userID); err != nil {
			return err
		}
	}
	return nil
}

// seesWorkspaces tells which workspaces the actor may know of: nil stands for
// all.
func (t *tx) seesWorkspaces(ctx context.Context, o *org) (map[string]bool, error) {
	if o.everywhere() {
		return nil, nil
	}
	workspaces, err := collect(ctx, t, scanString, t.inSome(1, 2), o.ID, t.user.ID)
	ids := map[string]bool{}
	for _, id := range workspaces {
		ids[id] = true
	}
	return ids, err
}

// isNotFound tells an error that says there is no such thing.
func isNotFound(err error) bool {
	return errors.Is(err, sql.ErrNoRows) || models.CodeOf(err) == models.CodeNotFound
}
