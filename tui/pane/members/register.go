package members

import (
	"slices"

	"muster/tui/host"
	"muster/tui/keys"
)

// Register is the pane as the shell takes it up.
func Register() host.Registration {
	return host.Registration{
		ID: host.Members, Keys: []string{"2"}, Sign: "2", Title: "members",
		Help:    "Shows who belongs to the organization.",
		Present: func(h host.Host) bool { return h.Shared() },
		New:     func(h host.Host) host.Pane { return New(h) },
		Scopes: []keys.ScopeInfo{
			{Scope: scopeMembers, Title: "Members", Under: host.OverLists()},
		},
		Bindings: slices.Concat(memberBindings(), memberLifeBindings(), invitedBindings(), leaveBindings()),
	}
}

// of is the pane of a session, for its bindings.
func of(h host.Host) *Pane {
	p, _ := h.Pane(host.Members).(*Pane)
	return p
}
