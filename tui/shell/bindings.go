package shell

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// Scopes lists the scopes in the order of the key reference.
func Scopes() []keys.ScopeInfo {
	scopes := []keys.ScopeInfo{
		{Scope: host.ScopeAll, Title: "Everywhere"},
		{Scope: host.ScopeList, Title: "Lists", Under: []keys.Scope{host.ScopeAll}},
		{Scope: host.ScopeFind, Title: "Long lists", Under: host.OverRows()},
	}
	for _, p := range registrations() {
		scopes = append(scopes, p.Scopes...)
	}
	return scopes
}

// Bindings makes the one table of keys, with some rebound by action id. The
// error names the first that cannot be.
func Bindings(rebind map[string][]string) (*keys.Table[host.Host], error) {
	panes := registrations()
	all := slices.Concat(own(listBindings(), findBindings()), paneBindings(panes), own(globalBindings(), joiningBindings()))
	for _, p := range panes {
		all = append(all, p.Bindings...)
	}
	order := func(b keys.Binding[host.Host]) int {
		if i := slices.Index(everywhere, b.ID); i >= 0 {
			return i
		}
		return len(everywhere)
	}
	slices.SortStableFunc(all, func(a, b keys.Binding[host.Host]) int { return order(a) - order(b) })
	return keys.New(Scopes(), all, rebind)
}

// everywhere is the order in which help and palette show what holds everywhere.
// What is not named follows, in the order of the panes.
var everywhere = strings.Fields(`
	factor.enrol factor.verify factor.recovery factor.disable
	pane.organizations pane.members pane.invitations pane.settings pane.overview pane.audit pane.you pane.users pane.all_organizations
	pane.next pane.previous undo redo history presence refresh zoom back palette help quit
	organization.create organization.leave request.new code.enter theme bindings notifications mouse pane.workspaces workspace.switch
	plan.choose role.list can_i`)

// own makes the shell's own bindings fit for the table, which hands out hosts.
func own(some ...[]keys.Binding[*App]) (all []keys.Binding[host.Host]) {
	for _, b := range slices.Concat(some...) {
		to := keys.Binding[host.Host]{ID: b.ID, Keys: b.Keys, Title: b.Title, Scope: b.Scope, Help: b.Help, Changes: b.Changes, Many: b.Many, Foot: b.Foot,
			Run: func(h host.Host) tea.Cmd { return b.Run(h.Shell.(*App)) }}
		if b.Enabled != nil {
			to.Enabled = func(h host.Host) string { return b.Enabled(h.Shell.(*App)) }
		}
		if b.Present != nil {
			to.Present = func(h host.Host) bool { return b.Present(h.Shell.(*App)) }
		}
		if b.Allowed != nil {
			to.Allowed = func(h host.Host) bool { return b.Allowed(h.Shell.(*App)) }
		}
		all = append(all, to)
	}
	return all
}

// paneBindings go to the panes.
func paneBindings(panes []host.Registration) []keys.Binding[host.Host] {
	all := make([]keys.Binding[host.Host], len(panes))
	for i, p := range panes {
		all[i] = keys.Binding[host.Host]{ID: "pane." + string(p.ID), Keys: p.Keys, Title: p.Title, Scope: host.ScopeAll, Foot: p.Foot, Help: p.Help,
			Present: p.Present, Run: func(h host.Host) tea.Cmd { return h.GoTo(p.ID) }}
	}
	return all
}

// KeyReference is docs/keys.md.
func KeyReference() (string, error) {
	t, err := Bindings(nil)
	if err != nil {
		return "", err
	}
	return t.Markdown(Scopes()), nil
}

func listBindings() []keys.Binding[*App] {
	move := func(n int) func(a *App) tea.Cmd {
		return func(a *App) tea.Cmd { a.list().Move(n); return a.list().More(a.h) }
	}
	page := func(part float64) func(a *App) tea.Cmd {
		return func(a *App) tea.Cmd { a.list().Page(part); return a.list().More(a.h) }
	}
	return []keys.Binding[*App]{
		{ID: "list.down", Keys: []string{"j", "down"}, Title: "down", Scope: host.ScopeList, Help: "Moves to the next row.", Run: move(1)},
		{ID: "list.up", Keys: []string{"k", "up"}, Title: "up", Scope: host.ScopeList, Help: "Moves to the previous row.", Run: move(-1)},
		{ID: "list.top", Keys: []string{"g", "home"}, Title: "top", Scope: host.ScopeList, Help: "Moves to the first row.", Run: func(a *App) tea.Cmd { return a.list().First(a.h) }},
		{ID: "list.bottom", Keys: []string{"G", "end"}, Title: "bottom", Scope: host.ScopeList, Help: "Moves to the last row.", Run: func(a *App) tea.Cmd { return a.list().Last(a.h) }},
		{ID: "list.page_down", Keys: []string{"pgdown"}, Title: "page down", Scope: host.ScopeList, Help: "Moves a page down.", Run: page(1)},
		{ID: "list.page_up", Keys: []string{"pgup"}, Title: "page up", Scope: host.ScopeList, Help: "Moves a page up.", Run: page(-1)},
		{ID: "list.half_down", Keys: []string{"ctrl+d"}, Title: "half a page down", Scope: host.ScopeList, Help: "Moves half a page down.", Run: page(0.5)},
		{ID: "list.half_up", Keys: []string{"ctrl+u"}, Title: "half a page up", Scope: host.ScopeList, Help: "Moves half a page up.", Run: page(-0.5)},
		{ID: "list.detail", Keys: []string{"p"}, Title: "detail", Scope: host.ScopeList, Foot: 18, Help: "Shows the selected row in full: beside the list where there is room, else above it.", Run: (*App).toggleDetail},
	}
}

func findBindings() []keys.Binding[*App] {
	return []keys.Binding[*App]{
		{ID: "list.mark", Keys: []string{"space"}, Title: "mark", Scope: host.ScopeFind, Foot: 85, Help: "Marks the row, for an action on many.", Run: func(a *App) tea.Cmd {
			a.list().Mark()
			return a.list().More(a.h)
		}},
		{ID: "list.range", Keys: []string{"v"}, Title: "range", Scope: host.ScopeFind, Help: "Starts a range; pressed again, it marks the rows between.", Run: func(a *App) tea.Cmd {
			a.list().MarkRange()
			return nil
		}},
		{ID: "list.mark_all", Keys: []string{"*"}, Title: "mark all", Scope: host.ScopeFind, Help: "Marks all loaded rows that match the filter; among invitations, those waiting.", Run: func(a *App) tea.Cmd {
			a.list().MarkAll(a.h)
			return nil
		}},
		{ID: "list.open", Keys: []string{"enter"}, Title: "open", Scope: host.ScopeFind, Help: "Shows the selected row in full.", Run: (*App).openDetail},
		{ID: "list.filter", Keys: []string{"/"}, Title: "filter", Scope: host.ScopeFind, Foot: 40, Help: "Filters the rows: words in any order, -word, role:admin, seen:>30d. tab completes, enter applies, esc clears.", Run: func(a *App) tea.Cmd {
			a.list().StartSearch()
			return nil
		}},
		{ID: "list.only", Keys: []string{"f"}, Title: "show only", Scope: host.ScopeFind, Foot: 19, Help: "Shows only a status, a role, a time and so on. It is added to the filter; esc clears it.",
			Present: func(a *App) bool { f, ok := a.list().(host.Filtered); return ok && f.Offers() },
			Run:     func(a *App) tea.Cmd { return a.list().(host.Filtered).ShowOnly(a.h) }},
		{ID: "list.views", Keys: []string{"b"}, Title: "views", Scope: host.ScopeFind, Help: "Chooses one of your saved views of the list, or saves its filter and order as one.",
			Present: func(a *App) bool { return a.viewList() != "" }, Run: (*App).chooseView},
		{ID: "list.sort", Keys: []string{"s"}, Title: "sort", Scope: host.ScopeFind, Help: "Chooses the sort order; choose it again to reverse.",
			Enabled: func(a *App) string {
				if l := a.list(); l == nil || len(l.Sorts()) == 0 {
					return "This list cannot be sorted"
				}
				return ""
			}, Run: (*App).chooseSort},
	}
}

func globalBindings() []keys.Binding[*App] {
	return []keys.Binding[*App]{
		{ID: "pane.next", Keys: []string{"tab", "l", "right"}, Title: "next pane", Scope: host.ScopeAll, Help: "Goes to the next pane.", Run: func(a *App) tea.Cmd { return a.step(1) }},
		{ID: "pane.previous", Keys: []string{"shift+tab", "h", "left"}, Title: "previous pane", Scope: host.ScopeAll, Help: "Goes to the previous pane.", Run: func(a *App) tea.Cmd { return a.step(-1) }},
		{ID: "undo", Keys: []string{"u"}, Title: "undo", Scope: host.ScopeAll, Help: "Undoes your last change: decisions within ten seconds, role changes and settings.", Run: (*App).undo},
		{ID: "redo", Keys: []string{"U"}, Title: "redo", Scope: host.ScopeAll, Help: "Redoes what was undone.", Run: (*App).redo},
		{ID: "history", Keys: []string{"H"}, Title: "history", Scope: host.ScopeAll, Help: "Shows what can be undone and redone.", Run: (*App).showHistory},
		{ID: "presence", Keys: []string{"@"}, Title: "who is here", Scope: host.ScopeAll, Help: "Shows who else has the app open on this organization.", Present: func(a *App) bool { return a.Shared() }, Run: (*App).showHere},
		{ID: "refresh", Keys: []string{"R"}, Title: "refresh", Scope: host.ScopeAll, Help: "Reloads the screen. It also updates by itself.", Run: (*App).Refresh},
		{ID: "zoom", Keys: []string{"+"}, Title: "zoom", Scope: host.ScopeAll, Help: "Gives the pane the full width, or restores it.", Run: func(a *App) tea.Cmd {
			a.zoomed = !a.zoomed
			return a.resized()
		}},
		{ID: "back", Keys: []string{"esc"}, Title: "back", Scope: host.ScopeAll, Help: "Goes back: clears marks, then the filter, then closes the organizations. Never quits.", Run: (*App).back},
		{ID: "palette", Keys: []string{":", "ctrl+p"}, Title: "command", Scope: host.ScopeAll, Foot: 36, Help: "Finds any action, organization or member by a few letters.", Run: (*App).palette},
		{ID: "help", Keys: []string{"?"}, Title: "help", Scope: host.ScopeAll, Foot: 35, Help: "Shows all keys; type to filter, enter runs the row.", Run: (*App).help},
		{ID: "quit", Keys: []string{"q"}, Title: "quit", Scope: host.ScopeAll, Foot: 34, Help: "Leaves muster.", Run: func(a *App) tea.Cmd { return a.quit("") }},

		{ID: "theme", Title: "change the theme", Scope: host.ScopeAll, Help: "Switches between auto, light, dark and mono.", Run: (*App).nextTheme},
		{ID: "notifications", Title: "notifications …", Scope: host.ScopeAll, Help: "Chooses how muster alerts you: the bell, a desktop notification, or not at all.", Run: func(a *App) tea.Cmd { return a.ChoosePreference("notifications") }},
		{ID: "bindings", Title: "change your keys …", Scope: host.ScopeAll, Help: "Lists all actions with their keys, and binds one to the keys you like.", Run: (*App).ChooseBinding},
		{ID: "mouse", Title: "mouse on or off", Scope: host.ScopeAll, Help: "Lets muster use mouse clicks, or leaves them to the terminal.", Run: func(a *App) tea.Cmd {
			a.mouse = !a.mouse
			if a.mouse {
				return a.h.Say(ui.Info, "the mouse is on; hold shift to select text")
			}
			return a.h.Say(ui.Info, "the mouse is left to the terminal")
		}},
	}
}

// back undoes one step of narrowing; at the root it does nothing.
func (a *App) back() tea.Cmd {
	if a.OnSwitcher {
		a.OnSwitcher = false
		return nil
	}
	if l := a.list(); l != nil {
		if l.ClearMarks() {
			return nil
		}
		if l.Search() != "" {
			return l.EndSearch(a.h)
		}
	}
	if p, ok := a.pane().(host.Backer); ok {
		if cmd, left := p.Back(a.h); left {
			return cmd
		}
	}
	if a.zoomed {
		a.zoomed = false
		return a.resized()
	}
	a.toast = ui.Toast{}
	return nil
}

func (a *App) chooseSort() tea.Cmd {
	l := a.list()
	pick := &ui.Picker{Title: "Sort by", Choose: func(it ui.Item) tea.Cmd { return l.SortBy(a.h, it.ID) }}
	for _, s := range l.Sorts() {
		pick.Items = append(pick.Items, ui.Item{ID: s.Name, Title: s.Title, Mark: s.Name == l.SortedBy()})
	}
	a.Show(pick.Start(l.SortedBy()))
	return nil
}

func (a *App) nextTheme() tea.Cmd {
	mode := (a.Theme.Mode + 1) % 4
	a.setTheme(mode)
	cmd := a.h.Say(ui.Info, "theme: "+mode.String()+" · "+a.KeyOf("pane.you")+" saves it for you")
	if mode == theme.Auto {
		return tea.Batch(cmd, tea.RequestBackgroundColor)
	}
	return cmd
}

func (a *App) setTheme(mode theme.Mode) {
	known, dark := a.Theme.Known, a.Theme.DarkBackground
	a.Theme = theme.New(mode, theme.Detect(a.opt.Term, a.opt.Env)).In(a.sh.Colours)
	if mode == theme.Auto && known {
		a.Theme = a.Theme.OnBackground(dark)
	}
	a.Theme = a.Theme.WithAccent(a.Org.Accent)
}
