package e2e

import "testing"

func TestUndoStopsTheMail(t *testing.T) {
	h := founded(t)
	h.join("cy", "Cy Twombly", "member")
	h.propose("cy", "dee@acme.dev")
	h.propose("cy", "eve@acme.dev")
	ada := h.ssh("ada", "acme", seat{})
	ada.See("●2").Press("3").See("●2").SeeCursorOn("dee@acme.dev")
	ada.Press("a").See("dee@acme.dev approved as member", "u undo", "●1").SeeCursorOn("eve@acme.dev")
	ada.Press("u").See("undone: dee@acme.dev approved", "●2").SeeLine("dee@acme.dev", "● waiting")
	ada.SeeCursorOn("eve@acme.dev").Press("a").See("eve@acme.dev approved as member", "●1")
	// The mail that was stopped would have left before this one.
	h.post.letter(t, "eve@acme.dev")
	h.post.none(t, "dee@acme.dev")
	ada.Press("u").See("Nothing to undo")
	ada.SeeLine("eve@acme.dev", "○ pending")
}

func TestTwoAdminsDecideTheSame(t *testing.T) {
	h := founded(t)
	h.join("bob", "Bob Kahn", "admin")
	h.join("cy", "Cy Twombly", "member")
	h.propose("cy", "dee@acme.dev")
	h.propose("cy", "eve@acme.dev")
	ada, bob := h.ssh("ada", "acme", seat{}), h.ssh("bob", "acme", seat{})
	for _, p := range []*person{ada, bob} {
		p.See("●2").Press("3").See("●2").SeeCursorOn("dee@acme.dev")
	}
	// Both choose for the same row; a dialog keeps to what it opened with.
	bob.Press("A").See("Approve dee@acme.dev as")
	ada.Press("a").See("dee@acme.dev approved as member", "●1")
	bob.See("●1").Press("enter").See("already approved by ada@…")

	bob.SeeCursorOn("eve@acme.dev").Press("X").See("Reject eve@acme.dev")
	ada.SeeCursorOn("eve@acme.dev").Press("x").See("eve@acme.dev rejected").SeeNot("waiting")
	bob.SeeNot("waiting").Type("too many").Press("ctrl+enter").See("already rejected by ada@acme.dev")

	// The first one can still take it back, and both see that.
	ada.Press("u").See("undone: eve@acme.dev rejected", "●1")
	bob.Press("esc", "esc").See("●1").SeeLine("eve@acme.dev", "● waiting")
}

func TestDecline(t *testing.T) {
	h := founded(t)
	h.join("bob", "Bob Kahn", "admin")
	bob := h.ssh("bob", "acme", seat{})
	bob.See("Member").Press("3")

	// By the code, with a key that nobody knows.
	h.as("ada", "acme", "invite", "create", "--email", "eve@acme.dev", "--role", "viewer")
	bob.SeeLine("eve@acme.dev", "○ pending")
	h.key("eve")
	letter := h.post.letter(t, "eve@acme.dev")
	eve := h.mailed("eve", letter, seat{})
	eve.See("You are invited", "[ x decline ]").Press("x").See("Decline the invitation?", "▸ Cancel ◂").Press("y")
	eve.leaves(0)
	eve.See("The invitation is declined.")
	eve.restored()
	bob.SeeLine("eve@acme.dev", "– declined")
	again := h.mailed("eve", letter, seat{})
	again.See("declined")
	again.leaves(0)

	// In the switcher, by somebody who is known.
	h.join("cy", "Cy Twombly", "member")
	h.as("bob", "bob", "org", "create", "--name", "Beta", "--code", "BETA")
	h.as("bob", "beta", "invite", "create", "--email", "cy@acme.dev", "--role", "viewer")
	cy := h.ssh("cy", "acme", seat{})
	cy.See("Member").Press("o").SeeLine("Beta", "invited!").Press("G").SeeCursorOn("Beta")
	cy.Press("x").See("Decline the invitation to Beta?", "▸ Cancel ◂").Press("y")
	cy.See("the invitation to Beta is declined").SeeNot("invited!")
}

func TestAcceptFromTheSwitcher(t *testing.T) {
	for _, s := range sizes() {
		t.Run(name(s), func(t *testing.T) {
			h := founded(t)
			h.join("cy", "Cy Twombly", "member")
			cy := h.ssh("cy", "acme", s)
			cy.See("Member")
			h.as("ada", "ada", "org", "create", "--name", "Beta", "--code", "BETA")
			within(t, "an invitation is in the switcher", soon, func() {
				h.as("ada", "beta", "invite", "create", "--email", "CY@acme.dev", "--role", "admin")
				cy.Press("o").SeeLine("Beta", "invited!")
			})
			cy.Press("G").SeeCursorOn("Beta").Press("enter").See("Invitation to Beta", "You are invited as admin.")
			cy.Press("a").See("muster   1 Beta", "cy@acme.dev · admin", "Member").SeeNot("invited!")
			cy.Press("o").SeeLine("Acme", "member").SeeLine("● Beta", "admin")
		})
	}
}
