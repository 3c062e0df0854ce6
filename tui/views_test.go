package tui

import (
	"strings"
	"testing"

	"muster/models"
)

// A filter and an order are kept under a name, for oneself and the organization, and
// chosen from there.
func TestViews(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	app := h.as(ada)
	app.Press("2", "/").Type("role:member").Press("enter").See("1/1 of 4").Press("b").See("Views", "Save this view", "role:member").Press("enter").See("Save this view")
	app.Type("Only members").Press("ctrl+enter").See("the view Only members is saved")
	app.Press("esc").SeeNot("/role:member").Press("b").See("Only members").Press("enter").See("/role:member", "1/1 of 4")
	app.Press("b").See("Rename or delete").Type("rename").Press("enter").See("Rename or delete a view").Press("enter").See("Rename …", "Delete").Press("enter").See("Rename the view")
	app.Type(" here").Press("ctrl+enter").See("the view is called Only members here now")
	app.Press(":").Type("saved filters").SeeCursorOn("views").Press("esc", "esc")
	views, err := h.st.Views(h.ctx, ada, h.acme.ID)
	if err != nil || len(views) != 1 || views[0].Name != "Only members here" || views[0].Filter != "role:member" || views[0].List != "members" {
		t.Fatalf("%+v, %v", views, err)
	}
	app.Press("b").See("Only members here").Type("rename").Press("enter", "enter").See("Rename …").Press("j", "enter").See("the view Only members here is deleted")
	app.Press("u").See("undone: the view Only members here is deleted").Press("b").See("Only members here").Press("esc")

	// Another list, and another person, have none of it.
	app.Press("3", "b").See("Save this view").SeeNot("Rename or delete").Press("esc")
	other := h.as(grace)
	other.Press("2", "b").See("Save this view").SeeNot("Only members here")
}

// A click on a column's title sorts by it, and once more the other way round.
func TestSortByClick(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada, 120, 30)
	before := func(first, second string) func() bool {
		return func() bool { s := app.Screen(); return strings.Index(s, first) < strings.Index(s, second) }
	}
	app.Press("2").See("Grace Hopper")
	app.Click("NAME").See("NAME↑")
	if !app.Comes(before("Ada Lovelace", "Grace Hopper")) {
		t.Errorf("not by name\n%s", app.Screen())
	}
	app.Click("NAME").See("NAME↓")
	if !app.Comes(before("Grace Hopper", "Ada Lovelace")) {
		t.Errorf("not by name, reversed\n%s", app.Screen())
	}
	app.Click("EMAIL")
	if !app.Comes(before("ada@acme.dev", "grace@acme.dev")) {
		t.Errorf("not by address\n%s", app.Screen())
	}
	if v, err := h.st.Views(h.ctx, ada, h.acme.ID); err != nil || len(v) != 0 {
		t.Errorf("a click saved something: %v, %v", v, err)
	}
	if _, err := h.st.SaveView(h.ctx, ada, h.acme.ID, models.View{List: "members", Name: "x", Filter: "role:"}); models.CodeOf(err) != models.CodeInvalid {
		t.Errorf("a filter that is none: %v", err)
	}
}
