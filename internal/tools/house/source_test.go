package house

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "write the generated part of docs/dev/architecture.md")

// root is the directory of the repository, seen from this package.
const root = "../../.."

// file is a file of the repository that people write.
type file struct {
	path string // from root, with slashes
	text string
}

// generated are what no person writes, or mostly not.
var generated = map[string]bool{"docs/commands.md": true, "docs/keys.md": true, "docs/settings.md": true}

// files reads every source file, script and page, once. What a test has read,
// go test remembers: it does not take an old result for a new tree's.
var files = sync.OnceValues(func() (all []file, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); rel != "." && (name == ".git" || name == "bin" || name == "dist" || name == "pictures") {
				return filepath.SkipDir
			}
			return nil
		}
		switch filepath.Ext(path) {
		case ".go", ".txtar", ".md", ".sql", ".sh":
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			all = append(all, file{filepath.ToSlash(rel), string(b)})
		}
		return nil
	})
	return all, err
})

func eachFile(t *testing.T, visit func(file), ext ...string) {
	t.Helper()
	all, err := files()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, f := range all {
		for _, e := range ext {
			if strings.HasSuffix(f.path, e) {
				seen++
				visit(f)
			}
		}
	}
	if seen == 0 {
		t.Fatalf("there is no file %v below %s", ext, root)
	}
}

// isTest tells tests from the program.
func (f file) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// room is the path of the package.
func (f file) room() string { return path.Dir(f.path) }

// area is what the lists in left_test.go sort by: code may move within it.
func (f file) area() string {
	switch room, _, _ := strings.Cut(f.path, "/"); {
	case room == "tui", room == "store":
		return room
	case f.room() == "cmd/muster", f.room() == "internal/cli":
		return "commands"
	}
	return f.room()
}

// parse reads the syntax of a Go file, comments too.
func (f file) parse(t *testing.T) (*token.FileSet, *ast.File) {
	t.Helper()
	fset := token.NewFileSet()
	syntax, err := parser.ParseFile(fset, f.path, f.text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return fset, syntax
}
