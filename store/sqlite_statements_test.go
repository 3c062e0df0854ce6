package store

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
)

func TestStatementsAreKept(t *testing.T) {
	ctx := context.Background()
	db, err := openPool(filepath.Join(t.TempDir(), "test.db"), true, 1)
	if err != nil {
		t.Fatal(err)
	}
	exec := func(query string, args ...any) error {
		_, err := db.ExecContext(ctx, query, args...)
		return err
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	idle := func() (n int) {
		t.Helper()
		c, err := db.Conn(ctx)
		must(err)
		defer c.Close()
		must(c.Raw(func(conn any) error {
			n = len(conn.(*keepingConn).idle)
			return nil
		}))
		return n
	}
	must(exec("CREATE TABLE n (a INTEGER UNIQUE, b TEXT); CREATE TABLE other (a INTEGER)")) // a script
	if got := idle(); got != 0 {
		t.Errorf("%d statements of a script are kept", got)
	}
	const insert = "INSERT INTO n (a, b) VALUES ($1, $2)"
	for i := range 5 {
		must(exec(insert, i, fmt.Sprint("row ", i)))
	}
	if got := idle(); got != 1 {
		t.Errorf("%d statements are kept, want 1", got)
	}

	// One that failed is not kept, and its text works again.
	if err := exec(insert, 1, "twice"); err == nil {
		t.Error("a unique column took a value twice")
	}
	if got := idle(); got != 0 {
		t.Errorf("%d statements are kept after an error", got)
	}
	must(exec(insert, 5, nil))

	// The same text can run within itself, and arguments do not stay.
	const query = "SELECT a FROM n WHERE a >= $1 ORDER BY a"
	tx, err := db.BeginTx(ctx, nil)
	must(err)
	var all []int
	outer, err := tx.QueryContext(ctx, query, 3)
	must(err)
	for outer.Next() {
		var a int
		must(outer.Scan(&a))
		inner, err := tx.QueryContext(ctx, query, a)
		must(err)
		for inner.Next() {
			var b int
			must(inner.Scan(&b))
			all = append(all, 10*a+b)
		}
		must(inner.Close())
	}
	must(outer.Close())
	must(tx.Commit())
	if fmt.Sprint(all) != "[33 34 35 44 45 55]" {
		t.Errorf("got %v", all)
	}
	var none any
	must(db.QueryRowContext(ctx, "SELECT b FROM n WHERE a = $1", 5).Scan(&none))
	if none != nil {
		t.Errorf("an argument left out is %v", none)
	}

	// A row that is not read to its end holds nothing up.
	var first int
	must(db.QueryRowContext(ctx, query, 0).Scan(&first))
	must(exec("DROP TABLE other"))
	must(exec("ALTER TABLE n ADD COLUMN c INTEGER")) // the schema is not what it was prepared for
	must(db.QueryRowContext(ctx, query, 4).Scan(&first))
	if first != 4 {
		t.Errorf("got %d after the schema changed", first)
	}

	for i := range 2 * maxStatements {
		must(db.QueryRowContext(ctx, fmt.Sprintf("SELECT %d", i)).Scan(&first))
	}
	if got := idle(); got > maxStatements {
		t.Errorf("%d statements are kept", got)
	}
	must(db.Close())
}
