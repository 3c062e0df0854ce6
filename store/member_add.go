package store

import (
	"context"

	"muster/models"
)

// AddMember puts an account that exists into an organization, by id, address or
// handle, for site admins; everybody else invites. It passes what an invitation
// would have to pass; without a role it is the organization's default one. The
// person is told at their next sign-in.
func (s *Store) AddMember(ctx context.Context, a models.Actor, orgID, ref string, role models.Role) (m models.Member, err error) {
	err = s.change(ctx, a, event{"member.add", "member", "", ref}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		if err := t.onlySiteAdmin(ctx, "add an account to an organization"); err != nil {
			return models.AsError(err).WithHint("invite them: {invitation.create --email ADDRESS}")
		}
		o.as = models.AsSiteAdmin
		u, err := t.accountByRef(ctx, ref)
		if err != nil {
			return err
		}
		t.found("member", u.ID, u.Email)
		given, err := t.mayPut(ctx, o, u, role)
		if err != nil {
			return err
		}
		o.as = models.AsSiteAdmin
		if err := t.closeInvitationsFor(ctx, o, u, memberNow); err != nil {
			return err
		}
		if err := t.enlist(ctx, o, u, given); err != nil {
			return err
		}
		if err := t.notify(ctx, u.ID, models.AccountNotice{Kind: models.NoticeAdded, Subject: o.Name + " (" + o.Code + ")"}); err != nil {
			return err
		}
		m, err = t.member(ctx, o, u.ID)
		return err
	})
	return m, err
}

// mayPut asks whether the actor may make somebody who has an account a member,
// at once, and finds the role.
func (t *tx) mayPut(ctx context.Context, o *org, u models.User, role models.Role) (models.AnyRole, error) {
	if err := t.endMemberships(ctx, o.ID); err != nil {
		return nil, err
	}
	given, state, err := t.mayAdd(ctx, o, &models.NewAccount{Email: u.Email, Role: role})
	if err != nil {
		return nil, err
	}
	if err := models.CheckPutIn(u, o.Code, state); err != nil {
		return nil, err
	}
	member, err := t.isMember(ctx, o.ID, u.ID)
	if err != nil {
		return nil, err
	}
	if member {
		return nil, models.Errorf(models.CodeConflict, "%s is a member of %s already", u.Email, o.Code).
			WithHint("change their role with: {member.role %s ROLE}", u.Email)
	}
	return given, t.belongToMore(ctx, u)
}
