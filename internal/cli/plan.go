package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster/models"
)

func (c *cli) planCommand() *cobra.Command {
	return group("plan", "the plans there are, and that of an organization", c.planList(), c.planShow(), c.planSet())
}

// plan is a plan in JSON: its name is its id.
type plan struct {
	ID string `json:"id"`
	models.PlanView
}

func limit(n int, unit string) string {
	if n == 0 {
		return "no limit"
	}
	return strings.TrimSpace(strconv.Itoa(n) + " " + unit)
}

func features(p models.Plan) string {
	words := make([]string, len(p.Features))
	for i, f := range p.Features {
		words[i] = f.Label()
	}
	return strings.Join(words, ", ")
}

func (c *cli) planList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "list the plans, and which the organization could have",
		Long: `List the plans of this installation. The one of the organization is marked with *.
Plans are defined in the configuration.`,
		Example: "muster plan list\nmuster plan list --json",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			views, err := s.Plans(ctx, a, org.ID)
			if err != nil {
				return err
			}
			items := make([]plan, len(views))
			rows := make([][]string, len(views))
			for i, v := range views {
				items[i] = plan{v.Name, v}
				mark := ""
				if v.Current {
					mark = "*"
				}
				rows[i] = []string{mark, v.Name, limit(v.Seats, ""), limit(v.WorkspaceLimit(), ""), limit(v.Credits, ""), v.Price, features(v.Plan), v.ReadOnly}
			}
			return c.emit(listOf(items, ""), func() error {
				return c.table([]string{"", "PLAN", "SEATS", "WORKSPACES", "CREDITS A MONTH", "PRICE", "FEATURES", "WHY NOT"}, rows, "", "there are no plans")
			})
		}),
	}
}

// planUse is an organization's plan with what it uses of it.
type planUse struct {
	ID string `json:"id"`
	models.Plan
	Usage models.Usage `json:"usage"`
	Seats models.Seats `json:"seats_in_use"`
}

func (c *cli) planShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "show the plan of the organization and what is used of it",
		Long: `Show the plan of the organization, what it allows and what of it is in use. The
payment method is among the settings: muster settings get billing.`,
		Example: "muster plan show --org ACME",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			v, err := s.Organization(ctx, a, org.ID)
			if err != nil {
				return err
			}
			p, err := s.PlanPreview(ctx, a, org.ID, "")
			if err != nil {
				return err
			}
			return c.emit(planUse{p.From.Name, p.From, p.Usage, v.Seats}, func() error {
				seats := limit(v.Seats.Max, "")
				if v.Seats.Limited {
					seats += " (as the owners limit it)"
				}
				waits := ""
				if v.Unpaid {
					waits = "a payment method, before anybody can be invited"
				}
				return c.facts("plan", p.From.Name, "price", p.From.Price, "features", features(p.From), "seats", fmt.Sprintf("%s, in use %d: %s, %s", seats, p.Usage.Seats(),
					count(p.Usage.Members, "active member", "active members"), count(p.Usage.Pending, "pending invitation", "pending invitations")),
					"workspaces", limit(p.From.Workspaces, ""), "credits", limit(p.From.Credits, "a month"),
					"custom roles", strconv.Itoa(p.Usage.CustomRoles)+" in use", "waits for", waits)
			})
		}),
	}
}

func (c *cli) planSet() *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use:   "set PLAN",
		Short: "give the organization another plan",
		Long: `Give the organization another plan: site admins any, owners where the installation
lets them. What is in use must fit: nobody is dropped by a change of plan, it is
refused with the numbers. --dry-run only shows what it would bring.`,
		Example: "muster plan set enterprise --org ACME\nmuster plan set team --dry-run",
		Args:    takes("PLAN"),
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only show what it would bring")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		do := s.SetPlan
		if dry {
			do = s.PlanPreview
		}
		ch, err := do(ctx, a, org.ID, args[0])
		if err != nil {
			return err
		}
		return c.emit(planChange{org.ID, dry, ch}, func() error {
			first := fmt.Sprintf("%s now has the plan %s", org.Code, ch.To.Name)
			if dry {
				first = fmt.Sprintf("from %s to %s, for %s:", ch.From.Name, ch.To.Name, org.Code)
			}
			if err := c.say("%s", first); err != nil {
				return err
			}
			return c.sayPlanChange(ch)
		})
	})
	return cmd
}

// planChange is the answer of setting a plan, and of the dry run.
type planChange struct {
	ID     string `json:"id"`
	DryRun bool   `json:"dry_run"`
	models.PlanChange
}

func (c *cli) sayPlanChange(ch models.PlanChange) error {
	words := func(fs []models.Feature) string {
		return features(models.Plan{Features: fs})
	}
	return c.facts("  refused", ch.ReadOnly, "  gains", words(ch.Gains), "  loses", words(ch.Loses), "  notice", strings.Join(ch.Effects, "\n"))
}
