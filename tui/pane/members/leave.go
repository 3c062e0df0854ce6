package members

import (
	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
)

func leaveBindings() []keys.Binding[host.Host] {
	return []keys.Binding[host.Host]{
		{ID: "organization.leave", Title: "leave the organization …", Scope: host.ScopeAll, Changes: true, Help: "Ends your membership of the organization.",
			Present: func(h host.Host) bool { return h.Shared() }, Enabled: whyLeave, Run: leave},
	}
}

// whyLeave says why the person cannot leave, "" if they can.
func whyLeave(h host.Host) string {
	if h.Org.Role == "" {
		return "you are not a member here"
	}
	self := models.Standing{UserID: h.Actor.Subject(), Role: h.Org.Role, Custom: h.Org.CustomRole, Active: true}
	return kit.Reason(h.Access.CheckLeave(self, h.Org.ActiveOwners))
}

// leave asks before the person leaves the open organization.
func leave(h host.Host) tea.Cmd { return kit.Leave(h, h.Org.ID, h.Org.Name) }
