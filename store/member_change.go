package store

import (
	"context"

	"muster/models"
)

// ChangeRole gives a member another role, a built-in one or a custom one by
// name or id, by the rules of models.Access.CheckRoleChange. Giving the role they have changes nothing.
func (s *Store) ChangeRole(ctx context.Context, a models.Actor, orgID, ref string, role models.Role) (m models.Member, err error) {
	err = s.change(ctx, a, event{"member.role", "member", "", ref}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		if m, err = t.member(ctx, o, ref); err != nil {
			return err
		}
		did := t.found("member", m.ID, m.Email)
		to, err := t.anyRole(ctx, o, role)
		if err != nil {
			return err
		}
		owners, err := t.activeOwners(ctx, o.ID)
		if err != nil {
			return err
		}
		if err := t.allow(o, func(acc models.Access) error { return acc.CheckRoleChange(m.Standing(), to, owners) }); err != nil {
			return err
		}
		before := m.Given()
		if sameRole(before, to) {
			return nil
		}
		if err := t.confirmOwner(o, m.Email, to); err != nil {
			return err
		}
		if err := t.writeRole(ctx, o, m, to); err != nil {
			return err
		}
		t.signal(m.ID)
		if err := t.log(ctx, o.entry(did, fields{"role": before.Label()}, fields{"role": to.Label()})); err != nil {
			return err
		}
		if err := t.reviewSponsors(ctx, o, m.ID); err != nil {
			return err
		}
		if err := t.updateOwnership(ctx, o); err != nil {
			return err
		}
		m, err = t.member(ctx, o, m.ID)
		return err
	})
	return m, err
}
