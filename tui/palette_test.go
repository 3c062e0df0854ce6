package tui

import "testing"

// What can't be done in this pane is found all the same, and leads to where it
// can.
func TestPaletteLeadsElsewhere(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.See("1 of 4").Press(":").See("Command").Type("approve").SeeLine("approve", "in Invitations", "3 a").Press("enter")
	app.See("●3").SeeCursorOn("dee@acme.dev")
	app.Press(":").See("Command").Type("domain").SeeLine("Allowed email domains", "setting").Press("enter").
		SeeCursorOn("Allowed email domains").See("4Setup")
	// What is here comes before what is elsewhere.
	app.Press("2").SeeCursorOn("ada@acme.dev").Press(":").See("Command").Type("copy").SeeCursorOn("copy email")
	// By what it does, if nothing is called so.
	app.Press("esc").Type("clipboard").SeeLine("copy email", "clipboard")
}

func TestPaletteInAPersonalWorkspace(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.open(Options{Actor: ada, Term: "xterm-256color", Org: h.personal(ada)}).See("muster   1 Personal")
	app.Press(":").See("Command").Type("domain").See("No matches").Press("esc").Type("approve").See("No matches")
}
