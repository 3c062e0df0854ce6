package store

// This file holds what is SQLite's own: opening, beginning, the signal that
// another process wrote, text search, what its errors mean. Everything else
// in the package is SQL that PostgreSQL takes as well.

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"muster/models"
)

// applicationID marks a database file as muster's ("mstr").
const applicationID = 0x6d737472

// busyMillis is how long one process waits for another's write to end.
const busyMillis = 10_000

// searchTables is the part of the schema that SQLite alone has: indexes over
// every run of three characters, which make substring search quick, and their
// vocabularies, by which shorter terms find the runs that begin with them. The
// text is in the form of models.NormText, so case and accents count.
const searchTables = `
CREATE VIRTUAL TABLE member_text USING fts5(text, content='', contentless_delete=1, tokenize='trigram case_sensitive 1');
CREATE VIRTUAL TABLE invitation_text USING fts5(text, content='', contentless_delete=1, tokenize='trigram case_sensitive 1');
CREATE VIRTUAL TABLE member_text_words USING fts5vocab(member_text, row);
CREATE VIRTUAL TABLE invitation_text_words USING fts5vocab(invitation_text, row);
`

// textEnd ends each text in an index, so that a run of three characters begins
// at every character, the last ones as well.
const textEnd = "\n\n"

// A mode says what a connection is for.
type mode int

const (
	look  mode = iota // only to see what a file is: never writes, not even what a crash left in the log
	read              // queries
	write             // one transaction after the other, each immediate
)

func dsn(path string, m mode) string {
	q := url.Values{}
	// busy_timeout goes first: the driver applies it before the others, which
	// may have to wait for a lock themselves.
	q.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", busyMillis))
	switch m {
	case write:
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", "synchronous(FULL)")
		q.Add("_pragma", "foreign_keys(1)")
		q.Set("_txlock", "immediate")
	case look:
		q.Set("mode", "ro")
		fallthrough
	case read:
		q.Add("_pragma", "query_only(1)")
	}
	q.Add("_pragma", "trusted_schema(0)")
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

func openPool(path string, m mode, conns int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, m))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
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
	db, err := openPool(path, look, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	var app, pages, size int64
	for pragma, into := range map[string]*int64{"application_id": &app, "page_count": &pages, "page_size": &size} {
		if err := db.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(into); err != nil {
			return openError(path, err)
		}
	}
	if app != applicationID {
		return &models.Error{Code: models.CodeInternal, Message: path + " is not a database of muster",
			Hint: "it was left as it is; name another directory with --data", Err: errNotOurs}
	}
	// A write-ahead log that still holds pages makes the file shorter than
	// the database it stands for.
	wal, walErr := os.Stat(path + "-wal")
	info, err := os.Stat(path)
	if err == nil && (walErr != nil || wal.Size() == 0) && info.Size() < pages*size {
		return damaged(path, "is cut short")
	}
	v, err := schemaVersion(ctx, db)
	if err != nil {
		return openError(path, err)
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

// A textIndex is one of the search tables.
type textIndex string

const (
	memberText     textIndex = "member_text"
	invitationText textIndex = "invitation_text"
)

func (x textIndex) put(ctx context.Context, t *tx, num int64, text string) error {
	_, err := t.exec(ctx, "INSERT OR REPLACE INTO "+string(x)+" (rowid, text) VALUES ($1, $2)", num, text+textEnd)
	return err
}

func (x textIndex) remove(ctx context.Context, t *tx, num int64) error {
	_, err := t.exec(ctx, "DELETE FROM "+string(x)+" WHERE rowid = $1", num)
	return err
}

// hits counts the rows of one organization that hold the term, up to most+1.
// It is -1 for a term too short for the index.
func (x textIndex) hits(ctx context.Context, t *tx, orgNum int64, term string, most int) (int, error) {
	if len([]rune(term)) < 3 {
		return -1, nil
	}
	var n int
	err := t.row(ctx, "SELECT count(*) FROM (SELECT rowid FROM "+string(x)+
		" WHERE text MATCH $1 AND rowid BETWEEN $2 AND $3 LIMIT $4)",
		phrase(term), firstNum(orgNum), lastNum(orgNum), most+1).Scan(&n)
	return n, err
}

// among is the condition that a row is one of those that hold the term. The
// placeholders start at from; args are what they stand for. Table is the table
// that the rows are in.
func (x textIndex) among(from int, orgNum int64, term string) (cond string, args []any) {
	cond = fmt.Sprintf("num IN (SELECT rowid FROM %s WHERE text MATCH $%d AND rowid BETWEEN $%d AND $%d)", x, from, from+1, from+2)
	return cond, []any{phrase(term), firstNum(orgNum), lastNum(orgNum)}
}

// holds is the condition that a row's text holds the term, for a scan.
func holds(placeholder int) string { return holdsIn("text", placeholder) }

// holdsIn is holds for a text that needs the name of its table.
func holdsIn(column string, placeholder int) string {
	return fmt.Sprintf("instr(%s, $%d) > 0", column, placeholder)
}

// phrase quotes a term for FTS5, where only the double quote is special inside
// a string.
func phrase(term string) string { return `"` + strings.ReplaceAll(term, `"`, `""`) + `"` }

// Rows of the text indexes are numbered by organization, so that a search can
// keep to one organization without reading the others' rows.
const rowBits = 32

func firstNum(orgNum int64) int64 { return orgNum << rowBits }
func lastNum(orgNum int64) int64  { return orgNum<<rowBits | (1<<rowBits - 1) }

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
