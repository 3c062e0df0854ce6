package shell

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/ui"
)

// help shows all keys of the moment. It filters as one types and runs the
// chosen row.
func (a *App) help() tea.Cmd {
	var items []ui.Item
	for _, s := range a.scopes() {
		for _, b := range a.bindings.In([]keys.Scope{s}) {
			if it, ok := a.item(b); ok {
				it.Note, it.Extra = strings.TrimSuffix(b.Help, "."), ""
				items = append(items, it)
			}
		}
	}
	a.Show(&ui.Picker{Title: "Help", Find: true, Prompt: "type to filter · enter runs the row", Empty: "No matches", Items: append(items, a.otherPanes()...), Choose: a.runItem})
	return nil
}

// item is a binding as help and palette show it.
func (a *App) item(b *keys.Binding[host.Host]) (ui.Item, bool) {
	if !b.Shown(a.h) {
		return ui.Item{}, false
	}
	shown := make([]string, len(b.Keys))
	for i, k := range b.Keys {
		shown[i] = keys.Show(k)
	}
	return ui.Item{ID: "action:" + b.ID, Title: b.Title, Right: strings.Join(shown, " "), Group: a.bindings.Title(b.Scope), Why: b.Why(a.h), Extra: b.Help, Also: alsoCalled(b.ID)}, true
}

// skipped are actions that make no sense without their key.
var skipped = []string{"list.down", "list.up", "list.page_down", "list.page_up", "list.half_down", "list.half_up", "palette", "back", "pane.next", "pane.previous"}

// palette finds every action, organization, setting and member by a few letters.
func (a *App) palette() tea.Cmd {
	var items []ui.Item
	for _, b := range a.bindings.In(a.scopes()) {
		if slices.Contains(skipped, b.ID) {
			continue
		}
		if it, ok := a.item(b); ok {
			it.Group = ""
			it.Extra = ""
			it.Note = strings.TrimSuffix(b.Help, ".")
			items = append(items, it)
		}
	}
	for _, o := range a.Orgs {
		if o.Relation == models.RelInvited {
			continue
		}
		title := o.Name
		if o.Relation == models.RelPersonal {
			title = "Personal"
		}
		items = append(items, ui.Item{ID: "org:" + o.ID, Title: title, Note: "organization " + o.Code, Mark: o.ID == a.Org.ID, Extra: o.Code})
	}
	for _, p := range a.panes {
		if o, ok := p.(host.Offerer); ok {
			for _, it := range o.Offer(a.h) {
				it.ID = rowItem(p.ID(), it.ID)
				items = append(items, it)
			}
		}
	}
	items = append(items, a.elsewhere(items)...)
	pick := &ui.Picker{Title: "Command", Find: true, Prompt: "an action, an organization, a member, a setting", Empty: "No matches", Top: true, Items: items, Choose: a.runItem}
	var id int
	pick.Query = func(text string) tea.Cmd { return a.findMembers(id, text) }
	id = a.Show(pick)
	return nil
}

// rowItem is the id of an item that leads to a row of a pane.
func rowItem(pane host.PaneID, row string) string { return "row:" + string(pane) + ":" + row }

// otherPanes are the actions of the other panes as help shows them, under the
// names of the panes. Choosing one shows its pane.
func (a *App) otherPanes() []ui.Item {
	var items []ui.Item
	for _, p := range a.panes {
		if p.ID() == a.At && !a.OnSwitcher {
			continue
		}
		for _, b := range a.bindings.In([]keys.Scope{p.Scope()}) {
			if it, ok := a.item(b); ok {
				it.ID, it.Group, it.Extra, it.Why, it.Far = "pane:"+string(p.ID()), p.Title()+" ("+a.sign(p.ID())+")", "", "", true
				it.Note = strings.TrimSuffix(b.Help, ".")
				items = append(items, it)
			}
		}
	}
	return items
}

// elsewhere are the actions of the other panes. Choosing one shows its pane:
// what it would act on has to be seen first. What can be done here as well is
// left out.
func (a *App) elsewhere(here []ui.Item) []ui.Item {
	var items []ui.Item
	can := map[string]bool{}
	for _, it := range here {
		can[it.Title] = true
	}
	for _, p := range a.panes {
		if p.ID() == a.At && !a.OnSwitcher {
			continue
		}
		for _, b := range a.bindings.In([]keys.Scope{p.Scope()}) {
			if it, ok := a.item(b); ok && !can[it.Title] {
				it.Far = true
				it.ID, it.Group, it.Extra, it.Why = "pane:"+string(p.ID()), "", "", ""
				it.Note, it.Right = "in "+p.Title()+" · "+strings.TrimSuffix(b.Help, "."), strings.TrimSpace(a.sign(p.ID())+" "+it.Right)
				items = append(items, it)
			}
		}
	}
	return items
}

// foundMsg brings members to the palette.
type foundMsg struct {
	dialog int
	text   string
	found  []models.Member
}

// paletteMembers is how many members the palette offers at most.
const paletteMembers = 8

func (a *App) findMembers(dialog int, text string) tea.Cmd {
	if len([]rune(strings.TrimSpace(text))) < 2 || a.Org.Kind == models.KindPersonal {
		return nil
	}
	st, actor, org, parent := a.sh.Store, a.Actor, a.Org.ID, a.Context
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, host.AskTimeout)
		defer cancel()
		p, err := st.ListMembers(ctx, actor, org, models.MemberQuery{Search: text, Limit: paletteMembers})
		if err != nil {
			return nil // the palette still finds everything else
		}
		return foundMsg{dialog: dialog, text: text, found: p.Items}
	}
}

func (a *App) gotFound(m foundMsg) {
	p, ok := a.dialogs.Top().(*ui.Picker)
	if !ok || a.dialogs.TopID() != m.dialog {
		return
	}
	items := make([]ui.Item, len(m.found))
	for i, f := range m.found {
		items[i] = ui.Item{ID: rowItem(host.Members, f.Email), Title: f.Email, Note: f.Name, Right: f.Given().Label(), Group: "Members"}
	}
	p.Found(m.text, items)
}

func (a *App) runItem(it ui.Item) tea.Cmd {
	kind, id, _ := strings.Cut(it.ID, ":")
	switch kind {
	case "action":
		return a.run(a.bindings.Get(id), false)
	case "org":
		return a.h.SwitchTo(id)
	case "pane":
		return a.GoTo(host.PaneID(id))
	}
	name, row, _ := strings.Cut(id, ":")
	return a.seek(host.PaneID(name), row)
}

// seek shows a row of a pane.
func (a *App) seek(id host.PaneID, row string) tea.Cmd {
	p, ok := a.Pane(id).(host.Seeker)
	if !ok {
		return nil
	}
	a.OnSwitcher, a.At = false, id
	a.subscribe()
	return p.Seek(a.h, row)
}

// dialogAnswer takes in what a dialog asked for.
func (a *App) dialogAnswer(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case foundMsg:
		a.gotFound(m)
	case offerMsg:
		return a.gotOffer(m)
	case host.Brought:
		return a.gotBrought(m)
	}
	return nil
}

// toggleDetail shows or hides the detail beside the list; where there is no
// room for it, it opens above.
func (a *App) toggleDetail() tea.Cmd {
	if a.detailWidth(a.columns().orgs) == 0 {
		return a.openDetail()
	}
	a.noDetail = !a.noDetail
	return a.resized()
}

// openDetail shows the selected row in full, with what can be done about it.
func (a *App) openDetail() tea.Cmd {
	p := a.pane()
	if a.OnSwitcher {
		p = a.switcher
	}
	if o, ok := p.(host.Opener); ok {
		if cmd, opened := o.OpenRow(a.h); opened {
			return cmd
		}
	}
	title, lines := p.Detail(a.h)
	if len(lines) == 0 {
		return nil
	}
	n := &ui.Notice{Title: title, Lines: kit.Beside(lines), Keys: a.DetailKeys(p)}
	id := a.Show(n)
	a.inFull = id
	if d, ok := p.(host.Deepener); ok {
		return d.Deepen(a.h, id, n)
	}
	return nil
}

// DetailKeys are the first things that can be done with the selected row.
func (a *App) DetailKeys(p host.Pane) (does []ui.NoticeKey) {
	row := a.list().Current()
	for _, b := range a.bindings.In([]keys.Scope{p.Scope()}) {
		if b.Foot >= 50 && len(b.Keys) > 0 && b.Shown(a.h) && b.Why(a.h) == "" && len(does) < 4 {
			does = append(does, ui.NoticeKey{Hint: ui.Hint{Key: b.Keys[0], Title: b.Title}, Do: func() tea.Cmd {
				if a.list().Current() != row {
					return a.h.Say(ui.Caution, "the row is no longer in the list; nothing was changed")
				}
				return a.run(b, false)
			}})
		}
	}
	return does
}
