package op

import (
	"context"

	"muster/models"
	"muster/store"
)

// none is for operations that take nothing.
type none struct{}

func organizationRows() []*Row {
	return []*Row{
		row(Def[allOrgsIn, List[models.OrgRow]]{
			Name: "organization.deleted", Does: "list the organizations that can be restored; for site admins", Command: "org list",
			Switch: "deleted", SwitchHelp: "deleted ones that can be restored; for site admins",
			Needs: SiteAdmin, Route: "GET /v1/deleted-orgs", Run: func(ctx context.Context, d Deps, a models.Actor, in allOrgsIn) (List[models.OrgRow], error) {
				return in.list(ctx, d, a, true)
			},
		}),
		row(Def[allOrgsIn, List[models.OrgRow]]{
			Name: "organization.list_all", Does: "list every organization of the installation; for site admins", Command: "org list",
			Switch: "all", SwitchHelp: "every organization of the installation; for site admins",
			Needs: SiteAdmin, Route: "GET /v1/all-orgs", Run: func(ctx context.Context, d Deps, a models.Actor, in allOrgsIn) (List[models.OrgRow], error) {
				return in.list(ctx, d, a, false)
			},
		}),
		row(Def[none, List[models.OrgEntry]]{
			Name: "organization.list", Does: "list your organizations and what is waiting for you there", Command: "org list",
			Long: `List what the switcher shows: your personal workspace, the organizations you
own, those you joined, and invitations waiting for your answer. The current one
is marked with *. With --all a site admin lists every shared
organization, with --deleted those that can be restored.`,
			Example: "muster org list\nmuster org list --all --search acme --sort -members --json\nmuster org list --deleted",
			Route:   "GET /v1/orgs",
			Run: func(ctx context.Context, d Deps, a models.Actor, _ none) (List[models.OrgEntry], error) {
				return whole(d.Store.ListOrganizations(ctx, a))
			},
		}),
		row(Def[orgIn, models.OrgView]{
			Name: "organization.show", Does: "show an organization: members, seats, invitations", Command: "org show",
			Long:    "Show one organization; without a name, the current one.",
			Example: "muster org show ACME\nmuster org show --json",
			Needs:   View, Route: "GET /v1/orgs/{org}",
			Run: func(ctx context.Context, d Deps, a models.Actor, in orgIn) (models.OrgView, error) {
				return d.Store.Organization(ctx, a, in.Org)
			},
		}),
		row(Def[orgCreateIn, models.OrgView]{
			Name: "organization.create", Does: "create an organization and become its owner", Command: "org create", Use: "--name NAME [--code CODE] [--plan PLAN]",
			Long: `Create a shared organization. You become its owner, and it becomes your current one.
Without --code the code is made from the name. Site admins can choose any plan,
others where the installation has self-service; the default plan is team.`,
			Example: "muster org create --name \"Acme Corporation\" --code ACME\nmuster org create --name Globex --plan visionary",
			Also:    "server default", Route: "POST /v1/orgs", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in orgCreateIn) (models.OrgView, error) {
				return d.Store.CreateOrganization(ctx, a, in.draft())
			},
		}),
		row(Def[orgCreateIn, models.OrgView]{
			Name: "organization.upgrade", Audit: "organization.create", Does: "create a shared organization from your personal workspace", Command: "org upgrade", Use: "--name NAME [--code CODE] [--plan PLAN]",
			Long: `Create a shared organization from your personal workspace, which stays as it is.
Description, colour, badge and message of the day are copied. Without --code the
code is made from the name. The plan is chosen as with ` + "`org create`" + `.`,
			Example: `muster org upgrade --name "Ada & Friends" --code ADAS --plan visionary`,
			Also:    "server default", Route: "POST /v1/orgs/personal/upgrade", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in orgCreateIn) (models.OrgView, error) {
				return d.Store.UpgradePersonal(ctx, a, in.draft())
			},
		}),
		row(Def[orgUpdateIn, models.OrgView]{
			Name: "organization.update", Audit: "settings.update", Does: "change name, code, description, colour, badge or message of the day", Command: "org update",
			Long: `Change an organization; without a name, the current one. What is left out stays as
it is. The same values are settings of the section general.`,
			Example: `muster org update ACME --name "Acme Ltd" --accent cyan`,
			Needs:   Settings, Route: "PATCH /v1/orgs/{org}", Changes: true,
			Check: func(in orgUpdateIn) error {
				return something(len(in.changes()) > 0, "name, code, description, accent, badge, motd")
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in orgUpdateIn) (models.OrgView, error) {
				if _, err := d.Store.UpdateSettings(ctx, a, in.Org, in.changes(), false); err != nil {
					return models.OrgView{}, err
				}
				return d.Store.Organization(ctx, a, in.Org)
			},
		}),
		row(Def[orgDeleteIn, OrgDeletion]{
			Name: "organization.delete.preview", Does: "preview deleting an organization",
			Needs: Delete, Route: "GET /v1/orgs/{org}/deletion",
			Run: func(ctx context.Context, d Deps, a models.Actor, in orgDeleteIn) (OrgDeletion, error) {
				cons, err := d.Store.DeletionConsequences(ctx, a, in.Org)
				return OrgDeletion{in.Org, true, false, cons}, err
			},
		}),
		row(Def[orgDeleteIn, OrgDeletion]{
			Name: "organization.delete", Does: "delete an organization for everybody at once", Command: "org delete", Use: "[CODE|ID] --confirm CODE",
			Long: `Delete an organization; without a name, the current one. It disappears for everybody
at once; a site admin can restore it for 30 days, then it is purged. The consequences
are shown first. On a terminal the command asks for the code; elsewhere, give it with
--confirm.`,
			Example: "muster org delete ACME --dry-run\nmuster org delete ACME --confirm ACME",
			Needs:   Delete, Route: "DELETE /v1/orgs/{org}", Changes: true,
			Preview: "organization.delete.preview", Confirm: &Confirm{Word: "the code of the organization"},
			Run: func(ctx context.Context, d Deps, a models.Actor, in orgDeleteIn) (OrgDeletion, error) {
				cons, err := d.Store.DeleteOrganization(ctx, a, in.Org, in.Confirm)
				return OrgDeletion{in.Org, false, true, cons}, err
			},
		}),
		row(Def[orgRestoreIn, models.OrgView]{
			Name: "organization.restore", Does: "restore a deleted organization; for site admins", Command: "org restore",
			Long: `Restore an organization that was deleted less than 30 days ago, with its
members and invitations. Mails that were not sent yet have to be resent. If none of
its owners is left, you become its owner.`,
			Example: "muster org list --deleted\nmuster org restore ACME",
			Needs:   SiteAdmin, Route: "POST /v1/deleted-orgs/{org}/restore", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in orgRestoreIn) (models.OrgView, error) {
				return d.Store.RestoreOrganization(ctx, a, in.Org)
			},
		}),
		row(Def[orgPurgeIn, Purged]{
			Name: "organization.purge", Does: "purge a deleted organization at once; for site admins", Command: "org purge", Use: "CODE|ID --confirm CODE",
			Long: `Purge a deleted organization before its 30 days have passed. It can then no longer be
restored, and its code is free; its audit log stays. On a terminal the command asks
for the code; elsewhere, give it with --confirm.`,
			Example: "muster org list --deleted\nmuster org purge ACME --confirm ACME",
			Needs:   SiteAdmin, Route: "DELETE /v1/deleted-orgs/{org}", Changes: true,
			Confirm: &Confirm{Word: "the code of the organization"},
			Run: func(ctx context.Context, d Deps, a models.Actor, in orgPurgeIn) (Purged, error) {
				o, err := d.Store.PurgeOrganization(ctx, a, in.Org, in.Confirm)
				return Purged{o.ID, o.Code, o.Name, err == nil}, err
			},
		}),
		row(Def[orgRequestIn, JoinRequested]{
			Name: "invitation.request", Does: "ask to join an organization", Command: "org request",
			Long:    "Ask to join an organization that allows it. Its owners and admins decide.",
			Example: `muster org request ACME --message "I work in the Berlin team"`,
			Route:   "POST /v1/orgs/{org}/requests", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in orgRequestIn) (JoinRequested, error) {
				return askToJoin(ctx, d, a, store.JoinRequest{OrgCode: in.Org, Message: in.Message})
			},
		}),
		row(Def[orgSwitchIn, models.OrgView]{
			Name: "organization.switch", Does: "switch to another organization, for commands and the app", Command: "switch", Use: "CODE|ID|personal",
			Long: `Switch to an organization. The choice is remembered, in the app and for commands, here
and over SSH.`,
			Example: "muster switch ACME\nmuster switch personal",
			Route:   "POST /v1/orgs/{org}/switch", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in orgSwitchIn) (models.OrgView, error) {
				return d.Store.SwitchOrganization(ctx, a, in.Org)
			},
		}),
		row(Def[overviewIn, Overview]{
			Name: "organization.overview", Does: "show numbers of the organization", Command: "org overview",
			Long: `Show numbers of the organization, for everybody in it: seats, members by role,
invitations, and the number of changes on each of the last days.`,
			Example: "muster org overview --days 90",
			Needs:   View, Route: "GET /v1/orgs/{org}/overview",
			Run: func(ctx context.Context, d Deps, a models.Actor, in overviewIn) (Overview, error) {
				days := in.Days
				if days == 0 {
					days = -1 // 0 stands for the default, which nobody asks for with --days 0
				}
				v, err := d.Store.Overview(ctx, a, in.Org, days)
				return Overview{in.Org, v}, err
			},
		}),
		row(Def[inOrg, List[store.Presence]]{
			Name: "organization.here", Does: "list who has the app open on the organization", Command: "who",
			Long: `List who has the app open on the organization, locally or over SSH. All members can
see it. It is up to date to about a second. Site admins who are not members are listed
as site admins.`,
			Example: "muster who --org ACME\nmuster who --json",
			Needs:   View, Route: "GET /v1/orgs/{org}/here",
			Run: func(ctx context.Context, d Deps, a models.Actor, in inOrg) (List[store.Presence], error) {
				return whole(d.Store.Here(ctx, a, in.Org))
			},
		}),
	}
}

type orgIn struct {
	Org string `path:"org" arg:"[CODE|ID]" from:"org" complete:"org"`
}

type orgSwitchIn struct {
	Org string `path:"org" arg:"CODE|ID" from:"name" complete:"org"`
}

type orgRestoreIn struct {
	Org string `path:"org" arg:"CODE|ID"`
}

type orgPurgeIn struct {
	orgRestoreIn
	Confirm string `flag:"confirm" body:"confirm" help:"the code of the organization, to confirm"`
}

// Purged is the answer to purging an organization.
type Purged struct {
	ID     string `json:"id"`
	Code   string `json:"code"`
	Name   string `json:"name"`
	Purged bool   `json:"purged"`
}

type allOrgsIn struct {
	Search string `flag:"search" query:"search" help:"with --all: part of a code, name or description"`
	Plan   string `flag:"plan" query:"plan" complete:"plan" help:"with --all: only this plan"`
	Sort   string `flag:"sort" query:"sort" complete:"code|name|members|created" help:"with --all: code, name, members or created; with - in front reversed"`
	inFilter
	page
}

func (in allOrgsIn) list(ctx context.Context, d Deps, a models.Actor, deleted bool) (List[models.OrgRow], error) {
	sort, reverse, err := models.ParseOrgSort(in.Sort)
	if err != nil {
		return List[models.OrgRow]{}, err
	}
	q, err := models.OrgQuery{
		Search: in.Search, Plan: in.Plan, Deleted: deleted, Sort: sort, Reverse: reverse, Limit: in.Limit, After: in.After,
	}.Filter(in.text())
	if err != nil {
		return List[models.OrgRow]{}, err
	}
	return pageOf(d.Store.AllOrganizations(ctx, a, q))
}

type orgCreateIn struct {
	Name        string  `flag:"name" body:"name" required:"true" help:"the name that people see"`
	Code        *string `flag:"code" body:"code" help:"short and unique, for ssh CODE@host and --org"`
	Description string  `flag:"description" body:"description" help:"a short description"`
	Plan        string  `flag:"plan" body:"plan" complete:"plan" help:"its plan (default: team)"`
}

func (in orgCreateIn) draft() store.NewOrganization {
	n := store.NewOrganization{Name: in.Name, Description: in.Description, Plan: in.Plan}
	if n.Code = text(in.Code); in.Code == nil {
		n.Code = models.CodeFrom(in.Name)
	}
	return n
}

type orgUpdateIn struct {
	orgIn
	Name        *string `flag:"name" body:"name" help:"the name that people see"`
	Code        *string `flag:"code" body:"code" help:"short and unique"`
	Description *string `flag:"description" body:"description" help:"a short description"`
	Accent      *string `flag:"accent" body:"accent" complete:"accent" help:"colour of the frame: {accents}"`
	Badge       *string `flag:"badge" body:"badge" help:"up to 4 characters beside the name"`
	MOTD        *string `flag:"motd" body:"motd" help:"message of the day"`
}

func (in orgUpdateIn) changes() []models.SettingChange {
	var out []models.SettingChange
	for _, x := range []struct {
		key   string
		value *string
	}{
		{models.SetName, in.Name}, {models.SetCode, in.Code}, {models.SetDescription, in.Description},
		{models.SetAccent, in.Accent}, {models.SetBadge, in.Badge}, {models.SetMOTD, in.MOTD},
	} {
		if x.value != nil {
			out = append(out, models.SettingChange{Key: x.key, Value: *x.value})
		}
	}
	return out
}

type orgDeleteIn struct {
	orgIn
	Confirm string `flag:"confirm" body:"confirm" help:"the code of the organization, to confirm"`
}

// OrgDeletion is what deleting an organization brings, or brought.
type OrgDeletion struct {
	ID      string `json:"id"`
	DryRun  bool   `json:"dry_run"`
	Deleted bool   `json:"deleted"`
	models.OrgConsequences
}

type orgRequestIn struct {
	Org     string `path:"org" arg:"CODE"`
	Message string `flag:"message" body:"message" help:"message to those who decide"`
}

// JoinRequested is the answer to asking to join, which is the same whatever
// exists, so that it tells nobody who is a member.
type JoinRequested struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

func askToJoin(ctx context.Context, d Deps, a models.Actor, r store.JoinRequest) (JoinRequested, error) {
	return JoinRequested{r.OrgCode, string(models.StateRequested)}, d.Store.RequestToJoin(ctx, a, r)
}

type overviewIn struct {
	inOrg
	Days int `flag:"days" query:"days" default:"30" help:"how many days back, today included: {days}"`
}

// Overview is an organization in numbers.
type Overview struct {
	ID string `json:"id"`
	models.Overview
}
