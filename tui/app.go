package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// App is the model of one session.
type App struct {
	sh     *Shared
	ctx    context.Context
	cancel context.CancelFunc
	opt    Options
	actor  models.Actor
	zone   *time.Location

	th        *theme.Theme
	w, h      int
	now       time.Time // when the message at hand arrived: the one clock of Update and View
	mouse     bool
	attention Attention
	zones     []ui.Zone // of the last frame

	start  tea.Cmd // what Open left to do
	ready  bool    // the first answer is there
	me     store.Me
	orgs   []models.OrgEntry
	org    models.OrgView
	access models.Access
	stale  bool // the last refresh failed

	panes      []pane // those of the present organization, in the order of their tabs
	members    *membersPane
	invites    *invitationsPane
	settings   *settingsPane
	workspaces *workspacesPane
	overview   *overviewPane
	audit      *auditPane
	you        *youPane
	switcher   *organizationsPane
	users      *usersPane
	allOrgs    *allOrgsPane
	at         paneID
	orgsFocus  bool // the organizations have the keys
	noDetail   bool
	zoomed     bool

	dialogs ui.Stack
	presses ui.Presses
	toast   ui.Toast
	history history

	sub       *store.Subscription
	nearby    *store.Subscription // to who comes and goes
	session   *store.OpenSession  // what the store records of it; nil before it is known whose it is
	request   int                 // number of the newest load of the session's context
	loading   bool                // it is under way
	again     bool                // something changed meanwhile
	acting    int                 // actions of the person's own that are under way
	acted     time.Time           // when the last of them began
	signal    time.Time           // the last one of the feed
	prompt    int                 // refreshes that need not wait for others
	beginning bool                // an entry's answer is under way
	farewell  string
	ending    bool
	arrival   string // what to say when the next organization opens
	staying   bool   // it opens below the pane that is shown
	announced string // message of the day of this organization was shown
}

// Init implements tea.Model.
func (a *App) Init() tea.Cmd {
	cmds := []tea.Cmd{a.start}
	if a.opt.Theme == theme.Auto && a.th.Profile != theme.NoColor {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	return tea.Batch(cmds...)
}

// Close ends what the session has running. The owner calls it after the
// program has ended.
func (a *App) Close() {
	a.cancel()
	a.sub.Close()
	a.nearby.Close()
	if a.session != nil {
		a.session.End()
	}
}

// Over says that the app has nothing to show: Farewell is all there is.
func (a *App) Over() bool { return a.ending }

// Farewell is what the person should still read after the app has closed, ""
// for nothing.
func (a *App) Farewell() string { return a.farewell }

// Update implements tea.Model. The time of a message is taken here and nowhere
// else.
func (a *App) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	a.now = a.sh.Now()
	if a.ending {
		return a, nil
	}
	cmd := a.update(msg)
	return a, tea.Batch(cmd, a.dialogs.Wait())
}

func (a *App) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		a.w, a.h = msg.Width, msg.Height
		return a.resized()
	case tea.BackgroundColorMsg:
		a.th = a.th.OnBackground(msg.IsDark()).WithAccent(a.org.Accent)
		return nil
	case tea.KeyPressMsg:
		return a.key(msg)
	case tea.PasteMsg:
		return a.paste(msg.Content)
	case tea.MouseClickMsg:
		return a.click(msg)
	case tea.MouseWheelMsg:
		return a.wheel(msg)
	case wakeMsg:
		return nil // only to draw again
	case contextMsg:
		return a.gotContext(msg)
	case signalMsg:
		a.signalled()
		return tea.Batch(a.refresh(), a.await())
	case hereMsg:
		return tea.Batch(a.lookHere(), a.await())
	case othersMsg:
		if msg.org == a.org.ID {
			a.org.Others = msg.n
		}
		return nil
	case noticeMsg:
		a.toast = ui.Toast{Tone: ui.Caution, Text: string(msg)}
		return tea.Batch(a.await(), a.ring(string(msg)))
	case outcome:
		return a.settle(msg)
	case ui.SpinMsg:
		return a.dialogs.Spin(msg)
	case ui.FileMsg:
		return a.dialogs.File(msg)
	}
	for _, p := range a.everyPane() {
		if cmd, mine := p.answer(a, msg); mine {
			return cmd
		}
	}
	return a.dialogAnswer(msg)
}

// quit ends the session, with a last word.
func (a *App) quit(farewell string) tea.Cmd {
	a.ending, a.farewell = true, farewell
	return tea.Quit
}

// say shows a toast and makes it leave in time.
func (a *App) say(tone ui.Tone, text string) tea.Cmd {
	a.toast = ui.Say(tone, text, a.now)
	return a.wakeAt(a.toast.Until)
}

func (a *App) complain(err error) tea.Cmd {
	a.toast = ui.Complain(models.AsError(err))
	return nil
}

// wakeMsg draws the screen again when something on it has run out.
type wakeMsg struct{}

func (a *App) wakeAt(t time.Time) tea.Cmd {
	if t.IsZero() {
		return nil
	}
	return tea.Tick(max(t.Sub(a.now), 0)+time.Millisecond, func(time.Time) tea.Msg { return wakeMsg{} })
}

// show opens a dialog.
func (a *App) show(d ui.Dialog) int { return a.dialogs.Push(d) }

// showByItself opens a dialog that no key asked for and draws it again when it
// takes keys.
func (a *App) guarded() tea.Cmd { return a.wakeAt(a.now.Add(ui.Guard)) }

// ---- keys

func (a *App) key(k tea.KeyPressMsg) tea.Cmd {
	press := a.presses.Next(k, a.now)
	if k.String() == "ctrl+c" {
		return a.quit("")
	}
	if a.dialogs.Top() != nil {
		cmd := a.dialogs.Key(press)
		if !a.ready && a.dialogs.Top() == nil && cmd == nil {
			return a.quit("") // nothing lies below the questions of an entry
		}
		if g, ok := a.dialogs.Top().(ui.Guarded); ok && g.Armed().After(a.now) {
			cmd = tea.Batch(cmd, a.wakeAt(g.Armed())) // to show that it takes keys
		}
		return cmd
	}
	if !a.ready {
		if k.String() == "q" {
			return a.quit("")
		}
		return nil
	}
	if l := a.list(); l != nil && l.searching() {
		if cmd, taken := l.searchKey(a, press); taken {
			return cmd
		}
	}
	b := a.sh.bindings.Find(k, a.scopes())
	if b == nil || !b.Shown(a) {
		return nil
	}
	return a.run(b, press.Repeat)
}

// run does what a binding says, unless it cannot be done now.
func (a *App) run(b *keys.Binding[*App], repeat bool) tea.Cmd {
	if b.Changes {
		if repeat {
			return nil
		}
		if l := a.list(); l != nil && l.slid(a.now) {
			return a.say(ui.Caution, "the list has just changed under the cursor · look, then press again")
		}
	}
	if why := b.Why(a); why != "" {
		return a.say(ui.Caution, why)
	}
	return b.Run(a)
}

// scopes are those whose bindings hold now, the one with most say first.
func (a *App) scopes() []keys.Scope {
	if a.orgsFocus {
		return a.sh.bindings.Stack(scopeOrgs)
	}
	return a.sh.bindings.Stack(a.pane().scope())
}

func (a *App) paste(text string) tea.Cmd {
	if d := a.dialogs.Top(); d != nil {
		d.Paste(text)
		return nil
	}
	if l := a.list(); l != nil && l.searching() {
		return l.searchPaste(a, text)
	}
	return nil
}

// ---- mouse

func (a *App) click(m tea.MouseClickMsg) tea.Cmd {
	id, dx, dy, ok := ui.Hit(a.zones, m.X, m.Y)
	if a.dialogs.Top() != nil {
		if !ok {
			return nil
		}
		return a.dialogs.Click(id, dx, dy, a.now)
	}
	if !ok || m.Button != tea.MouseLeft {
		return nil
	}
	switch z := id.(type) {
	case paneID:
		return a.goTo(z)
	case tableZone:
		if z.pane == paneOrgs {
			a.orgsFocus = true
			if a.switcher.table.Click(dy) {
				return nil
			}
			return nil
		}
		a.orgsFocus = false
		if l := a.list(); l != nil {
			l.click(dy)
			return l.more(a)
		}
	case actionZone:
		if b := a.sh.bindings.Get(string(z)); b != nil {
			return a.run(b, false)
		}
	}
	return nil
}

func (a *App) wheel(m tea.MouseWheelMsg) tea.Cmd {
	step := 3
	switch m.Button {
	case tea.MouseWheelUp:
		step = -3
	case tea.MouseWheelDown:
	default:
		return nil
	}
	if d := a.dialogs.Top(); d != nil {
		key := tea.KeyPressMsg{Code: tea.KeyDown}
		if step < 0 {
			key.Code = tea.KeyUp
		}
		if _, ok := d.(*ui.Form); !ok {
			return a.dialogs.Key(ui.Press{KeyPressMsg: key, Now: a.now})
		}
		return nil
	}
	if id, _, _, ok := ui.Hit(a.zones, m.X, m.Y); ok {
		if z, isTable := id.(tableZone); isTable && z.pane == paneOrgs {
			a.switcher.table.Move(step)
			return nil
		}
	}
	if l := a.list(); l != nil {
		l.move(step)
		return l.more(a)
	}
	return nil
}
