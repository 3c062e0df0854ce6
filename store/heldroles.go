package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"muster/models"
)

// customColumns are what a query reads of the custom role of a member or an
// invitation, joined as cr.
const customColumns = `cr.id, cr.name, cr.description, cr.scope, cr.permissions`

// memberRoleJoins joins the custom role of a membership m.
const memberRoleJoins = ` LEFT JOIN member_roles mr ON mr.org_id = m.org_id AND mr.user_id = m.user_id
	LEFT JOIN custom_roles cr ON cr.org_id = mr.org_id AND cr.id = mr.role_id`

// customRow scans a custom role that may not be there.
type customRow struct{ id, name, description, scope, permissions sql.NullString }

func (c *customRow) dest() []any {
	return []any{&c.id, &c.name, &c.description, &c.scope, &c.permissions}
}

// role is nil where there is none. An owner is an owner, whatever else a row
// says.
func (c *customRow) role(base int64) *models.CustomRole {
	if !c.id.Valid || roleOf(base) == models.RoleOwner {
		return nil
	}
	r := &models.CustomRole{ID: c.id.String, Name: c.name.String, Description: c.description.String, Scope: models.Scope(c.scope.String), Grants: []models.Permission{}}
	for _, w := range strings.Fields(c.permissions.String) {
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

const storedRoleColumns = customColumns + `, cr.members, cr.created_at, cr.created_by`

func scanStoredRole(r scanner) (v storedRole, err error) {
	var c customRow
	if err = r.Scan(append(c.dest(), &v.members, &v.createdAt, &v.createdBy)...); err == nil {
		v.CustomRole = *c.role(0)
	}
	return v, err
}

// customRole finds a custom role of an organization by id, or by name in any
// letter case.
func (t *tx) customRole(ctx context.Context, o *org, ref string) (storedRole, error) {
	v, err := scanStoredRole(t.row(ctx, "SELECT "+storedRoleColumns+" FROM custom_roles cr WHERE cr.org_id = $1 AND (cr.id = $2 OR cr.name_norm = $3)",
		o.ID, ref, roleNorm(ref)))
	if errors.Is(err, sql.ErrNoRows) {
		return v, noRole(o, ref)
	}
	return v, err
}

func roleNorm(name string) string { return models.NormText(strings.TrimSpace(name)) }

// anyRole resolves what somebody gave as a role: a built-in one in any letter
// case, or a custom one by name or id. The plan must have custom roles.
func (t *tx) anyRole(ctx context.Context, o *org, ref models.Role) (models.AnyRole, error) {
	if r, err := models.ParseRole("role", string(ref)); err == nil {
		return r, nil
	}
	v, err := t.customRole(ctx, o, string(ref))
	if models.CodeOf(err) == models.CodeNotFound {
		return nil, notARole(o, ref)
	}
	if err != nil {
		return nil, err
	}
	if err := o.plan.Require(models.FeatureCustomRoles); err != nil {
		return nil, err
	}
	return &v.CustomRole, nil
}

func notARole(o *org, ref models.Role) error {
	return models.Invalid("role", "%s has no role %q: owner, admin, member, viewer or a custom role", o.Code, models.Clip(string(ref))).
		WithHint("list the roles with: muster role list")
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

// setRole writes the role of a member and keeps the counters.
func (t *tx) setRole(ctx context.Context, m *models.Member, to models.AnyRole) error {
	base, custom := split(to)
	if base != m.Role {
		if _, err := t.exec(ctx, "UPDATE memberships SET role_order = $1 WHERE org_id = $2 AND user_id = $3", roleOrder(base), m.OrgID, m.ID); err != nil {
			return err
		}
		if err := t.countMember(ctx, m.OrgID, m.Role, m.Status, -1); err != nil {
			return err
		}
		if err := t.countMember(ctx, m.OrgID, base, m.Status, +1); err != nil {
			return err
		}
	}
	m.Role, m.CustomRole = base, custom
	return t.holdRole(ctx, m.OrgID, m.ID, custom)
}

// holdRole notes which custom role a member has, nil for none, and counts.
func (t *tx) holdRole(ctx context.Context, orgID, userID string, r *models.CustomRole) error {
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
