package shell

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/store"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// App is the model of one session.
type App struct {
	host.State // what the panes see of it
	h          host.Host

	sh        *Shared
	cancel    context.CancelFunc
	opt       Options
	mouse     bool
	attention Attention
	bindings  *keys.Table[host.Host] // with what the person has bound for themselves
	zones     []ui.Zone              // of the last frame

	start tea.Cmd // what Open left to do
	ready bool    // the first answer is there
	stale bool    // the last refresh failed

	all      []host.Pane // by their place in the list of registrations
	panes    []host.Pane // those of the present organization, in the order of their tabs
	switcher host.Pane   // stands beside them, or above them where room is short
	noDetail bool
	inFull   int // the dialog that shows the selected row in full, 0 for none
	zoomed   bool

	dialogs ui.Stack
	presses ui.Presses
	toast   ui.Toast
	history history

	sub       *store.Subscription
	nearby    *store.Subscription // to who comes and goes
	session   *store.OpenSession  // what the store records of it; nil before it is known whose it is
	request   int                 // number of the newest load of the session's context
	loading   bool                // it is under way
	outdated  bool                // something changed meanwhile
	acting    int                 // actions of the person's own that are under way
	acted     time.Time           // when the last of them began
	signal    time.Time           // the last one of the feed
	prompt    int                 // refreshes that need not wait for others
	beginning bool                // an entry's answer is under way
	farewell  string
	ending    bool
	opening   host.Opening // what was asked for, until it is open
	announced string       // message of the day of this organization was shown
	comeBack  []ui.Line    // how, to say once to who has joined
	greeted   bool         // the first news were shown, if there were any
	told      string       // id of the newest notice that was shown
}

// Init implements tea.Model.
func (a *App) Init() tea.Cmd {
	cmds := []tea.Cmd{a.start}
	if a.opt.Theme == theme.Auto && a.Theme.Profile != theme.NoColor {
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
	a.Now = a.sh.Now()
	if a.ending {
		return a, nil
	}
	cmd := a.update(msg)
	return a, tea.Batch(cmd, a.dialogs.Wait())
}

func (a *App) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		a.Width, a.Height = msg.Width, msg.Height
		return a.resized()
	case tea.BackgroundColorMsg:
		a.Theme = a.Theme.OnBackground(msg.IsDark()).WithAccent(a.Org.Accent)
		return nil
	case tea.KeyPressMsg:
		return a.key(msg)
	case tea.PasteMsg:
		return a.paste(msg.Content)
	case tea.MouseClickMsg:
		return a.click(msg)
	case tea.MouseWheelMsg:
		return a.wheel(msg)
	case host.WakeMsg:
		return nil // only to draw again
	case countMsg:
		if msg.until.Equal(a.toast.Until) && a.toast.Counts {
			return a.count()
		}
		return nil
	case contextMsg:
		return a.gotContext(msg)
	case signalMsg:
		a.signalled()
		return tea.Batch(a.Refresh(), a.await())
	case hereMsg:
		return tea.Batch(a.lookHere(), a.await())
	case othersMsg:
		if msg.org == a.Org.ID {
			a.Org.Others = msg.n
		}
		return nil
	case noticeMsg:
		a.toast = ui.Toast{Tone: ui.Caution, Text: string(msg)}
		return tea.Batch(a.await(), a.ring(string(msg)))
	case host.Outcome:
		return a.outcome(msg)
	case ui.SpinMsg:
		return a.dialogs.Spin(msg)
	case ui.FileMsg:
		return a.dialogs.File(msg)
	}
	for _, p := range a.all {
		if cmd, taken := p.Answer(a.h, msg); taken {
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

// ---- keys

func (a *App) key(k tea.KeyPressMsg) tea.Cmd {
	press := a.presses.Next(k, a.Now)
	if k.String() == "ctrl+c" {
		return a.quit("")
	}
	if a.dialogs.Top() != nil {
		cmd := a.dialogs.Key(press)
		if !a.ready && a.dialogs.Top() == nil && cmd == nil {
			return a.quit("") // nothing lies below the questions of an entry
		}
		if g, ok := a.dialogs.Top().(ui.Guarded); ok && g.Armed().After(a.Now) {
			cmd = tea.Batch(cmd, a.WakeAt(g.Armed())) // to show that it takes keys
		}
		return cmd
	}
	if !a.ready {
		if k.String() == "q" {
			return a.quit("")
		}
		return nil
	}
	if l := a.list(); l != nil && l.Searching() {
		if cmd, taken := l.SearchKey(a.h, press); taken {
			return cmd
		}
	}
	b := a.bindings.Find(k, a.scopes())
	if b == nil || !b.Shown(a.h) {
		return nil
	}
	return a.run(b, press.Repeat)
}

// run does what a binding says, unless it cannot be done now.
func (a *App) run(b *keys.Binding[host.Host], repeat bool) tea.Cmd {
	if b.Changes {
		if repeat {
			return nil
		}
		if l := a.list(); l != nil && l.Slid(a.Now) {
			return a.h.Say(ui.Caution, "the list has just changed under the cursor · check it, then press again")
		}
	}
	if why := b.Why(a.h); why != "" {
		return a.h.Say(ui.Caution, why)
	}
	return b.Run(a.h)
}

// scopes are those whose bindings hold now, the one with most say first.
func (a *App) scopes() []keys.Scope {
	if a.OnSwitcher {
		return a.bindings.Stack(a.switcher.Scope())
	}
	return a.bindings.Stack(a.pane().Scope())
}

func (a *App) paste(text string) tea.Cmd {
	if d := a.dialogs.Top(); d != nil {
		d.Paste(text)
		return nil
	}
	if l := a.list(); l != nil && l.Searching() {
		return l.SearchPaste(a.h, text)
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
		return a.dialogs.Click(id, dx, dy, a.Now)
	}
	if !ok || m.Button != tea.MouseLeft {
		return nil
	}
	switch z := id.(type) {
	case tabZone:
		return a.GoTo(a.sh.panes[z].ID)
	case host.TableZone:
		if host.PaneID(z) == host.Organizations {
			a.OnSwitcher = true
			a.list().Click(dy)
			return nil
		}
		a.OnSwitcher = false
		if t, ok := a.list().(host.Filtered); ok && dy == 0 {
			if name := t.TitleAt(dx); name != "" {
				return a.list().SortBy(a.h, name)
			}
		}
		if l := a.list(); l != nil {
			l.Click(dy)
			return l.More(a.h)
		}
	case host.ActionZone:
		if b := a.bindings.Get(string(z)); b != nil {
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
			return a.dialogs.Key(ui.Press{KeyPressMsg: key, Now: a.Now})
		}
		return nil
	}
	if id, _, _, ok := ui.Hit(a.zones, m.X, m.Y); ok {
		if z, isTable := id.(host.TableZone); isTable && host.PaneID(z) == host.Organizations {
			a.switcher.(host.Lister).Move(step)
			return nil
		}
	}
	if l := a.list(); l != nil {
		l.Move(step)
		return l.More(a.h)
	}
	return nil
}
