package tui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
)

// A key that is held down approves once: what comes under the cursor next has
// not been looked at. A terminal reports the repeats as such, or they are told by
// how fast they come.
func TestAHeldKeyApprovesOnce(t *testing.T) {
	for name, repeat := range map[string]struct {
		key  tea.KeyPressMsg
		wait time.Duration
	}{
		"reported": {tea.KeyPressMsg{Code: 'a', Text: "a", IsRepeat: true}, 300 * time.Millisecond},
		"fast":     {tea.KeyPressMsg{Code: 'a', Text: "a"}, 33 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			h, ada, _, _ := peopled(t)
			app := h.sh.Open(h.ctx, Options{Actor: ada, Term: "xterm-256color"})
			t.Cleanup(app.Close)
			d := &direct{t: t, app: app}
			d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
			d.run(app.Init())
			waiting := func() int {
				t.Helper()
				v, err := h.st.Organization(h.ctx, ada, h.acme.ID)
				h.must(err)
				return v.Invites[models.StateRequested]
			}
			press := func(k tea.KeyPressMsg, after time.Duration) {
				h.clock.Advance(after)
				d.send(k)
			}
			press(tea.KeyPressMsg{Code: '3', Text: "3"}, time.Second)
			press(tea.KeyPressMsg{Code: 'a', Text: "a"}, time.Second)
			if n := waiting(); n != 2 {
				t.Fatalf("%d requests wait after the first press, want 2", n)
			}
			for range 5 {
				press(repeat.key, repeat.wait)
			}
			if n := waiting(); n != 2 {
				t.Errorf("%d requests wait after the key was held, want 2", n)
			}
			press(tea.KeyPressMsg{Code: 'a', Text: "a"}, time.Second)
			if n := waiting(); n != 1 {
				t.Errorf("%d requests wait after another press, want 1", n)
			}
		})
	}
}
