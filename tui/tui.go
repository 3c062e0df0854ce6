// Package tui is muster's terminal app: the same code locally and over SSH.
//
// It is the door to the rooms behind it. shell is the one tea.Model, with frame,
// keys and history; the panes are packages of their own, which see the shell
// through host; list and kit are what they share; ui, keys, theme and screen
// know nothing of muster. docs/dev/panes.md says how to write a pane.
package tui

import (
	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/shell"
)

type (
	// Config is what all sessions of a process share.
	Config = shell.Config
	// Shared is made once and used by every App of a process.
	Shared = shell.Shared
	// Options describe one session.
	Options = shell.Options
	// App is the model of one session.
	App = shell.App
	// Entry is what a session opens with.
	Entry = shell.Entry
	// Attention is how the app calls for attention.
	Attention = shell.Attention
	// KeysError says why keys cannot be bound.
	KeysError = keys.Error
)

// The entries.
const (
	EntryApp      = shell.EntryApp
	EntryFirstRun = shell.EntryFirstRun
	EntryJoin     = shell.EntryJoin
	EntryRequest  = shell.EntryRequest
	EntrySignUp   = shell.EntrySignUp
)

// The ways to call for attention.
const (
	Bell    = shell.Bell
	Desktop = shell.Desktop
	Quiet   = shell.Quiet
)

// NewShared checks the rebound keys; its error names the first that cannot be.
func NewShared(c Config) (*Shared, error) { return shell.NewShared(c) }

// Panes are the names of the panes that a session can begin with.
func Panes() []string { return shell.Panes() }

// Bindings makes the one table of keys, with some rebound by action id.
func Bindings(rebind map[string][]string) (*keys.Table[host.Host], error) {
	return shell.Bindings(rebind)
}

// Scopes lists the scopes in the order of the key reference.
func Scopes() []keys.ScopeInfo { return shell.Scopes() }

// KeyReference is docs/keys.md.
func KeyReference() (string, error) { return shell.KeyReference() }

// KeyBindings lists all actions with their keys, for somebody who has bound some
// for themselves over those of the installation.
func KeyBindings(installed map[string][]string, own models.Bindings) ([]models.KeyBinding, error) {
	return shell.KeyBindings(installed, own)
}

// CheckBindings refuses what somebody cannot bind for themselves.
func CheckBindings(installed map[string][]string, own models.Bindings) error {
	return shell.CheckBindings(installed, own)
}

// ParseAttention gives the way of a word of the configuration; any other is the
// bell.
func ParseAttention(s string) Attention { return shell.ParseAttention(s) }
