package tui

import (
	"testing"

	"muster/store"
	"muster/tui/ui"
)

// What is empty says what it is for and which key starts.
func TestWhatIsEmptySaysWhichKeyStarts(t *testing.T) {
	h := newHouse(t)
	k := key("ada-laptop")
	u, err := h.st.Init(h.ctx, store.NewUser{Name: "Ada Lovelace", Email: "ada@acme.dev", Key: &k})
	h.must(err)
	ada := h.actor(u, k)
	app := h.as(ada)
	app.See("No organization yet", "create the first one").Wait(ui.Guard).Press("esc").SeeNot("No organization yet")
	app.Press("0").See("No shared organizations yet", "press n to create one").Golden("80x24/all-organizations-empty")
	app.Press("/").Type("x").See("No matches", "Press esc to clear the filter").Press("esc").See("press n to create one")
	app.Press("n").See("New organization").Type("Acme").Press("ctrl+enter").See("Acme is created, and you are its owner")
	app.Press("3").See("No invitations yet", "press n to invite").Press("L").See("No join links yet", "press n to create one")
	app.Press("2", "F").See("Removed members", "nobody was removed in the last 30 days").Press("esc").SeeNot("Removed members")
	app.Press("5").See("General").Press("enter").See("▸ Members").Press("t").See("No projects yet", "press n to create one")
}
