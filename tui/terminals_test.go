package tui

import (
	"testing"
	"time"

	"muster/tui/tuitest"
)

// tour shows what there is in many frames, most of which lie over others.
func tour(app *tuitest.Terminal, look func(name string)) {
	everyScreen(app, look)
	app.Press("esc", "esc", "2").SeeCursorOn("cy@acme.dev").Press("G").SeeCursorOn("misaki@acme.dev")
	look("bottom")
}

// TestTerminals wants the same text on every kind of terminal, also from those
// that answer no question: whole frames, and nothing left of the ones before.
func TestTerminals(t *testing.T) {
	frames := map[string]string{}
	show := func(t *testing.T, term string, mute bool) *tuitest.Terminal {
		h, ada, _, _ := peopled(t)
		model := h.sh.Open(h.ctx, Options{Actor: ada, Term: term, Width: 80, Height: 24})
		t.Cleanup(model.Close)
		return tuitest.Run(t, model, tuitest.Options{Clock: h.clock, Term: term, Mute: mute}).See("● live")
	}
	app := show(t, "xterm-256color", false)
	tour(app, func(name string) { frames[name] = app.Rest().Screen() })
	for _, c := range []struct {
		name, term string
		mute       bool
	}{
		{"no answers", "xterm-256color", true},
		{"sixteen colours", "xterm", false},
		{"screen", "screen", true},
		{"tmux", "tmux-256color", false},
		{"linux", "linux", true},
		{"vt100", "vt100", true},
		{"dumb", "dumb", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			app := show(t, c.term, c.mute)
			tour(app, func(name string) {
				t.Helper()
				if !app.Comes(func() bool { return app.Screen() == frames[name] }) {
					t.Errorf("%s differs:\n%s\n--- from that of xterm-256color:\n%s", name, app.Screen(), frames[name])
				}
			})
		})
	}
}

// TestDraggingAWindow resizes twenty times a second while keys are pressed, and
// wants the frame of a terminal that always had the last size.
func TestDraggingAWindow(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.SeeCursorOn("ada@acme.dev")
	tick := time.NewTicker(time.Second / 20)
	defer tick.Stop()
	keys := []string{"3", "j", "?", "esc", "2", "k", "6", "o", "esc", "2"}
	for i := range 60 {
		<-tick.C
		app.Resize(35+i*13%150, 8+i*7%45)
		app.Press(keys[i%len(keys)])
	}
	app.Press("esc", "2", "g")
	for _, size := range [][2]int{{80, 24}, {140, 40}, {45, 12}} {
		app.Resize(size[0], size[1]).SeeCursorOn("ada@acme.dev")
		fresh := h.as(ada, size[0], size[1]).SeeCursorOn("ada@acme.dev").Rest()
		if !app.Comes(func() bool { return app.Screen() == fresh.Screen() }) {
			t.Errorf("at %v\n%s\n--- not the frame of a new terminal:\n%s", size, app.Screen(), fresh.Screen())
		}
		fresh.Press("q").Ends()
	}
}
