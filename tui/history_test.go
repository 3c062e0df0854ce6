package tui

import (
	"testing"
	"time"

	"muster/models"
)

// The history says what u and U do, does it, and forgets what is too late.
func TestHistory(t *testing.T) {
	for _, s := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"140x40", 140, 40}} {
		t.Run(s.name, func(t *testing.T) {
			h, ada, _, _ := peopled(t)
			app := h.as(ada, s.w, s.h)
			app.See("1 of 4").Press("H").See("What can be undone", "Nothing in Acme Corporation").Press("esc").SeeNot("What can be")
			app.Press("j").SeeCursorOn("cy@acme.dev").Press("e").See("Role of").Press("j", "enter").See("cy@acme.dev is now viewer")
			app.Press("x").See("Suspend cy@acme.dev?").Press("alt+enter").See("cy@acme.dev is suspended")
			app.Press("3").SeeCursorOn("dee@acme.dev").Press("a").See("approved as member").Press("H")
			app.SeeLine("▸ dee@acme.dev approved as member", " s left").SeeLine("cy@acme.dev is suspended").SeeLine("cy@acme.dev is now viewer")
			app.Golden(s.name + "/history")
			app.Press("u").See("undone: dee@acme.dev approved").SeeLine("dee@acme.dev", "● waiting")
			app.Press("H").See("U redoes").Press("U").See("dee@acme.dev approved as member", "●2")
			// Too late for the decision, not for what was done before.
			app.Wait(11 * time.Second).Press("H").SeeLine("▸ cy@acme.dev is suspended").SeeNot("U redoes").Press("u")
			app.See("undone: cy@acme.dev is suspended").Press("H").See("U redoes").SeeLine("▸ cy@acme.dev is suspended").SeeLine("▸ cy@acme.dev is now viewer")
			// Something new leaves nothing to do again.
			app.Press("esc", "2").SeeCursorOn("cy@acme.dev").Press("j").SeeCursorOn("grace").Press("e").See("Role of").Press("j", "enter").See("grace@acme.dev is now member")
			app.Press("U").See("Nothing to redo")
		})
	}
}

// u takes nothing back that somebody else has changed since, and says who did
// what: of a role, a suspension, an end, the organization's name.
func TestUndoIsRefusedWhenSomebodyElseWasThere(t *testing.T) {
	h, ada, grace, cy := peopled(t)
	role := func(r models.Role) {
		_, err := h.st.ChangeRole(h.ctx, ada, h.acme.ID, cy.UserID, r)
		h.must(err)
	}
	app := h.as(grace, 160, 30)
	app.Press("j").SeeCursorOn("cy@acme.dev").Press("e").See("Role of").Press("j", "enter").See("cy@acme.dev is now viewer")
	role(models.RoleAdmin)
	app.SeeLine("cy@acme.dev", "admin").Press("u").See("ada@acme.dev has changed cy@acme.dev since: role is now admin").SeeLine("cy@acme.dev", "admin")
	role(models.RoleMember)
	app.SeeLine("cy@acme.dev", "member").Press("x").See("Suspend cy").Press("alt+enter").See("cy@acme.dev is suspended")
	_, err := h.st.ReactivateMember(h.ctx, ada, h.acme.ID, cy.UserID)
	h.must(err)
	_, err = h.st.SuspendMember(h.ctx, ada, h.acme.ID, cy.UserID, "for good")
	h.must(err)
	app.Press("u").See("ada@acme.dev has changed cy@acme.dev since: status is now suspended").SeeLine("cy@acme.dev", "suspended")
	// Of several, those that nobody else has changed are taken back, and done
	// again only where nobody was there in between.
	_, err = h.st.ReactivateMember(h.ctx, ada, h.acme.ID, cy.UserID)
	h.must(err)
	app.SeeLine("cy@acme.dev", "active").Press("space").See("1 marked").Press("G").SeeCursorOn("misaki@acme.dev").Press("space").See("2 marked")
	app.Press("x").See("Suspend 2 members?").Press("alt+enter").See("2 members are suspended")
	_, err = h.st.ReactivateMember(h.ctx, ada, h.acme.ID, cy.UserID)
	h.must(err)
	app.SeeLine("cy@acme.dev", "active").Press("u").See("1 of 2 stay as they are: ada@acme.dev has changed cy@acme.dev").SeeLine("misaki@acme.dev", "active")
	// The name of the organization in the form of settings.
	app.Press("4").See("Name").Press("e").See("Save").Type(" X").Press("alt+enter").See("settings saved")
	_, err = h.st.UpdateSettings(h.ctx, ada, h.acme.ID, []models.SettingChange{{Key: models.SetName, Value: "Ada's"}}, false)
	h.must(err)
	app.See("Ada's").Press("u").See("ada@acme.dev has changed ACME since: name is now Ada's").SeeNot("undone:")
	// What was undone is done again only if it is as the undo left it.
	app.Press("e").See("Save").Type(" Y").Press("alt+enter").See("settings saved").Press("u").See("undone")
	_, err = h.st.UpdateSettings(h.ctx, ada, h.acme.ID, []models.SettingChange{{Key: models.SetName, Value: "Theirs"}}, false)
	h.must(err)
	app.See("Theirs").Press("U").See("Theirs").SeeNot("Ada's Y")
}
