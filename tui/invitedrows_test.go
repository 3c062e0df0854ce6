package tui

import (
	"testing"

	"muster/models"
)

// Who is invited stands among the members where that is asked for. Their rows cannot
// be changed like members, and lead to the invitation.
func TestInvitedPeopleAmongTheMembers(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"140x40", 140, 40}} {
		t.Run(size.name, func(t *testing.T) {
			h, ada, _, _ := peopled(t)
			_, err := h.st.CreateInvitation(h.ctx, ada, h.acme.ID, models.NewInvitation{Email: "bea@acme.dev"})
			h.must(err)
			app := h.as(ada, size.w, size.h)
			app.See("1 of 4").SeeNot("bea@acme.dev").Press("i").See("bea@acme.dev", "invited", "cy@acme.dev").
				Press("j").SeeCursorOn("bea@acme.dev")
			app.Golden(size.name + "/members-invited")
			app.Press("x").See("is invited and not a member yet").SeeNot("Suspend bea").
				Press("*").Press("x").See("Suspend 4 members").Press("esc").SeeNot("Suspend 4").Press("esc").
				Press("enter").See("pending").SeeCursorOn("bea@acme.dev").SeeNot("STATUS")
		})
	}
}
