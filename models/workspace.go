package models

import (
	"strings"
	"time"
)

// GeneralWorkspace is the name of the workspace that every organization starts
// with.
const GeneralWorkspace = "General"

// Ids of workspaces and projects begin with these, and so no name of one may.
const (
	WorkspaceIDPrefix = "wsp_"
	ProjectIDPrefix   = "prj_"
)

// Workspace isolates the work of a group of people in an organization.
type Workspace struct {
	ID          string `json:"id"`
	OrgID       string `json:"organization_id"`
	Name        string `json:"name"` // unique in the organization, regardless of case
	Description string `json:"description"`
	// Open is what members are in it who were not added: editor or viewer, "" for
	// nothing.
	Open      WorkspaceRole `json:"open"`
	CreatedAt time.Time     `json:"created_at"`
	UpdatedAt time.Time     `json:"updated_at"`
}

// WorkspaceView is a workspace as one actor sees it.
type WorkspaceView struct {
	Workspace
	Role     WorkspaceRole `json:"role"` // in force for the actor; a custom one is what it counts as
	Source   RoleSource    `json:"role_source"`
	Given    WorkspaceRole `json:"given_role"`  // the role they were added with; empty if they were not
	Custom   *CustomRole   `json:"custom_role"` // that they were added with; null for a built-in role
	May      []Permission  `json:"permissions"`
	Current  bool          `json:"current"`  // the one chosen last
	Members  int           `json:"members"`  // who was added; the organization's owners and admins come on top
	Projects int           `json:"projects"` // in it
}

// Access is the view as the rules want it, for a screen to ask what is allowed
// and why not. org is the actor's access to the organization.
func (v WorkspaceView) Access(org Access) WorkspaceAccess {
	return WorkspaceAccess{Org: org, Given: v.Given, Custom: v.Custom, Open: v.Open}
}

// Label is the name of the role in force.
func (v WorkspaceView) Label() string { return inForce(v.Role, v.Source, v.Custom) }

func inForce(r WorkspaceRole, from RoleSource, c *CustomRole) string {
	if r == "" || from != SourceGiven {
		c = nil
	}
	return givenIn(r, c).Label()
}

// NewWorkspace is what a workspace starts from.
type NewWorkspace struct {
	Name        string
	Description string
}

// WorkspaceChange is an edit of a workspace; what is nil stays as it is.
type WorkspaceChange struct {
	Name        *string
	Description *string
	Open        *string // viewer, editor or off
	// Base, if set, is the workspace that the change was made from: saving over
	// what somebody else has changed since is CodeConflict.
	Base *Workspace
}

// Apply checks a change and gives the workspace that it makes of w.
func (c WorkspaceChange) Apply(w Workspace) (Workspace, error) {
	var err error
	if c.Name != nil {
		if w.Name, err = checkHandleName(*c.Name); err != nil {
			return w, err
		}
	}
	if c.Open != nil {
		if w.Open, err = CheckOpen(*c.Open); err != nil {
			return w, err
		}
	}
	if c.Description != nil {
		w.Description, err = CheckLong("description", *c.Description)
	}
	return w, err
}

// checkHandleName checks a name that stands for its id in commands.
func checkHandleName(s string) (string, error) {
	s, err := CheckName("name", s)
	if err != nil {
		return "", err
	}
	for _, prefix := range []string{WorkspaceIDPrefix, ProjectIDPrefix} {
		if strings.HasPrefix(NormText(s), prefix) {
			return "", Invalid("name", "name must not begin with %s: ids do", prefix)
		}
	}
	return s, nil
}

// WorkspaceQuery asks for a page of workspaces, by name.
type WorkspaceQuery struct {
	Search string // part of a name or a description
	Terms  Terms  // beside Search
	Limit  int
	After  string
	Before string
}

// WorkspaceConsequences is what deleting a workspace brings about, shown before
// it is done.
type WorkspaceConsequences struct {
	Workspace   Workspace `json:"workspace"`
	Projects    int       `json:"projects"`    // deleted with it
	Members     int       `json:"members"`     // added people who lose it
	Invitations int       `json:"invitations"` // open ones that no longer lead into it
}

// CheckConfirm refuses to delete a workspace whose name was not typed as it is.
func (c WorkspaceConsequences) CheckConfirm(typed string) error {
	if strings.TrimSpace(typed) == c.Workspace.Name {
		return nil
	}
	return Invalid("confirm", "to delete a workspace, confirm with its name, %q", c.Workspace.Name).
		WithHint("type it exactly as it is shown here")
}

// CheckLastWorkspace refuses to delete the only workspace there is.
func CheckLastWorkspace(there int) error {
	if there > 1 {
		return nil
	}
	return Errorf(CodeConflict, "the last workspace of an organization cannot be deleted").
		WithHint("rename it, or create another one first")
}

// WorkspaceUse says how many workspaces an organization has and how many its
// plan allows. Max 0 means no limit.
type WorkspaceUse struct {
	Used int    `json:"used"`
	Max  int    `json:"max"`
	Plan string `json:"plan"`
}

// WorkspaceLimit is how many workspaces a plan allows, 0 for no limit. A plan
// without the feature has the one that every organization starts with.
func (p Plan) WorkspaceLimit() int {
	if !p.Has(FeatureWorkspaces) {
		return 1
	}
	return p.Workspaces
}

// CheckNewWorkspace holds the rules for one more workspace: the right, payment,
// and how many the plan has.
func (a Access) CheckNewWorkspace(use WorkspaceUse) error {
	if err := a.Require(PermWorkspaces); err != nil {
		return err
	}
	if err := a.CheckPaid("add workspaces"); err != nil {
		return err
	}
	err := use.CheckFree()
	if err != nil && a.Personal {
		return AsError(err).WithHint("a shared organization can have more: {organization.create}")
	}
	return err
}

// CheckFree refuses one more workspace than the plan has.
func (u WorkspaceUse) CheckFree() error {
	switch {
	case u.Max == 0 || u.Used < u.Max:
		return nil
	case u.Max == 1:
		return Errorf(CodeLimit, "the plan %s has one workspace, and it exists already", u.Plan).
			WithHint("an owner or a site admin can choose a plan with more")
	}
	return Errorf(CodeLimit, "all %d workspaces of the plan %s are in use", u.Max, u.Plan).
		WithHint("delete one; an owner or a site admin can choose a plan with more")
}

// WorkspaceMember is somebody who is in a workspace: who was added to it, or
// manages all workspaces of the organization. Its id is the user's.
type WorkspaceMember struct {
	ID            string        `json:"id"`
	OrgID         string        `json:"organization_id"`
	WorkspaceID   string        `json:"workspace_id"`
	Email         string        `json:"email"`
	EmailVerified bool          `json:"email_verified"`
	Name          string        `json:"name"`
	Handle        string        `json:"handle"`
	OrgRole       Role          `json:"organization_role"`
	OrgCustom     *CustomRole   `json:"organization_custom_role"` // null for a built-in role
	Status        MemberStatus  `json:"status"`                   // of the membership in the organization
	Role          WorkspaceRole `json:"role"`                     // in force, a custom one as what it counts; empty while suspended
	Source        RoleSource    `json:"role_source"`
	Given         WorkspaceRole `json:"given_role"`  // empty for who was not added
	Custom        *CustomRole   `json:"custom_role"` // that they were added with; null for a built-in role
	AddedAt       *time.Time    `json:"added_at"`
	AddedBy       string        `json:"added_by"` // address
}

// InForce is the name of the role in force, empty while suspended.
func (m WorkspaceMember) InForce() string { return inForce(m.Role, m.Source, m.Custom) }

// OrgLabel is the name of the role in the organization.
func (m WorkspaceMember) OrgLabel() string { return given(m.OrgRole, m.OrgCustom).Label() }

// Label is the name of the role they were added with.
func (m WorkspaceMember) Label() string { return givenIn(m.Given, m.Custom).Label() }

// WorkspaceMemberQuery asks for a page of a workspace's members, by address.
type WorkspaceMemberQuery struct {
	Search string // part of an address, a name or a handle
	Terms  Terms  // beside Search
	Limit  int
	After  string
	Before string
}

// WorkspaceGrant is a role in a workspace that an invitation is to carry.
type WorkspaceGrant struct {
	Workspace string        // id or name
	Role      WorkspaceRole // or a custom role by name or id; "" is viewer
}

// MaxWorkspaceGrants is how many workspaces one invitation can carry.
const MaxWorkspaceGrants = 20

// WorkspaceMembership is a role in a workspace that somebody has or is offered.
type WorkspaceMembership struct {
	ID     string        `json:"id"`
	Name   string        `json:"name"`
	Role   WorkspaceRole `json:"role"`                  // a custom one as what it counts
	Custom *CustomRole   `json:"custom_role,omitempty"` // left out for a built-in role
}

// Given is the role in the workspace.
func (p WorkspaceMembership) Given() AnyWorkspaceRole { return givenIn(p.Role, p.Custom) }

// ParseWorkspaceRole reads a workspace role in any letter case.
func ParseWorkspaceRole(field, s string) (WorkspaceRole, error) {
	r := WorkspaceRole(strings.ToLower(strings.TrimSpace(s)))
	if r.Rank() == 0 {
		return "", Invalid(field, "%s %q is not a workspace role: admin, editor or viewer", field, clip(SafeText(s), 20))
	}
	return r, nil
}

// parseWorkspaceGrants reads a list of NAME or NAME:ROLE with semicolons
// between. Which part of one is the name only the organization knows, so all of
// it is in Workspace.
func parseWorkspaceGrants(s string) (list []WorkspaceGrant) {
	for part := range strings.SplitSeq(s, ";") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, WorkspaceGrant{Workspace: part})
		}
	}
	return list
}

// SplitWorkspaceGrant reads NAME:ROLE at the last colon; ok is false where there
// is none. A name may hold a colon itself, so whoever reads looks first whether
// there is a workspace of the whole name.
func SplitWorkspaceGrant(s string) (g WorkspaceGrant, ok bool) {
	i := strings.LastIndex(s, ":")
	if i <= 0 {
		return g, false
	}
	g = WorkspaceGrant{Workspace: strings.TrimSpace(s[:i]), Role: WorkspaceRole(strings.TrimSpace(s[i+1:]))}
	return g, g.Workspace != "" && g.Role != ""
}
