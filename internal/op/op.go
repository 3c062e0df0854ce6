// Package op is the table of operations: what can be asked of muster, one row
// an operation. Commands are made from the rows, and so is what a row says about
// itself: its name in can-i and in the audit log, who may run it, and its route.
// A handler calls one method of the store, which authorizes.
package op

import (
	"cmp"
	"context"
	"reflect"
	"time"

	"muster/models"
	"muster/store"
)

// Deps are what handlers work with, beside the actor and the input.
type Deps struct {
	Store *store.Store
	Now   func() time.Time
	Site  Site
	// Key is the one that the caller's connection was authenticated with, for
	// those who have no account yet.
	Key models.PublicKey
	// Progress, if set, is told how far a long operation is.
	Progress func(done, total int)
	// Words are those of the door, for hints in answers. Errors keep the names of
	// operations: the door words them where it shows them.
	Words Words
}

// Site is what an installation says about itself in answers.
type Site struct {
	Name string // what an authenticator app shows: the host that people connect to
	// JoinCommand is the line that whoever holds the code runs to join.
	JoinCommand func(code string) string
	// HostKey is the fingerprint of the installation's host key.
	HostKey func() (string, error)
	// Bindings lists the actions of the app with the keys of somebody who has bound
	// these for themselves, and CheckBindings refuses what cannot be bound.
	Bindings      func(own models.Bindings) ([]models.KeyBinding, error)
	CheckBindings func(own models.Bindings) error
}

// Needs says who may run an operation: whoever has this permission in the
// organization, or in the workspace, or one of the words below.
type Needs models.Permission

// What an operation needs where that is no permission.
const (
	Nothing   Needs = ""           // an account; the store keeps everybody to what is theirs
	SiteAdmin Needs = "site_admin" // a site admin
	Stranger  Needs = "no_account" // a key, or a code
	Invite    Needs = Needs(models.PermInvite)
	Decide    Needs = Needs(models.PermDecide)
	Members   Needs = Needs(models.PermMembers)
	View      Needs = Needs(models.PermView)
	Settings  Needs = Needs(models.PermSettings)
	Billing   Needs = Needs(models.PermBilling)
	Transfer  Needs = Needs(models.PermTransfer)
	Delete    Needs = Needs(models.PermDelete)
	Audit     Needs = Needs(models.PermAudit)

	CreateKeys Needs = Needs(models.PermKeysOwn)
	ManageKeys Needs = Needs(models.PermKeysAll)
	VerifyKeys Needs = Needs(models.PermKeysVerify)

	Workspaces       Needs = Needs(models.PermWorkspaces)
	WorkspaceView    Needs = Needs(models.PermWorkspaceView)
	WorkspaceChange  Needs = Needs(models.PermWorkspaceChange)
	WorkspaceMembers Needs = Needs(models.PermWorkspaceMembers)
	ProjectChange    Needs = Needs(models.PermProjectChange)
	ProjectManage    Needs = Needs(models.PermProjectManage)
)

// Permission is the permission that is needed, false where none is.
func (n Needs) Permission() (models.Permission, bool) {
	switch n {
	case Nothing, SiteAdmin, Stranger:
		return "", false
	}
	return models.Permission(n), true
}

// Def describes one operation. In is a struct whose tags say where each value
// comes from (see Field), Out what it answers, in JSON as it is.
type Def[In, Out any] struct {
	Name string // the action in the audit log and in can-i, like member.role
	Does string // one line: "change a member's role"
	Long string
	// Example holds command lines, one a line. Remote is for a command over SSH
	// where that reads its input in another way.
	Example, Remote string

	Needs Needs
	// Also says in words who else may, or under which conditions.
	Also string
	// Ask is what to ask can-i for where it is more than the permission.
	Ask string

	Command string // words of the command, like "invite link create"
	Use     string // what follows them in the help, where it is more than the arguments
	Route   string // method and path in HTTP
	Door    Door   // the login that offers it instead of the commands
	Many    string // name of the input that may be given several times
	Changes bool
	// Audit is the action in the audit log where that is another name: of the
	// operation that this one is a form of.
	Audit string

	// Switch makes this one of several rows of a command: the one that runs when
	// the flag is given. SwitchHelp explains the flag. Takes does the same by the
	// words that follow the command.
	Switch, SwitchHelp string
	Takes              func(words []string) bool

	// Preview names the row that shows what this one would bring, which makes it
	// the flag --dry-run. Confirm says how a person agrees first.
	Preview string
	Confirm *Confirm

	// Owner says that it may make somebody an owner, which a person confirms on
	// its own; the store refuses it otherwise.
	Owner bool

	// Check looks at the input before anything is opened.
	Check func(in In) error
	Run   func(ctx context.Context, d Deps, a models.Actor, in In) (Out, error)
}

// Door is a login that somebody without an account comes by.
type Door string

// The doors. Their operations are no commands of who is signed in, unless they
// have words of their own there.
const (
	DoorJoin    Door = "join"
	DoorRequest Door = "request"
	DoorNew     Door = "new"
)

// Confirm says how a person agrees before a change with consequences.
type Confirm struct {
	// Word names what is typed, like "the code of the organization"; it is the
	// input Confirm. Without one the answer is yes or no.
	Word string
	// Pin puts the id of what was shown in place of what was typed, so that this
	// and nothing else is changed.
	Pin func(in, shown any)
}

// pin makes Confirm.Pin from a function of the types of two rows.
func pin[In, Shown any](f func(in *In, shown Shown)) func(in, shown any) {
	return func(in, shown any) { f(in.(*In), shown.(Shown)) }
}

// Row is one operation with its types taken off.
type Row struct {
	Name, Does, Long   string
	Example, Remote    string
	Needs              Needs
	Also, Ask          string
	Command, Use       string
	Route              string
	Door               Door
	Many               string
	Changes            bool
	Audit              string
	Switch, SwitchHelp string
	Takes              func(words []string) bool
	Preview            string
	Confirm            *Confirm
	Owner              bool

	Fields []Field
	In     reflect.Type // a struct
	Out    reflect.Type
	// New makes an empty input, a pointer to In. Check and Run take such a one.
	New   func() any
	Check func(in any) error
	Run   func(ctx context.Context, d Deps, a models.Actor, in any) (any, error)
}

// row takes the types off.
func row[In, Out any](d Def[In, Out]) *Row {
	in := reflect.TypeFor[In]()
	return &Row{
		Name: d.Name, Does: d.Does, Long: d.Long, Example: d.Example, Remote: d.Remote,
		Needs: d.Needs, Also: d.Also, Ask: d.Ask, Command: d.Command, Use: d.Use, Route: d.Route, Door: d.Door, Many: d.Many, Changes: d.Changes, Audit: cmp.Or(d.Audit, d.Name),
		Switch: d.Switch, SwitchHelp: d.SwitchHelp, Takes: d.Takes, Preview: d.Preview, Confirm: d.Confirm, Owner: d.Owner,
		Fields: fieldsOf(in), In: in, Out: reflect.TypeFor[Out](),
		New: func() any { return new(In) },
		Check: func(in any) error {
			if d.Check == nil {
				return nil
			}
			return d.Check(*in.(*In))
		},
		Run: func(ctx context.Context, deps Deps, a models.Actor, in any) (any, error) {
			if err := byToken(a, d.Name, d.Does); err != nil {
				var none Out
				return none, err
			}
			out, err := d.Run(ctx, deps, a, *in.(*In))
			return wordHints(out, deps.Words), err
		},
	}
}
