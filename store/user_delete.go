package store

import (
	"context"

	"muster/models"
	"muster/store/internal/db"
)

// UserDeletionConsequences says what deleting a user would bring about. It is
// refused as DeleteUser would be. orgRef is as in Users.
func (s *Store) UserDeletionConsequences(ctx context.Context, a models.Actor, orgRef, ref string) (c models.AccountConsequences, err error) {
	err = s.view(ctx, a, event{"user.delete.preview", "user", "", ref}, func(t *tx) error {
		o, u, err := t.findAccount(ctx, orgRef, ref)
		if err != nil {
			return err
		}
		if err := t.mayLose(ctx, u, "delete"); err != nil {
			return err
		}
		c, err = t.accountConsequences(ctx, o, u)
		return err
	})
	return c, err
}

func (t *tx) accountConsequences(ctx context.Context, o *org, u models.User) (c models.AccountConsequences, err error) {
	c.User = u
	if c.Organizations, err = t.accountOrgs(ctx, u.ID, o); err != nil {
		return c, err
	}
	err = t.row(ctx, `SELECT
		(SELECT count(*) FROM sessions WHERE user_id = $1 AND alive_until > $2),
		(SELECT count(*) FROM user_keys WHERE user_id = $1),
		(SELECT count(*) FROM invitations i JOIN memberships m ON m.org_id = i.org_id AND m.user_id = $1
			WHERE i.inviter_id = $1 AND i.sponsor_id = $1 AND i.state_order = `+statePending+` AND i.expires_at > $2 AND i.origin = 'invite'),
		(SELECT count(*) FROM invitations i JOIN organizations o ON o.id = i.org_id AND o.deleted_at = 0
			WHERE i.sponsor_id = $1 AND i.state_order = `+statePending+` AND i.expires_at > $2 AND (i.inviter_id <> $1 OR i.origin <> 'invite'
				OR NOT EXISTS (SELECT 1 FROM memberships m WHERE m.org_id = i.org_id AND m.user_id = $1))),
		(SELECT count(*) FROM invitations i JOIN memberships m ON m.org_id = i.org_id AND m.user_id = $1
			WHERE i.inviter_id = $1 AND i.state_order = `+stateRequested+` AND i.origin = 'invite'),
		(SELECT count(*) FROM memberships m JOIN invitations i ON i.org_id = m.org_id
			WHERE m.user_id = $1 AND `+forUser(3)+` AND `+openInvitation(2)+`)`,
		u.ID, micros(t.now), u.ID, models.NormEmail(u.Email), bit(u.EmailVerified)).Scan(&c.Sessions, &c.Keys, &c.InvitationsRevoked, &c.InvitationsReturned, &c.RequestsWithdrawn, &c.InvitationsClosed)
	return c, err
}

// DeleteUser deletes a user for good. confirm is their address, typed. Their
// sessions end, their keys are free, their personal workspace is gone, and in
// every organization they are removed like by RemoveMember. Entries of the
// audit log stay as they were written. Neither oneself, nor the last active
// site admin, nor the last active owner of an organization can be deleted.
// orgRef is as in Users.
func (s *Store) DeleteUser(ctx context.Context, a models.Actor, orgRef, ref, confirm string) (c models.AccountConsequences, err error) {
	err = s.change(ctx, a, event{"user.delete", "user", "", ref}, func(t *tx) error {
		o, u, err := t.findAccount(ctx, orgRef, ref)
		if err != nil {
			return err
		}
		if err := t.mayLose(ctx, u, "delete"); err != nil {
			return err
		}
		if models.NormEmail(confirm) != models.NormEmail(u.Email) {
			return models.Invalid("confirm", "confirm must be the address of the user, %s", u.Email).
				WithHint("deleting a user is permanent")
		}
		if c, err = t.accountConsequences(ctx, o, u); err != nil {
			return err
		}
		as := t.administersAs(o)
		orgs, err := t.removeFromOrganizations(ctx, u, as)
		if err != nil {
			return err
		}
		if err := t.withdrawJoinRequests(ctx, u, as); err != nil {
			return err
		}
		if err := t.dropPersonal(ctx, u, as); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "DELETE FROM former_members WHERE user_id = $1", u.ID); err != nil {
			return err
		}
		var num int64
		if err := t.row(ctx, "DELETE FROM users WHERE id = $1 RETURNING num", u.ID).Scan(&num); err != nil {
			return err
		}
		if err := t.db.Text().Remove(ctx, t.db, db.UserText, num); err != nil {
			return err
		}
		if err := t.countInstallation(ctx, countUsers, -1); err != nil {
			return err
		}
		if err := t.reviewEverywhere(ctx, u.ID, as); err != nil {
			return err
		}
		t.signal(u.ID, TopicInstallation, TopicSignIn)
		return t.log(ctx, entry{event: event{"user.delete", "user", u.ID, u.Email}, as: as,
			before: fields{"email": u.Email, "name": u.Name, "site_admin": u.SiteAdmin, "organizations": orgs}})
	})
	return c, err
}

// removeFromOrganizations ends every shared membership of a user, also in
// organizations that were deleted and may be restored, and gives their codes.
func (t *tx) removeFromOrganizations(ctx context.Context, u models.User, as models.ActingAs) ([]string, error) {
	type membership struct{ id, code string }
	orgs, err := collect(ctx, t, func(r scanner) (p membership, err error) { return p, r.Scan(&p.id, &p.code) },
		`SELECT o.id, o.code FROM memberships m JOIN organizations o ON o.id = m.org_id
			WHERE m.user_id = $1 AND o.kind = 'shared' ORDER BY o.code`, u.ID)
	if err != nil {
		return nil, err
	}
	codes := []string{}
	for _, p := range orgs {
		o := &org{Organization: models.Organization{ID: p.id, Code: p.code}, as: as}
		m, err := t.member(ctx, o, u.ID)
		if err != nil {
			return nil, err
		}
		if err := t.removeMember(ctx, o, "member.delete", m); err != nil {
			return nil, err
		}
		codes = append(codes, p.code)
	}
	return codes, nil
}

// withdrawJoinRequests closes what a user asks of organizations that they do
// not belong to.
func (t *tx) withdrawJoinRequests(ctx context.Context, u models.User, as models.ActingAs) error {
	open, err := collect(ctx, t, scanInvitation(), "SELECT "+invitationColumns+" FROM "+invitationTables+
		" WHERE i.inviter_id = $1 AND i.state_order <= "+lastOpenState+" AND i.origin = 'join_request'", u.ID)
	if err != nil {
		return err
	}
	for _, before := range open {
		v, to, action := before, models.StateRevoked, "invitation.revoke"
		if before.State == models.StateRequested {
			to, action = models.StateWithdrawn, "invitation.withdraw"
		}
		if err := t.close(ctx, &v, to); err != nil {
			return err
		}
		v.Reason = "the account was deleted"
		if err := t.saveInvitation(ctx, &org{Organization: models.Organization{ID: v.OrgID}, as: as}, action, before, v); err != nil {
			return err
		}
	}
	return nil
}

// dropPersonal removes the personal workspace of a user with all its rows. Its
// audit chain stays.
func (t *tx) dropPersonal(ctx context.Context, u models.User, as models.ActingAs) error {
	var id, code string
	if err := t.row(ctx, "SELECT o.id, o.code FROM organizations o JOIN memberships m ON m.org_id = o.id WHERE m.user_id = $1 AND o.kind = 'personal'", u.ID).
		Scan(&id, &code); err != nil {
		return err
	}
	for more := true; more; {
		var err error
		if more, err = t.deleteRows(ctx, id); err != nil {
			return err
		}
	}
	if _, err := t.exec(ctx, "DELETE FROM organizations WHERE id = $1", id); err != nil {
		return err
	}
	return t.log(ctx, entry{event: event{"organization.delete", "organization", id, code}, org: id, as: as, before: fields{"code": code}})
}
