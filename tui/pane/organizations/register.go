package organizations

import (
	"slices"

	"muster/tui/host"
	"muster/tui/keys"
)

// Register is the switcher as the shell takes it up.
func Register() host.Registration {
	return host.Registration{
		ID: host.Organizations, Keys: []string{"o", "1"}, Sign: "1", Title: "organizations", Foot: 15, Calls: true,
		Help:     "Shows your organizations, to switch between them.",
		New:      func(h host.Host) host.Pane { return NewSwitcher(h) },
		Scopes:   []keys.ScopeInfo{{Scope: scopeOrgs, Title: "Organizations", Under: host.OverRows()}},
		Bindings: slices.Concat(organizationBindings(), organizationLifeBindings()),
	}
}

// RegisterAll is the pane of all organizations.
func RegisterAll() host.Registration {
	return host.Registration{
		ID: host.AllOrganizations, Keys: []string{"0"}, Sign: "0", Title: "all organizations", Short: "All",
		Help:     "Shows every organization of the installation, to site admins.",
		Present:  func(h host.Host) bool { return h.Me.SiteAdmin },
		New:      func(h host.Host) host.Pane { return NewAll(h) },
		Scopes:   []keys.ScopeInfo{{Scope: scopeAllOrgs, Title: "All organizations", Under: host.OverLists()}},
		Bindings: allOrgsBindings(),
	}
}

// switcher and all are the panes of a session, for their bindings.
func switcher(h host.Host) *Switcher {
	p, _ := h.Pane(host.Organizations).(*Switcher)
	return p
}

func all(h host.Host) *All {
	p, _ := h.Pane(host.AllOrganizations).(*All)
	return p
}
