package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/output"
	"muster/models"
)

func (c *cli) memberCommand() *cobra.Command {
	return group("member", "list members, change roles, remove, leave",
		c.memberList(), c.memberShow(), c.memberRole(), c.memberSuspend(), c.memberReactivate(), c.memberEnd(),
		c.memberRemove(), c.memberFormer(), c.memberRestore(), c.memberLeave())
}

func (c *cli) memberList() *cobra.Command {
	var q models.MemberQuery
	var role, status, sort, inactive string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "list members, with search, filters and sorting",
		Long:    "List the members of the organization, a page at a time.",
		Example: "muster member list --search ada --role admin --sort -joined\nmuster member list --inactive 30d --status active\nmuster member list --json --limit 500",
		Args:    takes(),
	}
	f := cmd.Flags()
	f.StringVar(&q.Search, "search", "", "part of an address, a name or a handle")
	f.StringVar(&role, "role", "", "only this role: owner, admin, member, viewer or a custom role by name or id")
	f.StringVar(&status, "status", "", "only active or suspended members")
	f.StringVar(&sort, "sort", "", "column to sort by: email, name, role, status, joined or last_seen; with - in front reversed")
	f.StringVar(&inactive, "inactive", "", "only who was not seen for this long, like 30d")
	c.pageFlags(cmd, &q.Limit, &q.After)
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		var err error
		if inactive != "" {
			span, err := models.ParseSpan("inactive", inactive)
			if err != nil {
				return err
			}
			q.InactiveSince = c.env.Now().Add(-span)
		}
		if role != "" {
			if q.Role, err = givenRole(role); err != nil {
				return err
			}
		}
		if q.Status, err = parseMemberStatus(status); err != nil {
			return err
		}
		if q.Sort, q.Reverse, err = models.ParseMemberSort(sort); err != nil {
			return err
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		page, err := s.ListMembers(ctx, a, org.ID, q)
		if err != nil {
			return err
		}
		return c.emit(listOf(page.Items, page.Next), func() error {
			rows := make([][]string, len(page.Items))
			for i, m := range page.Items {
				rows[i] = []string{m.Email, m.Name, m.Given().Label(), c.memberState(m), c.date(m.JoinedAt), c.agoOr(m.LastSeenAt, "never"), m.InvitedBy}
			}
			return c.table([]string{"EMAIL", "NAME", "ROLE", "STATUS", "JOINED", "LAST SEEN", "INVITED BY"}, rows, page.Next, "no member fits")
		})
	})
	return cmd
}

func (c *cli) pageFlags(cmd *cobra.Command, limit *int, after *string) {
	cmd.Flags().IntVar(limit, "limit", 0, fmt.Sprintf("at most this many, up to %d (default %d)", models.MaxLimit, models.DefaultLimit))
	cmd.Flags().StringVar(after, "after", "", "go on after a page: its next value")
}

func parseMemberStatus(s string) (models.MemberStatus, error) {
	switch st := models.MemberStatus(strings.ToLower(s)); st {
	case "", models.MemberActive, models.MemberSuspended:
		return st, nil
	}
	return "", models.Invalid("status", "status %q is not one of active, suspended", s)
}

func (c *cli) memberShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show USER",
		Short:   "show a member",
		Long:    "Show one member. USER is an id, an address or a handle.",
		Example: "muster member show bob@example.com",
		Args:    takes("USER"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			m, err := s.Member(ctx, a, org.ID, args[0])
			if err != nil {
				return err
			}
			return c.emit(m, func() error {
				return c.facts("email", m.Email, "name", m.Name, "handle", m.Handle, "id", m.ID, "role", m.Given().Label(),
					"status", c.memberState(m), "suspended", c.suspension(m.SuspendedAt, m.SuspendedBy, m.SuspendReason),
					"primary owner", yes(m.Primary), "ends", c.atOr(m.EndsAt, ""), "joined", c.at(m.JoinedAt), "last seen", c.atOr(m.LastSeenAt, "never"),
					"invited by", m.InvitedBy)
			})
		}),
	}
}

func (c *cli) memberRole() *cobra.Command {
	return &cobra.Command{
		Use:   "role USER ROLE",
		Short: "change a member's role",
		Long: `Change a member's role to owner, admin, member, viewer or a custom role, by name
or id. Nobody gives a role above their own, only owners touch owners, and the last owner stays one.`,
		Example: "muster member role bob@example.com admin",
		Args:    takes("USER", "ROLE"),
		RunE: action(func(ctx context.Context, args []string) error {
			role, err := givenRole(args[1])
			if err != nil {
				return err
			}
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			m, err := s.ChangeRole(ctx, a, org.ID, args[0], role)
			if err != nil {
				return err
			}
			return c.emit(m, func() error { return c.say("%s is now %s", m.Email, m.Given().Label()) })
		}),
	}
}

// removal is the answer of removing a member, and of the dry run.
type removal struct {
	ID      string `json:"id"`
	DryRun  bool   `json:"dry_run"`
	Removed bool   `json:"removed"`
	models.Consequences
}

func (c *cli) memberRemove() *cobra.Command {
	var dry, yes bool
	cmd := &cobra.Command{
		Use:   "remove USER",
		Short: "remove a member, or show what that brings about",
		Long: `Remove a member. It takes effect at once: open sessions leave the organization,
and invitations they sent are revoked. The consequences are shown first, and on a
terminal the command asks; anywhere else it wants --yes.`,
		Example: "muster member remove bob@example.com --dry-run\nmuster member remove bob@example.com --yes",
		Args:    takes("USER"),
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only show the consequences")
	cmd.Flags().BoolVar(&yes, "yes", false, "do it without asking")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		if err := c.mayAsk(cmd, yes || dry); err != nil {
			return err
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		cons, err := s.RemovalConsequences(ctx, a, org.ID, args[0])
		if err != nil {
			return err
		}
		if dry {
			return c.emit(removal{cons.Member.ID, true, false, cons}, func() error {
				return c.sayConsequences(c.env.Out, org, cons)
			})
		}
		if !yes {
			if err := c.sayConsequences(c.env.Err, org, cons); err != nil {
				return err
			}
			if err := c.confirm("remove " + cons.Member.Email + "?"); err != nil {
				return err
			}
		}
		// By id: what was shown is who is removed.
		if cons, err = s.RemoveMember(ctx, a, org.ID, cons.Member.ID); err != nil {
			return err
		}
		return c.emit(removal{cons.Member.ID, false, true, cons}, func() error {
			return c.say("removed %s from %s", cons.Member.Email, org.Code)
		})
	})
	return cmd
}

func (c *cli) sayConsequences(w io.Writer, org models.Organization, cons models.Consequences) error {
	m := cons.Member
	lines := [][]string{
		{"  " + count(cons.Sessions, "open session leaves it", "open sessions leave it")},
		{"  " + count(cons.InvitationsRevoked, "invitation they sent is revoked", "invitations they sent are revoked")},
		{"  " + count(cons.RequestsWithdrawn, "proposal of theirs is withdrawn", "proposals of theirs are withdrawn")},
		{"  " + count(cons.LinksRevoked, "join link of theirs ends", "join links of theirs end")},
		{"  they stay in " + count(cons.OrganizationsRemain, "other organization", "other organizations")},
	}
	if len(cons.Workspaces) > 0 {
		lines = append(lines, []string{"  they lose the workspaces " + sayPlaces(cons.Workspaces)})
	}
	return output.Table(w, []string{fmt.Sprintf("removing %s (%s, %s) from %s:", m.Email, m.Name, m.Given().Label(), org.Code)}, lines)
}

func (c *cli) memberLeave() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "leave",
		Short: "leave the organization",
		Long: `Leave the organization at once. Invitations you sent are revoked. On a terminal
the command asks first. The last owner cannot leave.`,
		Example: "muster member leave --org ACME",
		Args:    takes(),
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do it without asking")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		if c.env.Terminal && !yes {
			if err := c.confirm("leave " + org.Name + "?"); err != nil {
				return err
			}
		}
		if err := s.Leave(ctx, a, org.ID); err != nil {
			return err
		}
		return c.emit(map[string]any{"id": org.ID, "left": true}, func() error { return c.say("you left %s", org.Code) })
	})
	return cmd
}

// mayAsk refuses a command that would have to ask where nobody sits.
func (c *cli) mayAsk(cmd *cobra.Command, agreed bool) error {
	if agreed || c.env.Terminal {
		return nil
	}
	e := usage("%s asks before it acts, and there is no terminal to ask on", cmd.CommandPath())
	if cmd.Flags().Lookup("dry-run") != nil {
		return e.WithHint("add --yes to go ahead, or --dry-run to see the consequences")
	}
	return e.WithHint("add --yes to go ahead")
}

// ask asks for a line on the terminal.
func (c *cli) ask(question string) (string, error) {
	if _, err := io.WriteString(c.env.Err, output.Safe(question)+" "); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(io.LimitReader(c.env.In, maxAnswer)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", err
	}
	return strings.TrimSpace(line), nil
}

// maxAnswer is longer than any address.
const maxAnswer = 300

// confirm asks on the terminal. Anything but a yes is a refusal.
func (c *cli) confirm(question string) error {
	line, err := c.ask(question + " [y/N]")
	if err != nil {
		return err
	}
	switch strings.ToLower(line) {
	case "y", "yes":
		return nil
	}
	return usage("not confirmed, nothing was done")
}
