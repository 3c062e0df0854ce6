package overview

import (
	"slices"

	"muster/tui/host"
	"muster/tui/keys"
)

// Register is the pane as the shell takes it up.
func Register() host.Registration {
	return host.Registration{
		ID: host.Overview, Keys: []string{"6"}, Sign: "6", Title: "overview", Short: "Stats",
		Help:    "Shows the organization in numbers and charts.",
		Present: func(h host.Host) bool { return h.Shared() },
		New:     func(h host.Host) host.Pane { return New() },
		Scopes: []keys.ScopeInfo{
			{Scope: scopeOverview, Title: "Overview", Under: []keys.Scope{host.ScopeAll}},
		},
		Bindings: slices.Concat(overviewBindings()),
	}
}

// of is the pane of a session, for its bindings.
func of(h host.Host) *Pane {
	p, _ := h.Pane(host.Overview).(*Pane)
	return p
}
