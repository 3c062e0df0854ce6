package tui

import (
	"slices"
	"testing"

	tea "charm.land/bubbletea/v2"

	"muster/tui/keys"
)

// The keys that people were told about stay where they are.
func TestKeysAsTold(t *testing.T) {
	table, err := Bindings(nil)
	if err != nil {
		t.Fatal(err)
	}
	for scope, told := range map[keys.Scope]map[string][]string{
		"members": {
			"list.down": {"j", "down"}, "list.up": {"k", "up"}, "list.top": {"g"}, "list.bottom": {"G"},
			"list.half_down": {"ctrl+d"}, "list.half_up": {"ctrl+u"}, "list.page_down": {"pgdown"}, "list.page_up": {"pgup"},
			"pane.organizations": {"1", "o"}, "pane.members": {"2"}, "pane.invitations": {"3"}, "pane.settings": {"4"},
			"pane.next": {"tab", "l"}, "pane.previous": {"shift+tab", "h"},
			"list.open": {"enter"}, "back": {"esc"}, "quit": {"q"}, "list.filter": {"/"}, "palette": {":", "ctrl+p"}, "help": {"?"},
			"list.mark": {"space"}, "list.range": {"v"}, "list.mark_all": {"*"},
			"member.invite": {"n"}, "member.role": {"e"}, "member.remove": {"d"}, "member.copy": {"y"},
			"undo": {"u"}, "redo": {"U"}, "list.sort": {"s"}, "refresh": {"R"}, "list.detail": {"p"}, "zoom": {"+"},
		},
		"invitations": {
			"invitation.approve": {"a"}, "invitation.reject": {"x"}, "invitation.resend": {"r"}, "invitation.copy_join": {"Y"},
			"invitation.new": {"n"}, "invitation.revoke": {"d"}, "invitation.copy": {"y"},
		},
	} {
		for id, names := range told {
			b := table.Get(id)
			if b == nil {
				t.Errorf("there is no action %s", id)
				continue
			}
			for _, name := range names {
				if !slices.Contains(b.Keys, name) {
					t.Errorf("%s is not on %s but on %v", id, name, b.Keys)
				}
			}
			if !slices.Contains(table.Stack(scope), b.Scope) {
				t.Errorf("%s does not hold in %s", id, scope)
			}
		}
	}
}

// Every action says what it does; none of those that change data is reached by
// a key that only moves.
func TestBindingsAreComplete(t *testing.T) {
	table, err := Bindings(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Scopes() {
		for _, b := range table.In([]keys.Scope{s.Scope}) {
			if b.Title == "" || b.Help == "" || b.Help[len(b.Help)-1] != '.' || b.Run == nil {
				t.Errorf("%s lacks a title, a help sentence or what it does", b.ID)
			}
			for _, k := range keys.Reserved() {
				if slices.Contains(b.Keys, k) {
					t.Errorf("%s is on %s, which multiplexers take", b.ID, k)
				}
			}
		}
	}
}

func TestRebinding(t *testing.T) {
	table, err := Bindings(map[string][]string{"invitation.approve": {"alt+a", "+"}, "zoom": {"Z"}})
	if err != nil {
		t.Fatal(err)
	}
	if b := table.Find(tea.KeyPressMsg{Code: '+', Text: "+"}, table.Stack("invitations")); b == nil || b.ID != "invitation.approve" {
		t.Errorf("+ finds %v", b)
	}
	if _, err := NewShared(Config{Keys: map[string][]string{"undo": {"ctrl+s"}}}); err == nil {
		t.Error("a key that terminals take can be bound")
	}
	if _, err := NewShared(Config{Keys: map[string][]string{"undo": {"q"}}}); err == nil {
		t.Error("one key can be bound to two actions")
	}
}
