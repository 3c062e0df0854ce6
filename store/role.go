package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/models"
)

// Roles lists the roles of an organization for everybody in it: the built-in
// ones, then the custom ones by name, then those of workspaces likewise.
func (s *Store) Roles(ctx context.Context, a models.Actor, orgID string) (list []models.RoleView, err error) {
	err = s.view(ctx, a, event{"role.list", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		list, err = t.roleViews(ctx, o)
		return err
	})
	return list, err
}

func (t *tx) roleViews(ctx context.Context, o *org) ([]models.RoleView, error) {
	custom, err := collect(ctx, t, scanStoredRole(), "SELECT "+storedRoleColumns+" FROM custom_roles cr WHERE cr.org_id = $1 ORDER BY cr.name_norm", o.ID)
	if err != nil {
		return nil, err
	}
	counts, err := t.memberCountTable(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	var list []models.RoleView
	for _, r := range models.Roles() {
		v := models.BuiltInRole(r)
		v.Members = counts.sum(r, "")
		for _, c := range custom {
			if c.Scope == models.ScopeOrganization && c.Counts() == r {
				v.Members -= c.members
			}
		}
		v.NoGrant = o.hint(func() error {
			return first(t.allow(o, func(a models.Access) error { return a.CheckGrant(r) }), func() error { return o.hasRole(r) })
		})
		list = append(list, v)
	}
	for _, scope := range []models.Scope{models.ScopeOrganization, models.ScopeWorkspace} {
		if scope == models.ScopeWorkspace {
			for _, r := range models.WorkspaceRoles() {
				list = append(list, models.BuiltInWorkspaceRole(r))
			}
		}
		for _, c := range custom {
			if c.Scope != scope {
				continue
			}
			v, err := t.roleView(ctx, o, c)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
	}
	return list, nil
}

// roleView says of a custom role what the actor may do with it.
func (t *tx) roleView(ctx context.Context, o *org, r storedRole) (models.RoleView, error) {
	at := fromMicros(r.createdAt)
	v := models.RoleView{CustomRole: r.CustomRole, Members: r.members, CreatedAt: &at, CreatedBy: r.createdBy}
	if r.Scope == models.ScopeOrganization {
		v.CountsAs = r.Counts()
		v.NoGrant = o.hint(func() error {
			return first(t.allow(o, func(a models.Access) error { return a.CheckGrant(&r.CustomRole) }),
				func() error { return o.hasRole(&r.CustomRole) })
		})
	}
	v.ReadOnly = o.hint(func() error { return t.mayDefine(o, &r.CustomRole, r.CustomRole) })
	err := t.row(ctx, `SELECT count(*) FROM (SELECT 1 FROM invitation_roles ir JOIN invitations i ON i.id = ir.invitation_id
		WHERE ir.org_id = $1 AND ir.role_id = $2 AND `+openInvitation(4)+`
		UNION ALL SELECT 1 FROM invitation_workspaces x JOIN invitations i ON i.id = x.invitation_id
		WHERE x.org_id = $1 AND x.custom_role = $2 AND `+openInvitation(4)+` LIMIT $3) open`, o.ID, r.ID, models.MatchesCap+1, micros(t.now)).Scan(&v.Invitations)
	return v, err
}

// Role is one role by name or id, built-in ones by name, for everybody in the
// organization.
func (s *Store) Role(ctx context.Context, a models.Actor, orgID, ref string) (v models.RoleView, err error) {
	err = s.view(ctx, a, event{"role.show", "role", "", ref}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		list, err := t.roleViews(ctx, o)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(r models.RoleView) bool { return r.ID == ref || roleNorm(r.Name) == roleNorm(ref) })
		if i < 0 {
			return noRole(o, ref)
		}
		v = list[i]
		return nil
	})
	return v, err
}

func noRole(o *org, ref string) error {
	return models.Errorf(models.CodeNotFound, "%s has no role %q", o.Code, models.Clip(ref)).
		WithHint("list the roles with: {role.list}")
}

// mayDefine asks the rules for a custom role, and the plan.
func (t *tx) mayDefine(o *org, old *models.CustomRole, to models.CustomRole) error {
	if err := t.allow(o, func(a models.Access) error { return a.CheckDefine(old, to) }); err != nil {
		return err
	}
	if err := o.access.CheckFlatDefine(); err != nil {
		return err
	}
	return o.plan.Require(models.FeatureCustomRoles)
}

// CreateRole makes a custom role, for owners and admins in an organization
// whose plan has them. Its permissions are at most the actor's own. A taken
// name is CodeConflict.
func (s *Store) CreateRole(ctx context.Context, a models.Actor, orgID string, scope models.Scope, d models.RoleDraft) (v models.RoleView, err error) {
	name := ""
	if d.Name != nil {
		name = *d.Name
	}
	err = s.change(ctx, a, event{"role.create", "role", "", name}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		if d.Name == nil {
			return models.Invalid("name", "name is missing")
		}
		if d.Permissions == nil {
			d.Permissions = []string{}
		}
		r, err := d.Apply(models.CustomRole{Scope: scope})
		if err != nil {
			return err
		}
		if err := t.mayDefine(o, nil, r); err != nil {
			return err
		}
		var n int
		if err := t.row(ctx, "SELECT count(*) FROM custom_roles WHERE org_id = $1", o.ID).Scan(&n); err != nil {
			return err
		}
		if n >= models.MaxCustomRoles {
			return models.Errorf(models.CodeLimit, "%s has %d custom roles, which is the limit", o.Code, n).
				WithHint("delete one that nobody has")
		}
		if err := t.roleNameFree(ctx, o, r); err != nil {
			return err
		}
		r.ID = t.s.ids.New("role")
		if _, err := t.exec(ctx, `INSERT INTO custom_roles (id, org_id, scope, name, name_norm, description, permissions, members, created_at, created_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)`,
			r.ID, o.ID, string(r.Scope), r.Name, roleNorm(r.Name), r.Description, permissionText(r.Grants), micros(t.now), t.user.Email); err != nil {
			return err
		}
		if err := t.log(ctx, o.entry(event{"role.create", "role", r.ID, r.Name}, nil, roleAudit(r))); err != nil {
			return err
		}
		stored, err := t.customRole(ctx, o, r.ID)
		if err != nil {
			return err
		}
		v, err = t.roleView(ctx, o, stored)
		return err
	})
	return v, err
}

func (t *tx) roleNameFree(ctx context.Context, o *org, r models.CustomRole) error {
	var one int
	err := t.row(ctx, "SELECT 1 FROM custom_roles WHERE org_id = $1 AND name_norm = $2 AND id <> $3", o.ID, roleNorm(r.Name), r.ID).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return &models.Error{Code: models.CodeConflict, Field: "name", Message: fmt.Sprintf("there is a role %s already", r.Name),
		Hint: "choose another name, or change the role with: {role.update}"}
}

func roleAudit(r models.CustomRole) fields {
	return fields{"name": r.Name, "description": r.Description, "scope": r.Scope, "permissions": r.Grants}
}

// UpdateRole changes a custom role, for who may make one like it and may do all
// that it allowed before. Everybody who has it may do what it says from then
// on; nobody changes a role of their own upwards.
func (s *Store) UpdateRole(ctx context.Context, a models.Actor, orgID, ref string, d models.RoleDraft) (v models.RoleView, err error) {
	err = s.change(ctx, a, event{"role.update", "role", "", ref}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		old, err := t.editable(ctx, o, ref, "changed")
		if err != nil {
			return err
		}
		did := t.found("role", old.ID, old.Name)
		r, err := t.draftOnto(ctx, o, did, d, old.CustomRole)
		if err != nil {
			return err
		}
		if err := t.mayDefine(o, &old.CustomRole, r); err != nil {
			return err
		}
		if err := t.roleNameFree(ctx, o, r); err != nil {
			return err
		}
		if before, after := roleAudit(old.CustomRole), roleAudit(r); fmt.Sprint(before) != fmt.Sprint(after) {
			if err := t.saveRole(ctx, o, old.CustomRole, r); err != nil {
				return err
			}
			if err := t.log(ctx, o.entry(did, before, after)); err != nil {
				return err
			}
			if err := t.reviewSponsorsOf(ctx, o, r); err != nil {
				return err
			}
		}
		stored, err := t.customRole(ctx, o, r.ID)
		if err != nil {
			return err
		}
		v, err = t.roleView(ctx, o, stored)
		return err
	})
	return v, err
}

// draftOnto is what a draft makes of a role, if nobody else has changed what it
// changes since it was read.
func (t *tx) draftOnto(ctx context.Context, o *org, did event, d models.RoleDraft, old models.CustomRole) (models.CustomRole, error) {
	d, stale := d.Onto(old)
	if len(stale) == 0 {
		return d.Apply(old)
	}
	// Whoever may not change the role hears nothing of who did.
	if err := t.mayDefine(o, &old, old); err != nil {
		return old, err
	}
	return old, t.conflict(ctx, did, o.ID, stale)
}

// reviewSponsorsOf is reviewSponsors after what a role allows was changed.
func (t *tx) reviewSponsorsOf(ctx context.Context, o *org, r models.CustomRole) error {
	if r.Scope != models.ScopeOrganization {
		return nil
	}
	return t.reviewSponsors(ctx, o, "")
}

// editable finds a custom role that is to be changed; built-in ones are not.
func (t *tx) editable(ctx context.Context, o *org, ref, done string) (storedRole, error) {
	builtIn := strings.ToLower(strings.TrimSpace(ref))
	if models.Role(builtIn).Rank() > 0 || models.WorkspaceRole(builtIn).Rank() > 0 {
		return storedRole{}, models.Errorf(models.CodeDenied, "the role %s is built in and cannot be %s", builtIn, done).
			WithHint("create a custom role with: {role.create}")
	}
	return t.customRole(ctx, o, ref)
}

// saveRole writes a changed role, and what it counts as for everybody who has
// it.
func (t *tx) saveRole(ctx context.Context, o *org, old, r models.CustomRole) error {
	if _, err := t.exec(ctx, "UPDATE custom_roles SET name = $2, name_norm = $3, description = $4, permissions = $5 WHERE id = $1",
		r.ID, r.Name, roleNorm(r.Name), r.Description, permissionText(r.Grants)); err != nil {
		return err
	}
	if err := t.signalMembers(ctx, o.ID); err != nil {
		return err
	}
	if r.Scope != models.ScopeOrganization || old.Counts() == r.Counts() {
		return nil
	}
	const holders = ` FROM memberships WHERE org_id = $1 AND user_id IN (SELECT user_id FROM member_roles WHERE org_id = $1 AND role_id = $2)`
	type moved struct {
		status models.MemberStatus
		n      int
	}
	byStatus, err := collect(ctx, t, func(s scanner) (m moved, err error) { return m, s.Scan(&m.status, &m.n) },
		"SELECT status, count(*)"+holders+" GROUP BY status", o.ID, r.ID)
	if err != nil {
		return err
	}
	for _, m := range byStatus {
		if err := t.countMember(ctx, o.ID, old.Counts(), m.status, -m.n); err != nil {
			return err
		}
		if err := t.countMember(ctx, o.ID, r.Counts(), m.status, m.n); err != nil {
			return err
		}
	}
	_, err = t.exec(ctx, `UPDATE memberships SET role_order = $3 WHERE org_id = $1
		AND user_id IN (SELECT user_id FROM member_roles WHERE org_id = $1 AND role_id = $2)`, o.ID, r.ID, roleOrder(r.Counts()))
	return err
}

// namedHolders is how many of those who have a role a refusal names.
const namedHolders = 5

// DeleteRole deletes a custom role that nobody has, for who may change it. While
// members have it or open invitations give it, it is CodeConflict, and the
// error names some of them. The answer is the role as it was.
func (s *Store) DeleteRole(ctx context.Context, a models.Actor, orgID, ref string) (r models.CustomRole, err error) {
	err = s.change(ctx, a, event{"role.delete", "role", "", ref}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		stored, err := t.editable(ctx, o, ref, "deleted")
		if err != nil {
			return err
		}
		r = stored.CustomRole
		did := t.found("role", r.ID, r.Name)
		if err := t.allow(o, func(a models.Access) error { return a.CheckRetire(r) }); err != nil {
			return err
		}
		if err := t.roleUnused(ctx, o, stored); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "DELETE FROM custom_roles WHERE id = $1", r.ID); err != nil {
			return err
		}
		if err := t.log(ctx, o.entry(did, roleAudit(r), nil)); err != nil {
			return err
		}
		return t.reviewSponsors(ctx, o, "")
	})
	return r, err
}

// roleUnused refuses to delete a role that somebody has or is about to get.
// Addresses of invitations are named only to those who see invitations.
func (t *tx) roleUnused(ctx context.Context, o *org, r storedRole) error {
	names, err := collect(ctx, t, scanString, `SELECT u.email FROM member_roles mr JOIN users u ON u.id = mr.user_id
		WHERE mr.org_id = $1 AND mr.role_id = $2 ORDER BY u.email_norm LIMIT $3`, o.ID, r.ID, namedHolders)
	if err != nil {
		return err
	}
	invited, err := collect(ctx, t, scanString, `SELECT i.email FROM invitation_roles ir JOIN invitations i ON i.id = ir.invitation_id
		WHERE ir.org_id = $1 AND ir.role_id = $2 AND `+openInvitation(4)+` ORDER BY i.email_norm LIMIT $3`, o.ID, r.ID, models.MatchesCap+1, micros(t.now))
	see := "{member.list --role} " + r.ID
	if err == nil && r.Scope == models.ScopeWorkspace {
		names, invited, err = t.workspaceRoleUsers(ctx, o, r)
		see = "{workspace.members}"
	}
	if err == nil {
		err = t.roleWithoutPrograms(ctx, o, r)
	}
	if err != nil || len(names)+len(invited) == 0 {
		return err
	}
	total := r.members + len(invited)
	if t.require(o, models.PermDecide) == nil {
		names = append(names, invited[:min(len(invited), max(0, namedHolders-len(names)))]...)
	}
	who := strings.Join(names, ", ")
	if more := total - len(names); more > 0 && who != "" {
		who += fmt.Sprintf(" and %d more", more)
	}
	if who != "" {
		who = ": " + who
	}
	var users []string
	if r.members > 0 {
		users = append(users, models.Count(r.members, "member"))
	}
	if len(invited) > 0 {
		users = append(users, models.Count(len(invited), "open invitation"))
	}
	return models.Errorf(models.CodeConflict, "the role %s is in use by %s%s", r.Name, strings.Join(users, " and "), who).
		WithHint("give them another role or revoke the invitations first; see them with: %s", see)
}
