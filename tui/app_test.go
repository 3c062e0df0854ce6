package tui

import (
	"testing"
)

func TestAnAdminClearsTheQueue(t *testing.T) {
	h, _, grace, _ := peopled(t)
	app := h.as(grace)
	app.See("Acme Corporation", "[2]Members 4", "[3]Invitations 3", "1 of 4")
	app.Press("3").See("3 waiting").SeeCursorOn("dee@acme.dev")
	app.Press("a").See("dee@acme.dev approved as member", "u undo", "2 waiting").SeeCursorOn("eve@acme.dev")
	app.Press("u").See("undone: dee@acme.dev approved", "3 waiting").SeeCursorOn("eve@acme.dev")
	app.Press("x").See("eve@acme.dev rejected", "2 waiting")
	app.Press("g", "a").See("dee@acme.dev approved", "1 waiting").SeeCursorOn("fay@acme.dev")
	app.Press("a").See("fay@acme.dev approved").SeeNot("waiting")
	app.Press("q").Ends()
}
