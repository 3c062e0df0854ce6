package list

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/kit"
)

// Bulk is something done to each of several rows, and how to take it back.
type Bulk[T any] struct {
	Label    func(row T) string // by which a result names it
	Verb     string             // "suspended"
	One      string             // behind the label of a single one: "is suspended"
	Many     [2]string          // behind their number
	Do, Back func(ctx context.Context, row T) error
	// then runs when some of it was done. It may be nil, as back may.
	Then func(h host.Host, done []T) tea.Cmd
}

// perRow is what a bulk action has for each row on top of askTimeout.
const perRow = 100 * time.Millisecond

// Each does it for the dialog that is open, or for none. What failed for one
// row stops no other, and each has its result.
func Each[T any](h host.Host, l *List[T], dialog int, chosen []T, d Bulk[T]) tea.Cmd {
	id := l.Table.ID
	return h.Start(host.Action{Dialog: dialog, Within: host.AskTimeout + time.Duration(len(chosen))*perRow, Do: func(ctx context.Context) host.Outcome {
		o := host.Outcome{Verb: d.Verb}
		var changed []T
		for _, row := range chosen {
			err := d.Do(ctx, row)
			o.Results = append(o.Results, models.Result{ID: id(row), Label: d.Label(row), Err: err})
			if err == nil {
				changed = append(changed, row)
			}
		}
		if len(changed) == 0 && len(chosen) == 1 {
			return host.Outcome{Err: o.Results[0].Err}
		}
		o.Then = func(h host.Host) tea.Cmd {
			l.Own = true
			l.Table.ClearMarks()
			if d.Then == nil || len(changed) == 0 {
				return nil
			}
			return d.Then(h, changed)
		}
		if len(changed) == 0 {
			return o
		}
		o.Text = d.Label(changed[0]) + " " + d.One
		if len(changed) > 1 {
			o.Text = kit.Count(len(changed), d.Many[0], d.Many[1])
		}
		if d.Back == nil {
			return o
		}
		each := func(do func(context.Context, T) error) func(context.Context) error {
			return func(ctx context.Context) error {
				for _, row := range changed {
					if err := do(ctx, row); err != nil {
						return err
					}
				}
				return nil
			}
		}
		o.Undo = &host.Step{Text: o.Text, Undo: each(d.Back), Redo: each(d.Do)}
		return o
	}})
}
