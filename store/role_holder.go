package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"

	"muster/internal/config"
	"muster/models"
	"muster/store/internal/db"
)

// customRow is the custom role of a member or an invitation, if there is one.
type customRow struct{ id, name, description, scope, permissions string }

// customTable are the columns of custom_roles, joined as cr.
var customTable = db.Columns[customRow]{
	joinedText("id", func(c *customRow) *string { return &c.id }),
	joinedText("name", func(c *customRow) *string { return &c.name }),
	joinedText("description", func(c *customRow) *string { return &c.description }),
	joinedText("scope", func(c *customRow) *string { return &c.scope }),
	joinedText("permissions", func(c *customRow) *string { return &c.permissions }),
}

var customColumns = customTable.Read("cr")

func (c *customRow) dest(more ...any) []any { return customTable.Dest(c, more...) }

// memberRoleJoins joins the custom role of a membership m.
const memberRoleJoins = ` LEFT JOIN member_roles mr ON mr.org_id = m.org_id AND mr.user_id = m.user_id
	LEFT JOIN custom_roles cr ON cr.org_id = mr.org_id AND cr.id = mr.role_id`

const invitationRoleJoins = ` LEFT JOIN custom_roles cr ON cr.org_id = ir.org_id AND cr.id = ir.role_id`

// invitationRole is the row ir of invitation_roles, if there is one.
type invitationRole struct {
	id, name, askedID, askedName string
	custom                       customRow
}

var invitationRoleTable = db.Columns[invitationRole]{
	joinedText("role_id", func(x *invitationRole) *string { return &x.id }),
	joinedText("role_name", func(x *invitationRole) *string { return &x.name }),
	joinedText("asked_id", func(x *invitationRole) *string { return &x.askedID }),
	joinedText("asked_name", func(x *invitationRole) *string { return &x.askedName }),
}

var invitationRoleColumns = invitationRoleTable.Read("ir") + ", " + customColumns

func (x *invitationRole) dest() []any { return invitationRoleTable.Dest(x, x.custom.dest()...) }

func (x *invitationRole) apply(v *invitation) {
	if x.id != "" {
		if v.CustomRole = x.custom.role(0); v.CustomRole == nil {
			v.CustomRole = goneRole(x.id, x.name)
		}
		v.Role = v.CustomRole.Counts()
	}
	if x.askedID != "" {
		v.asked = goneRole(x.askedID, x.askedName)
	}
}

// role is nil where there is none. An owner is an owner, whatever else a row
// says.
func (c *customRow) role(base int64) *models.CustomRole {
	if c.id == "" || roleOf(base) == models.RoleOwner {
		return nil
	}
	r := &models.CustomRole{ID: c.id, Name: c.name, Description: c.description, Scope: models.Scope(c.scope), Grants: []models.Permission{}}
	for _, w := range strings.Fields(c.permissions) {
		if d, ok := models.FindPermission(models.Permission(w)); ok && !d.OwnersOnly && d.Scope == r.Scope {
			r.Grants = append(r.Grants, d.Name)
		}
	}
	return r
}

func permissionText(ps []models.Permission) string {
	words := make([]string, len(ps))
	for i, p := range ps {
		words[i] = string(p)
	}
	return strings.Join(words, " ")
}

// storedRole is a custom role with what is kept beside it.
type storedRole struct {
	models.CustomRole
	members   int
	createdAt int64
	createdBy string
}

// storedRoleTable are the columns of custom_roles cr beside those of customTable.
var storedRoleTable = db.Columns[storedRole]{
	number("members", func(v *storedRole) *int { return &v.members }),
	number("created_at", func(v *storedRole) *int64 { return &v.createdAt }),
	text("created_by", func(v *storedRole) *string { return &v.createdBy }),
}

var storedRoleColumns = customColumns + ", " + storedRoleTable.Read("cr")

func scanStoredRole() scanFunc[storedRole] {
	var v storedRole
	var c customRow
	return scanInto(c.dest(storedRoleTable.Dest(&v)...), func() storedRole {
		v.CustomRole = *c.role(0)
		return v
	})
}

// customRole finds a custom role of an organization by id, or by name in any
// letter case.
func (t *tx) customRole(ctx context.Context, o *org, ref string) (storedRole, error) {
	v, err := scanStoredRole()(t.row(ctx, "SELECT "+storedRoleColumns+" FROM custom_roles cr WHERE cr.org_id = $1 AND (cr.id = $2 OR cr.name_norm = $3)",
		o.ID, ref, roleNorm(ref)))
	if errors.Is(err, sql.ErrNoRows) {
		return v, noRole(o, ref)
	}
	return v, err
}

func roleNorm(name string) string { return models.NormName(name) }

// anyRole resolves what somebody gave as a role: a built-in one in any letter
// case, or a custom one by name or id. The plan must have it.
func (t *tx) anyRole(ctx context.Context, o *org, ref models.Role) (models.AnyRole, error) {
	if r, err := models.ParseRole("role", string(ref)); err == nil {
		if err := o.hasRole(r); err != nil {
			return nil, err
		}
		return r, nil
	}
	v, err := t.customRole(ctx, o, string(ref))
	if models.CodeOf(err) == models.CodeNotFound {
		return nil, t.notARole(ctx, o, ref)
	}
	if err != nil {
		return nil, err
	}
	if err := o.hasRole(&v.CustomRole); err != nil {
		return nil, err
	}
	return &v.CustomRole, nil
}

// notARole refuses what is no role here, with the one that was probably meant.
func (t *tx) notARole(ctx context.Context, o *org, ref models.Role) error {
	e := models.Invalid("role", "%s has no role %q: owner, admin, member, viewer or a custom role", o.Code, models.Clip(string(ref)))
	names, err := collect(ctx, t, scanString, "SELECT name FROM custom_roles WHERE org_id = $1 AND scope = $2 ORDER BY name_norm", o.ID, string(models.ScopeOrganization))
	if err != nil {
		return err
	}
	for _, r := range models.Roles() {
		names = append(names, string(r))
	}
	norms := make([]string, len(names))
	for i, name := range names {
		norms[i] = roleNorm(name)
	}
	near := config.Nearest(roleNorm(string(ref)), norms)
	if i := slices.Index(norms, near); near != "" && len(ref) > 2 && i >= 0 && !strings.ContainsAny(names[i], "{}") {
		return e.WithHint("did you mean %q? {role.list} lists the roles", names[i])
	}
	return e.WithHint("list the roles with: {role.list}")
}

// split takes a role apart into what the columns hold.
func split(r models.AnyRole) (models.Role, *models.CustomRole) {
	if c, ok := r.(*models.CustomRole); ok {
		return c.Counts(), c
	}
	return r.(models.Role), nil
}

func sameRole(x, y models.AnyRole) bool {
	xr, xc := split(x)
	yr, yc := split(y)
	return xr == yr && (xc == nil) == (yc == nil) && (xc == nil || xc.ID == yc.ID)
}

// writeRole gives a member a role and keeps the counters. Whoever calls it has
// asked the rule and records why.
func (t *tx) writeRole(ctx context.Context, o *org, m models.Member, to models.AnyRole) error {
	base, custom := split(to)
	if base != m.Role {
		if _, err := t.exec(ctx, "UPDATE memberships SET role_order = $1 WHERE org_id = $2 AND user_id = $3", roleOrder(base), o.ID, m.ID); err != nil {
			return err
		}
		if err := t.countMember(ctx, o.ID, m.Role, m.Status, -1); err != nil {
			return err
		}
		if err := t.countMember(ctx, o.ID, base, m.Status, +1); err != nil {
			return err
		}
	}
	return t.assignCustomRole(ctx, o.ID, m.ID, custom)
}

// assignCustomRole notes which custom role a member has, nil for none, and counts.
func (t *tx) assignCustomRole(ctx context.Context, orgID, userID string, r *models.CustomRole) error {
	var had string
	err := t.row(ctx, "DELETE FROM member_roles WHERE org_id = $1 AND user_id = $2 RETURNING role_id", orgID, userID).Scan(&had)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if had != "" {
		if _, err := t.exec(ctx, "UPDATE custom_roles SET members = members - 1 WHERE id = $1", had); err != nil {
			return err
		}
	}
	if r == nil {
		return nil
	}
	if _, err := t.exec(ctx, "INSERT INTO member_roles (org_id, user_id, role_id) VALUES ($1, $2, $3)", orgID, userID, r.ID); err != nil {
		return err
	}
	_, err = t.exec(ctx, "UPDATE custom_roles SET members = members + 1 WHERE id = $1", r.ID)
	return err
}

// saveInvitationRole keeps which custom role an invitation gives, and which it
// was asked for with.
func (t *tx) saveInvitationRole(ctx context.Context, v invitation) error {
	var id, name, askedID, askedName string
	if v.CustomRole != nil {
		id, name = v.CustomRole.ID, v.CustomRole.Name
	}
	if asked, ok := v.asked.(*models.CustomRole); ok {
		askedID, askedName = asked.ID, asked.Name
	}
	if id == "" && askedID == "" {
		_, err := t.exec(ctx, "DELETE FROM invitation_roles WHERE invitation_id = $1", v.ID)
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO invitation_roles (org_id, invitation_id, role_id, role_name, asked_id, asked_name) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (invitation_id) DO UPDATE SET role_id = excluded.role_id, role_name = excluded.role_name`,
		v.OrgID, v.ID, id, name, askedID, askedName)
	return err
}

// goneRole stands for a custom role of which only the name is left. It allows
// nothing and cannot be given.
func goneRole(id, name string) *models.CustomRole {
	return &models.CustomRole{ID: id, Name: name, Scope: models.ScopeOrganization, Grants: []models.Permission{}, Gone: true}
}

// attachMemberRoles completes a page of members. Few organizations have custom
// roles, and the pages of all others should not pay for joining them.
func (t *tx) attachMemberRoles(ctx context.Context, page []models.Member) error {
	if len(page) == 0 {
		return nil
	}
	var one int
	err := t.row(ctx, "SELECT 1 FROM member_roles WHERE org_id = $1 LIMIT 1", page[0].OrgID).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	w := &db.Where{}
	w.Add("mr.org_id = ?", page[0].OrgID)
	at := map[string]int{}
	for i, m := range page {
		at[m.ID] = i
	}
	w.In("mr.user_id", slices.Sorted(maps.Keys(at)))
	rows, err := t.query(ctx, "SELECT mr.user_id, "+customColumns+" FROM member_roles mr JOIN custom_roles cr ON cr.org_id = mr.org_id AND cr.id = mr.role_id WHERE "+w.String(), w.Args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var custom customRow
		if err := rows.Scan(append([]any{&id}, custom.dest()...)...); err != nil {
			return err
		}
		m := &page[at[id]]
		m.CustomRole = custom.role(roleOrder(m.Role))
	}
	return rows.Err()
}

// attachInvitationRoles completes a page of invitations likewise.
func (t *tx) attachInvitationRoles(ctx context.Context, page []invitation) error {
	if len(page) == 0 {
		return nil
	}
	var one int
	err := t.row(ctx, "SELECT 1 FROM invitation_roles WHERE org_id = $1 LIMIT 1", page[0].OrgID).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	w := &db.Where{}
	at := map[string]int{}
	for i, v := range page {
		at[v.ID] = i
	}
	w.In("ir.invitation_id", slices.Sorted(maps.Keys(at)))
	rows, err := t.query(ctx, "SELECT ir.invitation_id, "+invitationRoleColumns+" FROM invitation_roles ir"+invitationRoleJoins+" WHERE "+w.String(), w.Args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var role invitationRole
		if err := rows.Scan(append([]any{&id}, role.dest()...)...); err != nil {
			return err
		}
		role.apply(&page[at[id]])
	}
	return rows.Err()
}
