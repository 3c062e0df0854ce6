package store

import (
	"context"

	"muster/models"

	"muster/store/internal/db/sqlite"
)

// Statements lists the queries that the readers have compiled so far.
func (s *Store) Statements(ctx context.Context) ([]string, error) {
	return sqlite.Statements(ctx, s.db.Reader)
}

// ChangeName changes rows in an attempt called test.change, and says an action
// in the log, "a reason" for having no entry, or "" nothing.
func (s *Store) ChangeName(ctx context.Context, a models.Actor, name, says string) error {
	return s.change(ctx, a, event{action: "test.change"}, func(t *tx) error {
		switch says {
		case "":
		case "a reason":
			t.unlogged("it is a test")
		default:
			if err := t.log(ctx, ownEntry(event{action: says}, nil, nil)); err != nil {
				return err
			}
		}
		_, err := t.exec(ctx, "UPDATE users SET name = $1 WHERE id = $2", name, t.user.ID)
		return err
	})
}

// NextExpiry is the query for the next invitation that runs out.
const NextExpiry = nextExpiry

// FlushUsage writes what API keys were used for, which is written behind.
func (s *Store) FlushUsage(ctx context.Context) error { return s.usage.flush(ctx) }
