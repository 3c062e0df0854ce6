package tui

import (
	"testing"

	"muster/models"
	"muster/tui/tuitest"
)

// In the app nobody becomes an owner by an enter: by the picker of roles, for
// one or for several, by approving and by inviting. The picker starts on the role
// that holds, a custom one too.
func TestAnOwnerIsMadeByAYesOfItsOwn(t *testing.T) {
	h, ada, grace, cy := peopled(t)
	_, err := h.st.SetPlan(h.ctx, ada, h.acme.ID, "enterprise")
	h.must(err)
	name := "Auditor"
	r, err := h.st.CreateRole(h.ctx, ada, h.acme.ID, models.ScopeOrganization, models.RoleDraft{Name: &name, Permissions: []string{"audit.read"}})
	h.must(err)
	_, err = h.st.ChangeRole(h.ctx, ada, h.acme.ID, cy.UserID, models.Role(r.ID))
	h.must(err)
	app := h.as(ada, 120, 30)
	app.Press("j").SeeCursorOn("cy@acme.dev").Press("e").See("Role of cy@acme.dev", "Roles of this organization").Press("enter").See("cy@acme.dev is Auditor already")
	app.Press("e").See("Role of cy@acme.dev", "Roles of this organization").Press("g", "enter").See("Make an owner?", "this makes cy@acme.dev an owner of ACME")
	app.Wait(tuitest.Finger).Press("enter").SeeNot("Make an owner?").SeeLine("cy@acme.dev", "Auditor")
	app.Press("e").See("Role of", "Roles of this organization").Press("g", "enter").See("Make an owner?").Wait(tuitest.Finger).Press("y").See("cy@acme.dev is now owner").SeeLine("cy@acme.dev", "owner")
	app.Press("u").See("undone").SeeLine("cy@acme.dev", "Auditor").Press("U").See("Make an owner?").Wait(tuitest.Finger).Press("esc").SeeLine("cy@acme.dev", "Auditor")
	// Several at once.
	app.Press("space").See("1 marked").Press("G").SeeCursorOn("misaki").Press("space").See("2 marked").Press("e").See("Role of 2 members", "Roles of this").Press("g", "enter").
		See("Make an owner?", "this makes owners of cy@acme.dev").Wait(tuitest.Finger).Press("y").See("2 members are now owner").SeeLine("misaki@acme.dev", "owner")
	// Approving, and inviting.
	app.Press("3").See("●3").SeeCursorOn("dee@acme.dev").Press("A").See("Approve dee@acme.dev as").Press("g", "enter").See("Make an owner?", "dee@acme.dev").Wait(tuitest.Finger).Press("enter").SeeNot("Make an owner?").SeeLine("dee@acme.dev", "waiting")
	_ = grace
}
