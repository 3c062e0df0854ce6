package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/output"
	"muster/models"
	"muster/store"
)

// whichUsers is what the help of these commands says about their reach.
const whichUsers = `

Site admins administer every user; with --org only that organization's. Owners
and admins administer the users of their organization who belong to no other,
rank no higher than they do, and are no site admins.`

// userScope gives the organization within which users are administered: --org
// or MUSTER_ORG, for a site admin else the whole installation, which is "", and
// for others the organization they work in.
func (c *cli) userScope(ctx context.Context) (*store.Store, models.Actor, string, error) {
	s, a, err := c.signedIn(ctx)
	if err != nil {
		return nil, a, "", err
	}
	named := c.org != "" || c.env.Remote == nil && c.env.Getenv("MUSTER_ORG") != ""
	if !named {
		me, err := s.Me(ctx, a)
		if err != nil || me.SiteAdmin {
			return s, a, "", err
		}
	}
	s, a, org, err := c.inOrg(ctx)
	return s, a, org.ID, err
}

// belongs says to which organizations a user belongs, and as what.
func belongs(orgs []models.AccountOrg) string {
	words := make([]string, len(orgs))
	for i, o := range orgs {
		words[i] = o.Code + " " + cmp.Or(o.Custom, string(o.Role))
		if o.Status == models.MemberSuspended {
			words[i] += " (suspended)"
		}
	}
	return strings.Join(words, ", ")
}

func rights(u models.User) string {
	if u.SiteAdmin {
		return "site admin"
	}
	return ""
}

func (c *cli) userList() *cobra.Command {
	var q models.AccountQuery
	var role, status, sort string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "list users, with search, filters and sorting",
		Long:    "List users, a page at a time, with their organizations." + whichUsers,
		Example: "muster user list --site-admins\nmuster user list --org ACME --role admin --status suspended --json",
		Args:    takes(),
	}
	f := cmd.Flags()
	f.StringVar(&q.Search, "search", "", "part of an address, a name or a handle")
	f.StringVar(&role, "role", "", "only this role, in --org or in any organization")
	f.StringVar(&status, "status", "", "only active or suspended users")
	f.BoolVar(&q.SiteAdmins, "site-admins", false, "only global administrators, whether or not they belong to an organization")
	f.StringVar(&sort, "sort", "", "email, name, created or last_seen; with - in front reversed")
	c.pageFlags(cmd, &q.Limit, &q.After)
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		var err error
		if role != "" {
			if q.Role, err = models.ParseRole("role", role); err != nil {
				return err
			}
		}
		q.Status = models.UserStatus(strings.ToLower(status))
		if q.Sort, q.Reverse, err = models.ParseAccountSort(sort); err != nil {
			return err
		}
		s, a, org, err := c.userScope(ctx)
		if err != nil {
			return err
		}
		q.Org = org
		page, err := s.Users(ctx, a, q)
		if err != nil {
			return err
		}
		return c.emit(listOf(page.Items, page.Next), func() error {
			rows := make([][]string, len(page.Items))
			for i, u := range page.Items {
				rows[i] = []string{u.Email, u.Name, rights(u.User), string(u.Status), belongs(u.Organizations), c.agoOr(u.LastSeenAt, "never")}
			}
			return c.table([]string{"EMAIL", "NAME", "RIGHTS", "STATUS", "ORGANIZATIONS", "LAST SEEN"}, rows, page.Next, "no user fits")
		})
	})
	return cmd
}

func (c *cli) userShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show USER",
		Short:   "show a user and what you may do with it",
		Long:    "Show one user. USER is an id, an address or a handle." + whichUsers,
		Example: "muster user show bob@example.com",
		Args:    takes("USER"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, org, err := c.userScope(ctx)
			if err != nil {
				return err
			}
			d, err := s.User(ctx, a, org, args[0])
			if err != nil {
				return err
			}
			return c.showUser(d)
		}),
	}
}

// keysOf says how many keys somebody has, and when one was used last.
func (c *cli) keysOf(d models.AccountDetail) string {
	text := count(d.Keys, "key", "keys")
	if d.Keys > 0 {
		text += ", last used " + c.agoOr(d.KeyUsedAt, "never")
	}
	return text
}

func (c *cli) showUser(d models.AccountDetail) error {
	return c.emit(d, func() error {
		var may []string
		why := []string{}
		for _, action := range []models.AccountAction{models.AccountEdit, models.AccountSuspend, models.AccountReactivate,
			models.AccountDelete, models.AccountEnrol, models.AccountSiteAdmin} {
			word := strings.ReplaceAll(string(action), "_", " ")
			if d.WhyNot[action] == "" {
				may = append(may, word)
			} else {
				why = append(why, word+": "+d.WhyNot[action])
			}
		}
		return c.facts("email", d.Email, "name", d.Name, "handle", d.Handle, "id", d.ID, "rights", rights(d.User),
			"status", string(d.Status), "suspended", c.suspension(d.SuspendedAt, d.SuspendedBy, d.SuspendReason),
			"organizations", belongs(d.Organizations), "keys", c.keysOf(d),
			"enrolment", c.atOr(d.EnrolmentUntil, ""), "sessions", count(d.Sessions, "open", "open"),
			"created", c.at(d.CreatedAt), "last seen", c.atOr(d.LastSeenAt, "never"), "you may", strings.Join(may, ", "), "you may not", strings.Join(why, "\n"))
	})
}

// enrolled is the answer of making a user, or of giving one a code for a key.
type enrolled struct {
	ID          string      `json:"id"`
	User        models.User `json:"user"`
	Code        string      `json:"code,omitempty"`
	JoinCommand string      `json:"join_command,omitempty"`
	ExpiresAt   any         `json:"expires_at"`
}

// sayEnrolled answers with the line by which the user brings in a key.
func (c *cli) sayEnrolled(u models.User, e *models.Enrolment, text string) error {
	v := enrolled{ID: u.ID, User: u}
	if e != nil {
		site, err := c.site()
		if err != nil {
			return err
		}
		v.Code, v.JoinCommand, v.ExpiresAt = e.Code, site.JoinCommand(e.Code), e.ExpiresAt
	}
	return c.emit(v, func() error {
		if err := c.say("%s", text); err != nil || e == nil {
			return err
		}
		c.note("whoever runs this line signs in as %s from then on; it works once, until %s", u.Email, c.at(e.ExpiresAt))
		return c.say("%s", v.JoinCommand)
	})
}

func (c *cli) userCreate() *cobra.Command {
	var n models.NewAccount
	var role, key string
	cmd := &cobra.Command{
		Use:   "create --email EMAIL --name NAME",
		Short: "make a user directly, with a key or a one-time code for one",
		Long: `Make a user, and with --org make them a member at once. Without --key the answer
has a one-time code, as the line that they run to bring in their key. Where
people have accounts of their own, invite them instead.` + whichUsers,
		Example: "muster user create --email bob@example.com --name Bob --org ACME --role admin\nmuster user create --email root@example.com --name Root --site-admin --key root.pub",
		Args:    takes(),
	}
	if c.env.Remote != nil {
		cmd.Example = "muster user create --email bob@example.com --name Bob --org ACME --key - < bob.pub"
	}
	f := cmd.Flags()
	f.StringVar(&n.Email, "email", "", "their address")
	f.StringVar(&n.Name, "name", "", "their display name")
	f.StringVar(&role, "role", "", "role in the organization (default: its default role)")
	f.BoolVar(&n.SiteAdmin, "site-admin", false, "make them a site admin; for site admins")
	if c.env.Remote == nil {
		f.StringVar(&key, "key", "", "file of their public key, or - for standard input")
	} else {
		f.StringVar(&key, "key", "", "- for their public key on standard input, or the key itself")
	}
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		if err := need(cmd, "email", "name"); err != nil {
			return err
		}
		var err error
		if role != "" {
			if n.Role, err = givenRole(role); err != nil {
				return err
			}
		}
		if key != "" {
			k, err := c.readKey([]string{key})
			if err != nil {
				return err
			}
			n.Key = &k
		}
		s, a, org, err := c.userScope(ctx)
		if err != nil {
			return err
		}
		if n.Org = org; org == "" && role != "" {
			return usage("--role goes with --org").WithHint("name the organization: --org CODE")
		}
		d, e, err := s.CreateUser(ctx, a, n)
		if err != nil {
			return err
		}
		as := ""
		for _, o := range d.Organizations {
			as = ", " + o.Role.Article() + " of " + o.Code
		}
		return c.sayEnrolled(d.User, e, fmt.Sprintf("created %s (%s)%s: %s", d.Email, d.Name, as, d.ID))
	})
	return cmd
}

func (c *cli) userEnrol() *cobra.Command {
	return &cobra.Command{
		Use:   "enrol USER",
		Short: "give a user a one-time code for a key",
		Long: `Give out a one-time code by which a user brings in a key: a new user's first one,
or, for site admins to give, another where a key was lost. It ends the code
before.` + whichUsers,
		Example: "muster user enrol bob@example.com",
		Args:    takes("USER"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, org, err := c.userScope(ctx)
			if err != nil {
				return err
			}
			u, e, err := s.EnrolUser(ctx, a, org, args[0])
			if err != nil {
				return err
			}
			return c.sayEnrolled(u, e, "a key can be brought in for "+u.Email+":")
		}),
	}
}

func (c *cli) userEdit() *cobra.Command {
	var email, name, admin string
	cmd := &cobra.Command{
		Use:   "edit USER",
		Short: "change address, name or rights of a user",
		Long: `Change a user. What is left out stays as it is. A role belongs to an
organization: ` + "`member role`" + ` changes it. The last active site admin stays one.` + whichUsers,
		Example: "muster user edit bob@example.com --name \"Bob B.\"\nmuster user edit bob@example.com --site-admin on",
		Args:    takes("USER"),
	}
	f := cmd.Flags()
	f.StringVar(&email, "email", "", "new address")
	f.StringVar(&name, "name", "", "new display name")
	f.StringVar(&admin, "site-admin", "", "on or off; for site admins")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		var change models.AccountChange
		if f.Changed("email") {
			change.Email = &email
		}
		if f.Changed("name") {
			change.Name = &name
		}
		if f.Changed("site-admin") {
			on := strings.EqualFold(admin, models.On)
			if !on && !strings.EqualFold(admin, models.Off) {
				return models.Invalid("site-admin", "site-admin must be on or off")
			}
			change.SiteAdmin = &on
		}
		if change == (models.AccountChange{}) {
			return usage("nothing to change").WithHint("usage: %s --name NAME", cmd.UseLine())
		}
		s, a, org, err := c.userScope(ctx)
		if err != nil {
			return err
		}
		d, err := s.EditUser(ctx, a, org, args[0], change)
		if err != nil {
			return err
		}
		return c.showUser(d)
	})
	return cmd
}

func (c *cli) userSuspend() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "suspend USER [--reason TEXT]",
		Short: "keep a user from signing in",
		Long: `Keep a user from signing in anywhere: their sessions end at once, with the
reason. To keep somebody out of one organization only, suspend the member.
Neither the last active site admin nor the last active owner of an organization
can be suspended, nor oneself.` + whichUsers,
		Example: `muster user suspend bob@example.com --reason "lost laptop"`,
		Args:    takes("USER"),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why; they and the audit log are told")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		s, a, org, err := c.userScope(ctx)
		if err != nil {
			return err
		}
		d, err := s.SuspendUser(ctx, a, org, args[0], reason)
		if err != nil {
			return err
		}
		return c.emit(d, func() error { return c.say("suspended the account of %s", d.Email) })
	})
	return cmd
}

func (c *cli) userReactivate() *cobra.Command {
	return &cobra.Command{
		Use:     "reactivate USER",
		Short:   "let a suspended user sign in again",
		Long:    "Let a suspended user sign in again." + whichUsers,
		Example: "muster user reactivate bob@example.com",
		Args:    takes("USER"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, org, err := c.userScope(ctx)
			if err != nil {
				return err
			}
			d, err := s.ReactivateUser(ctx, a, org, args[0])
			if err != nil {
				return err
			}
			return c.emit(d, func() error { return c.say("the account of %s is active again", d.Email) })
		}),
	}
}

// accountDeletion is the answer of deleting a user, and of the dry run.
type accountDeletion struct {
	ID      string `json:"id"`
	DryRun  bool   `json:"dry_run"`
	Deleted bool   `json:"deleted"`
	models.AccountConsequences
}

func (c *cli) userDelete() *cobra.Command {
	var dry bool
	var confirm string
	cmd := &cobra.Command{
		Use:   "delete USER --confirm EMAIL",
		Short: "delete a user for good",
		Long: `Delete a user for good: their sessions end, their keys are free, their personal
workspace is gone, and every organization loses them. The audit log keeps what
they did. The consequences are shown first, and on a terminal the command asks
for the address; anywhere else --confirm gives it. Neither the last active site
admin nor the last active owner of an organization can be deleted, nor oneself.` + whichUsers,
		Example: "muster user delete bob@example.com --dry-run\nmuster user delete bob@example.com --confirm bob@example.com",
		Args:    takes("USER"),
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only show the consequences")
	cmd.Flags().StringVar(&confirm, "confirm", "", "the address of the user, as a word of agreement")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		if err := c.mayAskFor(cmd, "confirm", dry || cmd.Flags().Changed("confirm")); err != nil {
			return err
		}
		s, a, org, err := c.userScope(ctx)
		if err != nil {
			return err
		}
		cons, err := s.UserDeletionConsequences(ctx, a, org, args[0])
		if err != nil {
			return err
		}
		if dry {
			return c.emit(accountDeletion{cons.User.ID, true, false, cons}, func() error { return c.sayAccountDeletion(c.env.Out, cons) })
		}
		if !cmd.Flags().Changed("confirm") {
			if err := c.sayAccountDeletion(c.env.Err, cons); err != nil {
				return err
			}
			if confirm, err = c.ask("type the address of the user to delete it:"); err != nil {
				return err
			}
		}
		// By id: what was shown is who is deleted.
		if cons, err = s.DeleteUser(ctx, a, org, cons.User.ID, confirm); err != nil {
			return err
		}
		return c.emit(accountDeletion{cons.User.ID, false, true, cons}, func() error {
			return c.say("deleted the account of %s", cons.User.Email)
		})
	})
	return cmd
}

func (c *cli) sayAccountDeletion(w io.Writer, cons models.AccountConsequences) error {
	u := cons.User
	lines := [][]string{
		{"  " + count(cons.Sessions, "open session ends", "open sessions end")},
		{"  " + count(cons.Keys, "key is freed", "keys are freed")},
		{"  " + count(cons.InvitationsRevoked, "invitation they sent is revoked", "invitations they sent are revoked")},
		{"  " + count(cons.RequestsWithdrawn, "proposal of theirs is withdrawn", "proposals of theirs are withdrawn")},
		{"  their personal workspace is gone"},
	}
	if len(cons.Organizations) > 0 {
		lines = append(lines, []string{"  they leave " + belongs(cons.Organizations)})
	}
	return output.Table(w, []string{fmt.Sprintf("deleting the account of %s (%s) for good:", u.Email, u.Name)}, lines)
}
