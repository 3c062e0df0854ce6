package tui

import (
	"testing"

	"muster/tui/tuitest"
)

// detailFrom is the width from which the detail stands beside the list.
const detailFrom = 130

// The frames that are kept, at the two sizes everybody looks at.
func TestFrames(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"140x40", 140, 40}} {
		t.Run(size.name, func(t *testing.T) {
			h, ada, _, _ := peopled(t)
			app := h.as(ada, size.w, size.h)
			frame := func(name string) { t.Helper(); app.Golden(size.name + "/" + name) }
			app.See("2 Members 4", "1 of 4")
			frame("members")
			app.Press("space", "space").See("2 marked")
			frame("members-marked")
			app.Press("esc", "/").Type("gr").See("1/1 of 4")
			frame("members-filtered")
			app.Press("esc").See("3 of 4").Press("d").See("takes effect at once").Wait(tuitest.Finger).See("▸ Cancel ◂")
			frame("remove")
			app.Press("esc").SeeNot("takes effect").Press("e").See("Role of")
			frame("role")
			app.Press("esc").SeeNot("Role of").Press("3").See("●3", "dee@acme.dev")
			frame("invitations")
			app.Press("n").See("Expires after").Type("dee").See("not an email")
			frame("invite")
			app.Press("esc", "esc").SeeNot("Expires after").Press("4").See("Who may invite")
			frame("settings")
			app.Press("e").See("Save")
			frame("settings-edit")
			app.Press("esc").SeeNot("Save").Press("9").See("ada-laptop", "Session") // which is written behind
			frame("you")
			app.Press("t", "enter").See("Set up two-factor")
			if size.w >= detailFrom {
				app.See("not finished") // beside the dialog
			}
			frame("two-factor")
			app.Press("esc").SeeNot("Set up").Press("o").See("new organization")
			frame("organizations")
			app.Press("esc", "?").See("Help")
			frame("help")
			app.Press("esc", ":").See("Command").Type("gra").See("grace@acme.dev")
			frame("palette")
		})
	}
}
