package tui

import (
	"testing"

	"muster/tui/theme"
	"muster/tui/tuitest"
)

// What selection, emphasis, disabled actions and danger look like, cell by
// cell: the frames of letters cannot tell.
func TestStyles(t *testing.T) {
	for _, mode := range []theme.Mode{theme.Dark, theme.Light, theme.Mono} {
		t.Run(mode.String(), func(t *testing.T) {
			h, ada, _, _ := peopled(t)
			app := h.open(Options{Actor: ada, Term: "xterm-256color", Theme: mode}, 80, 24).See("● live")
			frame := func(name string) { t.Helper(); app.GoldenStyle("styles/" + mode.String() + "-" + name) }
			app.See("2 Members 4", "1 of 4").Press("j").See("2 of 4")
			frame("members")
			if mode == theme.Mono {
				return
			}
			app.Press("space", "space").See("2 marked")
			frame("members-marked")
			app.Press("esc", "3").See("●3", "dee@acme.dev")
			frame("invitations")
			app.Press("n").See("Expires after").Type("dee").See("not an email")
			frame("invite")
			app.Press("esc", "esc").SeeNot("Expires after").Press(":").See("Command").Type("gra").See("grace@acme.dev")
			frame("palette")
			if mode == theme.Light {
				return
			}
			app.Press("esc", "esc").SeeNot("Command").Press("2", "/").Type("gr").See("1/1 of 4")
			frame("members-filtered")
			app.Press("esc").See(" of 4").Press("d").See("takes effect at once").Wait(tuitest.Finger).See("▸ Cancel ◂")
			frame("remove")
			app.Press("esc").SeeNot("takes effect").Press("e").See("Role of")
			frame("role")
			app.Press("esc").SeeNot("Role of").Press("4").See("Who may invite").Press("e").See("Save")
			frame("settings-edit")
		})
	}
}
