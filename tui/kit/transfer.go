package kit

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/theme"
	"muster/tui/ui"
)

// Nomination says that a member is asked to become owner.
func Nomination(h host.Host, m models.Member) string {
	for _, x := range h.Org.Transfers {
		if x.NomineeID == m.ID && x.Status == models.TransferPending {
			return "in place of " + x.FromEmail + " as owner; to answer until " + Moment(h, x.ExpiresAt)
		}
	}
	return ""
}

// WhyNominate says why a member cannot be nominated, "" if they can.
func WhyNominate(h host.Host, m models.Member) string {
	from := models.Standing{UserID: h.Actor.Subject()}
	primary := h.Org.PrimaryOwner == from.UserID
	if h.Org.Role != models.RoleOwner { // a site admin acts for the primary owner
		from.UserID, primary = h.Org.PrimaryOwner, true
	}
	return Reason(h.Access.CheckNominate(from, m.Standing(), primary))
}

// Nominate asks before a member is nominated to become the owner.
func Nominate(h host.Host, m models.Member) tea.Cmd {
	st, org := h.Store, h.Org.ID
	h.Show(&ui.Confirm{Title: "Transfer " + h.Org.Name + " to " + m.Email + "?", Danger: true, Yes: "nominate", Lines: []ui.Line{
		{Text: models.SafeText(m.Name) + ", " + m.Given().Label(), Style: theme.Muted}, {},
		{Text: "• they have seven days to accept or decline"},
		{Text: "• when they accept, they become owner and the current owner becomes an admin"},
		{Text: "• until then nothing changes, and it can be cancelled"},
	}, Do: func() tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			actor.OwnerConfirmed = true
			x, err := st.Nominate(ctx, actor, org, m.ID)
			if err != nil {
				return host.Outcome{Err: err}
			}
			text := m.Email + " is nominated as owner"
			return host.Outcome{Text: text, Undo: &host.Step{Text: text, Undo: func(ctx context.Context, actor models.Actor) error {
				_, err := st.CancelTransfer(ctx, actor, x.ID)
				return err
			}}}
		})
	}})
	return nil
}
