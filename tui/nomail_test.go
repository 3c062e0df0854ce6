package tui

import "testing"

// Without mail an approval names the key that copies the join command, whole and
// beside the undo, at 80 columns.
func TestAnApprovalWithoutMailNamesTheKey(t *testing.T) {
	h, _, grace, _ := peopled(t)
	h.sh.NoMail = true
	h.as(grace).Press("3").SeeCursorOn("dee@acme.dev").Press("a").
		See("dee@acme.dev approved as member · Y copies the join command", "u undo · ")
}
