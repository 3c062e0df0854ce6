package tui

import (
	"testing"

	"muster/models"
)

// Closed invitations leave the list, and come back with undo.
func TestDeleteClosedInvitations(t *testing.T) {
	h, ada, _, _ := peopled(t)
	inv, err := h.st.CreateInvitation(h.ctx, ada, h.acme.ID, models.NewInvitation{Email: "bea@acme.dev"})
	h.must(err)
	_, err = h.st.RevokeInvitation(h.ctx, ada, h.acme.ID, inv.ID)
	h.must(err)
	app := h.as(ada, 80, 24)
	app.Press("3").See("dee@acme.dev", "bea@acme.dev").Press("/").Type("bea").See("revoked").Press("enter").SeeCursorOn("bea@acme.dev").
		Press("D").See("is deleted from the list", "No matches").
		Press("u").See("revoked").SeeCursorOn("bea@acme.dev").
		Press("D").See("No matches").Press("esc").See("dee@acme.dev", "1 of 6").
		Press("D").See("only closed ones can be deleted")
}

// An owner keeps several payment methods, none of which looks like a card number.
func TestPaymentMethodsInTheApp(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	app := h.as(ada, 80, 24)
	app.Press("4").See("Payment method").Press("M").See("Payment methods of Acme Corporation", "add …").Press("enter").
		See("Add a payment method").Type("4111 1111 1111 1111").See("looks like the number of a card").
		Press("ctrl+u").Type("Visa ending 4242").Press("ctrl+enter").See("Visa ending 4242 is added, as the default")
	_, err := h.st.AddPaymentMethod(h.ctx, ada, h.acme.ID, models.PaymentMethod{Label: "Invoice"})
	h.must(err)
	app.Press("M").See("Visa ending 4242", "Invoice", "default").Press("down").Press("enter").See("make it the default").Press("enter").
		See("Invoice is now the default payment method")
	h.as(grace, 80, 24).Press("4").See("Message of the day").Press("M").SeeNot("Payment methods of")
}

// A site admin invites somebody into the installation.
func TestInviteIntoTheInstallation(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada, 80, 24)
	app.Press("8").See("GLOBAL").Press("I").See("Invite into the installation").Type("new@acme.dev").
		Press("ctrl+enter").See("made an account for new@acme.dev").See("1 of 5")
}
