package store

import (
	"context"
	"database/sql"
	"slices"

	"muster/models"
	"muster/store/internal/db"
)

// This file holds which role somebody has in a workspace: a built-in one, or a
// custom one at workspace scope.

// workspaceRoleRow is the role in a row x of workspace_members or invitation_workspaces,
// if there is one.
type workspaceRoleRow struct {
	order  int64 // 0 for none
	custom customRow
}

var workspaceRoleTable = db.Columns[workspaceRoleRow]{
	joinedNumber("role_order", func(p *workspaceRoleRow) *int64 { return &p.order }),
}

// workspaceRoleColumns are completed with workspaceRoleJoins.
var workspaceRoleColumns = workspaceRoleTable.Read("x") + ", " + customTable.Read("wr")

const workspaceRoleJoins = ` LEFT JOIN custom_roles wr ON wr.org_id = x.org_id AND wr.id = x.custom_role`

func (p *workspaceRoleRow) dest(more ...any) []any {
	return workspaceRoleTable.Dest(p, p.custom.dest(more...)...)
}

// given is the role, with a custom one what it counts as; empty for none.
func (p *workspaceRoleRow) given() (models.WorkspaceRole, *models.CustomRole) {
	if p.order == 0 {
		return "", nil
	}
	if c := p.custom.role(0); c != nil {
		return c.CountsInWorkspace(), c
	}
	return models.WorkspaceRoles()[p.order-1], nil
}

// splitWorkspaceRole takes a role apart into what the columns hold: 1 for admin to 3 for
// viewer, and the id of a custom one.
func splitWorkspaceRole(r models.AnyWorkspaceRole) (order int64, custom string) {
	if c, ok := r.(*models.CustomRole); ok {
		return workspaceRoleOrder(models.WorkspaceViewer), c.ID
	}
	return workspaceRoleOrder(r.(models.WorkspaceRole)), ""
}

func workspaceRoleOrder(r models.WorkspaceRole) int64 {
	return int64(models.WorkspaceAdmin.Rank() + 1 - r.Rank())
}

// orNull is a text for a column that has NULL where there is none.
func orNull(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

// scanWorkspacePlace scans the columns of first, then id and name of a workspace
// and workspaceRoleColumns.
func scanWorkspacePlace(first ...any) scanFunc[models.WorkspaceMembership] {
	var p models.WorkspaceMembership
	var role workspaceRoleRow
	return scanInto(slices.Concat(first, []any{&p.ID, &p.Name}, role.dest()), func() models.WorkspaceMembership {
		p.Role, p.Custom = role.given()
		return p
	})
}

// anyWorkspaceRole resolves what somebody gave as a role in a workspace: a
// built-in one in any letter case, or a custom one by name or id. The plan must
// have custom roles.
func (t *tx) anyWorkspaceRole(ctx context.Context, o *org, field string, ref models.WorkspaceRole) (models.AnyWorkspaceRole, error) {
	if r, err := models.ParseWorkspaceRole(field, string(ref)); err == nil {
		return r, o.access.CheckFlatInWorkspace(r)
	}
	v, err := t.customRole(ctx, o, string(ref))
	if err == nil && v.Scope != models.ScopeWorkspace {
		return nil, models.Invalid(field, "the role %s is for the organization, not for a workspace", v.Name).
			WithHint("list the roles with: {role.list}")
	}
	if isNotFound(err) {
		return nil, models.Invalid(field, "%s has no workspace role %q: admin, editor, viewer or a custom role", o.Code, models.Clip(string(ref))).
			WithHint("list the roles with: {role.list}")
	}
	if err != nil {
		return nil, err
	}
	return &v.CustomRole, o.hasWorkspaceRole(&v.CustomRole)
}

// hasWorkspaceRole refuses a role in workspaces that the plan does not have.
func (o *org) hasWorkspaceRole(r models.AnyWorkspaceRole) error {
	if err := o.access.CheckFlatInWorkspace(r); err != nil {
		return err
	}
	if _, custom := r.(*models.CustomRole); custom {
		return o.plan.Require(models.FeatureCustomRoles)
	}
	return nil
}

// countWorkspaceRole counts who has a custom role; nil is a built-in one.
func (t *tx) countWorkspaceRole(ctx context.Context, r *models.CustomRole, by int) error {
	if r == nil {
		return nil
	}
	_, err := t.exec(ctx, "UPDATE custom_roles SET members = members + $1 WHERE id = $2", by, r.ID)
	return err
}

// uncountWorkspaceRoles counts off the custom roles of the rows of workspace_members
// that are about to go: those of a workspace_id or of a user_id.
func (t *tx) uncountWorkspaceRoles(ctx context.Context, orgID, column, id string) error {
	held := " FROM workspace_members x WHERE x.org_id = $1 AND x." + column + " = $2 AND x.custom_role = custom_roles.id"
	_, err := t.exec(ctx, "UPDATE custom_roles SET members = members - (SELECT count(*)"+held+") WHERE org_id = $1 AND scope = 'workspace' AND EXISTS (SELECT 1"+held+")", orgID, id)
	return err
}

// workspaceRoleUsers names some who have a custom role in workspaces, and the
// addresses of open invitations that give it.
func (t *tx) workspaceRoleUsers(ctx context.Context, o *org, r storedRole) (members, invited []string, err error) {
	if members, err = collect(ctx, t, scanString, `SELECT DISTINCT x.email_norm FROM workspace_members x
		WHERE x.org_id = $1 AND x.custom_role = $2 ORDER BY x.email_norm LIMIT $3`, o.ID, r.ID, namedHolders); err != nil {
		return nil, nil, err
	}
	invited, err = collect(ctx, t, scanString, `SELECT i.email FROM invitation_workspaces x JOIN invitations i ON i.id = x.invitation_id
		WHERE x.org_id = $1 AND x.custom_role = $2 AND `+openInvitation(4)+` ORDER BY i.email_norm LIMIT $3`, o.ID, r.ID, models.MatchesCap+1, micros(t.now))
	return members, slices.Compact(invited), err
}
