package list

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/kit"
)

// Bulk is something done to each of several rows, and how to take it back. It is
// the one loop over rows in the app.
type Bulk[T any] struct {
	Label func(row T) string // by which a result names it
	Verb  string             // "suspended"
	One   string             // behind the label of a single one: "is suspended"
	Many  [2]string          // behind their number
	// Say says it in words of its own, instead of One and Many. Note is what the
	// toast adds to that.
	Say  func(changed []T) string
	Note func() string

	Do func(ctx context.Context, actor models.Actor, row T) error
	// Same says that a row is so already: it is no failure, and no change.
	Same func(row T) bool

	// Undo takes it back for a row; nil where nothing can. Until, where it is
	// set, is how long: zero is never. Repeat, where it is set, does it anew
	// instead of Do.
	Undo   func(ctx context.Context, actor models.Actor, row T) error
	Until  func() time.Time
	Repeat func(h host.Host) tea.Cmd

	// Stays says why nothing takes it back; see host.Step.
	Stays string

	// Then runs when some of it succeeded, Always in any case and first.
	Then   func(h host.Host, changed []T) tea.Cmd
	Always func()
}

// perRow is what a bulk action has for each row on top of host.AskTimeout.
const perRow = 100 * time.Millisecond

// Each does it for the dialog that is open, or for none. What failed for one
// row stops no other, and each has its result.
func Each[T any](h host.Host, l *List[T], dialog int, chosen []T, d Bulk[T]) tea.Cmd {
	if dialog == 0 {
		l.Table.ClearMarks() // behind a dialog they stay until it has succeeded
	}
	most := host.AskTimeout + time.Duration(len(chosen))*perRow
	return h.Start(host.Action{Dialog: dialog, Within: most, Do: func(ctx context.Context, actor models.Actor) host.Outcome {
		o, changed := d.run(ctx, actor, l.Table.ID, chosen)
		o.Always = d.Always
		unsure, err := unconfirmed(&o, d.Label, chosen)
		if err != nil && len(changed) == 0 && len(o.Results) == 0 {
			return host.Outcome{Err: err, Always: d.Always}
		}
		if len(changed) == 0 && len(chosen) == 1 && o.Results[0].Err != nil {
			return host.Outcome{Err: o.Results[0].Err, Always: d.Always}
		}
		o.Then = func(h host.Host) tea.Cmd {
			l.Own = true
			if dialog != 0 {
				l.Table.ClearMarks()
			}
			if len(unsure) > 0 { // what makes owners is asked on its own
				return Each(h, l, 0, unsure, d)
			}
			if d.Then == nil || len(changed) == 0 {
				return nil
			}
			return d.Then(h, changed)
		}
		if len(changed) > 0 {
			o.Text = d.words(changed)
			o.Undo = d.step(o.Text, changed)
			if d.Note != nil {
				o.Text += d.Note()
			}
		}
		return o
	}})
}

// unconfirmed takes the results of those rows out that make somebody an owner,
// and says what they all make.
func unconfirmed[T any](o *host.Outcome, label func(T) string, chosen []T) (rows []T, err error) {
	var names []string
	results := o.Results
	o.Results = nil
	for i, r := range results {
		if !errors.Is(r.Err, models.MakesOwner{}) {
			o.Results = append(o.Results, r)
			continue
		}
		rows, names, err = append(rows, chosen[i]), append(names, label(chosen[i])), r.Err
	}
	if len(rows) > 1 {
		e := *models.AsError(err)
		e.Message = "this makes owners of " + kit.SomeOf(names)
		err = &e
	}
	return rows, err
}

// run does it to each of the rows, and gives those that are other than before.
func (d *Bulk[T]) run(ctx context.Context, actor models.Actor, id func(T) string, chosen []T) (o host.Outcome, changed []T) {
	o.Verb = d.Verb
	for _, row := range chosen {
		err := d.Do(ctx, actor, row)
		o.Results = append(o.Results, models.Result{ID: id(row), Label: d.Label(row), Err: err})
		if err == nil && (d.Same == nil || !d.Same(row)) {
			changed = append(changed, row)
		}
	}
	return o, changed
}

func (d *Bulk[T]) words(changed []T) string {
	switch {
	case d.Say != nil:
		return d.Say(changed)
	case len(changed) == 1:
		return d.Label(changed[0]) + " " + d.One
	}
	return kit.Count(len(changed), d.Many[0], d.Many[1])
}

// step is how to take it back, nil where nothing can.
func (d *Bulk[T]) step(text string, changed []T) *host.Step {
	if d.Undo == nil && d.Stays != "" {
		return &host.Step{Text: text, Stays: d.Stays}
	}
	if d.Undo == nil {
		return nil
	}
	s := &host.Step{Text: text, Undo: each(d.Undo, changed), Repeat: d.Repeat}
	if d.Until != nil {
		if s.Until = d.Until(); s.Until.IsZero() {
			return nil
		}
	}
	if d.Repeat == nil {
		s.Redo = each(d.Do, changed)
	}
	return s
}

// each does it to every row. One that fails, say because somebody else has
// changed it since, stops no other.
func each[T any](do func(context.Context, models.Actor, T) error, rows []T) func(context.Context, models.Actor) error {
	return func(ctx context.Context, actor models.Actor) error {
		var first error
		failed := 0
		for _, row := range rows {
			if err := do(ctx, actor, row); err != nil {
				first = cmp.Or(first, err)
				failed++
			}
		}
		if failed == 0 || len(rows) == 1 {
			return first
		}
		e := *models.AsError(first)
		e.Message = fmt.Sprintf("%d of %d stay as they are: %s", failed, len(rows), e.Message)
		return &e
	}
}
