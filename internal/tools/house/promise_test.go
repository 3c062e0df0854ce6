package house

import (
	"regexp"
	"strings"
	"testing"
)

var testName = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")

// TestPromisesNameTheirTests: the tests that pages name are there, so that a promise
// does not outlive what holds it.
func TestPromisesNameTheirTests(t *testing.T) {
	var source strings.Builder
	eachFile(t, func(f file) {
		if strings.HasSuffix(f.path, "_test.go") {
			source.WriteString(f.text)
		}
	}, ".go")
	n := 0
	eachFile(t, func(f file) {
		for _, m := range testName.FindAllStringSubmatch(f.text, -1) {
			if n++; !strings.Contains(source.String(), "\nfunc "+m[1]+"(") {
				t.Errorf("%s names %s, which is no test", f.path, m[1])
			}
		}
	}, ".md")
	if n < 40 {
		t.Errorf("only %d tests are named", n)
	}
}
