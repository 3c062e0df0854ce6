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
	m.must("invite", "create", "--email", "bob@example.com")
	m.must("backup", m.dir+"/copy")
	for _, args := range [][]string{{"restore", m.dir + "/copy"}, {"invite", "revoke", "bob@example.com"}} {
		for _, typed := range []string{"", "\n", "n\n", "no\n", "Y es\n", "maybe"} {
			status, out, errs := m.run(typed, args...)
			if status != 2 || strings.Contains(out, "restored ") || !strings.Contains(errs, "[y/N]") || !strings.Contains(errs, "nothing was changed") {
				t.Errorf("%q to %q: status %d, said %q %q", typed, args, status, out, errs)
			}
		}
	}
	if status, out, errs := m.run("y\n", "restore", m.dir+"/copy"); status != 0 || !strings.Contains(out, "restored ") {
		t.Errorf("yes to restore: status %d, said %q %q", status, out, errs)
	}
	// What the rule refuses is refused before the question.
	for _, args := range [][]string{{"member", "leave"}, {"member", "remove", "ada@example.com"}} {
		if status, _, errs := m.run("n\n", args...); status != 6 || !strings.Contains(errs, "owner") || strings.Contains(errs, "[y/N]") {
			t.Errorf("%q of the last owner: status %d, said %q", args, status, errs)
		}
	}
	if status, out, errs := m.run("YES\n", "invite", "revoke", "bob@example.com"); status != 0 || !strings.Contains(errs, "as member to Acme (ACME)") ||
		!strings.Contains(errs, "revoke the invitation of bob@example.com? [y/N]") || out != "revoked the invitation of bob@example.com in Acme (ACME)\n" {
		t.Errorf("yes: status %d, said %q %q", status, out, errs)
	}
	// For a program nobody is asked.
	if status, _, errs := m.run("y\n", "invite", "revoke", "bob@example.com", "--json"); status != 2 || strings.Contains(errs, "[y/N]") || !strings.Contains(errs, "add --yes") {
		t.Errorf("with --json: status %d, said %q", status, errs)
	}
}

// TestOneQuestionForSeveral holds that several things are all shown, and asked
// about once. What is not there is left out of the question.
func TestOneQuestionForSeveral(t *testing.T) {
	m := terminal{t, t.TempDir()}
	m.must("init", "--name", "Ada", "--email", "ada@example.com")
	m.must("org", "create", "--name", "Acme", "--code", "ACME")
	for _, who := range []string{"bob", "cy"} {
		m.must("invite", "create", "--email", who+"@example.com")
	}
	args := []string{"invite", "revoke", "bob@example.com", "nobody@example.com", "cy@example.com"}
	if status, out, errs := m.run("\n", args...); status != 2 || out != "" || strings.Count(errs, "[y/N]") != 1 || !strings.Contains(errs, "go ahead with all 2? [y/N]") ||
		!strings.Contains(errs, "of bob@") || !strings.Contains(errs, "of cy@") {
		t.Errorf("nothing: status %d, said %q %q", status, out, errs)
	}
	if status, out, errs := m.run("y\n", args...); status != 5 || !strings.Contains(errs, "error: nobody@example.com:") ||
		out != "revoked the invitation of bob@example.com in Acme (ACME)\nrevoked the invitation of cy@example.com in Acme (ACME)\n" {
		t.Errorf("yes: status %d, said %q %q", status, out, errs)
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
	if status, _, errs := m.run("n\n", "project", "delete", "Engine", "--workspace", "Research"); status != 2 || !strings.Contains(errs, "Engine of the workspace Research permanently? [y/N]") {
		t.Errorf("no to a project: status %d, said %q", status, errs)
	}
	if status, out, errs := m.run("Research\n", "workspace", "delete", "Research"); status != 0 || !strings.Contains(out, "deleted the workspace Research of Acme (ACME)") {
		t.Errorf("the name: status %d, said %q %q", status, out, errs)
	}
}
