package users

import (
	"slices"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
)

// Register is the pane as the shell takes it up.
func Register() host.Registration {
	return host.Registration{
		ID: host.Users, Keys: []string{"8"}, Sign: "8", Title: "users",
		Help:    "Shows the accounts that you administer.",
		Present: sees,
		New:     func(h host.Host) host.Pane { return New(h) },
		Scopes: []keys.ScopeInfo{
			{Scope: scopeUsers, Title: "Users", Under: host.OverLists()},
		},
		Bindings: slices.Concat(userBindings()),
	}
}

// of is the pane of a session, for its bindings.
func of(h host.Host) *Pane {
	p, _ := h.Pane(host.Users).(*Pane)
	return p
}

// sees tells whether there is anything for this person to administer here.
func sees(h host.Host) bool {
	return h.Me.SiteAdmin || h.Org.Kind == models.KindShared && h.Access.Can(models.PermMembers)
}
