package store_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"flag"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"muster/store"
)

// postgresDSN is a database of a PostgreSQL server on which tests may make
// others; with none, they run on SQLite.
var postgresDSN = os.Getenv("MUSTER_TEST_PG")

// spared says whether the nth change of a method, each by somebody else and on a
// world of its own, need not be tried on a server, where a world takes long to
// make: who may is a rule of models, which the embedded database shows for everybody.
func spared(n int) bool { return postgresDSN != "" && n > 1 }

// Of what rapid draws, a server sees a tenth.
func init() {
	if postgresDSN != "" {
		if err := flag.Set("rapid.checks", "10"); err != nil {
			panic(err) // rapid has no such flag any more
		}
	}
}

// made are the databases of this process, by directory.
var made sync.Map

func databaseName(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return "test_" + hex.EncodeToString(sum[:8])
}

func dsnOf(name string) string {
	u, err := url.Parse(postgresDSN)
	if err != nil {
		panic(err) // of MUSTER_TEST_PG
	}
	u.Path = "/" + name
	return u.String()
}

// database gives the address of the database that belongs to a data directory,
// "" for its file; the first time it is made, from a template of the test's or else
// from one that has had the migrations.
func database(t testing.TB, dir, template string) string {
	t.Helper()
	if postgresDSN == "" {
		return ""
	}
	name := databaseName(dir)
	if _, there := made.LoadOrStore(name, true); there {
		return dsnOf(name)
	}
	from, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	if template != "" {
		from = databaseName(template)
	}
	// Copying files takes half of what copying through the server's log does.
	if err := server("DROP DATABASE IF EXISTS "+name+" WITH (FORCE)", "CREATE DATABASE "+name+" TEMPLATE "+from+" STRATEGY file_copy"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // hundreds of them take gigabytes, and minutes to remove
		if err := server("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		made.Delete(name)
	})
	return dsnOf(name)
}

// migrated is the name of a database that nobody has used, made once in a process.
var migrated = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "muster-fresh-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	name := databaseName(dir)
	if err := server("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"); err != nil {
		return "", err
	}
	s, err := store.Open(context.Background(), store.Options{Dir: dir, DSN: dsnOf(name), Create: true})
	if err != nil {
		return "", err
	}
	return name, s.Close()
})

// server has the server do something outside of the tests' databases.
func server(queries ...string) error {
	db, err := sql.Open("pgx", postgresDSN)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, query := range queries {
		if _, err := db.Exec(query); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
	}
	return nil
}
