package models

import "slices"

// RoleSource says where somebody's role in a workspace comes from.
type RoleSource string

// The sources.
const (
	SourceGiven   RoleSource = "explicit"            // they were added with it
	SourceOrg     RoleSource = "organization_admin"  // who manages all workspaces is an admin of each
	SourceCeiling RoleSource = "organization_viewer" // the role they were added with is cut to viewer
	SourceOpen    RoleSource = "open"                // the workspace is open to all members
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
	case SourceOpen:
		return "open to all"
	case SourceSite:
		return "site admin"
	}
	return ""
}

// AnyWorkspaceRole is a built-in role in a workspace, or a custom one at
// workspace scope.
type AnyWorkspaceRole interface {
	Permissions() []Permission
	Label() string
}

// Label is the role's name.
func (r WorkspaceRole) Label() string { return string(r) }

func givenIn(r WorkspaceRole, c *CustomRole) AnyWorkspaceRole {
	if c != nil {
		return c
	}
	return r
}

// CountsInWorkspace is the built-in workspace role as which lists show a custom
// one: the lowest that may do all that it may.
func (r *CustomRole) CountsInWorkspace() WorkspaceRole {
	counts := WorkspaceAdmin
	for _, b := range WorkspaceRoles() {
		if slices.ContainsFunc(r.Grants, func(p Permission) bool { return !b.Can(p) }) {
			break
		}
		counts = b
	}
	return counts
}

// WorkspaceAccess is what one person may do in one workspace, as it stands in
// the database at this moment.
//
// The organization's table (docs/rules.md, "Roles and rights") says what a role does everywhere:
// owners and admins create, change and delete workspaces and projects, others
// do not. A role in a workspace (§5) adds to that inside this workspace alone:
// its admins look after its members, its name and its projects, its editors
// change projects, its viewers look. Which workspaces there are stays with
// owners and admins. The role in the organization is the ceiling: one of its
// viewers only looks, whatever they were made in a workspace.
type WorkspaceAccess struct {
	Org    Access
	Given  WorkspaceRole // what they were added with; "" if they were not
	Custom *CustomRole   // the custom role they were added with, if it is one; Given is what it counts as
	Open   WorkspaceRole // what it is to all members who were not added; "" where it is closed
}

// Effective is the role in force, and where it comes from. It is empty for who
// has no part of the workspace.
func (a WorkspaceAccess) Effective() (WorkspaceRole, RoleSource) {
	plain := a.Org
	plain.SiteAdmin = false
	switch {
	case a.Org.Personal && !a.Org.Member:
		return "", "" // a personal workspace is private, even to site admins
	case plain.Can(PermWorkspaces):
		return WorkspaceAdmin, SourceOrg
	case a.Org.SiteAdmin:
		return WorkspaceAdmin, SourceSite
	case !a.Org.Member || a.Given == "" && a.Open == "":
		return "", ""
	case a.Given == "":
		return a.open(), SourceOpen
	case a.Org.Effective().Rank() < RoleMember.Rank() && a.Given.Rank() > WorkspaceViewer.Rank():
		return WorkspaceViewer, SourceCeiling
	}
	return a.Given, SourceGiven
}

// Can tells whether the person has a permission in the workspace. Every rule
// about workspaces asks here.
func (a WorkspaceAccess) Can(p Permission) bool { return slices.Contains(a.Permissions(), p) }

// Permissions lists what the person may do in the workspace.
func (a WorkspaceAccess) Permissions() []Permission {
	role, source := a.Effective()
	if source == SourceGiven && a.Custom != nil {
		return a.Custom.Permissions()
	}
	return role.Permissions()
}

// article names what the person is in the workspace, for refusals.
func (a WorkspaceAccess) article() string {
	role, source := a.Effective()
	if source == SourceGiven && a.Custom != nil {
		return a.Custom.Article()
	}
	return Role(role).Article() + " of the workspace"
}

// Require gives nil if the person has the permission, else a CodeDenied error
// that names the rule and who can help.
func (a WorkspaceAccess) Require(p Permission) error {
	if a.Can(p) {
		return nil
	}
	if _, source := a.Effective(); source == SourceCeiling {
		// Whoever can raise the role in the organization can help.
		return refuse(p, PermMembers, "a viewer of the organization may not %s", row(p).Does).
			WithHint("a workspace role gives no more than the role in the organization allows; ask %s", ownerOrAdmin)
	}
	return refuse(p, PermWorkspaceMembers, "%s may not %s", a.article(), row(p).Does).WithHint("ask an admin of the workspace")
}

// CheckGive holds the rules for handing out a role in the workspace, by
// whatever path: who manages its members, and no more than they may do
// themselves.
func (a WorkspaceAccess) CheckGive(role AnyWorkspaceRole) error {
	if err := a.Require(PermWorkspaceMembers); err != nil {
		return err
	}
	return a.CheckPropose(role)
}

// CheckPropose holds the rule for naming a workspace in a proposal that
// somebody else decides: not above one's own role in it.
func (a WorkspaceAccess) CheckPropose(role AnyWorkspaceRole) error {
	for _, p := range role.Permissions() {
		if !a.Can(p) {
			return Errorf(CodeDenied, "%s may not grant the role %s in it", a.article(), role.Label()).
				WithHint("nobody can grant a permission they do not have: %s; ask an admin of the workspace", row(p).Does)
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
	org := m.Access.Org
	if !org.Can(PermWorkspaces) {
		return nil
	}
	return Errorf(CodeConflict, "%s is an admin of every workspace", m.Label).
		WithHint("as %s of the organization: change their role there", org.article())
}

// CheckAdd holds the rules for adding a member of the organization.
func (a WorkspaceAccess) CheckAdd(m WorkspaceStanding, role AnyWorkspaceRole) error {
	if err := a.CheckGive(role); err != nil {
		return err
	}
	return m.everywhere()
}

// CheckChange holds the rules for giving a member of the workspace another
// role. As in the organization, one may lower oneself and never raise, and
// nobody touches who may do more than they.
func (a WorkspaceAccess) CheckChange(m WorkspaceStanding, to AnyWorkspaceRole) error {
	has := givenIn(m.Access.Given, m.Access.Custom)
	if m.UserID == a.Org.UserID && m.Access.Given != "" &&
		!slices.ContainsFunc(to.Permissions(), func(p Permission) bool { return !slices.Contains(has.Permissions(), p) }) {
		return m.everywhere()
	}
	if err := a.CheckGive(to); err != nil {
		return err
	}
	if err := a.touch(m); err != nil {
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
		if err := a.touch(m); err != nil {
			return err
		}
	}
	return m.everywhere()
}

// touch refuses to change who may do more in the workspace than the actor.
func (a WorkspaceAccess) touch(m WorkspaceStanding) error {
	has := givenIn(m.Access.Given, m.Access.Custom)
	for _, p := range has.Permissions() {
		if !a.Can(p) {
			return Errorf(CodeDenied, "%s may not change or remove somebody with the role %s", a.article(), has.Label()).
				WithHint("it may %s; ask an admin of the workspace", row(p).Does)
		}
	}
	return nil
}
