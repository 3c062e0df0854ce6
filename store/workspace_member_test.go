package store_test

import (
	"fmt"
	"slices"
	"testing"

	"muster/models"
	"muster/store"
)

// counted compares every counter of workspaces with the rows.
func (w *world) counted() {
	w.t.Helper()
	db := w.raw()
	defer db.Close()
	for what, query := range map[string]string{
		"workspaces of an organization": "SELECT count(*) FROM organizations o WHERE (SELECT count(*) FROM workspaces w WHERE w.org_id = o.id) <> (SELECT n FROM workspace_counts c WHERE c.org_id = o.id)",
		"members of a workspace":        "SELECT count(*) FROM workspaces w WHERE members <> (SELECT count(*) FROM workspace_members x WHERE x.workspace_id = w.id)",
		"projects of a workspace":       "SELECT count(*) FROM workspaces w WHERE projects <> (SELECT count(*) FROM projects p WHERE p.workspace_id = w.id)",
		"holders of a custom role": `SELECT count(*) FROM custom_roles r WHERE members <>
			(SELECT count(*) FROM workspace_members x WHERE x.custom_role = r.id) + (SELECT count(*) FROM member_roles m WHERE m.role_id = r.id)`,
		"addresses": "SELECT count(*) FROM workspace_members x JOIN memberships m ON m.org_id = x.org_id AND m.user_id = x.user_id WHERE m.email_norm <> x.email_norm",
	} {
		var wrong int
		if err := db.QueryRow(query).Scan(&wrong); err != nil || wrong != 0 {
			w.t.Errorf("%s: %d counters are wrong, %v", what, wrong, err)
		}
	}
}

func TestWhoIsInAWorkspace(t *testing.T) {
	f := newOffice(t)
	w := f.workspace("Research")
	for _, who := range []string{"workspace admin", "editor", "viewer", "read-only admin", "suspended"} {
		f.add(w.ID, mailOf(who), added[who])
	}
	// Somebody who was added before they became an admin of the organization.
	f.add(w.ID, mailOf("former"), models.WorkspaceViewer)
	if _, err := f.s.ChangeRole(f.ctx, f.actors["owner"], f.org, mailOf("former"), models.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	f.suspend("suspended")

	want := []string{
		"admin@example.com admin organization_admin ",
		"editor@example.com editor explicit editor",
		"former@example.com admin organization_admin viewer",
		"owner@example.com admin organization_admin ",
		"read-only-admin@example.com viewer organization_viewer admin",
		"suspended@example.com  explicit admin",
		"viewer@example.com viewer explicit viewer",
		"workspace-admin@example.com admin explicit admin",
	}
	line := func(m models.WorkspaceMember) string {
		return fmt.Sprintf("%s %s %s %s", m.Email, m.Role, m.Source, m.Given)
	}
	for _, limit := range []int{1, 2, 3, 50} {
		var got, back []string
		var prev string
		q := models.WorkspaceMemberQuery{Limit: limit}
		for {
			page, err := f.s.ListWorkspaceMembers(f.ctx, f.actors["viewer"], f.org, w.ID, q)
			if err != nil || page.Total != len(want) || page.Matches != len(want) {
				t.Fatalf("%+v, %v", page, err)
			}
			for _, m := range page.Items {
				got = append(got, line(m))
			}
			if prev = page.Prev; page.Next == "" {
				break
			}
			q.After = page.Next
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d:\n%q\nwant\n%q", limit, got, want)
		}
		for prev != "" {
			page, err := f.s.ListWorkspaceMembers(f.ctx, f.actors["viewer"], f.org, w.ID, models.WorkspaceMemberQuery{Limit: limit, Before: prev})
			if err != nil {
				t.Fatal(err)
			}
			lines := []string{}
			for _, m := range page.Items {
				lines = append(lines, line(m))
			}
			back, prev = append(lines, back...), page.Prev
		}
		if whole := len(want) - (len(want)-1)%limit - 1; !slices.Equal(back, want[:whole]) {
			t.Errorf("pages of %d backwards: %q", limit, back)
		}
	}
	for search, n := range map[string]int{"admin": 3, "Name of VIEWER": 1, "er": 3, "nobody": 0, "elsewhere": 0} {
		page, err := f.s.ListWorkspaceMembers(f.ctx, f.actors["viewer"], f.org, w.ID, models.WorkspaceMemberQuery{Search: search})
		if err != nil || len(page.Items) != n {
			t.Errorf("search %q: %d, want %d, %v", search, len(page.Items), n, err)
		}
	}
	for who, code := range map[string]models.Code{"owner": "", "editor": "", "suspended": "", "elsewhere": models.CodeNotFound} {
		if _, err := f.s.WorkspaceMember(f.ctx, f.actors["viewer"], f.org, w.ID, mailOf(who)); models.CodeOf(err) != code {
			t.Errorf("%s: %v", who, err)
		}
	}
	f.counted()
}

func TestAddingAndRemoving(t *testing.T) {
	f := newOffice(t)
	w := f.workspace("Research")
	boss := f.actors["workspace admin"]
	f.add(w.ID, mailOf("workspace admin"), models.WorkspaceAdmin)
	m, err := f.s.AddWorkspaceMember(f.ctx, boss, f.org, "research", mailOf("editor"), models.WorkspaceEditor)
	if err != nil || m.Role != models.WorkspaceEditor || m.AddedBy != mailOf("workspace admin") || m.AddedAt == nil {
		t.Fatalf("%+v, %v", m, err)
	}
	type do func() error
	adding := func(user string, role models.WorkspaceRole) do {
		return func() error {
			_, err := f.s.AddWorkspaceMember(f.ctx, boss, f.org, w.ID, user, role)
			return err
		}
	}
	removing := func(user string) do {
		return func() error { _, err := f.s.RemoveWorkspaceMember(f.ctx, boss, f.org, w.ID, user); return err }
	}
	changing := func(user string, role models.WorkspaceRole) do {
		return func() error {
			_, err := f.s.ChangeWorkspaceRole(f.ctx, boss, f.org, w.ID, user, role)
			return err
		}
	}
	for _, c := range []struct {
		name string
		do   do
		want models.Code
	}{
		{"twice", adding(mailOf("editor"), models.WorkspaceViewer), models.CodeConflict},
		{"an owner", adding("owner@example.com", models.WorkspaceViewer), models.CodeConflict},
		{"somebody of another organization", adding("outsider@example.com", models.WorkspaceViewer), models.CodeNotFound},
		{"nobody", adding("nobody@example.com", models.WorkspaceViewer), models.CodeNotFound},
		{"a role there is not", adding(mailOf("viewer"), "king"), models.CodeInvalid},
		{"taking an owner out", removing("owner@example.com"), models.CodeConflict},
		{"taking out who is not in it", removing(mailOf("viewer")), models.CodeNotFound},
		{"changing an admin of the organization", changing("admin@example.com", models.WorkspaceViewer), models.CodeConflict},
		{"changing who is not in it", changing(mailOf("viewer"), models.WorkspaceViewer), models.CodeNotFound},
		{"a new role", changing(mailOf("editor"), models.WorkspaceAdmin), ""},
		{"taking out", removing(mailOf("editor")), ""},
		{"leaving", removing(mailOf("workspace admin")), ""},
		{"having left", removing(mailOf("editor")), models.CodeNotFound},
	} {
		if err := c.do(); models.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	f.counted()
	var told []string
	for _, e := range f.audit(f.actors["owner"], models.AuditQuery{Target: w.ID}) {
		if e.Outcome == models.OutcomeDone {
			told = append(told, e.Action+" "+e.Before+" "+e.After)
		}
	}
	want := []string{
		`workspace.remove_member {"member":"workspace-admin@example.com","role":"admin"} `,
		`workspace.remove_member {"member":"editor@example.com","role":"admin"} `,
		`workspace.change_role {"member":"editor@example.com","role":"editor"} {"member":"editor@example.com","role":"admin"}`,
		`workspace.add_member  {"member":"editor@example.com","role":"editor"}`,
		`workspace.add_member  {"member":"workspace-admin@example.com","role":"admin"}`,
		`workspace.create  {"description":"","name":"Research","open":"off"}`,
	}
	if !slices.Equal(told, want) {
		t.Errorf("the log says\n%q\nwant\n%q", told, want)
	}
}

// TestLeavingTheOrganization holds that a removed member loses the workspaces,
// is told so before, and does not get them back by coming back.
func TestLeavingTheOrganization(t *testing.T) {
	f := newOffice(t)
	f.closeGeneral()
	owner := f.actors["owner"]
	w := f.workspace("Research")
	f.add(w.ID, mailOf("editor"), models.WorkspaceEditor)
	f.add(models.GeneralWorkspace, mailOf("editor"), models.WorkspaceViewer)
	if _, err := f.s.SwitchWorkspace(f.ctx, f.actors["editor"], f.org, w.ID); err != nil {
		t.Fatal(err)
	}
	c, err := f.s.RemovalConsequences(f.ctx, owner, f.org, mailOf("editor"))
	if err != nil || fmt.Sprint(placeNames(c.Workspaces)) != "[General viewer Research editor]" {
		t.Fatalf("%+v, %v", c.Workspaces, err)
	}
	if _, err := f.s.RemoveMember(f.ctx, owner, f.org, mailOf("editor")); err != nil {
		t.Fatal(err)
	}
	f.counted()
	inv, err := f.s.CreateInvitation(f.ctx, owner, f.org, models.NewInvitation{Email: mailOf("editor")})
	if err != nil {
		t.Fatal(err)
	}
	f.accept(owner, inv)
	page, err := f.s.ListWorkspaces(f.ctx, f.actors["editor"], f.org, models.WorkspaceQuery{})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("back again they are in %+v, %v", page.Items, err)
	}
	e := f.audit(owner, models.AuditQuery{Action: "member.remove"})[0]
	if want := `{"role":"member","status":"active","workspaces":[{"id":`; len(e.Before) < len(want) || e.Before[:len(want)] != want {
		t.Errorf("the log says %s", e.Before)
	}
}

func placeNames(places []models.WorkspaceMembership) (names []string) {
	for _, p := range places {
		names = append(names, p.Name+" "+p.Given().Label())
	}
	return names
}

// TestPromotionAndDemotion holds that the role in the organization decides
// first, and what somebody was added with comes back when it no longer does.
func TestPromotionAndDemotion(t *testing.T) {
	f := newOffice(t)
	f.closeGeneral()
	owner := f.actors["owner"]
	w := f.workspace("Research")
	f.add(w.ID, mailOf("editor"), models.WorkspaceEditor)
	for _, c := range []struct {
		org  models.Role
		role models.WorkspaceRole
		from models.RoleSource
		sees int
	}{
		{models.RoleAdmin, models.WorkspaceAdmin, models.SourceOrg, 2},
		{models.RoleViewer, models.WorkspaceViewer, models.SourceCeiling, 1},
		{models.RoleMember, models.WorkspaceEditor, models.SourceGiven, 1},
	} {
		if _, err := f.s.ChangeRole(f.ctx, owner, f.org, mailOf("editor"), c.org); err != nil {
			t.Fatal(err)
		}
		v, err := f.s.Workspace(f.ctx, f.actors["editor"], f.org, w.ID)
		if err != nil || v.Role != c.role || v.Source != c.from || v.Given != models.WorkspaceEditor {
			t.Errorf("as %s: %+v, %v", c.org, v, err)
		}
		page, err := f.s.ListWorkspaces(f.ctx, f.actors["editor"], f.org, models.WorkspaceQuery{})
		if err != nil || len(page.Items) != c.sees || page.Total != c.sees {
			t.Errorf("as %s they see %+v, %v", c.org, page, err)
		}
		list, err := f.s.ListWorkspaceMembers(f.ctx, owner, f.org, w.ID, models.WorkspaceMemberQuery{})
		if err != nil || list.Total != len(list.Items) {
			t.Errorf("as %s the total is %d of %d, %v", c.org, list.Total, len(list.Items), err)
		}
	}
}

func (f *office) role(scope models.Scope, name string, permissions ...string) models.RoleView {
	f.t.Helper()
	v, err := f.s.CreateRole(f.ctx, f.actors["owner"], f.org, scope, models.RoleDraft{Name: &name, Permissions: permissions})
	if err != nil {
		f.t.Fatalf("create role: %v", err)
	}
	return v
}

func TestCustomRolesInWorkspaces(t *testing.T) {
	alone(t)
	f := newOffice(t)
	owner := f.actors["owner"]
	w := f.workspace("Research")
	keeper := f.role(models.ScopeWorkspace, "Keeper", "workspace.manage_members")
	f.role(models.ScopeOrganization, "Clerk", "settings.change")
	f.role(models.ScopeOrganization, "Landlord", "workspaces.manage")

	m, err := f.s.AddWorkspaceMember(f.ctx, owner, f.org, w.ID, mailOf("editor"), "keeper")
	if err != nil || m.InForce() != "Keeper" || m.Label() != "Keeper" || m.Role != models.WorkspaceAdmin {
		t.Fatalf("%+v, %v", m, err)
	}
	a := f.actors["editor"]
	_, err = f.s.AddWorkspaceMember(f.ctx, a, f.org, w.ID, mailOf("viewer"), models.WorkspaceViewer)
	wantCode(t, err, "")
	_, err = f.s.AddWorkspaceMember(f.ctx, a, f.org, w.ID, mailOf("elsewhere"), models.WorkspaceEditor)
	wantCode(t, err, models.CodeDenied)
	_, err = f.s.CreateProject(f.ctx, a, f.org, w.ID, models.NewProject{Name: "Engine"})
	wantCode(t, err, models.CodeDenied)
	_, err = f.s.AddWorkspaceMember(f.ctx, owner, f.org, w.ID, mailOf("elsewhere"), "Clerk")
	wantCode(t, err, models.CodeInvalid)

	// In use it stays, by members and by open invitations.
	err = second(f.s.DeleteRole(f.ctx, owner, f.org, "Keeper"))
	if models.CodeOf(err) != models.CodeConflict || err.Error() != "the role Keeper is in use by 1 member: editor@example.com" {
		t.Errorf("deleting a role in use: %v", err)
	}
	inv, err := f.s.CreateInvitation(f.ctx, owner, f.org, models.NewInvitation{Email: "new@example.com", Workspaces: []models.WorkspaceGrant{{Workspace: "Research:Keeper"}}})
	if err != nil || fmt.Sprint(placeNames(inv.Workspaces)) != "[Research Keeper]" {
		t.Fatalf("%+v, %v", inv.Workspaces, err)
	}
	if _, err := f.s.ChangeWorkspaceRole(f.ctx, owner, f.org, w.ID, mailOf("editor"), models.WorkspaceEditor); err != nil {
		t.Fatal(err)
	}
	f.counted()
	wantCode(t, second(f.s.DeleteRole(f.ctx, owner, f.org, "Keeper")), models.CodeConflict)
	newcomer := f.accept(owner, inv)
	f.counted()
	if v, err := f.s.Workspace(f.ctx, newcomer, f.org, w.ID); err != nil || v.Label() != "Keeper" {
		t.Errorf("%+v, %v", v, err)
	}
	// A role taken away from a closed invitation leaves no other behind.
	if _, err := f.s.RemoveWorkspaceMember(f.ctx, owner, f.org, w.ID, "new@example.com"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, second(f.s.DeleteRole(f.ctx, owner, f.org, keeper.ID)), "")
	if inv, err = f.s.Invitation(f.ctx, owner, f.org, inv.ID); err != nil || len(inv.Workspaces) != 0 {
		t.Errorf("%+v, %v", inv.Workspaces, err)
	}

	// At organization scope, the permission counts and not what lists sort by.
	for user, role := range map[string]models.Role{mailOf("elsewhere"): "Clerk", mailOf("former"): "Landlord"} {
		if _, err := f.s.ChangeRole(f.ctx, owner, f.org, user, role); err != nil {
			t.Fatal(err)
		}
	}
	_, err = f.s.Workspace(f.ctx, f.actors["elsewhere"], f.org, w.ID)
	wantCode(t, err, models.CodeNotFound)
	if v, err := f.s.Workspace(f.ctx, f.actors["former"], f.org, w.ID); err != nil || v.Source != models.SourceOrg {
		t.Errorf("%+v, %v", v, err)
	}
	page, err := f.s.ListWorkspaceMembers(f.ctx, owner, f.org, w.ID, models.WorkspaceMemberQuery{})
	var emails []string
	for _, m := range page.Items {
		emails = append(emails, m.Email)
	}
	if want := []string{"admin@example.com", "editor@example.com", "former@example.com", "owner@example.com", "viewer@example.com"}; err != nil || !slices.Equal(emails, want) || page.Total != len(want) {
		t.Errorf("%q, %d, %v", emails, page.Total, err)
	}
	// Whoever goes leaves no count behind, nor does a workspace.
	f.role(models.ScopeWorkspace, "Reader")
	f.add(w.ID, mailOf("workspace admin"), "Reader")
	f.add(models.GeneralWorkspace, mailOf("workspace admin"), "Reader")
	f.add(w.ID, mailOf("elsewhere"), "Reader")
	if _, err := f.s.RemoveMember(f.ctx, owner, f.org, mailOf("workspace admin")); err != nil {
		t.Fatal(err)
	}
	f.counted()
	if _, err := f.s.DeleteWorkspace(f.ctx, owner, f.org, w.ID, w.Name); err != nil {
		t.Fatal(err)
	}
	f.counted()
	wantCode(t, second(f.s.DeleteRole(f.ctx, owner, f.org, "Reader")), "")
}

func TestFlatPlansReachEverywhere(t *testing.T) {
	f := newOffice(t, func(o *store.Options) {
		flat := o.Plans[models.PlanTeam]
		flat.Name, flat.Features = "flat", append(slices.Clone(flat.Features), models.FeatureFlatRoles)
		o.Plans["flat"] = flat
	})
	f.plan(f.actors["site admin"], f.org, "flat")
	v, err := f.s.Workspace(f.ctx, f.actors["read-only admin"], f.org, "")
	if err != nil || v.Role != models.WorkspaceAdmin || v.Source != models.SourceOrg {
		t.Errorf("%+v, %v", v, err)
	}
	page, err := f.s.ListWorkspaceMembers(f.ctx, f.actors["viewer"], f.org, "", models.WorkspaceMemberQuery{})
	if err != nil || len(page.Items) != 9 || page.Total != 9 {
		t.Errorf("%d of %d, %v", len(page.Items), page.Total, err)
	}
}

// TestCanIInWorkspaces holds that the answer is the rule's own, for everybody,
// and names people who can help.
func TestCanIInWorkspaces(t *testing.T) {
	f := newOffice(t)
	w := f.workspace("Research")
	for _, who := range []string{"workspace admin", "editor", "viewer", "read-only admin"} {
		f.add(w.ID, mailOf(who), added[who])
	}
	for who, c := range map[string]struct{ may, because, helper string }{
		"owner":           {"vcmab", "as an owner of the organization", ""},
		"admin":           {"vcmab", "as an admin of the organization", ""},
		"site admin":      {"vcmab", "as site admin", ""},
		"workspace admin": {"vcmab", "as an admin of the workspace", ""},
		"editor":          {"vc", "as an editor of the workspace", "workspace-admin@example.com admin"},
		"viewer":          {"v", "as a viewer of the workspace", "workspace-admin@example.com admin"},
		"read-only admin": {"v", "as a viewer of the workspace", "owner@example.com "},
	} {
		list, err := f.s.CanIAllInWorkspace(f.ctx, f.actors[who], f.org, "research")
		if err != nil || len(list) != 5 {
			t.Fatalf("%s: %+v, %v", who, list, err)
		}
		got := ""
		for i, r := range list {
			if r.Workspace != "Research" {
				t.Errorf("%s: %+v", who, r)
			}
			if r.Allowed {
				got += "vcmab"[i : i+1]
				if r.Because != c.because || len(r.Helpers) > 0 {
					t.Errorf("%s may %s: %+v", who, r.Action, r)
				}
				continue
			}
			if r.Rule == "" || r.Hint == "" || len(r.Helpers) == 0 || r.Helpers[0].Email+" "+string(r.Helpers[0].InWorkspace) != c.helper {
				t.Errorf("%s may not %s: %+v", who, r.Action, r)
			}
			one, err := f.s.CanIInWorkspace(f.ctx, f.actors[who], f.org, w.ID, r.Action)
			if err != nil || one.Rule != r.Rule {
				t.Errorf("%s: %+v, %v", who, one, err)
			}
		}
		if got != c.may {
			t.Errorf("%s may %s, want %s", who, got, c.may)
		}
	}
	for _, who := range []string{"elsewhere", "outsider", "former"} {
		if who == "former" {
			if err := f.s.Leave(f.ctx, f.actors[who], f.org); err != nil {
				t.Fatal(err)
			}
		}
		_, err := f.s.CanIInWorkspace(f.ctx, f.actors[who], f.org, w.ID, "view")
		wantCode(t, err, models.CodeNotFound)
	}
	_, err := f.s.CanIInWorkspace(f.ctx, f.actors["owner"], f.org, w.ID, "invite")
	wantCode(t, err, models.CodeInvalid)
}
