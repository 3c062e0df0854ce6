package shell

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

// Start implements host.Shell.
func (a *App) Start(act host.Action) tea.Cmd { return a.startAs(a.Actor, act) }

func (a *App) startAs(actor models.Actor, act host.Action) tea.Cmd {
	parent, org, most := a.Context, a.Org.ID, act.Within
	if most == 0 {
		most = host.AskTimeout
	}
	a.acting, a.acted = a.acting+1, a.Now
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, most)
		defer cancel()
		base := &models.Base{}
		actor := actor
		actor.Record = base
		o := act.Do(ctx, actor)
		o.Dialog, o.Org = act.Dialog, org
		o.Sure = func(dialog int) tea.Cmd {
			act.Dialog = dialog
			actor.OwnerConfirmed = true
			return a.startAs(actor, act)
		}
		for _, s := range []*host.Step{o.Undo, o.Undone, o.Redone} {
			if s != nil {
				s.Base = base
			}
		}
		return o
	}
}

// Acting implements host.Shell.
func (a *App) Acting() bool { return a.acting > 0 && a.Now.Sub(a.acted) < host.AskTimeout }

// Acted implements host.Shell.
func (a *App) Acted() { a.history.at = a.Now }

// outcome takes in what came of an action.
func (a *App) outcome(o host.Outcome) tea.Cmd {
	a.acting--
	if o.Always != nil {
		o.Always()
	}
	if errors.Is(o.Err, models.MakesOwner{}) {
		return a.confirmOwner(o)
	}
	if o.Err != nil {
		a.beginning = false
		shown := a.dialogs.Finish(o.Dialog, models.AsError(o.Err))
		if o.Refused != nil {
			return o.Refused(a.h)
		}
		if shown {
			return nil
		}
		// What the person acted on may not be so any more.
		return tea.Batch(a.h.Complain(o.Err), a.Refresh())
	}
	a.dialogs.Finish(o.Dialog, nil)
	cmds := []tea.Cmd{a.Refresh()}
	if failed := failures(o.Results); len(failed) > 0 {
		a.toast = ui.Toast{}
		a.showResults(o)
		if o.Text != "" && len(o.Results) > 1 { // what was done can still be taken back
			o.Text = ui.Count(len(o.Results)-len(failed), false) + " of " + kit.Count(len(o.Results), "row", "rows") + " " + o.Verb
		}
	}
	if o.Undo != nil && o.Org == a.Org.ID {
		a.history.did(o.Undo, a.Now)
		a.history.undone = nil // it led from another state
	}
	if o.Undone != nil {
		a.history.undid(o.Undone)
	}
	if o.Redone != nil {
		a.history.did(o.Redone, a.Now)
	}
	if o.Text != "" {
		a.toast = ui.Say(ui.Done, o.Text, a.Now)
		if s := o.Undo; s != nil && s.Undo != nil {
			a.toast.Undo = true
			if !s.Until.IsZero() {
				a.toast.Until, a.toast.Counts = s.Until, true
				cmds = append(cmds, a.count())
			}
		}
		cmds = append(cmds, a.WakeAt(a.toast.Until))
	}
	if o.Then != nil {
		cmds = append(cmds, o.Then(a.h))
	}
	return tea.Batch(cmds...)
}

// countMsg is another second of an undo that ends.
type countMsg struct{ until time.Time }

// count draws the screen again when the toast shows another number of seconds.
// One chain of these runs for a toast, and ends with it.
func (a *App) count() tea.Cmd {
	next, until := a.toast.Next(a.Now), a.toast.Until
	if next.IsZero() || a.history.next(a.Now) == nil {
		return nil
	}
	return tea.Tick(next.Sub(a.Now), func(time.Time) tea.Msg { return countMsg{until} })
}

// confirmOwner asks, on its own, whether somebody is to become an owner. A form
// that wants it stays below until then.
func (a *App) confirmOwner(o host.Outcome) tea.Cmd {
	e := models.AsError(o.Err)
	if a.Top() != nil {
		a.dialogs.Finish(o.Dialog, e)
	}
	c := &ui.Confirm{Title: "Make an owner?", Danger: true, Yes: "make an owner", Lines: []ui.Line{{Text: "! " + e.Message + ".", Style: theme.Warn}, {},
		{Text: "Owners may do everything, including billing, transfer and deletion. Only owners can change owners."}}}
	c.Do = func() tea.Cmd {
		below := o.Dialog
		cmd := o.Sure(a.TopID())
		return func() tea.Msg {
			msg := cmd()
			if sure, ok := msg.(host.Outcome); ok && sure.Err == nil && below != 0 {
				then := sure.Then
				sure.Then = func(h host.Host) tea.Cmd {
					h.Dismiss(below)
					if then == nil {
						return nil
					}
					return then(h)
				}
				return sure
			}
			return msg
		}
	}
	a.Show(c.ByItself(a.Now))
	return a.h.Guarded()
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
func (a *App) showResults(o host.Outcome) {
	failed := failures(o.Results)
	if len(o.Results) == 1 {
		a.h.Complain(failed[0].Err)
		return
	}
	lines := []ui.Line{{Text: kit.Count(len(o.Results)-len(failed), "row was ", "rows were ") + o.Verb + ", " + kit.Count(len(failed), "was not:", "were not:")}, {}}
	for _, r := range o.Results {
		if r.Err == nil {
			lines = append(lines, ui.Line{Text: "✓ " + r.Label, Style: theme.OK})
			continue
		}
		e := models.AsError(r.Err)
		lines = append(lines, ui.Line{Text: "✗ " + r.Label, Style: theme.Danger}, ui.Line{Text: "  " + e.Message, Style: theme.Muted})
	}
	a.Show((&ui.Notice{Title: "Some items failed", Lines: lines}).ByItself(a.Now))
}
