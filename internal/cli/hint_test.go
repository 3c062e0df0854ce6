package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"muster/internal/op"
	"muster/models"
)

// Every operation that a hint anywhere in the program names is a row of the table
// or a command of the machine, so that each door has words for it.
func TestHintsNameOperations(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
			for _, name := range models.HintOperations(text) {
				seen[name] = true
				if op.Find(name) == nil && ofTheMachine[name] == "" {
					t.Errorf("%s: a hint names %s, which is no operation", path, name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || len(seen) < 40 {
		t.Errorf("%d operations found, %v", len(seen), err)
	}
}
