package store_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"net/url"
	"os"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// postgresDSN is a database of a PostgreSQL server on which tests may make
// others; with none, they run on SQLite.
var postgresDSN = os.Getenv("MUSTER_TEST_PG")

// made are the databases of this process, by directory.
var made sync.Map

func databaseName(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return "test_" + hex.EncodeToString(sum[:8])
}

func dsnOf(t testing.TB, name string) string {
	t.Helper()
	u, err := url.Parse(postgresDSN)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// database gives the address of the database that belongs to a data directory,
// "" for its file; the first time it is made, from a template if there is one.
func database(t testing.TB, dir, template string) string {
	t.Helper()
	if postgresDSN == "" {
		return ""
	}
	name := databaseName(dir)
	if _, there := made.LoadOrStore(name, true); there {
		return dsnOf(t, name)
	}
	from := "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
	if template != "" {
		from = "TEMPLATE " + databaseName(template)
	}
	server(t, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	server(t, "CREATE DATABASE "+name+" "+from)
	return dsnOf(t, name)
}

func server(t testing.TB, query string) {
	t.Helper()
	db, err := sql.Open("pgx", postgresDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}
