package tui

import (
	"context"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/tui/theme"
	"muster/tui/ui"
)

// step is something that was done and how to take it back.
type step struct {
	text  string // what was done
	at    time.Time
	until time.Time
	back  func(ctx context.Context) error
	again func(ctx context.Context) error // nil: cannot be done again, unless by repeat
	// repeat does it anew, for what can be taken back for a while only.
	repeat func(a *App) tea.Cmd
}

// history is what u takes back and U does again, the newest last.
type history struct {
	done, undone []*step
	at           time.Time // of the last own action
}

// maxHistory is how far back u reaches.
const maxHistory = 20

func (h *history) did(s *step, now time.Time) {
	s.at = now
	h.done = append(h.done, s)
	if len(h.done) > maxHistory {
		h.done = h.done[1:]
	}
	h.at = now
}

func (h *history) undid(s *step) {
	if s.again != nil || s.repeat != nil {
		h.undone = append(h.undone, s)
	}
}

// next is what u would take back now.
func (h *history) next(now time.Time) *step {
	for len(h.done) > 0 {
		s := h.done[len(h.done)-1]
		if s.until.IsZero() || now.Before(s.until) {
			return s
		}
		h.done = h.done[:len(h.done)-1]
	}
	return nil
}

func (h *history) clear() { h.done, h.undone = nil, nil }

// recent says that the person has just done something themselves.
func (h *history) recent(now time.Time) bool { return now.Sub(h.at) < time.Second }

func (a *App) undo() tea.Cmd {
	s := a.history.next(a.now)
	if s == nil {
		return a.say(ui.Caution, "there is nothing left to undo")
	}
	a.history.done = a.history.done[:len(a.history.done)-1]
	a.history.at = a.now
	a.toast = ui.Toast{}
	return a.act(0, func(ctx context.Context) outcome {
		if err := s.back(ctx); err != nil {
			return outcome{err: err}
		}
		return outcome{text: "undone: " + s.text, undone: s}
	})
}

func (a *App) redo() tea.Cmd {
	n := len(a.history.undone)
	if n == 0 {
		return a.say(ui.Caution, "there is nothing to do again")
	}
	s := a.history.undone[n-1]
	a.history.undone = a.history.undone[:n-1]
	if s.repeat != nil {
		return s.repeat(a)
	}
	return a.act(0, func(ctx context.Context) outcome {
		if err := s.again(ctx); err != nil {
			return outcome{err: err}
		}
		return outcome{text: s.text, redone: s}
	})
}

// showHistory says what u would take back and what U would do again.
func (a *App) showHistory() tea.Cmd {
	h := &a.history
	first := h.next(a.now)
	var lines []ui.Line
	when := func(s *step) string {
		if s.until.IsZero() {
			return ago(a.now, s.at)
		}
		return strconv.Itoa(int(s.until.Sub(a.now).Seconds())) + " s left"
	}
	n := &ui.Notice{Title: "What can be undone"}
	if first == nil && len(h.undone) == 0 {
		lines = []ui.Line{{Text: "Nothing in " + a.orgName() + " since you opened it."}, {},
			{Text: "Decisions can be undone for ten seconds; changes of roles, settings, names, end dates, plans and suspensions for as long as you stay.", Style: theme.Muted}}
	}
	if first != nil {
		lines = append(lines, ui.Line{Text: a.keyOf("undo") + " takes back, one after the other:", Style: theme.Header})
		for i := len(h.done) - 1; i >= 0; i-- {
			s := h.done[i]
			if !s.until.IsZero() && !a.now.Before(s.until) {
				continue
			}
			line := ui.Line{Text: "  " + s.text + " · " + when(s)}
			if s == first {
				line = ui.Line{Text: "▸ " + line.Text[2:], Style: theme.Text | theme.Bold}
			}
			lines = append(lines, line)
		}
		n.Keys = append(n.Keys, ui.NoticeKey{Hint: ui.Hint{Key: a.keyOf("undo"), Title: "undo"}, Do: a.undo})
	}
	if len(h.undone) > 0 {
		if len(lines) > 0 {
			lines = append(lines, ui.Line{})
		}
		lines = append(lines, ui.Line{Text: a.keyOf("redo") + " does again:", Style: theme.Header})
		for i := len(h.undone) - 1; i >= 0; i-- {
			sign := "  "
			if i == len(h.undone)-1 {
				sign = "▸ "
			}
			lines = append(lines, ui.Line{Text: sign + h.undone[i].text})
		}
		n.Keys = append(n.Keys, ui.NoticeKey{Hint: ui.Hint{Key: a.keyOf("redo"), Title: "redo"}, Do: a.redo})
	}
	n.Lines = lines
	a.show(n)
	return nil
}
