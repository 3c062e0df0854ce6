package store

import (
	"context"
	"database/sql"
	"errors"

	"muster/models"
)

// DeletionConsequences says what deleting an organization would bring about. It
// is refused as DeleteOrganization would be.
func (s *Store) DeletionConsequences(ctx context.Context, a models.Actor, orgID string) (c models.OrgConsequences, err error) {
	err = s.view(ctx, a, event{"organization.delete.preview", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		if err := t.allow(o, models.Access.MayDelete); err != nil {
			return err
		}
		c, err = t.deletionConsequences(ctx, o)
		return err
	})
	return c, err
}

func (t *tx) deletionConsequences(ctx context.Context, o *org) (c models.OrgConsequences, err error) {
	c.Organization, c.RestorableUntil = o.Organization, t.now.Add(models.RestoreTime)
	invites, err := t.invitationCounts(ctx, o.ID)
	if err != nil {
		return c, err
	}
	c.Invitations, c.Requests = invites[models.StatePending], invites[models.StateRequested]
	err = t.row(ctx, `SELECT (SELECT members FROM organizations WHERE id = $1),
		(SELECT count(*) FROM sessions s JOIN memberships m ON m.user_id = s.user_id AND m.org_id = $1 WHERE s.alive_until > $2)`,
		o.ID, micros(t.now)).Scan(&c.Members, &c.Sessions)
	return c, err
}

// DeleteOrganization makes an organization disappear for everybody at once, for
// owners. confirm is its code, typed. Its code stays taken, its mails do not
// leave, and for models.RestoreTime a site admin can restore it.
func (s *Store) DeleteOrganization(ctx context.Context, a models.Actor, orgID, confirm string) (c models.OrgConsequences, err error) {
	err = s.change(ctx, a, event{"organization.delete", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		did := t.found("organization", o.ID, o.Code)
		if err := t.endMemberships(ctx, o.ID); err != nil {
			return err
		}
		if err := t.allow(o, func(acc models.Access) error { return acc.CheckDelete(o.Organization, confirm) }); err != nil {
			return err
		}
		if c, err = t.deletionConsequences(ctx, o); err != nil {
			return err
		}
		if err := t.signalMembers(ctx, o.ID); err != nil { // while they are found as members
			return err
		}
		if err := t.codePassedForAll(ctx, o.ID); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "UPDATE organizations SET deleted_at = $1, deleted_by = $2 WHERE id = $3", micros(t.now), t.user.Email, o.ID); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "UPDATE outbox SET state = 'stopped', claim = claim + 1 WHERE org_id = $1 AND state = 'queued'", o.ID); err != nil {
			return err
		}
		if err := t.signalInvitees(ctx, o.ID); err != nil {
			return err
		}
		if err := t.countInstallation(ctx, countOrganizations, -1); err != nil {
			return err
		}
		if err := t.countInstallation(ctx, countDeleted, +1); err != nil {
			return err
		}
		t.signal(TopicInstallation, topicDue)
		return t.log(ctx, o.entry(did, fields{"code": o.Code, "name": o.Name, "members": c.Members}, fields{"restorable_until": c.RestorableUntil}))
	})
	return c, err
}

// signalInvitees lets those who have a pending invitation, and an account, see
// what became of the organization.
func (t *tx) signalInvitees(ctx context.Context, orgID string) error {
	ids, err := collect(ctx, t, scanString, `SELECT u.id FROM invitations i JOIN users u ON u.email_norm = i.email_norm
		WHERE i.org_id = $1 AND i.state_order = `+statePending, orgID)
	t.signal(ids...)
	return err
}

// RestoreOrganization brings a deleted organization back, by id or code, for
// site admins and within models.RestoreTime. Members and invitations are as
// they were; mails that had not left have to be resent. Where no active owner
// is left, the actor becomes one.
func (s *Store) RestoreOrganization(ctx context.Context, a models.Actor, ref string) (v models.OrgView, err error) {
	err = s.change(ctx, a, event{"organization.restore", "organization", "", ref}, func(t *tx) error {
		o, err := t.deletedOrg(ctx, ref)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, "UPDATE organizations SET deleted_at = 0, deleted_by = '' WHERE id = $1", o.ID); err != nil {
			return err
		}
		if err := t.countInstallation(ctx, countOrganizations, +1); err != nil {
			return err
		}
		if err := t.countInstallation(ctx, countDeleted, -1); err != nil {
			return err
		}
		t.signal(TopicInstallation, topicDue)
		if err := t.signalInvitees(ctx, o.ID); err != nil {
			return err
		}
		if err := t.signalMembers(ctx, o.ID); err != nil {
			return err
		}
		if err := t.log(ctx, o.entry(event{"organization.restore", "organization", o.ID, o.Code}, nil, fields{"code": o.Code})); err != nil {
			return err
		}
		if err := t.endMemberships(ctx, o.ID); err != nil {
			return err
		}
		if err := t.ensureOwner(ctx, o); err != nil {
			return err
		}
		if err := t.reviewSponsors(ctx, o, ""); err != nil {
			return err
		}
		v, err = t.orgView(ctx, o.ID)
		return err
	})
	return v, err
}

// deletedOrg finds a deleted organization for a site admin. For everybody else
// there is none.
func (t *tx) deletedOrg(ctx context.Context, ref string) (*org, error) {
	var o org
	var deleted int64
	err := t.row(ctx, "SELECT "+orgColumns+", o.deleted_at FROM organizations o WHERE o.id = $1 OR o.code_norm = $2", ref, models.NormCode(ref)).
		Scan(o.dest(&deleted)...)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if !t.user.SiteAdmin {
		if err == nil && deleted == 0 {
			if _, err := t.org(ctx, o.ID); err != nil {
				return nil, err
			}
			return nil, models.OnlySiteAdmin(t.user, "restore organizations")
		}
		return nil, conceal(noOrganization())
	}
	if err != nil {
		return nil, noOrganization()
	}
	t.attempt.org, o.as = &o, models.AsSiteAdmin
	t.found("organization", o.ID, o.Code)
	if err := t.siteFactor(ctx); err != nil {
		return nil, err
	}
	values, err := t.securityValues(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	if err := t.admit(ctx, models.ParseSecuritySettings(values), o.Code); err != nil {
		return nil, err
	}
	if deleted == 0 {
		return nil, models.Errorf(models.CodeConflict, "%s is not deleted", o.Code)
	}
	if !fromMicros(deleted).Add(models.RestoreTime).After(t.now) {
		return nil, models.Errorf(models.CodeGone, "%s was deleted more than 30 days ago", o.Code).
			WithHint("a backup may still have it")
	}
	return &o, nil
}

// ensureOwner makes the actor an owner where accounts were deleted or suspended
// meanwhile and none of the active owners is left.
func (t *tx) ensureOwner(ctx context.Context, o *org) error {
	owners, err := t.activeOwners(ctx, o.ID)
	if err != nil {
		return err
	}
	if owners == 0 {
		m, err := t.member(ctx, o, t.user.ID)
		switch {
		case err == nil:
			if err = t.writeRole(ctx, o, m, models.RoleOwner); err == nil {
				m.Role = models.RoleOwner
				err = t.writeStatus(ctx, o, m, models.MemberActive, 0, "", "")
			}
			if err == nil {
				_, err = t.exec(ctx, "UPDATE memberships SET ends_at = 0 WHERE org_id = $1 AND user_id = $2", o.ID, m.ID)
			}
		case models.CodeOf(err) == models.CodeNotFound:
			err = t.addMember(ctx, o.ID, t.user, models.RoleOwner, "")
		}
		if err != nil {
			return err
		}
		t.signal(t.user.ID)
		if err := t.log(ctx, o.entry(event{"member.role", "member", t.user.ID, t.user.Email},
			fields{"active_owners": 0}, fields{"role": models.RoleOwner})); err != nil {
			return err
		}
	}
	return t.updateOwnership(ctx, o)
}

// UpgradePersonal makes a shared organization from the actor's personal
// workspace, which stays. Name, description, colour, badge and message of the
// day are taken over where n leaves them empty. Who may is the same as for
// CreateOrganization.
func (s *Store) UpgradePersonal(ctx context.Context, a models.Actor, n NewOrganization) (v models.OrgView, err error) {
	err = s.change(ctx, a, event{"organization.create", "organization", "", n.Code}, func(t *tx) error {
		var id string
		if err := t.row(ctx, "SELECT o.id FROM organizations o JOIN memberships m ON m.org_id = o.id WHERE m.user_id = $1 AND o.kind = 'personal'", t.user.ID).Scan(&id); err != nil {
			return err
		}
		personal, err := t.org(ctx, id)
		if err != nil {
			return err
		}
		t.attempt.org, t.attempt.as = nil, personal.as // it is not the personal workspace that is at stake
		from := personal.Organization
		if n.Name == "" {
			n.Name = from.Name
		}
		if n.Code == "" {
			n.Code = models.CodeFrom(n.Name)
		}
		if n.Description == "" {
			n.Description = from.Description
		}
		v, err = t.createOrganization(ctx, n, models.Organization{Accent: from.Accent, Badge: from.Badge, MOTD: from.MOTD})
		return err
	})
	return v, err
}
