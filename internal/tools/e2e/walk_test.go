package e2e

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// newcomer presses only what the screen shows at that moment.
type newcomer struct{ *person }

// told wants the screen to say a thing, and presses the keys that it names.
func (n newcomer) told(hint string, keys ...string) newcomer {
	n.t.Helper()
	n.See(hint)
	n.Press(keys...)
	return n
}

// TestTheWalk is docs/dev/walk.md: somebody who never saw muster finds their way by
// what stands on the screen.
func TestTheWalk(t *testing.T) {
	for _, s := range sizes() {
		t.Run(name(s), func(t *testing.T) {
			h := founded(t)
			h.join("cy", "Cy Twombly", "member")
			h.join("dee", "Dee Dee", "member")
			for i := range 10 {
				h.propose("cy", fmt.Sprintf("new%d@acme.dev", i))
			}
			h.as("ada", "ada", "org", "create", "--name", "Beta", "--code", "BETA")

			me := newcomer{h.ssh("ada", "acme", s)}
			// 1. Ten requests wait: the tab has their number, and its key in front.
			me.told("Invit", "3")
			me.SeeCursorOn("new0@acme.dev")
			for i := range 10 {
				me.SeeCursorOn(fmt.Sprintf("new%d@acme.dev", i))
				if i == 4 { // one of them is not wanted
					me.told("x reject", "x")
				} else {
					me.told("a approve", "a")
				}
			}
			me.See("new9@acme.dev approved as member").SeeNot("● waiting")

			// 2. A role is changed, and that is taken back.
			me.told("Members", "2")
			me.See("1 of 3")
			me.told("/ filter", "/")
			me.told("type to filter  enter apply", "d", "e", "e", "enter")
			me.SeeCursorOn("dee@acme.dev")
			me.told("e role", "e")
			me.See("Role of dee@acme.dev", "● member")
			me.told("↑↓ move  enter choose", "up", "enter")
			me.See("dee@acme.dev is now admin").SeeLine("dee@acme.dev", "admin")
			me.told("u undo", "u")
			me.See("undone: dee@acme.dev is now admin").SeeLine("dee@acme.dev", "member")

			// 3. What was it that happened at the very beginning? The footer has
			// a way to look for a thing that one can't see.
			me.told(": command", ":")
			me.told("an action, an organization, a member, a setting", "a", "u", "d", "i", "t")
			me.See("audit log")
			me.told("enter choose", "enter")
			me.SeeLine("ACTION")
			me.told("f show only", "f")
			me.See("Show only").Type("organization.c").See("› organization.c ", "▌  organization.create")
			me.told("enter choose", "enter")
			me.See("action:organization.create").SeeCursorOn("ada@acme.dev")
			me.told("enter open", "enter")
			me.See("AFTER", "ACME", "entry 1").Press("esc")

			// 4. Another organization: its key stands before the name.
			me.told("1 Acme ▾", "1")
			me.SeeLine("Beta", "owner").SeeCursorOn("Acme")
			me.told("enter switch", "down")
			me.SeeCursorOn("Beta")
			me.told("enter switch", "enter")
			me.See("muster   1 Beta", "you are in Beta as owner")
			me.told("1 Beta ▾", "1")
			me.SeeCursorOn("Beta").Press("up").SeeCursorOn("Acme")
			me.told("enter switch", "enter")
			me.See("muster   1 Acme")

			// 5. A join command to pass on by another way than mail.
			me.told("Invit", "3")
			me.SeeLine("new0@acme.dev", "pending")
			me.Press("g").SeeLine("pending")
			me.told("? help", "?")
			me.See("type to filter · enter runs the row").Type("join command").SeeLine("copy join command", "Y")
			me.told("enter choose", "enter")
			me.See("Join command for", "ssh ", "join+")
			text, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(me.Copied(), "52;c;"))
			must(t, err)
			if !strings.HasPrefix(string(text), "ssh ") || !strings.Contains(string(text), "join+") {
				t.Errorf("copied %q", text)
			}
			me.told("esc close", "esc")
			me.told("q quit", "q")
			me.leaves(0)
		})
	}
}
