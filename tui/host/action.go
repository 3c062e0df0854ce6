package host

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
)

// Action is something that a person does: it runs outside of Update, and the
// shell takes its Outcome in. It acts as the actor that the shell hands it, who
// carries what the person has confirmed, and what the history wants to know.
type Action struct {
	Dialog int           // to close when it succeeded, or to show the failure in; 0 for none
	Within time.Duration // 0 is AskTimeout
	Do     func(ctx context.Context, actor models.Actor) Outcome
}

// Outcome is what came of an action.
type Outcome struct {
	Org    string // that was open when it began; the shell fills it in, as it does Dialog
	Dialog int
	Err    error
	Text   string // for the toast
	Undo   *Step  // how to take it back
	// Redone and Undone say that it came from the history.
	Redone, Undone *Step
	Results        []models.Result      // of the rows of a bulk action
	Verb           string               // what was done to them: "approved"
	Then           func(h Host) tea.Cmd // when it succeeded
	Always         func()               // in any case, before all else
	Refused        func(h Host) tea.Cmd // when it failed, after the dialog has shown why
	// Sure does it once more for a dialog, confirmed: for what makes somebody an
	// owner. The shell fills it in.
	Sure func(dialog int) tea.Cmd
}

// Step is an entry of the history: something that was done, and how to take it
// back.
type Step struct {
	Text  string    // what was done
	At    time.Time // when; the shell fills it in
	Until time.Time // when it can no longer be taken back; zero is never
	// Base is what it wrote into the log, for each way: taking it back and doing
	// it again are refused where somebody else has changed the thing since. The
	// shell fills it in.
	Base *models.Base
	Undo func(ctx context.Context, actor models.Actor) error
	Redo func(ctx context.Context, actor models.Actor) error // nil: only by Repeat, if at all
	// Stays says why nothing takes it back: then Undo is nil, and u says so instead of
	// taking back what was done before it.
	Stays string
	// Repeat does it anew, for what can be taken back for a while only.
	Repeat func(h Host) tea.Cmd
}

// Reversible does something that can be taken back and done again.
func Reversible(ctx context.Context, actor models.Actor, text string, do, undo func(context.Context, models.Actor) error) Outcome {
	if err := do(ctx, actor); err != nil {
		return Outcome{Err: err}
	}
	return Outcome{Text: text, Undo: &Step{Text: text, Undo: undo, Redo: do}}
}

// Opening is an organization to open.
type Opening struct {
	Ref  string // code or id, "" for that of last time
	Word string // to say when it is open; "" says where one is
	// Left says that the person leaves the present one by their own doing, so
	// that its loss is no news.
	Left bool
	// Stay keeps the pane that is shown.
	Stay bool
	// Reload opens it even if it is the open one.
	Reload bool
}

// Brought brings an open dialog what it waits for. Take runs in Update, and only
// while that dialog is on top; with dialog 0 it always does.
type Brought struct {
	Dialog int
	Take   func(h Host) tea.Cmd
}
