package tui

import (
	"testing"
	"time"

	"muster/models"
	"muster/tui/tuitest"
)

// A member is suspended with a reason, which the detail shows, and comes back;
// both can be undone.
func TestSuspendAndReactivate(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada, 140, 40)
	app.Press("j").SeeCursorOn("cy@acme.dev").Press("x").See("Suspend cy@acme.dev?", "seat is free").Type("long leave").
		Press("alt+enter").See("cy@acme.dev is suspended").SeeLine("cy@acme.dev", "suspended").
		See("suspended by ada@acme.dev", "long leave")
	app.Press("x").See("is suspended already")
	app.Press("a").See("cy@acme.dev is active again").SeeNot("long leave")
	app.Press("u").See("undone").SeeLine("cy@acme.dev", "suspended").See("long leave")
	app.Press("u").See("undone").SeeNot("long leave")
	app.Press("k").SeeCursorOn("ada@acme.dev").Press("x").See("you cannot suspend yourself")
}

// Many are suspended at once, and whoever could not be is told by row.
func TestSuspendMany(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("*").See("4 marked").Press("x").See("Suspend 4 members?").Press("alt+enter").
		See("Some items failed", "you cannot suspend yourself").Wait(tuitest.Finger).Press("esc").
		SeeLine("grace@acme.dev", "suspended").SeeLine("misaki@acme.dev", "suspended")
}

// A suspended person's session leaves the organization at once.
func TestSuspendedSessionLeaves(t *testing.T) {
	h, ada, _, cy := peopled(t)
	hers := h.as(cy)
	hers.See("Members 4")
	_, err := h.st.SuspendMember(h.ctx, ada, h.acme.ID, cy.UserID, "back from leave in May")
	h.must(err)
	hers.See("suspended", "back from leave in May").SeeNot("grace@acme.dev")
}

// A membership gets an end, shown in the list, and loses it again.
func TestEndOfMembership(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("j").SeeCursorOn("cy@acme.dev").Press("E").See("End of the membership of cy@acme.dev").
		Type("soon").See("is not a time").Press("backspace", "backspace", "backspace", "backspace").Type("30d").
		Press("alt+enter").See("cy@acme.dev is a member until 2026-09-1").SeeLine("cy@acme.dev", "ends 30d")
	app.Press("u").See("undone").SeeNot("ends 30d")
}

// Somebody who was taken out is found among the former members and comes back
// with their role; who left of their own accord is not brought back.
func TestFormerMembers(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	app := h.as(ada)
	app.Press("F").See("nobody was removed in the last 30 days").Press("esc")
	app.Press("j", "d").See("takes effect at once").Wait(tuitest.Finger).Press("y").See("cy@acme.dev was removed")
	h.must(h.st.Leave(h.ctx, grace, h.acme.ID))
	h.clock.Advance(2 * time.Hour)
	app.See("2Members").SeeNot("grace@acme.dev").Press("F").See("Removed members", "cy@acme.dev", "member, removed by ada@acme.dev, 2h ago", "grace@acme.dev")
	app.Golden("80x24/members-former")
	app.Type("gra").SeeNot("cy@acme.dev").Press("enter").See("left by themselves")
	app.Press("backspace", "backspace", "backspace").See("cy@acme.dev").Type("cy").SeeNot("grace@acme.dev").Press("enter").See("Restore cy@acme.dev?", "rejoin as member").
		Press("y").See("cy@acme.dev is back as member", "Members 3")
}

// The list is kept to the suspended, the inactive or one role, and esc shows
// all again.
func TestShowOnlySomeMembers(t *testing.T) {
	h, ada, grace, cy := peopled(t)
	_, err := h.st.SuspendMember(h.ctx, ada, h.acme.ID, cy.UserID, "on leave")
	h.must(err)
	h.clock.Advance(45 * 24 * time.Hour)
	_, err = h.st.SwitchOrganization(h.ctx, grace, h.acme.ID)
	h.must(err)
	app := h.as(ada)
	app.Press("f").See("Show only", "Status").Type("suspended").Press("enter").See("status:suspended").SeeNot("grace@acme.dev").See("cy@acme.dev")
	app.Press("esc").See("grace@acme.dev", "misaki@acme.dev")
	app.Press("f").See("Show only").Type("seen more than 30").Press("enter").See("seen:>30d", "misaki@acme.dev").SeeNot("Ada Lovelace")
	app.Press("esc", "f").See("Show only").Type("viewer").Press("enter").See("role:viewer", "misaki@acme.dev").SeeNot("grace@acme.dev")
}

// A custom role is offered beside the built-in ones, stands in the list under
// its name, and the change can be undone.
func TestCustomRoleInThePicker(t *testing.T) {
	h, ada, _, _ := peopled(t)
	name := "Auditor"
	_, err := h.st.SetPlan(h.ctx, ada, h.acme.ID, models.PlanEnterprise)
	h.must(err)
	_, err = h.st.CreateRole(h.ctx, ada, h.acme.ID, models.ScopeOrganization, models.RoleDraft{Name: &name, Permissions: []string{string(models.PermAudit)}})
	h.must(err)
	app := h.as(ada, 140, 40)
	app.Press("j", "e").See("Role of cy@acme.dev", "Roles of this organization", "Auditor")
	app.Golden("140x40/role-custom")
	app.Press("G", "enter").See("cy@acme.dev is now Auditor").SeeLine("cy@acme.dev", "Auditor").See("Auditor, counts as")
	app.Press("u").See("undone").SeeLine("cy@acme.dev", "member")
	app.Press("f").See("Show only").Type("Auditor").See("Role").Press("enter").See("role:Auditor", "No matches")
}

// A member sees why none of it is theirs to do.
func TestMembersCannotSuspend(t *testing.T) {
	h, _, _, cy := peopled(t)
	app := h.as(cy, 140, 40)
	app.Press("j", "x").See("ask an owner or admin").SeeNot("Suspend ada")
	app.Press("F").SeeNot("Removed members")
	app.SeeNot("[8]", " 8 ", "[0]", " 0 ")
}
