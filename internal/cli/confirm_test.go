package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"muster/internal/clock"
	"muster/store"
)

// terminal runs commands in process as if a person sat there and typed.
type terminal struct {
	t   *testing.T
	dir string
}

func (m terminal) run(typed string, args ...string) (status int, out, errs string) {
	m.t.Helper()
	var o, e bytes.Buffer
	status = Run(context.Background(), Env{
		Args: args, In: strings.NewReader(typed), Out: &o, Err: &e, Terminal: true,
		Getenv: func(k string) string { return map[string]string{"MUSTER_DATA": m.dir}[k] },
		Now:    clock.System, After: time.After, OpenStore: store.Open,
	})
	return status, o.String(), e.String()
}

func (m terminal) must(args ...string) string {
	m.t.Helper()
	status, out, errs := m.run("", args...)
	if status != 0 {
		m.t.Fatalf("%q ended with %d: %s", args, status, errs)
	}
	return out
}

func TestQuestions(t *testing.T) {
	m := terminal{t, t.TempDir()}
	m.must("init", "--name", "Ada", "--email", "ada@example.com")
	m.must("org", "create", "--name", "Acme", "--code", "ACME")
	m.must("backup", m.dir+"/copy")
	for _, args := range [][]string{{"restore", m.dir + "/copy"}, {"member", "leave"}} {
		for _, typed := range []string{"", "\n", "n\n", "no\n", "Y es\n", "maybe"} {
			status, out, errs := m.run(typed, args...)
			if status != 2 || strings.Contains(out, "restored ") || !strings.Contains(errs, "[y/N]") || !strings.Contains(errs, "nothing was done") {
				t.Errorf("%q to %q: status %d, said %q %q", typed, args, status, out, errs)
			}
		}
	}
	if status, out, errs := m.run("y\n", "restore", m.dir+"/copy"); status != 0 || !strings.Contains(out, "restored ") {
		t.Errorf("yes to restore: status %d, said %q %q", status, out, errs)
	}
	// Agreed, and refused by the rule.
	if status, _, errs := m.run("YES\n", "member", "leave"); status != 6 || !strings.Contains(errs, "owner") {
		t.Errorf("yes to leave: status %d, said %q", status, errs)
	}
	// Consequences are shown before the question.
	if status, _, errs := m.run("n\n", "member", "remove", "ada@example.com"); status != 6 || strings.Contains(errs, "[y/N]") {
		t.Errorf("removing the last owner: status %d, said %q", status, errs)
	}
}

func TestDeletingAsksForTheName(t *testing.T) {
	m := terminal{t, t.TempDir()}
	m.must("init", "--name", "Ada", "--email", "ada@example.com")
	m.must("org", "create", "--name", "Acme", "--code", "ACME")
	m.must("workspace", "create", "--name", "Research")
	m.must("project", "create", "--name", "Engine", "--workspace", "Research")
	for typed, want := range map[string]int{"": 2, "\n": 2, "y\n": 3, "research\n": 3} {
		status, out, errs := m.run(typed, "workspace", "delete", "Research")
		if status != want || out != "" || !strings.Contains(errs, "1 project is deleted with it") || !strings.Contains(errs, "type the name") {
			t.Errorf("%q: status %d, said %q %q", typed, status, out, errs)
		}
	}
	if status, _, errs := m.run("n\n", "project", "delete", "Engine", "--workspace", "Research"); status != 2 || !strings.Contains(errs, "Engine of the workspace Research for good? [y/N]") {
		t.Errorf("no to a project: status %d, said %q", status, errs)
	}
	if status, out, errs := m.run("Research\n", "workspace", "delete", "Research"); status != 0 || !strings.Contains(out, "deleted the workspace Research of ACME") {
		t.Errorf("the name: status %d, said %q %q", status, out, errs)
	}
}
