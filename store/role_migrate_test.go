package store_test

import (
	"path/filepath"
	"slices"
	"testing"

	"muster/models"
	"muster/store"
)

// TestOldRolesKeepWhatTheyGrant opens a database of before API keys. A custom role
// that could grant member still can, and gains no more than members have; others
// stay as they were.
func TestOldRolesKeepWhatTheyGrant(t *testing.T) {
	w := newWorld(t)
	root := w.ada()
	acme := w.acme(root)
	w.plan(root, acme.ID, models.PlanEnterprise)
	before := map[string][]string{
		"deputy":    {"organization.view", "members.manage", "invitations.create"},
		"second":    {"organization.view", "settings.change", "members.manage", "invitations.decide", "invitations.create", "workspaces.manage", "audit.read"},
		"manager":   {"organization.view", "members.manage", "invitations.decide"},
		"auditor":   {"organization.view", "audit.read"},
		"in a room": {"workspace.view", "project.change"},
	}
	for name, permissions := range before {
		if name == "in a room" {
			must[models.RoleView](t)(w.s.CreateRole(w.ctx, root, acme.ID, models.ScopeWorkspace, models.RoleDraft{Name: &name, Permissions: permissions}))
		} else {
			w.role(root, acme.ID, name, permissions...)
		}
	}
	deputy := w.join(root, acme.ID, "deputy@example.com", "deputy")
	viewer := w.join(root, acme.ID, "viewer@example.com", models.RoleViewer)
	old := &world{t: t, ctx: w.ctx, clock: w.clock, dir: filepath.Join(t.TempDir(), "old")}
	makeOld(t, filepath.Join(w.dir, store.DatabaseFile), old.dir, "0026_api_keys.sql")

	old.s = old.open()
	gained := map[string][]string{"deputy": {"api_keys.create"}, "second": {"api_keys.create", "api_keys.manage", "api_keys.verify"}}
	for name, permissions := range before {
		v := must[models.RoleView](t)(old.s.Role(w.ctx, root, acme.ID, name))
		var got []string
		for _, p := range v.Grants {
			got = append(got, string(p))
		}
		want := append(slices.Clone(permissions), gained[name]...)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s may %s, want %s", name, got, want)
		}
	}
	if _, err := old.s.ChangeRole(w.ctx, deputy, acme.ID, viewer.UserID, models.RoleMember); err != nil {
		t.Errorf("a deputy of before makes a viewer a member: %v", err)
	}
	old.verified()
}
