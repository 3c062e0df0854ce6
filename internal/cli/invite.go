package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/models"
	"muster/store"
)

func (c *cli) inviteCommand() *cobra.Command {
	return group("invite", "invite people, decide requests, answer invitations",
		c.inviteList(), c.inviteShow(), c.inviteCreate(), c.inviteApprove(), c.inviteReject(), c.inviteUndo(),
		c.inviteResend(), c.inviteRegenerate(), c.inviteRevoke(), c.inviteWithdraw(), c.inviteCode(),
		c.inviteMine(), c.inviteAccept(), c.inviteDecline(), c.inviteImport(), c.inviteLink(), c.inviteStats())
}

func (c *cli) inviteList() *cobra.Command {
	var q models.InvitationQuery
	var states []string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list invitations, what waits for a decision first",
		Long: `List the invitations of the organization: requests that wait for a decision
first, then pending, expired, accepted and the rest. Owners and admins see all,
others the ones they sent.`,
		Example: "muster invite list --status requested\nmuster invite list --status pending,expired --json",
		Args:    takes(),
	}
	f := cmd.Flags()
	f.StringSliceVar(&states, "status", nil, "only these, with commas between them: requested, pending, expired, accepted, declined, rejected, revoked or withdrawn")
	f.StringVar(&q.Search, "search", "", "part of an address or a name")
	f.BoolVar(&q.Mine, "mine", false, "only those you sent")
	c.pageFlags(cmd, &q.Limit, &q.After)
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		for _, w := range states {
			st, err := models.ParseInvitationState(w)
			if err != nil {
				return err
			}
			q.States = append(q.States, st)
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		page, err := s.ListInvitations(ctx, a, org.ID, q)
		if err != nil {
			return err
		}
		return c.emit(listOf(page.Items, page.Next), func() error {
			rows := make([][]string, len(page.Items))
			for i, inv := range page.Items {
				expires := c.agoOr(inv.ExpiresAt, "")
				if !inv.State.Open() && inv.State != models.StateExpired {
					expires = ""
				}
				rows[i] = []string{inv.Email, inv.Given().Label(), string(inv.State), string(inv.Delivery.State), inv.InviterEmail, c.ago(inv.CreatedAt), expires, inv.ID}
			}
			return c.table([]string{"EMAIL", "ROLE", "STATUS", "MAIL", "BY", "SINCE", "EXPIRES", "ID"}, rows, page.Next, "there are no such invitations")
		})
	})
	return cmd
}

func (c *cli) inviteShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID…",
		Short: "show invitations",
		Long: `Show one or more invitations. Wherever an ID is asked for, the address of an
open invitation of the chosen organization does as well.`,
		Example: "muster invite show dee@example.com",
		Args:    takes("ID…"),
		RunE: action(func(ctx context.Context, ids []string) error {
			return c.each(ctx, ids, invitationVerb{do: (*store.Store).Invitation, say: c.showInvitation})
		}),
	}
}

func (c *cli) showInvitation(inv models.Invitation) error {
	mail := string(inv.Delivery.State)
	if inv.Delivery.At != nil {
		mail += ", " + c.at(*inv.Delivery.At)
	}
	if inv.Delivery.Error != "" {
		mail += ": " + models.SafeText(inv.Delivery.Error)
	}
	by := inv.InviterEmail
	if inv.Origin == models.OriginJoin {
		by = "asked to join"
	}
	return c.facts("email", inv.Email, "name", inv.Name, "id", inv.ID, "role", inv.Given().Label(), "status", string(inv.State),
		"workspaces", sayPlaces(inv.Workspaces), "by", by, "message", inv.Message, "since", c.at(inv.CreatedAt), "expires", c.atOr(inv.ExpiresAt, ""),
		"decided by", inv.DecidedBy, "reason", inv.Reason, "mail", mail)
}

func (c *cli) inviteCreate() *cobra.Command {
	var n models.NewInvitation
	var role, expires string
	var workspaces []string
	cmd := &cobra.Command{
		Use:   "create --email EMAIL [--role ROLE]",
		Short: "invite somebody, or propose it where members need approval",
		Long: `Invite an address into the organization. Where the organization wants approval,
a member's invitation becomes a request that owners and admins decide. With
--workspace it leads into workspaces as well, as far as your own role in them goes.`,
		Example: "muster invite create --email bob@example.com --role admin --expires-in 2d\nmuster invite create --email cy@example.com --workspace Research:editor --workspace General",
		Args:    takes(),
	}
	f := cmd.Flags()
	f.StringVar(&n.Email, "email", "", "whom to invite")
	f.StringVar(&role, "role", "", "owner, admin, member, viewer or a custom role by name or id (default: the organization's default role)")
	f.StringVar(&expires, "expires-in", "", "how long it holds, from 60 seconds to 30 days: 3600, 1h, 2d (default: the organization's setting)")
	f.StringVar(&n.Message, "message", "", "a word to whom you invite")
	f.StringArrayVar(&workspaces, "workspace", nil, "workspace to add them to, NAME or NAME:ROLE with the role admin, editor, viewer or a custom one (default viewer); once for each")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		err := need(cmd, "email")
		if err == nil && cmd.Flags().Changed("role") {
			n.Role, err = givenRole(role)
		}
		if err == nil && cmd.Flags().Changed("expires-in") {
			n.TTL, err = models.ParseExpiry("expires_in", expires)
		}
		if err != nil {
			return err
		}
		for _, w := range workspaces {
			n.Workspaces = append(n.Workspaces, models.WorkspaceGrant{Workspace: w})
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		inv, err := s.CreateInvitation(ctx, a, org.ID, n)
		if err != nil {
			return err
		}
		// The answer comes first: delivery can take seconds.
		err = c.emit(inv, func() error {
			if inv.State == models.StateRequested {
				return c.say("proposed %s as %s; an owner or admin decides (%s)", inv.Email, inv.Given().Label(), inv.ID)
			}
			return c.say("invited %s as %s (%s)", inv.Email, inv.Given().Label(), inv.ID)
		})
		if err != nil {
			return err
		}
		c.afterMail(ctx, s, a, inv)
		return nil
	})
	return cmd
}

// invitationVerb is something that a command does to one or more invitations.
type invitationVerb struct {
	do    func(s *store.Store, ctx context.Context, a models.Actor, org, id string) (models.Invitation, error)
	say   func(models.Invitation) error
	mails bool // it puts a mail on its way
}

func (c *cli) inviteAction(cmd *cobra.Command, v invitationVerb, text string) *cobra.Command {
	v.say = func(inv models.Invitation) error { return c.say(text, inv.Email) }
	cmd.Args = takes("ID…")
	cmd.RunE = action(func(ctx context.Context, ids []string) error { return c.each(ctx, ids, v) })
	return cmd
}

func (c *cli) inviteApprove() *cobra.Command {
	var role string
	cmd := &cobra.Command{
		Use:   "approve ID…",
		Short: "approve requests",
		Long: `Approve one or more requests, with --role in another role than the one asked
for. The mail leaves 10 seconds later; until then ` + "`invite undo`" + ` takes the approval
back. Each row has its own result, and good ones stay when others fail.`,
		Example: "muster invite approve dee@example.com\nmuster invite approve inv_1 inv_2 --role viewer",
	}
	cmd.Flags().StringVar(&role, "role", "", "approve in this role: a built-in one, or a custom one by name or id")
	cmd.Args = takes("ID…")
	cmd.RunE = action(func(ctx context.Context, ids []string) error {
		var to models.Role
		var err error
		if cmd.Flags().Changed("role") {
			if to, err = givenRole(role); err != nil {
				return err
			}
		}
		return c.each(ctx, ids, invitationVerb{
			do: func(s *store.Store, ctx context.Context, a models.Actor, org, id string) (models.Invitation, error) {
				return s.ApproveInvitation(ctx, a, org, id, to)
			},
			say: func(inv models.Invitation) error {
				return c.say("approved %s as %s; undo within 10 seconds: muster invite undo %s", inv.Email, inv.Given().Label(), inv.ID)
			},
			mails: true,
		})
	})
	return cmd
}

func (c *cli) inviteReject() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:     "reject ID…",
		Short:   "reject requests",
		Long:    "Reject one or more requests. `invite undo` takes it back within 10 seconds.",
		Example: `muster invite reject dee@example.com --reason "left the project"`,
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for whoever proposed it")
	return c.inviteAction(cmd, invitationVerb{do: func(s *store.Store, ctx context.Context, a models.Actor, org, id string) (models.Invitation, error) {
		return s.RejectInvitation(ctx, a, org, id, reason)
	}}, "rejected %s")
}

func (c *cli) inviteUndo() *cobra.Command {
	return c.inviteAction(&cobra.Command{
		Use:     "undo ID…",
		Short:   "take back your approval or rejection of the last 10 seconds",
		Long:    "Take back an approval or a rejection of your own, within 10 seconds. The request waits again.",
		Example: "muster invite undo inv_1",
	}, invitationVerb{do: (*store.Store).UndoDecision}, "%s waits for a decision again")
}

func (c *cli) inviteResend() *cobra.Command {
	return c.inviteAction(&cobra.Command{
		Use:     "resend ID…",
		Short:   "send the mail again with the same code, and renew an expired invitation",
		Long:    "Send the mail again. The code stays the same, and the time to answer starts anew. Once a minute at most.",
		Example: "muster invite resend bob@example.com",
	}, invitationVerb{do: (*store.Store).ResendInvitation, mails: true}, "the invitation of %s is sent again")
}

func (c *cli) inviteRegenerate() *cobra.Command {
	return c.inviteAction(&cobra.Command{
		Use:     "regenerate ID…",
		Short:   "make a new code and send it; the old code stops working",
		Long:    "Make a new code and send it. The old one stops working at once.",
		Example: "muster invite regenerate bob@example.com",
	}, invitationVerb{do: (*store.Store).RegenerateInvitation, mails: true}, "%s gets a new code")
}

func (c *cli) inviteRevoke() *cobra.Command {
	return c.inviteAction(&cobra.Command{
		Use:     "revoke ID…",
		Short:   "revoke pending invitations",
		Long:    "Revoke pending invitations. Their codes stop working at once.",
		Example: "muster invite revoke bob@example.com",
	}, invitationVerb{do: (*store.Store).RevokeInvitation}, "revoked the invitation of %s")
}

func (c *cli) inviteWithdraw() *cobra.Command {
	return c.inviteAction(&cobra.Command{
		Use:     "withdraw ID…",
		Short:   "withdraw your own requests",
		Long:    "Withdraw requests of your own that still wait for a decision: proposals, and requests to join.",
		Example: "muster invite withdraw dee@example.com",
	}, invitationVerb{do: (*store.Store).WithdrawInvitation}, "withdrew the request for %s")
}

func (c *cli) inviteCode() *cobra.Command {
	return &cobra.Command{
		Use:   "code ID",
		Short: "show the join command, for who may resend",
		Long: `Show the line that the invited person runs to join. It is worth as much as the
mail: whoever has it can join. Each use of this command is in the audit log.`,
		Example: "muster invite code bob@example.com",
		Args:    takes("ID"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			site, err := c.site()
			if err != nil {
				return err
			}
			org, id, err := c.findInvitation(ctx, s, a, args[0])
			if err != nil {
				return err
			}
			code, err := s.JoinCode(ctx, a, org, id)
			if err != nil {
				return err
			}
			line := site.JoinCommand(code)
			return c.emit(map[string]string{"id": id, "code": code, "join_command": line}, func() error { return c.say("%s", line) })
		}),
	}
}
