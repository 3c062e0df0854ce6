package kit

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/ui"
)

// Leave asks before the person leaves an organization. Another one than that which
// is open stays closed.
func Leave(h host.Host, org, name string) tea.Cmd {
	st, open := h.Store, org == h.Org.ID
	h.Show(&ui.Confirm{Title: "Leave " + name + "?", Danger: true, Yes: "leave", Lines: []ui.Line{
		{Text: "You lose access at once. Your pending invitations are revoked and your proposals withdrawn."}, {},
		{Text: "To come back, somebody has to invite you again."},
	}, Do: func() tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			o := host.Outcome{Err: st.Leave(ctx, actor, org), Text: "you left " + name}
			if open {
				o.Text, o.Then = "", func(h host.Host) tea.Cmd {
					return h.Open(host.Opening{Left: true, Word: "you left " + name})
				}
			}
			return o
		})
	}})
	return nil
}
