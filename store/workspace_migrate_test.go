package store_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muster/internal/id"
	"muster/models"
	"muster/store"
	migrations "muster/store/internal/db"
)

// TestOldOrganizationsGetGeneral makes the database of before workspaces, with
// what is in a new one, and opens it.
func TestOldOrganizationsGetGeneral(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	w.join(ada, acme.ID, "bob@example.com", models.RoleMember)
	old := &world{t: t, ctx: w.ctx, clock: w.clock, dir: filepath.Join(t.TempDir(), "old")}
	makeOld(t, filepath.Join(w.dir, store.DatabaseFile), old.dir, "0004_workspaces.sql")

	old.s = old.open()
	for _, org := range []string{acme.ID, "~ada"} {
		page, err := old.s.ListWorkspaces(w.ctx, ada, org, models.WorkspaceQuery{})
		if err != nil || len(page.Items) != 1 || page.Total != 1 {
			t.Fatalf("%s: %+v, %v", org, page, err)
		}
		if v := page.Items[0]; v.Name != models.GeneralWorkspace || !v.Current || !id.Valid(v.ID, "wsp") {
			t.Errorf("%s: %+v", org, v)
		}
	}
	if _, err := old.s.CreateWorkspace(w.ctx, ada, acme.ID, models.NewWorkspace{Name: "Second"}); err != nil {
		t.Error(err)
	}
	if _, err := old.s.AddWorkspaceMember(w.ctx, ada, acme.ID, "General", "bob@example.com", models.WorkspaceEditor); err != nil {
		t.Error(err)
	}
	old.counted()
	old.verified()
}

// makeOld copies a database into one whose schema ends before a migration, with
// empty text indexes.
func makeOld(t *testing.T, from, dir, end string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, store.DatabaseFile)
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	do := func(query string) {
		t.Helper()
		if _, err := db.Exec(query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	names := func(query string) (list []string) {
		t.Helper()
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			list = append(list, s)
		}
		return list
	}
	do("ATTACH '" + from + "' AS new")
	do("PRAGMA application_id = 0x6d737472")
	for _, s := range names("SELECT sql FROM new.sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%' OR name = 'schema_version'") {
		do(s)
	}
	virtual := names("SELECT name FROM sqlite_master")
	files := migrations.Migrations()
	steps := slices.Index(files, end)
	for _, f := range files[:steps] {
		text, err := migrations.Migration(f)
		if err != nil {
			t.Fatal(err)
		}
		do(text)
	}
	for _, table := range names("SELECT name FROM sqlite_master WHERE type = 'table'") {
		if !slices.Contains(virtual, table) {
			cols := strings.Join(names("SELECT name FROM pragma_table_info('"+table+"')"), ", ")
			do("DELETE FROM " + table) // what a migration has put there
			do("INSERT INTO " + table + " (" + cols + ") SELECT " + cols + " FROM new." + table)
		}
	}
	do("DELETE FROM schema_version")
	if _, err := db.Exec("INSERT INTO schema_version VALUES (?)", steps); err != nil {
		t.Fatal(err)
	}
}
