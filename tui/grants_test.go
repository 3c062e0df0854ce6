package tui

import (
	"fmt"
	"testing"

	"muster/models"
	"muster/tui/tuitest"
)

// withRoles gives ACME a role below an admin and one above, and a member who
// asks in.
func withRoles(t *testing.T) (h *house, ada, grace models.Actor) {
	h, ada, grace, _ = peopled(t)
	_, err := h.st.SetPlan(h.ctx, ada, h.acme.ID, models.PlanVisionary)
	h.must(err)
	for name, grants := range map[string][]string{"auditor": {string(models.PermAudit)}, "treasurer": {string(models.PermBilling)}} {
		_, err = h.st.CreateRole(h.ctx, ada, h.acme.ID, models.ScopeOrganization, models.RoleDraft{Name: &name, Permissions: grants})
		h.must(err)
	}
	return h, ada, grace
}

// Wherever a role is chosen the organization's own are offered too; what the
// person may not give is there with the reason.
func TestTheOrganizationsOwnRolesAreOffered(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {140, 40}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			h, _, grace := withRoles(t)
			dir := fmt.Sprintf("%dx%d/", size[0], size[1])
			app := h.as(grace, size[0], size[1])
			app.Press("3").See("●3").SeeCursorOn("dee@acme.dev").Press("A").See("Approve dee@acme.dev as", "Roles of this organization", "auditor", "treasurer")
			app.Press("t").See("may not grant").Golden(dir+"approve-as").Press("enter").See("Approve dee").Press("k", "enter").See("dee@acme.dev approved as auditor")
			app.SeeLine("dee@acme.dev", "pending", "audit")

			app.Press("n").See("Invite to Acme", "Role").Type("zoe@acme.dev").Press("tab", "left").SeeLine("Role", "admin").Press("left").SeeLine("Role", "owner").
				See("✗").Golden(dir+"invite-role").Press("ctrl+enter").See("Invite to Acme").Press("left").SeeLine("Role", "treasurer").Press("left").SeeLine("Role", "auditor").Press("ctrl+enter").
				See("zoe@acme.dev invited as auditor")

			app.Press("8").See("SITE", "1 of 4").Press("n").See("New user", "its default").Type("ivy@acme.dev").Press("tab").Type("Ivy").Press("tab", "enter").
				See("Role in", "its default", "Built-in roles", "auditor").Golden(dir+"user-role").Press("t", "enter").See("Role in").Press("k", "enter").See("auditor ›").Press("ctrl+enter").
				See("A key for ivy@acme.dev").Wait(tuitest.Finger).Press("esc").SeeLine("ivy@acme.dev", "audit")
		})
	}
}

// Roles stay when a plan without them comes; they can be given no more.
func TestAPlanWithoutCustomRolesGreysThem(t *testing.T) {
	h, ada, _ := withRoles(t)
	_, err := h.st.SetPlan(h.ctx, ada, h.acme.ID, models.PlanTeam)
	h.must(err)
	app := h.as(ada)
	app.See("1 of 4").Press("j").SeeCursorOn("cy@acme.dev").Press("e").See("Role of cy@acme.dev", "auditor").Press("G", "k").See("the plan team does not have custom roles").Press("enter").See("Role of cy")
}
