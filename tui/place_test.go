package tui

import (
	"slices"
	"testing"

	"muster/models"
)

func TestTheAppBeginsAtAPlace(t *testing.T) {
	h, ada, _, cy := peopled(t)
	if names := Panes(); !slices.Contains(names, "members") || !slices.Contains(names, "you") || slices.Contains(names, "next") {
		t.Errorf("the panes are %v", names)
	}
	app := h.open(Options{Actor: ada, Term: "xterm-256color", Org: "acme", Pane: "invitations"})
	app.See("dee@acme.dev", "●3").Press("q").Ends()
	app = h.open(Options{Actor: cy, Term: "xterm-256color", Org: "acme", Pane: "settings"})
	app.See("Who may invite", "read-only").Press("q").Ends()
	// A login name that is nobody's organization is told, with what is open instead.
	h.switchTo(ada, h.acme.ID)
	app = h.open(Options{Actor: ada, Term: "xterm-256color", StrayLogin: "nosuchorg"})
	app.See("no organization nosuchorg for you: showing ACME, your last one", "owner").Press("q").Ends()
	// A personal workspace has no members.
	h.switchTo(cy, h.personal(cy))
	app = h.open(Options{Actor: cy, Term: "xterm-256color", Pane: "members"})
	app.See("there is no pane members for you in Personal")
}

func (h *house) switchTo(who models.Actor, org string) {
	h.t.Helper()
	_, err := h.st.SwitchOrganization(h.ctx, who, org)
	h.must(err)
}
