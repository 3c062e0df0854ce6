package db

import (
	"context"
	"database/sql"
	"strings"
)

// Tx is one transaction. It is used by one goroutine, and not beyond the function
// that it was given to.
type Tx struct {
	sql     *sql.Tx
	engine  Engine
	entries int
}

func (t *Tx) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.sql.ExecContext(ctx, query, args...)
}

// Prepare is for a statement that runs for many rows. Close it.
func (t *Tx) Prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	return t.sql.PrepareContext(ctx, query)
}

func (t *Tx) Row(ctx context.Context, query string, args ...any) *sql.Row {
	return t.sql.QueryRowContext(ctx, query, args...)
}

func (t *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.sql.QueryContext(ctx, query, args...)
}

// Lock keeps other changes of some organizations out until the transaction ends;
// "" stands for the whole installation.
func (t *Tx) Lock(ctx context.Context, orgIDs ...string) error {
	return t.engine.Lock(ctx, t, orgIDs...)
}

// Announce has the commit wake those who watch the database.
func (t *Tx) Announce(ctx context.Context) error { return t.engine.Announce(ctx, t) }

// HasTable tells whether the database has a table.
func (t *Tx) HasTable(ctx context.Context, name string) (bool, error) {
	return t.engine.HasTable(ctx, t, name)
}

// Text is how the engine finds text.
func (t *Tx) Text() Text { return t.engine.Text() }

// Wrote counts entries of the audit log, by which an engine knows how much was
// written.
func (t *Tx) Wrote(entries int) { t.entries += entries }

// NumberInto gives columns and values of an INSERT for the number of a row, which
// is the parameter mark.
func (t *Tx) NumberInto(mark string) (columns, values string) {
	cols := t.engine.NumberColumns()
	return strings.Join(cols, ", "), mark + strings.Repeat(", "+mark, len(cols)-1)
}

// SetNumber is the part of an UPDATE that gives a row the number mark.
func (t *Tx) SetNumber(mark string) string {
	cols := t.engine.NumberColumns()
	return strings.Join(cols, " = "+mark+", ") + " = " + mark
}
