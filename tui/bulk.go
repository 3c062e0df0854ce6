package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
)

// bulk is something done to each of several rows, and how to take it back.
type bulk[T any] struct {
	label    func(row T) string // by which a result names it
	verb     string             // "suspended"
	one      string             // behind the label of a single one: "is suspended"
	many     [2]string          // behind their number
	do, back func(ctx context.Context, row T) error
	// then runs when some of it was done. It may be nil, as back may.
	then func(a *App, done []T) tea.Cmd
}

// perRow is what a bulk action has for each row on top of askTimeout.
const perRow = 100 * time.Millisecond

// doEach does it for the dialog that is open, or for none. What failed for one
// row stops no other, and each has its result.
func doEach[T any](a *App, l *list[T], dialog int, chosen []T, d bulk[T]) tea.Cmd {
	id := l.table.ID
	return a.actWithin(askTimeout+time.Duration(len(chosen))*perRow, dialog, func(ctx context.Context) outcome {
		o := outcome{verb: d.verb}
		var changed []T
		for _, row := range chosen {
			err := d.do(ctx, row)
			o.results = append(o.results, models.Result{ID: id(row), Label: d.label(row), Err: err})
			if err == nil {
				changed = append(changed, row)
			}
		}
		if len(changed) == 0 && len(chosen) == 1 {
			return outcome{err: o.results[0].Err}
		}
		o.then = func(a *App) tea.Cmd {
			l.own = true
			l.table.ClearMarks()
			if d.then == nil || len(changed) == 0 {
				return nil
			}
			return d.then(a, changed)
		}
		if len(changed) == 0 {
			return o
		}
		o.text = d.label(changed[0]) + " " + d.one
		if len(changed) > 1 {
			o.text = count(len(changed), d.many[0], d.many[1])
		}
		if d.back == nil {
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
		o.undo = &step{text: o.text, back: each(d.back), again: each(d.do)}
		return o
	})
}

// namedAtMost is how many of several a dialog names before it only counts.
const namedAtMost = 5

// someOf names several things in one line.
func someOf(names []string) string {
	if n := len(names) - namedAtMost; n > 0 {
		names = append(names[:namedAtMost:namedAtMost], "and "+count(n, "other", "others"))
	}
	return strings.Join(names, ", ")
}
