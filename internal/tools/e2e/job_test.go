package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// sizes are those at which every screen of the main job is looked at. The
// larger one finds no race that the smaller does not.
func sizes() []seat {
	if race {
		return []seat{{w: 80, h: 24}}
	}
	return []seat{{w: 80, h: 24}, {w: 140, h: 40}}
}

func name(s seat) string { return fmt.Sprintf("%dx%d", s.w, s.h) }

// TestTheMainJob is the reason for muster, from an empty machine on: create an
// organization, invite, join, propose, approve, remove.
func TestTheMainJob(t *testing.T) {
	for _, s := range sizes() {
		size := name(s)
		t.Run(size, func(t *testing.T) {
			h := newHouse(t)
			h.post = openPost(t, h.dir)
			h.key("ada")
			h.muster("init", "--name", "Ada Lovelace", "--email", "ada@acme.dev", "--key", h.path("ada.pub"))
			h.serve()
			frame := func(p *person, name string) { t.Helper(); p.Golden(size + "/" + name) }
			// Under a form the detail would show times that it cuts.
			detail := func(p *person) {
				if s.w >= 120 {
					p.Press("p")
				}
			}

			// Ada creates Acme. Members propose there, and admins decide.
			ada := h.ssh("ada", "ada", s)
			ada.See("Personal", "9 You", "No organization yet", "[ n create the first one ]", "▸ Close ◂")
			ada.Press("n").See("New organization").Type("Acme").See("ACME").Press("ctrl+enter")
			ada.See("Acme is created, and you are its owner", "Member")
			ada.Press("4").See("Who may invite").SeeLine("Who may invite", "members, with appro")

			// She invites Bob as an admin.
			ada.Press("2").See("1 of 1")
			detail(ada)
			ada.Press("n").See("Expires after").Type("bob").See("✗").Type("@acme.dev").SeeNot("✗").Press("tab") // the form keeps the height of what was wrong
			ada.Press("h").SeeLine("Role", "● admin")
			frame(ada, "invite")
			ada.Press("ctrl+enter").See("bob@acme.dev invited as admin")
			detail(ada)

			// Bob runs the command from his mail. ssh shows him the fingerprint
			// of the server, which he finds in the mail.
			letter := h.post.letter(t, "bob@acme.dev")
			h.key("bob")
			mine := s
			mine.host = true
			bob := h.mailed("bob", letter, mine)
			bob.See("fingerprint is SHA256:", "continue connecting")
			for word := range strings.FieldsSeq(bob.Screen()) {
				if fp := strings.TrimRight(word, "."); strings.HasPrefix(fp, "SHA256:") && !strings.Contains(letter.text, fp) {
					t.Errorf("the mail does not have %s:\n%s", fp, letter.text)
				}
			}
			bob.Type("yes").Press("enter")
			bob.See("You are invited", "Acme (ACME)", "Ada Lovelace <ada@acme.dev>", "[ a accept ]")
			frame(bob, "invited")
			bob.Press("a").See("Your name").Type("Bob Kahn").Press("ctrl+enter")
			bob.See("welcome to Acme, Bob Kahn", "Member", "bob@acme.dev · admin", "To come back, run this", "▸ Close ◂").Press("esc").SeeNot("To come back")
			ada.See("Member").SeeLine("bob@acme.dev", "Bob Kahn", "admin")

			// Cy joins as a member and proposes Dee.
			bob.Press("n").See("Expires after").Type("cy@acme.dev").Press("ctrl+enter").See("cy@acme.dev invited as member")
			h.key("cy")
			cy := h.mailed("cy", h.post.letter(t, "cy@acme.dev"), s)
			cy.See("You are invited", "Bob Kahn <bob@acme.dev>", "[ a accept ]")
			cy.Press("a").See("Your name").Type("Cy Twombly").Press("ctrl+enter").See("welcome to Acme", "Member", "▸ Close ◂").Press("esc")
			detail(cy)
			cy.See("1 of 3").Press("n").See("Propose somebody for Acme").Type("dee").See("✗").Type("@acme.dev").SeeNot("✗").Press("tab", "tab", "tab", "tab").Type("paints with us").SeeLine("▌Message", "paints with us")
			frame(cy, "propose")
			within(t, "a proposal is on the admins' screens", soon, func() {
				cy.Press("ctrl+enter").See("dee@acme.dev proposed as member")
				bob.See("1 request is waiting for a decision")
				ada.See("●1")
			})
			detail(cy)

			// Bob approves with one key. Everybody sees it, and until the mail
			// leaves he could undo it.
			bob.Press("3").See("●1").SeeCursorOn("dee@acme.dev").SeeLine("dee@acme.dev", "● waiting", "Cy Twombly")
			frame(bob, "waiting")
			cy.Press("3").SeeLine("dee@acme.dev", "● waiting")
			var approved time.Time
			within(t, "an approval is on the proposer's screen", soon, func() {
				approved = time.Now()
				bob.Press("a").See("dee@acme.dev approved as member", "u undo").SeeNot("●1")
				cy.SeeLine("dee@acme.dev", "○ pending")
			})
			frame(bob, "approved")
			h.post.none(t, "dee@acme.dev")
			letter = h.post.letter(t, "dee@acme.dev")
			if took := time.Since(approved); took < 9*time.Second {
				t.Errorf("the mail came after %s; until 10 s it can be undone", took)
			}
			for _, want := range []string{"Subject: Cy Twombly invites you to join Acme (ACME)", "paints with us", "ssh -p " + h.port + " join+"} {
				if !strings.Contains(letter.text, want) {
					t.Errorf("no %q in the mail:\n%s", want, letter.text)
				}
			}

			// She joins.
			h.key("dee")
			dee := h.mailed("dee", letter, s)
			dee.See("You are invited", "[ a accept ]").Press("a").See("Your name").Type("Dee Dee").Press("ctrl+enter")
			dee.See("welcome to Acme, Dee Dee", "Member", "▸ Close ◂").Press("esc").SeeLine("dee@acme.dev", "Dee Dee")
			frame(dee, "joined")
			bob.SeeLine("dee@acme.dev", "✓ accepted")

			// Ada removes Cy, after she has seen what that means, while Cy looks
			// at the members.
			cy.Press("2").See("1 of 4").SeeLine("dee@acme.dev", "Dee Dee")
			ada.See("Member").Press("j", "j").SeeCursorOn("cy@acme.dev").Press("d")
			ada.See("Remove cy@acme.dev?", "1 open session leaves", "▸ Cancel ◂")
			frame(ada, "remove")
			within(t, "a removed member's screen leaves the organization", soon, func() {
				ada.Press("y")
				cy.See("you are no longer a member of Acme").SeeNot("dee@acme.dev", "Members")
			})
			cy.See("You were removed from Acme, by Ada Lovelace", "▸ Close ◂")
			frame(cy, "removed")
			cy.Press("esc").SeeLine("Session", "127.0.0.1")
			ada.See("cy@acme.dev was removed", "Member").SeeNot("Cy Twombly").SeeCursorOn("dee@acme.dev")
			frame(ada, "members")
			bob.Press("2").See("Member").SeeNot("Cy Twombly")

			// The way back is shut, and everything is in the log.
			cy.Press("q").Ends()
			again := h.ssh("cy", "acme", s)
			again.See("Personal").SeeNot("Acme Corp", "Members")
			for _, p := range []*person{ada, bob, dee, again} {
				p.Press("q")
				p.leaves(0)
				p.restored()
			}
			if report := h.muster("audit", "verify", "--org", "ACME"); !strings.Contains(report, "intact") {
				t.Errorf("audit verify: %s", report)
			}
		})
	}
}
