package store

import (
	"context"
	"slices"
	"strings"

	"muster/models"
)

// This file holds what the configuration can take from whoever stands behind an
// invitation: plans come from a file, so that no transaction changes them.

// termsGone stands for a plan that the configuration no longer has.
const termsGone = "gone"

// terms is what of a plan decides what a sponsor may grant.
func (s *Store) terms(plan string) string {
	p, ok := s.plans[plan]
	if !ok {
		return termsGone
	}
	features := make([]string, len(p.Features))
	for i, f := range p.Features {
		features[i] = string(f)
	}
	slices.Sort(features)
	return termsOfFeatures + strings.Join(features, " ")
}

const termsOfFeatures = "features: "

// hadFlatRoles tells whether a plan had flat roles by what is remembered of it.
func hadFlatRoles(terms string) bool {
	return slices.Contains(strings.Fields(strings.TrimPrefix(terms, termsOfFeatures)), string(models.FeatureFlatRoles))
}

// reviewPlans is reviewSponsors where a plan means something else than when that
// was last asked: somebody has changed the configuration, and this process has
// just started with it. It costs one short query where nothing has changed.
func (s *Store) reviewPlans(ctx context.Context) error {
	known, err := s.pairs(ctx, "SELECT plan, terms FROM plan_terms")
	if err != nil {
		return err
	}
	for _, name := range s.plans.Names() {
		if _, ok := known[name]; !ok {
			known[name] = ""
		}
	}
	for name, before := range known {
		if before == s.terms(name) {
			continue
		}
		if hadFlatRoles(before) && !s.plan(name).Has(models.FeatureFlatRoles) {
			if err := s.endFlatPlan(ctx, name); err != nil {
				return err
			}
		}
		if err := s.reviewPlan(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// reviewPlan asks in each organization that has the plan, and remembers what it
// means once all are asked.
func (s *Store) reviewPlan(ctx context.Context, plan string) error {
	orgs, err := s.strings(ctx, `SELECT o.id FROM organizations o WHERE o.plan = $1 AND o.deleted_at = 0
		AND EXISTS (SELECT 1 FROM invitations i WHERE i.org_id = o.id AND i.state_order = `+statePending+") ORDER BY o.id", plan)
	if err != nil {
		return err
	}
	for _, id := range orgs {
		if err := s.asSystem(ctx, "", func(t *tx) error {
			return t.reviewSponsors(ctx, &org{Organization: models.Organization{ID: id}, as: models.AsSystem}, "")
		}); err != nil {
			return err
		}
	}
	return s.asSystem(ctx, "", func(t *tx) error {
		t.unlogged("what the configuration says is not changed by reading it")
		_, err := t.exec(ctx, "INSERT INTO plan_terms (plan, terms) VALUES ($1, $2) ON CONFLICT (plan) DO UPDATE SET terms = excluded.terms", plan, s.terms(plan))
		return err
	})
}

// pairs runs a query of two columns outside of any transaction.
func (s *Store) pairs(ctx context.Context, query string) (map[string]string, error) {
	rows, err := s.db.Query(ctx, query)
	if err != nil {
		return nil, s.dataError(err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, s.dataError(err)
		}
		out[name] = value
	}
	return out, s.dataError(rows.Err())
}
