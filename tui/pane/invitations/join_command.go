package invitations

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/host"
)

// handOver shows the join command of a new invitation, where no mail takes it.
func handOver(ctx context.Context, st *store.Store, actor models.Actor, i models.Invitation, join func(string) string) host.Outcome {
	text := i.Email + " invited as " + i.Given().Label()
	code, err := st.JoinCode(ctx, actor, i.OrgID, i.ID)
	if err != nil { // the invitation is there; its join command can be asked for later
		return host.Outcome{Text: text}
	}
	return host.Outcome{Text: text, Then: func(h host.Host) tea.Cmd { return showJoin(h, i.Email, join(code)) }}
}
