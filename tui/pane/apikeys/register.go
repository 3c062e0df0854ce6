// Package apikeys is the pane of what programs have to do with an organization: API
// keys, service accounts, webhooks.
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
		Help:    "Shows API keys and service accounts: what programs act with, and webhooks.",
		Present: func(h host.Host) bool { return h.Access.Can(models.PermKeysOwn) },
		New:     func(host.Host) host.Pane { return newPane() },
		Scopes: []keys.ScopeInfo{
			{Scope: scopeKeys, Title: "API keys", Under: host.OverLists()},
			{Scope: scopeServices, Title: "Service accounts", Under: host.OverLists()},
			{Scope: scopeWebhooks, Title: "Webhooks", Under: host.OverLists()},
			{Scope: scopeDeliveries, Title: "Deliveries to a webhook", Under: host.OverLists()},
		},
		Bindings: slices.Concat(keyBindings(), serviceBindings(), webhookBindings(), deliveryBindings()),
	}
}

// of is the pane of a session, for its bindings.
func of(h host.Host) *pane {
	p, _ := h.Pane(id).(*pane)
	return p
}
