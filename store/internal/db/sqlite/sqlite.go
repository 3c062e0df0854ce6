// Package sqlite keeps muster's data in a file by SQLite, which is part of the
// program.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"muster/models"
	"muster/store/internal/db"
)

// applicationID marks a database file as muster's ("mstr").
const applicationID = 0x6d737472

// busyMillis is how long one process waits for another's write to end.
const busyMillis = 10_000

// cacheKiB is how much of the database a connection keeps in memory at most. A
// page that it has not costs a call to the operating system, several times what
// looking at the page does.
const cacheKiB = 16 << 10

// checkpointPages is how long the log grows, in pages, before a change has to wait
// until its content has moved into the database file. It grows that far only when
// the checkpoints beside the changes do not keep up.
const checkpointPages = 16_000

// A mode says what a connection is for.
type mode int

const (
	read    mode = iota // queries
	write               // one transaction after the other, each immediate
	look                // queries that never write, not even what a crash left in the log
	still               // look at a file that nobody works on: without locks, and without files beside it
	copying             // still, for a copy that goes into another file
)

func dsn(path string, m mode) string {
	q := url.Values{}
	// busy_timeout goes first: the driver applies it before the others, which
	// may have to wait for a lock themselves.
	q.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", busyMillis))
	q.Add("_pragma", fmt.Sprintf("cache_size(-%d)", cacheKiB))
	switch m {
	case write:
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", "synchronous(FULL)")
		q.Add("_pragma", "foreign_keys(1)")
		q.Add("_pragma", fmt.Sprintf("wal_autocheckpoint(%d)", checkpointPages))
	case copying: // writes into the other file
	default:
		q.Add("_pragma", "query_only(1)")
	}
	switch m {
	case look:
		q.Set("mode", "ro")
	case still, copying:
		q.Set("immutable", "1")
	}
	q.Add("_pragma", "trusted_schema(0)")
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

func openPool(path string, m mode, conns int) *sql.DB {
	begin := "BEGIN"
	if m == write {
		begin = "BEGIN IMMEDIATE"
	}
	pool := sql.OpenDB(connector{dsn(path, m), begin})
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return pool
}

// readers is how many queries run at once in one process; one more connection
// belongs to whoever watches the file.
const readers = 4 + 1

// engine is SQLite on one file.
type engine struct {
	path        string
	medium      bool // it is on a medium that is read-only
	log         *slog.Logger
	checkpoints checkpoints
}

// Options say which file, and what to do when there is none.
type Options struct {
	Path   string
	Create bool               // make the file where there is none
	Steps  map[string]db.Step // of the migrations
	Log    *slog.Logger
}

// Open opens the database file and brings its schema up to date. Without Create,
// a missing one is CodeNotFound; a file that is empty, cut short, foreign, or
// from a newer muster is refused and left as it is.
func Open(ctx context.Context, o Options) (*db.DB, error) {
	if o.Create {
		if err := Create(ctx, o.Path, o.Steps); err != nil {
			return nil, err
		}
	}
	if err := checkFile(o.Path); err != nil {
		return nil, err
	}
	if readOnlyMedium(filepath.Dir(o.Path)) {
		return openMedium(ctx, o.Path)
	}
	if err := inspect(ctx, o.Path); err != nil {
		return nil, err
	}
	d := open(o.Path, o.Log)
	if err := d.Migrate(ctx, o.Steps); err != nil {
		return nil, errors.Join(openError(o.Path, err), d.Close())
	}
	return d, nil
}

// openMedium opens a file on a medium that is read-only. Nobody writes there, so it
// is read without locks, for which SQLite would have to make files beside it.
func openMedium(ctx context.Context, path string) (*db.DB, error) {
	say := func(why string) error {
		return models.Errorf(models.CodeInternal, "the database %s is on a read-only medium, and %s", path, why).
			WithHint("copy the data directory to a place that can be written to, and name that with --data")
	}
	if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
		return nil, say("part of it is still in its log")
	}
	if err := inspect(ctx, path); err != nil {
		return nil, err
	}
	d := &db.DB{Engine: &engine{path: path, medium: true, log: slog.New(slog.DiscardHandler)}, Reader: openPool(path, still, readers)}
	v, err := d.SchemaVersion(ctx, d)
	if err == nil && v < len(db.Migrations()) {
		err = say("comes from an older muster, so it would have to be changed first")
	}
	if err != nil {
		return nil, errors.Join(openError(path, err), d.Close())
	}
	return d, nil
}

// open opens the pools of a file. They connect when they are first used.
func open(path string, log *slog.Logger) *db.DB {
	return &db.DB{Engine: &engine{path: path, log: log}, Reader: openPool(path, read, readers), Writer: openPool(path, write, 1)}
}

// openOnly opens a file for one purpose. Whoever looks at it has no writer.
func openOnly(path string, m mode) *db.DB {
	d := &db.DB{Engine: &engine{path: path, log: slog.New(slog.DiscardHandler)}}
	if d.Reader = openPool(path, m, 1); m == write {
		d.Writer = openPool(path, m, 1)
	}
	return d
}

// Lock has nothing to do: a change is an immediate transaction, of which there is
// one at a time.
func (e *engine) Lock(context.Context, *db.Tx, ...string) error { return nil }

// Retry: a change that got its turn meets no other.
func (e *engine) Retry(error) bool { return false }

func (e *engine) HasTable(ctx context.Context, q db.Queryer, name string) (bool, error) {
	var n int
	err := q.Row(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1", name).Scan(&n)
	return n > 0, err
}

func (e *engine) Before(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, fmt.Sprintf("PRAGMA application_id = %d; %s", applicationID, searchTables))
	return err
}

func (e *engine) After(ctx context.Context, tx *db.Tx, migration string) error {
	switch migration {
	case "0002_lifecycle.sql":
		_, err := tx.Exec(ctx, registryTables)
		return err
	case "0010_user_numbers.sql":
		return rebuildText(ctx, tx)
	}
	return nil
}

// NumberColumns has the rows of members and users written in the order of their
// numbers, so that those who stand together in the list are on the same pages of
// the file, and a page of the list reads few. rowid is about speed alone: a copy
// of the database keeps the order, not the values. It counts from one, which is
// why no number may be that small.
func (e *engine) NumberColumns() []string { return []string{"rowid", "num"} }

func (e *engine) Text() db.Text { return text{} }

func (e *engine) Files() []string { return []string{e.path} }

func (e *engine) Close() { e.checkpoints.close() }

func openError(path string, err error) error {
	switch code(err) & 0xff {
	case sqlite3.SQLITE_NOTADB:
		return damaged(path, "is not a database")
	case sqlite3.SQLITE_CORRUPT:
		return damaged(path, "is damaged")
	}
	return err
}

func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

func (e *engine) Fault(err error) db.Fault { return Fault(err) }

// Fault says what an error means where there is no database open yet.
func Fault(err error) db.Fault {
	if errors.Is(err, db.ErrMedium) {
		return db.Medium
	}
	switch code(err) & 0xff {
	case sqlite3.SQLITE_FULL:
		return db.Full
	case sqlite3.SQLITE_IOERR:
		return db.Broken
	case sqlite3.SQLITE_CANTOPEN:
		return db.Closed
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return db.ReadOnly
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return db.Busy
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return db.Damaged
	}
	return db.NoFault
}

// Integrity gives what SQLite finds wrong with the file and its references.
func (e *engine) Integrity(ctx context.Context, d *db.DB) (string, error) {
	var word string
	if err := d.Row(ctx, "PRAGMA integrity_check(1)").Scan(&word); err != nil {
		return "", err
	}
	if word != "ok" {
		return word, nil
	}
	rows, err := d.Query(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	if rows.Next() {
		return "a row refers to one that does not exist", nil
	}
	return "", rows.Err()
}
