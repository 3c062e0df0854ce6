package models

import (
	"slices"
	"strings"
	"time"
)

// CustomRole is a named set of permissions that an organization made itself,
// for its members or for those of its workspaces.
type CustomRole struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Description string       `json:"description"`
	Scope       Scope        `json:"scope"`
	Grants      []Permission `json:"permissions"`
	// Gone says that the role was deleted: what remains is the name under which
	// an old invitation was made.
	Gone bool `json:"deleted,omitempty"`
}

// MaxCustomRoles is how many custom roles one organization can have.
const MaxCustomRoles = 50

// CustomRoleIDPrefix begins the id of every custom role, and so no name may.
const CustomRoleIDPrefix = "role_"

// Can tells whether the role has a permission.
func (r *CustomRole) Can(p Permission) bool { return slices.Contains(r.Grants, p) }

// Permissions lists what the role may do, in the order of the table.
func (r *CustomRole) Permissions() []Permission { return r.Grants }

// Extent says how far a permission of the role goes.
func (r *CustomRole) Extent(p Permission) Extent {
	switch {
	case !r.Can(p):
		// What somebody did themselves they always see.
		if RoleViewer.Extent(p) == ExtentOwn {
			return ExtentOwn
		}
		return ExtentNone
	case p == PermMembers:
		return ExtentNotOwners
	case p == PermInvite:
		return ExtentPolicy
	}
	return ExtentAll
}

// Counts is the built-in role as which lists sort, filter and count the role:
// the lowest that may do all that the role may. It is never owner: only owners
// are owners, whatever else somebody may do.
func (r *CustomRole) Counts() Role {
	counts := RoleAdmin
	for _, b := range []Role{RoleMember, RoleViewer} {
		if slices.ContainsFunc(r.Grants, func(p Permission) bool { return !b.Can(p) }) {
			break
		}
		counts = b
	}
	return counts
}

// Rank is that of the role it counts as.
func (r *CustomRole) Rank() int { return r.Counts().Rank() }

// Label is the role's name.
func (r *CustomRole) Label() string { return r.Name }

// Article names the role in a sentence.
func (r *CustomRole) Article() string { return "the role " + r.Name }

// RoleDraft is a custom role as somebody asks for it. In a change, what is nil
// stays as it is.
type RoleDraft struct {
	Name        *string
	Description *string
	Permissions []string
	// Base, if set, is the role that a change was made from: saving over what
	// somebody else has changed since is CodeConflict.
	Base *CustomRole
}

// Apply checks a draft and gives the role that it makes of r.
func (d RoleDraft) Apply(r CustomRole) (CustomRole, error) {
	var err error
	if d.Name != nil {
		if r.Name, err = CheckName("name", *d.Name); err != nil {
			return r, err
		}
		if taken := strings.ToLower(r.Name); Role(taken).Rank() > 0 || WorkspaceRole(taken).Rank() > 0 || strings.HasPrefix(taken, CustomRoleIDPrefix) {
			return r, Invalid("name", "name %q is reserved: choose another", r.Name).
				WithHint("owner, admin, editor, member, viewer and names that begin with %s are reserved", CustomRoleIDPrefix)
		}
	}
	if d.Description != nil {
		if r.Description, err = CheckLong("description", *d.Description); err != nil {
			return r, err
		}
	}
	if d.Permissions != nil {
		r.Grants, err = parsePermissions(r.Scope, d.Permissions)
	}
	return r, err
}

// ParseScope reads the scope of a custom role.
func ParseScope(s string) (Scope, error) {
	switch v := Scope(strings.ToLower(strings.TrimSpace(s))); v {
	case ScopeOrganization, ScopeWorkspace:
		return v, nil
	}
	return "", Invalid("scope", "scope %q is not one of %s, %s", SafeText(s), ScopeOrganization, ScopeWorkspace)
}

// holds tells whether the actor has a permission, in the organization or, as an
// admin of every workspace, in all of them.
func (a Access) holds(p Permission) bool {
	if row(p).Scope == ScopeWorkspace {
		return a.Can(PermWorkspaces)
	}
	return a.Can(p)
}

// CheckDefine holds the rules for making a custom role, and for changing one,
// which also changes what everybody who has it may do: one can grant only what
// one may do oneself, and not to oneself. old is nil for a new role.
func (a Access) CheckDefine(old *CustomRole, to CustomRole) error {
	if a.Personal {
		return Errorf(CodeDenied, "a personal workspace has no roles").
			WithHint("create a shared organization: {organization.create}")
	}
	if err := a.Require(PermMembers); err != nil {
		return err
	}
	if old != nil {
		if err := a.CheckRetire(*old); err != nil {
			return err
		}
	}
	for _, p := range to.Grants {
		if !a.holds(p) {
			return Errorf(CodeDenied, "%s may not add %s to a role", a.article(), p).
				WithHint("nobody can grant a permission they do not have; %s", whoGrants(&CustomRole{Grants: []Permission{p}}))
		}
		if old != nil && a.Custom != nil && a.Custom.ID == old.ID && !a.SiteAdmin && !old.Can(p) {
			return Errorf(CodeDenied, "you may lower your own role, never raise it, and you have the role %s", old.Name).
				WithHint("%s", whoGrants(&CustomRole{Grants: []Permission{p}}))
		}
	}
	return nil
}

// CheckRetire holds the rules for taking a custom role away or changing what it
// allows: nobody touches a role that may do more than they may.
func (a Access) CheckRetire(r CustomRole) error {
	if err := a.Require(PermMembers); err != nil {
		return err
	}
	for _, p := range r.Grants {
		if !a.holds(p) {
			return Errorf(CodeDenied, "%s may not change the role %s", a.article(), r.Name).
				WithHint("it may %s, which you may not; %s", row(p).Does, whoGrants(&r))
		}
	}
	return nil
}

// RoleView is a role of an organization, built-in or custom, as one actor sees
// it.
type RoleView struct {
	CustomRole
	BuiltIn bool `json:"built_in"`
	// CountsAs is the built-in role as which lists sort and count it; empty at
	// workspace scope.
	CountsAs Role `json:"counts_as"`
	// Members and Invitations say how many have it, open invitations only, up
	// to MatchesCap+1.
	Members     int        `json:"members"`
	Invitations int        `json:"invitations"`
	CreatedAt   *time.Time `json:"created_at"`
	CreatedBy   string     `json:"created_by"`          // address
	NoGrant     string     `json:"no_grant,omitempty"`  // why the actor cannot give it to somebody
	ReadOnly    string     `json:"read_only,omitempty"` // why the actor cannot change or delete it
}

// BuiltInRole is a built-in role as a list shows it beside custom ones.
func BuiltInRole(r Role) RoleView {
	means := map[Role]string{
		RoleOwner:  "has full access; only owners may transfer or delete the organization",
		RoleAdmin:  "manages members, invitations, settings and workspaces",
		RoleMember: "regular access; may invite if settings allow",
		RoleViewer: "read-only",
	}
	return RoleView{BuiltIn: true, CountsAs: r, ReadOnly: builtInStays,
		CustomRole: CustomRole{ID: string(r), Name: string(r), Description: means[r], Scope: ScopeOrganization, Grants: shown(r.Permissions())}}
}

// BuiltInWorkspaceRole is BuiltInRole for workspaces.
func BuiltInWorkspaceRole(r WorkspaceRole) RoleView {
	means := map[WorkspaceRole]string{
		WorkspaceAdmin:  "manages the workspace, its members and projects",
		WorkspaceEditor: "edits its projects",
		WorkspaceViewer: "read-only",
	}
	return RoleView{BuiltIn: true, ReadOnly: builtInStays,
		CustomRole: CustomRole{ID: "workspace." + string(r), Name: string(r), Description: means[r], Scope: ScopeWorkspace, Grants: r.Permissions()}}
}

const builtInStays = "built-in roles cannot be changed"

// shown leaves out permissions of what is not part of muster yet.
func shown(ps []Permission) []Permission {
	return slices.DeleteFunc(ps, func(p Permission) bool { return row(p).later })
}

// Extent says how far a permission of the role goes.
func (v RoleView) Extent(p Permission) Extent {
	if v.BuiltIn && v.Scope == ScopeOrganization {
		return Role(v.ID).Extent(p)
	}
	return v.CustomRole.Extent(p)
}
