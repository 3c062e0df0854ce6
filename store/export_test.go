package store

import (
	"context"

	"muster/store/internal/db/sqlite"
)

// Statements lists the queries that the readers have compiled so far.
func (s *Store) Statements(ctx context.Context) ([]string, error) {
	return sqlite.Statements(ctx, s.db.Reader)
}
