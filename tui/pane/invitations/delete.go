package invitations

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/list"
)

func canDelete(h host.Host, i models.Invitation) error {
	return h.Access.CheckDeleteInvitation(i)
}

// deleteClosed takes closed invitations off the list, or lists those again that
// all:yes shows.
func (p *Pane) deleteClosed(h host.Host) tea.Cmd {
	chosen := p.Table.Chosen()
	if len(chosen) == 0 {
		return nil
	}
	st, org := h.Store, h.Org.ID
	remove := chosen[0].DeletedAt == nil
	set := func(deleted bool) func(context.Context, models.Actor, models.Invitation) error {
		return func(ctx context.Context, actor models.Actor, i models.Invitation) error {
			_, err := st.DeleteInvitation(ctx, actor, org, i.ID, deleted)
			return err
		}
	}
	d := list.Bulk[models.Invitation]{Label: address, Verb: "deleted", One: "is deleted from the list",
		Many: [2]string{"invitation is deleted from the list", "invitations are deleted from the list"}, Do: set(true), Undo: set(false)}
	if !remove {
		d.Verb, d.One, d.Many = "listed", "is in the list again", [2]string{"invitation is in the list again", "invitations are in the list again"}
		d.Do, d.Undo = d.Undo, d.Do
	}
	return list.Each(h, &p.List, 0, chosen, d)
}
