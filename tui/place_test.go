package tui

import (
	"slices"
	"testing"
)

func TestTheAppBeginsAtAPlace(t *testing.T) {
	h, ada, _, cy := peopled(t)
	if names := Panes(); !slices.Contains(names, "members") || !slices.Contains(names, "you") || slices.Contains(names, "next") {
		t.Errorf("the panes are %v", names)
	}
	app := h.open(Options{Actor: ada, Term: "xterm-256color", Org: "acme", Pane: "invitations"})
	app.See("dee@acme.dev", "3 waiting").Press("q").Ends()
	app = h.open(Options{Actor: cy, Term: "xterm-256color", Org: "acme", Pane: "settings"})
	app.See("Who may invite", "read only").Press("q").Ends()
	// A personal workspace has no members.
	_, err := h.st.SwitchOrganization(h.ctx, cy, h.personal(cy))
	h.must(err)
	app = h.open(Options{Actor: cy, Term: "xterm-256color", Pane: "members"})
	app.See("there is no pane members for you in Personal")
}
