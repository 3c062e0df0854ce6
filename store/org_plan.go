package store

import (
	"context"

	"muster/models"
)

// plan gives a plan by its name. One that the configuration no longer has keeps
// its name and has no features; seatFree lets nobody in under it.
func (s *Store) plan(name string) models.Plan {
	p, ok := s.plans[name]
	if !ok {
		p.Name = name
	}
	return p
}

// usage counts what an organization uses of its plan. Invitations that ran out
// use nothing.
func (t *tx) usage(ctx context.Context, o *org) (u models.Usage, err error) {
	members, err := t.memberCounts(ctx, o.ID)
	if err != nil {
		return u, err
	}
	invites, err := t.invitationCounts(ctx, o.ID)
	if err != nil {
		return u, err
	}
	u.Members, u.Pending = members.Active, invites[models.StatePending]
	use, err := t.workspaceUse(ctx, o)
	if err != nil {
		return u, err
	}
	u.Workspaces = use.Used
	if err := t.row(ctx, "SELECT count(*) FROM service_accounts WHERE org_id = $1", o.ID).Scan(&u.Services); err != nil {
		return u, err
	}
	open := `FROM (SELECT org_id, invitation_id, role_id FROM invitation_roles WHERE org_id = $1 AND role_id <> ''
			UNION ALL SELECT org_id, invitation_id, custom_role FROM invitation_workspaces WHERE org_id = $1 AND custom_role <> '') ir
		JOIN invitations i ON i.id = ir.invitation_id
		WHERE ir.org_id = $1 AND ` + openInvitation(2)
	err = t.row(ctx, `SELECT
		(SELECT count(*) FROM custom_roles r WHERE r.org_id = $1 AND (r.members > 0 OR EXISTS (SELECT 1 `+open+` AND ir.role_id = r.id))),
		(SELECT coalesce(sum(r.members), 0) FROM custom_roles r WHERE r.org_id = $1) + (SELECT count(*) `+open+`)`,
		o.ID, micros(t.now)).Scan(&u.CustomRoles, &u.RoleHolders)
	return u, err
}

// Plans lists the plans of the installation for everybody in the organization,
// the smallest first. Refused says why the actor cannot set one now.
func (s *Store) Plans(ctx context.Context, a models.Actor, orgID string) (list []models.PlanView, err error) {
	err = s.view(ctx, a, event{"plan.list", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		u, err := t.usage(ctx, o)
		if err != nil {
			return err
		}
		for _, name := range s.plans.Names() {
			v := models.PlanView{Plan: s.plans[name], Current: name == o.Plan}
			if !v.Current {
				v.ReadOnly = o.hint(func() error { return t.mayChangePlan(o, v.Plan, u) })
			}
			list = append(list, v)
		}
		return nil
	})
	return list, err
}

func (t *tx) mayChangePlan(o *org, to models.Plan, u models.Usage) error {
	return t.allow(o, func(a models.Access) error { return a.CheckPlanChange(to, u, t.s.opt.SelfServicePlans) })
}

// PlanPreview says what another plan would bring, or with an empty name what the
// present one is used for, for everybody in the organization.
func (s *Store) PlanPreview(ctx context.Context, a models.Actor, orgID, name string) (c models.PlanChange, err error) {
	err = s.view(ctx, a, event{"plan.show", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		if name == "" {
			name = o.Plan
		}
		c, err = t.planChange(ctx, o, name)
		return err
	})
	return c, err
}

func (t *tx) planChange(ctx context.Context, o *org, name string) (c models.PlanChange, err error) {
	to := o.plan
	if name != o.Plan {
		if to, err = t.s.plans.Find(name, o.Kind); err != nil {
			return c, err
		}
	}
	u, err := t.usage(ctx, o)
	if err != nil {
		return c, err
	}
	roles, err := t.memberCounts(ctx, o.ID)
	if err != nil {
		return c, err
	}
	c = models.NewPlanChange(o.plan, to, u, roles.ByRole)
	if to.Name != o.Plan {
		c.ReadOnly = o.hint(func() error { return t.mayChangePlan(o, to, u) })
	}
	return c, nil
}

// SetPlan gives an organization another plan: site admins any, owners where the
// installation has self-service. What is in use must fit: lowering below it is
// CodeLimit with the numbers, and nobody is ever dropped.
func (s *Store) SetPlan(ctx context.Context, a models.Actor, orgID, name string) (c models.PlanChange, err error) {
	err = s.change(ctx, a, event{"plan.set", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		did := t.found("organization", o.ID, o.Code)
		if err := t.mayChoosePlan(o); err != nil {
			return err
		}
		to, err := s.plans.Find(name, o.Kind)
		if err != nil {
			return err
		}
		if c, err = t.planChange(ctx, o, to.Name); err != nil {
			return err
		}
		if to.Name == o.Plan {
			return nil
		}
		if err := t.mayChangePlan(o, to, c.Usage); err != nil {
			return err
		}
		if err := t.storeSetting(ctx, o, models.SetPlan, to.Name); err != nil {
			return err
		}
		if err := t.log(ctx, o.entry(did, fields{"plan": o.Plan}, fields{"plan": to.Name})); err != nil {
			return err
		}
		if err := t.endFlatRoles(ctx, o, o.plan, to); err != nil {
			return err
		}
		return t.reviewSponsors(ctx, o, "")
	})
	return c, err
}

// planSetting is the plan as one of the organization's settings.
var planSetting = settingRules{
	column:  "plan",
	value:   func(o *org) string { return o.Plan },
	choices: func(t *tx, o *org) []string { return t.s.plans.For(o.Kind) },
	whoMay: func(t *tx) string {
		if t.s.opt.SelfServicePlans {
			return ""
		}
		return "site admins"
	},
	may: func(t *tx, o *org) error { return t.mayChoosePlan(o) },
	check: func(ctx context.Context, t *tx, o *org, value string) (string, error) {
		to, err := t.s.plans.Find(value, o.Kind)
		if err != nil {
			return "", err
		}
		u, err := t.usage(ctx, o)
		if err != nil {
			return "", err
		}
		return to.Name, t.mayChangePlan(o, to, u)
	},
}

func (t *tx) mayChoosePlan(o *org) error {
	return t.allow(o, func(a models.Access) error { return a.CheckChoosePlan(t.s.opt.SelfServicePlans) })
}

// checkSeatLimit refuses a limit below the seats in use.
func checkSeatLimit(ctx context.Context, t *tx, o *org, value string) (string, error) {
	u, err := t.usage(ctx, o)
	if err != nil {
		return "", err
	}
	limit := models.SeatsOf(models.Plan{}, u.Seats(), map[string]string{models.SetSeatLimit: value})
	return value, limit.CheckLimit(u)
}
