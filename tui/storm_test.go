package tui

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/tuitest"
)

// storm does what others do, one change after the other, until it is stopped. It
// gives how many there were.
func (h *house) storm(change func(n int) error) (stop func() int) {
	h.t.Helper()
	quit, done := make(chan struct{}), make(chan error, 1)
	n := 0
	go func() {
		for {
			select {
			case <-quit:
				done <- nil
				return
			default:
			}
			if err := change(n); err != nil {
				done <- err
				return
			}
			n++
		}
	}()
	return func() int {
		h.t.Helper()
		close(quit)
		h.must(<-done)
		return n
	}
}

// TestTheCursorStaysInAStorm changes what the list is sorted by, as fast as the
// store takes it, while somebody presses keys: what they act on is always the row
// that the cursor was on.
func TestTheCursorStaysInAStorm(t *testing.T) {
	h, ada, _, _ := peopled(t)
	for i := range 8 {
		h.join(ada, fmt.Sprint("Person ", i), fmt.Sprintf("p%d@acme.dev", i), models.RoleMember)
	}
	app := h.as(ada)
	app.See("1 of 12").Press("s").See("Sort by").Press("j", "j", "enter").See("ROLE↑")
	app.Press(strings.Split("jjjjjjjj", "")...)
	app.SeeCursorOn("p5@acme.dev")
	// Everybody's role changes, that of the row under the cursor as well, so
	// that all rows move.
	roles := []models.Role{models.RoleViewer, models.RoleAdmin, models.RoleMember}
	stop := h.storm(func(n int) error {
		_, err := h.st.ChangeRole(h.ctx, ada, h.acme.ID, fmt.Sprintf("p%d@acme.dev", n*5%8), roles[n/8%3])
		return err
	})
	places := map[string]bool{}
	for range 25 {
		for _, k := range []string{"R", "v", "y", "v", "R"} {
			app.Press(k)
			line := cursorLine(app.Screen())
			if !strings.Contains(line, "p5@acme.dev") {
				t.Fatalf("after %s the cursor is on %q\n%s", k, line, app.Screen())
			}
			places[strings.SplitN(app.Screen(), "▌", 2)[0]] = true
		}
		app.Press("e").See("Role of p5@acme.dev").Press("esc").SeeNot("Role of")
	}
	if n := stop(); n < 50 || len(places) < 5 {
		t.Errorf("only %d changes and %d places of the row", n, len(places))
	}
}

// cursorLine is the line that the cursor is on, from the cursor on.
func cursorLine(screen string) string {
	for line := range strings.SplitSeq(screen, "\n") {
		if i := strings.Index(line, "▌"); i >= 0 {
			return line[i:]
		}
	}
	return ""
}

// TestNoKeyForTheListLandsInADialog types for the list while a dialog opens by
// itself: no key counts before the person has stopped.
func TestNoKeyForTheListLandsInADialog(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.sh.Open(h.ctx, Options{Actor: ada, Term: "xterm-256color"})
	t.Cleanup(app.Close)
	d := &direct{t: t, app: app}
	d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	d.run(app.Init())
	typing := func() {
		for range 4 {
			for _, k := range "aqyxd " {
				h.clock.Advance(90 * time.Millisecond)
				d.send(tea.KeyPressMsg{Code: k, Text: string(k)})
			}
			h.clock.Advance(90 * time.Millisecond)
			d.send(tea.KeyPressMsg{Code: tea.KeyEnter})
		}
	}
	results := host.Outcome{Verb: "approved", Results: []models.Result{{Label: "dee@acme.dev"}, {Label: "eve@acme.dev", Err: models.Errorf(models.CodeConflict, "already decided")}}}
	d.run(app.Start(host.Action{Do: func(context.Context, models.Actor) host.Outcome { return results }}))
	typing()
	if app.Top() == nil {
		t.Error("a key for the list closed the results")
	}
	h.clock.Advance(tuitest.Finger)
	d.send(tea.KeyPressMsg{Code: tea.KeyEnter})
	if app.Top() != nil {
		t.Error("the results do not close")
	}
	// What removing somebody brings about is looked up first.
	d.send(tea.KeyPressMsg{Code: 'G', Text: "G"})
	d.send(tea.KeyPressMsg{Code: 'd', Text: "d"})
	if !strings.Contains(app.View().Content, "takes effect") {
		t.Fatalf("no consequences are shown\n%s", app.View().Content)
	}
	typing()
	if p, err := h.st.ListMembers(h.ctx, ada, h.acme.ID, models.MemberQuery{}); err != nil || len(p.Items) != 4 {
		t.Errorf("a key for the list removed somebody: %d members, %v", len(p.Items), err)
	}
	if app.Top() == nil {
		t.Error("a key for the list closed the confirmation")
	}
}
