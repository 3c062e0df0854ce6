package tui

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"muster/models"
	"muster/tui/tuitest"
	"muster/tui/ui"
)

func TestAListIsTriedAndThenImported(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("3").See("●3").Press("I").See("Invite many to Acme Corporation")
	app.Press("ctrl+enter").See("the list has no addresses")
	app.Paste("Zoë Park <zoe@acme.dev>, viewer\nnot-an-address\nCY@acme.dev\nZOE@acme.dev\nyan@acme.dev\n").See("yan@acme.dev").Press("ctrl+enter")
	app.See("Preview", "2 people would be invited or proposed", "✗ line 2", "– line 3", "– line 4", "✓ line 1  zoe@acme.dev  invited as viewer", "✓ line 5  yan@acme.dev  invited as member")
	app.Wait(ui.Guard).Press("e").See("Invite many to", "not-an-address").Press("ctrl+enter").See("Preview").Wait(ui.Guard).Press("i")
	app.See("Imported", "2 people invited or proposed, 2 rows skipped, 1 row with errors").Wait(ui.Guard).Press("esc").SeeNot("Imported")
	app.SeeLine("zoe@acme.dev", "pending", "viewer").SeeLine("yan@acme.dev", "pending")
	// The same list again changes nothing.
	app.Press("I").See("Invite many to").Paste("zoe@acme.dev\nyan@acme.dev\n").Press("ctrl+enter").See("0 people would be invited", "2 rows skipped").SeeNot("i invite")
}

func TestMembersProposeByAList(t *testing.T) {
	h, _, _, cy := peopled(t)
	app := h.as(cy)
	app.Press("3").See("dee@acme.dev").Press("I").See("Invite many to").Paste("email,name,team\nzoe@acme.dev,Zoë,ops\n").Press("ctrl+enter")
	app.See(`the column "team" is not used`, "zoe@acme.dev  proposed as member").Wait(ui.Guard).Press("i").See("Imported", "1 person invited or proposed")
}

// An export of another tool shows how it was read and who is left out; one that
// is not understood is refused.
func TestAnExportOfAnotherToolIsTried(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("3").See("●3").Press("I").See("Invite many to").Paste("fullname,Mailbox,status\nMina,mina@reef.example,Member\n").Press("ctrl+enter").See("no column is recognized as the email address")
	app.Press("ctrl+a").Press("esc", "esc").SeeNot("Invite many to").Press("I").See("Invite many to").
		Paste("fullname,Work Email,status,note\nMina,mina@reef.example,Admin,late\nFay,fay@reef.example,Deactivated,\n").Press("ctrl+enter")
	app.See("1 person would be invited", `the address is read from "Work Email", the name from "fullname"`, `the column "note" is not mailed`,
		`– line 3  fay@reef.example: left out: "status" is Deactivated in the list`, "✓ line 2  mina@reef.example  invited as member")
}

// An address is invited with the name it was pasted with.
func TestAPastedAddressKeepsItsName(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("3").See("●3").Press("n").See("Invite to").Type("Nora <nora@acme.dev>").Press("ctrl+enter").SeeNot("Invite to").SeeLine("nora@acme.dev", "pending")
	page, err := h.st.ListInvitations(h.ctx, ada, h.acme.ID, models.InvitationQuery{Search: "nora@"})
	h.must(err)
	if len(page.Items) != 1 || page.Items[0].Name != "Nora" {
		t.Errorf("%+v", page.Items)
	}
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
	app.Press("3").See("●3").Press("I").See("Invite many to").Paste(list.String()).See("person0799").Press("ctrl+enter").See("800 people would be invited").Wait(ui.Guard)
	app.Press("i").See("Imported", "800 people invited or proposed").Wait(ui.Guard).Press("G").See("person0799@acme.dev").Press("esc").SeeNot("Imported").See("1 of 806")
}

// A file of five thousand with mistakes is tried, imported in one go with its
// progress shown, and again without effect. Every row has its result, to scroll
// and to copy.
func TestAFileIsImported(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {140, 40}} {
		h, ada, _, _ := peopled(t)
		_, err := h.st.SetPlan(h.ctx, ada, h.acme.ID, models.PlanEnterprise)
		h.must(err)
		name := "auditor"
		_, err = h.st.CreateRole(h.ctx, ada, h.acme.ID, models.ScopeOrganization, models.RoleDraft{Name: &name})
		h.must(err)
		var list strings.Builder
		list.WriteString("email,name,role\n")
		for i := range 5000 {
			switch {
			case i%100 == 7:
				fmt.Fprintf(&list, "nobody %d,,\n", i)
			case i%100 == 8:
				fmt.Fprintf(&list, "p%04d@acme.dev,,emperor\n", i)
			case i%100 == 9:
				fmt.Fprintf(&list, "P%04d@acme.dev,,\n", i-4)
			default:
				fmt.Fprintf(&list, "p%04d@acme.dev,Person %d,\n", i, i)
			}
		}
		files := map[string]string{"people.csv": list.String(), "empty.csv": ""}
		read := func(path string) ([]byte, error) {
			text, ok := files[path]
			if !ok {
				return nil, models.Errorf(models.CodeNotFound, "cannot read the list: open %s: no such file", path)
			}
			return []byte(text), nil
		}
		frame := func(app *tuitest.Terminal, name string) {
			t.Helper()
			app.Golden(fmt.Sprintf("%dx%d/%s", size[0], size[1], name))
		}
		app := h.open(Options{Actor: ada, Term: "xterm-256color", ReadList: read}, size[0], size[1]).See("● live")
		app.Press("3").See("●3").Press("I").See("Invite many to", "File", "List", "Role").Press("shift+tab").Type("peeple.csv").Press("ctrl+enter").See("✗ cannot read the list")
		frame(app, "import-file")
		app.Press("ctrl+u").Type("empty.csv").Press("ctrl+enter").See("✗ the list has no addresses").Press("ctrl+u").Type("people.csv").Press("tab").Type("x").See("a file or a list, not both").
			Press("backspace", "tab", "right", "right").See("auditor").Press("ctrl+enter")
		app.See("Preview", "4850 people would be invited or proposed, 50 rows skipped, 100 rows have", "i invite 4850").Wait(ui.Guard).See("[ i invite 4850 ]")
		frame(app, "import-dry")
		app.Press("i").See("Imported", "4850 people invited or proposed, 50 rows skipped, 100 rows with").Wait(ui.Guard)
		app.Press("G").See("p4999@acme.dev  invited as auditor").Press("y").See("copied: 100 rows with errors")
		_, encoded, _ := strings.Cut(app.Copied(), ";c;")
		if text, err := base64.StdEncoding.DecodeString(encoded); err != nil || strings.Count(string(text), "\n") != 101 || !strings.Contains(string(text), "p0108@acme.dev\terror\t") {
			t.Errorf("copied %.300s (%v)", text, err)
		}
		frame(app, "import-done")
		app.Press("esc").SeeNot("Imported").Press("I").See("Invite many to").Press("shift+tab").Type("people.csv").Press("ctrl+enter").
			See("0 people would be invited or proposed, 4900 rows skipped, 100 rows have").SeeNot("i invite")
	}
}

// Over SSH nobody names a file of the server.
func TestNoFilesOverSSH(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("3").See("●3").Press("I").See("Invite many to", "List").SeeNot("File").Paste(strings.Repeat("somebody@acme.dev\n", 4000)).See("too long to paste").Press("esc", "esc").SeeNot("Invite many to")
}
