package tui

import (
	"testing"

	"muster/models"
)

// An invitation that went back to the queue says so, and why, to whoever proposed it.
func TestReturnedInvitationsSayWhy(t *testing.T) {
	h, ada, grace, cy := peopled(t)
	h.as(grace).Press("3").See("●3").SeeCursorOn("dee@acme.dev").Press("a").See("approved")
	_, err := h.st.SuspendMember(h.ctx, ada, "ACME", grace.UserID, "")
	h.must(err)
	app := h.as(cy, 140, 40)
	app.Press("3").SeeLine("dee@acme.dev", "● back").SeeCursorOn("dee@acme.dev")
	app.See("· back for a new decision: grace@acme.dev can no longer approve it: they are no longer", "Reason", "│ back for a new decision:")
}

// Restoring says what came back, and what did not.
func TestRestoringSaysWhatDidNotComeBack(t *testing.T) {
	h, ada, _, cy := peopled(t)
	_, err := h.st.CreateWorkspace(h.ctx, ada, "ACME", models.NewWorkspace{Name: "Design"})
	h.must(err)
	_, err = h.st.AddWorkspaceMember(h.ctx, ada, "ACME", "Design", cy.UserID, models.WorkspaceEditor)
	h.must(err)
	_, err = h.st.SuspendMember(h.ctx, ada, "ACME", cy.UserID, "on leave")
	h.must(err)
	_, err = h.st.RemoveMember(h.ctx, ada, "ACME", cy.UserID)
	h.must(err)
	_, err = h.st.DeleteWorkspace(h.ctx, ada, "ACME", "Design", "Design")
	h.must(err)
	app := h.as(ada)
	app.Press("2", ":").Type("former").See("former").Press("enter").See("Removed members", "member, suspended").Press("enter")
	app.See("Restore cy@acme.dev?", "stay suspended").Press("y")
	app.See("Not restored with cy@acme.dev", "the workspace Design, as editor: it was deleted").Press("esc").SeeLine("cy@acme.dev", "suspended")
}
