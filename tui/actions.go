package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/theme"
	"muster/tui/ui"
)

// outcome is what came of an action. It is made in the action's command and
// taken in by settle.
type outcome struct {
	org    string // the organization it was about, "" for none
	dialog int    // that sent it, 0 for none
	err    error
	text   string // for the toast
	undo   *step  // how to take it back
	// redone and undone say that it came from the history.
	redone, undone *step
	results        []models.Result      // of the rows of a bulk action
	verb           string               // what was done to them: "approved"
	then           func(a *App) tea.Cmd // when it was done
	always         func()               // done or not
	refused        func(a *App) tea.Cmd // when it was not done, after the dialog has shown why
}

// act runs an action outside of Update. dialog is the one to close when it is
// done, or to show the failure in.
func (a *App) act(dialog int, do func(ctx context.Context) outcome) tea.Cmd {
	return a.actWithin(askTimeout, dialog, do)
}

func (a *App) actWithin(most time.Duration, dialog int, do func(ctx context.Context) outcome) tea.Cmd {
	parent, org := a.ctx, a.org.ID
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, most)
		defer cancel()
		o := do(ctx)
		o.dialog, o.org = dialog, org
		return o
	}
}

// actTop is act for the dialog that is open now.
func (a *App) actTop(do func(ctx context.Context) outcome) tea.Cmd {
	return a.act(a.dialogs.TopID(), do)
}

// settle takes in what came of an action.
func (a *App) settle(o outcome) tea.Cmd {
	if o.always != nil {
		o.always()
	}
	if o.err != nil {
		a.beginning = false
		shown := a.dialogs.Finish(o.dialog, models.AsError(o.err))
		if o.refused != nil {
			return o.refused(a)
		}
		if shown {
			return nil
		}
		// What the person acted on may not be so any more.
		return tea.Batch(a.complain(o.err), a.refresh())
	}
	a.dialogs.Finish(o.dialog, nil)
	cmds := []tea.Cmd{a.refresh()}
	if failed := failures(o.results); len(failed) > 0 {
		a.toast = ui.Toast{}
		a.showResults(o)
		if o.text != "" && len(o.results) > 1 { // what was done can still be taken back
			o.text = ui.Count(len(o.results)-len(failed), false) + " of " + count(len(o.results), "row", "rows") + " " + o.verb
		}
	}
	if o.undo != nil && o.org == a.org.ID {
		a.history.did(o.undo, a.now)
	}
	if o.undone != nil {
		a.history.undid(o.undone)
	}
	if o.redone != nil {
		a.history.did(o.redone, a.now)
	}
	if o.text != "" {
		a.toast = ui.Say(ui.Done, o.text, a.now)
		if s := o.undo; s != nil {
			a.toast.Undo = true
			if !s.until.IsZero() {
				a.toast.Until = s.until
			}
		}
		cmds = append(cmds, a.wakeAt(a.toast.Until))
	}
	if o.then != nil {
		cmds = append(cmds, o.then(a))
	}
	return tea.Batch(cmds...)
}

func failures(all []models.Result) (failed []models.Result) {
	for _, r := range all {
		if r.Err != nil {
			failed = append(failed, r)
		}
	}
	return failed
}

// showResults tells what came of each row. The good ones stand.
func (a *App) showResults(o outcome) {
	failed := failures(o.results)
	if len(o.results) == 1 {
		a.complain(failed[0].Err)
		return
	}
	lines := []ui.Line{{Text: count(len(o.results)-len(failed), "row was ", "rows were ") + o.verb + ", " + count(len(failed), "was not:", "were not:")}, {}}
	for _, r := range o.results {
		if r.Err == nil {
			lines = append(lines, ui.Line{Text: "✓ " + r.Label, Style: theme.OK})
			continue
		}
		e := models.AsError(r.Err)
		lines = append(lines, ui.Line{Text: "✗ " + r.Label, Style: theme.Danger}, ui.Line{Text: "  " + e.Message, Style: theme.Muted})
	}
	a.show((&ui.Notice{Title: "Not everything could be done", Lines: lines}).ByItself(a.now))
}

// ---- undo

// step is something that was done and how to take it back.
type step struct {
	text  string // what was done
	until time.Time
	back  func(ctx context.Context) error
	again func(ctx context.Context) error // nil: cannot be done again
}

// history is what u takes back and U does again, the newest last.
type history struct {
	done, undone []*step
	at           time.Time // of the last own action
}

// maxHistory is how far back u reaches.
const maxHistory = 20

func (h *history) did(s *step, now time.Time) {
	h.done = append(h.done, s)
	if len(h.done) > maxHistory {
		h.done = h.done[1:]
	}
	h.at = now
}

func (h *history) undid(s *step) {
	if s.again != nil {
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
	return a.act(0, func(ctx context.Context) outcome {
		if err := s.again(ctx); err != nil {
			return outcome{err: err}
		}
		return outcome{text: s.text, redone: s}
	})
}
