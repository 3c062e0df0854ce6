package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"muster/models"
)

// memberState is the status of a member in a table, with what their account or
// an end adds to it.
func (c *cli) memberState(m models.Member) string {
	state := string(m.Status)
	if m.AccountStatus == models.UserSuspended {
		state += ", account suspended"
	}
	if m.EndsAt != nil {
		state += ", until " + c.date(m.EndsAt.Add(-time.Microsecond)) // the last day
	}
	return state
}

// suspension says since when, by whom and why; empty for who is not suspended.
func (c *cli) suspension(at *time.Time, by, reason string) string {
	if at == nil {
		return ""
	}
	text := c.at(*at) + " by " + by
	if reason != "" {
		text += ": " + reason
	}
	return text
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func (c *cli) memberSuspend() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "suspend USER [--reason TEXT]",
		Short: "keep a member out until reactivated",
		Long: `Suspend a member: they are out at once, with the reason, and come back with
` + "`member reactivate`" + ` as who they were. Their seat is free meanwhile. The last
owner cannot be suspended, nor oneself.`,
		Example: `muster member suspend bob@example.com --reason "on leave until May"`,
		Args:    takes("USER"),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why; they and the audit log are told")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		m, err := s.SuspendMember(ctx, a, org.ID, args[0], reason)
		if err != nil {
			return err
		}
		return c.emit(m, func() error { return c.say("suspended %s in %s", m.Email, org.Code) })
	})
	return cmd
}

func (c *cli) memberReactivate() *cobra.Command {
	return &cobra.Command{
		Use:     "reactivate USER",
		Short:   "end a suspension",
		Long:    "Let a suspended member in again. It needs a free seat.",
		Example: "muster member reactivate bob@example.com",
		Args:    takes("USER"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			m, err := s.ReactivateMember(ctx, a, org.ID, args[0])
			if err != nil {
				return err
			}
			return c.emit(m, func() error { return c.say("%s is active in %s again", m.Email, org.Code) })
		}),
	}
}

func (c *cli) memberEnd() *cobra.Command {
	var at string
	var never bool
	cmd := &cobra.Command{
		Use:   "end USER --at TIME|--never",
		Short: "set when a membership ends by itself, or that it does not",
		Long: `Set when a membership ends by itself: a date, whose day is the last one (in UTC),
a time like 2026-12-31T18:00:00Z, or a span from now like 30d. With --never it
has no end any more. One owner's membership never has an end.`,
		Example: "muster member end bob@example.com --at 2026-12-31\nmuster member end bob@example.com --never",
		Args:    takes("USER"),
	}
	cmd.Flags().StringVar(&at, "at", "", "when: 2026-12-31, 2026-12-31T18:00:00Z or 30d")
	cmd.Flags().BoolVar(&never, "never", false, "take the end away")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		if (at == "") == !never {
			return usage("either --at or --never is needed").WithHint("usage: %s", cmd.UseLine())
		}
		var end *time.Time
		if at != "" {
			t, err := models.ParseEnd("at", at, c.env.Now())
			if err != nil {
				return err
			}
			end = &t
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		m, err := s.SetMemberEnd(ctx, a, org.ID, args[0], end)
		if err != nil {
			return err
		}
		return c.emit(m, func() error {
			if m.EndsAt == nil {
				return c.say("the membership of %s in %s has no end", m.Email, org.Code)
			}
			return c.say("the membership of %s in %s ends %s", m.Email, org.Code, c.at(*m.EndsAt))
		})
	})
	return cmd
}

func (c *cli) memberFormer() *cobra.Command {
	var q models.FormerQuery
	cmd := &cobra.Command{
		Use:   "former",
		Short: "list who was removed or left in the last 30 days",
		Long: `List former members of the last 30 days, who went last first, and in what role
you could restore them.`,
		Example: "muster member former\nmuster member former --search bob --json",
		Args:    takes(),
	}
	cmd.Flags().StringVar(&q.Search, "search", "", "part of an address, a name or a handle")
	c.pageFlags(cmd, &q.Limit, &q.After)
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		page, err := s.FormerMembers(ctx, a, org.ID, q)
		if err != nil {
			return err
		}
		return c.emit(listOf(page.Items, page.Next), func() error {
			rows := make([][]string, len(page.Items))
			for i, f := range page.Items {
				by, as := f.RemovedBy, string(f.RestoreRole)
				switch {
				case f.Left:
					by = "left"
				case by == "":
					by = "ended by itself"
				}
				if f.WhyNot != "" {
					as = "no: " + f.WhyNot
				}
				rows[i] = []string{f.Email, f.Name, f.Given().Label(), c.ago(f.RemovedAt), by, as}
			}
			return c.table([]string{"EMAIL", "NAME", "ROLE", "REMOVED", "BY", "RESTORABLE AS"}, rows, page.Next, "nobody was removed in the last 30 days")
		})
	})
	return cmd
}

func (c *cli) memberRestore() *cobra.Command {
	return &cobra.Command{
		Use:   "restore USER",
		Short: "bring back who was removed in the last 30 days",
		Long: `Bring somebody back who was removed less than 30 days ago, in their former role
but none above yours. It needs a free seat. Who left of their own accord is
invited instead.`,
		Example: "muster member restore bob@example.com",
		Args:    takes("USER"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			m, err := s.RestoreMember(ctx, a, org.ID, args[0])
			if err != nil {
				return err
			}
			return c.emit(m, func() error {
				return c.say("%s is back in %s as %s", m.Email, org.Code, m.Role.Article())
			})
		}),
	}
}
