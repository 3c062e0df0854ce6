package store_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"muster/models"
	"muster/store"
)

// A workspace that is open to all members lets each do what the workspace says,
// up to their role in the organization, and nobody else in.
func TestOpenWorkspaces(t *testing.T) {
	f := newOffice(t)
	f.closeGeneral()
	owner := f.actors["owner"]
	hall := f.workspace("Hall")
	f.project("Hall", "Engine")
	f.add("Hall", mailOf("workspace admin"), models.WorkspaceAdmin)
	f.add("Hall", mailOf("viewer"), models.WorkspaceViewer)
	open := func(word string) {
		t.Helper()
		must[models.WorkspaceView](t)(f.s.UpdateWorkspace(f.ctx, owner, f.org, hall.ID, models.WorkspaceChange{Open: &word}))
	}
	for word, want := range map[string]map[string]string{
		models.ClosedWord: {"owner": "admin organization_admin", "workspace admin": "admin explicit", "viewer": "viewer explicit", "site admin": "admin site_admin"},
		"viewer": {"owner": "admin organization_admin", "workspace admin": "admin explicit", "viewer": "viewer explicit", "site admin": "admin site_admin",
			"editor": "viewer open", "elsewhere": "viewer open", "read-only admin": "viewer open", "suspended": "viewer open", "former": "viewer open"},
		"Editor": {"owner": "admin organization_admin", "workspace admin": "admin explicit", "viewer": "viewer explicit", "site admin": "admin site_admin",
			"editor": "editor open", "elsewhere": "editor open", "read-only admin": "viewer open", "suspended": "editor open", "former": "editor open"},
	} {
		open(word)
		for who, a := range f.actors {
			if who == "admin" {
				continue
			}
			v, err := f.s.Workspace(f.ctx, a, f.org, "Hall")
			got := ""
			if err == nil {
				got = string(v.Role) + " " + string(v.Source)
			}
			if got != want[who] {
				t.Errorf("open %s, %s: %q, %v; want %q", word, who, got, err, want[who])
			}
			page, _ := f.s.ListWorkspaces(f.ctx, a, f.org, models.WorkspaceQuery{})
			listed := false
			for _, x := range page.Items {
				listed = listed || x.ID == hall.ID
			}
			if listed != (want[who] != "") || page.Total != len(page.Items) && a.UserID != owner.UserID {
				t.Errorf("open %s, %s: listed %v, %d of %d", word, who, listed, len(page.Items), page.Total)
			}
			_, err = f.s.ListProjects(f.ctx, a, f.org, "Hall", models.ProjectQuery{})
			if (err == nil) != (want[who] != "") {
				t.Errorf("open %s, %s sees projects: %v", word, who, err)
			}
			if word == "Editor" && who == "editor" {
				must[models.Project](t)(f.s.UpdateProject(f.ctx, a, f.org, "Hall", "Engine", models.ProjectChange{Description: ptr("by " + who)}))
			}
		}
		people := must[models.Page[models.WorkspaceMember]](t)(f.s.ListWorkspaceMembers(f.ctx, owner, f.org, "Hall", models.WorkspaceMemberQuery{}))
		members := must[models.Page[models.Member]](t)(f.s.ListMembers(f.ctx, owner, f.org, models.MemberQuery{}))
		if word != models.ClosedWord && (people.Total != members.Total || len(people.Items) != len(members.Items)) || word == models.ClosedWord && len(people.Items) != 4 {
			t.Errorf("open %s: %d of %d people in it, %d members", word, len(people.Items), people.Total, members.Total)
		}
	}
	// What somebody has of the workspace's openness cannot be taken or changed one by one.
	open("viewer")
	_, err := f.s.RemoveWorkspaceMember(f.ctx, owner, f.org, "Hall", mailOf("elsewhere"))
	wantCode(t, err, models.CodeConflict)
	_, err = f.s.ChangeWorkspaceRole(f.ctx, owner, f.org, "Hall", mailOf("elsewhere"), models.WorkspaceEditor)
	wantCode(t, err, models.CodeConflict)
	f.add("Hall", mailOf("elsewhere"), models.WorkspaceEditor)
	// Not by who only is in it, and not to administer.
	for _, word := range []string{"admin", "everybody"} {
		_, err = f.s.UpdateWorkspace(f.ctx, owner, f.org, "Hall", models.WorkspaceChange{Open: &word})
		wantCode(t, err, models.CodeInvalid)
	}
	_, err = f.s.UpdateWorkspace(f.ctx, f.actors["editor"], f.org, "Hall", models.WorkspaceChange{Open: ptr("editor")})
	wantCode(t, err, models.CodeDenied)
	for _, e := range f.audit(owner, models.AuditQuery{Action: "workspace.update"}) {
		if e.Outcome != models.OutcomeDone {
			continue
		}
		if e.After != `{"description":"","name":"Hall","open":"viewer"}` {
			t.Errorf("the log says %s", e.After)
		}
		break
	}
	f.counted()
	f.verified()
}

// A new organization's General shows its projects to new members.
func TestGeneralIsOpen(t *testing.T) {
	w := newWorld(t)
	root := w.ada()
	acme := w.acme(root)
	must[models.Project](t)(w.s.CreateProject(w.ctx, root, acme.ID, "", models.NewProject{Name: "Engine"}))
	bob := w.join(root, acme.ID, "bob@example.com", models.RoleMember)
	page := must[models.Page[models.Project]](t)(w.s.ListProjects(w.ctx, bob, acme.ID, "", models.ProjectQuery{}))
	if len(page.Items) != 1 {
		t.Errorf("sees %v", page.Items)
	}
	_, err := w.s.UpdateProject(w.ctx, bob, acme.ID, "", "Engine", models.ProjectChange{Name: ptr("Mine")})
	wantCode(t, err, models.CodeDenied)
}

// The migration opens General only where nothing is shown to anybody by it.
func TestOldGeneralsStayClosedOnPurpose(t *testing.T) {
	w := newWorld(t)
	root := w.ada()
	for _, code := range []string{"EMPTY", "PROJECT", "ADDED", "INVITED", "RENAMED"} {
		org := must[models.OrgView](t)(w.s.CreateOrganization(w.ctx, root, store.NewOrganization{Name: code, Code: code})).ID
		w.join(root, org, "bob@example.com", models.RoleMember)
		var err error
		switch code {
		case "PROJECT":
			_, err = w.s.CreateProject(w.ctx, root, org, "General", models.NewProject{Name: "Engine"})
		case "ADDED":
			_, err = w.s.AddWorkspaceMember(w.ctx, root, org, "General", "bob@example.com", models.WorkspaceViewer)
		case "INVITED":
			_, err = w.s.CreateInvitation(w.ctx, root, org, models.NewInvitation{Email: "x@example.com", Workspaces: into("General")})
		case "RENAMED":
			_, err = w.s.UpdateWorkspace(w.ctx, root, org, "General", models.WorkspaceChange{Name: ptr("Board")})
		}
		if err != nil {
			t.Fatal(code, err)
		}
	}
	old := &world{t: t, ctx: w.ctx, clock: w.clock, dir: filepath.Join(t.TempDir(), "old")}
	makeOld(t, filepath.Join(w.dir, store.DatabaseFile), old.dir, "0022_open_workspaces.sql")
	got := ""
	old.s = old.open()
	for _, o := range must[models.Page[models.OrgRow]](t)(old.s.AllOrganizations(w.ctx, root, models.OrgQuery{})).Items {
		page := must[models.Page[models.WorkspaceView]](t)(old.s.ListWorkspaces(w.ctx, root, o.ID, models.WorkspaceQuery{}))
		got += fmt.Sprintf("%s:%s ", o.Code, page.Items[0].Open)
	}
	if want := "ADDED: EMPTY:viewer INVITED: PROJECT: RENAMED: "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if page := must[models.Page[models.WorkspaceView]](t)(old.s.ListWorkspaces(w.ctx, root, "~ada", models.WorkspaceQuery{})); page.Items[0].Open != "" {
		t.Errorf("the personal workspace is open: %+v", page.Items[0])
	}
}
