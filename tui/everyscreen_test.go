package tui

import (
	"fmt"
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"muster/tui/theme"
	"muster/tui/tuitest"
)

// everyScreen goes through every pane, and one dialog of each kind, and calls
// look on each.
func everyScreen(app *tuitest.Terminal, look func(name string)) {
	app.SeeCursorOn("ada@acme.dev")
	look("members")
	app.Press("j", "e").See("Role of cy@acme.dev")
	look("role")
	app.Press("esc").SeeNot("Role of").Press("d").See("takes effect").Wait(tuitest.Finger).Press("tab")
	look("remove")
	app.Press("esc").SeeNot("takes effect").Press("3").SeeCursorOn("dee@acme.dev").Press("space").SeeCursorOn("eve@acme.dev")
	look("invitations")
	app.Press("esc", "n").See("Email").Type("dee").See("not an email")
	look("invite")
	app.Press("esc", "esc").SeeNot("not an email").Press("4").SeeCursorOn("Name")
	look("settings")
	app.Press("5").SeeCursorOn("General")
	look("workspaces")
	app.Press("6").See("SEATS")
	look("overview")
	app.Press("7").SeeLine("cy@acme.dev", "invitation")
	look("audit")
	app.Press("8").SeeCursorOn("ada@acme.dev")
	look("users")
	app.Press("9").SeeCursorOn("Ada Lovelace")
	if strings.Count(app.Screen(), "\n") > 12 {
		app.See("Session") // which is written behind
	}
	look("you")
	app.Press("0").SeeCursorOn("Acme")
	look("all-organizations")
	app.Press("/").Type("nobody").See("No matches").Press("enter").SeeNot("enter apply")
	look("all-organizations-none")
	app.Press("esc", "o").See("Organizations", "Personal")
	look("organizations")
	app.Press("esc", "?").See("Help")
	look("help")
	app.Press("esc", ":").See("Command").Type("le").See("leave")
	look("palette")
}

// TestEveryScreenSmallAndLarge keeps the frames where there is hardly room, and
// where there is plenty.
func TestEveryScreenSmallAndLarge(t *testing.T) {
	for _, s := range [][2]int{{45, 12}, {250, 60}} {
		name := fmt.Sprintf("%dx%d", s[0], s[1])
		t.Run(name, func(t *testing.T) {
			h, ada, _, _ := peopled(t)
			app := h.as(ada, s[0], s[1])
			everyScreen(app, func(screen string) { t.Helper(); app.Golden(name + "/" + screen) })
		})
	}
}

// TestColoursOfEveryScreen looks at each cell of each screen in each theme: what
// is written can be read on the backgrounds that the theme is for, and without
// colours there are none.
func TestColoursOfEveryScreen(t *testing.T) {
	black, white := color.RGBA{A: 255}, color.RGBA{255, 255, 255, 255}
	for _, c := range []struct {
		name, term string
		mode       theme.Mode
		colours    bool
		text       color.Color // the terminal's own
		grounds    []color.Color
		least      float64
		dimmed     color.Color // what lies behind a dialog, where that is a colour
	}{
		{"dark", "xterm-256color", theme.Dark, true, white, []color.Color{black, color.RGBA{0x28, 0x28, 0x28, 255}}, 4.5, ansi.IndexedColor(240)},
		{"light", "xterm-256color", theme.Light, true, black, []color.Color{white, color.RGBA{0xfd, 0xf6, 0xe3, 255}}, 4.5, ansi.IndexedColor(247)},
		{"auto on black", "xterm-256color", theme.Auto, true, white, []color.Color{black}, 3.5, nil},
		{"auto on white", "xterm-256color", theme.Auto, true, black, []color.Color{white}, 3.5, nil},
		{"mono", "xterm-256color", theme.Mono, false, white, []color.Color{black}, 4.5, nil},
		{"vt100", "vt100", theme.Auto, false, white, []color.Color{black}, 4.5, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, ada, _, _ := peopled(t)
			model := h.sh.Open(h.ctx, Options{Actor: ada, Term: c.term, Theme: c.mode, Width: 80, Height: 24})
			t.Cleanup(model.Close)
			// It answers nothing: with auto, the colours have to hold on any background.
			app := tuitest.Run(t, model, tuitest.Options{Clock: h.clock, Mute: true}).See("● live")
			seen := map[string]bool{}
			everyScreen(app, func(screen string) {
				t.Helper()
				for y, line := range app.Cells() {
					for x, cell := range line {
						if !c.colours && (cell.Fg != nil || cell.Bg != nil) {
							t.Fatalf("%s: %q at %d,%d has a colour\n%s", screen, cell.Text, x, y, app.Screen())
						}
						if cell.Width == 0 || strings.TrimSpace(cell.Text) == "" {
							continue
						}
						least := c.least
						switch {
						case strings.ContainsAny(cell.Text, "─│╭╮╰╯░·▏"):
							least = 1.6 // lines, not text
						case c.dimmed != nil && cell.Fg == c.dimmed:
							least = 2 // text that nobody reads now, behind a dialog
						}
						for _, ground := range c.grounds {
							fg, bg := cell.Fg, cell.Bg
							if fg == nil {
								fg = c.text
							}
							if bg == nil {
								bg = ground
							} else {
								least = min(least, 4)
							}
							if cell.Reverse {
								fg, bg = bg, fg
							}
							if got := contrast(fg, bg); got < least {
								t.Errorf("%s: %q at %d,%d has contrast %.2f, want %.2f", screen, cell.Text, x, y, got, least)
							}
						}
						seen[fmt.Sprint(cell.Fg, cell.Bg, cell.Bold, cell.Underline, cell.Reverse)] = true
					}
				}
			})
			if len(seen) < 4 {
				t.Errorf("only %d looks: %v", len(seen), seen)
			}
		})
	}
}

// contrast is WCAG's ratio of relative luminances.
func contrast(a, b color.Color) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	channel := func(v uint32) float64 {
		f := float64(v) / 0xffff
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(r) + 0.7152*channel(g) + 0.0722*channel(b)
}
