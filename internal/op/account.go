package op

import (
	"context"
	"strings"
	"time"

	"muster/internal/sshkey"
	"muster/models"
)

// whichUsers is what the help of these operations says about their scope.
const whichUsers = `

Site admins administer every user; with --org only that organization's. Owners
and admins administer the users of their organization who belong to no other,
rank no higher than they do, and are no site admins.`

const siteAdminsToo = "of users who belong to no other organization; site admins, of all"

// accountRows are what administrators do with the accounts of others.
func accountRows() []*Row {
	return []*Row{
		row(Def[accountListIn, List[models.Account]]{
			Name: "user.list", Does: "list users, with search, filters and sorting", Command: "user list",
			Long:    "List users, a page at a time, with their organizations." + whichUsers,
			Example: "muster user list --site-admins\nmuster user list --no-organization\nmuster user list --org ACME --role admin --status suspended --json",
			Needs:   Members, Also: siteAdminsToo, Route: "GET /v1/users",
			Run: func(ctx context.Context, d Deps, a models.Actor, in accountListIn) (List[models.Account], error) {
				q, err := in.query(d.Now())
				if err != nil {
					return List[models.Account]{}, err
				}
				return pageOf(d.Store.Users(ctx, a, q))
			},
		}),
		row(Def[accountIn, models.AccountDetail]{
			Name: "user.show", Does: "show a user and what you may do with it", Command: "user show",
			Long:    "Show one user. USER is an id, an address or a handle." + whichUsers,
			Example: "muster user show bob@example.com",
			Needs:   Members, Also: siteAdminsToo, Route: "GET /v1/users/{user}",
			Run: func(ctx context.Context, d Deps, a models.Actor, in accountIn) (models.AccountDetail, error) {
				return d.Store.User(ctx, a, in.Org, in.User)
			},
		}),
		row(Def[accountCreateIn, Enrolled]{
			Name: "user.create", Owner: true, Does: "create a user directly, with a key or a one-time code for one", Command: "user create",
			Long: `Create a user, and with --org add them to an organization at once. Without --key
the answer shows a command with a one-time code, which they run to add their key.
Invite people who have an account already. In an organization the rules for
inviting apply; where your invitations need approval, an invitation waiting for
approval is created instead of the account.` + whichUsers,
			Example: "muster user create --email bob@example.com --name Bob --org ACME --role admin\nmuster user create --email root@example.com --name Root --site-admin --key root.pub",
			Remote:  "muster user create --email bob@example.com --name Bob --org ACME --key - < bob.pub",
			Needs:   Members, Also: siteAdminsToo, Route: "POST /v1/users", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in accountCreateIn) (Enrolled, error) {
				n, err := in.draft()
				if err != nil {
					return Enrolled{}, err
				}
				u, e, err := d.Store.CreateUser(ctx, a, n)
				if err != nil {
					return Enrolled{}, err
				}
				if u.Request != nil {
					return Enrolled{ID: u.Request.ID, Request: u.Request}, nil
				}
				return enrolled(d, u.User, u.Organizations, e), nil
			},
		}),
		row(Def[userInviteIn, models.AccountDetail]{
			Name: "user.invite", Does: "invite somebody into the installation by mail; for site admins", Command: "user invite", Use: "EMAIL [--site-admin]",
			Long: `Make an account and mail its address a one-time code, with which the person brings in
a key; that verifies the address. It is in no organization yet. The code works for 48
hours and is in the mail alone: where no mail is set up, ` + "`user enrol`" + ` shows one.`,
			Example: "muster user invite bob@example.com\nmuster user invite root@example.com --name Root --site-admin",
			Needs:   SiteAdmin, Route: "POST /v1/users/invitations", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in userInviteIn) (models.AccountDetail, error) {
				n := models.NewAccount{Email: in.Email, Name: in.Name, SiteAdmin: in.SiteAdmin}
				if n.Name == "" {
					n.Name, _, _ = strings.Cut(in.Email, "@")
				}
				return d.Store.InviteUser(ctx, a, n)
			},
		}),
		row(Def[accountEditIn, models.AccountDetail]{
			Name: "user.edit", Does: "change address, name or rights of a user", Command: "user edit",
			Long: `Change a user. What is left out stays as it is. Roles belong to an
organization: ` + "`member role`" + ` changes it. The last active site admin stays one. To change
your own address, give a code of your second factor, if you have one.` + whichUsers,
			Example: "muster user edit bob@example.com --name \"Bob B.\"\nmuster user edit bob@example.com --site-admin on",
			Needs:   Members, Also: siteAdminsToo, Route: "PATCH /v1/users/{user}", Changes: true,
			Check: func(in accountEditIn) error {
				change, err := in.change()
				if err != nil {
					return err
				}
				return something(change != models.AccountChange{Code: in.Code}, "email, name, site-admin")
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in accountEditIn) (models.AccountDetail, error) {
				change, err := in.change()
				if err != nil {
					return models.AccountDetail{}, err
				}
				return d.Store.EditUser(ctx, a, in.Org, in.User, change)
			},
		}),
		row(Def[accountSuspendIn, models.AccountDetail]{
			Name: "user.suspend", Does: "suspend a user", Command: "user suspend", Use: "USER… [--reason TEXT]",
			Long: `Suspend a user: they can no longer sign in anywhere, and their sessions end at
once, with the reason. To suspend somebody in one organization only, suspend the
member. You cannot suspend yourself, the last active site admin, or the last
active owner of an organization.` + whichUsers,
			Example: `muster user suspend bob@example.com --reason "lost laptop"`,
			Needs:   Members, Also: siteAdminsToo, Route: "POST /v1/users/{user}/suspend", Many: "User", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in accountSuspendIn) (models.AccountDetail, error) {
				return d.Store.SuspendUser(ctx, a, in.Org, in.User, in.Reason)
			},
		}),
		row(Def[accountIn, models.AccountDetail]{
			Name: "user.reactivate", Does: "let a suspended user sign in again", Command: "user reactivate",
			Long:    "Let a suspended user sign in again." + whichUsers,
			Example: "muster user reactivate bob@example.com",
			Needs:   Members, Also: siteAdminsToo, Route: "POST /v1/users/{user}/reactivate", Many: "User", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in accountIn) (models.AccountDetail, error) {
				return d.Store.ReactivateUser(ctx, a, in.Org, in.User)
			},
		}),
		row(Def[accountIn, Enrolled]{
			Name: "user.enrol", Does: "give a user a one-time code for a key", Command: "user enrol",
			Long: `Create a one-time code with which a user adds a key: a new user's first one or,
for site admins only, another one for somebody who has lost theirs. An earlier
code stops working.` + whichUsers,
			Example: "muster user enrol bob@example.com",
			Needs:   Members, Also: siteAdminsToo, Route: "POST /v1/users/{user}/enrol", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in accountIn) (Enrolled, error) {
				u, e, err := d.Store.EnrolUser(ctx, a, in.Org, in.User)
				if err != nil {
					return Enrolled{}, err
				}
				return enrolled(d, u, nil, e), nil
			},
		}),
		row(Def[accountIn, models.AccountDetail]{
			Name: "user.verify", Does: "mark a user's address as verified", Command: "user verify",
			Long: `Mark the address of a user as verified, for site admins who have checked it
outside muster. Other accounts with the same address lose it, and are told.
Accepting an invitation with a code that the mail server delivered, and that
nobody looked up, verifies an address too.`,
			Example: "muster user verify bob@example.com cy@example.com --yes",
			Needs:   SiteAdmin, Route: "POST /v1/users/{user}/verify", Many: "User", Changes: true,
			Confirm: &Confirm{},
			Run: func(ctx context.Context, d Deps, a models.Actor, in accountIn) (models.AccountDetail, error) {
				return d.Store.VerifyUser(ctx, a, in.Org, in.User)
			},
		}),
		row(Def[accountDeleteIn, AccountDeletion]{
			Name: "user.delete.preview", Does: "preview deleting a user",
			Needs: Members, Also: siteAdminsToo, Route: "GET /v1/users/{user}/deletion",
			Run: func(ctx context.Context, d Deps, a models.Actor, in accountDeleteIn) (AccountDeletion, error) {
				cons, err := d.Store.UserDeletionConsequences(ctx, a, in.Org, in.User)
				return AccountDeletion{cons.User.ID, true, false, cons}, err
			},
		}),
		row(Def[accountDeleteIn, AccountDeletion]{
			Name: "user.delete", Does: "delete a user permanently", Command: "user delete", Use: "USER --confirm EMAIL",
			Long: `Delete a user permanently: their sessions end, their keys and their personal
workspace are deleted, and they are removed from every organization. The audit log
keeps what they did. The consequences are shown first. On a terminal the command
asks for the address; elsewhere, give it with --confirm. You cannot delete yourself,
the last active site admin, or the last active owner of an organization.` + whichUsers,
			Example: "muster user delete bob@example.com --dry-run\nmuster user delete bob@example.com --confirm bob@example.com",
			Needs:   Members, Also: siteAdminsToo, Route: "DELETE /v1/users/{user}", Changes: true,
			Preview: "user.delete.preview", Confirm: &Confirm{Word: "the address of the user",
				Pin: pin(func(in *accountDeleteIn, shown AccountDeletion) { in.User = shown.ID })},
			Run: func(ctx context.Context, d Deps, a models.Actor, in accountDeleteIn) (AccountDeletion, error) {
				cons, err := d.Store.DeleteUser(ctx, a, in.Org, in.User, in.Confirm)
				return AccountDeletion{cons.User.ID, false, true, cons}, err
			},
		}),
	}
}

// accounts are the users of an organization, or for a site admin all of them.
type accounts struct {
	Org string `query:"org" from:"scope" complete:"org"`
}

type accountIn struct {
	accounts
	User string `path:"user" arg:"USER" complete:"user"`
}

type accountSuspendIn struct {
	accountIn
	Reason string `flag:"reason" body:"reason" help:"reason; shown to them and in the audit log"`
}

type accountDeleteIn struct {
	accountIn
	Confirm string `flag:"confirm" body:"confirm" help:"the address of the user, to confirm"`
}

type accountListIn struct {
	accounts
	Search     string `flag:"search" query:"search" help:"part of an address, a name or a handle"`
	Role       string `flag:"role" query:"role" complete:"role" help:"only this role, in --org or in any organization"`
	Status     string `flag:"status" query:"status" complete:"active|suspended" help:"only active or suspended users"`
	NoOrg      bool   `flag:"no-organization" query:"no_organization" help:"only users in no shared organization; for site admins"`
	SiteAdmins bool   `flag:"site-admins" query:"site_admins" help:"only site admins, whether or not they belong to an organization"`
	Sort       string `flag:"sort" query:"sort" complete:"email|name|created|last_seen" help:"email, name, created or last_seen; with - in front reversed"`
	Seen       string `flag:"seen" query:"seen" help:"last seen: {when}"`
	inFilter
	page
}

func (in accountListIn) query(now time.Time) (models.AccountQuery, error) {
	q := models.AccountQuery{
		Search: in.Search, Org: in.Org, Status: models.UserStatus(strings.ToLower(in.Status)), SiteAdmins: in.SiteAdmins, NoOrganization: in.NoOrg, Limit: in.Limit, After: in.After,
	}
	var err error
	if in.Role != "" {
		if q.Role, err = models.ParseRole("role", in.Role); err != nil {
			return q, err
		}
	}
	if q.Sort, q.Reverse, err = models.ParseAccountSort(in.Sort); err != nil {
		return q, err
	}
	return q.Filter(in.text("seen", in.Seen), now)
}

type userInviteIn struct {
	Email     string `body:"email" arg:"EMAIL"`
	Name      string `flag:"name" body:"name" help:"their display name (default: what stands before the @)"`
	SiteAdmin bool   `flag:"site-admin" body:"site_admin" help:"make them a site admin"`
}

type accountCreateIn struct {
	accounts
	Email     string `flag:"email" body:"email" required:"true" help:"their address"`
	Name      string `flag:"name" body:"name" required:"true" help:"their display name"`
	Role      string `flag:"role" body:"role" complete:"role" help:"role in the organization (default: its default role)"`
	SiteAdmin bool   `flag:"site-admin" body:"site_admin" complete:"on|off" help:"make them a site admin; for site admins"`
	Key       string `flag:"key" body:"key" read:"key" help:"file of their public key, or - for standard input; over SSH - or the key itself"`
}

func (in accountCreateIn) draft() (n models.NewAccount, err error) {
	n = models.NewAccount{Email: in.Email, Name: in.Name, SiteAdmin: in.SiteAdmin, Org: in.Org}
	if in.Role != "" {
		if n.Role, err = as(&in.Role); err != nil {
			return n, err
		}
	}
	if in.Key != "" {
		key, err := sshkey.Parse([]byte(in.Key))
		if err != nil {
			return n, err
		}
		n.Key = &key
	}
	if in.Org == "" && in.Role != "" {
		return n, models.Errorf(models.CodeUsage, "--role needs --org").WithHint("name the organization: --org CODE")
	}
	return n, nil
}

type accountEditIn struct {
	accountIn
	Email     *string `flag:"email" body:"email" help:"new address"`
	Name      *string `flag:"name" body:"name" help:"new display name"`
	Code      string  `flag:"code" body:"code" help:"a two-factor code, if this is your own address"`
	SiteAdmin *string `flag:"site-admin" body:"site_admin" complete:"on|off" help:"on or off; for site admins"`
}

func (in accountEditIn) change() (models.AccountChange, error) {
	c := models.AccountChange{Email: in.Email, Name: in.Name, Code: in.Code}
	if in.SiteAdmin != nil {
		on := strings.EqualFold(*in.SiteAdmin, models.On)
		if !on && !strings.EqualFold(*in.SiteAdmin, models.Off) {
			return c, models.Invalid("site-admin", "site-admin must be on or off")
		}
		c.SiteAdmin = &on
	}
	return c, nil
}

// Enrolled is the answer of making a user, or of giving one a code for a key.
type Enrolled struct {
	ID          string       `json:"id"`
	User        *models.User `json:"user"` // null while a request waits in its place
	Code        string       `json:"code,omitempty"`
	JoinCommand string       `json:"join_command,omitempty"`
	ExpiresAt   *time.Time   `json:"expires_at"`

	Request *models.Invitation `json:"request,omitempty"` // that waits for approval

	Organizations []models.AccountOrg `json:"-"`
}

func enrolled(d Deps, u models.User, orgs []models.AccountOrg, e *models.Enrolment) Enrolled {
	v := Enrolled{ID: u.ID, User: &u, Organizations: orgs}
	if e != nil {
		v.Code, v.JoinCommand, v.ExpiresAt = e.Code, d.Site.JoinCommand(e.Code), &e.ExpiresAt
	}
	return v
}

// AccountDeletion is what deleting a user brings, or brought.
type AccountDeletion struct {
	ID      string `json:"id"`
	DryRun  bool   `json:"dry_run"`
	Deleted bool   `json:"deleted"`
	models.AccountConsequences
}
