package tui

import (
	"os"
	"path/filepath"
	"testing"
)

// Somebody who sits at the machine may look for the list of an import.
func TestBrowseForAList(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.Mkdir("lists", 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("lists", "people.csv")
	if err := os.WriteFile(path, []byte("email\nnew@acme.dev\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h, ada, _, _ := peopled(t)
	app := h.open(Options{Actor: ada, Term: "xterm-256color", ReadList: os.ReadFile}, 80, 24).See("● live")
	app.Press("3").See("●3").Press("I").See("Invite many to", "File").Press("shift+tab").See("ctrl+o browse").
		Press("ctrl+o").See("File to import", "lists").Press("enter").See("people.csv").Press("enter").SeeNot("File to import").
		SeeLine("File", path).Press("ctrl+enter").See("1 person would be invited")
}
