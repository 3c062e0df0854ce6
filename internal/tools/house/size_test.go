package house

import (
	"go/ast"
	"strings"
	"testing"

	"github.com/uudashr/gocognit"
)

const (
	maxLines      = 500
	maxComplexity = 25
)

// TestFilesAreShort: a file has one subject.
func TestFilesAreShort(t *testing.T) {
	long := map[string]bool{}
	eachFile(t, func(f file) {
		n := strings.Count(f.text, "\n")
		if n <= maxLines {
			return
		}
		long[f.path] = true
		if !longFiles[f.path] {
			t.Errorf("%s has %d lines, and at most %d are allowed: split it by subject", f.path, n, maxLines)
		}
	}, ".go")
	for path := range longFiles {
		if !long[path] {
			t.Errorf("%s is not long: take it out of longFiles", path)
		}
	}
}

// why begins the comment that gives the reason for a function which is
// involved. It stands at the end of the function's own comment.
const why = "//complexity:allow "

// TestFunctionsAreSimple looks at the program. What makes a function involved
// are branches in branches; in tests, those are mostly checks.
func TestFunctionsAreSimple(t *testing.T) {
	involved := map[string]bool{}
	eachFile(t, func(f file) {
		if f.isTest() {
			return
		}
		_, syntax := f.parse(t)
		for _, d := range syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			name := f.area() + " " + funcName(fn)
			reason, n := allowed(fn), gocognit.Complexity(fn)
			switch {
			case n > maxComplexity && reason == "":
				involved[name] = true
				if !involvedFuncs[name] {
					t.Errorf("%s: %s has a cognitive complexity of %d, and at most %d is allowed without %q and a reason", f.path, funcName(fn), n, maxComplexity, strings.TrimSpace(why))
				}
			case n <= maxComplexity && reason != "":
				t.Errorf("%s: %s is simple enough, and needs no %q", f.path, funcName(fn), strings.TrimSpace(why))
			}
		}
	}, ".go")
	for name := range involvedFuncs {
		if !involved[name] {
			t.Errorf("%s is not involved: take it out of involvedFuncs", name)
		}
	}
}

// allowed is the reason that a function's comment gives.
func allowed(fn *ast.FuncDecl) string {
	if fn.Doc == nil {
		return ""
	}
	for _, c := range fn.Doc.List {
		if reason, ok := strings.CutPrefix(c.Text, why); ok {
			return strings.TrimSpace(reason)
		}
	}
	return ""
}

func funcName(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return fn.Name.Name
	}
	recv := fn.Recv.List[0].Type
	if p, ok := recv.(*ast.StarExpr); ok {
		recv = p.X
	}
	if g, ok := recv.(*ast.IndexExpr); ok {
		recv = g.X
	}
	if id, ok := recv.(*ast.Ident); ok {
		return id.Name + "." + fn.Name.Name
	}
	return fn.Name.Name
}

// list makes a set of lines.
func list(lines string) map[string]bool {
	set := map[string]bool{}
	for l := range strings.SplitSeq(lines, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			set[l] = true
		}
	}
	return set
}
