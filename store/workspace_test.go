package store_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// office is an organization with somebody in every role.
type office struct {
	*world
	org    string
	actors map[string]models.Actor
}

func newOffice(t *testing.T, options ...func(*store.Options)) *office {
	t.Helper()
	w := newWorld(t, append([]func(*store.Options){wide}, options...)...)
	f := &office{world: w, actors: map[string]models.Actor{"site admin": w.ada()}}
	site := f.actors["site admin"]
	home, err := w.s.CreateOrganization(w.ctx, site, store.NewOrganization{Name: "Home", Code: "HOME"})
	if err != nil {
		t.Fatal(err)
	}
	// The owner of ACME is no site admin, and the site admin no member of it.
	owner := w.join(site, home.ID, "owner@example.com", models.RoleMember)
	f.org = w.acme(owner).ID
	f.actors["owner"] = owner
	for name, role := range map[string]models.Role{
		"admin": models.RoleAdmin, "workspace admin": models.RoleMember, "editor": models.RoleMember, "viewer": models.RoleMember,
		"read-only admin": models.RoleViewer, "elsewhere": models.RoleMember, "suspended": models.RoleMember, "former": models.RoleMember,
	} {
		f.actors[name] = w.join(owner, f.org, mailOf(name), role)
	}
	f.actors["outsider"] = w.join(site, home.ID, "outsider@example.com", models.RoleOwner)
	return f
}

func mailOf(name string) string { return strings.ReplaceAll(name, " ", "-") + "@example.com" }

// added are the people whom a workspace of the office has, with their roles.
var added = map[string]models.WorkspaceRole{
	"workspace admin": models.WorkspaceAdmin, "editor": models.WorkspaceEditor, "viewer": models.WorkspaceViewer,
	"read-only admin": models.WorkspaceAdmin, "suspended": models.WorkspaceAdmin, "former": models.WorkspaceAdmin,
}

func (f *office) workspace(name string) models.WorkspaceView {
	f.t.Helper()
	v, err := f.s.CreateWorkspace(f.ctx, f.actors["owner"], f.org, models.NewWorkspace{Name: name})
	if err != nil {
		f.t.Fatalf("create workspace: %v", err)
	}
	return v
}

func (f *office) add(workspace, user string, role models.WorkspaceRole) {
	f.t.Helper()
	if _, err := f.s.AddWorkspaceMember(f.ctx, f.actors["owner"], f.org, workspace, user, role); err != nil {
		f.t.Fatalf("add %s: %v", user, err)
	}
}

func (f *office) project(workspace, name string) models.Project {
	f.t.Helper()
	p, err := f.s.CreateProject(f.ctx, f.actors["owner"], f.org, workspace, models.NewProject{Name: name})
	if err != nil {
		f.t.Fatalf("create project: %v", err)
	}
	return p
}

// TestWorkspaceIsolation asks every method as everybody: who has no part of a
// workspace is told that there is none, whatever they are in another one, and
// nobody does what their role does not allow. A method of the store about
// workspaces or projects without a row fails it.
func TestWorkspaceIsolation(t *testing.T) {
	alone(t)
	f := newOffice(t)
	other := f.workspace("Other")
	f.add(other.ID, mailOf("elsewhere"), models.WorkspaceAdmin)

	var w models.WorkspaceView
	var p models.Project
	name := func(s string) *string { return &s }
	spare := mailOf("elsewhere")
	ctx, s, org := f.ctx, f.s, f.org
	type call func(a models.Actor) error
	methods := map[string]struct {
		may  string // who may, apart from who always may: owner, admin, site admin
		sees bool   // everybody in the workspace may
		call call
	}{
		"Workspace":       {sees: true, call: func(a models.Actor) error { _, err := s.Workspace(ctx, a, org, w.ID); return err }},
		"SwitchWorkspace": {sees: true, call: func(a models.Actor) error { _, err := s.SwitchWorkspace(ctx, a, org, w.Name); return err }},
		"ListWorkspaceMembers": {sees: true, call: func(a models.Actor) error {
			_, err := s.ListWorkspaceMembers(ctx, a, org, w.ID, models.WorkspaceMemberQuery{})
			return err
		}},
		"WorkspaceMember": {sees: true, call: func(a models.Actor) error {
			_, err := s.WorkspaceMember(ctx, a, org, w.ID, mailOf("editor"))
			return err
		}},
		"ListProjects": {sees: true, call: func(a models.Actor) error {
			_, err := s.ListProjects(ctx, a, org, w.ID, models.ProjectQuery{})
			return err
		}},
		"Project":            {sees: true, call: func(a models.Actor) error { _, err := s.Project(ctx, a, org, "", p.ID); return err }},
		"CanIInWorkspace":    {sees: true, call: func(a models.Actor) error { _, err := s.CanIInWorkspace(ctx, a, org, w.ID, "view"); return err }},
		"CanIAllInWorkspace": {sees: true, call: func(a models.Actor) error { _, err := s.CanIAllInWorkspace(ctx, a, org, w.Name); return err }},
		"ListWorkspaces": {sees: true, call: func(a models.Actor) error {
			page, err := s.ListWorkspaces(ctx, a, org, models.WorkspaceQuery{Search: w.Name})
			if err == nil && len(page.Items) == 0 {
				err = models.Errorf(models.CodeNotFound, "not in the list")
			}
			return err
		}},
		"UpdateWorkspace": {may: "workspace admin", call: func(a models.Actor) error {
			_, err := s.UpdateWorkspace(ctx, a, org, w.ID, models.WorkspaceChange{Description: name("new")})
			return err
		}},
		"WorkspaceConsequences": {call: func(a models.Actor) error { _, err := s.WorkspaceConsequences(ctx, a, org, w.ID); return err }},
		"DeleteWorkspace":       {call: func(a models.Actor) error { _, err := s.DeleteWorkspace(ctx, a, org, w.ID, w.Name); return err }},
		"AddWorkspaceMember": {may: "workspace admin", call: func(a models.Actor) error {
			_, err := s.AddWorkspaceMember(ctx, a, org, w.ID, spare, models.WorkspaceEditor)
			return err
		}},
		"ChangeWorkspaceRole": {may: "workspace admin", call: func(a models.Actor) error {
			f.add(w.ID, mailOf("target"), models.WorkspaceEditor)
			_, err := s.ChangeWorkspaceRole(ctx, a, org, w.ID, mailOf("target"), models.WorkspaceViewer)
			return err
		}},
		"RemoveWorkspaceMember": {may: "workspace admin", call: func(a models.Actor) error {
			f.add(w.ID, mailOf("target"), models.WorkspaceEditor)
			_, err := s.RemoveWorkspaceMember(ctx, a, org, w.ID, mailOf("target"))
			return err
		}},
		"CreateProject": {may: "workspace admin", call: func(a models.Actor) error {
			_, err := s.CreateProject(ctx, a, org, w.ID, models.NewProject{Name: "New"})
			return err
		}},
		"UpdateProject": {may: "workspace admin editor", call: func(a models.Actor) error {
			_, err := s.UpdateProject(ctx, a, org, w.ID, p.ID, models.ProjectChange{Environment: name("staging")})
			return err
		}},
		"DeleteProject": {may: "workspace admin", call: func(a models.Actor) error { _, err := s.DeleteProject(ctx, a, org, "", p.ID); return err }},
	}
	apart := []string{"CreateWorkspace"} // is about no workspace: TestWhoCreatesWorkspaces
	for m := range reflect.TypeFor[*store.Store]().Methods() {
		if !strings.Contains(m.Name, "Workspace") && !strings.Contains(m.Name, "Project") || slices.Contains(apart, m.Name) {
			continue
		}
		if _, ok := methods[m.Name]; !ok {
			t.Errorf("%s has no row in this test", m.Name)
		}
	}

	f.join(f.actors["owner"], f.org, mailOf("target"), models.RoleMember)
	f.suspend("suspended")
	if _, err := s.RemoveMember(ctx, f.actors["owner"], org, mailOf("former")); err != nil {
		t.Fatal(err)
	}
	n := 0
	for method, m := range methods {
		for _, who := range []string{"site admin", "owner", "admin", "workspace admin", "editor", "viewer", "read-only admin", "elsewhere", "suspended", "former", "outsider"} {
			n++
			w = f.workspace(fmt.Sprintf("W%d", n))
			for _, user := range []string{"workspace admin", "editor", "viewer", "read-only admin"} {
				if user == who || user == "editor" {
					f.add(w.ID, mailOf(user), added[user])
				}
			}
			p = f.project(w.ID, "Engine")
			want := models.CodeDenied
			switch {
			case slices.Contains([]string{"site admin", "owner", "admin"}, who):
				want = ""
			case slices.Contains([]string{"elsewhere", "former", "outsider"}, who):
				want = models.CodeNotFound
			case who == "suspended":
			case m.sees || slices.Contains(strings.Split(strings.ReplaceAll(m.may, "workspace admin", "workspace_admin"), " "), strings.ReplaceAll(who, " ", "_")):
				want = ""
			}
			if err := m.call(f.actors[who]); models.CodeOf(err) != want {
				t.Errorf("%s as %s: %v, want %q", method, who, err, want)
			}
		}
	}
	f.verified()
}

// TestNotFoundIsTheSame holds that a hidden workspace or project is told apart
// from none by nothing.
func TestNotFoundIsTheSame(t *testing.T) {
	f := newOffice(t)
	w := f.workspace("Secret")
	p := f.project(w.ID, "Engine")
	for _, who := range []string{"elsewhere", "outsider"} {
		a := f.actors[who]
		same := func(there, none error) {
			t.Helper()
			if there == nil || fmt.Sprintf("%+v", models.AsError(there)) != fmt.Sprintf("%+v", models.AsError(none)) {
				t.Errorf("%s: %+v, and for what never existed %+v", who, there, none)
			}
		}
		_, e1 := f.s.Workspace(f.ctx, a, f.org, "Secret")
		_, e2 := f.s.Workspace(f.ctx, a, f.org, "Nonsense")
		same(e1, e2)
		_, e1 = f.s.Project(f.ctx, a, f.org, "", p.ID)
		_, e2 = f.s.Project(f.ctx, a, f.org, "", "prj_0000000000000000000000000")
		same(e1, e2)
		_, e1 = f.s.UpdateProject(f.ctx, a, f.org, "", p.ID, models.ProjectChange{})
		_, e2 = f.s.UpdateProject(f.ctx, a, f.org, "", "prj_0000000000000000000000000", models.ProjectChange{})
		same(e1, e2)
	}
	// Their own log has both attempts, and tells them apart by nothing but what
	// was typed.
	entries := f.audit(f.actors["elsewhere"], models.AuditQuery{})
	for i := 0; i+1 < len(entries) && entries[i].Action != "invitation.accept"; i += 2 {
		x, y := entries[i], entries[i+1]
		for _, e := range []*models.AuditEntry{&x, &y} {
			e.ID, e.Seq, e.TargetID, e.Hash, e.PrevHash = "", 0, "", "", ""
		}
		if x != y || x.Outcome != models.OutcomeRefused {
			t.Errorf("the log tells them apart: %+v, %+v", x, y)
		}
	}
	if len(entries) < 7 {
		t.Errorf("there are %d entries of their own", len(entries))
	}
}

func (f *office) audit(a models.Actor, q models.AuditQuery) []models.AuditEntry {
	f.t.Helper()
	q.Limit = models.MaxLimit
	page, err := f.s.ListAudit(f.ctx, a, f.org, q)
	if err != nil {
		f.t.Fatal(err)
	}
	return page.Items
}

func TestWhoCreatesWorkspaces(t *testing.T) {
	f := newOffice(t)
	for who, want := range map[string]models.Code{
		"site admin": "", "owner": "", "admin": "", "workspace admin": models.CodeDenied, "editor": models.CodeDenied, "viewer": models.CodeDenied,
		"read-only admin": models.CodeDenied, "outsider": models.CodeNotFound,
	} {
		if role, ok := added[who]; ok {
			f.add(models.GeneralWorkspace, mailOf(who), role)
		}
		v, err := f.s.CreateWorkspace(f.ctx, f.actors[who], f.org, models.NewWorkspace{Name: "Of " + who})
		if models.CodeOf(err) != want {
			t.Errorf("%s: %v, want %q", who, err, want)
		}
		if err == nil && (v.Role != models.WorkspaceAdmin || v.Name != "Of "+who) {
			t.Errorf("%s: %+v", who, v)
		}
	}
	last := f.audit(f.actors["owner"], models.AuditQuery{Action: "workspace.create"})
	done := map[string]models.ActingAs{}
	refused := 0
	for _, e := range last {
		if e.Outcome == models.OutcomeDone {
			done[e.ActorEmail] = e.ActingAs
		} else {
			refused++
		}
	}
	if done["ada@example.com"] != models.AsSiteAdmin || done["owner@example.com"] != models.AsMember || done["admin@example.com"] != models.AsMember || refused != 5 {
		t.Errorf("the log has %v and %d refusals", done, refused)
	}
}

func TestEveryOrganizationStartsWithGeneral(t *testing.T) {
	f := newOffice(t)
	page, err := f.s.ListWorkspaces(f.ctx, f.actors["owner"], f.org, models.WorkspaceQuery{})
	if err != nil || len(page.Items) != 1 || page.Items[0].Name != models.GeneralWorkspace || !page.Items[0].Current || page.Total != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	org, err := f.s.Organization(f.ctx, f.actors["owner"], f.org)
	if err != nil || org.Workspaces == nil || org.Workspaces.Used != 1 {
		t.Errorf("%+v, %v", org.Workspaces, err)
	}
	if org, err = f.s.Organization(f.ctx, f.actors["editor"], f.org); err != nil || org.Workspaces != nil {
		t.Errorf("a member is told of %+v, %v", org.Workspaces, err)
	}

	// The personal one as well, and nobody else looks into it.
	list, err := f.s.ListOrganizations(f.ctx, f.actors["editor"])
	if err != nil || list[0].Relation != models.RelPersonal {
		t.Fatalf("%+v, %v", list, err)
	}
	personal := list[0].ID
	diary, err := f.s.CreateProject(f.ctx, f.actors["editor"], personal, "", models.NewProject{Name: "Diary"})
	if err != nil || diary.WorkspaceName != models.GeneralWorkspace {
		t.Fatalf("%+v, %v", diary, err)
	}
	_, err = f.s.CreateWorkspace(f.ctx, f.actors["editor"], personal, models.NewWorkspace{Name: "Second"})
	wantCode(t, err, models.CodeLimit)
	for _, who := range []string{"site admin", "owner"} {
		a := f.actors[who]
		_, err := f.s.Project(f.ctx, a, personal, "", diary.ID)
		wantCode(t, err, models.CodeNotFound)
		_, err = f.s.ListProjects(f.ctx, a, personal, models.GeneralWorkspace, models.ProjectQuery{})
		wantCode(t, err, models.CodeNotFound)
		_, err = f.s.ListWorkspaces(f.ctx, a, personal, models.WorkspaceQuery{})
		wantCode(t, err, models.CodeNotFound)
		_, err = f.s.CreateWorkspace(f.ctx, a, personal, models.NewWorkspace{Name: "Mine"})
		wantCode(t, err, models.CodeNotFound)
	}
}

func TestWorkspaceNames(t *testing.T) {
	f := newOffice(t)
	owner := f.actors["owner"]
	w := f.workspace("Straße 1")
	for _, taken := range []string{"straße 1", "general", " GENERAL "} {
		_, err := f.s.CreateWorkspace(f.ctx, owner, f.org, models.NewWorkspace{Name: taken})
		wantCode(t, err, models.CodeConflict)
	}
	name, same, taken := "Road", "STRASSE 1", "General"
	if _, err := f.s.UpdateWorkspace(f.ctx, owner, f.org, w.ID, models.WorkspaceChange{Name: &taken}); models.CodeOf(err) != models.CodeConflict {
		t.Errorf("renamed to a taken name: %v", err)
	}
	if v, err := f.s.UpdateWorkspace(f.ctx, owner, f.org, "straße 1", models.WorkspaceChange{Name: &same}); err != nil || v.Name != same {
		t.Errorf("another spelling: %+v, %v", v, err)
	}
	v, err := f.s.UpdateWorkspace(f.ctx, owner, f.org, w.ID, models.WorkspaceChange{Name: &name})
	if err != nil || v.Name != name || v.ID != w.ID {
		t.Fatalf("%+v, %v", v, err)
	}
	// Another organization has names of its own.
	_, err = f.s.CreateWorkspace(f.ctx, f.actors["outsider"], "HOME", models.NewWorkspace{Name: name})
	wantCode(t, err, "")
	// So have workspaces for their projects.
	f.project(w.ID, "Engine")
	f.project(models.GeneralWorkspace, "engine")
	_, err = f.s.CreateProject(f.ctx, owner, f.org, w.ID, models.NewProject{Name: "ENGINE"})
	wantCode(t, err, models.CodeConflict)
}

func TestCurrentWorkspace(t *testing.T) {
	f := newOffice(t)
	a, b := f.workspace("Alpha"), f.workspace("Beta")
	current := func(who string) string {
		t.Helper()
		v, err := f.s.Workspace(f.ctx, f.actors[who], f.org, "")
		if models.CodeOf(err) == models.CodeNotFound {
			return ""
		}
		if err != nil || !v.Current {
			t.Fatalf("%+v, %v", v, err)
		}
		return v.Name
	}
	if got := current("owner") + current("editor"); got != models.GeneralWorkspace {
		t.Errorf("at first: %q", got)
	}
	f.add(b.ID, mailOf("editor"), models.WorkspaceEditor)
	if got := current("editor"); got != "Beta" {
		t.Errorf("the one they are in: %q", got)
	}
	f.add(a.ID, mailOf("editor"), models.WorkspaceEditor)
	for _, who := range []string{"owner", "editor"} {
		if v, err := f.s.SwitchWorkspace(f.ctx, f.actors[who], f.org, "beta"); err != nil || !v.Current {
			t.Fatalf("%+v, %v", v, err)
		}
		page, err := f.s.ListWorkspaces(f.ctx, f.actors[who], f.org, models.WorkspaceQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Items {
			if v.Current != (v.Name == "Beta") {
				t.Errorf("%s: %s is current: %v", who, v.Name, v.Current)
			}
		}
	}
	if _, err := f.s.RemoveWorkspaceMember(f.ctx, f.actors["owner"], f.org, b.ID, mailOf("editor")); err != nil {
		t.Fatal(err)
	}
	if got := current("editor"); got != "Alpha" {
		t.Errorf("after they were taken out: %q", got)
	}
	if _, err := f.s.DeleteWorkspace(f.ctx, f.actors["owner"], f.org, b.ID, "Beta"); err != nil {
		t.Fatal(err)
	}
	if got := current("owner"); got != models.GeneralWorkspace {
		t.Errorf("after it was deleted: %q", got)
	}
}

func TestWorkspaceChangesAreSignalled(t *testing.T) {
	f := newOffice(t)
	w := f.workspace("Research")
	owner, editor := f.actors["owner"], f.actors["editor"]
	far := f.open()
	for _, s := range []*store.Store{f.s, far} {
		org, user, other := s.Subscribe(f.org), s.Subscribe(editor.UserID), s.Subscribe("HOME")
		defer org.Close()
		defer user.Close()
		defer other.Close()
		heard := func(sub *store.Subscription, what string) {
			t.Helper()
			select {
			case <-sub.C:
			case <-time.After(10 * time.Second):
				t.Fatalf("%s was not signalled", what)
			}
		}
		name := "Renamed " + fmt.Sprint(s == far)
		if _, err := f.s.UpdateWorkspace(f.ctx, owner, f.org, w.ID, models.WorkspaceChange{Name: &name}); err != nil {
			t.Fatal(err)
		}
		heard(org, "a new name")
		f.add(w.ID, mailOf("editor"), models.WorkspaceEditor)
		heard(org, "a new member")
		heard(user, "the new member")
		if _, err := f.s.RemoveWorkspaceMember(f.ctx, owner, f.org, w.ID, mailOf("editor")); err != nil {
			t.Fatal(err)
		}
		heard(user, "who was taken out")
		f.project(w.ID, "Of "+name)
		heard(org, "a project")
		select {
		case <-other.C:
			t.Error("another organization was signalled")
		default:
		}
	}
}

func (f *office) suspend(who string) {
	f.t.Helper()
	f.exec("UPDATE memberships SET status = 'suspended' WHERE org_id = ? AND user_id = ?", f.org, f.actors[who].UserID)
}

// wide is a set of plans in which every organization may have workspaces and
// custom roles without limit.
func wide(o *store.Options) {
	o.Plans = models.DefaultPlans()
	team := o.Plans[models.PlanTeam]
	team.Workspaces, team.Seats, team.Features = 0, 0, append(slices.Clone(team.Features), models.FeatureCustomRoles)
	o.Plans[models.PlanTeam] = team
}
