package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/models"
	"muster/store"
)

func (c *cli) inviteCommand() *cobra.Command {
	return group("invite", "invite people, decide requests, answer invitations",
		c.inviteList(), c.inviteShow(), c.inviteCreate(), c.inviteApprove(), c.inviteReject(), c.inviteUndo(),
		c.inviteResend(), c.inviteRegenerate(), c.inviteRevoke(), c.inviteWithdraw(), c.inviteCode(),
		c.inviteMine(), c.inviteAccept(), c.inviteDecline())
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
				rows[i] = []string{inv.Email, string(inv.Role), string(inv.State), string(inv.Delivery.State), inv.InviterEmail, c.ago(inv.CreatedAt), expires, inv.ID}
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
	return c.facts("email", inv.Email, "name", inv.Name, "id", inv.ID, "role", string(inv.Role), "status", string(inv.State),
		"by", by, "message", inv.Message, "since", c.at(inv.CreatedAt), "expires", c.atOr(inv.ExpiresAt, ""),
		"decided by", inv.DecidedBy, "reason", inv.Reason, "mail", mail)
}

func (c *cli) inviteCreate() *cobra.Command {
	var n models.NewInvitation
	var role, expires string
	cmd := &cobra.Command{
		Use:   "create --email EMAIL [--role ROLE]",
		Short: "invite somebody, or propose it where members need approval",
		Long: `Invite an address into the organization. Where the organization wants approval,
a member's invitation becomes a request that owners and admins decide.`,
		Example: "muster invite create --email bob@example.com --role admin --expires-in 2d",
		Args:    takes(),
	}
	f := cmd.Flags()
	f.StringVar(&n.Email, "email", "", "whom to invite")
	f.StringVar(&role, "role", "", "owner, admin, member or viewer (default: the organization's default role)")
	f.StringVar(&expires, "expires-in", "", "how long it holds, from 60 seconds to 30 days: 3600, 1h, 2d (default: the organization's setting)")
	f.StringVar(&n.Message, "message", "", "a word to whom you invite")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		err := need(cmd, "email")
		if err == nil && cmd.Flags().Changed("role") {
			n.Role, err = models.ParseRole("role", role)
		}
		if err == nil && cmd.Flags().Changed("expires-in") {
			n.TTL, err = models.ParseExpiry("expires_in", expires)
		}
		if err != nil {
			return err
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
				return c.say("proposed %s as %s; an owner or admin decides (%s)", inv.Email, inv.Role, inv.ID)
			}
			return c.say("invited %s as %s (%s)", inv.Email, inv.Role, inv.ID)
		})
		if err != nil {
			return err
		}
		return c.afterMail(ctx, s, a, inv)
	})
	return cmd
}

// afterMail sees to the mail that a change queued: it is delivered, or there is
// none and a person gets the join command to pass on.
func (c *cli) afterMail(ctx context.Context, s *store.Store, a models.Actor, invs ...models.Invitation) error {
	site, err := c.site()
	if err != nil {
		return err
	}
	if !site.Mail {
		for _, inv := range invs {
			if inv.State != models.StatePending || c.json {
				continue
			}
			code, err := s.JoinCode(ctx, a, inv.OrgID, inv.ID)
			if err != nil {
				return err
			}
			c.note("mail is not set up; give %s this line: %s", inv.Email, site.JoinCommand(code))
		}
		return nil
	}
	if c.env.Remote != nil { // the server delivers
		return nil
	}
	return c.deliverNow(ctx, s)
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
	cmd.Flags().StringVar(&role, "role", "", "approve in this role")
	cmd.Args = takes("ID…")
	cmd.RunE = action(func(ctx context.Context, ids []string) error {
		var to models.Role
		var err error
		if cmd.Flags().Changed("role") {
			if to, err = models.ParseRole("role", role); err != nil {
				return err
			}
		}
		return c.each(ctx, ids, invitationVerb{
			do: func(s *store.Store, ctx context.Context, a models.Actor, org, id string) (models.Invitation, error) {
				return s.ApproveInvitation(ctx, a, org, id, to)
			},
			say: func(inv models.Invitation) error {
				return c.say("approved %s as %s; undo within 10 seconds: muster invite undo %s", inv.Email, inv.Role, inv.ID)
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
		Long:    "Withdraw requests of your own that still wait for a decision.",
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

// row is the outcome for one of several invitations.
type row struct {
	ID         string             `json:"id"`
	OK         bool               `json:"ok"`
	Invitation *models.Invitation `json:"invitation,omitempty"`
	Error      *rowError          `json:"error,omitempty"`
}

type rowError struct {
	Code    models.Code `json:"code"`
	Message string      `json:"message"`
	Hint    string      `json:"hint"`
}

// each does one thing to every invitation. One id answers with the invitation
// or the error. Several answer with a result for each: the good ones stay, and
// the error of the first bad one decides the exit status.
func (c *cli) each(ctx context.Context, ids []string, verb invitationVerb) error {
	s, a, err := c.signedIn(ctx)
	if err != nil {
		return err
	}
	var first error
	var done []models.Invitation
	var rows []row
	seen := map[string]bool{}
	for _, word := range ids {
		org, id, err := c.findInvitation(ctx, s, a, word)
		if err == nil && seen[id] {
			continue
		}
		seen[id] = true
		var inv models.Invitation
		if err == nil {
			inv, err = verb.do(s, ctx, a, org, id)
		}
		if err == nil {
			done = append(done, inv)
			rows = append(rows, row{ID: inv.ID, OK: true, Invitation: &inv})
			if !c.json {
				if err := verb.say(inv); err != nil {
					return err
				}
			}
			continue
		}
		if len(ids) == 1 {
			return err
		}
		e := models.AsError(err)
		rows = append(rows, row{ID: word, Error: &rowError{e.Code, e.Message, e.Hint}})
		if first == nil {
			first = &shownError{err}
		}
		if !c.json {
			if err := sayTo(c.env.Err, "muster: error: %s: %s", word, e.Message); err != nil {
				return err
			}
		}
	}
	if c.json {
		var v any = listOf(rows, "")
		if len(ids) == 1 {
			v = done[0]
		}
		if err := c.emit(v, nil); err != nil {
			return err
		}
	}
	if verb.mails {
		if err := c.afterMail(ctx, s, a, done...); err != nil && first == nil {
			return err
		}
	}
	return first
}

// findInvitation takes an id, or the address of an open or expired invitation
// of the chosen organization. With an id the organization stays empty: the id
// is enough.
func (c *cli) findInvitation(ctx context.Context, s *store.Store, a models.Actor, word string) (org, id string, err error) {
	if !strings.Contains(word, "@") {
		return "", word, nil
	}
	_, _, v, err := c.inOrg(ctx)
	if err != nil {
		return "", "", err
	}
	page, err := s.ListInvitations(ctx, a, v.ID, models.InvitationQuery{
		Search: word, Limit: models.MaxLimit,
		States: []models.InvitationState{models.StateRequested, models.StatePending, models.StateExpired},
	})
	if err != nil {
		return "", "", err
	}
	for _, inv := range page.Items {
		if models.NormEmail(inv.Email) == models.NormEmail(word) {
			return v.ID, inv.ID, nil
		}
	}
	return "", "", models.Errorf(models.CodeNotFound, "there is no open invitation of %s", word).
		WithHint("`muster invite list --search %s` shows the others with their ids", word)
}

// offer is an invitation addressed to the actor.
type offer struct {
	ID string `json:"id"`
	models.JoinOffer
}

func (c *cli) inviteMine() *cobra.Command {
	return &cobra.Command{
		Use:     "mine",
		Short:   "list the invitations that wait for your answer",
		Long:    "List the invitations addressed to you that still wait for your answer.",
		Example: "muster invite mine",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			mine, err := s.MyInvitations(ctx, a)
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
					rows[i] = []string{o.OrgCode, o.OrgName, string(o.Invitation.Role), o.Invitation.InviterEmail, c.agoOr(o.Invitation.ExpiresAt, ""), o.ID}
				}
				return c.table([]string{"CODE", "ORGANIZATION", "ROLE", "BY", "EXPIRES", "ID"}, rows, "", "no invitation waits for you")
			})
		}),
	}
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
			return c.emit(v, func() error { return c.say("you are %s of %s (%s)", v.Role.Article(), v.Name, v.Code) })
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
