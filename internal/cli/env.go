package cli

import (
	"context"
	"io"
	"log/slog"
	"time"

	"muster/internal/op"
	"muster/models"
	"muster/store"
)

// Env is everything that one run of the command tree borrows from outside.
type Env struct {
	Args     []string // without the program's name
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Environ  []string // like os.Environ(), to find misspelt options
	Home     string   // home directory of the operating-system user, or empty
	Hostname string   // of this machine
	// Width and ErrWidth are the columns of the terminals that Out and Err lead to,
	// 0 where it is none.
	Width, ErrWidth int
	Terminal        bool // a person sits at In and Out
	Now             func() time.Time
	After           func(time.Duration) <-chan time.Time // like time.After
	// OpenStore opens the database; store.Open outside of tests.
	OpenStore func(context.Context, store.Options) (*store.Store, error)
	// Remote is set for a command that came over SSH or HTTP, nil in a local shell.
	Remote *Remote
}

// LoginKind says what the user name part of an SSH login asks for.
type LoginKind string

// The kinds of logins. Those with a code, and new, have command trees of their
// own: whoever uses them may have no account yet.
const (
	LoginUser    LoginKind = ""        // an organization's code, or anything else
	LoginJoin    LoginKind = "join"    // join+CODE
	LoginRequest LoginKind = "request" // request+CODE
	LoginNew     LoginKind = "new"
)

// Remote is what the front door knows about whoever sent a command.
type Remote struct {
	Store *store.Store
	Actor models.Actor // UserID is empty for an unknown key
	Kind  LoginKind
	// Login is the user name part for LoginUser, else the code in it.
	Login string
	Key   models.PublicKey // the key that authenticated
	Log   *slog.Logger
	Site  Site
	// JSON has everything written as with --json, but for an answer that has a form
	// of its own.
	JSON bool
	// Wait, if set, says that the command does nothing but wait, until goOn is called.
	Wait func() (goOn func())
	// Failed, if set, hears of the error that the command ends with.
	Failed func(*models.Error)
}

// Site is what the configuration says about this installation that an answer
// to a command needs.
type Site struct {
	op.Site
	Mail bool // mail is set up: by SMTP or into a folder
	// SignIn is the line that whoever has an account runs.
	SignIn string
}
