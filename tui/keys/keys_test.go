package keys

import (
	"strings"
	"testing"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

func scopes() []ScopeInfo {
	return []ScopeInfo{{"all", "Everywhere", nil}, {"list", "Lists", []Scope{"all"}}, {"members", "Members", []Scope{"list", "all"}}, {"other", "Other", []Scope{"all"}}}
}

func table(t *testing.T, rebind map[string][]string, more ...Binding[int]) (*Table[int], error) {
	t.Helper()
	return New(scopes(), append([]Binding[int]{
		{ID: "quit", Keys: []string{"q"}, Title: "quit", Scope: "all", Help: "Leaves."},
		{ID: "down", Keys: []string{"j", "down"}, Title: "down", Scope: "list", Help: "Moves."},
		{ID: "remove", Keys: []string{"d"}, Title: "remove", Scope: "members", Changes: true, Help: "Removes a member.",
			Enabled: func(rank int) string {
				if rank < 3 {
					return "a viewer may not"
				}
				return ""
			}},
		{ID: "discard", Keys: []string{"d"}, Title: "discard", Scope: "other", Help: "Discards."},
	}, more...), rebind)
}

func TestFind(t *testing.T) {
	tab, err := table(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key    tea.KeyPressMsg
		scopes []Scope
		want   string
	}{
		{tea.KeyPressMsg{Code: 'j', Text: "j"}, []Scope{"members", "list", "all"}, "down"},
		{tea.KeyPressMsg{Code: tea.KeyDown}, []Scope{"members", "list", "all"}, "down"},
		{tea.KeyPressMsg{Code: 'j', Text: "j"}, []Scope{"all"}, ""},
		{tea.KeyPressMsg{Code: 'd', Text: "d"}, tab.Stack("members"), "remove"},
		{tea.KeyPressMsg{Code: 'd', Text: "d"}, tab.Stack("other"), "discard"},
		{tea.KeyPressMsg{Code: 'd', Mod: tea.ModCtrl}, tab.Stack("members"), ""},
		{tea.KeyPressMsg{Code: 'о', Text: "о", BaseCode: 'j'}, tab.Stack("members"), "down"},
		{tea.KeyPressMsg{Code: 'é', Text: "é"}, tab.Stack("members"), ""},
	} {
		got := ""
		if b := tab.Find(c.key, c.scopes); b != nil {
			got = b.ID
		}
		if got != c.want {
			t.Errorf("%s in %v is %q, want %q", c.key, c.scopes, got, c.want)
		}
	}
	if why := tab.Get("remove").Why(1); why != "a viewer may not" {
		t.Errorf("why: %q", why)
	}
	if why := tab.Get("remove").Why(4); why != "" {
		t.Errorf("an owner may not: %q", why)
	}
}

func TestClashesAndReservedKeys(t *testing.T) {
	for _, c := range []struct {
		rebind map[string][]string
		more   []Binding[int]
		want   string
	}{
		{more: []Binding[int]{{ID: "again", Keys: []string{"j"}, Scope: "list"}}, want: "bound to down and to again"},
		{more: []Binding[int]{{ID: "over", Keys: []string{"j"}, Scope: "members"}}, want: "active at the same time"},
		{more: []Binding[int]{{ID: "quit"}}, want: "bound twice"},
		{more: []Binding[int]{{ID: "x", Scope: "nowhere"}}, want: "unknown scope"},
		{rebind: map[string][]string{"quit": {"ctrl+s"}}, want: "multiplexers"},
		{rebind: map[string][]string{"remove": {"ctrl+d"}}, want: "must never change anything"},
		{rebind: map[string][]string{"quit": {"j"}}, want: "active at the same time"},
		{rebind: map[string][]string{"nothing": {"x"}}, want: "no action"},
		{rebind: map[string][]string{"quit": {"hyper"}}, want: "not a key"},
		{rebind: map[string][]string{"quit": {"shift+a"}}, want: "not a key"},
	} {
		_, err := table(t, c.rebind, c.more...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("rebind %v, more %v: %v, want %q", c.rebind, c.more, err, c.want)
		}
	}
	tab, err := table(t, map[string][]string{"quit": {"f10", "alt+q"}, "down": {}})
	if err != nil {
		t.Fatal(err)
	}
	if tab.Find(tea.KeyPressMsg{Code: 'q', Text: "q"}, []Scope{"all"}) != nil {
		t.Error("the old key still quits")
	}
	if b := tab.Find(tea.KeyPressMsg{Code: 'q', Mod: tea.ModAlt}, []Scope{"all"}); b == nil || b.ID != "quit" || b.Key() != "f10" {
		t.Errorf("the new key finds %v", b)
	}
	if tab.Get("down").Key() != "" {
		t.Error("an unbound action shows a key")
	}
}

func TestMarkdown(t *testing.T) {
	tab, err := table(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"## Members", "| `j` `↓` | down | Moves. | `down` |", "`ctrl+space`"} {
		if md := tab.Markdown(scopes()); !strings.Contains(md, want) {
			t.Errorf("no %q in:\n%s", want, md)
		}
	}
}

// Bubbles see the keys that are in force.
func TestBubble(t *testing.T) {
	tab, err := table(t, map[string][]string{"down": {"up", "n"}, "quit": {}})
	if err != nil {
		t.Fatal(err)
	}
	down := tab.Get("down")
	for _, c := range []struct {
		key  tea.KeyPressMsg
		want bool
	}{{tea.KeyPressMsg{Code: 'n', Text: "n"}, true}, {tea.KeyPressMsg{Code: tea.KeyUp}, true}, {tea.KeyPressMsg{Code: 'j', Text: "j"}, false}} {
		if got := key.Matches(c.key, down.Bubble()); got != c.want {
			t.Errorf("%s matches: %v, want %v", c.key, got, c.want)
		}
	}
	if h := down.Bubble().Help(); h.Key != "↑" || h.Desc != "down" || down.Key() != "↑" {
		t.Errorf("help is %+v, key %q", h, down.Key())
	}
	if quit := tab.Get("quit"); quit.Bubble().Enabled() || quit.Key() != "" {
		t.Errorf("an action without a key has %q", quit.Key())
	}
}
