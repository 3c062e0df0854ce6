package tui

import (
	"testing"

	"muster/models"
	"muster/store"
	"muster/tui/tuitest"
)

func TestChoosingAPlan(t *testing.T) {
	h, ada, _, _, _ := parted(t)
	app := h.as(ada)
	app.Press("4").See("plan team · 4 of 50 seats").Press("P").See("Plan of Acme Corporation", "50 seats · 3 workspaces", "unlimited seats").SeeNot("explore")
	app.Press("v", "enter").See("Change the plan to visionary?", "50 → 500, 4 in use", "3 → 25, 2 in use", "+ custom roles").Wait(tuitest.Finger).Press("y")
	app.See("the plan is now visionary now", "plan visionary · 4 of 500 seats").Press("u").See("plan team")

	// What is in use must fit; the refusal has the numbers.
	_, err := h.st.SetPlan(h.ctx, ada, h.acme.ID, models.PlanVisionary)
	h.must(err)
	for _, n := range []string{"Third", "Fourth"} {
		_, err = h.st.CreateWorkspace(h.ctx, ada, h.acme.ID, models.NewWorkspace{Name: n})
		h.must(err)
	}
	app.See("plan visionary").Press("P").See("not now").Press("t", "enter").See("the plan team is too small: it has 3 workspaces, and 4 are", "changing the plan removes nobody")
	app.Press("esc").SeeNot("too small").Press("P").See("● visionary").Press("enter").See("Plan visionary", "500, 4 in use", "✓ custom roles")
}

func TestMembersSeeThePlansAndWhoMayChangeThem(t *testing.T) {
	h, _, _, cy := peopled(t)
	app := h.as(cy)
	app.Press(":").Type("plan").See("plan …").Press("enter").See("50 seats · 3 workspaces").Press("v", "enter").See("a member may not see and change billing", "ask an owner")
}

func TestWithoutAPaymentMethodNobodyIsInvited(t *testing.T) {
	h := newHouse(t)
	_ = h.st.Close()
	var err error
	h.st, err = store.Open(h.ctx, store.Options{Dir: t.TempDir(), Create: true, Now: h.clock.Now, BillingRequired: true})
	h.must(err)
	t.Cleanup(func() { _ = h.st.Close() })
	h.sh, err = NewShared(Config{Store: h.st, Now: h.clock.Now})
	h.must(err)
	k := key("ada-laptop")
	u, err := h.st.Init(h.ctx, store.NewUser{Name: "Ada Lovelace", Email: "ada@acme.dev", Key: &k})
	h.must(err)
	ada := h.actor(u, k)
	h.acme, err = h.st.CreateOrganization(h.ctx, ada, store.NewOrganization{Name: "Acme Corporation", Code: "ACME"})
	h.must(err)
	_, err = h.st.SwitchOrganization(h.ctx, ada, h.acme.ID)
	h.must(err)
	app := h.as(ada, 140, 40)
	app.See("ada@acme.dev").Press("n").See("cannot invite yet: it has no payment method", "set one in Settings (4) under Payment method")
	app.Press("5").SeeLine("General", "admin").Press("n").See("cannot add workspaces yet")
	app.Press("4").See("no payment method").SeeCursorOn("Name").Press("j", "j", "j", "j", "j", "j", "j", "j", "j", "j", "j", "j", "j", "j", "j").SeeCursorOn("Payment method")
	app.Press("e").See("Billing settings").Type("4111 1111 1111 1111").See("looks like a card number").Press("ctrl+u").Type("Visa ending 4242").Press("ctrl+enter").See("settings saved").SeeNot("no payment method")
	app.Press("2").See("EMAIL").Press("n").See("Invite to Acme")
}

func TestCustomRoles(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	app := h.as(grace)
	app.Press("4").See("Who may invite").Press("r").See("Roles of Acme Corporation", "For members", "For people in a workspace", "manages members").Press("n").See("the plan team does not have custom roles").Press("enter").See("Roles of Acme").Press("esc").SeeNot("Roles of")
	_, err := h.st.SetPlan(h.ctx, ada, h.acme.ID, models.PlanEnterprise)
	h.must(err)
	app.See("plan enterprise").Press("r").See("Roles of Acme").Press("n").SeeNot("does not have").Press("enter").See("New role for members", "– an admin may not add billing.manage to", "– only owners may delete")
	app.Type("Doorkeeper").Press("tab").Type("lets people join").Press("tab", "tab", "tab").See("see all invitations").Press("space").Press("ctrl+enter").See("the role Doorkeeper is created")
	roles, err := h.st.Roles(h.ctx, ada, h.acme.ID)
	h.must(err)
	var made models.RoleView
	for _, r := range roles {
		if r.Name == "Doorkeeper" {
			made = r
		}
	}
	if len(made.Grants) != 2 || !made.Can(models.PermDecide) {
		t.Fatalf("the role allows %v", made.Grants)
	}
	app.Press("r").See("lets people join").Press("D").Press("enter").See("Role Doorkeeper", "✓ see all invitations and decide them", "0 people have it", "e edit")
	app.Press("e").See("Save").Press("end").Type("s").Press("ctrl+enter").See("the role Doorkeepers is saved").Press("u").See("undone")

	// It can be handed out, and then it stays.
	app.Press("3").See("●3").Press("n").See("Invite to Acme").Type("zoe@acme.dev").Press("tab").See("Doorkeeper").Press("D", "ctrl+enter").See("zoe@acme.dev invited as Doorkeeper")
	app.Press("4", "r").See("lets people join").Press("D").Press("enter").See("1 open invitation gives it").Press("d").See("Delete the role").Press("y").See("in use by 1 open invitation:", "zoe@acme.dev", "revoke the invitations first")
}

func TestWhatMayIDo(t *testing.T) {
	h, _, _, cy := peopled(t)
	h.as(cy).Press(":").Type("what may").Press("enter").See("What you may do in Acme", "✓ see the organization – as a member", "✗ change settings", "ada@acme.dev")
}

func TestInvitationsCarryWorkspaces(t *testing.T) {
	h, ada, _, cy, _ := parted(t)
	app := h.as(ada, 140, 40)
	app.Press("3").SeeCursorOn("dee@acme.dev").Press("n").See("Invite to Acme", "Workspaces").Type("zoe@acme.dev").Press("tab", "tab").See("enter adds one")
	app.Press("enter").See("Add to workspace", "Laboratory").Type("lab").SeeCursorOn("Laboratory").Press("enter").See("Role in Laboratory").Press("e", "enter").See("Laboratory as editor")
	app.Press("enter").See("Add to workspace", "as editor").Press("enter").See("Role in General").Press("enter").See("Laboratory as editor, General as viewer")
	app.Press("enter").See("Add to workspace").Press("enter").See("Role in General", "not added to it").Press("n", "enter").SeeNot("General as viewer")
	app.Press("ctrl+enter").See("zoe@acme.dev invited as member").Press("/").Type("zoe").SeeCursorOn("zoe@acme.dev").See("Laboratory as editor")

	page, err := h.st.ListInvitations(h.ctx, ada, h.acme.ID, models.InvitationQuery{Search: "zoe"})
	h.must(err)
	code, err := h.st.JoinCode(h.ctx, ada, h.acme.ID, page.Items[0].ID)
	h.must(err)
	k := key("zoe")
	join := h.open(Options{Entry: EntryJoin, Code: code, Key: &k, Actor: models.Actor{Via: models.ViaTUI, Key: k.Fingerprint}, Term: "xterm-256color"})
	join.See("You are invited", "Laboratory as editor").Wait(tuitest.Finger).See("[ a accept ]").Golden("80x24/join-workspaces")
	join.Press("a").See("Your name").Type("Zoë").Press("enter", "enter").See("muster   1 Acme").Press("5").SeeLine("Laboratory", "editor")

	// Who proposes names no more than they have there.
	prop := h.as(cy)
	prop.Press("3", "n").See("Propose somebody").Type("yan@acme.dev").Press("tab", "tab", "enter").See("Add to workspace", "Laboratory").Type("lab").SeeCursorOn("Laboratory").Press("enter").See("Role in Laboratory").Press("a").See("may not grant the role admin")
	prop.Press("e", "enter").See("Laboratory as editor").Press("ctrl+enter").See("yan@acme.dev proposed")
	boss := h.as(ada, 140, 40)
	boss.Press("3").SeeCursorOn("dee@acme.dev").Press("/").Type("yan").SeeCursorOn("yan").See("Laboratory as editor")
}

func TestAnAdminNeedsNoWorkspaces(t *testing.T) {
	h, ada, _, _, _ := parted(t)
	app := h.as(ada)
	app.Press("3", "n").See("Invite to Acme").Type("zoe@acme.dev").Press("tab", "a", "tab", "enter").See("Add to workspace", "Laboratory").Press("enter").See("Role in").Press("enter").See("as viewer").Press("ctrl+enter").See("✗", "admin of every workspace already")
}

func TestGovernFrames(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"140x40", 140, 40}} {
		t.Run(size.name, func(t *testing.T) {
			h, ada, grace, _, _ := parted(t)
			_, err := h.st.SetPlan(h.ctx, ada, h.acme.ID, models.PlanVisionary)
			h.must(err)
			app := h.as(ada, size.w, size.h)
			frame := func(name string) { t.Helper(); app.Golden(size.name + "/" + name) }
			app.Press("4").See("Who may invite").Press("P").See("50 seats · 3 workspaces")
			frame("plans")
			app.Press("t", "enter").See("– custom roles").Wait(tuitest.Finger).See("y change the plan")
			frame("plan-preview")
			app.Press("esc").SeeNot("– custom roles").Press("r").See("manages the workspace")
			frame("roles")
			app.Press("a", "enter").See("Role admin", "1 person has it")
			frame("role-shown")
			app = h.as(grace, size.w, size.h)
			app.Press("4").See("Who may invite").Press("r").See("manages the workspace").Press("n", "enter").See("New role for members")
			frame("role-form")
			app.Press("esc").SeeNot("New role for members").Press(":").Type("what may").Press("enter").See("✓ see the organization")
			frame("can-i")
		})
	}
}
