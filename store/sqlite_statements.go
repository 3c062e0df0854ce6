package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"

	"modernc.org/sqlite"
)

// Parsing and planning a statement costs more than running most of those here,
// and database/sql keeps a prepared one only for who holds on to it, across
// connections it takes from the pool to do so: with one writer connection, which
// the transaction at hand has, it would wait for itself. So each connection
// keeps the statements it has run.

// maxStatements is how many a connection keeps. Queries with filters are made
// from parts, so there are more texts than places in the code.
const maxStatements = 160

// connector opens connections that keep their statements.
type connector struct{ dsn string }

func (c connector) Driver() driver.Driver { return &sqlite.Driver{} }

func (c connector) Connect(context.Context) (driver.Conn, error) {
	raw, err := c.Driver().Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return &keepingConn{rawConn: raw.(rawConn), idle: map[string]keptStmt{}}, nil
}

// rawConn is what the driver's connections can do.
type rawConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type keptStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// keepingConn keeps statements that are not in use, by their text. database/sql
// holds a lock around each call of a connection, its statements and rows.
type keepingConn struct {
	rawConn
	idle map[string]keptStmt
}

// single says whether a text is one statement: of a script, such as a
// migration, the driver keeps nothing prepared.
func single(query string) bool { return !strings.Contains(query, ";") }

// take gives a statement that nobody else uses until keep.
func (c *keepingConn) take(ctx context.Context, query string) (keptStmt, error) {
	if s, ok := c.idle[query]; ok {
		delete(c.idle, query)
		return s, nil
	}
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.(keptStmt), nil
}

// keep takes a statement back, or closes it after an error and when the same
// text was run within it.
func (c *keepingConn) keep(query string, s keptStmt, err error) {
	if _, double := c.idle[query]; double || err != nil {
		_ = s.Close()
		return
	}
	for text, other := range c.idle {
		if len(c.idle) < maxStatements {
			break
		}
		delete(c.idle, text)
		_ = other.Close()
	}
	c.idle[query] = s
}

func (c *keepingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if !single(query) {
		return c.rawConn.ExecContext(ctx, query, args)
	}
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	r, err := s.ExecContext(ctx, args)
	c.keep(query, s, err)
	return r, err
}

func (c *keepingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if !single(query) {
		return c.rawConn.QueryContext(ctx, query, args)
	}
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		c.keep(query, s, err)
		return nil, err
	}
	return &keptRows{Rows: rows, conn: c, query: query, stmt: s}, nil
}

// NewBackup copies the database over the one of the URI.
func (c *keepingConn) NewBackup(uri string) (*sqlite.Backup, error) {
	b, ok := c.rawConn.(interface {
		NewBackup(string) (*sqlite.Backup, error)
	})
	if !ok {
		return nil, fmt.Errorf("the SQLite driver %T has no backup", c.rawConn)
	}
	return b.NewBackup(uri)
}

func (c *keepingConn) Close() error {
	for _, s := range c.idle {
		_ = s.Close()
	}
	clear(c.idle)
	return c.rawConn.Close()
}

// keptRows gives its statement back when it is closed.
type keptRows struct {
	driver.Rows
	conn  *keepingConn
	query string
	stmt  keptStmt // nil once given back
}

func (r *keptRows) Close() error {
	if r.stmt == nil {
		return nil
	}
	err := r.Rows.Close()
	r.conn.keep(r.query, r.stmt, err)
	r.stmt = nil
	return err
}

// openPool opens connections to the database: the one writer, or readers.
func openPool(path string, writer bool, conns int) (*sql.DB, error) {
	db := sql.OpenDB(connector{dsn(path, writer)})
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}
