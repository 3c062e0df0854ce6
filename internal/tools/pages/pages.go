// Package pages fills the parts of the docs that are made from tables in the
// code, and tells whether they are up to date. A page has them between
//
//	<!-- made: OWNER.NAME -->
//	<!-- end -->
package pages

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var marked = regexp.MustCompile(`(?s)(<!-- made: ([a-z.-]+) -->\n).*?(<!-- end -->)`)

// Fill puts parts into a page, and gives the names of all that it has. What is
// not among the parts stays as it is.
func Fill(page string, parts map[string]string) (filled string, names []string) {
	filled = marked.ReplaceAllStringFunc(page, func(all string) string {
		m := marked.FindStringSubmatch(all)
		names = append(names, m[2])
		if text, ok := parts[m[2]]; ok {
			return m[1] + "\n" + strings.Trim(text, "\n") + "\n\n" + m[3]
		}
		return all
	})
	return filled, names
}

// Hold holds the pages below dir to the parts of one owner, or writes them. A part
// is on a page as OWNER.NAME, and every part is on some page.
func Hold(t *testing.T, dir, owner string, parts map[string]string, update bool) {
	t.Helper()
	full, used := map[string]string{}, map[string]bool{}
	for name, text := range parts {
		full[owner+"."+name] = text
	}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(file) != ".md" {
			return err
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		want, names := Fill(string(b), full)
		for _, name := range names {
			used[name] = true
			if of, _, _ := strings.Cut(name, "."); !slices.Contains(owners, of) {
				t.Errorf("%s has the part %q, whose owner is none of %v", file, name, owners)
			} else if _, ok := full[name]; !ok && of == owner {
				t.Errorf("%s has the part %q, which nothing makes", file, name)
			}
		}
		return Keep(t, file, want, update)
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range full {
		if !used[name] {
			t.Errorf("no page below %s has the part %q", dir, name)
		}
	}
}

// owners are the tests that make parts: TestDocumentPages of the API, TestPages of the
// commands, TestActions of the store.
var owners = []string{"api", "commands", "store"}

// Keep holds one file to what it should be, or writes it.
func Keep(t *testing.T, file, want string, update bool) error {
	t.Helper()
	got, err := os.ReadFile(file)
	if err == nil && string(got) == want {
		return nil
	}
	if update {
		return os.WriteFile(file, []byte(want), 0o644)
	}
	if err != nil {
		return err
	}
	t.Errorf("%s is out of date, run make docs (-is +should be):\n%s", file, cmp.Diff(string(got), want))
	return nil
}

// Table writes a table of Markdown. Bars in cells are escaped.
func Table(header []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) {
		for i, c := range cells {
			cells[i] = strings.ReplaceAll(strings.ReplaceAll(c, "\n", " "), "|", `\|`)
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	line(header)
	b.WriteString("|" + strings.Repeat("---|", len(header)) + "\n")
	for _, r := range rows {
		line(r)
	}
	return b.String()
}
