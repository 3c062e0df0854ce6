package kit

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/ui"
)

// InvitationFrom is who stands behind an invitation.
func InvitationFrom(i models.Invitation) string {
	if i.Origin == models.OriginJoin {
		return "asks in"
	}
	if i.InviterName != "" {
		return i.InviterName
	}
	return i.InviterEmail
}

// AcceptInvitation joins the organization and opens it.
func AcceptInvitation(h host.Host, id, name string) tea.Cmd {
	st := h.Store
	return h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
		v, err := st.AcceptInvitation(ctx, actor, id)
		return host.Outcome{Err: err, Text: "welcome to " + name, Then: func(h host.Host) tea.Cmd { return h.SwitchTo(v.ID) }}
	})
}

// DeclineInvitation asks before an invitation is declined.
func DeclineInvitation(h host.Host, id, name string) tea.Cmd {
	st := h.Store
	h.Show(&ui.Confirm{Title: "Decline the invitation to " + name + "?", Danger: true, Yes: "decline",
		Lines: []ui.Line{{Text: "To join later, somebody has to invite you again."}},
		Do: func() tea.Cmd {
			return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
				_, err := st.DeclineInvitation(ctx, actor, id)
				return host.Outcome{Err: err, Text: "the invitation to " + name + " is declined"}
			})
		}})
	return nil
}
