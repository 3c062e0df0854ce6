package store

import (
	"context"
	"slices"

	"muster/models"
)

// usualPlan is the plan of a shared organization for which nobody chose one.
const usualPlan = models.PlanTeam

// plansToCreate are the plans on which the actor may make a shared organization
// at this moment, the smallest first. Where there is none, why is the refusal for
// the usual one.
func (t *tx) plansToCreate(ctx context.Context) (list []models.Plan, why, err error) {
	for _, name := range t.s.plans.For(models.KindShared) {
		err := t.mayCreate(ctx, t.s.plans[name])
		switch {
		case err == nil:
			list = append(list, t.s.plans[name])
		case refused(err) == nil:
			return nil, nil, err
		case why == nil || name == usualPlan:
			why = err
		}
	}
	if len(list) > 0 {
		why = nil
	}
	return list, why, nil
}

// planAtCreation finds the plan that somebody chose for a new organization; the
// usual one where they chose none.
func (t *tx) planAtCreation(name string) (models.Plan, error) {
	if name == "" {
		name = usualPlan
	}
	return t.s.plans.Find(name, models.KindShared)
}

// mayCreate asks whether the actor may make a shared organization on a plan.
func (t *tx) mayCreate(ctx context.Context, to models.Plan) error {
	if err := models.CheckPlanAtCreation(t.user, to, usualPlan, t.s.opt.SelfServicePlans); err != nil {
		return err
	}
	if t.user.SiteAdmin {
		return nil
	}
	switch t.s.opt.WhoMayCreate {
	case CreateSiteAdmins:
		return models.Errorf(models.CodeDenied, "only site admins may create organizations here").WithHint("ask a site admin")
	case CreatePlan:
		own, err := t.ownPlanCreates(ctx)
		if err != nil {
			return err
		}
		creating := slices.DeleteFunc(t.s.plans.For(models.KindShared), func(n string) bool { return !t.s.plans[n].Has(models.FeatureOrgSettings) })
		if err := models.CheckPlanCreates(to, own, t.s.opt.SelfServicePlans, creating); err != nil {
			return err
		}
	}
	return t.belongToMore(ctx, t.user)
}

// ownPlanCreates tells whether the actor is under a plan that lets them create
// organizations.
func (t *tx) ownPlanCreates(ctx context.Context) (bool, error) {
	plans, err := collect(ctx, t, scanString, `SELECT DISTINCT o.plan FROM organizations o JOIN memberships m ON m.org_id = o.id
		WHERE m.user_id = $1 AND m.status = 'active' AND `+inForce("m", 2)+` AND o.deleted_at = 0`, t.user.ID, micros(t.now))
	return slices.ContainsFunc(plans, func(p string) bool { return t.s.plan(p).Has(models.FeatureOrgSettings) }), err
}

// belongToMore refuses somebody one more shared organization than the
// installation allows each user. Who has no account yet is in none.
func (t *tx) belongToMore(ctx context.Context, u models.User) error {
	limit := t.s.opt.OrganizationsPerUser
	if limit == 0 || u.ID == "" {
		return nil
	}
	var in int
	if err := t.row(ctx, `SELECT count(*) FROM memberships m JOIN organizations o ON o.id = m.org_id
		WHERE m.user_id = $1 AND m.shared = 1 AND `+inForce("m", 2)+` AND o.deleted_at = 0`, u.ID, micros(t.now)).Scan(&in); err != nil {
		return err
	}
	return models.CheckBelongToMore(u, in, limit, u.ID == t.user.ID)
}
