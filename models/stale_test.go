package models

import (
	"slices"
	"testing"
)

func TestOnto(t *testing.T) {
	text := func(s string) *string { return &s }
	for _, c := range []struct {
		name              string
		want              *string
		base, now, writes string // "" is nothing
		stale             bool
	}{
		{"left out", nil, "a", "b", "", false},
		{"left as it was", text("a"), "a", "b", "", false},
		{"only ours", text("c"), "a", "a", "c", false},
		{"both", text("c"), "a", "b", "c", true},
		{"both the same", text("b"), "a", "b", "b", false},
	} {
		w, stale := WorkspaceChange{Description: c.want, Base: &Workspace{Description: c.base}}.Onto(Workspace{Description: c.now})
		got := ""
		if w.Description != nil {
			got = *w.Description
		}
		if got != c.writes || (len(stale) > 0) != c.stale {
			t.Errorf("%s: writes %q, stale %v", c.name, got, stale)
		}
		if c.stale && stale[0] != (Stale{Field: "description", Theirs: c.now}) {
			t.Errorf("%s: stale is %+v", c.name, stale)
		}
	}
	if w, stale := (WorkspaceChange{Name: text("c")}).Onto(Workspace{Name: "b"}); *w.Name != "c" || stale != nil {
		t.Errorf("without a base: %v, %v", *w.Name, stale)
	}
}

// Whoever saves the permissions of a role has seen all that it allows.
func TestARoleIsSavedAsItWasSeen(t *testing.T) {
	role := func(p ...Permission) CustomRole {
		return CustomRole{Scope: ScopeOrganization, Grants: append(p, PermView)}
	}
	for _, c := range []struct {
		name      string
		want, now CustomRole
		stale     []string
	}{
		{"nobody else changed it", role(PermInvite), role(PermAudit), nil},
		{"they added one", role(PermAudit), role(PermAudit, PermDecide), []string{"invitations.decide"}},
		{"they took one", role(PermAudit, PermInvite), role(), []string{"audit.read"}},
		{"both did the same", role(PermInvite), role(PermInvite), nil},
	} {
		base := role(PermAudit)
		d := RoleDraft{Permissions: []string{}, Base: &base}
		for _, p := range c.want.Grants {
			d.Permissions = append(d.Permissions, string(p))
		}
		_, stale := d.Onto(c.now)
		var names []string
		for _, s := range stale {
			names = append(names, s.Field)
		}
		if !slices.Equal(names, c.stale) {
			t.Errorf("%s: stale are %v, want %v", c.name, names, c.stale)
		}
	}
}
