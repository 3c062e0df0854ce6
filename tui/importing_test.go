package tui

import (
	"fmt"
	"strings"
	"testing"

	"muster/models"
	"muster/tui/ui"
)

func TestAListIsTriedAndThenImported(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("3").See("3 waiting").Press("I").See("Invite many to Acme Corporation")
	app.Press("ctrl+enter").See("the list has no addresses")
	app.Paste("Zoë Park <zoe@acme.dev>, viewer\nnot-an-address\nCY@acme.dev\nZOE@acme.dev\nyan@acme.dev\n").See("yan@acme.dev").Press("ctrl+enter")
	app.See("What would happen", "2 people would be invited or proposed", "✗ line 2", "– line 3", "– line 4", "✓ line 1  zoe@acme.dev  invited as viewer", "✓ line 5  yan@acme.dev  invited as member")
	app.Wait(ui.Guard).Press("e").See("Invite many to", "not-an-address").Press("ctrl+enter").See("What would happen").Wait(ui.Guard).Press("i")
	app.See("Imported", "2 people invited or proposed, 2 rows skipped, 1 row with a mistake").Wait(ui.Guard).Press("esc").SeeNot("Imported")
	app.SeeLine("zoe@acme.dev", "pending", "viewer").SeeLine("yan@acme.dev", "pending")
	// The same list again changes nothing.
	app.Press("I").See("Invite many to").Paste("zoe@acme.dev\nyan@acme.dev\n").Press("ctrl+enter").See("0 people would be invited", "2 rows skipped").SeeNot("i invite")
}

func TestMembersProposeByAList(t *testing.T) {
	h, _, _, cy := peopled(t)
	app := h.as(cy)
	app.Press("3").See("dee@acme.dev").Press("I").See("Invite many to").Paste("email,name,team\nzoe@acme.dev,Zoë,ops\n").Press("ctrl+enter")
	app.See("columns that muster does not know: team", "zoe@acme.dev  proposed as member").Wait(ui.Guard).Press("i").See("Imported", "1 person invited or proposed")
}

func TestALargeImport(t *testing.T) {
	h, ada, _, _ := peopled(t)
	_, err := h.st.SetPlan(h.ctx, ada, h.acme.ID, models.PlanEnterprise)
	h.must(err)
	var list strings.Builder
	for i := range 800 {
		fmt.Fprintf(&list, "person%04d@acme.dev\n", i)
	}
	app := h.as(ada)
	app.Press("3").See("3 waiting").Press("I").See("Invite many to").Paste(list.String()).See("person0799").Press("ctrl+enter").See("800 people would be invited").Wait(ui.Guard)
	app.Press("i").See("Imported", "800 people invited or proposed").Wait(ui.Guard).Press("G").See("person0799@acme.dev").Press("esc").SeeNot("Imported").See("1 of 806")
}
