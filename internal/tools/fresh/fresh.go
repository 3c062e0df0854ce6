// Package fresh gives tests new databases without the work of making each. The
// migrations run once in a process; every test gets a copy of what they made.
package fresh

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"muster/store"
)

// content is the file of a database that nobody has used.
var content = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "muster-fresh-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(context.Background(), store.Options{Dir: dir, Create: true})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil { // moves the log into the file
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, store.DatabaseFile))
})

// Database makes the data directory dir, if there is none, and puts a new database
// into it, as store.Open with Create would. The secret is left to whoever opens it, so
// no two directories share one. A test of how a database is made does without.
func Database(t testing.TB, dir string) {
	t.Helper()
	b, err := content()
	if err != nil {
		t.Fatalf("a new database: %v", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, store.DatabaseFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}
