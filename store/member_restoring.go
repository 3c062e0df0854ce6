package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"muster/models"
)

// RestoreMember brings somebody back who was taken out less than
// models.RestoreTime ago, named by user id, address or handle. They get their
// former role, capped by the rank of the actor and by the plan, their suspension,
// an end that lies ahead, and their workspaces as far as the actor could give
// them; the answer names what did not come back. Who is not suspended needs a
// free seat. Whoever left of their own accord is invited instead. What they had
// sent stays revoked; an open invitation of their address is closed.
func (s *Store) RestoreMember(ctx context.Context, a models.Actor, orgID, ref string) (r models.Restored, err error) {
	err = s.change(ctx, a, event{"member.restore", "member", "", ref}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		if err := t.endMemberships(ctx, o.ID); err != nil {
			return err
		}
		if err := t.require(o, models.PermMembers); err != nil {
			return err
		}
		f, err := t.removedMember(ctx, o, ref)
		if err != nil {
			return err
		}
		t.found("member", f.ID, f.Email)
		set, err := t.memberSettings(ctx, o.ID)
		if err != nil {
			return err
		}
		role, err := t.mayRestore(o, set, f.RemovedMember)
		if err != nil {
			return err
		}
		r, err = t.restoreMember(ctx, o, f, role)
		return err
	})
	return r, err
}

// mayRestore asks whether the actor may bring somebody back, and in what role.
func (t *tx) mayRestore(o *org, set models.MemberSettings, f models.RemovedMember) (role models.AnyRole, err error) {
	role = models.Role("")
	err = t.allow(o, func(acc models.Access) error {
		r, err := acc.CheckRestore(o.withinPlan(f))
		if err == nil {
			err = acc.CheckBringBack(set, f.Email, r)
		}
		if err == nil {
			role = r
		}
		return err
	})
	return role, err
}

// withinPlan is a former member with the role that the plan has for them: without
// custom roles the lowest, with flat roles that of an admin.
func (o *org) withinPlan(f models.RemovedMember) models.RemovedMember {
	switch {
	case o.access.CheckFlat(f.Given()) != nil:
		f.Role, f.CustomRole = models.RoleAdmin, nil
	case o.hasRole(f.Given()) != nil:
		f.Role, f.CustomRole = models.RoleViewer, nil
	}
	return f
}

// removedMember finds a former member who can still be restored.
func (t *tx) removedMember(ctx context.Context, o *org, ref string) (removedRow, error) {
	all, err := collect(ctx, t, scanRemoved(), "SELECT "+removedColumns+" FROM "+removedTables+
		" WHERE f.org_id = $1 AND (u.id = $2 OR u.email_norm = $3 OR u.handle = $3) ORDER BY u.email_verified DESC, u.id", o.ID, ref, models.NormEmail(ref))
	if err != nil {
		return removedRow{}, err
	}
	f, err := oneOf(ref, all, func(f removedRow) (string, bool) { return f.ID, f.EmailVerified })
	if errors.Is(err, sql.ErrNoRows) {
		if m, err := t.member(ctx, o, ref); err == nil {
			return f, models.Errorf(models.CodeConflict, "%s is a member already", m.Email)
		}
		return f, models.Errorf(models.CodeNotFound, "%s has no such removed member", o.Code).
			WithHint("list them with: {member.former}")
	}
	if err == nil && !f.RestorableUntil.After(t.now) {
		err = models.Errorf(models.CodeGone, "%s was removed more than 30 days ago", f.Email).
			WithHint("invite them again: {invitation.create --email %s}", f.Email)
	}
	return f, err
}

func (t *tx) restoreMember(ctx context.Context, o *org, f removedRow, role models.AnyRole) (r models.Restored, err error) {
	if err := t.belongToMore(ctx, models.User{ID: f.ID, Email: f.Email}); err != nil {
		return r, err
	}
	if err := t.closeInvitationsFor(ctx, o, f.Account(), memberNow); err != nil {
		return r, err
	}
	seat := t.seatFree
	if f.Status == models.MemberSuspended {
		seat = func(_ context.Context, o *org) error { return t.planKnown(o) }
	}
	if err := seat(ctx, o); err != nil {
		return r, err
	}
	if err := t.mayInviteMore(ctx, o, f.Email, false); err != nil {
		return r, err
	}
	if err := t.confirmOwner(o, f.Email, role); err != nil {
		return r, err
	}
	parts, err := t.removedWorkspaces(ctx, o.ID, f.ID) // before they are forgotten
	if err != nil {
		return r, err
	}
	if r.NotRestored, err = t.lesserRole(ctx, o, f, role); err != nil {
		return r, err
	}
	if err := t.bringBack(ctx, o, f, role); err != nil {
		return r, err
	}
	var lost []string
	if r.Workspaces, lost, err = t.restoreWorkspaces(ctx, o, f.ID, parts); err != nil {
		return r, err
	}
	r.NotRestored = append(r.NotRestored, lost...)
	after := fields{"role": role.Label(), "status": f.Status}
	if len(r.Workspaces) > 0 {
		after["workspaces"] = r.Workspaces
	}
	if len(r.NotRestored) > 0 {
		after["not_restored"] = r.NotRestored
	}
	if err := t.log(ctx, o.entry(event{"member.restore", "member", f.ID, f.Email}, fields{"former_role": f.Given().Label()}, after)); err != nil {
		return r, err
	}
	if err := t.updateOwnership(ctx, o); err != nil {
		return r, err
	}
	r.Member, err = t.member(ctx, o, f.ID)
	return r, err
}

// bringBack makes somebody a member as they were, in a role.
func (t *tx) bringBack(ctx context.Context, o *org, f removedRow, role models.AnyRole) error {
	u, err := t.userByID(ctx, f.ID)
	if err != nil {
		return err
	}
	if err := t.addMember(ctx, o.ID, u, role, f.InvitedBy); err != nil {
		return err
	}
	ends := f.endsAt
	if ends != nil && !ends.After(t.now) {
		ends = nil // it was what took them out
	}
	if _, err := t.exec(ctx, "UPDATE memberships SET joined_at = $1, ends_at = $4, active_since = $5 WHERE org_id = $2 AND user_id = $3",
		micros(f.JoinedAt), o.ID, f.ID, microsOf(ends), micros(t.now)); err != nil {
		return err
	}
	t.signal(topicDue)
	if f.Status != models.MemberSuspended {
		return nil
	}
	m, err := t.member(ctx, o, f.ID)
	if err != nil {
		return err
	}
	return t.writeStatus(ctx, o, m, models.MemberSuspended, microsOf(f.suspendedAt), f.suspendedBy, f.suspendReason)
}

// lesserRole says why somebody comes back in another role than they had.
func (t *tx) lesserRole(ctx context.Context, o *org, f removedRow, role models.AnyRole) ([]string, error) {
	list := []string{}
	switch had := f.Given(); {
	case f.customID != "" && f.CustomRole == nil:
		return append(list, "their role: it no longer exists"), nil
	case sameRole(had, role):
		return list, nil
	default:
		why := first(o.hasRole(had), func() error { return o.access.CheckGrant(had) })
		return append(list, fmt.Sprintf("the role %s: %s", had.Label(), models.AsError(why).Message)), nil
	}
}

// removedWorkspace is a part in a workspace that somebody had.
type removedWorkspace struct{ id, name, custom, role string }

func (t *tx) removedWorkspaces(ctx context.Context, orgID, userID string) ([]removedWorkspace, error) {
	return collect(ctx, t, func(r scanner) (w removedWorkspace, err error) {
		var order int64
		if err = r.Scan(&w.id, &w.name, &order, &w.custom, &w.role); err == nil && w.custom == "" {
			w.role = string(models.WorkspaceRoles()[order-1])
		}
		return w, err
	}, "SELECT workspace_id, name, role_order, custom_role, role_name FROM former_workspaces WHERE org_id = $1 AND user_id = $2 ORDER BY name, workspace_id", orgID, userID)
}

// restoreWorkspaces adds somebody who is back to the workspaces that they were in,
// and says of those that the actor could not add them to why.
func (t *tx) restoreWorkspaces(ctx context.Context, o *org, userID string, parts []removedWorkspace) (back []models.WorkspaceMembership, lost []string, err error) {
	back = []models.WorkspaceMembership{}
	hidden := 0
	for _, part := range parts {
		w, err := t.workspace(ctx, o, part.id)
		if isNotFound(err) && !o.everywhere() {
			hidden++ // there or not, it is none of the actor's business
			continue
		}
		var role models.AnyWorkspaceRole
		switch {
		case isNotFound(err):
			err = models.Errorf(models.CodeNotFound, "it was deleted")
		case err == nil:
			part.name = w.Name
			role, err = t.roleToRestore(ctx, o, w, part)
		}
		if refused(err) != nil {
			lost = append(lost, fmt.Sprintf("the workspace %s, as %s: %s", part.name, part.role, models.AsError(err).Message))
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if err := t.addToWorkspace(ctx, o.ID, w.ID, userID, role, t.user.Email); err != nil {
			return nil, nil, err
		}
		m := models.WorkspaceMembership{ID: w.ID, Name: w.Name}
		m.Role, _ = role.(models.WorkspaceRole)
		if c, ok := role.(*models.CustomRole); ok {
			m.Role, m.Custom = c.CountsInWorkspace(), c
		}
		back = append(back, m)
	}
	if hidden > 0 {
		lost = append(lost, models.Count(hidden, "workspace")+" that you are not in")
	}
	return back, lost, nil
}

// roleToRestore finds the role that somebody had in a workspace, if the actor may
// give it.
func (t *tx) roleToRestore(ctx context.Context, o *org, w *workspace, part removedWorkspace) (role models.AnyWorkspaceRole, err error) {
	role = models.WorkspaceRole(part.role)
	if part.custom != "" {
		stored, err := t.customRole(ctx, o, part.custom)
		if isNotFound(err) {
			return nil, models.Errorf(models.CodeNotFound, "the role no longer exists")
		}
		if err != nil {
			return nil, err
		}
		role = &stored.CustomRole
	}
	if err := o.hasWorkspaceRole(role); err != nil {
		return nil, err
	}
	return role, t.allowIn(w, func(a models.WorkspaceAccess) error { return a.CheckGive(role) })
}

// notTakenOut refuses to come back by a code granted at a time, or with the zero
// time by one that is granted to nobody in particular, to the transaction's user
// who was taken out of an organization.
func (t *tx) notTakenOut(ctx context.Context, o *org, granted time.Time) error {
	if t.user.ID == "" {
		return nil
	}
	var f models.RemovedMember
	var at int64
	var by string
	err := t.row(ctx, `SELECT removed_at, removed_by, status FROM former_members WHERE org_id = $1 AND user_id = $2
		UNION ALL SELECT ends_at, '', status FROM memberships WHERE org_id = $1 AND user_id = $2 AND ends_at > 0 AND ends_at <= +$3`,
		o.ID, t.user.ID, micros(t.now)).Scan(&at, &by, &f.Status)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	f.RemovedAt, f.Left = fromMicros(at), by == t.user.ID
	return f.CheckJoin(o.Name, granted)
}

const memberNow = "they are a member now"

// forUser is the condition that an open invitation is for a user: it is to their
// address, if it is verified, or they asked for it. Three arguments from the
// first: id, normalised address, verified.
func forUser(first int) string {
	return fmt.Sprintf("(i.email_norm = $%d AND ($%d = 1 OR i.origin = 'join_request' AND i.inviter_id = $%d))", first+1, first+2, first)
}

// openForUser lists the open invitations for a user, of which none has run out.
func (t *tx) openForUser(ctx context.Context, o *org, u models.User) ([]invitation, error) {
	email := models.NormEmail(u.Email)
	if err := t.expire(ctx, o.ID, "i.email_norm = $3", email); err != nil {
		return nil, err
	}
	return collect(ctx, t, scanInvitation(), "SELECT "+invitationColumns+" FROM "+invitationTables+
		" WHERE i.org_id = $1 AND "+forUser(2)+" AND i.state_order <= "+lastOpenState, o.ID, u.ID, email, bit(u.EmailVerified))
}

// closeInvitationsFor closes the open invitation of a user for a reason: where they
// are coming in another way, so that it holds no second seat, and where they were
// taken out, so that it does not bring them back.
func (t *tx) closeInvitationsFor(ctx context.Context, o *org, u models.User, reason string) error {
	open, err := t.openForUser(ctx, o, u)
	if err != nil {
		return err
	}
	for _, before := range open {
		if err := t.closeBecause(ctx, o, before, models.StateRejected, reason); err != nil {
			return err
		}
	}
	return nil
}
