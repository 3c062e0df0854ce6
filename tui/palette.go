package tui

import (
	"context"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/keys"
	"muster/tui/ui"
)

// help shows all keys of the moment. It filters as one types and runs the
// chosen row.
func (a *App) help() tea.Cmd {
	var items []ui.Item
	for _, s := range a.scopes() {
		for _, b := range a.sh.bindings.In([]keys.Scope{s}) {
			if it, ok := a.item(b); ok {
				it.Note = strings.TrimSuffix(b.Help, ".")
				items = append(items, it)
			}
		}
	}
	a.show(&ui.Picker{Title: "Help", Find: true, Prompt: "type to filter, enter runs the row", Empty: "no action fits", Items: items, Choose: a.runItem})
	return nil
}

// item is a binding as help and palette show it.
func (a *App) item(b *keys.Binding[*App]) (ui.Item, bool) {
	if !b.Shown(a) {
		return ui.Item{}, false
	}
	shown := make([]string, len(b.Keys))
	for i, k := range b.Keys {
		shown[i] = keys.Show(k)
	}
	return ui.Item{ID: "action:" + b.ID, Title: b.Title, Right: strings.Join(shown, " "), Group: a.sh.bindings.Title(b.Scope), Why: b.Why(a), Extra: b.Help}, true
}

// skipped are actions that make no sense without their key.
var skipped = []string{"list.down", "list.up", "list.page_down", "list.page_up", "list.half_down", "list.half_up", "palette", "back", "pane.next", "pane.previous"}

// palette finds every action, organization, setting and member by a few letters.
func (a *App) palette() tea.Cmd {
	var items []ui.Item
	for _, b := range a.sh.bindings.In(a.scopes()) {
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
	for _, o := range a.orgs {
		if o.Relation == models.RelInvited {
			continue
		}
		title := o.Name
		if o.Relation == models.RelPersonal {
			title = "Personal"
		}
		items = append(items, ui.Item{ID: "org:" + o.ID, Title: title, Note: "organization " + o.Code, Mark: o.ID == a.org.ID, Extra: o.Code})
	}
	items = append(items, a.settingItems()...)
	items = append(items, a.elsewhere(items)...)
	pick := &ui.Picker{Title: "Command", Find: true, Prompt: "an action, an organization, a member, a setting", Empty: "nothing fits", Items: items, Choose: a.runItem}
	var id int
	pick.Query = func(text string) tea.Cmd { return a.findMembers(id, text) }
	id = a.show(pick)
	return nil
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
		if p.id() == a.at && !a.orgsFocus {
			continue
		}
		for _, b := range a.sh.bindings.In([]keys.Scope{p.scope()}) {
			if it, ok := a.item(b); ok && !can[it.Title] {
				it.Far = true
				it.ID, it.Group, it.Extra, it.Why = "pane:"+strconv.Itoa(int(p.id())), "", "", ""
				it.Note, it.Right = "in "+p.title()+" · "+strings.TrimSuffix(b.Help, "."), strings.TrimSpace(strconv.Itoa(int(p.id()))+" "+it.Right)
				items = append(items, it)
			}
		}
	}
	return items
}

// settingItems are the settings that the organization has. A personal one has
// few, which its pane knows once it was shown.
func (a *App) settingItems() []ui.Item {
	var items []ui.Item
	add := func(d models.SettingDef) {
		items = append(items, ui.Item{ID: "setting:" + d.Key, Title: d.Title, Note: "setting · " + strings.TrimSuffix(d.Help, "."), Extra: d.Key})
	}
	if !a.access.Personal {
		for _, d := range models.Settings() {
			add(d)
		}
		return items
	}
	for _, v := range a.settings.table.Rows() {
		add(models.SettingDef{Key: v.Key, Title: v.Title, Help: v.Help})
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
	if len([]rune(strings.TrimSpace(text))) < 2 || a.org.Kind == models.KindPersonal {
		return nil
	}
	st, actor, org, parent := a.sh.Store, a.actor, a.org.ID, a.ctx
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, askTimeout)
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
		items[i] = ui.Item{ID: "member:" + f.Email, Title: f.Email, Note: f.Name, Right: f.Given().Label(), Group: "Members"}
	}
	p.Found(m.text, items)
}

func (a *App) runItem(it ui.Item) tea.Cmd {
	kind, id, _ := strings.Cut(it.ID, ":")
	switch kind {
	case "action":
		return a.run(a.sh.bindings.Get(id), false)
	case "org":
		return a.switchTo(id)
	case "pane":
		n, _ := strconv.Atoi(id) // from elsewhere
		return a.goTo(paneID(n))
	case "setting":
		a.settings.table.SetCursor(id)
		return a.goTo(paneSettings)
	}
	// A member: the list, narrowed to them.
	a.orgsFocus, a.at = false, paneMembers
	a.members.columns(a)
	a.members.find.Set(id)
	return a.members.narrow(a)
}

// dialogAnswer takes in what a dialog asked for.
func (a *App) dialogAnswer(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case foundMsg:
		a.gotFound(m)
	case importNews:
		return a.gotImportNews(m)
	case importMsg:
		return a.gotImport(m)
	case offerMsg:
		return a.gotOffer(m)
	case broughtMsg:
		return a.gotBrought(m)
	}
	return nil
}

// toggleDetail shows or hides the detail beside the list; where there is no
// room for it, it opens above.
func (a *App) toggleDetail() tea.Cmd {
	if a.w < detailFrom || a.zoomed {
		return a.openDetail()
	}
	a.noDetail = !a.noDetail
	return a.resized()
}

// openDetail shows the selected row in full, with what can be done about it.
func (a *App) openDetail() tea.Cmd {
	p := a.pane()
	if a.orgsFocus {
		p = a.switcher
	}
	title, lines := p.detail(a)
	if len(lines) == 0 {
		return nil
	}
	n := &ui.Notice{Title: title, Lines: beside(lines), Keys: a.detailKeys(p)}
	id := a.show(n)
	if d, ok := p.(interface {
		deepen(a *App, dialog int, n *ui.Notice) tea.Cmd
	}); ok {
		return d.deepen(a, id, n)
	}
	return nil
}

// detailKeys are the first things that can be done with the selected row.
func (a *App) detailKeys(p pane) (does []ui.NoticeKey) {
	row := a.list().current()
	for _, b := range a.sh.bindings.In([]keys.Scope{p.scope()}) {
		if b.Foot >= 50 && len(b.Keys) > 0 && b.Shown(a) && b.Why(a) == "" && len(does) < 4 {
			does = append(does, ui.NoticeKey{Hint: ui.Hint{Key: b.Keys[0], Title: b.Title}, Do: func() tea.Cmd {
				if a.list().current() != row {
					return a.say(ui.Caution, "the row is gone from the list; nothing was done")
				}
				return a.run(b, false)
			}})
		}
	}
	return does
}
