package models

import "slices"

// The permissions in one workspace (PRODUCT.md §5).
const (
	PermWorkspaceView    Permission = "workspace.view"
	PermProjectChange    Permission = "project.change"
	PermProjectManage    Permission = "project.manage"
	PermWorkspaceMembers Permission = "workspace.manage_members"
	PermWorkspaceChange  Permission = "workspace.change"
)

// workspacePermissions is the table of the permissions in one workspace.
var workspacePermissions = []struct {
	name  Permission
	least WorkspaceRole
	does  string // "may …"
}{
	{PermWorkspaceView, WorkspaceViewer, "see the workspace and its projects"},
	{PermProjectChange, WorkspaceEditor, "change its projects"},
	{PermProjectManage, WorkspaceAdmin, "create and delete its projects"},
	{PermWorkspaceMembers, WorkspaceAdmin, "add and remove its members"},
	{PermWorkspaceChange, WorkspaceAdmin, "change the workspace itself"},
}

// doesInWorkspace completes "may …" for a permission.
func doesInWorkspace(p Permission) string {
	for _, d := range workspacePermissions {
		if d.name == p {
			return d.does
		}
	}
	return "do that"
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
func (r WorkspaceRole) Can(p Permission) bool { return slices.Contains(r.Permissions(), p) }

// Permissions lists what a workspace role may do, in the order of the table.
func (r WorkspaceRole) Permissions() []Permission {
	ps := []Permission{}
	for _, d := range workspacePermissions {
		if r.Rank() >= d.least.Rank() {
			ps = append(ps, d.name)
		}
	}
	return ps
}
