package store

import (
	"context"

	"muster/models"
)

// This file holds what becomes of roles when an organization no longer has flat
// roles.

// endFlatRoles makes admins of all members who were admins only by the plan: a plan
// without flat roles leaves everybody except the owners an admin until somebody
// gives them another role. Whoever calls it has written the plan down.
//
// Undoing the change that brought flat roles is no such end. It takes that change
// back as a whole, and with it what people were.
func (t *tx) endFlatRoles(ctx context.Context, o *org, from, to models.Plan) error {
	if !from.Has(models.FeatureFlatRoles) || to.Has(models.FeatureFlatRoles) || t.actor.Base != nil {
		return nil
	}
	return t.keepAdmins(ctx, o)
}

func (t *tx) keepAdmins(ctx context.Context, o *org) error {
	lower, err := collect(ctx, t, scanMember(), "SELECT "+memberColumns+" FROM memberships m"+memberJoins+`
		WHERE m.org_id = $1 AND m.role_order <> $2 AND (m.role_order <> $3 OR mr.role_id IS NOT NULL) ORDER BY m.user_id`,
		o.ID, roleOrder(models.RoleOwner), roleOrder(models.RoleAdmin))
	if err != nil || len(lower) == 0 {
		return err
	}
	return t.bySystem("member.role", func(t *tx) error {
		entries := make([]entry, len(lower))
		for i, m := range lower {
			if err := t.writeRole(ctx, o, m, models.RoleAdmin); err != nil {
				return err
			}
			t.signal(m.ID)
			entries[i] = entry{event: event{"member.role", "member", m.ID, m.Email}, org: o.ID, as: models.AsSystem,
				before: fields{"role": m.Given().Label()}, after: fields{"role": models.RoleAdmin.Label()}}
		}
		return t.log(ctx, entries...)
	})
}

// endFlatPlan is endFlatRoles in each organization that has a plan, from which the
// configuration took them. Those that were deleted may be restored.
func (s *Store) endFlatPlan(ctx context.Context, plan string) error {
	orgs, err := s.strings(ctx, "SELECT id FROM organizations WHERE plan = $1 AND kind = $2 ORDER BY id", plan, string(models.KindShared))
	if err != nil {
		return err
	}
	for _, id := range orgs {
		if err := s.asSystem(ctx, "", func(t *tx) error {
			return t.keepAdmins(ctx, &org{Organization: models.Organization{ID: id}})
		}); err != nil {
			return err
		}
	}
	return nil
}
