package shell

import (
	"context"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

// history is what u takes back and U does again, the newest last.
type history struct {
	steps, undone []*host.Step
	at            time.Time // of the last own action
}

// maxHistory is how far back u reaches.
const maxHistory = 20

func (h *history) did(s *host.Step, now time.Time) {
	s.At = now
	h.steps = append(h.steps, s)
	if len(h.steps) > maxHistory {
		h.steps = h.steps[1:]
	}
	h.at = now
}

func (h *history) undid(s *host.Step) {
	if s.Redo != nil || s.Repeat != nil {
		h.undone = append(h.undone, s)
	}
}

// next is what u would take back now.
func (h *history) next(now time.Time) *host.Step {
	for len(h.steps) > 0 {
		s := h.steps[len(h.steps)-1]
		if s.Until.IsZero() || now.Before(s.Until) {
			return s
		}
		h.steps = h.steps[:len(h.steps)-1]
	}
	return nil
}

func (h *history) clear() { h.steps, h.undone = nil, nil }

// recent says that the person has just done something themselves.
func (h *history) recent(now time.Time) bool { return now.Sub(h.at) < time.Second }

func (a *App) undo() tea.Cmd {
	s := a.history.next(a.Now)
	if s == nil {
		return a.h.Say(ui.Caution, "Nothing to undo")
	}
	a.history.steps = a.history.steps[:len(a.history.steps)-1]
	if s.Undo == nil {
		return a.h.Say(ui.Caution, s.Text+"; "+s.Stays)
	}
	a.history.at = a.Now
	a.toast = ui.Toast{}
	return a.h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
		actor.Base = s.Base
		if err := s.Undo(ctx, actor); err != nil {
			return host.Outcome{Err: err}
		}
		return host.Outcome{Text: "undone: " + s.Text, Undone: s}
	})
}

func (a *App) redo() tea.Cmd {
	n := len(a.history.undone)
	if n == 0 {
		return a.h.Say(ui.Caution, "Nothing to redo")
	}
	s := a.history.undone[n-1]
	a.history.undone = a.history.undone[:n-1]
	if s.Repeat != nil {
		return s.Repeat(a.h)
	}
	return a.h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
		actor.Base = s.Base
		if err := s.Redo(ctx, actor); err != nil {
			return host.Outcome{Err: err}
		}
		return host.Outcome{Text: s.Text, Redone: s}
	})
}

// showHistory says what u would take back and what U would do again.
func (a *App) showHistory() tea.Cmd {
	h := &a.history
	first := h.next(a.Now)
	var lines []ui.Line
	when := func(s *host.Step) string {
		if s.Until.IsZero() {
			return kit.Ago(a.Now, s.At)
		}
		return strconv.Itoa(int(s.Until.Sub(a.Now).Seconds())) + " s left"
	}
	n := &ui.Notice{Title: "What can be undone"}
	if first == nil && len(h.undone) == 0 {
		lines = []ui.Line{{Text: "Nothing in " + a.OrgName() + " since you opened it."}, {},
			{Text: "Decisions can be undone for ten seconds; changes of roles, settings, names, end dates, plans and suspensions until you quit.", Style: theme.Muted}}
	}
	if first != nil {
		lines = append(lines, ui.Line{Text: a.KeyOf("undo") + " undoes, one after the other:", Style: theme.Header})
		for i := len(h.steps) - 1; i >= 0; i-- {
			s := h.steps[i]
			if !s.Until.IsZero() && !a.Now.Before(s.Until) {
				continue
			}
			line := ui.Line{Text: "  " + s.Text + " · " + when(s)}
			if s.Undo == nil {
				line.Text = "  " + s.Text + " · stays: " + s.Stays
			}
			if s == first {
				line = ui.Line{Text: "▸ " + line.Text[2:], Style: theme.Text | theme.Bold}
			}
			lines = append(lines, line)
		}
		n.Keys = append(n.Keys, ui.NoticeKey{Hint: ui.Hint{Key: a.KeyOf("undo"), Title: "undo"}, Do: a.undo})
	}
	if len(h.undone) > 0 {
		if len(lines) > 0 {
			lines = append(lines, ui.Line{})
		}
		lines = append(lines, ui.Line{Text: a.KeyOf("redo") + " redoes:", Style: theme.Header})
		for i := len(h.undone) - 1; i >= 0; i-- {
			sign := "  "
			if i == len(h.undone)-1 {
				sign = "▸ "
			}
			lines = append(lines, ui.Line{Text: sign + h.undone[i].Text})
		}
		n.Keys = append(n.Keys, ui.NoticeKey{Hint: ui.Hint{Key: a.KeyOf("redo"), Title: "redo"}, Do: a.redo})
	}
	n.Lines = lines
	a.Show(n)
	return nil
}
