package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/models"
)

// offer is an invitation addressed to the actor.
type offer struct {
	ID string `json:"id"`
	models.JoinOffer
}

func (c *cli) inviteMine() *cobra.Command {
	var requests bool
	cmd := &cobra.Command{
		Use:   "mine",
		Short: "list the invitations that wait for your answer",
		Long: `List the invitations addressed to you that still wait for your answer, with
--requests your own requests to join that wait for a decision; ` + "`invite withdraw`" + `
takes one back.`,
		Example: "muster invite mine\nmuster invite mine --requests",
		Args:    takes(),
	}
	cmd.Flags().BoolVar(&requests, "requests", false, "your requests to join instead")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		s, a, err := c.signedIn(ctx)
		if err != nil {
			return err
		}
		list, headers, none := s.MyInvitations, []string{"CODE", "ORGANIZATION", "ROLE", "BY", "EXPIRES", "ID"}, "no invitation waits for you"
		if requests {
			list, headers, none = s.MyRequests, []string{"CODE", "ORGANIZATION", "ROLE", "SINCE", "ID"}, "you wait for no organization"
		}
		mine, err := list(ctx, a)
		if err != nil {
			return err
		}
		offers := make([]offer, len(mine))
		for i, o := range mine {
			offers[i] = offer{o.Invitation.ID, o}
		}
		return c.emit(listOf(offers, ""), func() error {
			rows := make([][]string, len(offers))
			for i, o := range offers {
				inv := o.Invitation
				rows[i] = []string{o.OrgCode, o.OrgName, inv.Given().Label(), inv.InviterEmail, c.agoOr(inv.ExpiresAt, ""), o.ID}
				if requests {
					rows[i] = []string{o.OrgCode, o.OrgName, inv.Given().Label(), c.ago(inv.CreatedAt), o.ID}
				}
			}
			return c.table(headers, rows, "", none)
		})
	})
	return cmd
}

func (c *cli) inviteAccept() *cobra.Command {
	return &cobra.Command{
		Use:     "accept ID",
		Short:   "accept an invitation addressed to you",
		Long:    "Accept an invitation addressed to you. `invite mine` lists them.",
		Example: "muster invite accept inv_1",
		Args:    takes("ID"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			v, err := s.AcceptInvitation(ctx, a, args[0])
			if err != nil {
				return err
			}
			err = c.emit(v, func() error {
				c.noteBarrier(v)
				return c.say("welcome to %s (%s): %s", v.Name, v.Code, youAre(v))
			})
			c.tellInviter(ctx, s)
			return err
		}),
	}
}

func (c *cli) inviteDecline() *cobra.Command {
	return &cobra.Command{
		Use:     "decline ID",
		Short:   "decline an invitation addressed to you",
		Long:    "Decline an invitation addressed to you. It ends; who invited you sees it.",
		Example: "muster invite decline inv_1",
		Args:    takes("ID"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			inv, err := s.DeclineInvitation(ctx, a, args[0])
			if err != nil {
				return err
			}
			return c.emit(inv, func() error { return c.say("declined the invitation") })
		}),
	}
}
