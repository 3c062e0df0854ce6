package op

import (
	"context"

	"muster/models"
)

func linkRows() []*Row {
	return []*Row{
		row(Def[linkListIn, List[models.JoinLink]]{
			Name: "link.list", Does: "list join links, newest first", Command: "invite link list",
			Long: `List the join links of the organization, newest first. Owners and admins see all,
others the ones they created.`,
			Example: "muster invite link list --active",
			Needs:   Decide, Also: "others see their own", Route: "GET /v1/orgs/{org}/links",
			Run: func(ctx context.Context, d Deps, a models.Actor, in linkListIn) (List[models.JoinLink], error) {
				if err := d.viewed(ctx, a, in.Org, "join-links", in.inView, &in.inFilter, nil); err != nil {
					return List[models.JoinLink]{}, err
				}
				q, err := models.LinkQuery{Search: in.Search, Active: in.Active, Limit: in.Limit, After: in.After}.Filter(in.text())
				if err != nil {
					return List[models.JoinLink]{}, err
				}
				return pageOf(d.Store.ListLinks(ctx, a, in.Org, q))
			},
		}),
		row(Def[linkIn, models.JoinLink]{
			Name: "link.show", Does: "show a join link", Command: "invite link show",
			Long:    "Show a join link. `invite link code` shows the join command.",
			Example: "muster invite link show lnk_1",
			Needs:   Decide, Also: "others see their own", Route: "GET /v1/links/{id}",
			Run: func(ctx context.Context, d Deps, a models.Actor, in linkIn) (models.JoinLink, error) {
				return d.Store.Link(ctx, a, "", in.ID)
			},
		}),
		row(Def[linkCreateIn, NewLink]{
			Name: "link.create", Does: "create a join link", Command: "invite link create",
			Long: `Create a join link: one code that several people can use to join, each with their own
name and address. It stops working when it has no uses left, expires or is revoked, or
when its creator may no longer invite. A link cannot make owners. Creating one counts
as one invitation of that day.`,
			Example: `muster invite link create --label "spring course" --role viewer --max-uses 30 --expires-in 7d`,
			Needs:   Invite, Route: "POST /v1/orgs/{org}/links", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in linkCreateIn) (NewLink, error) {
				n, err := in.draft()
				if err != nil {
					return NewLink{}, err
				}
				l, err := d.Store.CreateLink(ctx, a, in.Org, n)
				if err != nil {
					return NewLink{}, err
				}
				code, err := d.Store.LinkCode(ctx, a, in.Org, l.ID)
				return NewLink{l, code, d.Site.JoinCommand(code)}, err
			},
		}),
		row(Def[linkIn, JoinCode]{
			Name: "link.code", Does: "show the join command", Command: "invite link code",
			Long: `Show the join command. Anyone who has it can join, as often as the link allows. Each
use of this command is in the audit log.`,
			Example: "muster invite link code lnk_1",
			Needs:   Decide, Also: "others their own", Route: "POST /v1/links/{id}/code", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in linkIn) (JoinCode, error) {
				code, err := d.Store.LinkCode(ctx, a, "", in.ID)
				if err != nil {
					return JoinCode{}, err
				}
				l, err := d.Store.Link(ctx, a, "", in.ID)
				return JoinCode{code, in.ID, d.Site.JoinCommand(code), Organization{l.OrgID, l.OrgCode, l.OrgName}}, err
			},
		}),
		row(Def[linkIn, models.JoinLink]{
			Name: "link.revoke.preview", Does: "preview revoking a join link",
			Needs: Decide, Also: "others their own", Route: "GET /v1/links/{id}/revocation",
			Run: func(ctx context.Context, d Deps, a models.Actor, in linkIn) (models.JoinLink, error) {
				return d.Store.Link(ctx, a, "", in.ID)
			},
		}),
		row(Def[linkIn, models.JoinLink]{
			Name: "link.revoke", Does: "revoke a join link", Command: "invite link revoke",
			Long: `Revoke a join link at once. Everybody who joined with it stays. It is shown first. On
a terminal the command asks; elsewhere it needs --yes.`,
			Example: "muster invite link revoke lnk_1 --dry-run\nmuster invite link revoke lnk_1 --yes",
			Needs:   Decide, Also: "others their own", Route: "POST /v1/links/{id}/revoke", Many: "ID", Changes: true,
			Preview: "link.revoke.preview", Confirm: &Confirm{},
			Run: func(ctx context.Context, d Deps, a models.Actor, in linkIn) (models.JoinLink, error) {
				return d.Store.RevokeLink(ctx, a, "", in.ID)
			},
		}),
	}
}

type linkIn struct {
	ID string `path:"id" arg:"ID" complete:"link"`
}

type linkListIn struct {
	inOrg
	Active bool   `flag:"active" query:"active" help:"only those that still work"`
	Search string `flag:"search" query:"search" help:"part of a label, or of the creator's name or address"`
	inView
	inFilter
	page
}

type linkCreateIn struct {
	inOrg
	Label     string  `flag:"label" body:"label" help:"what it is for"`
	Role      *string `flag:"role" body:"role" complete:"role" help:"admin, member or viewer (default: the organization's default role)"`
	MaxUses   *int    `flag:"max-uses" body:"max_uses" help:"how many people can join with it, {uses}"`
	ExpiresIn *string `flag:"expires-in" body:"expires_in" help:"how long it is valid, from 60 seconds to 30 days: 3600, 1h, 2d (default: as for invitations)"`
}

func (in linkCreateIn) draft() (n models.NewLink, err error) {
	n.Label = in.Label
	if in.Role != nil {
		if n.Role, err = models.ParseRole("role", *in.Role); err != nil {
			return n, err
		}
	}
	if in.ExpiresIn != nil {
		if n.TTL, err = models.ParseExpiry("expires_in", *in.ExpiresIn); err != nil {
			return n, err
		}
	}
	if in.MaxUses != nil {
		if n.MaxUses = *in.MaxUses; n.MaxUses == 0 {
			n.MaxUses = -1 // 0 stands for the default, and nobody asks for no uses
		}
	}
	return n, nil
}

// NewLink is a join link with its code, which only its making and link.code
// show.
type NewLink struct {
	models.JoinLink
	Code string `json:"code"`
	Line string `json:"join_command"`
}
