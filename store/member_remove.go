package store

import (
	"context"

	"muster/models"
	"muster/store/internal/db"
)

// RemovalConsequences says what removing a member would bring about. It is
// refused as RemoveMember would be.
func (s *Store) RemovalConsequences(ctx context.Context, a models.Actor, orgID, ref string) (c models.Consequences, err error) {
	err = s.view(ctx, a, event{"member.remove.preview", "member", "", ref}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		c, err = t.consequences(ctx, o, ref, models.Access.CheckRemove)
		return err
	})
	return c, err
}

type memberRule func(models.Access, models.Standing, int) error

func (t *tx) consequences(ctx context.Context, o *org, ref string, rule memberRule) (c models.Consequences, err error) {
	m, err := t.member(ctx, o, ref)
	if err != nil {
		return c, err
	}
	t.found("member", m.ID, m.Email)
	owners, err := t.activeOwners(ctx, o.ID)
	if err != nil {
		return c, err
	}
	if err := t.allow(o, func(acc models.Access) error { return rule(acc, m.Standing(), owners) }); err != nil {
		return c, err
	}
	c.Member = m
	err = t.row(ctx, `SELECT
		(SELECT count(*) FROM sessions WHERE user_id = $1 AND org_id = $2 AND alive_until > $3),
		(SELECT count(*) FROM invitations WHERE org_id = $2 AND inviter_id = $1 AND sponsor_id = $1 AND state_order = `+statePending+` AND expires_at > $3 AND origin = 'invite'),
		(SELECT count(*) FROM invitations WHERE org_id = $2 AND sponsor_id = $1 AND (inviter_id <> $1 OR origin <> 'invite') AND state_order = `+statePending+` AND expires_at > $3),
		(SELECT count(*) FROM invitations WHERE org_id = $2 AND inviter_id = $1 AND state_order = `+stateRequested+` AND origin = 'invite'),
		(SELECT count(*) FROM memberships m JOIN organizations o ON o.id = m.org_id
			WHERE m.user_id = $1 AND o.id <> $2 AND o.kind = 'shared' AND o.deleted_at = 0),
		(SELECT count(*) FROM join_links WHERE org_id = $2 AND creator_id = $1 AND revoked_at = 0 AND uses < max_uses AND expires_at > $3),
		(SELECT count(*) FROM invitations i WHERE i.org_id = $2 AND `+forUser(4)+` AND `+openInvitation(3)+`)`,
		m.ID, o.ID, micros(t.now), m.ID, models.NormEmail(m.Email), bit(m.EmailVerified)).Scan(&c.Sessions, &c.InvitationsRevoked, &c.InvitationsReturned, &c.RequestsWithdrawn,
		&c.OrganizationsRemain, &c.LinksRevoked, &c.InvitationsClosed)
	if err != nil {
		return c, err
	}
	if err := t.keysOf(ctx, o.ID, m.ID, &c); err != nil {
		return c, err
	}
	c.Workspaces, err = t.workspacesOf(ctx, o.ID, m.ID)
	return c, err
}

// RemoveMember takes somebody out at once: the membership ends, their open
// invitations are revoked and their requests withdrawn. Their open sessions
// learn of it from the feed. Removing oneself is leaving.
func (s *Store) RemoveMember(ctx context.Context, a models.Actor, orgID, ref string) (c models.Consequences, err error) {
	return s.RemoveMemberBecause(ctx, a, orgID, ref, "")
}

// RemoveMemberBecause is RemoveMember with a reason that the person is told.
func (s *Store) RemoveMemberBecause(ctx context.Context, a models.Actor, orgID, ref, reason string) (c models.Consequences, err error) {
	return s.endMembership(ctx, a, orgID, "member.remove", func(*tx) string { return ref }, models.Access.CheckRemove, reason)
}

// Leave takes the actor out of an organization, also where its Security settings
// or a suspension keep them out. The last active owner and the owner of a personal workspace
// cannot leave.
func (s *Store) Leave(ctx context.Context, a models.Actor, orgID string) error {
	_, err := s.endMembership(ctx, a, orgID, "member.leave", func(t *tx) string { return t.user.ID }, models.Access.CheckLeave, "")
	return err
}

// LeaveConsequences says what leaving would bring about. It is refused as Leave
// would be.
func (s *Store) LeaveConsequences(ctx context.Context, a models.Actor, orgID string) (c models.Consequences, err error) {
	err = s.view(ctx, a, event{action: "member.leave.preview"}, func(t *tx) error {
		t.found("member", "", t.user.ID)
		o, err := finderFor("member.leave")(t, ctx, orgID)
		if err != nil {
			return err
		}
		if c, err = t.consequences(ctx, o, t.user.ID, models.Access.CheckLeave); err != nil {
			return err
		}
		if _, err := t.org(ctx, orgID); models.RequirementOf(err) != "" { // leaving works, and shows nothing of it
			c.Workspaces = nil
		}
		return nil
	})
	return c, err
}

func (s *Store) endMembership(ctx context.Context, a models.Actor, orgID, action string, who func(*tx) string,
	rule memberRule, reason string,
) (c models.Consequences, err error) {
	err = s.change(ctx, a, event{action: action}, func(t *tx) error {
		ref := who(t)
		t.found("member", "", ref)
		o, err := finderFor(action)(t, ctx, orgID)
		if err != nil {
			return err
		}
		if c, err = t.consequences(ctx, o, ref, rule); err != nil {
			return err
		}
		if reason, err = models.CheckLong("reason", reason); err != nil {
			return err
		}
		return t.removeMember(ctx, o, action, c.Member, reason)
	})
	return c, err
}

// removeMember ends a membership with all that hangs on it, and logs the action.
func (t *tx) removeMember(ctx context.Context, o *org, action string, m models.Member, reason string) error {
	workspaces, err := t.workspacesOf(ctx, o.ID, m.ID)
	if err != nil {
		return err
	}
	if err := t.leaveWorkspaces(ctx, o.ID, m.ID); err != nil {
		return err
	}
	if err := t.assignCustomRole(ctx, o.ID, m.ID, nil); err != nil {
		return err
	}
	if err := t.codePassed(ctx, o.ID, m.ID); err != nil {
		return err
	}
	if err := t.endKeys(ctx, o.ID, m.ID, "", models.EndedMember); err != nil {
		return err
	}
	var num int64
	if err := t.row(ctx, "DELETE FROM memberships WHERE org_id = $1 AND user_id = $2 RETURNING num", o.ID, m.ID).Scan(&num); err != nil {
		return err
	}
	if err := t.db.Text().Remove(ctx, t.db, db.MemberText, num); err != nil {
		return err
	}
	if err := t.countMember(ctx, o.ID, m.Role, m.Status, -1); err != nil {
		return err
	}
	if err := t.keepRemoved(ctx, o.ID, m, workspaces); err != nil {
		return err
	}
	t.signal(m.ID)
	if _, err := t.unsay(ctx, m.ID, o.ID, models.NoticeJoined); err != nil {
		return err
	}
	if err := t.tellRemoved(ctx, o, action, m.ID, reason); err != nil {
		return err
	}
	before := fields{"role": m.Given().Label(), "status": m.Status}
	if len(workspaces) > 0 {
		before["workspaces"] = workspaces
	}
	var after any
	if reason != "" {
		after = fields{"reason": reason}
	}
	if err := t.log(ctx, o.entry(event{action, "member", m.ID, m.Email}, before, after)); err != nil {
		return err
	}
	if err := t.revokeKeysOf(ctx, o, m.ID, goneReason(action)); err != nil {
		return err
	}
	if err := t.closeInvitationsOf(ctx, o, m); err != nil {
		return err
	}
	if err := t.closeInvitationsFor(ctx, o, m.Account(), goneReason(action)); err != nil {
		return err
	}
	return t.updateOwnership(ctx, o)
}

// goneReason says why what was open for the address of somebody is closed, who
// went by an action: it must not bring them back.
func goneReason(action string) string {
	switch action {
	case "member.leave":
		return "they left the organization"
	case "member.ended":
		return "their membership ended"
	}
	return "they were removed from the organization"
}

// keepRemoved notes what somebody had who is taken out, for restoring them.
func (t *tx) keepRemoved(ctx context.Context, orgID string, m models.Member, workspaces []models.WorkspaceMembership) error {
	if _, err := t.exec(ctx, "DELETE FROM former_members WHERE org_id = $1 AND user_id = $2", orgID, m.ID); err != nil {
		return err
	}
	f := removedRow{RemovedMember: models.RemovedMember{ID: m.ID, OrgID: orgID, Role: m.Role, Status: m.Status, JoinedAt: m.JoinedAt, InvitedBy: m.InvitedBy, RemovedAt: t.now},
		by: t.user.ID, suspendedAt: m.SuspendedAt, suspendedBy: m.SuspendedBy, suspendReason: m.SuspendReason, endsAt: m.EndsAt}
	// Without the custom role there must be no more than the lowest left.
	if m.CustomRole != nil {
		f.Role, f.customID = models.RoleViewer, m.CustomRole.ID
	}
	if _, err := t.exec(ctx, removedKept.Insert(t.db, "former_members"), removedKept.Values(&f)...); err != nil {
		return err
	}
	for _, w := range workspaces {
		order, custom := splitWorkspaceRole(w.Given())
		if _, err := t.exec(ctx, `INSERT INTO former_workspaces (org_id, user_id, workspace_id, name, role_order, custom_role, role_name)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, orgID, m.ID, w.ID, w.Name, order, custom, w.Given().Label()); err != nil {
			return err
		}
	}
	return nil
}

// tellRemoved lets somebody hear who took them out and why, or that their time
// was up. Who leaves knows; who is deleted has nobody to be told.
func (t *tx) tellRemoved(ctx context.Context, o *org, action, userID, reason string) error {
	n := models.AccountNotice{Kind: models.NoticeRemoved, By: t.byWhom(), Reason: reason}
	switch action {
	case "member.remove":
	case "member.ended":
		n.Kind, n.By = models.NoticeEnded, ""
	default:
		return nil
	}
	return t.tell(ctx, userID, o.ID, o, n)
}
