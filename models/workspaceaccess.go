package models

// RoleSource says where somebody's role in a workspace comes from.
type RoleSource string

// The sources.
const (
	SourceGiven   RoleSource = "explicit"            // they were added with it
	SourceOrg     RoleSource = "organization_admin"  // who manages all workspaces is an admin of each
	SourceCeiling RoleSource = "organization_viewer" // the role they were added with is cut to viewer
	SourceSite    RoleSource = "site_admin"
)

// InWords is the source for a reader.
func (s RoleSource) InWords() string {
	switch s {
	case SourceGiven:
		return "added"
	case SourceOrg:
		return "organization admin"
	case SourceCeiling:
		return "viewer of the organization"
	case SourceSite:
		return "site admin"
	}
	return ""
}

// WorkspaceAccess is what one person may do in one workspace, as it stands in
// the database at this moment.
//
// The organization's table (PRODUCT.md §4) says what a role does everywhere:
// owners and admins create, change and delete workspaces and projects, others
// do not. A role in a workspace (§5) adds to that inside this workspace alone:
// its admins look after its members, its name and its projects, its editors
// change projects, its viewers look. Which workspaces there are stays with
// owners and admins. The role in the organization is the ceiling: one of its
// viewers only looks, whatever they were made in a workspace.
type WorkspaceAccess struct {
	Org   Access
	Given WorkspaceRole // what they were added with; "" if they were not
}

// Effective is the role in force, and where it comes from. It is empty for who
// has no part of the workspace.
func (a WorkspaceAccess) Effective() (WorkspaceRole, RoleSource) {
	plain := a.Org
	plain.SiteAdmin = false
	switch {
	case a.Org.Personal && !a.Org.Member:
		return "", "" // a personal workspace is private, even to site admins
	case plain.Require(PermWorkspaces) == nil:
		return WorkspaceAdmin, SourceOrg
	case a.Org.SiteAdmin:
		return WorkspaceAdmin, SourceSite
	case !a.Org.Member || a.Given == "":
		return "", ""
	case a.Org.Effective().Rank() < RoleMember.Rank() && a.Given.Rank() > WorkspaceViewer.Rank():
		return WorkspaceViewer, SourceCeiling
	}
	return a.Given, SourceGiven
}

// Can tells whether the person has a permission in the workspace. Every rule
// about workspaces asks here.
func (a WorkspaceAccess) Can(p Permission) bool {
	role, _ := a.Effective()
	return role.Can(p)
}

// Permissions lists what the person may do in the workspace.
func (a WorkspaceAccess) Permissions() []Permission {
	role, _ := a.Effective()
	return role.Permissions()
}

// Require gives nil if the person has the permission, else a CodeDenied error
// that names the rule and who can help.
func (a WorkspaceAccess) Require(p Permission) error {
	if a.Can(p) {
		return nil
	}
	role, source := a.Effective()
	if source == SourceCeiling {
		return Errorf(CodeDenied, "a viewer of the organization may not %s", doesInWorkspace(p)).
			WithHint("your role in the organization is the ceiling, whatever you are in a workspace; ask %s", ownerOrAdmin)
	}
	e := Errorf(CodeDenied, "%s of the workspace may not %s", Role(role).Article(), doesInWorkspace(p))
	if p == PermProjectChange {
		return e.WithHint("ask an admin of the workspace for the role editor")
	}
	return e.WithHint("ask an admin of the workspace")
}

// CheckGive holds the rules for handing out a role in the workspace, by
// whatever path: who manages its members, and no more than they may do
// themselves.
func (a WorkspaceAccess) CheckGive(role WorkspaceRole) error {
	if role.Rank() == 0 {
		_, err := ParseWorkspaceRole("role", string(role))
		return err
	}
	if err := a.Require(PermWorkspaceMembers); err != nil {
		return err
	}
	return a.CheckPropose(role)
}

// CheckPropose holds the rule for naming a workspace in a proposal that
// somebody else decides: not above one's own role in it.
func (a WorkspaceAccess) CheckPropose(role WorkspaceRole) error {
	for _, p := range role.Permissions() {
		if !a.Can(p) {
			own, _ := a.Effective()
			return Errorf(CodeDenied, "%s of the workspace may not grant the role %s in it", Role(own).Article(), role).
				WithHint("nobody grants a role above their own; ask an admin of the workspace")
		}
	}
	return nil
}

// WorkspaceStanding is what a rule needs to know of the member of a workspace
// that it is about.
type WorkspaceStanding struct {
	UserID string
	Label  string // address
	Access WorkspaceAccess
}

// everywhere refuses to change the part of somebody who manages all workspaces.
func (m WorkspaceStanding) everywhere() error {
	if m.Access.Org.Require(PermWorkspaces) != nil {
		return nil
	}
	return Errorf(CodeConflict, "%s is %s of the organization, and so an admin of every workspace", m.Label, m.Access.Org.Effective().Article()).
		WithHint("this cannot be changed for one workspace: change their role in the organization")
}

// CheckAdd holds the rules for adding a member of the organization.
func (a WorkspaceAccess) CheckAdd(m WorkspaceStanding, role WorkspaceRole) error {
	if err := a.CheckGive(role); err != nil {
		return err
	}
	return m.everywhere()
}

// CheckChange holds the rules for giving a member of the workspace another
// role: as in the organization, one may lower oneself and never raise.
func (a WorkspaceAccess) CheckChange(m WorkspaceStanding, to WorkspaceRole) error {
	if m.UserID == a.Org.UserID && to.Rank() > 0 && to.Rank() <= m.Access.Given.Rank() {
		return m.everywhere()
	}
	if err := a.CheckGive(to); err != nil {
		return err
	}
	return m.everywhere()
}

// CheckTakeOut holds the rules for taking somebody out of the workspace.
// Everybody may leave it.
func (a WorkspaceAccess) CheckTakeOut(m WorkspaceStanding) error {
	if m.UserID != a.Org.UserID {
		if err := a.Require(PermWorkspaceMembers); err != nil {
			return err
		}
	}
	return m.everywhere()
}
