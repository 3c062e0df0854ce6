package models

import (
	"slices"
	"strings"
)

// Action is something that can-i can be asked about.
type Action struct {
	Name       string // a permission, or something that needs more than one
	Does       string // "may …"
	Permission Permission
	Feature    Feature  // that the plan must have, or empty
	Also       []string // other words for it
}

// Actions lists what can-i can be asked about.
func Actions() []Action {
	also := map[Permission][]string{
		PermView: {"view", "see"}, PermSettings: {"settings"}, PermBilling: {"billing"}, PermTransfer: {"transfer"},
		PermDelete: {"delete"}, PermMembers: {"remove", "suspend", "role"}, PermDecide: {"approve", "reject", "decide"},
		PermInvite: {"invite"}, PermWorkspaces: {"workspaces"}, PermAudit: {"audit"},
		PermKeysOwn: {"api-keys", "api_keys"}, PermKeysVerify: {"verify"},
	}
	var list []Action
	for _, d := range Permissions(ScopeOrganization) {
		list = append(list, Action{Name: string(d.Name), Does: d.Does, Permission: d.Name, Also: also[d.Name]})
	}
	return append(list,
		Action{Name: "roles.manage", Does: "create, change and delete custom roles", Permission: PermMembers, Feature: FeatureCustomRoles, Also: []string{"roles"}},
		Action{Name: "services.manage", Does: "create, change and remove service accounts", Permission: PermKeysAll, Feature: FeatureServiceAccounts, Also: []string{"service", "services"}},
		Action{Name: "plan.change", Does: "change the plan", Permission: PermBilling, Also: []string{"plan"}},
	)
}

// WorkspaceActions lists what can-i can be asked about one workspace.
func WorkspaceActions() []Action {
	also := map[Permission][]string{
		PermWorkspaceView: {"view", "see"}, PermProjectChange: {"project", "projects"}, PermProjectManage: {"project.create", "project.delete"},
		PermWorkspaceMembers: {"members", "add", "remove", "role"}, PermWorkspaceChange: {"workspace", "workspace.manage"},
	}
	var list []Action
	for _, d := range Permissions(ScopeWorkspace) {
		list = append(list, Action{Name: string(d.Name), Does: d.Does, Permission: d.Name, Also: also[d.Name]})
	}
	return list
}

// FindAction finds an action by its name or another word for it; the error
// names all.
func FindAction(s string) (Action, error) { return findAction(Actions(), s) }

// FindWorkspaceAction is FindAction for what is done in one workspace.
func FindWorkspaceAction(s string) (Action, error) { return findAction(WorkspaceActions(), s) }

func findAction(all []Action, s string) (Action, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	names := make([]string, len(all))
	for i, a := range all {
		if a.Name == s || slices.Contains(a.Also, s) {
			return a, nil
		}
		names[i] = a.Name
	}
	return Action{}, Invalid("action", "there is no action %q", clip(SafeText(s), 40)).WithHint("actions: %s", strings.Join(names, ", "))
}

// Facts are what an answer depends on beside the actor's rights.
type Facts struct {
	Settings    MemberSettings
	Plan        Plan
	Seats       Seats
	SelfService bool // owners change plans themselves
}

// Answer says whether somebody may do something, and if not, which rule refuses
// it and who can help.
type Answer struct {
	Action  string   `json:"id"`
	Does    string   `json:"does"`
	Allowed bool     `json:"allowed"`
	Extent  Extent   `json:"reach"`   // how far, where allowed
	Because string   `json:"because"` // by what right, where allowed
	Rule    string   `json:"rule"`    // the one that refuses
	Hint    string   `json:"hint"`
	Helpers []Helper `json:"helpers"` // a few who can help
	// Workspace is the name of the workspace that was asked about, if one was.
	Workspace string `json:"workspace,omitempty"`

	// Helps is the permission of those who can help; empty for site admins.
	Helps Permission `json:"-"`
}

// Helper is somebody who can help.
type Helper struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Role  Role   `json:"role"` // in the organization
	// InWorkspace is the role in the workspace that was asked about, for who was
	// added to it.
	InWorkspace WorkspaceRole `json:"workspace_role,omitempty"`
}

// Ask answers whether the actor may do something as things stand.
func (a Access) Ask(act Action, f Facts) Answer {
	r := Answer{Action: act.Name, Does: act.Does, Extent: a.extent(act.Permission), Because: a.because(act.Permission), Helps: PermMembers}
	refused := func(err error, otherwise Permission) Answer {
		e := AsError(err)
		r.Rule, r.Hint, r.Because, r.Helps = e.Message, e.Hint, "", e.helps(otherwise)
		if r.Extent != ExtentOwn {
			r.Extent = ExtentNone
		}
		return r
	}
	if a.Personal && slices.Contains([]Permission{PermMembers, PermDecide, PermInvite, PermTransfer, PermDelete}, act.Permission) {
		return refused(refuse(act.Permission, "", "a personal workspace has one member, no invitations and no roles, and cannot be transferred or deleted").
			WithHint("create a shared organization: {organization.create}"), "")
	}
	if act.Name == "plan.change" {
		if err := a.CheckChoosePlan(f.SelfService); err != nil {
			return refused(err, PermBilling)
		}
	}
	if err := a.Require(act.Permission); err != nil {
		return refused(err, act.Permission)
	}
	if act.Feature != "" {
		if err := f.Plan.Require(act.Feature); err != nil {
			return refused(err, PermBilling)
		}
	}
	if act.Permission == PermInvite {
		return a.askInvite(r, f, refused)
	}
	r.Allowed = true
	return r
}

// Ask answers whether the actor may do something in the workspace.
func (a WorkspaceAccess) Ask(act Action) Answer {
	r := Answer{Action: act.Name, Does: act.Does, Helps: PermWorkspaceMembers}
	err := a.Require(act.Permission)
	if err == nil {
		r.Allowed, r.Extent, r.Because = true, ExtentAll, a.because()
		return r
	}
	e := AsError(err)
	r.Rule, r.Hint, r.Helps = e.Message, e.Hint, e.helps(PermWorkspaceMembers)
	return r
}

// because says by what right the actor may do something in the workspace.
func (a WorkspaceAccess) because() string {
	switch _, source := a.Effective(); source {
	case SourceOrg:
		return a.Org.because(PermWorkspaces) + " of the organization"
	case SourceSite:
		return "as site admin"
	}
	return "as " + a.article()
}

func (a Access) askInvite(r Answer, f Facts, refused func(error, Permission) Answer) Answer {
	state, err := a.CheckNewInvitation(f.Settings, &CustomRole{Scope: ScopeOrganization, Grants: []Permission{PermView}}, f.Seats)
	switch {
	case err == nil:
	case CodeOf(err) == CodeLimit:
		return refused(err, PermMembers)
	default:
		return refused(err, PermSettings)
	}
	r.Allowed = true
	if state == StateRequested {
		r.Because += "; an owner or admin decides each proposal"
	}
	return r
}

// because says by what right the actor has a permission.
func (a Access) because(p Permission) string {
	switch {
	case a.Elevated(p):
		return "as site admin"
	case a.Flat && a.Role != RoleOwner && RoleAdmin.Can(p):
		return "as an admin, which everybody is under this plan"
	}
	return "as " + a.article()
}

// extent says how far a permission goes for the actor.
func (a Access) extent(p Permission) Extent {
	switch {
	case a.SiteAdmin:
		return ExtentAll
	case a.Custom != nil && !(a.Flat && RoleAdmin.Can(p)):
		return a.Custom.Extent(p)
	}
	return a.Effective().Extent(p)
}
