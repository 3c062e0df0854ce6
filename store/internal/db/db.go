// Package db is the seam between the store and the engine that keeps its data.
//
// The store speaks SQL that SQLite and PostgreSQL both take: $1 for a parameter,
// RETURNING, ON CONFLICT, times and truth values as BIGINT. What they do not
// share goes through an Engine: how a database is opened, locked, watched,
// searched, checked and copied, and what its errors mean. Rows and statements are
// those of database/sql, which both engines have drivers for.
package db

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Engine is what a database does in its own way. The store never calls one
// directly: DB and Tx do.
type Engine interface {
	// Lock keeps other changes of some organizations out until the transaction
	// ends; "" stands for the whole installation. Whoever takes several locks
	// names them in one call.
	Lock(ctx context.Context, tx *Tx, orgIDs ...string) error

	// HasTable tells whether the database has a table.
	HasTable(ctx context.Context, q Queryer, name string) (bool, error)
	// Before runs ahead of the first migration of an empty database.
	Before(ctx context.Context, tx *Tx) error
	// After runs behind each migration, which it gets by the name of its file.
	After(ctx context.Context, tx *Tx, migration string) error

	// Text is how the engine finds text.
	Text() Text
	// NumberColumns are the columns that hold the number of a row of members or
	// users: num, and another where the engine stores rows in an order.
	NumberColumns() []string

	// Watch calls look when another connection may have committed, and once at
	// the beginning, until ctx ends. It calls again soon where look fails, and
	// tells warn about what stood in the way.
	Watch(ctx context.Context, db *DB, look func(context.Context) error, warn func(error))
	// Announce has the commit of a transaction wake those who watch.
	Announce(ctx context.Context, tx *Tx) error
	// Committed hears of each change with the number of entries it wrote.
	Committed(db *DB, entries int)

	// Fault says what an error of the driver means.
	Fault(err error) Fault
	// Retry tells whether a change that failed may succeed when run once more.
	Retry(err error) bool

	// Integrity gives what is wrong with the stored data, empty for nothing.
	Integrity(ctx context.Context, db *DB) (string, error)
	// Backup writes a whole and consistent copy into a new file, mode 0600.
	Backup(ctx context.Context, db *DB, file string) error
	// Files are those of the database on this machine's disk.
	Files() []string
	// Close ends what the engine does in the background. It runs before the
	// connections close.
	Close()
}

// Queryer asks for one row: a DB or a Tx.
type Queryer interface {
	Row(ctx context.Context, query string, args ...any) *sql.Row
}

// Fault is a kind of trouble below SQL.
type Fault int

const (
	NoFault  Fault = iota // an error that says nothing of the kind
	Full                  // no room on the disk
	Broken                // the disk or the connection fails
	Closed                // a file of it cannot be opened
	ReadOnly              // not allowed to write
	Medium                // what it is stored on cannot be written to by anybody
	Busy                  // somebody else holds the database for too long
	Damaged               // what is stored cannot be read as a database
)

// ErrMedium is the error of a change where the medium is read-only.
var ErrMedium = errors.New("the medium is read-only")

// DB is an open database. It is safe for concurrent use.
type DB struct {
	Engine
	Reader *sql.DB // whose transactions see one state and cannot write
	Writer *sql.DB // nil on a medium that is read-only
}

// Row asks for one row outside of a transaction.
func (d *DB) Row(ctx context.Context, query string, args ...any) *sql.Row {
	return d.Reader.QueryRowContext(ctx, query, args...)
}

// Query asks for rows outside of a transaction.
func (d *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return d.Reader.QueryContext(ctx, query, args...)
}

// View runs fn in a transaction in which all queries see one state.
func (d *DB) View(ctx context.Context, fn func(*Tx) error) error {
	_, err := d.run(ctx, d.Reader, fn)
	return err
}

// Attempts of a change, and how long the pause is before the second.
const (
	maxAttempts = 3
	retryPause  = 5 * time.Millisecond
)

// Change runs fn in a transaction that may write. What fn returns undoes it. An
// engine may have fn run once more from the start, so fn must not keep anything
// from an earlier run.
func (d *DB) Change(ctx context.Context, fn func(*Tx) error) error {
	if d.Writer == nil {
		return ErrMedium
	}
	for attempt := 1; ; attempt++ {
		tx, err := d.run(ctx, d.Writer, fn)
		if err == nil {
			d.Committed(d, tx.entries)
			return nil
		}
		if attempt == maxAttempts || !d.Retry(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(retryPause << (attempt - 1)):
		}
	}
}

func (d *DB) run(ctx context.Context, pool *sql.DB, fn func(*Tx) error) (*Tx, error) {
	sqlTx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	// For a panic as well, which a front door survives: else nobody could write any more.
	defer func() { _ = sqlTx.Rollback() }() // after the commit there is nothing to undo
	tx := &Tx{sql: sqlTx, engine: d.Engine}
	if err := fn(tx); err != nil {
		return nil, err
	}
	return tx, sqlTx.Commit()
}

// Close ends the work in the background and closes the connections.
func (d *DB) Close() error {
	d.Engine.Close()
	var errs []error
	for _, pool := range []*sql.DB{d.Reader, d.Writer} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}
