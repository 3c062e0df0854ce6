package tui

import (
	"fmt"
	"testing"
	"time"

	"muster/models"
)

func TestPagingThroughTheStore(t *testing.T) {
	h, ada := founded(t)
	for i := range 110 {
		if i == 40 {
			_, err := h.st.UpdateSettings(h.ctx, ada, h.acme.ID, []models.SettingChange{{Key: models.SetInvite, Value: string(models.PolicyMembers)}}, false)
			h.must(err)
		}
		_, err := h.st.CreateInvitation(h.ctx, ada, h.acme.ID, models.NewInvitation{Email: fmt.Sprintf("p%03d@acme.dev", i)})
		if models.CodeOf(err) == models.CodeLimit {
			break // the plan's seats are taken
		}
		h.must(err)
		h.clock.Advance(time.Minute)
	}
	page, err := h.st.ListInvitations(h.ctx, ada, h.acme.ID, models.InvitationQuery{Limit: 500})
	h.must(err)
	n := len(page.Items)
	app := h.as(ada)
	app.Press("3").See(fmt.Sprintf("1 of %d", n)).SeeCursorOn(page.Items[0].Email)
	app.Press("pgdown").SeeCursorOn(page.Items[16].Email).Press("G").See(fmt.Sprintf("%d of %d", n, n)).SeeCursorOn(page.Items[n-1].Email)
	app.Press("pgup").SeeCursorOn(page.Items[n-17].Email).Press("g").See(fmt.Sprintf("1 of %d", n))
}
