package op

import (
	"context"

	"muster/models"
)

func planRows() []*Row {
	return []*Row{
		row(Def[inOrg, List[Plan]]{
			Name: "plan.list", Does: "list the plans, and which the organization can have", Command: "plan list",
			Long: `List the plans of this installation. The one of the organization is marked with *.
Plans are defined in the configuration.`,
			Example: "muster plan list\nmuster plan list --json",
			Needs:   View, Route: "GET /v1/orgs/{org}/plans",
			Run: func(ctx context.Context, d Deps, a models.Actor, in inOrg) (List[Plan], error) {
				views, err := d.Store.Plans(ctx, a, in.Org)
				items := make([]Plan, len(views))
				for i, v := range views {
					items[i] = Plan{v.Name, v}
				}
				return listOf(items, ""), err
			},
		}),
		row(Def[inOrg, PlanUse]{
			Name: "plan.show", Does: "show the plan of the organization and its usage", Command: "plan show",
			Long: `Show the plan of the organization, what it allows and how much is in use. The payment
method is a setting: muster settings get billing.`,
			Example: "muster plan show --org ACME",
			Needs:   View, Route: "GET /v1/orgs/{org}/plan",
			Run: func(ctx context.Context, d Deps, a models.Actor, in inOrg) (PlanUse, error) {
				v, err := d.Store.Organization(ctx, a, in.Org)
				if err != nil {
					return PlanUse{}, err
				}
				p, err := d.Store.PlanPreview(ctx, a, in.Org, "")
				return PlanUse{p.From.Name, p.From, p.Usage, v.Seats, v.Unpaid}, err
			},
		}),
		row(Def[planSetIn, PlanChange]{
			Name: "plan.set.preview", Does: "preview another plan",
			Needs: Billing, Ask: "plan.change", Route: "GET /v1/orgs/{org}/plan/preview",
			Run: func(ctx context.Context, d Deps, a models.Actor, in planSetIn) (PlanChange, error) {
				ch, err := d.Store.PlanPreview(ctx, a, in.Org, in.Plan)
				return PlanChange{in.Org, true, ch}, err
			},
		}),
		row(Def[planSetIn, PlanChange]{
			Name: "plan.set", Does: "change the plan of the organization", Command: "plan set",
			Long: `Change the plan of the organization: site admins to any plan, owners where the
installation allows it. A plan that is too small for what is in use is refused with
the numbers; nobody is removed. --dry-run only shows a preview.`,
			Example: "muster plan set enterprise --org ACME\nmuster plan set team --dry-run",
			Needs:   Billing, Also: "where the installation allows it; site admins", Ask: "plan.change", Route: "PUT /v1/orgs/{org}/plan", Changes: true,
			Preview: "plan.set.preview",
			Run: func(ctx context.Context, d Deps, a models.Actor, in planSetIn) (PlanChange, error) {
				ch, err := d.Store.SetPlan(ctx, a, in.Org, in.Plan)
				return PlanChange{in.Org, false, ch}, err
			},
		}),
	}
}

type planSetIn struct {
	inOrg
	Plan string `query:"plan" body:"plan" arg:"PLAN" complete:"plan"`
}

// Plan is a plan that an organization could have. Its name is its id.
type Plan struct {
	ID string `json:"id"`
	models.PlanView
}

// PlanUse is an organization's plan with what it uses of it.
type PlanUse struct {
	ID string `json:"id"`
	models.Plan
	Usage  models.Usage `json:"usage"`
	Seats  models.Seats `json:"seats_in_use"`
	Unpaid bool         `json:"-"`
}

// PlanChange is what another plan brings, or brought.
type PlanChange struct {
	ID     string `json:"id"`
	DryRun bool   `json:"dry_run"`
	models.PlanChange
}
