package tui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/screen"
)

// personal is the id of somebody's personal workspace.
func (h *house) personal(who models.Actor) string {
	h.t.Helper()
	orgs, err := h.st.ListOrganizations(h.ctx, who)
	h.must(err)
	for _, o := range orgs {
		if o.Relation == models.RelPersonal {
			return o.ID
		}
	}
	h.t.Fatal("no personal workspace")
	return ""
}

// TestHowARequestCallsForAttention lets a request arrive and looks at what the
// terminal is asked to do.
func TestHowARequestCallsForAttention(t *testing.T) {
	for _, c := range []struct {
		name string
		how  Attention
		want func(text string) []tea.Msg
	}{
		{"bell", Bell, func(string) []tea.Msg { return []tea.Msg{screen.Bell()} }},
		{"desktop", Desktop, func(text string) []tea.Msg { return []tea.Msg{screen.Notify(text)()} }},
		{"off", Quiet, func(string) []tea.Msg { return nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, ada, _, cy := peopled(t)
			app := h.sh.Open(h.ctx, Options{Actor: ada, Term: "xterm-256color", Attention: c.how})
			t.Cleanup(app.Close)
			d := &direct{t: t, app: app}
			d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
			d.run(app.Init())
			h.propose(cy, "new@acme.dev", "")
			var asked []tea.Msg
			d.heard = func(m tea.Msg) { asked = append(asked, m) }
			d.run(app.Refresh())
			var rung []tea.Msg
			for _, m := range asked {
				if m == screen.Bell() || m == screen.Notify("Acme Corporation: 4 requests are waiting for a decision")() {
					rung = append(rung, m)
				}
			}
			want := c.want("Acme Corporation: 4 requests are waiting for a decision")
			if len(rung) != len(want) || len(want) == 1 && rung[0] != want[0] {
				t.Errorf("the terminal is asked to %#v, want %#v", rung, want)
			}
		})
	}
}

// What a line in passing says is whole at 80 columns: what, for whom and who.
func TestDecisionsInPassingAreWhole(t *testing.T) {
	h, _, grace, cy := peopled(t)
	theirs, hers := h.as(cy), h.as(grace)
	theirs.See("Cy Twombly")
	hers.Press("3").SeeCursorOn("dee@acme.dev").Press("a").See("approved")
	theirs.See("Your proposal of dee@", "for Acme Corporation was approved, by Grace Hopper").SeeNot("<grace")
	// Whoever looks at the requests is not told where they are.
	h.propose(cy, "gus@acme.dev", "")
	hers.Wait(time.Minute).SeeLine("gus@acme.dev", "waiting").See("3 requests are waiting for a decision").SeeNot("shows them")
}
