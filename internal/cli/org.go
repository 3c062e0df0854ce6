package cli

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster/models"
	"muster/store"
)

func (c *cli) orgCommand() *cobra.Command {
	return group("org", "create, show and change organizations",
		c.orgList(), c.orgShow(), c.orgCreate(), c.orgUpgrade(), c.orgUpdate(), c.orgDelete(), c.orgRestore(),
		c.orgTransfer(), c.orgAcceptTransfer(), c.orgDeclineTransfer(), c.orgCancelTransfer(), c.orgRequest(), c.orgOverview())
}

func (c *cli) orgList() *cobra.Command {
	var all bool
	var q models.OrgQuery
	var sort string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list your organizations and what waits for you there",
		Long: `List what the switcher shows: your personal workspace, the organizations you
own, those you joined, and invitations that wait for your answer. The one you
chose last is marked with *. With --all a site admin lists every shared
organization, with --deleted those that can be restored.`,
		Example: "muster org list\nmuster org list --all --search acme --sort -members --json\nmuster org list --deleted",
		Args:    takes(),
	}
	f := cmd.Flags()
	f.BoolVar(&all, "all", false, "every organization of the installation; for site admins")
	f.BoolVar(&q.Deleted, "deleted", false, "those that were deleted and can be restored; for site admins")
	f.StringVar(&q.Search, "search", "", "with --all: part of a code, name or description")
	f.StringVar(&q.Plan, "plan", "", "with --all: only this plan")
	f.StringVar(&sort, "sort", "", "with --all: code, name, members or created; with - in front reversed")
	c.pageFlags(cmd, &q.Limit, &q.After)
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		if all || q.Deleted {
			var err error
			if q.Sort, q.Reverse, err = models.ParseOrgSort(sort); err != nil {
				return err
			}
			return c.listAllOrgs(ctx, q)
		}
		for _, name := range []string{"search", "plan", "sort", "limit", "after"} {
			if f.Changed(name) {
				return usage("--%s goes with --all", name).WithHint("usage: %s --all --%s …", cmd.CommandPath(), name)
			}
		}
		return c.listOwnOrgs(ctx)
	})
	return cmd
}

func (c *cli) listOwnOrgs(ctx context.Context) error {
	s, a, err := c.signedIn(ctx)
	if err != nil {
		return err
	}
	orgs, err := s.ListOrganizations(ctx, a)
	if err != nil {
		return err
	}
	return c.emit(listOf(orgs, ""), func() error {
		rows := make([][]string, len(orgs))
		for i, o := range orgs {
			mark, waiting := "", ""
			if o.Current {
				mark = "*"
			}
			switch {
			case o.Barrier != "":
				waiting = o.BarrierText
			case o.Relation == models.RelInvited:
				waiting = "answer: muster invite accept " + o.InvitationID
			case o.NominationID != "":
				waiting = o.NominatedBy + " nominated you as owner: muster org accept-transfer " + o.Code
			case o.Waiting > 0:
				waiting = count(o.Waiting, "request to decide", "requests to decide")
			}
			rows[i] = []string{mark, o.Code, o.Name, string(o.Relation), cmp.Or(o.CustomRole, string(o.Role)), waiting}
		}
		return c.table([]string{"", "CODE", "NAME", "YOURS AS", "ROLE", "WAITING"}, rows, "", "you belong to no organization")
	})
}

func (c *cli) listAllOrgs(ctx context.Context, q models.OrgQuery) error {
	s, a, err := c.signedIn(ctx)
	if err != nil {
		return err
	}
	page, err := s.AllOrganizations(ctx, a, q)
	if err != nil {
		return err
	}
	return c.emit(listOf(page.Items, page.Next), func() error {
		rows := make([][]string, len(page.Items))
		for i, o := range page.Items {
			rows[i] = []string{o.Code, o.Name, o.Plan, strconv.Itoa(o.Members), o.PrimaryOwner, c.date(o.CreatedAt)}
			if q.Deleted {
				rows[i] = append(rows[i], c.date(*o.DeletedAt), o.DeletedBy, c.at(*o.RestorableUntil))
			} else {
				rows[i] = append(rows[i], firstLine(o.Description))
			}
		}
		headers := []string{"CODE", "NAME", "PLAN", "MEMBERS", "PRIMARY OWNER", "CREATED"}
		if q.Deleted {
			headers = append(headers, "DELETED", "BY", "RESTORABLE UNTIL")
		} else {
			headers = append(headers, "DESCRIPTION")
		}
		return c.table(headers, rows, page.Next, "no organization fits")
	})
}

// firstLine is what a table shows of a long text.
func firstLine(s string) string {
	const most = 40
	line, rest, _ := strings.Cut(s, "\n")
	if r := []rune(line); len(r) > most {
		return string(r[:most]) + "…"
	}
	if rest != "" {
		return line + " …"
	}
	return line
}

func (c *cli) orgShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show [CODE|ID]",
		Short:   "show an organization: members, seats, invitations",
		Long:    "Show one organization, without a name the chosen one.",
		Example: "muster org show ACME\nmuster org show --json",
		Args:    takes("[CODE|ID]"),
		RunE: action(func(ctx context.Context, args []string) error {
			if len(args) == 0 {
				v, err := c.orgView(ctx)
				if err != nil {
					return err
				}
				return c.showOrg(v)
			}
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			ref, err := named(ctx, s, a, args[0])
			if err != nil {
				return err
			}
			v, err := s.Organization(ctx, a, ref)
			if err != nil {
				return err
			}
			return c.showOrg(v)
		}),
	}
}

func (c *cli) showOrg(v models.OrgView) error {
	return c.emit(v, func() error {
		role := ""
		if v.Role != "" {
			role = v.Given().Label()
		}
		if v.Flat && v.Effective != v.Role {
			role += ", an admin in effect under this plan"
		}
		if v.SiteAdmin {
			role = strings.TrimPrefix(role+", site admin", ", ")
		}
		seats := strconv.Itoa(v.Seats.Used)
		if v.Seats.Max > 0 {
			seats += " of " + strconv.Itoa(v.Seats.Max)
		}
		members := count(v.Members.Active, "active", "active")
		if v.Members.Suspended > 0 {
			members += ", " + count(v.Members.Suspended, "suspended", "suspended")
		}
		var invites []string
		for _, st := range models.InvitationStates() {
			if n := v.Invites[st]; n > 0 {
				invites = append(invites, strconv.Itoa(n)+" "+string(st))
			}
		}
		workspaces := ""
		if v.Workspaces != nil {
			workspaces = strconv.Itoa(v.Workspaces.Used)
			if v.Workspaces.Max > 0 {
				workspaces += " of " + strconv.Itoa(v.Workspaces.Max)
			}
		}
		waits := ""
		if v.Unpaid {
			waits = "a payment method, before anybody can be invited"
		}
		return c.facts("name", v.Name, "code", v.Code, "id", v.ID, "kind", string(v.Kind),
			"description", v.Description, "message of the day", v.MOTD, "plan", v.Plan, "waits for", waits,
			"your role", role, "members", members, "seats", seats, "workspaces", workspaces,
			"invitations", strings.Join(invites, ", "),
			"who may invite", string(v.Settings.InvitePolicy), "primary owner", v.PrimaryEmail,
			"nominations", strings.Join(c.nominations(v.Transfers), "\n"), "created", c.at(v.CreatedAt))
	})
}

// nominations are pending nominations in words.
func (c *cli) nominations(list []models.Transfer) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = x.NomineeEmail + " to follow " + x.FromEmail + ", until " + c.at(x.ExpiresAt) + " (" + x.ID + ")"
	}
	return out
}

func (c *cli) orgCreate() *cobra.Command {
	var n store.NewOrganization
	cmd := &cobra.Command{
		Use:   "create --name NAME [--code CODE]",
		Short: "create an organization and become its owner",
		Long: `Create a shared organization. You become its owner, and it is the one you work
in from then on. Without --code the code is made from the name.`,
		Example: `muster org create --name "Acme Corporation" --code ACME`,
		Args:    takes(),
	}
	cmd.Flags().StringVar(&n.Name, "name", "", "what people call it")
	cmd.Flags().StringVar(&n.Code, "code", "", "short and unique, for ssh CODE@host and --org")
	cmd.Flags().StringVar(&n.Description, "description", "", "a line or two about it")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		if err := need(cmd, "name"); err != nil {
			return err
		}
		if !cmd.Flags().Changed("code") {
			n.Code = models.CodeFrom(n.Name)
		}
		s, a, err := c.signedIn(ctx)
		if err != nil {
			return err
		}
		v, err := s.CreateOrganization(ctx, a, n)
		if err != nil {
			return err
		}
		return c.emit(v, func() error {
			if err := c.say("created %s (%s), %s", v.Name, v.Code, v.ID); err != nil {
				return err
			}
			c.noteNext(v)
			return nil
		})
	})
	return cmd
}

// noteNext says what to do with a new organization.
func (c *cli) noteNext(v models.OrgView) {
	if v.Unpaid {
		c.note("before anybody can be invited it needs a payment method: muster settings set %s=LABEL", models.SetPayment)
		return
	}
	c.note("invite somebody: muster invite create --email EMAIL --role member")
}

func (c *cli) orgUpdate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "update [CODE|ID]",
		Short: "change name, code, description, colour, badge or message of the day",
		Long: `Change an organization, without a name the chosen one. What is left out stays
as it is. The same values are settings of the section general.`,
		Example: `muster org update ACME --name "Acme Ltd" --accent cyan`,
		Args:    takes("[CODE|ID]"),
	}
	flags := []struct{ name, key, help string }{
		{"name", models.SetName, "what people call it"},
		{"code", models.SetCode, "short and unique"},
		{"description", models.SetDescription, "a line or two about it"},
		{"accent", models.SetAccent, "colour of the frame: " + strings.Join(models.Accents(), ", ")},
		{"badge", models.SetBadge, "up to 4 characters beside the name"},
		{"motd", models.SetMOTD, "message of the day"},
	}
	for _, f := range flags {
		cmd.Flags().String(f.name, "", f.help)
	}
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		var changes []models.SettingChange
		for _, f := range flags {
			if fl := cmd.Flags().Lookup(f.name); fl.Changed {
				changes = append(changes, models.SettingChange{Key: f.key, Value: fl.Value.String()})
			}
		}
		if len(changes) == 0 {
			return usage("nothing to change").WithHint("usage: %s --name NAME", useLine(cmd))
		}
		if len(args) == 1 {
			c.org = args[0]
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		if _, err := s.UpdateSettings(ctx, a, org.ID, changes, false); err != nil {
			return err
		}
		v, err := s.Organization(ctx, a, org.ID)
		if err != nil {
			return err
		}
		return c.showOrg(v)
	})
	return cmd
}

func (c *cli) orgRequest() *cobra.Command {
	r := store.JoinRequest{}
	cmd := &cobra.Command{
		Use:     "request CODE",
		Short:   "ask to join an organization",
		Long:    "Ask to join an organization that allows it. Its owners and admins decide.",
		Example: `muster org request ACME --message "I work in the Berlin team"`,
		Args:    takes("CODE"),
	}
	cmd.Flags().StringVar(&r.Message, "message", "", "a word to those who decide")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		s, a, err := c.signedIn(ctx)
		if err != nil {
			return err
		}
		r.OrgCode = args[0]
		return c.askToJoin(ctx, s, a, r)
	})
	return cmd
}

// askToJoin answers the same whatever exists, so that it tells nobody who is
// a member.
func (c *cli) askToJoin(ctx context.Context, s *store.Store, a models.Actor, r store.JoinRequest) error {
	if err := s.RequestToJoin(ctx, a, r); err != nil {
		return err
	}
	return c.emit(map[string]string{"id": r.OrgCode, "status": string(models.StateRequested)}, func() error {
		return c.say("if %s takes requests, its owners and admins will decide on yours", r.OrgCode)
	})
}

func (c *cli) switchCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "switch CODE|ID|personal",
		Short: "choose the organization that commands and the app work in",
		Long: `Choose an organization. It is remembered for you, in the app and in commands,
here and over SSH.`,
		Example: "muster switch ACME\nmuster switch personal",
		Args:    takes("CODE|ID"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			ref, err := named(ctx, s, a, args[0])
			if err != nil {
				return err
			}
			v, err := s.SwitchOrganization(ctx, a, ref)
			if err != nil {
				return err
			}
			return c.emit(v, func() error { return c.say("now in %s (%s)", v.Name, v.Code) })
		}),
	}
}
