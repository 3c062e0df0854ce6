package op

import (
	"context"
	"time"

	"muster/models"
)

func memberRows() []*Row {
	return []*Row{
		row(Def[memberListIn, List[models.Member]]{
			Name: "member.list", Does: "list members, with search, filters and sorting", Command: "member list",
			Long: `List the members of the organization, a page at a time. With the status invited
pending invitations are rows too: all of them for who decides on them, your own for
you. Their id is that of the invitation, which ` + "`invite`" + ` has the commands for.`,
			Example: "muster member list --search ada --role admin --sort -joined\nmuster member list --status active,invited\nmuster member list --inactive 30d --status active\nmuster member list 'role:admin seen:>30d -bot'\nmuster member list --json --limit 500",
			Needs:   View, Route: "GET /v1/orgs/{org}/members",
			Run: func(ctx context.Context, d Deps, a models.Actor, in memberListIn) (List[models.Member], error) {
				if err := d.viewed(ctx, a, in.Org, "members", in.inView, &in.inFilter, &in.Sort); err != nil {
					return List[models.Member]{}, err
				}
				q, err := in.query(d.Now())
				if err != nil {
					return List[models.Member]{}, err
				}
				return pageOf(d.Store.ListMembers(ctx, a, in.Org, q))
			},
		}),
		row(Def[userIn, models.Member]{
			Name: "member.show", Does: "show a member", Command: "member show",
			Long:    "Show one member. USER is an id, an address or a handle.",
			Example: "muster member show bob@example.com",
			Needs:   View, Route: "GET /v1/orgs/{org}/members/{user}",
			Run: func(ctx context.Context, d Deps, a models.Actor, in userIn) (models.Member, error) {
				return d.Store.Member(ctx, a, in.Org, in.User)
			},
		}),
		row(Def[memberAddIn, models.Member]{
			Name: "member.add", Owner: true, Does: "add an existing account to the organization; for site admins", Command: "member add", Use: "USER… [--role ROLE]",
			Long: `Make somebody who has an account a member at once, for site admins; everybody else
invites. USER is an id, an address or a handle. The rules for inviting apply, and the
person is told at their next sign-in.`,
			Example: "muster member add bob@example.com --org ACME --role admin",
			Needs:   SiteAdmin, Route: "POST /v1/orgs/{org}/members", Many: "User", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in memberAddIn) (models.Member, error) {
				role, err := as(in.Role)
				if err != nil {
					return models.Member{}, err
				}
				return d.Store.AddMember(ctx, a, in.Org, in.User, role)
			},
		}),
		row(Def[memberRoleIn, models.Member]{
			Name: "member.role", Owner: true, Does: "change a member's role", Command: "member role",
			Long: `Change the role of one or more members to owner, admin, member, viewer or a custom role, by name
or id. Nobody can give a role above their own, only owners can change
owners, and the last owner stays one.`,
			Example: "muster member role bob@example.com admin",
			Needs:   Members, Route: "PATCH /v1/orgs/{org}/members/{user}", Many: "User", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in memberRoleIn) (models.Member, error) {
				role, err := as(&in.Role)
				if err != nil {
					return models.Member{}, err
				}
				return d.Store.ChangeRole(ctx, a, in.Org, in.User, role)
			},
		}),
		row(Def[reasonIn, models.Member]{
			Name: "member.suspend", Does: "suspend a member until reactivated", Command: "member suspend", Use: "USER… [--reason TEXT]",
			Long: `Suspend a member: they lose access at once, and are told the reason. They return with
` + "`member reactivate`" + ` with the same role. Until then their seat is free. You cannot
suspend yourself or the last owner.`,
			Example: `muster member suspend bob@example.com --reason "on leave until May"`,
			Needs:   Members, Route: "POST /v1/orgs/{org}/members/{user}/suspend", Many: "User", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in reasonIn) (models.Member, error) {
				return d.Store.SuspendMember(ctx, a, in.Org, in.User, in.Reason)
			},
		}),
		row(Def[userIn, models.Member]{
			Name: "member.reactivate", Does: "end a suspension", Command: "member reactivate",
			Long:    "End a suspension. It needs a free seat.",
			Example: "muster member reactivate bob@example.com",
			Needs:   Members, Route: "POST /v1/orgs/{org}/members/{user}/reactivate", Many: "User", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in userIn) (models.Member, error) {
				return d.Store.ReactivateMember(ctx, a, in.Org, in.User)
			},
		}),
		row(Def[memberEndIn, models.Member]{
			Name: "member.end", Does: "set when a membership ends, or that it does not end", Command: "member end", Use: "USER… --at TIME|--never",
			Long: `Set when a membership ends: a date, which is the last day (in UTC), a time like
2026-12-31T18:00:00Z, or a period from now like 30d. --never removes the end date. At
least one owner's membership must have no end date.`,
			Example: "muster member end bob@example.com --at 2026-12-31\nmuster member end bob@example.com --never",
			Needs:   Members, Route: "PUT /v1/orgs/{org}/members/{user}/end", Many: "User", Changes: true,
			Check: func(in memberEndIn) error {
				if (in.At == "") == !in.Never {
					return models.Errorf(models.CodeUsage, "either --at or --never is needed")
				}
				return nil
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in memberEndIn) (models.Member, error) {
				var end *time.Time
				if in.At != "" {
					t, err := models.ParseEnd("at", in.At, d.Now())
					if err != nil {
						return models.Member{}, err
					}
					end = &t
				}
				return d.Store.SetMemberEnd(ctx, a, in.Org, in.User, end)
			},
		}),
		row(Def[removeIn, Removal]{
			Name: "member.remove.preview", Does: "preview removing a member",
			Needs: Members, Route: "GET /v1/orgs/{org}/members/{user}/removal",
			Run: func(ctx context.Context, d Deps, a models.Actor, in removeIn) (Removal, error) {
				cons, err := d.Store.RemovalConsequences(ctx, a, in.Org, in.User)
				return Removal{cons.Member.ID, true, false, cons}, err
			},
		}),
		row(Def[removeIn, Removal]{
			Name: "member.remove", Does: "remove a member, or show a preview", Command: "member remove",
			Long: `Remove one or more members. It takes effect at once: open sessions leave the organization,
and invitations they sent are revoked. They are told who removed them, and the
reason. The consequences are shown first. On a terminal the command asks;
elsewhere it needs --yes.`,
			Example: "muster member remove bob@example.com --dry-run\nmuster member remove bob@example.com --yes",
			Needs:   Members, Route: "DELETE /v1/orgs/{org}/members/{user}", Many: "User", Changes: true,
			Preview: "member.remove.preview", Confirm: &Confirm{Pin: pin(func(in *removeIn, shown Removal) { in.User = shown.ID })},
			Run: func(ctx context.Context, d Deps, a models.Actor, in removeIn) (Removal, error) {
				cons, err := d.Store.RemoveMemberBecause(ctx, a, in.Org, in.User, in.Reason)
				return Removal{cons.Member.ID, false, true, cons}, err
			},
		}),
		row(Def[searchIn, List[models.RemovedMember]]{
			Name: "member.former", Does: "list people who were removed or left in the last 30 days", Command: "member former",
			Long: `List the people who were removed or left in the last 30 days, most recent first, and
in what role you could restore them.`,
			Example: "muster member former\nmuster member former --search bob --json",
			Needs:   Members, Route: "GET /v1/orgs/{org}/former-members",
			Run: func(ctx context.Context, d Deps, a models.Actor, in searchIn) (List[models.RemovedMember], error) {
				words, err := models.ParseTerms(models.PeopleFilter(), in.text())
				if err != nil {
					return List[models.RemovedMember]{}, err
				}
				return pageOf(d.Store.RemovedMembers(ctx, a, in.Org, models.RemovedQuery{Search: in.Search, Terms: words, Limit: in.Limit, After: in.After}))
			},
		}),
		row(Def[userIn, models.Restored]{
			Name: "member.restore", Owner: true, Does: "restore a member removed in the last 30 days", Command: "member restore",
			Long: `Restore somebody who was removed less than 30 days ago, with the role they had (at most
your own) and their workspaces. Somebody who was suspended stays suspended. The rules
for inviting apply, and the answer lists what was not restored. People who left by
themselves are invited instead.`,
			Example: "muster member restore bob@example.com",
			Needs:   Members, Route: "POST /v1/orgs/{org}/former-members/{user}/restore", Many: "User", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in userIn) (models.Restored, error) {
				return d.Store.RestoreMember(ctx, a, in.Org, in.User)
			},
		}),
		row(Def[inOrg, Leaving]{
			Name: "member.leave.preview", Does: "preview leaving the organization",
			Also: "members, for themselves", Route: "GET /v1/orgs/{org}/leaving",
			Run: func(ctx context.Context, d Deps, a models.Actor, in inOrg) (Leaving, error) {
				cons, err := d.Store.LeaveConsequences(ctx, a, in.Org)
				return Leaving{in.Org, true, cons}, err
			},
		}),
		row(Def[inOrg, Left]{
			Name: "member.leave", Does: "leave the organization", Command: "member leave",
			Long: `Leave the organization at once. Invitations you sent are revoked. The consequences
are shown first. On a terminal the command asks; elsewhere it needs --yes. The last
owner cannot leave.`,
			Example: "muster member leave --org ACME",
			Also:    "members, for themselves", Route: "POST /v1/orgs/{org}/leave", Changes: true,
			Preview: "member.leave.preview", Confirm: &Confirm{},
			Run: func(ctx context.Context, d Deps, a models.Actor, in inOrg) (Left, error) {
				return Left{in.Org, true}, d.Store.Leave(ctx, a, in.Org)
			},
		}),
	}
}

// userIn names somebody in an organization.
type userIn struct {
	inOrg
	User string `path:"user" arg:"USER" complete:"member"`
}

type reasonIn struct {
	userIn
	Reason string `flag:"reason" body:"reason" help:"reason; shown to them and in the audit log"`
}

type memberAddIn struct {
	inOrg
	User string  `body:"user" arg:"USER" complete:"user"`
	Role *string `flag:"role" body:"role" complete:"role" help:"owner, admin, member, viewer or a custom role by name or id (default: the organization's default role)"`
}

type memberRoleIn struct {
	userIn
	Role string `body:"role" arg:"ROLE" complete:"role"`
}

type memberEndIn struct {
	userIn
	At    string `flag:"at" body:"at" help:"when: 2026-12-31, 2026-12-31T18:00:00Z or 30d"`
	Never bool   `flag:"never" body:"never" help:"no end date"`
}

type memberListIn struct {
	inOrg
	Search   string `flag:"search" query:"search" help:"part of an address, a name or a handle"`
	Role     string `flag:"role" query:"role" complete:"role" help:"only this role: owner, admin, member, viewer or a custom role by name or id"`
	Status   string `flag:"status" query:"status" complete:"active|suspended|invited" help:"only these, with commas between them: active, suspended or invited"`
	Sort     string `flag:"sort" query:"sort" complete:"email|name|role|status|joined|last_seen" help:"column to sort by: email, name, role, status, joined or last_seen; with - in front reversed"`
	Inactive string `flag:"inactive" query:"inactive" help:"not seen for at least, like 30d"`
	Seen     string `flag:"seen" query:"seen" help:"last seen: {when}"`
	Joined   string `flag:"joined" query:"joined" help:"joined: {when}"`
	By       string `flag:"by" query:"by" complete:"member" help:"part of the inviter's address"`
	inView
	inFilter
	page
}

func (in memberListIn) query(now time.Time) (models.MemberQuery, error) {
	q := models.MemberQuery{Search: in.Search, Limit: in.Limit, After: in.After}
	var err error
	if in.Inactive != "" {
		span, err := models.ParseSpan("inactive", in.Inactive)
		if err != nil {
			return q, err
		}
		q.InactiveSince = now.Add(-span)
	}
	if in.Role != "" {
		if q.Role, err = as(&in.Role); err != nil {
			return q, err
		}
	}
	if q.Sort, q.Reverse, err = models.ParseMemberSort(in.Sort); err != nil {
		return q, err
	}
	return q.Filter(in.text("status", in.Status, "seen", in.Seen, "joined", in.Joined, "by", in.By), now)
}

// searchIn asks for a page of what fits a search by people.
type searchIn struct {
	inOrg
	Search string `flag:"search" query:"search" help:"part of an address, a name or a handle"`
	inFilter
	page
}

// Removal is what removing a member brings, or brought.
type Removal struct {
	ID      string `json:"id"`
	DryRun  bool   `json:"dry_run"`
	Removed bool   `json:"removed"`
	models.Consequences
}

// Leaving is what leaving an organization would bring.
type Leaving struct {
	ID     string `json:"id"`
	DryRun bool   `json:"dry_run"`
	models.Consequences
}

// Left is the answer to leaving an organization.
type Left struct {
	ID   string `json:"id"`
	Left bool   `json:"left"`
}

type removeIn struct {
	userIn
	Reason string `flag:"reason" body:"reason" help:"reason; they are told"`
}
