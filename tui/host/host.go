// Package host is what a pane sees of the app: the state of the session, which
// it reads, and the shell around it, which it asks to do things. Panes know
// nothing else of either, and nothing of each other.
package host

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/screen"
	"muster/tui/theme"
	"muster/tui/ui"
)

// Host is what every method of a pane is given. It is a value of three words
// that stays true for the whole session, so commands and dialogs may keep it.
type Host struct {
	*State
	Shell
}

// State is what is known of the session. The shell alone writes it; a pane reads
// it in Update and View, and copies what a command needs before it runs. It is
// read as fields, since a frame reads it for every cell.
type State struct {
	Store   *store.Store
	Context context.Context // ends with the session

	Actor  models.Actor
	Me     store.Me
	Orgs   []models.OrgEntry // of the switcher
	Org    models.OrgView    // the one that is open
	Access models.Access     // of the actor in it

	Now           time.Time // when the message at hand arrived
	Zone          *time.Location
	Theme         *theme.Theme
	Width, Height int
	At            PaneID // the pane that is shown
	OnSwitcher    bool   // the organizations have the keys

	// JoinCommand makes the line that an invitee types, for a code.
	JoinCommand func(code string) string
	// HostKey is the fingerprint of the installation's host key.
	HostKey func() (string, error)
	// Installation is what authenticator apps call it.
	Installation string
	// ReadList reads a file of the person's own machine; nil where there is none.
	ReadList func(path string) ([]byte, error)
}

// Shell is what a pane may ask of the app around it. Everything here belongs to
// Update: a command that runs outside of it gives its answer as a message.
type Shell interface {
	// Show opens a dialog over the others and gives its number.
	Show(ui.Dialog) int
	// Top is the dialog that has the keys, nil for none; TopID is its number, 0
	// for none.
	Top() ui.Dialog
	TopID() int
	Dismiss(dialog int)

	// Start runs an action outside of Update, and takes in what comes of it.
	Start(Action) tea.Cmd
	// Acting says that an action of the person's own is under way, whose change
	// the screen may show before its answer is there.
	Acting() bool
	// Acted notes that the person has just done something themselves, so that
	// what comes of it is not told to them as news.
	Acted()

	// Toast replaces what the status line says.
	Toast(ui.Toast)
	// Refresh loads the session's context and the pane that is shown.
	Refresh() tea.Cmd
	// GoTo shows a pane.
	GoTo(PaneID) tea.Cmd
	// Open opens an organization; every pane follows.
	Open(Opening) tea.Cmd

	// Pane is one of the session's panes, for bindings, which are made once for
	// all sessions and look their own pane up.
	Pane(PaneID) Pane
	// Do runs an action of the binding table, whichever pane it belongs to.
	Do(action string) tea.Cmd
	// Action is its title, and why it cannot be done now, "" if it can.
	Action(action string) (title, why string)
	// KeyOf is its first key as the footer writes it.
	KeyOf(action string) string
	// DetailKeys are the first things that can be done with the selected row.
	DetailKeys(Pane) []ui.NoticeKey

	// InForce is what a preference comes down to in this session, and
	// ChoosePreference offers its values.
	InForce(preference string) string
	ChoosePreference(preference string) tea.Cmd
}

// AskTimeout bounds one question to the store.
const AskTimeout = 15 * time.Second

// WakeMsg draws the screen again when something on it has run out.
type WakeMsg struct{}

// WakeAt draws the screen again at a time.
func (s *State) WakeAt(t time.Time) tea.Cmd {
	if t.IsZero() {
		return nil
	}
	return tea.Tick(max(t.Sub(s.Now), 0)+time.Millisecond, func(time.Time) tea.Msg { return WakeMsg{} })
}

// Guarded draws a dialog that no key asked for again when it takes keys.
func (s *State) Guarded() tea.Cmd { return s.WakeAt(s.Now.Add(ui.Guard)) }

// OrgName is what the open organization is called on the screen.
func (s *State) OrgName() string {
	if s.Org.Kind == models.KindPersonal {
		return "Personal"
	}
	return s.Org.Name
}

// Shared says that the open organization has members and ways in: a personal
// workspace has neither.
func (s *State) Shared() bool { return s.Org.ID != "" && s.Org.Kind != models.KindPersonal }

// Waiting is how many requests wait for this person to decide them.
func (s *State) Waiting() int {
	if s.Access.Require(models.PermDecide) != nil {
		return 0
	}
	return s.Org.Invites[models.StateRequested]
}

// Ask runs a question to the store outside of Update.
func (s *State) Ask(ask func(ctx context.Context) tea.Msg) tea.Cmd {
	return s.AskWithin(AskTimeout, ask)
}

// AskWithin is Ask with a time of its own.
func (s *State) AskWithin(most time.Duration, ask func(ctx context.Context) tea.Msg) tea.Cmd {
	parent := s.Context
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, most)
		defer cancel()
		return ask(ctx)
	}
}

// Bring asks the store for an open dialog. What take captures belongs to the
// dialog; it runs in Update, and only while the dialog is on top.
func (s *State) Bring(dialog int, ask func(ctx context.Context) (take func(h Host) tea.Cmd)) tea.Cmd {
	return s.Ask(func(ctx context.Context) tea.Msg { return Brought{Dialog: dialog, Take: ask(ctx)} })
}

// Say shows a toast and makes it leave in time.
func (h Host) Say(tone ui.Tone, text string) tea.Cmd {
	t := ui.Say(tone, text, h.Now)
	h.Toast(t)
	return h.WakeAt(t.Until)
}

// Complain shows an error as a toast, until the next one.
func (h Host) Complain(err error) tea.Cmd {
	h.Toast(ui.Complain(models.AsError(err)))
	return nil
}

// Copy puts text on the person's clipboard and says so, with the text, since a
// terminal may refuse.
func (h Host) Copy(text, shown string) tea.Cmd {
	if text == "" {
		return nil
	}
	return tea.Batch(h.Clip(text), h.Say(ui.Done, "copied: "+shown))
}

// Clip puts text on the person's clipboard.
func (h Host) Clip(text string) tea.Cmd { return screen.Copy(text) }

// Act runs an action for a dialog, which closes when it succeeded and shows the
// failure when not; 0 is for none.
func (h Host) Act(dialog int, do func(ctx context.Context, actor models.Actor) Outcome) tea.Cmd {
	return h.Start(Action{Dialog: dialog, Do: do})
}

// ActTop is Act for the dialog that is open now.
func (h Host) ActTop(do func(ctx context.Context, actor models.Actor) Outcome) tea.Cmd {
	return h.Act(h.TopID(), do)
}

// SwitchTo opens another organization.
func (h Host) SwitchTo(ref string) tea.Cmd { return h.Open(Opening{Ref: ref}) }
