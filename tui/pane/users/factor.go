package users

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/theme"
	"muster/tui/ui"
)

// resetFactor removes the second factor of somebody who has lost it.
func resetFactor(h host.Host, u models.Account) tea.Cmd {
	st := h.Store
	h.Show(&ui.Confirm{Title: "Reset two-factor of " + u.Email + "?", Danger: true, Yes: "reset", Lines: []ui.Line{
		{Text: "Their second factor and recovery codes stop working. Make sure who is asking."},
		{Text: "Organizations that require two-factor are closed to them until they set it up again. The audit log names you both.", Style: theme.Muted},
	}, Do: func() tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			_, err := st.ResetSecondFactor(ctx, actor, u.ID)
			return host.Outcome{Err: err, Text: "two-factor of " + u.Email + " is off"}
		})
	}})
	return nil
}
