package tui

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Arrows go down only: shell to panes to list to kit to host. Panes know neither
// the shell nor each other.
func TestRoomsOfTheApp(t *testing.T) {
	order := []string{"host", "kit", "list", "pane", "shell"}
	level := func(path string) int {
		room, _, _ := strings.Cut(path, "/")
		return slices.Index(order, room)
	}
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		at := level(filepath.ToSlash(path))
		if err != nil || d.IsDir() || at < 0 || filepath.Ext(path) != ".go" {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		seen[dir] = true
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if to, ok := strings.CutPrefix(name, "muster/tui/"); ok && level(to) >= at {
				t.Errorf("%s imports %s", path, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) < 13 {
		t.Errorf("only %d rooms were looked at", len(seen))
	}
}
