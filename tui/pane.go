package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/keys"
	"muster/tui/ui"
)

// paneID is a pane by the number of its key.
type paneID int

// The panes. The numbers between are kept for those of later versions, so that
// nobody has to learn them anew.
const (
	paneOrgs        paneID = 1
	paneMembers     paneID = 2
	paneInvitations paneID = 3
	paneSettings    paneID = 4
	paneYou         paneID = 9
)

// pane is one of the views of an organization, or of the person.
type pane interface {
	id() paneID
	title() string
	// count is the number in the tab, "" for none.
	count(a *App) string
	scope() keys.Scope
	// fresh forgets what belonged to another organization.
	fresh()
	// load asks for what the pane shows: anew, or again after a change.
	load(a *App) tea.Cmd
	// answer takes an answer to what the pane asked for.
	answer(a *App, msg tea.Msg) (cmd tea.Cmd, mine bool)
	draw(a *App, r ui.Region, focused bool)
	// status is the position in the list, or what else stands at the right of
	// the status line.
	status(a *App) string
	// detail describes the selected row.
	detail(a *App) (title string, lines []ui.Line)
}

// lister is a pane's list, for the keys that all lists share.
type lister interface {
	move(n int)
	page(part float64)
	first(a *App) tea.Cmd
	last(a *App) tea.Cmd
	more(a *App) tea.Cmd
	mark()
	markRange()
	markAll()
	clearMarks() bool
	marked() int
	click(line int) bool
	slid(now time.Time) bool
	searching() bool
	search() string
	startSearch()
	endSearch(a *App) tea.Cmd
	searchKey(a *App, p ui.Press) (cmd tea.Cmd, taken bool)
	searchPaste(a *App, text string) tea.Cmd
	sorts() []sortChoice
	sortBy(a *App, name string) tea.Cmd
	sortedBy() string
	// current is the id of the row under the cursor.
	current() string
	refresh(a *App) tea.Cmd
}

// tableZone is where a table's rows can be clicked, actionZone a place that
// runs an action.
type (
	tableZone  struct{ pane paneID }
	actionZone string
)

func (a *App) makePanes() {
	a.members = newMembersPane()
	a.invites = newInvitationsPane()
	a.settings = newSettingsPane()
	a.you = newYouPane(a)
	a.switcher = newOrganizationsPane(a)
	a.at = paneYou
	a.panes = []pane{a.you}
}

func (a *App) everyPane() []pane {
	return []pane{a.members, a.invites, a.settings, a.you, a.switcher}
}

// arrangePanes gives the organization the panes it has. A personal workspace
// has one member and no way in for others, so those panes are absent.
func (a *App) arrangePanes() {
	if a.org.Kind == models.KindPersonal || a.org.ID == "" {
		a.panes = []pane{a.settings, a.you}
	} else {
		a.panes = []pane{a.members, a.invites, a.settings, a.you}
	}
	for _, p := range a.panes {
		if p.id() == a.at {
			return
		}
	}
	a.at = a.panes[0].id()
	if a.org.Kind == models.KindPersonal {
		a.at = paneYou
	}
}

// pane is the one that is shown.
func (a *App) pane() pane {
	for _, p := range a.panes {
		if p.id() == a.at {
			return p
		}
	}
	return a.panes[0]
}

// list is the list that has the keys, nil if there is none.
func (a *App) list() lister {
	if a.orgsFocus {
		return a.switcher
	}
	if l, ok := a.pane().(lister); ok {
		return l
	}
	return nil
}

// goTo shows a pane. Organizations stand beside it, or above it where room is
// short, and take the keys.
func (a *App) goTo(id paneID) tea.Cmd {
	if id == paneOrgs {
		a.orgsFocus = true
		return a.switcher.load(a)
	}
	for _, p := range a.panes {
		if p.id() == id {
			a.orgsFocus = false
			a.at = id
			return p.load(a)
		}
	}
	return nil
}

// step goes to the next or previous pane. Organizations take part where they
// stand beside the others.
func (a *App) step(by int) tea.Cmd {
	ids := make([]paneID, 0, len(a.panes)+1)
	if a.columns().orgs > 0 {
		ids = append(ids, paneOrgs)
	}
	for _, p := range a.panes {
		ids = append(ids, p.id())
	}
	now := 0
	for i, id := range ids {
		if a.orgsFocus && id == paneOrgs || !a.orgsFocus && id == a.at {
			now = i
		}
	}
	return a.goTo(ids[(now+by+len(ids))%len(ids)])
}
