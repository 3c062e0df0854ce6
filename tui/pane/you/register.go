package you

import (
	"slices"

	"muster/tui/host"
	"muster/tui/keys"
)

// Register is the pane as the shell takes it up.
func Register() host.Registration {
	return host.Registration{
		ID: host.You, Keys: []string{"9"}, Sign: "9", Title: "you", Calls: true,
		Help: "Shows your name, keys, invitations and sessions.",
		New:  func(h host.Host) host.Pane { return New(h) },
		Scopes: []keys.ScopeInfo{
			{Scope: scopeYou, Title: "You", Under: host.OverRows()},
		},
		Bindings: slices.Concat(youBindings(), factorBindings()),
	}
}

// of is the pane of a session, for its bindings.
func of(h host.Host) *Pane {
	p, _ := h.Pane(host.You).(*Pane)
	return p
}
