package store_test

import (
	"fmt"
	"sync"
	"testing"

	"muster/models"
	"muster/store"
)

func TestDeletingWorkspaces(t *testing.T) {
	f := newOffice(t)
	owner := f.actors["owner"]
	_, err := f.s.DeleteWorkspace(f.ctx, owner, f.org, models.GeneralWorkspace, models.GeneralWorkspace)
	wantCode(t, err, models.CodeConflict)

	w := f.workspace("Research")
	f.add(w.ID, mailOf("editor"), models.WorkspaceEditor)
	f.project(w.ID, "Engine")
	p := f.project(w.ID, "Wheel")
	inv, err := f.s.CreateInvitation(f.ctx, owner, f.org, models.NewInvitation{Email: "new@example.com", Workspaces: []models.WorkspaceGrant{{Workspace: "research"}, {Workspace: "General"}}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.s.WorkspaceConsequences(f.ctx, owner, f.org, "Research")
	if err != nil || c.Projects != 2 || c.Members != 1 || c.Invitations != 1 || c.Workspace.ID != w.ID {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, typed := range []string{"", "research", w.ID} {
		_, err := f.s.DeleteWorkspace(f.ctx, owner, f.org, w.ID, typed)
		wantCode(t, err, models.CodeInvalid)
	}
	if _, err := f.s.DeleteWorkspace(f.ctx, owner, f.org, w.ID, "Research"); err != nil {
		t.Fatal(err)
	}
	_, err = f.s.Project(f.ctx, owner, f.org, "", p.ID)
	wantCode(t, err, models.CodeNotFound)
	if inv, err = f.s.Invitation(f.ctx, owner, f.org, inv.ID); err != nil || len(inv.Workspaces) != 1 || inv.Workspaces[0].Name != "General" {
		t.Errorf("the invitation leads into %+v, %v", inv.Workspaces, err)
	}
	page, err := f.s.ListWorkspaces(f.ctx, owner, f.org, models.WorkspaceQuery{})
	if err != nil || page.Total != 1 || len(page.Items) != 1 {
		t.Errorf("%+v, %v", page, err)
	}
	e := f.audit(owner, models.AuditQuery{Action: "workspace.delete"})[0]
	if e.TargetLabel != "Research" || e.Before != `{"description":"","members":1,"name":"Research","projects":2}` {
		t.Errorf("the log says %+v", e)
	}
	f.verified()
}

// TestLastAllowedWorkspace lets two processes create the last workspace of a
// plan, and delete the last two of an organization.
func TestLastAllowedWorkspace(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	if _, err := w.s.CreateWorkspace(w.ctx, ada, acme.ID, models.NewWorkspace{Name: "Second"}); err != nil {
		t.Fatal(err)
	}
	stores := []*store.Store{w.s, w.open()}
	race := func(do func(i int, s *store.Store) error) (done int, refused []error) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				err := do(i, stores[i%2])
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					done++
				} else {
					refused = append(refused, err)
				}
			})
		}
		wg.Wait()
		return done, refused
	}
	done, refused := race(func(i int, s *store.Store) error {
		_, err := s.CreateWorkspace(w.ctx, ada, acme.ID, models.NewWorkspace{Name: fmt.Sprintf("Racer %d", i)})
		return err
	})
	if done != 1 {
		t.Errorf("%d created the third of three workspaces", done)
	}
	for _, err := range refused {
		if models.CodeOf(err) != models.CodeLimit || err.Error() != "all 3 workspaces of the plan team are in use" {
			t.Errorf("refused with: %v", err)
		}
	}
	page, err := w.s.ListWorkspaces(w.ctx, ada, acme.ID, models.WorkspaceQuery{})
	if err != nil || len(page.Items) != 3 || page.Total != 3 {
		t.Fatalf("%+v, %v", page, err)
	}
	if done, _ = race(func(i int, s *store.Store) error {
		v := page.Items[i%3]
		_, err := s.DeleteWorkspace(w.ctx, ada, acme.ID, v.ID, v.Name)
		return err
	}); done != 2 {
		t.Errorf("%d of three workspaces were deleted", done)
	}
	if page, err = w.s.ListWorkspaces(w.ctx, ada, acme.ID, models.WorkspaceQuery{}); err != nil || len(page.Items) != 1 || page.Total != 1 {
		t.Errorf("%+v, %v", page, err)
	}
	w.verified()
}
