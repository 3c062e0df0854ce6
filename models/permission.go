package models

import (
	"slices"
	"strings"
)

// Permission is one thing that a role allows.
type Permission string

// The permissions in an organization (docs/rules.md, "Roles and rights"), in the order of its table.
const (
	PermView       Permission = "organization.view"
	PermSettings   Permission = "settings.change"
	PermBilling    Permission = "billing.manage"
	PermTransfer   Permission = "organization.transfer"
	PermDelete     Permission = "organization.delete"
	PermMembers    Permission = "members.manage"
	PermDecide     Permission = "invitations.decide"
	PermInvite     Permission = "invitations.create"
	PermWorkspaces Permission = "workspaces.manage"
	PermPrompts    Permission = "prompts.create"
	PermKeysOwn    Permission = "api_keys.create"
	PermKeysAll    Permission = "api_keys.manage"
	PermKeysVerify Permission = "api_keys.verify"
	PermAudit      Permission = "audit.read"
)

// The permissions in one workspace (docs/rules.md, "Workspaces and projects").
const (
	PermWorkspaceView    Permission = "workspace.view"
	PermProjectChange    Permission = "project.change"
	PermProjectManage    Permission = "project.manage"
	PermWorkspaceMembers Permission = "workspace.manage_members"
	PermWorkspaceChange  Permission = "workspace.change"
)

// Scope is where a permission holds, and what a custom role is for.
type Scope string

// The scopes.
const (
	ScopeOrganization Scope = "organization"
	ScopeWorkspace    Scope = "workspace"
)

// Extent says how far a permission of a role goes.
type Extent string

// The reaches. With ExtentOwn a role does not have the permission: everybody
// sees what they did themselves.
const (
	ExtentNone      Extent = ""
	ExtentAll       Extent = "all"
	ExtentOwn       Extent = "own"
	ExtentNotOwners Extent = "not_owners" // over everybody but owners
	ExtentPolicy    Extent = "by_policy"  // as the setting members.who_may_invite says
)

// PermissionDef is one row of the permission table.
type PermissionDef struct {
	Name  Permission `json:"name"`
	Scope Scope      `json:"scope"`
	Does  string     `json:"does"` // "may …"
	// OwnersOnly says that no custom role can have it.
	OwnersOnly bool `json:"owners_only"`

	// later says that what it governs is not part of muster yet: the row is the
	// rule, but nobody is shown it or can put it into a custom role.
	later   bool
	extents [4]Extent // by role, from owner to viewer
	least   WorkspaceRole
}

// permissions is the whole table, rows in the order of docs/rules.md.
var permissions = []PermissionDef{
	{Name: PermView, Scope: ScopeOrganization, Does: "see the organization", extents: [4]Extent{ExtentAll, ExtentAll, ExtentAll, ExtentAll}},
	{Name: PermSettings, Scope: ScopeOrganization, Does: "change settings", extents: [4]Extent{ExtentAll, ExtentAll}},
	{Name: PermBilling, Scope: ScopeOrganization, Does: "see and change billing", extents: [4]Extent{ExtentAll}},
	{Name: PermTransfer, Scope: ScopeOrganization, Does: "transfer the organization", OwnersOnly: true, extents: [4]Extent{ExtentAll}},
	{Name: PermDelete, Scope: ScopeOrganization, Does: "delete the organization", OwnersOnly: true, extents: [4]Extent{ExtentAll}},
	{Name: PermMembers, Scope: ScopeOrganization, Does: "change roles, suspend and remove members", extents: [4]Extent{ExtentAll, ExtentNotOwners}},
	{Name: PermDecide, Scope: ScopeOrganization, Does: "see all invitations and decide them", extents: [4]Extent{ExtentAll, ExtentAll, ExtentOwn, ExtentOwn}},
	{Name: PermInvite, Scope: ScopeOrganization, Does: "invite", extents: [4]Extent{ExtentAll, ExtentAll, ExtentPolicy}},
	{Name: PermWorkspaces, Scope: ScopeOrganization, Does: "create, change and delete workspaces and projects", extents: [4]Extent{ExtentAll, ExtentAll}},
	{Name: PermPrompts, Scope: ScopeOrganization, Does: "create prompts and run experiments", later: true, extents: [4]Extent{ExtentAll, ExtentAll, ExtentAll}},
	{Name: PermKeysOwn, Scope: ScopeOrganization, Does: "create API keys", extents: [4]Extent{ExtentAll, ExtentAll, ExtentAll}},
	{Name: PermKeysAll, Scope: ScopeOrganization, Does: "manage all API keys and service accounts", extents: [4]Extent{ExtentAll, ExtentAll}},
	{Name: PermKeysVerify, Scope: ScopeOrganization, Does: "verify API keys", extents: [4]Extent{ExtentAll, ExtentAll}},
	{Name: PermAudit, Scope: ScopeOrganization, Does: "read the audit log", extents: [4]Extent{ExtentAll, ExtentAll, ExtentOwn, ExtentOwn}},

	{Name: PermWorkspaceView, Scope: ScopeWorkspace, Does: "see the workspace and its projects", least: WorkspaceViewer},
	{Name: PermProjectChange, Scope: ScopeWorkspace, Does: "change its projects", least: WorkspaceEditor},
	{Name: PermProjectManage, Scope: ScopeWorkspace, Does: "create and delete its projects", least: WorkspaceAdmin},
	{Name: PermWorkspaceMembers, Scope: ScopeWorkspace, Does: "add and remove its members", least: WorkspaceAdmin},
	{Name: PermWorkspaceChange, Scope: ScopeWorkspace, Does: "change the workspace itself", least: WorkspaceAdmin},
}

// Permissions is the permission table of a scope, without rows that govern
// what is not part of muster yet.
func Permissions(scope Scope) []PermissionDef {
	var out []PermissionDef
	for _, d := range permissions {
		if d.Scope == scope && !d.later {
			out = append(out, d)
		}
	}
	return out
}

// FindPermission gives the row of a permission.
func FindPermission(p Permission) (PermissionDef, bool) {
	i := slices.IndexFunc(permissions, func(d PermissionDef) bool { return d.Name == p && !d.later })
	if i < 0 {
		return PermissionDef{}, false
	}
	return permissions[i], true
}

// OfOrganization tells whether a permission holds in the organization, and not in
// one workspace.
func OfOrganization(p Permission) bool { return row(p).Scope == ScopeOrganization }

func row(p Permission) PermissionDef {
	for _, d := range permissions {
		if d.Name == p {
			return d
		}
	}
	return PermissionDef{Name: p, Does: "do " + SafeText(string(p))}
}

// Extent says how far a permission of a built-in role goes.
func (r Role) Extent(p Permission) Extent {
	if r.Rank() == 0 {
		return ExtentNone
	}
	return row(p).extents[RoleOwner.Rank()-r.Rank()]
}

// Can tells whether a role has a permission.
func (r Role) Can(p Permission) bool {
	extent := r.Extent(p)
	return extent != ExtentNone && extent != ExtentOwn
}

// Permissions lists what a role may do, in the order of the table.
func (r Role) Permissions() []Permission {
	var ps []Permission
	for _, d := range permissions {
		if r.Can(d.Name) {
			ps = append(ps, d.Name)
		}
	}
	return ps
}

// lowestRole is the lowest built-in role that has a permission.
func lowestRole(p Permission) Role {
	low := Role("")
	for _, r := range Roles() {
		if r.Can(p) {
			low = r
		}
	}
	return low
}

// WorkspaceRole is a built-in role in one workspace. A role there never goes
// beyond the role in the organization: its viewers change nothing anywhere.
type WorkspaceRole string

// The built-in workspace roles, highest rank first. Owners and admins of the
// organization are admins of every workspace.
const (
	WorkspaceAdmin  WorkspaceRole = "admin"
	WorkspaceEditor WorkspaceRole = "editor"
	WorkspaceViewer WorkspaceRole = "viewer"
)

// WorkspaceRoles lists the built-in workspace roles by rank, highest first.
func WorkspaceRoles() []WorkspaceRole {
	return []WorkspaceRole{WorkspaceAdmin, WorkspaceEditor, WorkspaceViewer}
}

// Rank orders workspace roles: 3 for admin down to 1 for viewer, 0 for none.
func (r WorkspaceRole) Rank() int {
	if i := slices.Index(WorkspaceRoles(), r); i >= 0 {
		return len(WorkspaceRoles()) - i
	}
	return 0
}

// Can tells whether a workspace role has a permission.
func (r WorkspaceRole) Can(p Permission) bool {
	d := row(p)
	return d.least != "" && r.Rank() >= d.least.Rank()
}

// Permissions lists what a workspace role may do, in the order of the table.
func (r WorkspaceRole) Permissions() []Permission {
	var ps []Permission
	for _, d := range permissions {
		if r.Can(d.Name) {
			ps = append(ps, d.Name)
		}
	}
	return ps
}

// parsePermissions reads a list of permissions of a scope, in any order and
// letter case, and gives it in the order of the table.
func parsePermissions(scope Scope, words []string) ([]Permission, error) {
	asked := map[Permission]bool{}
	var names []string
	for _, d := range Permissions(scope) {
		if !d.OwnersOnly {
			names = append(names, string(d.Name))
		}
	}
	for _, w := range words {
		p := Permission(strings.ToLower(strings.TrimSpace(w)))
		d, ok := FindPermission(p)
		switch {
		case !ok:
			return nil, Invalid("permissions", "there is no permission %q", clip(SafeText(w), 40)).WithHint("permissions: %s", strings.Join(names, ", "))
		case d.OwnersOnly:
			return nil, Invalid("permissions", "only owners can have %s: custom roles cannot", p)
		case d.Scope != scope:
			return nil, Invalid("permissions", "%s is a permission of %ss, and the role is for %ss", p, d.Scope, scope).
				WithHint("permissions: %s", strings.Join(names, ", "))
		}
		asked[p] = true
	}
	asked[PermView] = scope == ScopeOrganization
	asked[PermWorkspaceView] = scope == ScopeWorkspace
	var out []Permission
	for _, d := range permissions {
		if asked[d.Name] {
			out = append(out, d.Name)
		}
	}
	return out, nil
}
