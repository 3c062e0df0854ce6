package fresh

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"muster/store"
)

// TestDatabaseIsLikeANewOne holds that a copy has the schema and the rows of a
// database that the store makes, and a secret of its own.
func TestDatabaseIsLikeANewOne(t *testing.T) {
	now := func() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }
	copied, other, made := t.TempDir(), t.TempDir(), t.TempDir()
	Database(t, copied)
	Database(t, other)
	secrets := map[string]bool{}
	for _, dir := range []string{copied, other, made} {
		s, err := store.Open(context.Background(), store.Options{Dir: dir, Create: dir == made, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		secrets[read(t, filepath.Join(dir, store.SecretFile))] = true
	}
	if len(secrets) != 3 {
		t.Errorf("%d secrets of three", len(secrets))
	}
	want, got := everything(t, made), everything(t, copied)
	if len(want) < 20 || !slices.Equal(got, want) {
		t.Errorf("the copy holds\n%q\nand one that the store made\n%q", got, want)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// everything is the schema and each row of each table.
func everything(t *testing.T, dir string) []string {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, store.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	out := rows(t, db, "SELECT type, name, sql FROM sqlite_master ORDER BY type, name")
	for _, table := range rows(t, db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") {
		out = append(out, table)
		out = append(out, rows(t, db, "SELECT * FROM "+table)...)
	}
	return out
}

func rows(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	r, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer r.Close()
	cols, err := r.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for r.Next() {
		values, dest := make([]sql.NullString, len(cols)), make([]any, len(cols))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := r.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		line := ""
		for i, v := range values {
			if i > 0 {
				line += " "
			}
			line += v.String
		}
		out = append(out, line)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
