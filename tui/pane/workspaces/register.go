package workspaces

import (
	"slices"

	"muster/tui/host"
	"muster/tui/keys"
)

// Register is the pane as the shell takes it up.
func Register() host.Registration {
	return host.Registration{
		ID: host.Workspaces, Keys: []string{"5"}, Sign: "5", Title: "workspaces", Short: "Spaces",
		Help: "Shows the workspaces, who is in them and their projects.",
		New:  func(h host.Host) host.Pane { return New() },
		Scopes: []keys.ScopeInfo{
			{Scope: scopeWorkspaces, Title: "Workspaces", Under: host.OverRows()},
			{Scope: scopeMembers, Title: "Members of a workspace", Under: host.OverLists()},
			{Scope: scopeProjects, Title: "Projects", Under: host.OverLists()},
		},
		Bindings: slices.Concat(workspaceBindings(), memberBindings(), projectBindings(), workspaceEverywhere()),
	}
}

// of is the pane of a session, for its bindings.
func of(h host.Host) *Pane {
	p, _ := h.Pane(host.Workspaces).(*Pane)
	return p
}
