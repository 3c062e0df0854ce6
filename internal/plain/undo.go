package plain

import (
	"context"
	"fmt"
	"time"

	"muster/internal/op"
	"muster/models"
)

// step is something that was done, and how it is taken back.
type step struct {
	text  string
	until time.Time // zero for as long as the session is in the organization
	base  *models.Base
	row   *op.Row
	in    any
}

// maxSteps is how far back undo goes.
const maxSteps = 20

// keep notes how an action is taken back, and says so.
func (s *Session) keep(a action, label string, base *models.Base, item, out any) error {
	name, with := a.undo(item, out)
	if name == "" {
		return nil
	}
	x := step{text: a.title + ", " + label, base: base, row: op.Find(name)}
	x.in = x.row.New()
	put(x.in, with)
	word := "Type u to undo."
	if inv, ok := out.(models.Invitation); ok && inv.UndoUntil != nil {
		x.until = *inv.UndoUntil
		word = fmt.Sprintf("Type u within %d seconds to undo.", int(x.until.Sub(s.Now()).Round(time.Second).Seconds()))
	}
	s.steps = append(s.steps, x)
	if len(s.steps) > maxSteps {
		s.steps = s.steps[1:]
	}
	return s.Say(word)
}

// undo takes the last change back that still can be.
func (s *Session) undo(ctx context.Context) error {
	for len(s.steps) > 0 {
		x := s.steps[len(s.steps)-1]
		s.steps = s.steps[:len(s.steps)-1]
		if !x.until.IsZero() && !s.Now().Before(x.until) {
			continue
		}
		back := s.Me()
		back.Base = x.base
		if _, err := s.Do(ctx, back, x.row, x.in); err != nil {
			return s.failed(err)
		}
		return s.Say("Undone: " + x.text + ".")
	}
	return s.Say("Nothing to undo.")
}
