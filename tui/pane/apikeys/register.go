// Package apikeys is the pane of API keys and service accounts.
package apikeys

import (
	"slices"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
)

// id names the pane. The palette calls it API keys.
const id host.PaneID = "api_keys"

// Register is the pane as the shell takes it up.
func Register() host.Registration {
	return host.Registration{
		ID: id, Keys: []string{"K"}, Sign: "K", Title: "API keys", Short: "Keys",
		Help:    "Shows API keys and service accounts: what programs act with.",
		Present: func(h host.Host) bool { return h.Access.Can(models.PermKeysOwn) },
		New:     func(host.Host) host.Pane { return newPane() },
		Scopes: []keys.ScopeInfo{
			{Scope: scopeKeys, Title: "API keys", Under: host.OverLists()},
			{Scope: scopeServices, Title: "Service accounts", Under: host.OverLists()},
		},
		Bindings: slices.Concat(keyBindings(), serviceBindings()),
	}
}

// of is the pane of a session, for its bindings.
func of(h host.Host) *pane {
	p, _ := h.Pane(id).(*pane)
	return p
}
