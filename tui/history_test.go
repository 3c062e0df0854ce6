package tui

import (
	"testing"
	"time"
)

// The history says what u and U do, does it, and forgets what is too late.
func TestHistory(t *testing.T) {
	for _, s := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"140x40", 140, 40}} {
		t.Run(s.name, func(t *testing.T) {
			h, ada, _, _ := peopled(t)
			app := h.as(ada, s.w, s.h)
			app.See("1 of 4").Press("H").See("What can be undone", "Nothing in Acme Corporation").Press("esc").SeeNot("What can be")
			app.Press("j").SeeCursorOn("cy@acme.dev").Press("e").See("Role of").Press("j", "enter").See("cy@acme.dev is now viewer")
			app.Press("x").See("Suspend cy@acme.dev?").Press("alt+enter").See("cy@acme.dev is suspended")
			app.Press("3").SeeCursorOn("dee@acme.dev").Press("a").See("approved as member").Press("H")
			app.SeeLine("▸ dee@acme.dev approved as member", " s left").SeeLine("cy@acme.dev is suspended").SeeLine("cy@acme.dev is now viewer")
			app.Golden(s.name + "/history")
			app.Press("u").See("undone: dee@acme.dev approved").SeeLine("dee@acme.dev", "● waiting")
			app.Press("H").See("U does again").Press("U").See("dee@acme.dev approved as member", "2 waiting")
			// Too late for the decision, not for what was done before.
			app.Wait(11 * time.Second).Press("H").SeeLine("▸ cy@acme.dev is suspended").SeeNot("U does again").Press("u")
			app.See("undone: cy@acme.dev is suspended").Press("H").See("U does again").SeeLine("▸ cy@acme.dev is suspended").SeeLine("▸ cy@acme.dev is now viewer")
			// Something new leaves nothing to do again.
			app.Press("esc", "2").SeeCursorOn("cy@acme.dev").Press("j").SeeCursorOn("grace").Press("e").See("Role of").Press("j", "enter").See("grace@acme.dev is now member")
			app.Press("U").See("there is nothing to do again")
		})
	}
}
