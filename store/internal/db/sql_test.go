package db_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ofOne is what only one engine understands, and the drivers of the engines.
var ofOne = regexp.MustCompile(`(?i)\b(` + strings.Join([]string{
	// SQLite
	`rowid`, `pragma`, `sqlite_\w+`, `instr ?\(`, `fts5\w*`, `match \?`, `match \$`, `insert or \w+`, `data_version`, `application_id`, `vacuum`,
	`autoincrement`, `strftime`, `julianday`, `unixepoch`, `begin immediate`, `collate nocase`, `attach `, `indexed by`,
	// PostgreSQL
	`position ?\(`, `for (no key )?update`, `any ?\(\$`, `ilike`, `pg_\w+`, `to_regclass`, `listen \w+`, `notify \w+`, `using gin`, `materialized`, `distinct on`,
	`bigserial`, `skip locked`, `current_schema`,
}, "|") + `)|\$\d+::|modernc\.org/sqlite|jackc/pgx`)

// TestSQLOfOneEngineStaysInItsRoom looks through what goes into the program: a
// query that one engine alone takes would be found by nobody until somebody runs
// the other.
func TestSQLOfOneEngineStaysInItsRoom(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	files, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil || !strings.HasPrefix(string(files), "module muster\n") {
		t.Fatalf("%s is not the root of the module: %v", root, err)
	}
	rooms := []string{"store/internal/db/sqlite", "store/internal/db/postgres"}
	// Tools that write files of SQLite by themselves, to have a million rows soon.
	rooms = append(rooms, "internal/crowd", "internal/bench", "internal/tools")
	looked := 0
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if slices.Contains(rooms, rel) || strings.HasPrefix(d.Name(), ".") && rel != "." || d.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		switch {
		case strings.HasSuffix(rel, ".sql"):
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			looked++
			for line := range strings.Lines(string(text)) {
				line, _, _ = strings.Cut(line, "--")
				if hit := ofOne.FindString(line); hit != "" {
					t.Errorf("%s: %q is SQL of one engine", rel, hit)
				}
			}
		case strings.HasSuffix(rel, ".go") && !strings.HasSuffix(rel, "_test.go"):
			looked++
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			inStore := strings.HasPrefix(rel, "store/")
			ast.Inspect(file, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				// Outside of the store there is no SQL, and people may be told to
				// vacuum; but nobody opens a database by themselves.
				if hit := ofOne.FindString(lit.Value); hit != "" && (inStore || strings.Contains(hit, "/")) {
					t.Errorf("%s: %q is of one engine", set.Position(lit.Pos()), hit)
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if looked < 100 {
		t.Fatalf("looked at %d files only", looked)
	}
	for _, query := range []string{
		"SELECT 1 FROM t WHERE instr(text, $1) > 0", "PRAGMA data_version", "SELECT rowid FROM x", "INSERT OR REPLACE INTO t VALUES (1)",
		"SELECT 1 FROM t WHERE id = $1 FOR UPDATE", "SELECT $1::bigint", "SELECT id FROM t WHERE id = ANY($1)",
	} {
		if !ofOne.MatchString(query) {
			t.Errorf("%q is not found", query)
		}
	}
}
