package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster/models"
	"muster/store"
)

func (c *cli) orgCommand() *cobra.Command {
	return group("org", "create, show and change organizations",
		c.orgList(), c.orgShow(), c.orgCreate(), c.orgUpdate(), c.orgRequest())
}

func (c *cli) orgList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "list your organizations and the invitations that wait for you",
		Long: `List what the switcher shows: your personal workspace, the organizations you
own, those you joined, and invitations that wait for your answer. The one you
chose last is marked with *.`,
		Example: "muster org list\nmuster org list --json",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
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
					if o.Waiting > 0 {
						waiting = count(o.Waiting, "request to decide", "requests to decide")
					}
					if o.Relation == models.RelInvited {
						waiting = "answer: muster invite accept " + o.InvitationID
					}
					if o.Barrier != "" {
						waiting = o.BarrierText
					}
					rows[i] = []string{mark, o.Code, o.Name, string(o.Relation), string(o.Role), waiting}
				}
				return c.table([]string{"", "CODE", "NAME", "YOURS AS", "ROLE", "WAITING"}, rows, "", "you belong to no organization")
			})
		}),
	}
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
				_, _, v, err := c.inOrg(ctx)
				if err != nil {
					return err
				}
				return c.showOrg(v)
			}
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			v, err := findOrg(ctx, s, a, args[0])
			if err != nil {
				return err
			}
			return c.showOrg(v)
		}),
	}
}

func (c *cli) showOrg(v models.OrgView) error {
	return c.emit(v, func() error {
		role := string(v.Role)
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
		return c.facts("name", v.Name, "code", v.Code, "id", v.ID, "kind", string(v.Kind),
			"description", v.Description, "message of the day", v.MOTD, "plan", v.Plan,
			"your role", role, "members", members, "seats", seats,
			"invitations", strings.Join(invites, ", "),
			"who may invite", string(v.Settings.InvitePolicy), "created", c.at(v.CreatedAt))
	})
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
			c.note("invite somebody: muster invite create --email EMAIL --role member")
			return nil
		})
	})
	return cmd
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
		s, a, v, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		if _, err := s.UpdateSettings(ctx, a, v.ID, changes, false); err != nil {
			return err
		}
		if v, err = s.Organization(ctx, a, v.ID); err != nil {
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
			v, err := findOrg(ctx, s, a, args[0])
			if err != nil {
				return err
			}
			if v, err = s.SwitchOrganization(ctx, a, v.ID); err != nil {
				return err
			}
			return c.emit(v, func() error { return c.say("now in %s (%s)", v.Name, v.Code) })
		}),
	}
}
