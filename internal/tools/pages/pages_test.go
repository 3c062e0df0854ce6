package pages_test

import (
	"testing"

	"muster/internal/tools/pages"
)

func TestFill(t *testing.T) {
	page := "# A\n\n<!-- made: one -->\nold\n<!-- end -->\n\ntext\n\n<!-- made: two -->\n\nkept\n\n<!-- end -->\n"
	got, names := pages.Fill(page, map[string]string{"one": "new\n"})
	if want := "# A\n\n<!-- made: one -->\n\nnew\n\n<!-- end -->\n\ntext\n\n<!-- made: two -->\n\nkept\n\n<!-- end -->\n"; got != want {
		t.Errorf("%q", got)
	}
	if len(names) != 2 || names[0] != "one" || names[1] != "two" {
		t.Error(names)
	}
	if twice, _ := pages.Fill(got, map[string]string{"one": "new\n"}); twice != got {
		t.Errorf("filled a second time it is %q", twice)
	}
}

func TestTable(t *testing.T) {
	if got := pages.Table([]string{"a", "b"}, [][]string{{"x|y", "1\n2"}}); got != "| a | b |\n|---|---|\n| x\\|y | 1 2 |\n" {
		t.Errorf("%q", got)
	}
}
