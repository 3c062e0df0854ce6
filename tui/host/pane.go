package host

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// PaneID names a pane: "members" is what pane.members goes to.
type PaneID string

// The panes that others lead to. One that nothing leads to names itself.
const (
	Organizations    PaneID = "organizations"
	Members          PaneID = "members"
	Invitations      PaneID = "invitations"
	Settings         PaneID = "settings"
	Workspaces       PaneID = "workspaces"
	Overview         PaneID = "overview"
	Audit            PaneID = "audit"
	You              PaneID = "you"
	Users            PaneID = "users"
	AllOrganizations PaneID = "all_organizations"
)

// Registration is a pane as its package hands it to the shell.
type Registration struct {
	ID    PaneID
	Keys  []string // that go to it
	Sign  string   // one of them, which its tab shows; it is never given to another
	Title string   // what the palette calls it
	Short string   // ASCII; its name in the tab where room is short, "" for no other than its title
	Calls bool     // its count is of what waits for the person
	Help  string   // what it shows, one sentence
	Foot  int      // its place in the footer, 0 for none
	// Present says whether the open organization, or the person, has it; nil is
	// always.
	Present  func(h Host) bool
	New      func(h Host) Pane
	Scopes   []keys.ScopeInfo
	Bindings []keys.Binding[Host]
}

// The scopes that the shell has bindings for. A pane's scope lies over them.
const (
	ScopeAll  keys.Scope = "all"
	ScopeList keys.Scope = "list"
	ScopeFind keys.Scope = "find" // lists that can be filtered and marked
)

// OverLists is what a scope lies over whose rows can be filtered and marked,
// OverRows one whose rows cannot.
func OverLists() []keys.Scope { return []keys.Scope{ScopeFind, ScopeList, ScopeAll} }
func OverRows() []keys.Scope  { return []keys.Scope{ScopeList, ScopeAll} }

// Pane is one of the views of an organization, or of the person.
type Pane interface {
	ID() PaneID
	Title() string
	// Count is the number in the tab, "" for none.
	Count(h Host) string
	// Scope is where its bindings hold at this moment.
	Scope() keys.Scope
	// Fresh forgets what belonged to another organization.
	Fresh()
	// Load asks for what the pane shows, also when something has changed.
	Load(h Host) tea.Cmd
	// Answer takes an answer to what the pane asked for; taken says that it was.
	Answer(h Host, msg tea.Msg) (cmd tea.Cmd, taken bool)
	Draw(h Host, r ui.Region, focused bool)
	// Status is the position in the list, or what else stands at the right of
	// the status line.
	Status(h Host) string
	// Detail describes the selected row.
	Detail(h Host) (title string, lines []ui.Line)
}

// Lister is a pane's list, for the keys that all lists share.
type Lister interface {
	Move(n int)
	Page(part float64)
	First(h Host) tea.Cmd
	Last(h Host) tea.Cmd
	More(h Host) tea.Cmd
	Mark()
	MarkRange()
	MarkAll(h Host)
	ClearMarks() bool
	Marked() int
	Click(line int) bool
	Slid(now time.Time) bool
	Searching() bool
	Search() string
	StartSearch()
	EndSearch(h Host) tea.Cmd
	SearchKey(h Host, p ui.Press) (cmd tea.Cmd, taken bool)
	SearchPaste(h Host, text string) tea.Cmd
	Sorts() []SortChoice
	SortBy(h Host, name string) tea.Cmd
	SortedBy() string
	// Current is the id of the row under the cursor.
	Current() string
	Refresh(h Host) tea.Cmd
}

// SortChoice is an order that a list can have.
type SortChoice struct{ Name, Title string }

// What a pane may have besides.
type (
	// Nested is a pane that shows one of several lists.
	Nested interface{ Inner() Lister }
	// Sized wants to know how many rows it has on the screen.
	Sized interface{ SetHeight(rows int) }
	// Tabular is a list with columns. Need is the width in which none is lost;
	// SetWide says whether there is room for those that only wide screens have.
	Tabular interface {
		Need() int
		SetWide(wide bool)
	}
	// Follower takes in what the session's context says, each time it is loaded.
	Follower interface{ Follow(h Host) }
	// Sider can stand beside the others, in a column of its own.
	Sider interface{ Beside() int }
	// Filtered is a list with a filter of more than words. FilterHint says in room
	// columns what can be typed, and whether what was typed is wrong; Offers, whether ShowOnly has
	// anything to choose from; TitleAt, which order a click on the titles asks for.
	Filtered interface {
		FilterHint(room int) (text string, bad bool)
		Offers() bool
		ShowOnly(h Host) tea.Cmd
		TitleAt(x int) string
		// View is the filter and the order of the list, UseView shows it with others.
		View() (filter, sort string)
		UseView(h Host, filter, sort string) tea.Cmd
	}
	// Backer has something of its own to leave by esc; left says that it did.
	Backer interface {
		Back(h Host) (cmd tea.Cmd, left bool)
	}
	// Aside says in the status line what there is no column for.
	Aside interface {
		Aside(h Host) (string, theme.Style)
	}
	// Deepener brings what a detail that was just opened does not know yet.
	Deepener interface {
		Deepen(h Host, dialog int, n *ui.Notice) tea.Cmd
	}
	// Preloader brings its first rows with an organization that is opened, so
	// that the first frame is a whole one. ask runs outside of Update; take may
	// be nil, and then the pane loads itself.
	Preloader interface {
		Preload(h Host) (ask func(ctx context.Context, org models.OrgView) (take func(h Host) tea.Cmd))
	}
	// Doorkeeper answers for an organization that keeps the session out, as by a
	// second factor.
	Doorkeeper interface {
		Barred(h Host, ref string, err error) tea.Cmd
	}
	// Opener has rows that lead somewhere else than to their detail.
	Opener interface {
		OpenRow(h Host) (cmd tea.Cmd, opened bool)
	}
	// Seeker has rows that the palette leads to.
	Seeker interface {
		Seek(h Host, row string) tea.Cmd
	}
	// Offerer adds rows of its own to the palette; their ids are those of Seek.
	Offerer interface {
		Seeker
		Offer(h Host) []ui.Item
	}
)

// TableZone is where a pane's rows can be clicked, ActionZone what runs an
// action.
type (
	TableZone  PaneID
	ActionZone string
)
