package members

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/ui"
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

// leave asks before the person leaves the organization.
func leave(h host.Host) tea.Cmd {
	st, org, name := h.Store, h.Org.ID, h.Org.Name
	h.Show(&ui.Confirm{Title: "Leave " + name + "?", Danger: true, Yes: "leave", Lines: []ui.Line{
		{Text: "You lose access at once. Your pending invitations are revoked and your proposals withdrawn."}, {},
		{Text: "To come back, somebody has to invite you again."},
	}, Do: func() tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			return host.Outcome{Err: st.Leave(ctx, actor, org), Then: func(h host.Host) tea.Cmd {
				return h.Open(host.Opening{Left: true, Word: "you left " + name})
			}}
		})
	}})
	return nil
}
