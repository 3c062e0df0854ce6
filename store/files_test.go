package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// content is every file of a directory with its mode.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil && !info.IsDir() {
			t.Fatal(err)
		}
		out[f.Name()] = info.Mode().String() + string(b)
	}
	return out
}

// foreign makes a database that is not muster's.
func foreign(t *testing.T, path, journal string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path+"?_pragma=journal_mode("+journal+")")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE t (a); INSERT INTO t VALUES (1); PRAGMA user_version = 7"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestBadFilesAreLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.acme(w.ada())
	good := w.freeze()
	whole, err := os.ReadFile(filepath.Join(good.dir, store.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	write := func(b []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	damaged := slices.Clone(whole)
	copy(damaged[100:], make([]byte, 60))
	for name, tt := range map[string]struct {
		make func(t *testing.T, path string)
		want string // in the message
		hint string
	}{
		"zero bytes":         {write(nil), "is empty", "{installation.restore FILE}"},
		"one byte":           {write(whole[:1]), "is not a database of muster", "--data"},
		"half a header":      {write(whole[:50]), "is damaged", "{installation.restore FILE}"},
		"cut in a page":      {write(whole[:len(whole)-100]), "is ", "{installation.restore FILE}"},
		"cut after a page":   {write(whole[:len(whole)-4096]), "is ", "{installation.restore FILE}"},
		"cut to a page":      {write(whole[:4096]), "is ", "{installation.restore FILE}"},
		"garbage":            {write([]byte(strings.Repeat("this is no database ", 1000))), "is not a database", "{installation.restore FILE}"},
		"a damaged page one": {write(damaged), "is damaged", "{installation.restore FILE}"},
		"foreign":            {func(t *testing.T, path string) { _ = foreign(t, path, "DELETE").Close() }, "is not a database of muster", "--data"},
		"foreign with a log": {func(t *testing.T, path string) { _ = foreign(t, path, "WAL").Close() }, "is not a database of muster", "--data"},
		"foreign after a crash": {func(t *testing.T, path string) {
			db := foreign(t, path+".live", "WAL")
			defer db.Close()
			for _, end := range []string{"", "-wal"} { // as it stands while somebody works on it
				b, err := os.ReadFile(path + ".live" + end)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path+end, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}, "is not a database of muster", "--data"},
		"newer": {func(t *testing.T, path string) {
			write(whole)(t, path)
			db, err := sql.Open("sqlite", path+"?_pragma=journal_mode(DELETE)")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec("UPDATE schema_version SET version = 1000"); err != nil {
				t.Fatal(err)
			}
		}, "newer muster (schema 1000", "newer muster"},
		"open to the group": {func(t *testing.T, path string) {
			write(whole)(t, path)
			if err := os.Chmod(path, 0o640); err != nil {
				t.Fatal(err)
			}
		}, "open to other users (mode 0640)", "chmod 600"},
		"open to all": {func(t *testing.T, path string) {
			write(whole)(t, path)
			if err := os.Chmod(path, 0o604); err != nil {
				t.Fatal(err)
			}
		}, "open to other users (mode 0604)", "chmod 600"},
		"a directory": {func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, "not a regular file", ""},
		"a pipe": {func(t *testing.T, path string) {
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "not a regular file", ""},
		"a log without a database": {func(t *testing.T, path string) { write(whole)(t, path+"-wal") }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, store.DatabaseFile)
			tt.make(t, path)
			if name == "a pipe" { // reading it would wait
				_, err := store.Open(t.Context(), store.Options{Dir: dir})
				if e := models.AsError(err); err == nil || !strings.Contains(e.Message, tt.want) {
					t.Errorf("%v", err)
				}
				return
			}
			before := content(t, dir)
			for _, create := range []bool{false, true} {
				s, err := store.Open(t.Context(), store.Options{Dir: dir, Create: create})
				if err == nil {
					_ = s.Close()
					t.Fatalf("create %v: it was opened", create)
				}
				var e *models.Error
				if !errors.As(err, &e) || !strings.Contains(e.Message, tt.want) || !strings.Contains(e.Hint, tt.hint) {
					t.Errorf("create %v: %v (%+v)", create, err, e)
				}
				after := content(t, dir)
				delete(after, store.DatabaseFile+"-shm") // SQLite's, made beside a log that a crash left
				if !maps.Equal(before, after) {
					t.Errorf("create %v: %d files became %d, or were changed", create, len(before), len(after))
				}
			}
		})
	}
}

func TestMissingDatabase(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "none")
	_, err := store.Open(t.Context(), store.Options{Dir: dir})
	wantCode(t, err, models.CodeNotFound)
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Error("looking made the directory")
	}
	_, err = store.Open(t.Context(), store.Options{Dir: dir, Create: true, Plans: models.Plans{"explore": {}}})
	wantCode(t, err, models.CodeInvalid)
}

func TestModesOfNewFiles(t *testing.T) {
	t.Parallel()
	w := worldIn(t, filepath.Join(t.TempDir(), "data"))
	ada := w.ada()
	w.acme(ada)
	backup := filepath.Join(t.TempDir(), "backup")
	if err := w.s.Backup(w.ctx, backup); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{w.dir, filepath.Join(w.dir, store.DatabaseFile), filepath.Join(w.dir, store.DatabaseFile+"-wal"), filepath.Join(w.dir, store.DatabaseFile+"-shm"), filepath.Join(w.dir, store.SecretFile), backup} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		want := os.FileMode(0o600)
		if info.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %04o", path, info.Mode().Perm())
		}
	}
	for _, c := range w.s.Health(w.ctx) {
		if !c.OK {
			t.Errorf("health: %+v", c)
		}
	}
	if err := os.Chmod(w.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if c := w.s.Health(w.ctx)[0]; c.OK || !strings.Contains(c.Note, "0755") {
		t.Errorf("an open directory: %+v", c)
	}
}

// Another process that holds the database is waited for, told of, and reading
// goes on meanwhile.
func TestLockedDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	db, err := sql.Open("sqlite", filepath.Join(w.dir, store.DatabaseFile)+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "a@example.com"})
		done <- err
	}()
	must[models.OrgView](t)(w.s.Organization(w.ctx, ada, acme.ID))
	err = <-done // after busyMillis
	wantCode(t, err, models.CodeConflict)
	if e := models.AsError(err); e.Message != "another process holds the database" || e.Hint == "" {
		t.Errorf("%+v", e)
	}
	go func() {
		_, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "b@example.com"})
		done <- err
	}()
	must[models.OrgView](t)(w.s.Organization(w.ctx, ada, acme.ID))
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("after it was given back: %v", err)
	}
	w.sound()
}

// Whoever waits no longer gets an answer, and nothing is half done.
func TestCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	for i := range 40 {
		ctx, cancel := context.WithTimeout(w.ctx, time.Duration(i*50)*time.Microsecond)
		_, err := w.s.CreateInvitation(ctx, ada, acme.ID, models.NewInvitation{Email: fmt.Sprintf("a%d@example.com", i)})
		cancel()
		if n := w.number("SELECT count(*) FROM invitations WHERE email = $1", fmt.Sprintf("a%d@example.com", i)); err == nil && n != 1 {
			t.Errorf("answered as done and is not: %d", n)
		}
	}
	w.sound()
	must[models.Invitation](t)(w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "last@example.com"}))
}

// A directory or a file that cannot be written stops with a word, and stays.
func TestReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.acme(w.ada())
	good := w.freeze()
	for name, modes := range map[string][2]os.FileMode{"directory": {0o500, 0o600}, "file": {0o700, 0o400}} {
		dir := filepath.Join(t.TempDir(), "data")
		copyDir(t, good.dir, dir)
		before := content(t, dir)
		if err := os.Chmod(filepath.Join(dir, store.DatabaseFile), modes[1]); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, modes[0]); err != nil {
			t.Fatal(err)
		}
		p := asNobody(t, dir)
		got := p.line()
		if !strings.HasPrefix(got, "internal the database cannot be ") || !strings.Contains(got, "nothing was changed") {
			t.Errorf("%s: %q", name, got)
		}
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		after := content(t, dir)
		delete(after, store.DatabaseFile+"-shm")
		for f, c := range after {
			if strings.TrimLeft(before[f], "-rwx") != strings.TrimLeft(c, "-rwx") {
				t.Errorf("%s: %s was changed or made: %q", name, f, c[:min(len(c), 60)])
			}
		}
	}
}

// doWriteOnce opens the store, makes one change and says what came of it.
func doWriteOnce() int {
	s, err := childStore(false)
	if err == nil {
		defer s.Close()
		var admin models.User
		if admin, err = s.FirstAdmin(context.Background()); err == nil {
			_, err = s.CreateOrganization(context.Background(), models.Actor{UserID: admin.ID, Via: models.ViaLocal}, store.NewOrganization{Name: "New", Code: "NEW1"})
		}
	}
	if e := models.AsError(err); e != nil {
		fmt.Println(e.Code, e.Message, e.Hint)
	} else {
		fmt.Println("done")
	}
	return 0
}
