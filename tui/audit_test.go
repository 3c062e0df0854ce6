package tui

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"muster/models"
	"muster/tui/ui"
)

func TestTheLogShowsBeforeAndAfter(t *testing.T) {
	h, ada, _, _ := peopled(t)
	page, err := h.st.ListMembers(h.ctx, ada, h.acme.ID, models.MemberQuery{Search: "cy@"})
	h.must(err)
	_, err = h.st.ChangeRole(h.ctx, ada, h.acme.ID, page.Items[0].ID, models.RoleAdmin)
	h.must(err)
	app := h.as(ada)
	app.Press("7").SeeCursorOn("ada@acme.dev").SeeLine("✓", "member.role", "cy@acme")
	app.Press("enter").See("ada@acme.dev, as member", "192.0.2.7").SeeLine("BEFORE", "AFTER").SeeLine("role", "member", "admin")
	app.Press("w").See("/actor:ada").SeeNot("invitation.request")
	app.Press("esc").See("invitation.request").SeeNot("/actor:ada")
}

func TestTheLogIsFiltered(t *testing.T) {
	h, ada, _, cy := peopled(t)
	_, err := h.st.UpdateSettings(h.ctx, cy, h.acme.ID, []models.SettingChange{{Key: models.SetName, Value: "Cy's"}}, false)
	if models.CodeOf(err) != models.CodeDenied {
		t.Fatal(err)
	}
	app := h.as(ada)
	app.Press("7").SeeLine("cy@acme.dev", "✗", "settings").SeeLine("✓", "invitation.request")
	app.Press("f").See("Show only").Type("accept").See("invitation.accept").Press("enter").See("/action:inv").SeeLine("grace@acme.dev", "invitation.accept").SeeNot("invitation.request")
	app.Press("esc").See("invitation.request")
	app.Press("/").See("actor: action: target:").Type("act").See("tab: actor: action:").Press("tab").Type("cy@acme.dev action:invitation").Press("enter").See("invitation.request").SeeNot("organization.create", "✗")
	app.Press("esc").See("organization.create").Press("t").See("/period:7d").Press("t", "t").See("/period:90d").Press("t").SeeNot("period:")
	app.Press("D").See("Show the log", "From", "Before").Type("2020-01-01").Press("tab").Type("2020-02-01").Press("ctrl+enter").See("No matches", "Press esc to clear the filter")
	app.Press("esc").See("organization.create")
}

func TestMembersSeeTheirOwnActions(t *testing.T) {
	h, _, _, cy := peopled(t)
	app := h.as(cy)
	app.Press("7").See("invitation.request", "your own actions").SeeNot("ada@acme.dev  ")
	app.Press("v").See("may not read the audit log").Press("Y").See("may not read the audit log")
	app.Press("i").SeeNot("installation")
}

func TestTheLogIsVerified(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	app := h.as(grace)
	app.Press("7").See("invitation.request").Press("v").See("Audit log of ACME", "✓ The log is intact", "verified")
	app.Wait(ui.Guard).Press("esc").SeeNot("intact")
	// The installation has a log of its own, for site admins.
	app.Press("i").SeeNot("Audit log of")
	app = h.as(ada)
	app.Press("7").See("invitation.request").Press("i").See("only installation", "user.create").SeeNot("invitation.request").Press("v").See("Audit log of the installation", "intact")
	app.Wait(ui.Guard).Press("esc").SeeNot("intact").Press("i").See("invitation.request").SeeNot("only installation")
}

func TestTheExportCommandIsCopied(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada, 100, 30)
	app.Press("7").See("invitation.request").Press("Y").See("the plan team does not have audit export · Settings (4) has the plans").SeeNot("Export these")
	_, err := h.st.SetPlan(h.ctx, ada, h.acme.ID, models.PlanEnterprise)
	h.must(err)
	app.See("plan.set").Press("f").See("Show only").Type("accept").See("invitation.accept").Press("enter").See("/action:inv").Press("Y")
	const want = "muster audit export --org ACME action:invitation.accept > audit.jsonl"
	app.See("Export these entries", want)
	_, encoded, _ := strings.Cut(app.Copied(), ";c;")
	if text, err := base64.StdEncoding.DecodeString(encoded); err != nil || string(text) != want {
		t.Errorf("copied %q (%v)", text, err)
	}
}

func TestALongLogGoesOn(t *testing.T) {
	h, ada, _, _ := peopled(t)
	for i := range 120 {
		_, err := h.st.UpdateSettings(h.ctx, ada, h.acme.ID, []models.SettingChange{{Key: models.SetDescription, Value: fmt.Sprint("take ", i)}}, false)
		h.must(err)
	}
	app := h.as(ada)
	app.Press("7").SeeCursorOn("settings")
	app.See("entry 136")
	for at := 136 - 17; at > 20; at -= 17 {
		app.Press("pgdown").See(fmt.Sprint("entry ", at))
	}
	app.Press("G").See("organization.crea", "entry 1\n").Press("g").See("entry 136")
}
