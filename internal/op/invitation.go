package op

import (
	"context"

	"muster/models"
	"muster/store"
)

func invitationRows() []*Row {
	return []*Row{
		row(Def[invitationListIn, List[models.Invitation]]{
			Name: "invitation.list", Does: "list invitations, those waiting for a decision first", Command: "invite list",
			Long: `List the invitations of the organization: requests waiting for a decision
first, then pending, expired, accepted and the rest. Owners and admins see all,
others the ones they sent. What was deleted from the list is there with --all alone.`,
			Example: "muster invite list --status requested\nmuster invite list --status pending,expired --json\nmuster invite list 'status:expired by:ada sent:>30d' --sort email",
			Needs:   Decide, Also: "others see their own", Route: "GET /v1/orgs/{org}/invitations",
			Run: func(ctx context.Context, d Deps, a models.Actor, in invitationListIn) (List[models.Invitation], error) {
				if err := d.viewed(ctx, a, in.Org, "invitations", in.inView, &in.inFilter, &in.Sort); err != nil {
					return List[models.Invitation]{}, err
				}
				q := models.InvitationQuery{Search: in.Search, Own: in.Own, All: in.All, Limit: in.Limit, After: in.After}
				for _, w := range in.Status {
					st, err := models.ParseInvitationState(w)
					if err != nil {
						return List[models.Invitation]{}, err
					}
					q.States = append(q.States, st)
				}
				var err error
				if q.Sort, q.Reverse, err = models.ParseInvitationSort(in.Sort); err != nil {
					return List[models.Invitation]{}, err
				}
				if q, err = q.Filter(in.text("role", in.Role, "by", in.By, "sent", in.Sent), d.Now()); err != nil {
					return List[models.Invitation]{}, err
				}
				return pageOf(d.Store.ListInvitations(ctx, a, in.Org, q))
			},
		}),
		row(Def[invitationIn, models.Invitation]{
			Name: "invitation.show", Does: "show invitations", Command: "invite show",
			Long: `Show one or more invitations. In place of an ID you can give the address of an
open invitation of the current organization.`,
			Example: "muster invite show dee@example.com",
			Needs:   Decide, Also: "others see their own", Route: "GET /v1/invitations/{id}", Many: "ID",
			Run: func(ctx context.Context, d Deps, a models.Actor, in invitationIn) (models.Invitation, error) {
				return d.Store.Invitation(ctx, a, in.Org, in.ID)
			},
		}),
		row(Def[invitationCreateIn, models.Invitation]{
			Name: "invitation.create", Owner: true, Does: "invite somebody, or propose them where members need approval", Command: "invite create", Use: "--email EMAIL [--role ROLE]",
			Long: `Invite an address into the organization. Where the organization wants approval,
a member's invitation becomes a request that owners and admins decide. With
--workspace they are also added to workspaces, within your own role in them.`,
			Example: "muster invite create --email bob@example.com --role admin --expires-in 2d\nmuster invite create --email cy@example.com --workspace Research:editor --workspace General",
			Needs:   Invite, Route: "POST /v1/orgs/{org}/invitations", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in invitationCreateIn) (models.Invitation, error) {
				n := models.NewInvitation{Email: in.Email, Message: in.Message, Workspaces: grants(in.Workspaces)}
				var err error
				if n.Role, err = as(in.Role); err == nil && in.ExpiresIn != nil {
					n.TTL, err = models.ParseExpiry("expires_in", *in.ExpiresIn)
				}
				if err != nil {
					return models.Invitation{}, err
				}
				return d.Store.CreateInvitation(ctx, a, in.Org, n)
			},
		}),
		row(Def[approveIn, models.Invitation]{
			Name: "invitation.approve", Owner: true, Does: "approve requests", Command: "invite approve",
			Long: `Approve one or more requests; --role gives another role than the one requested.
The mail is sent 10 seconds later; until then ` + "`invite undo`" + ` undoes the
approval. Each row has its own result, and some can succeed while others fail.`,
			Example: "muster invite approve dee@example.com\nmuster invite approve inv_1 inv_2 --role viewer",
			Needs:   Decide, Route: "POST /v1/invitations/{id}/approve", Many: "ID", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in approveIn) (models.Invitation, error) {
				role, err := as(in.Role)
				if err != nil {
					return models.Invitation{}, err
				}
				return d.Store.ApproveInvitation(ctx, a, in.Org, in.ID, role)
			},
		}),
		row(Def[rejectIn, models.Invitation]{
			Name: "invitation.reject", Does: "reject requests", Command: "invite reject",
			Long:    "Reject one or more requests. `invite undo` undoes it within 10 seconds.",
			Example: `muster invite reject dee@example.com --reason "left the project"`,
			Needs:   Decide, Route: "POST /v1/invitations/{id}/reject", Many: "ID", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in rejectIn) (models.Invitation, error) {
				return d.Store.RejectInvitation(ctx, a, in.Org, in.ID, in.Reason)
			},
		}),
		invitationRow(Def[invitationIn, models.Invitation]{
			Name: "invitation.undo", Does: "undo your approval or rejection of the last 10 seconds", Command: "invite undo",
			Long:    "Undo your own approval or rejection within 10 seconds. The request is waiting again.",
			Example: "muster invite undo inv_1",
			Needs:   Decide,
		}, (*store.Store).UndoDecision),
		invitationRow(Def[invitationIn, models.Invitation]{
			Name: "invitation.resend", Owner: true, Does: "send the mail again with the same code, and renew an expired invitation", Command: "invite resend",
			Long:    "Send the mail again. The code stays the same, and the expiry starts over. At most once a minute.",
			Example: "muster invite resend bob@example.com",
			Needs:   Decide, Also: "others their own",
		}, (*store.Store).ResendInvitation),
		invitationRow(Def[invitationIn, models.Invitation]{
			Name: "invitation.regenerate", Owner: true, Does: "create a new code and send it; the old code stops working", Command: "invite regenerate",
			Long:    "Create a new code and send it. The old one stops working at once.",
			Example: "muster invite regenerate bob@example.com",
			Needs:   Decide, Also: "others their own",
		}, (*store.Store).RegenerateInvitation),
		row(Def[invitationIn, models.Invitation]{
			Name: "invitation.revoke.preview", Does: "preview revoking an invitation",
			Needs: Decide, Also: "others their own", Route: "GET /v1/invitations/{id}/revocation",
			Run: func(ctx context.Context, d Deps, a models.Actor, in invitationIn) (models.Invitation, error) {
				return d.Store.Invitation(ctx, a, in.Org, in.ID)
			},
		}),
		invitationRow(Def[invitationIn, models.Invitation]{
			Name: "invitation.revoke", Does: "revoke pending invitations", Command: "invite revoke",
			Long: `Revoke pending invitations. Their codes stop working at once. They are shown first.
On a terminal the command asks; elsewhere it needs --yes.`,
			Example: "muster invite revoke bob@example.com --dry-run\nmuster invite revoke bob@example.com --yes",
			Needs:   Decide, Also: "others their own",
			Preview: "invitation.revoke.preview", Confirm: &Confirm{},
		}, (*store.Store).RevokeInvitation),
		row(Def[invitationDeleteIn, models.Invitation]{
			Name: "invitation.delete", Does: "delete closed invitations from the list", Command: "invite delete", Use: "ID… [--restore]",
			Long: `Delete invitations from the list that were accepted, declined, rejected, revoked or
withdrawn, or that expired. The audit log keeps them, ` + "`invite list --all`" + ` shows them,
and --restore lists them again.`,
			Example: "muster invite delete inv_1\nmuster invite list --all\nmuster invite delete inv_1 --restore",
			Needs:   Decide, Also: "others their own", Route: "POST /v1/invitations/{id}/delete", Many: "ID", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in invitationDeleteIn) (models.Invitation, error) {
				return d.Store.DeleteInvitation(ctx, a, in.Org, in.ID, !in.Restore)
			},
		}),
		invitationRow(Def[invitationIn, models.Invitation]{
			Name: "invitation.withdraw", Does: "withdraw your own requests", Command: "invite withdraw",
			Long:    "Withdraw your own requests that are still waiting: proposals and requests to join.",
			Example: "muster invite withdraw dee@example.com",
			Also:    "whose request it is",
		}, (*store.Store).WithdrawInvitation),
		row(Def[invitationIn, JoinCode]{
			Name: "invitation.code", Does: "show the join command", Command: "invite code",
			Long: `Show the command that the invited person runs to join. Anyone with this line can
join. You need the right to resend the invitation. Each use is in the audit log.`,
			Example: "muster invite code bob@example.com",
			Needs:   Decide, Also: "others their own", Route: "POST /v1/invitations/{id}/code", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in invitationIn) (JoinCode, error) {
				code, err := d.Store.JoinCode(ctx, a, in.Org, in.ID)
				if err != nil {
					return JoinCode{}, err
				}
				inv, err := d.Store.Invitation(ctx, a, in.Org, in.ID)
				return JoinCode{code, in.ID, d.Site.JoinCommand(code), Organization{inv.OrgID, inv.OrgCode, inv.OrgName}}, err
			},
		}),
		row(Def[none, List[Offer]]{
			Name: "invitation.requests", Does: "list your requests to join that are waiting for a decision", Command: "invite mine",
			Switch: "requests", SwitchHelp: "your requests to join instead", Route: "GET /v1/me/requests",
			Run: func(ctx context.Context, d Deps, a models.Actor, _ none) (List[Offer], error) {
				return offers(d.Store.OwnRequests(ctx, a))
			},
		}),
		row(Def[none, List[Offer]]{
			Name: "invitation.mine", Does: "list the invitations waiting for your answer", Command: "invite mine",
			Long: `List the invitations addressed to you that are waiting for your answer or, with
--requests, your own requests to join that are waiting for a decision; ` + "`invite withdraw`" + `
withdraws one.`,
			Example: "muster invite mine\nmuster invite mine --requests",
			Route:   "GET /v1/me/invitations",
			Run: func(ctx context.Context, d Deps, a models.Actor, _ none) (List[Offer], error) {
				return offers(d.Store.OwnInvitations(ctx, a))
			},
		}),
		row(Def[offerIn, models.OrgView]{
			Name: "invitation.accept", Does: "accept an invitation addressed to you", Command: "invite accept",
			Long:    "Accept an invitation addressed to you. `invite mine` lists them.",
			Example: "muster invite accept inv_1",
			Also:    "who is invited", Route: "POST /v1/me/invitations/{id}/accept", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in offerIn) (models.OrgView, error) {
				return d.Store.AcceptInvitation(ctx, a, in.ID)
			},
		}),
		row(Def[offerIn, models.Invitation]{
			Name: "invitation.decline", Does: "decline an invitation addressed to you", Command: "invite decline",
			Long:    "Decline an invitation addressed to you. It is closed, and the inviter can see it.",
			Example: "muster invite decline inv_1",
			Also:    "who is invited", Route: "POST /v1/me/invitations/{id}/decline", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in offerIn) (models.Invitation, error) {
				return d.Store.DeclineInvitation(ctx, a, in.ID)
			},
		}),
		row(Def[statsIn, Stats]{
			Name: "invitation.stats", Does: "show how many invitations were sent and accepted", Command: "invite stats",
			Long: `Show how many invitations were sent per day, week or month and how they ended, for
owners and admins. An invitation counts in the period in which it was sent or
approved; the time to accept is the median, to two digits.`,
			Example: "muster invite stats --period month --from 2026-01-01",
			Needs:   Decide, Route: "GET /v1/orgs/{org}/invitation-stats",
			Run: func(ctx context.Context, d Deps, a models.Actor, in statsIn) (Stats, error) {
				var q models.StatsQuery
				var err error
				if q.Period, err = models.ParsePeriod("period", in.Period); err == nil {
					q.From, q.Until, err = between(d.Now(), in.From, in.Until)
				}
				if err != nil {
					return Stats{}, err
				}
				r, err := d.Store.InvitationStats(ctx, a, in.Org, q)
				return Stats{r, ""}, err
			},
		}),
	}
}

// invitationRow makes a row that does one thing to invitations by their id.
func invitationRow(def Def[invitationIn, models.Invitation], do func(*store.Store, context.Context, models.Actor, string, string) (models.Invitation, error)) *Row {
	_, verb, _ := cutLast(def.Name)
	def.Route, def.Many, def.Changes = "POST /v1/invitations/{id}/"+verb, "ID", true
	def.Run = func(ctx context.Context, d Deps, a models.Actor, in invitationIn) (models.Invitation, error) {
		return do(d.Store, ctx, a, in.Org, in.ID)
	}
	return row(def)
}

// invitationIn names an invitation by its id, or in a command by the address of
// an open one of the chosen organization. With an id the organization stays
// empty: the id is enough.
type invitationIn struct {
	Org string `from:"invitation"`
	ID  string `path:"id" arg:"ID" complete:"invitation"`
}

type invitationDeleteIn struct {
	invitationIn
	Restore bool `flag:"restore" body:"restore" help:"list it again"`
}

type offerIn struct {
	ID string `path:"id" arg:"ID" complete:"offer"`
}

type approveIn struct {
	invitationIn
	Role *string `flag:"role" body:"role" complete:"role" help:"approve in this role: a built-in one, or a custom one by name or id"`
}

type rejectIn struct {
	invitationIn
	Reason string `flag:"reason" body:"reason" help:"reason, for the person who proposed it"`
}

type invitationListIn struct {
	inOrg
	Status []string `flag:"status" query:"status" comma:"true" complete:"requested|pending|expired|accepted|declined|rejected|revoked|withdrawn" help:"only these, with commas between them: requested, pending, expired, accepted, declined, rejected, revoked or withdrawn"`
	Search string   `flag:"search" query:"search" help:"part of an address or a name"`
	Own    bool     `flag:"mine" query:"mine" help:"only those you sent"`
	All    bool     `flag:"all" query:"all" help:"every page, and closed ones that were deleted from the list too"`
	Role   string   `flag:"role" query:"role" complete:"role" help:"only with this role"`
	By     string   `flag:"by" query:"by" complete:"member" help:"part of the inviter's address or name"`
	Sent   string   `flag:"sent" query:"sent" help:"sent or requested: {when}"`
	Sort   string   `flag:"sort" query:"sort" help:"column to sort by: status, email, sent or expires; with - in front reversed"`
	inView
	inFilter
	page
}

type invitationCreateIn struct {
	inOrg
	Email      string   `flag:"email" body:"email" required:"true" help:"address to invite"`
	Role       *string  `flag:"role" body:"role" complete:"role" help:"owner, admin, member, viewer or a custom role by name or id (default: the organization's default role)"`
	ExpiresIn  *string  `flag:"expires-in" body:"expires_in" help:"how long it is valid, from 60 seconds to 30 days: 3600, 1h, 2d (default: the organization's setting)"`
	Message    string   `flag:"message" body:"message" help:"message to the invitee"`
	Workspaces []string `flag:"workspace" body:"workspaces" complete:"workspace" help:"workspace to add them to, NAME or NAME:ROLE with the role admin, editor, viewer or a custom one (default viewer); once for each"`
}

func grants(words []string) []models.WorkspaceGrant {
	var out []models.WorkspaceGrant
	for _, w := range words {
		out = append(out, models.WorkspaceGrant{Workspace: w})
	}
	return out
}

// JoinCode is a code with the line to join by.
type JoinCode struct {
	Code string       `json:"code"`
	ID   string       `json:"id"`
	Line string       `json:"join_command"`
	In   Organization `json:"-"`
}

// Offer is an invitation addressed to the actor.
type Offer struct {
	ID string `json:"id"`
	models.JoinOffer
}

func offers(list []models.JoinOffer, err error) (List[Offer], error) {
	out := make([]Offer, len(list))
	for i, o := range list {
		out[i] = Offer{o.Invitation.ID, o}
	}
	return listOf(out, ""), err
}

type statsIn struct {
	inOrg
	Period string `flag:"period" query:"period" default:"week" complete:"day|week|month" help:"day, week or month"`
	From   string `flag:"from" query:"from" help:"from this date on: 2026-08-01, or 30d for 30 days back (default: twelve periods back)"`
	Until  string `flag:"until" query:"until" help:"before this date (default: all up to now)"`
}

// Stats is what became of invitations, by period.
type Stats struct {
	models.StatsReport
	Next string `json:"next"`
}
