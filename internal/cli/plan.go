package cli

import (
	"fmt"
	"strconv"
	"strings"

	"muster/internal/op"
	"muster/models"
)

func planWords() map[string]words {
	return map[string]words{
		"plan.list": shows(func(c *cli, page op.List[op.Plan]) error {
			rows := make([][]string, len(page.Items))
			for i, v := range page.Items {
				mark := ""
				if v.Current {
					mark = "*"
				}
				rows[i] = []string{mark, v.Name, limit(v.Seats, ""), limit(v.WorkspaceLimit(), ""), limit(v.Credits, ""), v.Price, features(v.Features), v.ReadOnly}
			}
			return c.table([]string{"", "PLAN", "SEATS", "WORKSPACES", "CREDITS A MONTH", "PRICE", "FEATURES", "WHY NOT"}, rows, "", "there are no plans")
		}),
		"plan.show": shows((*cli).showPlan),
		"plan.set.preview": shows(func(c *cli, ch op.PlanChange) error {
			return c.sayPlanChange(fmt.Sprintf("from %s to %s, for %s:", ch.From.Name, ch.To.Name, c.hereInFull()), ch)
		}),
		"plan.set": shows(func(c *cli, ch op.PlanChange) error {
			return c.sayPlanChange(fmt.Sprintf("%s now has the plan %s", c.hereInFull(), ch.To.Name), ch)
		}),
	}
}

func limit(n int, unit string) string {
	if n == 0 {
		return "no limit"
	}
	return strings.TrimSpace(strconv.Itoa(n) + " " + unit)
}

func features(list []models.Feature) string {
	words := make([]string, len(list))
	for i, f := range list {
		words[i] = f.Label()
	}
	return strings.Join(words, ", ")
}

func (c *cli) showPlan(p op.PlanUse) error {
	seats := limit(p.Seats.Max, "")
	if p.Seats.Limited {
		seats += " (limited by the owners)"
	}
	return c.facts("plan", p.Name, "price", p.Price, "features", features(p.Features), "seats", fmt.Sprintf("%s, in use %d: %s, %s", seats, p.Usage.Seats(),
		count(p.Usage.Members, "active member", "active members"), count(p.Usage.Pending, "pending invitation", "pending invitations")),
		"workspaces", limit(p.Workspaces, ""), "credits", limit(p.Credits, "a month"),
		"custom roles", strconv.Itoa(p.Usage.CustomRoles)+" in use", "needs", waitsFor(p.Unpaid))
}

func (c *cli) sayPlanChange(first string, ch op.PlanChange) error {
	if err := c.say("%s", first); err != nil {
		return err
	}
	return c.facts("  refused", ch.ReadOnly, "  gains", features(ch.Gains), "  loses", features(ch.Loses), "  notice", strings.Join(ch.Effects, "\n"))
}
