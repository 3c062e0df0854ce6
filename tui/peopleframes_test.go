package tui

import (
	"testing"

	"muster/tui/tuitest"
)

// The frames of what is done with people, accounts and organizations, at the
// two sizes everybody looks at.
func TestPeopleFrames(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"140x40", 140, 40}} {
		t.Run(size.name, func(t *testing.T) {
			h, ada, _, cy := peopled(t)
			_, err := h.st.SuspendMember(h.ctx, ada, h.acme.ID, cy.UserID, "on leave until May")
			h.must(err)
			app := h.as(ada, size.w, size.h)
			frame := func(name string) { t.Helper(); app.Golden(size.name + "/" + name) }
			app.See("1 of 4").Press("j").SeeCursorOn("cy@acme.dev").Press("p")
			if size.w < detailFrom {
				app.See("on leave until May")
			} else {
				app.SeeNot("on leave until May").Press("p").See("on leave until May")
			}
			frame("members-suspended")
			app.Press("esc").Press("j").SeeCursorOn("grace@acme.dev").Press("x").See("Suspend grace@acme.dev?")
			frame("members-suspend")
			app.Press("esc").SeeNot("Suspend grace").Press("T").See("Transfer Acme Corporation")
			frame("members-nominate")
			app.Press("esc").SeeNot("Hand Acme").Press("E").See("End of the membership")
			frame("members-end")
			app.Press("esc").SeeNot("End of the").Press("f").See("Show only")
			frame("members-show")
			app.Press("esc").SeeNot("Show only").Press("8").See("SITE", "1 of 4").Press("/").Type("nobody at all").See("No matches")
			frame("users-none")
			app.Press("esc").See("1 of 4").Press("j").SeeCursorOn("cy@acme.dev")
			if size.w >= detailFrom {
				app.See("0 open sessions")
			}
			app.Press("f").See("Show only", "site admins")
			frame("users-show")
			app.Press("esc").SeeNot("Show only").Press("e").See("Account of")
			frame("user-edit")
			app.Press("esc").SeeNot("Account of").Press("0").See("PLAN", "1 of 1").Press("e").See("Organization ACME", "Plan")
			frame("all-organizations-edit")
			app.Press("esc").SeeNot("Organization ACME").Press("d").See("Delete Acme Corporation?", "4 members").Wait(tuitest.Finger).See("▸ Cancel ◂")
			frame("all-organizations-delete")
			app.Press("esc").SeeNot("Delete Acme").Press("f").See("Show only").Type("deleted").Press("enter").See("No matches")
			frame("all-organizations-none")
		})
	}
}
