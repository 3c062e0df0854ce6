package models

import (
	"slices"
	"strings"
	"testing"
)

// standIn gives access to a workspace: org role and workspace role.
func standIn(org Role, given WorkspaceRole) WorkspaceAccess {
	return WorkspaceAccess{Org: Access{UserID: "usr_1", Role: org, Member: org != ""}, Given: given}
}

func TestWorkspacePermissionTable(t *testing.T) {
	all := []Permission{PermWorkspaceView, PermProjectChange, PermProjectManage, PermWorkspaceMembers, PermWorkspaceChange}
	for _, c := range []struct {
		org    Role
		given  WorkspaceRole
		role   WorkspaceRole
		source RoleSource
		may    []Permission
	}{
		{RoleOwner, "", WorkspaceAdmin, SourceOrg, all},
		{RoleOwner, WorkspaceViewer, WorkspaceAdmin, SourceOrg, all}, // cannot be taken away
		{RoleAdmin, "", WorkspaceAdmin, SourceOrg, all},
		{RoleAdmin, WorkspaceEditor, WorkspaceAdmin, SourceOrg, all},
		{RoleMember, WorkspaceAdmin, WorkspaceAdmin, SourceGiven, all},
		{RoleMember, WorkspaceEditor, WorkspaceEditor, SourceGiven, all[:2]},
		{RoleMember, WorkspaceViewer, WorkspaceViewer, SourceGiven, all[:1]},
		{RoleMember, "", "", "", nil},
		{RoleViewer, WorkspaceAdmin, WorkspaceViewer, SourceCeiling, all[:1]},
		{RoleViewer, WorkspaceEditor, WorkspaceViewer, SourceCeiling, all[:1]},
		{RoleViewer, WorkspaceViewer, WorkspaceViewer, SourceGiven, all[:1]},
		{RoleViewer, "", "", "", nil},
		{"", WorkspaceAdmin, "", "", nil}, // no active member of the organization
	} {
		a := standIn(c.org, c.given)
		role, source := a.Effective()
		if role != c.role || source != c.source {
			t.Errorf("%s, %q: %q because %q, want %q because %q", c.org, c.given, role, source, c.role, c.source)
		}
		for _, p := range all {
			if a.Can(p) != slices.Contains(c.may, p) || (a.Require(p) == nil) != a.Can(p) {
				t.Errorf("%s, %q, %s: %v, %v", c.org, c.given, p, a.Can(p), a.Require(p))
			}
		}
		if !slices.Equal(a.Permissions(), c.may) && len(c.may) > 0 {
			t.Errorf("%s, %q: %v", c.org, c.given, a.Permissions())
		}
	}
	site := standIn("", "")
	site.Org.SiteAdmin = true
	if role, source := site.Effective(); role != WorkspaceAdmin || source != SourceSite {
		t.Errorf("site admin: %q because %q", role, source)
	}
	site.Org.Personal = true
	if site.Can(PermWorkspaceView) {
		t.Error("a site admin sees into a personal workspace")
	}
}

func TestGivingWorkspaceRoles(t *testing.T) {
	for _, c := range []struct {
		org        Role
		given      WorkspaceRole
		give, name []WorkspaceRole // what they hand out, and what they can name in a proposal
	}{
		{RoleOwner, "", WorkspaceRoles(), WorkspaceRoles()},
		{RoleAdmin, "", WorkspaceRoles(), WorkspaceRoles()},
		{RoleMember, WorkspaceAdmin, WorkspaceRoles(), WorkspaceRoles()},
		{RoleMember, WorkspaceEditor, nil, WorkspaceRoles()[1:]},
		{RoleMember, WorkspaceViewer, nil, WorkspaceRoles()[2:]},
		{RoleMember, "", nil, nil},
		{RoleViewer, WorkspaceAdmin, nil, WorkspaceRoles()[2:]},
	} {
		a := standIn(c.org, c.given)
		for _, r := range WorkspaceRoles() {
			if got := a.CheckGive(r) == nil; got != slices.Contains(c.give, r) {
				t.Errorf("%s, %q gives %s: %v", c.org, c.given, r, got)
			}
			if got := a.CheckPropose(r) == nil; got != slices.Contains(c.name, r) {
				t.Errorf("%s, %q proposes %s: %v", c.org, c.given, r, got)
			}
		}
	}
	if _, err := ParseWorkspaceRole("role", "king"); CodeOf(err) != CodeInvalid {
		t.Errorf("an unknown role: %v", err)
	}
}

func TestCustomWorkspaceRoles(t *testing.T) {
	keeper := &CustomRole{Name: "Keeper", Scope: ScopeWorkspace, Grants: []Permission{PermWorkspaceView, PermWorkspaceMembers}}
	writer := &CustomRole{Name: "Writer", Scope: ScopeWorkspace, Grants: []Permission{PermWorkspaceView, PermProjectChange}}
	guest := &CustomRole{Name: "Guest", Scope: ScopeWorkspace, Grants: []Permission{PermWorkspaceView}}
	for _, c := range []struct {
		r      *CustomRole
		counts WorkspaceRole
	}{{keeper, WorkspaceAdmin}, {writer, WorkspaceEditor}, {guest, WorkspaceViewer}} {
		if got := c.r.CountsInWorkspace(); got != c.counts {
			t.Errorf("%s counts as %s", c.r.Name, got)
		}
	}
	with := func(org Role, c *CustomRole) WorkspaceAccess {
		a := standIn(org, c.CountsInWorkspace())
		a.Custom = c
		return a
	}
	a := with(RoleMember, keeper)
	if !a.Can(PermWorkspaceMembers) || a.Can(PermProjectChange) || a.Can(PermWorkspaceChange) {
		t.Errorf("a keeper may %v", a.Permissions())
	}
	for role, ok := range map[AnyWorkspaceRole]bool{keeper: true, guest: true, WorkspaceViewer: true, writer: false, WorkspaceEditor: false, WorkspaceAdmin: false} {
		if got := a.CheckGive(role); (got == nil) != ok {
			t.Errorf("a keeper gives %s: %v", role.Label(), got)
		}
	}
	admin := WorkspaceStanding{UserID: "usr_2", Label: "usr_2", Access: standIn(RoleMember, WorkspaceAdmin)}
	if CodeOf(a.CheckTakeOut(admin)) != CodeDenied || CodeOf(a.CheckChange(admin, WorkspaceViewer)) != CodeDenied {
		t.Error("a keeper touches an admin")
	}
	viewer := with(RoleViewer, keeper)
	if role, source := viewer.Effective(); role != WorkspaceViewer || source != SourceCeiling || viewer.Can(PermWorkspaceMembers) {
		t.Errorf("a viewer of the organization as keeper: %s because %s, %v", role, source, viewer.Permissions())
	}
	everywhere := WorkspaceAccess{Org: Access{Role: RoleAdmin, Member: true, Custom: &CustomRole{Grants: []Permission{PermView, PermWorkspaces}}}}
	if role, source := everywhere.Effective(); role != WorkspaceAdmin || source != SourceOrg {
		t.Errorf("a custom role that manages workspaces: %s because %s", role, source)
	}
	settings := WorkspaceAccess{Org: Access{Role: RoleAdmin, Member: true, Custom: &CustomRole{Grants: []Permission{PermView, PermSettings}}}}
	if settings.Can(PermWorkspaceView) {
		t.Error("a custom role that counts as admin sees workspaces without the permission")
	}
	flat := WorkspaceAccess{Org: Access{Role: RoleViewer, Member: true, Flat: true}}
	if !flat.Can(PermProjectManage) {
		t.Error("a flat plan leaves a viewer out")
	}
}

func TestChangingMembersOfWorkspaces(t *testing.T) {
	is := func(id string, org Role, given WorkspaceRole) WorkspaceStanding {
		a := standIn(org, given)
		a.Org.UserID = id
		return WorkspaceStanding{UserID: id, Label: id, Access: a}
	}
	for _, c := range []struct {
		name string
		as   WorkspaceAccess
		err  func(WorkspaceAccess) error
		want Code
	}{
		{"admin adds member", standIn(RoleMember, WorkspaceAdmin), func(a WorkspaceAccess) error {
			return a.CheckAdd(is("usr_2", RoleMember, ""), WorkspaceAdmin)
		}, ""},
		{"editor adds", standIn(RoleMember, WorkspaceEditor), func(a WorkspaceAccess) error {
			return a.CheckAdd(is("usr_2", RoleMember, ""), WorkspaceViewer)
		}, CodeDenied},
		{"owner adds an admin of the organization", standIn(RoleOwner, ""), func(a WorkspaceAccess) error {
			return a.CheckAdd(is("usr_2", RoleAdmin, ""), WorkspaceViewer)
		}, CodeConflict},
		{"owner takes an admin out", standIn(RoleOwner, ""), func(a WorkspaceAccess) error {
			return a.CheckTakeOut(is("usr_2", RoleAdmin, WorkspaceViewer))
		}, CodeConflict},
		{"owner lowers an admin", standIn(RoleOwner, ""), func(a WorkspaceAccess) error {
			return a.CheckChange(is("usr_2", RoleAdmin, WorkspaceAdmin), WorkspaceViewer)
		}, CodeConflict},
		{"one lowers oneself", standIn(RoleMember, WorkspaceEditor), func(a WorkspaceAccess) error {
			return a.CheckChange(is("usr_1", RoleMember, WorkspaceEditor), WorkspaceViewer)
		}, ""},
		{"one raises oneself", standIn(RoleMember, WorkspaceEditor), func(a WorkspaceAccess) error {
			return a.CheckChange(is("usr_1", RoleMember, WorkspaceEditor), WorkspaceAdmin)
		}, CodeDenied},
		{"editor lowers another", standIn(RoleMember, WorkspaceEditor), func(a WorkspaceAccess) error {
			return a.CheckChange(is("usr_2", RoleMember, WorkspaceEditor), WorkspaceViewer)
		}, CodeDenied},
		{"one leaves", standIn(RoleViewer, WorkspaceViewer), func(a WorkspaceAccess) error {
			return a.CheckTakeOut(is("usr_1", RoleViewer, WorkspaceViewer))
		}, ""},
		{"viewer takes another out", standIn(RoleMember, WorkspaceViewer), func(a WorkspaceAccess) error {
			return a.CheckTakeOut(is("usr_2", RoleMember, WorkspaceViewer))
		}, CodeDenied},
		{"admin takes an admin out", standIn(RoleMember, WorkspaceAdmin), func(a WorkspaceAccess) error {
			return a.CheckTakeOut(is("usr_2", RoleMember, WorkspaceAdmin))
		}, ""},
	} {
		if err := c.err(c.as); CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestWorkspaceLimit(t *testing.T) {
	feature := []Feature{FeatureWorkspaces}
	for _, c := range []struct {
		plan    Plan
		used    int
		refused string
	}{
		{Plan{Name: "p", Workspaces: 3, Features: feature}, 2, ""},
		{Plan{Name: "p", Workspaces: 3, Features: feature}, 3, "all 3 workspaces of the plan p are in use"},
		{Plan{Name: "p", Workspaces: 3, Features: feature}, 4, "all 3 workspaces of the plan p are in use"},
		{Plan{Name: "p", Features: feature}, 9999, ""},
		{Plan{Name: "p", Workspaces: 9}, 1, "the plan p has one workspace, and it exists already"},
		{Plan{Name: "p"}, 1, "the plan p has one workspace, and it exists already"},
	} {
		err := WorkspaceUse{Used: c.used, Max: c.plan.WorkspaceLimit(), Plan: c.plan.Name}.CheckFree()
		if c.refused == "" && err != nil || c.refused != "" && (CodeOf(err) != CodeLimit || err.Error() != c.refused) {
			t.Errorf("%d of %+v: %v", c.used, c.plan, err)
		}
	}
	if CheckLastWorkspace(2) != nil || CodeOf(CheckLastWorkspace(1)) != CodeConflict {
		t.Error("the last workspace is not kept, or others are")
	}
}

func TestWorkspaceWords(t *testing.T) {
	for text, want := range map[string]WorkspaceGrant{
		"Research:editor":     {"Research", WorkspaceEditor},
		" Research : Release": {"Research", "Release"},
		"Team: Blue:admin":    {"Team: Blue", WorkspaceAdmin},
		"Research":            {}, ":admin": {}, "Research:": {}, " : ": {}, "": {},
	} {
		if got, ok := SplitWorkspaceGrant(text); ok != (want != WorkspaceGrant{}) || ok && got != want {
			t.Errorf("%q: %+v, %v, want %+v", text, got, ok, want)
		}
	}
	name := func(s string) *string { return &s }
	for _, bad := range []string{"", " ", "wsp_1", "WSP_x", "prj_1", "a\x1b[2J", strings.Repeat("x", 65)} {
		if _, err := (WorkspaceChange{Name: name(bad)}).Apply(Workspace{}); CodeOf(err) != CodeInvalid {
			t.Errorf("workspace %q: %v", bad, err)
		}
		if _, err := (ProjectChange{Name: name(bad)}).Apply(Project{}); CodeOf(err) != CodeInvalid {
			t.Errorf("project %q: %v", bad, err)
		}
	}
	for text, want := range map[string]string{"": "", " Production ": "production", "EU West": "EU West", "stagings": "stagings"} {
		p, err := ProjectChange{Environment: name(text)}.Apply(Project{Name: "kept", Description: "kept"})
		if err != nil || p.Environment != want || p.Name != "kept" || p.Description != "kept" {
			t.Errorf("environment %q: %+v, %v", text, p, err)
		}
	}
	if _, err := (ProjectChange{Environment: name(strings.Repeat("x", 33))}).Apply(Project{}); CodeOf(err) != CodeInvalid {
		t.Errorf("a long environment: %v", err)
	}
	c := WorkspaceConsequences{Workspace: Workspace{Name: "Research"}}
	if c.CheckConfirm(" Research ") != nil || CodeOf(c.CheckConfirm("research")) != CodeInvalid || CodeOf(c.CheckConfirm("")) != CodeInvalid {
		t.Error("the confirmation is not the name")
	}
}
