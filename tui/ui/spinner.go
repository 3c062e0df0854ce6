package ui

import (
	"time"

	"charm.land/bubbles/v2/spinner"
	tea "charm.land/bubbletea/v2"

	"muster/tui/theme"
)

// Waiting is a dialog that may wait for an answer.
type Waiting interface{ Waits() bool }

// SpinMsg moves the spinner of a Stack on. The app hands it to Spin.
type SpinMsg struct{ tick tea.Msg }

// wheel turns while the topmost dialog waits. It is there only then.
type wheel struct {
	model   spinner.Model
	since   int  // the dialog that it turns for
	visible bool // after LoadingAfter
}

// Wait begins to turn a spinner if the topmost dialog waits for an answer; it
// shows once that takes longer than LoadingAfter. Call it after each message: it
// gives nil, and nothing ticks, while nothing is waited for.
func (s *Stack) Wait() tea.Cmd {
	w, ok := s.Top().(Waiting)
	switch {
	case !ok || !w.Waits():
		s.wheel = nil
		return nil
	case s.wheel != nil && s.wheel.since == s.TopID():
		return nil
	}
	s.wheel = &wheel{model: spinner.New(spinner.WithSpinner(spinner.MiniDot), spinner.WithStyle(theme.Ink(theme.Accent))), since: s.TopID()}
	first := s.wheel.model.Tick
	return await(tea.Tick(LoadingAfter, func(time.Time) tea.Msg { return first() }))
}

// Spin moves the spinner on, as long as what it turns for is waited for.
func (s *Stack) Spin(m SpinMsg) tea.Cmd {
	if s.wheel == nil {
		return nil
	}
	model, cmd := s.wheel.model.Update(m.tick)
	if cmd == nil {
		return nil // of a spinner that is gone
	}
	s.wheel.model, s.wheel.visible = model, true
	return await(cmd)
}

// await gives a command of the spinner that comes back as a SpinMsg.
func await(tick tea.Cmd) tea.Cmd {
	return func() tea.Msg { return SpinMsg{tick()} }
}

// drawWheel shows the spinner in the upper edge of the topmost dialog.
func (s *Stack) drawWheel(r Region) {
	if s.wheel == nil || !s.wheel.visible || s.wheel.since != s.TopID() {
		return
	}
	for i := len(r.c.zones) - 1; i >= 0; i-- {
		z := r.c.zones[i]
		if _, ok := z.ID.(panelZone); ok && z.W > 6 {
			whole := Region{c: r.c, W: r.c.w, H: r.c.h}
			edge := whole.Sub(z.X+z.W-5, z.Y, 3, 1)
			edge.Text(0, 0, "   ", theme.Accent)
			edge.View(1, 0, s.wheel.model.View(), theme.Accent)
			return
		}
	}
}
