package store

// This file and sqlite_text.go hold what is SQLite's own: opening, beginning, the
// signal that another process wrote, what its errors mean, text search.
// Everything else in the package is SQL that PostgreSQL takes as well.

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"muster/models"
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
	read  mode = iota // queries
	write             // one transaction after the other, each immediate
	look              // queries that never write, not even what a crash left in the log
	still             // look at a file that nobody works on: without locks, and without files beside it
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
	default:
		q.Add("_pragma", "query_only(1)")
	}
	switch m {
	case look:
		q.Set("mode", "ro")
	case still:
		q.Set("immutable", "1")
	}
	q.Add("_pragma", "trusted_schema(0)")
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

func openPool(path string, m mode, conns int) (*sql.DB, error) {
	begin := "BEGIN"
	if m == write {
		begin = "BEGIN IMMEDIATE"
	}
	db := sql.OpenDB(connector{dsn(path, m), begin})
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// checkpoint moves what it can of the log into the database file, and waits for
// nobody. Writers and readers go on meanwhile.
func checkpoint(ctx context.Context, db *sql.DB) error {
	var busy, log, moved int
	return db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &log, &moved)
}

// checkDir refuses a data directory that others can write to: they could put a
// database, a secret or a host key of theirs in the place of the real one. One
// that is not there is for checkFile to tell.
func checkDir(dir string) error {
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm()&0o022 == 0 || runtime.GOOS == "windows" {
		return nil
	}
	return models.Errorf(models.CodeInternal, "others can write to the data directory %s (mode %04o)", dir, info.Mode().Perm()).
		WithHint("run: chmod 700 %s", dir)
}

// checkFile refuses a file that is no database of muster's and leaves it as it
// is. It must run before the first connection, and never opens the file itself:
// closing it would drop the locks of every connection in this process.
func checkFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return models.Errorf(models.CodeNotFound, "there is no database at %s", path).
			WithHint("make one with: muster init --name NAME --email ADDRESS")
	case err != nil:
		return models.Errorf(models.CodeInternal, "cannot look at the database: %v", err)
	case !info.Mode().IsRegular():
		return models.Errorf(models.CodeInternal, "the database %s is not a regular file", path)
	case info.Size() == 0:
		return damaged(path, "is empty")
	case info.Mode().Perm()&0o077 != 0:
		return models.Errorf(models.CodeInternal, "the database %s is open to other users (mode %04o)", path, info.Mode().Perm()).
			WithHint("run: chmod 600 %s", path)
	}
	return nil
}

// errNotOurs marks a file that no muster can use as it is: damaged, cut short,
// foreign.
var errNotOurs = errors.New("not a usable database")

// inspect looks inside a file through SQLite and refuses what is no whole
// database of muster's, or one of a newer muster. It leaves the file as it is.
func inspect(ctx context.Context, path string) error {
	err := inspectOnce(ctx, path)
	if errors.Is(err, errNotOurs) {
		// Somebody may have written without our having seen the log.
		err = inspectOnce(ctx, path)
	}
	return err
}

func inspectOnce(ctx context.Context, path string) error {
	m := still
	if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
		m = look // part of the database is in the log
	}
	db, err := openPool(path, m, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	var app int64
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&app); err != nil {
		return openError(path, err)
	}
	if app != applicationID {
		return &models.Error{Code: models.CodeInternal, Message: path + " is not a database of muster",
			Hint: "it was left as it is; name another directory with --data", Err: errNotOurs}
	}
	if m == still { // SQLite takes a last page that is cut short for a whole one
		var size int64
		if err := db.QueryRowContext(ctx, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").Scan(&size); err != nil {
			return openError(path, err)
		}
		if info, err := os.Stat(path); err == nil && info.Size() < size {
			return damaged(path, "is cut short")
		}
	}
	v, err := schemaVersion(ctx, db)
	if err != nil {
		return openError(path, err)
	}
	if v == 0 {
		return damaged(path, "is damaged")
	}
	if v > schemaNewest() {
		return newerSchema(v)
	}
	return nil
}

func damaged(path, what string) error {
	return &models.Error{Code: models.CodeInternal, Message: "the database " + path + " " + what,
		Hint: "it was left as it is; bring a backup back with: muster restore FILE", Err: errNotOurs}
}

func openError(path string, err error) error {
	switch sqliteCode(err) & 0xff {
	case sqlite3.SQLITE_NOTADB:
		return damaged(path, "is not a database")
	case sqlite3.SQLITE_CORRUPT:
		return damaged(path, "is damaged")
	}
	return dataError(err)
}

func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// dataError turns what went wrong below SQL into a word for people. Errors of
// the domain pass unchanged.
func dataError(err error) error {
	var known *models.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	say := func(code models.Code, hint, format string) error {
		return &models.Error{Code: code, Message: format, Hint: hint, Err: err}
	}
	switch sqliteCode(err) & 0xff {
	case sqlite3.SQLITE_FULL:
		return say(models.CodeInternal, "nothing was changed; free some space and try again", "the disk is full")
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
		return say(models.CodeInternal, "nothing was changed; check the disk and the data directory", "the database cannot be read or written")
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return say(models.CodeInternal, "nothing was changed; check who owns the data directory", "the database cannot be written")
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return say(models.CodeConflict, "nothing was changed; try again", "another process holds the database")
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return say(models.CodeInternal, "stop muster and bring a backup back with: muster restore FILE", "the database is damaged")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return say(models.CodeLimit, "nothing was changed; try again", "it took too long")
	}
	return err
}

// dataVersion changes whenever another connection, of this process or another,
// has committed. It must be asked on one and the same connection.
func dataVersion(ctx context.Context, c *sql.Conn) (v int64, err error) {
	err = c.QueryRowContext(ctx, "PRAGMA data_version").Scan(&v)
	return v, err
}

// copyTo writes a whole and consistent copy of the database into a file that
// exists and is empty, so that it keeps its mode.
func copyTo(ctx context.Context, db *sql.DB, file string) error {
	_, err := db.ExecContext(ctx, "VACUUM INTO $1", file)
	return err
}

// integrity gives what SQLite finds wrong with the file and its references,
// empty for nothing.
func integrity(ctx context.Context, db *sql.DB) (string, error) {
	var word string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&word); err != nil {
		return "", err
	}
	if word != "ok" {
		return word, nil
	}
	rows, err := db.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	if rows.Next() {
		return "a row refers to one that does not exist", nil
	}
	return "", rows.Err()
}
