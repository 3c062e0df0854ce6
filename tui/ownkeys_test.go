package tui

import (
	"testing"

	"muster/models"
)

// Keys that somebody binds for themselves hold in all of their sessions at once, in
// the footer, help and palette, and nobody else has them.
func TestOwnKeys(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app, other := h.as(ada), h.as(ada)
	app.Press("9").SeeLine("Bindings", "default keys", "e to choose your own")
	app.Press(":").See("Command").Type("remap").SeeCursorOn("change your keys").Press("enter").See("Your keys")
	app.Type("list.sort").SeeCursorOn("sort").Press("enter").See("Keys of sort").See("Default: s")
	// A clash is said as one types, and nothing is saved.
	app.Press("backspace").Type("u").See("is bound to").Press("backspace").Type("ctrl+s").See("multiplexers").Press("backspace", "backspace", "backspace", "backspace", "backspace", "backspace")
	app.Type("B C").Press("ctrl+enter").See("sort: B C").SeeLine("Bindings", "1 of your own", "e to change")

	other.Press("9").SeeLine("Bindings", "1 of your own").Press("2", "B").See("Sort by").Press("esc").Press("s").SeeNot("Sort by").Press("C").See("Sort by").Press("esc")
	other.Press("?").See("Help").Type("sort").SeeLine("sort", "B C").Press("esc", "esc")

	// Undone and done again like any change.
	app.Press("u").See("undone: sort: B C").SeeLine("Bindings", "default keys").Press("U").SeeLine("Bindings", "1 of your own")
	other.Press("9").SeeLine("Bindings", "1 of your own").Press("2", "B").See("Sort by").Press("esc")

	// A pane's tab shows the key that goes there.
	if _, err := h.st.SetBinding(h.ctx, ada, "pane.settings", []string{"Z"}, nil); err != nil {
		t.Fatal(err)
	}
	other.See("ZSetup").Press("4").SeeNot("plan team").Press("Z").See("plan team")

	app.Press(":").Type("remap").SeeCursorOn("change your keys").Press("enter").See("Reset all").Press("enter").See("Reset all of your keys?").Type("y").SeeLine("Bindings", "default keys")
	other.See("4Setup").Press("2", "s").See("Sort by")
}

// What no longer fits, as after the configuration has changed, keeps the keys of
// the installation, and the person is told.
func TestOwnKeysThatNoLongerFit(t *testing.T) {
	h, ada, _, _ := peopled(t)
	for action, key := range map[string]string{"list.sort": "B", "quit": "u", "gone": "x"} { // u undoes
		if _, err := h.st.SetBinding(h.ctx, ada, action, []string{key}, nil); err != nil {
			t.Fatal(err)
		}
	}
	app := h.as(ada)
	app.See("your own keys of gone, quit no longer fit").Press("B").See("Sort by").Press("esc")
	own := models.Bindings{"list.sort": {"B"}, "quit": {"u"}}
	if err := CheckBindings(nil, own); models.CodeOf(err) != models.CodeInvalid {
		t.Errorf("two actions on one key: %v", err)
	}
	list, err := KeyBindings(map[string][]string{"help": {"f1"}}, own)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range list {
		switch b.Action {
		case "list.sort":
			if models.KeysText(b.Keys) != "B" || models.KeysText(b.Default) != "s" || !b.Own || b.Problem != "" {
				t.Errorf("%+v", b)
			}
		case "quit":
			if models.KeysText(b.Keys) != "q" || !b.Own || b.Problem == "" {
				t.Errorf("%+v", b)
			}
		case "help":
			if models.KeysText(b.Keys) != "f1" || models.KeysText(b.Default) != "f1" || b.Own {
				t.Errorf("%+v", b)
			}
		}
	}
}
