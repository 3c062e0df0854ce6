package op_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"muster/internal/op"
)

// severalCalls are the operations that call more than one method of the store, and
// why. Each method authorizes by itself, and at most one changes something.
var severalCalls = map[string]string{
	"can_i":               "one for the organization or one for a workspace; without an organization the actor's own",
	"can_i.list":          "one for the organization, or one for a workspace",
	"code.decline":        "the answer names the organization, which the code may not show any more",
	"invitation.code":     "the answer names the organization beside the code",
	"key.add":             "one for a key as such, or one for a key with its signature",
	"link.code":           "the answer names the organization beside the code",
	"link.create":         "the code is derived, and its use logged, once the link is there",
	"organization.update": "the general settings are changed; the answer is the organization",
	"plan.show":           "the usage of the plan, and the seats of the organization",
	"settings.list":       "of a section, whether the actor sees it is asked first",
	"transfer.accept":     "without an id, the only nomination that waits is looked up",
	"transfer.cancel":     "without an id, the only nomination of the organization is looked up",
	"transfer.decline":    "without an id, the only nomination that waits is looked up",
}

// An operation calls one method of the store, so that what it does is one
// transaction.
func TestAnOperationCallsOneMethod(t *testing.T) {
	funcs, rows := source(t)
	seen := 0
	for _, r := range op.All() {
		run, ok := rows[r.Name]
		if !ok {
			continue // made by a function that takes the name
		}
		seen++
		calls := slices.Sorted(maps.Keys(storeCalls(run, funcs, map[string]bool{})))
		switch why := severalCalls[r.Name]; {
		case len(calls) > 1 && why == "":
			t.Errorf("%s calls %s", r.Name, strings.Join(calls, " and "))
		case len(calls) <= 1 && why != "":
			t.Errorf("%s calls one method: take it out of severalCalls", r.Name)
		}
	}
	if seen < len(op.All())*9/10 {
		t.Errorf("the handlers of %d of %d operations were found", seen, len(op.All()))
	}
	for name := range severalCalls {
		if op.Find(name) == nil {
			t.Errorf("there is no operation %s", name)
		}
	}
}

// source gives the functions of the package by name, and the handlers by the name
// of their operation.
func source(t *testing.T) (funcs, rows map[string]ast.Node) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	funcs, rows = map[string]ast.Node{}, map[string]ast.Node{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				funcs[n.Name.Name] = n.Body
			case *ast.CompositeLit:
				name, run := fieldOf(n, "Name"), fieldOf(n, "Run")
				if lit, ok := name.(*ast.BasicLit); ok && run != nil {
					if s, err := strconv.Unquote(lit.Value); err == nil {
						rows[s] = run
					}
				}
			}
			return true
		})
	}
	return funcs, rows
}

func fieldOf(lit *ast.CompositeLit, name string) ast.Expr {
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == name {
				return kv.Value
			}
		}
	}
	return nil
}

// storeCalls are the methods of the store that code calls, by itself and in the
// functions of the package that it hands its dependencies to.
func storeCalls(code ast.Node, funcs map[string]ast.Node, seen map[string]bool) map[string]bool {
	calls := map[string]bool{}
	ast.Inspect(code, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		var name string
		switch f := call.Fun.(type) {
		case *ast.SelectorExpr:
			name = f.Sel.Name
			if of, ok := f.X.(*ast.SelectorExpr); ok && of.Sel.Name == "Store" {
				calls[name] = true
				return true
			}
		case *ast.Ident:
			name = f.Name
		}
		given := slices.ContainsFunc(call.Args, func(arg ast.Expr) bool {
			id, ok := arg.(*ast.Ident)
			return ok && id.Name == "d"
		})
		if body := funcs[name]; given && body != nil && !seen[name] {
			seen[name] = true
			maps.Copy(calls, storeCalls(body, funcs, seen))
		}
		return true
	})
	return calls
}
