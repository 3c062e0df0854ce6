package shell

import (
	"strings"
	"testing"
	"time"

	"muster/tui/host"
	"muster/tui/ui"
)

// A second of an undo changes one line and nothing else, and nothing ticks
// before the undo is offered and after it is over.
func TestCountingDownIsOneLine(t *testing.T) {
	s := staged(t, 80, 24)
	frame := func() []string {
		return strings.Split(s.sh.pool.Draw(s.Theme, s.Width, s.Height, s.draw).Content, "\n")
	}
	if s.count() != nil {
		t.Error("it ticks without an undo")
	}
	until := s.Now.Add(10 * time.Second)
	s.history.did(&host.Step{Text: "dee approved", Until: until}, s.Now)
	s.toast = ui.Toast{Tone: ui.Done, Text: "dee approved", Undo: true, Until: until, Counts: true}
	for n := range 10 {
		if s.count() == nil {
			t.Fatalf("it stands still after %d seconds", n)
		}
		before := frame()
		s.Now = s.Now.Add(time.Second)
		changed := 0
		for y, line := range frame() {
			if line != before[y] {
				changed++
			}
		}
		if changed != 1 {
			t.Errorf("second %d changes %d lines", n, changed)
		}
	}
	if s.count() != nil {
		t.Error("it ticks when the undo is over")
	}
	if cmd := s.update(countMsg{until.Add(-time.Hour)}); cmd != nil {
		t.Error("a tick of an earlier toast goes on")
	}
}
