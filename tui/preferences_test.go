package tui

import (
	"testing"

	"muster/models"
	"muster/tui/theme"
)

// What somebody chooses in You counts at once, is there again in the next
// session, and can be undone.
func TestPreferences(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("9").SeeLine("Notify", "bell", "default · e to change").SeeLine("Theme", "auto").SeeLine("Mouse", "on")
	app.Press("j", "j", "j", "j").SeeCursorOn("Theme").Press("e").See("dark").Type("m").Press("enter").See("Theme: mono").SeeLine("Theme", "mono", "your preference")
	for y, line := range app.Rest().Cells() {
		for x, c := range line {
			if c.Fg != nil && c.Text != " " {
				t.Fatalf("%q at %d,%d has a colour in mono\n%s", c.Text, x, y, app.Screen())
			}
		}
	}
	app.Press("j", "j").SeeCursorOn("Notify").Press("e").See("default").Press("g", "j", "enter").See("Notify: desktop")
	app.Press("u").See("undone: Notify: desktop").SeeLine("Notify", "bell").Press("U").See("Notify: desktop").SeeLine("Notify", "desktop", "your preference")
	app.Press(":").See("Command").Type("notif").SeeCursorOn("notifications").Press("esc", "esc")

	next := h.sh.Open(h.ctx, Options{Actor: ada, Term: "xterm-256color"})
	t.Cleanup(next.Close)
	if next.Theme.Mode != theme.Mono || next.InForce("notifications") != "desktop" || next.InForce("mouse") != "on" {
		t.Errorf("the next session has %v, %v, mouse %v", next.Theme.Mode, next.InForce("notifications"), next.InForce("mouse"))
	}
	// What was asked for this session goes before.
	given := h.sh.Open(h.ctx, Options{Actor: ada, Term: "xterm-256color", Theme: theme.Light, Given: []string{"theme"}})
	t.Cleanup(given.Close)
	if given.Theme.Mode != theme.Light || given.InForce("notifications") != "desktop" {
		t.Errorf("with a theme given: %v, %v", given.Theme.Mode, given.InForce("notifications"))
	}
	if _, err := h.st.SetPreference(h.ctx, ada, "theme", "pink"); models.CodeOf(err) != models.CodeInvalid {
		t.Errorf("pink: %v", err)
	}
}
