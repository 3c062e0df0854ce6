package tui

import (
	tea "charm.land/bubbletea/v2"

	"muster/tui/keys"
	"muster/tui/screen"
	"muster/tui/theme"
	"muster/tui/ui"
)

// The scopes of the bindings.
const (
	scopeAll         keys.Scope = "all"
	scopeList        keys.Scope = "list"
	scopeFind        keys.Scope = "find" // lists that can be filtered and marked
	scopeOrgs        keys.Scope = "organizations"
	scopeMembers     keys.Scope = "members"
	scopeInvitations keys.Scope = "invitations"
	scopeLinks       keys.Scope = "join links"
	scopeSettings    keys.Scope = "settings"
	scopeOverview    keys.Scope = "overview"
	scopeAudit       keys.Scope = "audit"
	scopeYou         keys.Scope = "you"
	scopeWorkspaces  keys.Scope = "workspaces"
	scopePlaces      keys.Scope = "workspace members"
	scopeProjects    keys.Scope = "projects"
	scopeUsers       keys.Scope = "users"
	scopeAllOrgs     keys.Scope = "all organizations"
)

// Scopes lists the scopes in the order of the key reference.
func Scopes() []keys.ScopeInfo {
	lists := []keys.Scope{scopeFind, scopeList, scopeAll}
	plain := []keys.Scope{scopeList, scopeAll}
	return []keys.ScopeInfo{
		{Scope: scopeAll, Title: "Everywhere"},
		{Scope: scopeList, Title: "Lists", Under: []keys.Scope{scopeAll}},
		{Scope: scopeFind, Title: "Long lists", Under: plain},
		{Scope: scopeOrgs, Title: "Organizations", Under: plain},
		{Scope: scopeMembers, Title: "Members", Under: lists},
		{Scope: scopeInvitations, Title: "Invitations", Under: lists},
		{Scope: scopeLinks, Title: "Join links", Under: lists},
		{Scope: scopeSettings, Title: "Settings", Under: plain},
		{Scope: scopeOverview, Title: "Overview", Under: []keys.Scope{scopeAll}},
		{Scope: scopeAudit, Title: "Audit", Under: plain},
		{Scope: scopeYou, Title: "You", Under: plain},
		{Scope: scopeWorkspaces, Title: "Workspaces", Under: plain},
		{Scope: scopePlaces, Title: "Members of a workspace", Under: lists},
		{Scope: scopeProjects, Title: "Projects", Under: lists},
		{Scope: scopeUsers, Title: "Users", Under: lists},
		{Scope: scopeAllOrgs, Title: "All organizations", Under: lists},
	}
}

// Bindings makes the one table of keys, with some rebound by action id. The
// error names the first that cannot be.
func Bindings(rebind map[string][]string) (*keys.Table[*App], error) {
	var all []keys.Binding[*App]
	for _, some := range [][]keys.Binding[*App]{
		invitationBindings(), memberBindings(), organizationBindings(), settingsBindings(), overviewBindings(), auditBindings(), linkBindings(), importBindings(), youBindings(), factorBindings(),
		listBindings(), findBindings(), globalBindings(),
		workspaceBindings(), placeBindings(), projectBindings(), workspaceEverywhere(), governBindings(),
		memberLifeBindings(), organizationLifeBindings(), userBindings(), allOrgsBindings(),
	} {
		all = append(all, some...)
	}
	return keys.New(Scopes(), all, rebind)
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
		return func(a *App) tea.Cmd { a.list().move(n); return a.list().more(a) }
	}
	page := func(part float64) func(a *App) tea.Cmd {
		return func(a *App) tea.Cmd { a.list().page(part); return a.list().more(a) }
	}
	return []keys.Binding[*App]{
		{ID: "list.down", Keys: []string{"j", "down"}, Title: "down", Scope: scopeList, Help: "Moves to the next row.", Run: move(1)},
		{ID: "list.up", Keys: []string{"k", "up"}, Title: "up", Scope: scopeList, Help: "Moves to the row before.", Run: move(-1)},
		{ID: "list.top", Keys: []string{"g", "home"}, Title: "top", Scope: scopeList, Help: "Moves to the first row.", Run: func(a *App) tea.Cmd { return a.list().first(a) }},
		{ID: "list.bottom", Keys: []string{"G", "end"}, Title: "bottom", Scope: scopeList, Help: "Moves to the last row.", Run: func(a *App) tea.Cmd { return a.list().last(a) }},
		{ID: "list.page_down", Keys: []string{"pgdown"}, Title: "page down", Scope: scopeList, Help: "Moves a page down.", Run: page(1)},
		{ID: "list.page_up", Keys: []string{"pgup"}, Title: "page up", Scope: scopeList, Help: "Moves a page up.", Run: page(-1)},
		{ID: "list.half_down", Keys: []string{"ctrl+d"}, Title: "half a page down", Scope: scopeList, Help: "Moves half a page down.", Run: page(0.5)},
		{ID: "list.half_up", Keys: []string{"ctrl+u"}, Title: "half a page up", Scope: scopeList, Help: "Moves half a page up.", Run: page(-0.5)},
		{ID: "list.detail", Keys: []string{"p"}, Title: "detail", Scope: scopeList, Foot: 18, Help: "Shows the selected row in full: beside the list where there is room, else above it.", Run: (*App).toggleDetail},
	}
}

func findBindings() []keys.Binding[*App] {
	return []keys.Binding[*App]{
		{ID: "list.mark", Keys: []string{"space"}, Title: "mark", Scope: scopeFind, Foot: 85, Help: "Marks the row, for an action on many.", Run: func(a *App) tea.Cmd {
			a.list().mark()
			return a.list().more(a)
		}},
		{ID: "list.range", Keys: []string{"v"}, Title: "range", Scope: scopeFind, Help: "Starts a range; pressed again it marks the rows between.", Run: func(a *App) tea.Cmd {
			a.list().markRange()
			return nil
		}},
		{ID: "list.mark_all", Keys: []string{"*"}, Title: "mark all", Scope: scopeFind, Help: "Marks all rows that are loaded under the filter; among invitations those that wait.", Run: func(a *App) tea.Cmd {
			a.list().markAll()
			return nil
		}},
		{ID: "list.open", Keys: []string{"enter"}, Title: "open", Scope: scopeFind, Help: "Shows the selected row in full.", Run: (*App).openDetail},
		{ID: "list.filter", Keys: []string{"/"}, Title: "filter", Scope: scopeFind, Foot: 40, Help: "Keeps the rows that hold what you type. enter keeps the filter, esc drops it.", Run: func(a *App) tea.Cmd {
			a.list().startSearch()
			return nil
		}},
		{ID: "list.sort", Keys: []string{"s"}, Title: "sort", Scope: scopeFind, Help: "Chooses the order; the same one again turns it round.",
			Enabled: func(a *App) string {
				if l := a.list(); l == nil || len(l.sorts()) == 0 {
					return "this list has one order"
				}
				return ""
			}, Run: (*App).chooseSort},
	}
}

func globalBindings() []keys.Binding[*App] {
	pane := func(id paneID) (func(a *App) tea.Cmd, func(a *App) bool) {
		return func(a *App) tea.Cmd { return a.goTo(id) }, func(a *App) bool {
			for _, p := range a.panes {
				if p.id() == id {
					return true
				}
			}
			return id == paneOrgs
		}
	}
	orgs, _ := pane(paneOrgs)
	members, hasMembers := pane(paneMembers)
	invites, hasInvites := pane(paneInvitations)
	settings, _ := pane(paneSettings)
	overview, hasOverview := pane(paneOverview)
	audit, hasAudit := pane(paneAudit)
	you, _ := pane(paneYou)
	users, hasUsers := pane(paneUsers)
	allOrgs, hasAllOrgs := pane(paneAllOrgs)
	return []keys.Binding[*App]{
		{ID: "pane.organizations", Keys: []string{"o", "1"}, Title: "organizations", Scope: scopeAll, Foot: 15, Help: "Shows your organizations, to switch between them.", Run: orgs},
		{ID: "pane.members", Keys: []string{"2"}, Title: "members", Scope: scopeAll, Help: "Shows who belongs to the organization.", Present: hasMembers, Run: members},
		{ID: "pane.invitations", Keys: []string{"3"}, Title: "invitations", Scope: scopeAll, Help: "Shows who is on the way in.", Present: hasInvites, Run: invites},
		{ID: "pane.settings", Keys: []string{"4"}, Title: "settings", Scope: scopeAll, Help: "Shows how the organization is set up.", Run: settings},
		{ID: "pane.overview", Keys: []string{"6"}, Title: "overview", Scope: scopeAll, Help: "Shows the organization in numbers and charts.", Present: hasOverview, Run: overview},
		{ID: "pane.audit", Keys: []string{"7"}, Title: "audit log", Scope: scopeAll, Help: "Shows what was done and refused, and by whom.", Present: hasAudit, Run: audit},
		{ID: "pane.you", Keys: []string{"9"}, Title: "you", Scope: scopeAll, Help: "Shows your name, keys, invitations and sessions.", Run: you},
		{ID: "pane.users", Keys: []string{"8"}, Title: "users", Scope: scopeAll, Help: "Shows the accounts that you administer.", Present: hasUsers, Run: users},
		{ID: "pane.all_organizations", Keys: []string{"0"}, Title: "all organizations", Scope: scopeAll, Help: "Shows every organization of the installation, to site admins.", Present: hasAllOrgs, Run: allOrgs},
		{ID: "pane.next", Keys: []string{"tab", "l", "right"}, Title: "next pane", Scope: scopeAll, Help: "Goes to the next pane.", Run: func(a *App) tea.Cmd { return a.step(1) }},
		{ID: "pane.previous", Keys: []string{"shift+tab", "h", "left"}, Title: "previous pane", Scope: scopeAll, Help: "Goes to the pane before.", Run: func(a *App) tea.Cmd { return a.step(-1) }},
		{ID: "undo", Keys: []string{"u"}, Title: "undo", Scope: scopeAll, Help: "Takes back what was done last: decisions within ten seconds, role changes and settings.", Run: (*App).undo},
		{ID: "redo", Keys: []string{"U"}, Title: "redo", Scope: scopeAll, Help: "Does again what was undone.", Run: (*App).redo},
		{ID: "history", Keys: []string{"H"}, Title: "history", Scope: scopeAll, Help: "Shows what u would take back and U would do again.", Run: (*App).showHistory},
		{ID: "presence", Keys: []string{"@"}, Title: "who is here", Scope: scopeAll, Help: "Shows who else has the app open on this organization.", Present: hasMembers, Run: (*App).showHere},
		{ID: "refresh", Keys: []string{"R"}, Title: "refresh", Scope: scopeAll, Help: "Loads the screen again. It keeps itself up to date, too.", Run: (*App).refresh},
		{ID: "zoom", Keys: []string{"+"}, Title: "zoom", Scope: scopeAll, Help: "Gives the pane the whole width, and back.", Run: func(a *App) tea.Cmd {
			a.zoomed = !a.zoomed
			return a.resized()
		}},
		{ID: "back", Keys: []string{"esc"}, Title: "back", Scope: scopeAll, Help: "Goes back: drops marks, then the filter, then leaves the organizations. Never quits.", Run: (*App).back},
		{ID: "palette", Keys: []string{":", "ctrl+p"}, Title: "command", Scope: scopeAll, Foot: 36, Help: "Finds any action, organization or member by a few letters.", Run: (*App).palette},
		{ID: "help", Keys: []string{"?"}, Title: "help", Scope: scopeAll, Foot: 35, Help: "Shows all keys; type to filter, enter runs the row.", Run: (*App).help},
		{ID: "quit", Keys: []string{"q"}, Title: "quit", Scope: scopeAll, Foot: 34, Help: "Leaves muster.", Run: func(a *App) tea.Cmd { return a.quit("") }},

		{ID: "organization.create", Title: "new organization …", Scope: scopeAll, Enabled: whyCreate, Help: "Creates a shared organization, with you as its owner.", Run: (*App).createForm},
		{ID: "organization.leave", Title: "leave the organization …", Scope: scopeAll, Changes: true, Help: "Takes you out of the organization.",
			Present: hasMembers, Enabled: whyLeave, Run: (*App).leave},
		{ID: "theme", Title: "change the theme", Scope: scopeAll, Help: "Goes through auto, light, dark and mono.", Run: (*App).nextTheme},
		{ID: "notifications", Title: "notifications …", Scope: scopeAll, Help: "Chooses how muster calls for you: the bell, a notification of the desktop, or not at all.", Run: func(a *App) tea.Cmd { return a.choosePreference("notifications") }},
		{ID: "mouse", Title: "mouse on or off", Scope: scopeAll, Help: "Lets muster take mouse clicks, or leaves them to the terminal.", Run: func(a *App) tea.Cmd {
			a.mouse = !a.mouse
			if a.mouse {
				return a.say(ui.Info, "the mouse is on; hold shift to select text")
			}
			return a.say(ui.Info, "the mouse is left to the terminal")
		}},
	}
}

func whyLeave(a *App) string {
	if a.org.Role == "" {
		return "you are no member here"
	}
	own := a.access
	return reason(own.CheckLeave(membership(a), a.activeOwners()))
}

// back undoes one step of narrowing; at the root it does nothing.
func (a *App) back() tea.Cmd {
	if a.orgsFocus {
		a.orgsFocus = false
		return nil
	}
	if l := a.list(); l != nil {
		if l.clearMarks() {
			return nil
		}
		if l.search() != "" {
			return l.endSearch(a)
		}
		if v, ok := l.(viewed); ok && v.view() != "" {
			return v.dropView(a)
		}
	}
	if p, ok := a.pane().(interface{ back(*App) (tea.Cmd, bool) }); ok {
		if cmd, done := p.back(a); done {
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
	pick := &ui.Picker{Title: "Sort by", Choose: func(it ui.Item) tea.Cmd { return l.sortBy(a, it.ID) }}
	for _, s := range l.sorts() {
		pick.Items = append(pick.Items, ui.Item{ID: s.name, Title: s.title, Mark: s.name == l.sortedBy()})
	}
	a.show(pick.Start(l.sortedBy()))
	return nil
}

func (a *App) nextTheme() tea.Cmd {
	mode := (a.th.Mode + 1) % 4
	a.setTheme(mode)
	cmd := a.say(ui.Info, "theme: "+mode.String()+" · "+a.keyOf("pane.you")+" keeps one for you")
	if mode == theme.Auto {
		return tea.Batch(cmd, tea.RequestBackgroundColor)
	}
	return cmd
}

func (a *App) setTheme(mode theme.Mode) {
	known, dark := a.th.Known, a.th.DarkBackground
	a.th = theme.New(mode, theme.Detect(a.opt.Term, a.opt.Env))
	if mode == theme.Auto && known {
		a.th = a.th.OnBackground(dark)
	}
	a.th = a.th.WithAccent(a.org.Accent)
}

// copy puts text on the client's clipboard and says so, with the text, since a
// terminal may refuse.
func (a *App) copy(text, shown string) tea.Cmd {
	if text == "" {
		return nil
	}
	return tea.Batch(a.clip(text), a.say(ui.Done, "copied: "+shown))
}

func (a *App) clip(text string) tea.Cmd { return screen.Copy(text) }
