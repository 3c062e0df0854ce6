package tui

import (
	"testing"

	"muster/models"
	"muster/tui/tuitest"
)

// The owner nominates, the nominee sees it in the switcher and accepts; both
// screens show the new roles.
func TestOwnershipIsHandedOver(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	hers, theirs := h.as(ada), h.as(grace)
	hers.Press("j", "j").SeeCursorOn("grace@acme.dev").Press("T").See("Transfer Acme Corporation to grace@acme.dev?", "seven days").Press("y").
		See("grace@acme.dev is nominated as owner")
	theirs.See("you are offered the ownership").Press("o").See("ownership offered").Press("j").SeeCursorOn("Acme").Press("a").
		See("Become the owner of Acme Corporation?").Press("y").See("your role in Acme Corporation is now owner", "· owner ·")
	hers.See("your role in Acme Corporation is now admin", "ada@acme.dev · admin")
}

// The nominee declines, and a nomination is taken back, by undo or by name.
func TestOwnershipIsDeclinedOrTakenBack(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	hers, theirs := h.as(ada, 140, 40), h.as(grace)
	nominate := func() {
		t.Helper()
		hers.Press(":").See("Command").Type("transfer owner").Press("enter").See("Transfer ownership to", "grace@acme.dev").
			Type("grace").See("    1 ││").Press("enter").See("Transfer Acme Corporation").Press("y").See("nominated as owner · u undo")
	}
	nominate()
	hers.Press("g", "j", "j").SeeCursorOn("grace@acme.dev").See("Nominated", "in place of ada@acme.dev")
	theirs.See("you are offered").Press("o").See("ownership offered").Press("j", "x").See("Decline to own").Press("y").See("you declined to own").Press("esc")
	hers.SeeNot("in place of ada@acme.dev")
	nominate()
	hers.Press("u").See("undone").SeeNot("in place of ada@acme.dev")
	nominate()
	hers.See("in place of ada@acme.dev").Press(":").See("Command").Type("cancel the transfer").Press("enter").See("Cancel the transfer to grace@acme.dev?").Press("y").
		See("the nomination of grace@acme.dev is cancelled")
	theirs.SeeNot("ownership offered")
}

// An organization is deleted only after its code was typed, and every screen
// leaves it.
func TestDeleteOrganization(t *testing.T) {
	h, ada, _, cy := peopled(t)
	hers, theirs := h.as(ada), h.as(cy)
	hers.Press(":").See("Command").Type("delete the org").Press("enter").See("Delete Acme Corporation?", "4 members lose access")
	hers.Golden("80x24/organization-delete")
	hers.Wait(tuitest.Finger).Press("enter").See("Delete Acme").Type("ACME").Press("enter").
		See("Acme Corporation is deleted; a site admin can restore it").SeeNot("grace@acme.dev")
	theirs.See("you are no longer a member of Acme Corporation")
}

// An admin is told who may delete and hand over.
func TestAdminsDoNotDelete(t *testing.T) {
	h, _, grace, _ := peopled(t)
	app := h.as(grace)
	app.Press(":").Type("delete the org").See("owner").Press("enter").SeeNot("type ACME")
	app.Press("esc", "T").SeeNot("Hand Acme")
}

// From the personal workspace one makes a shared organization.
func TestUpgradePersonalWorkspace(t *testing.T) {
	h, _, _, cy := peopled(t)
	app := h.as(cy)
	app.Press("o").See("Personal").Press("k", "enter").See("you are in").Press(":").See("Command").Type("create a shared org").Press("enter").
		See("A shared organization", "stays as it is").Type("Twombly Studio").See("TWOMBLY-STUDIO").Press("alt+enter").
		See("Twombly Studio is created", "Members 1")
	entries, err := h.st.ListOrganizations(h.ctx, cy)
	h.must(err)
	if entries[0].Relation != models.RelPersonal {
		t.Errorf("the personal workspace is gone: %v", entries)
	}
}
