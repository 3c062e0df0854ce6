// Package shell is the app around the panes: frame, tabs, keys, mouse, palette,
// history, and what is loaded and refreshed.
//
// App is the one tea.Model. It holds panes and dialogs as plain structs, hands
// them keys by the table of bindings, and draws them on one canvas. Nothing in
// Update or View does input or output: work leaves as commands that ask the
// store, and their answers carry request numbers so that late ones are dropped.
package shell

import (
	"context"
	"fmt"
	"strings"
	"time"

	"muster/models"
	"muster/store"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// Config is what all sessions of a process share.
type Config struct {
	Store *store.Store
	Now   func() time.Time
	// JoinCommand makes the line that an invitee types, for a code.
	JoinCommand func(code string) string
	// SignIn is the line that whoever has an account runs; "" where none is known.
	SignIn string
	// NoMail says that no mail leaves here.
	NoMail bool
	// HostKey is the fingerprint of the installation's host key.
	HostKey func() (string, error)
	// Name is what authenticator apps call the installation.
	Name string
	// ServeHint is one line on how to let others in, shown after a first run.
	ServeHint string
	// Keys rebinds actions, by action id.
	Keys map[string][]string
	// Colours are the installation's own; nil is those of the app.
	Colours *theme.Colours
}

// Shared is made once and used by every App of a process. It is read-only but
// for the pool of canvases.
type Shared struct {
	Config
	bindings *keys.Table[host.Host]
	panes    []host.Registration
	pool     ui.Pool
}

// Panes are the names of the panes that a session can begin with.
func Panes() []string {
	t, err := Bindings(nil)
	if err != nil {
		return nil
	}
	var names []string
	for _, b := range t.In([]keys.Scope{host.ScopeAll}) {
		if name, ok := strings.CutPrefix(b.ID, "pane."); ok && name != "next" && name != "previous" {
			names = append(names, name)
		}
	}
	return names
}

// NewShared checks the rebound keys; its error names the first that cannot be.
func NewShared(c Config) (*Shared, error) {
	t, err := Bindings(c.Keys)
	if err != nil {
		return nil, &models.Error{Code: models.CodeUsage, Message: err.Error(), Err: err}
	}
	return &Shared{Config: c, bindings: t, panes: registrations()}, nil
}

// Entry is what a session opens with.
type Entry uint8

// The entries.
const (
	EntryApp      Entry = iota
	EntryFirstRun       // the database is empty: ask three questions
	EntryJoin           // with Options.Code
	EntryRequest        // ask to join the organization Options.Org
	EntrySignUp         // make an account
)

// Attention is how the app calls for attention when something waits for the
// person.
type Attention uint8

// The ways.
const (
	Bell    Attention = iota // the terminal's bell
	Desktop                  // a notification of the desktop, where the terminal can
	Quiet
)

// Options describe one session.
type Options struct {
	Actor models.Actor
	Entry Entry
	Code  string // of EntryJoin
	Org   string // code or id to open, "" for the last one; of EntryRequest the one to ask
	Pane  string // of Panes, to begin with; "" for the first one
	// StrayLogin is the name that the person signed in under, where it stands for
	// no organization of theirs: the app says so, beside the one chosen last.
	StrayLogin string
	Key        *models.PublicKey
	// Name and Email are proposed where the person is asked for them.
	Name, Email string

	// Width and Height are those of the terminal, 0 where they are not known
	// yet: what is loaded first fills it.
	Width, Height int

	Term      string
	Env       []string // "NAME=value": NO_COLOR, COLORTERM, TZ count
	Theme     theme.Mode
	NoMouse   bool
	Attention Attention
	// Given names those of theme, mouse and notifications that were asked for
	// this session, so that the person's preferences do not replace them.
	Given []string
	// Notices are words from the one who runs the session, such as that it is
	// about to end. They replace the toast. May be nil.
	Notices <-chan fmt.Stringer
	// ReadList reads a file of the machine that the person sits at, for an import.
	// It is nil where the app runs elsewhere: nobody reads a server's files.
	ReadList func(path string) ([]byte, error)
	// Idle is told how long the session may idle in the organization that is
	// shown, 0 for as long as anywhere. May be nil.
	Idle func(time.Duration)
}

// Open makes the app of one session, with what its first frame shows, so that
// the first is a whole one. Close must be called after it has run. ctx ends
// what it asks of the store.
func (s *Shared) Open(ctx context.Context, o Options) *App {
	ctx, cancel := context.WithCancel(ctx)
	a := &App{
		State: host.State{
			Store: s.Store, Context: ctx, Actor: o.Actor, Now: s.Now(), Zone: zoneOf(o.Env),
			Theme:       theme.New(o.Theme, theme.Detect(o.Term, o.Env)).In(s.Colours),
			JoinCommand: s.JoinCommand, SignIn: s.SignIn, NoMail: s.NoMail, HostKey: s.HostKey, Installation: s.Name, ReadList: o.ReadList,
		},
		sh: s, cancel: cancel, opt: o, mouse: !o.NoMouse, attention: o.Attention, bindings: s.bindings,
		// Before the first query, so that no change falls between.
		sub:    s.Store.Subscribe(o.Actor.Subject()),
		nearby: s.Store.Subscribe(),
	}
	a.h = host.Host{State: &a.State, Shell: a}
	a.makePanes()
	if o.Width > 0 && o.Height > 0 {
		a.Width, a.Height = o.Width, o.Height
		a.resized()
	}
	a.start = a.open()
	return a
}
