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
	a.acting, a.acted = a.acting+1, a.now
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

// reversible does something that can be taken back and done again.
func reversible(ctx context.Context, text string, do, back func(context.Context) error) outcome {
	if err := do(ctx); err != nil {
		return outcome{err: err}
	}
	return outcome{text: text, undo: &step{text: text, back: back, again: do}}
}

// acts tells whether an action of the person's own is under way, whose change
// the screen may show before its answer is there.
func (a *App) acts() bool { return a.acting > 0 && a.now.Sub(a.acted) < askTimeout }

// settle takes in what came of an action.
func (a *App) settle(o outcome) tea.Cmd {
	a.acting--
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
		a.history.undone = nil // it led from another state
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
