// Package keys is the one table of what can be done and by which key. The
// handler, the footer, the help, the palette and the reference in the docs all
// read it, so none of them can tell another story.
package keys

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// Scope is where a binding holds.
type Scope string

// Binding is one action. C is what the app hands its actions.
type Binding[C any] struct {
	ID    string // "invitation.approve": stable, used for rebinding
	Keys  []string
	Title string // what the footer and the palette call it
	Scope Scope
	Help  string // one sentence for help and docs
	// Changes says that it changes data: a held key does not repeat it, and it
	// waits while the row under the cursor has just slid there.
	Changes bool
	// Foot orders it in the footer, the highest first; 0 keeps it out.
	Foot int
	// Many says that it is done to all marked rows where some are.
	Many bool
	// Allowed says whether the person could do it here at all; nil is always. The
	// footer leaves out what they never can.
	Allowed func(C) bool
	// Enabled says why it cannot be done now, "" if it can. nil is always.
	Enabled func(C) (why string)
	// Present says whether it belongs on the screen at all; nil is always.
	Present func(C) bool
	Run     func(C) tea.Cmd

	bubble key.Binding // made by New, after rebinding
}

// Bubble is a binding of a Table as bubbles know it, for key.Matches and help: its
// keys in force and what the footer calls it. One without keys is not enabled.
// Whether it can be used now is not in it, since a Table is shared by sessions.
func (b *Binding[C]) Bubble() key.Binding { return b.bubble }

// Why is the reason why a binding cannot be used now, "" if it can.
func (b *Binding[C]) Why(c C) string {
	if b.Enabled == nil {
		return ""
	}
	return b.Enabled(c)
}

// Shown says whether the binding belongs on the screen.
func (b *Binding[C]) Shown(c C) bool { return b.Present == nil || b.Present(c) }

// Key is the first key of a binding as the footer writes it, "" without one.
func (b *Binding[C]) Key() string { return b.bubble.Help().Key }

// Table holds the bindings. It is read-only after New and may be shared by all
// sessions of a process.
type Table[C any] struct {
	all    []Binding[C]
	titles map[Scope]string
	// under names, for each scope, those that hold at the same time with less
	// say.
	under map[Scope][]Scope
	byKey map[Scope]map[string]int
}

// Reserved are the keys that are never bound, because terminal multiplexers
// and terminals take them.
func Reserved() []string {
	return []string{"ctrl+a", "ctrl+b", "ctrl+g", "ctrl+h", "ctrl+j", "ctrl+k", "ctrl+l", "ctrl+s", "ctrl+q", "ctrl+space", "ctrl+@"}
}

// ScopeInfo describes a scope: its heading, and the scopes that hold at the
// same time and give way to it.
type ScopeInfo struct {
	Scope Scope
	Title string
	Under []Scope
}

// New makes the table. rebind replaces the keys of actions by their id; an
// empty list unbinds one. It fails for unknown ids, keys that are reserved or
// no keys at all, two actions of the same moment on one key, and ctrl+d on
// something that changes data.
func New[C any](scopes []ScopeInfo, bindings []Binding[C], rebind map[string][]string) (*Table[C], error) {
	t := &Table[C]{titles: map[Scope]string{}, under: map[Scope][]Scope{}, byKey: map[Scope]map[string]int{}}
	for _, s := range scopes {
		t.titles[s.Scope], t.under[s.Scope] = s.Title, s.Under
		t.byKey[s.Scope] = map[string]int{}
	}
	t.all = slices.Clone(bindings)
	known := map[string]bool{}
	for i := range t.all {
		b := &t.all[i]
		if known[b.ID] {
			return nil, fmt.Errorf("action %s is bound twice", b.ID)
		}
		known[b.ID] = true
		if keys, ok := rebind[b.ID]; ok {
			b.Keys = slices.Clone(keys)
		}
		if len(b.Keys) > 0 {
			b.bubble = key.NewBinding(key.WithKeys(b.Keys...), key.WithHelp(Show(b.Keys[0]), b.Title))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(rebind)) {
		if !known[id] {
			return nil, wrong(id, "", "there is no action %q", id)
		}
	}
	for i := range t.all {
		if err := t.bind(i); err != nil {
			return nil, err
		}
	}
	for _, s := range scopes {
		for _, u := range s.Under {
			for key, i := range t.byKey[s.Scope] {
				if j, ok := t.byKey[u][key]; ok {
					return nil, wrong(t.all[i].ID, t.all[j].ID, "%s is bound to %s and to %s, which are active at the same time", Show(key), t.all[i].ID, t.all[j].ID)
				}
			}
		}
	}
	return t, nil
}

func (t *Table[C]) bind(i int) error {
	b := &t.all[i]
	scope, ok := t.byKey[b.Scope]
	if !ok {
		return fmt.Errorf("action %s has the unknown scope %q", b.ID, b.Scope)
	}
	for _, key := range b.Keys {
		switch {
		case slices.Contains(Reserved(), key):
			return wrong(b.ID, "", "%s cannot be bound to %s: multiplexers and terminals take it", key, b.ID)
		case key == "ctrl+d" && b.Changes:
			return wrong(b.ID, "", "ctrl+d cannot be bound to %s: it must never change anything", b.ID)
		case !valid(key):
			return wrong(b.ID, "", "%q is not a key (action %s); keys are named like a, G, ctrl+p, pgdown", key, b.ID)
		}
		if j, taken := scope[key]; taken {
			return wrong(b.ID, t.all[j].ID, "%s is bound to %s and to %s", Show(key), t.all[j].ID, b.ID)
		}
		scope[key] = i
	}
	return nil
}

// valid tells whether Bubble Tea can give this name to a key.
func valid(key string) bool {
	rest := key
	for _, mod := range []string{"ctrl+", "alt+", "shift+"} {
		rest = strings.TrimPrefix(rest, mod)
	}
	if n := len([]rune(rest)); n == 1 {
		// A shifted letter arrives as its capital.
		return !strings.Contains(key, "shift+") && rest != " "
	}
	named := []string{"enter", "esc", "tab", "space", "backspace", "delete", "insert", "home", "end", "pgup", "pgdown", "up", "down", "left", "right"}
	if slices.Contains(named, rest) {
		return true
	}
	return len(rest) >= 2 && rest[0] == 'f' && strings.Trim(rest[1:], "0123456789") == "" && len(rest) <= 3
}

// Find gives the binding of a key, in the first scope that has it. On a
// keyboard of another script a key that is bound nowhere counts as the one at
// its place on a Latin keyboard, where the terminal tells.
func (t *Table[C]) Find(k tea.KeyPressMsg, scopes []Scope) *Binding[C] {
	if b := t.find(k.String(), scopes); b != nil {
		return b
	}
	if k.BaseCode != 0 && k.Text != "" && k.Code > 0x7f {
		name := string(k.BaseCode)
		if k.Mod.Contains(tea.ModShift) {
			name = strings.ToUpper(name)
		}
		return t.find(name, scopes)
	}
	return nil
}

func (t *Table[C]) find(key string, scopes []Scope) *Binding[C] {
	for _, s := range scopes {
		if i, ok := t.byKey[s][key]; ok {
			return &t.all[i]
		}
	}
	return nil
}

// Get gives the binding of an action, nil if there is none.
func (t *Table[C]) Get(id string) *Binding[C] {
	for i := range t.all {
		if t.all[i].ID == id {
			return &t.all[i]
		}
	}
	return nil
}

// In gives the bindings of scopes, in the order of the scopes and the table.
func (t *Table[C]) In(scopes []Scope) []*Binding[C] {
	var out []*Binding[C]
	for _, s := range scopes {
		for i := range t.all {
			if t.all[i].Scope == s {
				out = append(out, &t.all[i])
			}
		}
	}
	return out
}

// Title is the heading of a scope.
func (t *Table[C]) Title(s Scope) string { return t.titles[s] }

// Stack gives a scope and those that hold with it, the one with most say
// first.
func (t *Table[C]) Stack(s Scope) []Scope { return append([]Scope{s}, t.under[s]...) }

// Show is a key as a person reads it.
func Show(key string) string {
	switch key {
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "left":
		return "←"
	case "right":
		return "→"
	}
	return key
}

// Markdown writes the key reference of the docs.
func (t *Table[C]) Markdown(scopes []ScopeInfo) string {
	var b strings.Builder
	b.WriteString("# Keys\n\nGenerated by `make docs` from the bindings of the app.\n\n" +
		"Everybody can choose other keys for themselves: `e` on Bindings in You, \"change your keys\" in\n" +
		"the palette, or `muster user bind list.filter ctrl+f /` with the name in the last column.\n" +
		"`default` in place of keys goes back, `none` leaves the action without one, and\n" +
		"`muster user reset-bindings` resets all. Open sessions have them at once. For everybody, `[keys]`\n" +
		"of the [configuration](configuration.md#keys) binds them. A key that another action of the same\n" +
		"moment has is refused, and so is one of those at the end of this page.\n")
	for _, s := range scopes {
		rows := t.In([]Scope{s.Scope})
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n| key | action | what it does | to rebind |\n|---|---|---|---|\n", s.Title)
		for _, r := range rows {
			names := make([]string, len(r.Keys))
			for i, k := range r.Keys {
				names[i] = "`" + strings.ReplaceAll(Show(k), "|", "\\|") + "`"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | `%s` |\n", strings.Join(names, " "), r.Title, r.Help, r.ID)
		}
	}
	reserved := Reserved()
	fmt.Fprintf(&b, "\nNever bound, because multiplexers and terminals take them: `%s`.\n", strings.Join(reserved[:len(reserved)-1], "` `"))
	return b.String()
}
