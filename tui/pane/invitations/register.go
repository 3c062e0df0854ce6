package invitations

import (
	"slices"

	"muster/tui/host"
	"muster/tui/keys"
)

// Register is the pane as the shell takes it up.
func Register() host.Registration {
	return host.Registration{
		ID: host.Invitations, Keys: []string{"3"}, Sign: "3", Title: "invitations", Short: "Invites", Calls: true,
		Help:    "Shows invitations and requests.",
		Present: func(h host.Host) bool { return h.Shared() },
		New:     func(h host.Host) host.Pane { return New(h) },
		Scopes: []keys.ScopeInfo{
			{Scope: scopeInvitations, Title: "Invitations", Under: host.OverLists()},
			{Scope: scopeLinks, Title: "Join links", Under: host.OverLists()},
		},
		Bindings: slices.Concat(invitationBindings(), linkBindings(), importBindings()),
	}
}

// of is the pane of a session, for its bindings.
func of(h host.Host) *Pane {
	p, _ := h.Pane(host.Invitations).(*Pane)
	return p
}
