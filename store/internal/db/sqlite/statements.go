package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"modernc.org/sqlite"
)

// Compiling a statement takes SQLite about as long as running it, and a change
// runs some twenty of them. So each connection keeps those it has compiled:
// connector stands between database/sql, which would throw them away, and the
// driver.

// connector opens connections that keep their statements.
type connector struct {
	dsn   string
	begin string // what starts a transaction
}

func (c connector) Connect(context.Context) (driver.Conn, error) {
	d, err := c.Driver().Open(c.dsn)
	if err != nil {
		return nil, err
	}
	inner, ok := d.(sqliteConn)
	if !ok {
		return nil, fmt.Errorf("the SQLite driver's connection %T lacks methods", d)
	}
	return &conn{sqliteConn: inner, begin: c.begin, kept: map[string]*stmt{}}, nil
}

func (connector) Driver() driver.Driver { return &sqlite.Driver{} }

// sqliteConn is what the driver's connection can do. Exec and Query are not
// part of it, so that database/sql always asks for a statement.
type sqliteConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	NewBackup(dst string) (*sqlite.Backup, error)
}

// maxKept bounds the statements of a connection. The queries of the store are
// fewer than that; a page of a list has one form for each sort and filter.
const maxKept = 256

// conn is used by one goroutine at a time, as database/sql sees to.
type conn struct {
	sqliteConn
	begin string
	kept  map[string]*stmt
}

func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if st := c.kept[query]; st != nil && !st.busy {
		st.busy = true
		return st, nil
	}
	p, err := c.sqliteConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	inner, ok := p.(sqliteStmt)
	if !ok {
		return nil, fmt.Errorf("the SQLite driver's statement %T lacks methods", p)
	}
	if c.kept[query] != nil || len(c.kept) >= maxKept {
		return inner, nil
	}
	st := &stmt{sqliteStmt: inner, busy: true}
	c.kept[query] = st
	return st, nil
}

// BeginTx runs a kept statement as well: the driver's own compiles three words
// at the start and at the end of each transaction.
func (c *conn) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	if err := c.run(ctx, c.begin); err != nil {
		// Somebody who stops waiting may do so just when it has begun, and the
		// connection goes back to the pool.
		_ = transaction{c}.Rollback()
		return nil, err
	}
	return transaction{c}, nil
}

func (c *conn) run(ctx context.Context, query string) error {
	p, err := c.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer p.Close()
	_, err = p.(sqliteStmt).ExecContext(ctx, nil)
	return err
}

// transaction is the one of its connection.
type transaction struct{ c *conn }

// Commit leaves the connection without a transaction in any case.
func (t transaction) Commit() error {
	err := t.c.run(context.Background(), "COMMIT")
	if err != nil {
		_ = t.Rollback() // it may be over already
	}
	return err
}

func (t transaction) Rollback() error { return t.c.run(context.Background(), "ROLLBACK") }

func (c *conn) Close() error {
	for _, st := range c.kept {
		_ = st.sqliteStmt.Close()
	}
	clear(c.kept)
	return c.sqliteConn.Close()
}

type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// stmt is a statement that outlives its use.
type stmt struct {
	sqliteStmt
	busy bool
}

// Close gives the statement back to its connection.
func (s *stmt) Close() error {
	s.busy = false
	return nil
}

// Statements lists the queries that the connections of a pool have compiled so far.
func Statements(ctx context.Context, pool *sql.DB) (list []string, err error) {
	for range pool.Stats().MaxOpenConnections {
		c, err := pool.Conn(ctx)
		if err != nil {
			return nil, err
		}
		defer c.Close() // after the loop, so that each is another one
		if err := c.Raw(func(d any) error {
			for query := range d.(*conn).kept {
				list = append(list, query)
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return list, nil
}
