package tui

import (
	"strings"
	"testing"
	"time"

	"muster/tui/tuitest"
)

// footer is the last line, and message the one above it.
func footer(app *tuitest.Terminal) string {
	lines := strings.Split(app.Rest().Screen(), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

func message(app *tuitest.Terminal) string {
	lines := strings.Split(app.Rest().Screen(), "\n")
	return strings.TrimSpace(lines[len(lines)-2])
}

// The footer says what the keys do at this moment.
func TestTheFooterFollowsTheMode(t *testing.T) {
	h, ada, _, cy := peopled(t)
	app := h.as(ada)
	is := func(app *tuitest.Terminal, want string) {
		t.Helper()
		if !app.Comes(func() bool { return footer(app) == want }) {
			t.Errorf("the footer is %q, want %q", footer(app), want)
		}
	}
	app.Press("3").SeeCursorOn("dee@acme.dev")
	is(app, "a approve  x reject  space mark  n invite  / filter  : command  ? help  q quit")
	app.Press("/")
	is(app, "type to filter  enter apply  esc clear")
	app.Press("esc", "*").See("3 marked")
	is(app, "a approve 3  x reject 3  r resend 3  d revoke 3  esc unmark  : command  ? help")
	app.Press("esc", "4").SeeCursorOn("Name").Press("e").See("General settings")
	is(app, "tab next  shift+tab back  ctrl+enter/alt+enter Save  esc cancel")

	// What somebody can never do is absent; what they cannot do now comes last.
	app = h.as(cy)
	app.See("EMAIL").SeeCursorOn("ada@acme.dev")
	for _, never := range []string{"role", "remove", "suspend"} {
		if strings.Contains(footer(app), never) {
			t.Errorf("a member reads %q in %q", never, footer(app))
		}
	}
	app.Press("j").SeeCursorOn("cy@acme.dev")
	is(app, "space mark  e role  n invite  d remove  / filter  : command  ? help  q quit")
	app.Press("4").SeeCursorOn("Name")
	if strings.Contains(footer(app), "edit") {
		t.Errorf("a member reads %q", footer(app))
	}
}

// An undo that ends counts down, and the message with the key is whole at 80
// columns: the position gives way, then the domains of addresses.
func TestAnUndoCountsDown(t *testing.T) {
	h, ada, _, cy := peopled(t)
	h.propose(cy, "somebody.with.a.rather.long.name@research.laboratory.acme.dev", "")
	app := h.as(ada)
	app.Press("3").SeeCursorOn("dee@acme.dev").Press("a").See("dee@acme.dev approved as member · the mail is sent in 10 s · u undo · 10 s")
	h.clock.Advance(3 * time.Second)
	app.See("u undo · 7 s")
	h.clock.Advance(6500 * time.Millisecond)
	app.See("u undo · 1 s")
	h.clock.Advance(time.Second)
	app.SeeNot("undo").See("1 of 7")

	app.Press("/").Type("somebody").Press("enter").SeeCursorOn("somebody.with").Press("a").See("u undo · 10 s")
	if got := message(app); !strings.HasPrefix(got, "✓ somebody.with.a.rather.long.name@… approved as member") || !strings.HasSuffix(got, "u undo · 10 s") {
		t.Errorf("the message is %q", got)
	}
}
