package you

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
)

// withdraw takes a request to join back.
func withdraw(h host.Host, o models.JoinOffer) tea.Cmd {
	st := h.Store
	return h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
		_, err := st.WithdrawInvitation(ctx, actor, "", o.Invitation.ID)
		return host.Outcome{Err: err, Text: "your request to join " + o.OrgName + " is withdrawn"}
	})
}
