package audit

import (
	"slices"

	"muster/tui/host"
	"muster/tui/keys"
)

// Register is the pane as the shell takes it up.
func Register() host.Registration {
	return host.Registration{
		ID: host.Audit, Keys: []string{"7"}, Sign: "7", Title: "audit log", Short: "Log",
		Help: "Shows changes and refused attempts, and who made them.",
		New:  func(h host.Host) host.Pane { return New(h) },
		Scopes: []keys.ScopeInfo{
			{Scope: scopeAudit, Title: "Audit", Under: host.OverRows()},
		},
		Bindings: slices.Concat(auditBindings()),
	}
}

// of is the pane of a session, for its bindings.
func of(h host.Host) *Pane {
	p, _ := h.Pane(host.Audit).(*Pane)
	return p
}
