package tui

import (
	"testing"
	"time"

	"muster/models"
)

func TestOverviewTellsEverybodyTheNumbers(t *testing.T) {
	h, _, _, cy := peopled(t)
	app := h.as(cy)
	app.Press("6").See("SEATS", "4 active", "● waiting", "CHANGES A DAY", "[30]", "last 30 days", "joined", "invited").
		SeeLine("● waiting", "3").SeeLine("sent", "3", "accepted", "3").SeeLine("acceptance", "100%", "median wait")
	app.Press("t").See("[90]", "last 90 days", "CHANGES IN 3 DAYS").Press("t").See("[7]", "last 7 days", "CHANGES A DAY", "Aug 14")
	// What became of the invitations day by day is for those who decide.
	app.Press("enter").See("Acme Corporation: numbers", "changes joined invited", "Aug 14").SeeNot("ACCEPTED")
	app.Press("esc").SeeNot("in numbers")
}

func TestOverviewTellsDecidersWhatBecameOfInvitations(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada, 140, 40)
	app.Press("6").See("WEEK OF", "ACCEPTED", "MEDIAN", "2026-08-10", "Day by day")
	app.Press("t", "t").See("[7]").SeeLine("DAY", "SENT").SeeLine("2026-08-14", "3", "100%")
	app.Press("enter").See("Acme Corporation: numbers", "RATE").Press("esc")
}

func TestOverviewKeepsItselfUpToDate(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("6").See("●3", "4 active")
	page, err := h.st.ListInvitations(h.ctx, ada, h.acme.ID, models.InvitationQuery{Search: "dee@"})
	h.must(err)
	_, err = h.st.RejectInvitation(h.ctx, ada, h.acme.ID, page.Items[0].ID, "")
	h.must(err)
	app.See("●2")
	h.join(ada, "Zoë", "zoe@acme.dev", models.RoleViewer)
	app.See("5 active")
}

func TestOverviewOfAQuietOrganization(t *testing.T) {
	h, ada := founded(t)
	h.clock.Advance(60 * 24 * time.Hour)
	app := h.as(ada)
	app.Press("6").See("1 active", "none", "no changes in these days").SeeLine("● waiting", "0")
	app.Press("o").See("Organizations").Press("g", "enter").See("muster   1 Personal").SeeNot("Overview")
}

func TestOverviewAtEverySize(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("6").See("SEATS")
	for _, size := range [][2]int{{40, 10}, {45, 12}, {60, 30}, {80, 18}, {100, 30}, {250, 60}} {
		app.Resize(size[0], size[1]).See("SEATS")
	}
	app.Resize(60, 30).See("SEATS", "INVITATIONS", "CHANGES")
}
