package cli

import (
	"fmt"
	"strings"
	"testing"
)

// TestImportShowsItsProgress holds that whoever sits at a terminal sees how far
// a long list is, and scripts see nothing of it.
func TestImportShowsItsProgress(t *testing.T) {
	m := terminal{t, t.TempDir()}
	m.must("init", "--name", "Ada", "--email", "ada@example.com")
	m.must("org", "create", "--name", "Acme", "--code", "ACME")
	var list strings.Builder
	for i := range 250 {
		fmt.Fprintf(&list, "p%d@example.com\n", i)
	}
	status, out, errs := m.run(list.String(), "invite", "import", "-", "--dry-run")
	if status != 7 || !strings.Contains(out, "49 would be invited; 0 skipped, 201 failed") { // the seats of the plan
		t.Errorf("status %d: %s", status, out)
	}
	at := 0
	for _, want := range []string{"\rchecking: 100 of 250", "\rchecking: 200 of 250", "\r" + strings.Repeat(" ", len("checking: 250 of 250")) + "\r"} {
		i := strings.Index(errs[at:], want)
		if i < 0 {
			t.Fatalf("no %q in %q", want, errs)
		}
		at += i + len(want)
	}
	if _, out, errs = m.run(list.String(), "invite", "import", "-", "--dry-run", "--json"); strings.Contains(errs, "\r") || !strings.HasPrefix(out, `{"dry_run":true,"done":49,`) {
		t.Errorf("JSON: %q, %.100s", errs, out)
	}
}
