package settings

import (
	"slices"

	"muster/tui/host"
	"muster/tui/keys"
)

// Register is the pane as the shell takes it up.
func Register() host.Registration {
	return host.Registration{
		ID: host.Settings, Keys: []string{"4"}, Sign: "4", Title: "settings",
		Help: "Shows the settings of the organization.",
		New:  func(h host.Host) host.Pane { return New() },
		Scopes: []keys.ScopeInfo{
			{Scope: scopeSettings, Title: "Settings", Under: host.OverRows()},
		},
		Bindings: slices.Concat(settingsBindings(), governBindings(), paymentBindings()),
	}
}

// of is the pane of a session, for its bindings.
func of(h host.Host) *Pane {
	p, _ := h.Pane(host.Settings).(*Pane)
	return p
}
