package tui

import (
	"testing"

	"muster/models"
	"muster/tui/tuitest"
)

// TestWhoIsSuspendedSeesWhyAndLeaves holds that the app of somebody who is suspended
// lists the organization as closed, says why, and lets them leave it.
func TestWhoIsSuspendedSeesWhyAndLeaves(t *testing.T) {
	h, ada, _, cy := peopled(t)
	_, err := h.st.SuspendMember(h.ctx, ada, h.acme.ID, "cy@acme.dev", "on holiday")
	h.must(err)
	app := h.as(cy)
	app.See("You are suspended in Acme Corporation").Wait(tuitest.Finger).Press("esc").Press("o").SeeLine("Acme Corporation", "closed").SeeNot("grace@acme.dev")
	app.Press("j", "enter").See("is suspended: on holiday", "or leave with d")
	app.Press("esc", "d").See("Leave Acme Corporation?").Wait(tuitest.Finger).Press("y").See("you left Acme Corporation").SeeNot("closed")
	list, err := h.st.ListOrganizations(h.ctx, cy)
	h.must(err)
	if len(list) != 1 || list[0].Relation != models.RelPersonal {
		t.Errorf("they are in %+v", list)
	}
}
