package demo_test

import (
	"context"
	"testing"
	"time"

	"muster/internal/tools/demo"
	"muster/models"
	"muster/store"
)

func TestFill(t *testing.T) {
	ctx := context.Background()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s, err := store.Open(ctx, store.Options{Dir: t.TempDir() + "/data", Create: true, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := demo.Fill(ctx, s, store.NewUser{Name: "Ada Lovelace", Email: "ada@example.com"}, now, 1, 10); err != nil {
		t.Fatal(err)
	}
	if err := demo.Fill(ctx, s, store.NewUser{Name: "Eve", Email: "eve@example.com"}, now, 1, 10); models.CodeOf(err) != models.CodeConflict {
		t.Errorf("a second filling: %v, want a conflict", err)
	}

	u, err := s.FirstAdmin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ada := models.Actor{UserID: u.ID, Via: models.ViaLocal}
	list, err := s.ListOrganizations(ctx, ada)
	if err != nil || len(list) != 4 {
		t.Fatalf("organizations of the first user: %v, %v", list, err)
	}
	acme, err := s.Organization(ctx, ada, "ACME")
	if err != nil {
		t.Fatal(err)
	}
	if acme.Role != models.RoleOwner || acme.Members.Active != 198 || acme.Members.Suspended != 1 || acme.Invites[models.StateRequested] == 0 || acme.Invites[models.StateExpired] == 0 {
		t.Errorf("ACME: %+v", acme)
	}
	// Every screen has something to show.
	nonempty := func(what string, n int, err error) {
		t.Helper()
		if err != nil || n == 0 {
			t.Errorf("%s: %d, %v", what, n, err)
		}
	}
	for _, code := range []string{"ACME", "INITECH", "NORTHWIND"} {
		w, err := s.ListWorkspaces(ctx, ada, code, models.WorkspaceQuery{})
		nonempty(code+" has workspaces", len(w.Items)-1, err)
		for _, x := range w.Items {
			m, err := s.ListWorkspaceMembers(ctx, ada, code, x.ID, models.WorkspaceMemberQuery{})
			nonempty(code+" has members of "+x.Name, len(m.Items), err)
		}
	}
	p, err := s.ListProjects(ctx, ada, "ACME", "Research", models.ProjectQuery{})
	nonempty("projects", len(p.Items), err)
	r, err := s.Role(ctx, ada, "ACME", "Recruiter")
	nonempty("recruiters", r.Members, err)
	links, err := s.ListLinks(ctx, ada, "ACME", models.LinkQuery{Active: true})
	nonempty("join links", len(links.Items), err)
	former, err := s.RemovedMembers(ctx, ada, "ACME", models.RemovedQuery{})
	nonempty("former members", len(former.Items), err)
	mine, err := s.Nominations(ctx, ada)
	nonempty("nominations", len(mine), err)
	asked, err := s.ListInvitations(ctx, ada, "ACME", models.InvitationQuery{Search: "new.in.research"})
	nonempty("requests with workspaces", len(asked.Items), err)

	if jobs, err := s.ClaimMail(ctx, 10, time.Minute); err != nil || len(jobs) > 0 {
		t.Errorf("mail for made-up people: %v, %v", jobs, err)
	}
	reports, err := s.VerifyAll(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		if !r.OK {
			t.Errorf("chain %q: entry %d: %s", r.OrgID, r.Broken, r.Why)
		}
	}
}
