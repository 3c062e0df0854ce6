package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// CreateInvitation invites an address, or proposes it where members propose
// and admins decide: the state of the result tells. The address may be given as
// Name <address>. One organization has one
// open invitation for an address; a second is CodeConflict.
func (s *Store) CreateInvitation(ctx context.Context, a models.Actor, orgID string, n models.NewInvitation) (inv models.Invitation, err error) {
	name, email := models.SplitAddress(n.Email)
	n.Email, n.Name = email, cmp.Or(n.Name, name)
	err = s.change(ctx, a, event{"invitation.create", "invitation", "", n.Email}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		v, err := t.createInvitation(ctx, o, n)
		inv = v.Invitation
		return err
	})
	return inv, err
}

func (t *tx) createInvitation(ctx context.Context, o *org, n models.NewInvitation) (v invitation, err error) {
	set, err := t.memberSettings(ctx, o.ID)
	if err != nil {
		return v, err
	}
	if n.Role == "" {
		n.Role = o.access.DefaultRole(set)
	}
	role, err := t.anyRole(ctx, o, n.Role)
	if err != nil {
		return v, err
	}
	if err = t.allow(o, func(a models.Access) error { v.State, err = a.CheckInvite(set, role); return err }); err != nil {
		return v, err
	}
	if err = o.access.CheckPaid("invite"); err != nil {
		return v, err
	}
	if err = t.checkNew(ctx, o, set, &n); err != nil {
		return v, err
	}
	v.Role, v.CustomRole = split(role)
	if v.Workspaces, err = t.checkWorkspaceGrants(ctx, o, n.Workspaces, v.Invitation); err != nil {
		return v, err
	}
	v.Email, v.Name, v.Message, v.TTL, v.Origin = n.Email, n.Name, n.Message, n.TTL, models.OriginInvite
	v.InviterID, v.InviterName, v.InviterEmail, v.InviterVerified = t.user.ID, t.user.Name, t.user.Email, t.user.EmailVerified
	did := event{"invitation.create", "invitation", "", v.Email}
	if v.State == models.StateRequested {
		did.action = "invitation.request"
	}
	t.attempt.event = did
	if v.State == models.StatePending {
		if err = t.seatFree(ctx, o); err != nil {
			return v, err
		}
	}
	if err = t.mayInviteMore(ctx, o, v.Email, true); err != nil {
		return v, err
	}
	if v.State == models.StatePending { // a proposal is confirmed by who approves it
		if err = t.confirmOwner(o, v.Email, role); err != nil {
			return v, err
		}
	}
	if err = t.insertInvitation(ctx, o, set, &v, applicant{}); err != nil {
		return v, err
	}
	if err = t.insertInvitationWorkspaces(ctx, v.Invitation); err != nil {
		return v, err
	}
	if v.State == models.StatePending {
		if err = t.queueMail(ctx, &v, t.now); err != nil {
			return v, err
		}
	}
	did.targetID = v.ID
	return v, t.log(ctx, o.entry(did, nil, v.audit()))
}

// checkNew checks what was asked for, against the settings and who is there.
func (t *tx) checkNew(ctx context.Context, o *org, set models.MemberSettings, n *models.NewInvitation) (err error) {
	if n.Email, err = models.CheckEmail("email", n.Email); err != nil {
		return err
	}
	if n.Name != "" {
		if n.Name, err = models.CheckName("name", n.Name); err != nil {
			return err
		}
	}
	if n.Message, err = models.CheckLong("message", n.Message); err != nil {
		return err
	}
	if n.TTL != 0 && (n.TTL < models.MinExpiry || n.TTL > models.MaxExpiry) {
		return models.Invalid("expires_in", "expires_in must be from 60 seconds to 30 days")
	}
	if err = set.CheckEmailDomain(n.Email); err != nil {
		return err
	}
	if err = t.endMemberships(ctx, o.ID); err != nil {
		return err
	}
	if err = t.notMemberYet(ctx, o, n.Email); err != nil {
		return err
	}
	if err = t.expire(ctx, o.ID, "i.email_norm = $3", models.NormEmail(n.Email)); err != nil {
		return err
	}
	open, err := scanInvitation()(t.row(ctx, "SELECT "+invitationColumns+" FROM "+invitationTables+
		" WHERE i.org_id = $1 AND i.email_norm = $2 AND i.state_order <= "+lastOpenState, o.ID, models.NormEmail(n.Email)))
	if err == nil {
		return openAlready(n.Email, open.State).WithHint("see it with: {invitation.show %s}", open.ID)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

func memberAlready(email string, o *org) *models.Error {
	return models.Errorf(models.CodeConflict, "%s is a member of %s already", email, o.Name)
}

func openAlready(email string, s models.InvitationState) *models.Error {
	what := "a pending invitation"
	if s == models.StateRequested {
		what = "a request waiting for approval"
	}
	return models.Errorf(models.CodeConflict, "there is %s for %s already", what, email)
}

// planKnown refuses to hand out seats of a plan that the configuration no
// longer has.
func (t *tx) planKnown(o *org) error {
	if _, ok := t.s.plans[o.Plan]; ok {
		return nil
	}
	return models.Errorf(models.CodeConflict, "the plan %s of %s is not in the configuration of this installation", o.Plan, o.Code).
		WithHint("ask a site admin to set another: {plan.set}")
}

func (t *tx) seatFree(ctx context.Context, o *org) error {
	if err := t.planKnown(o); err != nil {
		return err
	}
	seats, err := t.seats(ctx, o)
	if err != nil {
		return err
	}
	return seats.CheckFree()
}

// insertInvitation writes a new invitation and keeps the counters.
func (t *tx) insertInvitation(ctx context.Context, o *org, set models.MemberSettings, v *invitation, by applicant) (err error) {
	if err = t.insertInvitations(ctx, o, set, []*invitation{v}, by); err != nil {
		return err
	}
	if v.CustomRole != nil {
		if err = t.saveInvitationRole(ctx, *v); err != nil {
			return err
		}
	}
	return t.signalInvitee(ctx, v.Email)
}

// insertInvitations is insertInvitation for many, without what concerns one of
// them: a custom role and whom to signal.
func (t *tx) insertInvitations(ctx context.Context, o *org, set models.MemberSettings, all []*invitation, by applicant) error {
	first, err := t.nextRows(ctx, o.ID, len(all))
	if err != nil {
		return err
	}
	row := invitationAll.With(written("applicant_key", func(*invitation) any { return by.key }), written("source", func(*invitation) any { return by.source }))
	insert, err := t.prepare(ctx, row.Insert(t.db, "invitations"))
	if err != nil {
		return err
	}
	defer insert.Close()
	index, err := t.db.Text().PutNew(ctx, t.db, db.InvitationText)
	if err != nil {
		return err
	}
	defer index.Close()
	states := map[models.InvitationState]int{}
	var expires *time.Time // the first of them
	for i, v := range all {
		v.ID, v.OrgID, v.CreatedAt, v.Generation, v.asked, v.num = t.s.ids.New("inv"), o.ID, t.now, 1, v.Given(), first+int64(i)
		v.listAt = listAt(v.State, t.now)
		if v.State == models.StatePending {
			v.ExpiresAt, v.pendingAt, v.sponsorID = expiry(t.now, v.TTL, set), &t.now, v.InviterID
			v.remindAt = micros(models.RemindAt(t.now, *v.ExpiresAt))
			v.codeHash = hashCode(t.s.code(v.ID, v.Generation))
			if expires == nil || v.ExpiresAt.Before(*expires) {
				expires = v.ExpiresAt
			}
		}
		if _, err = insert.ExecContext(ctx, row.Values(v)...); err != nil {
			return err
		}
		if err = index.Put(ctx, v.num, v.searchText()); err != nil {
			return err
		}
		t.signal(v.InviterID)
		states[v.State]++
	}
	if expires != nil {
		if err := t.setExpiry(ctx, *expires); err != nil {
			return err
		}
	}
	for st, n := range states {
		if err := t.countInvitation(ctx, o.ID, st, n); err != nil {
			return err
		}
		if st == models.StatePending {
			if err := t.countSent(ctx, o.ID, t.now, st, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// signalInvitee lets the accounts with an address see what
// became of its invitation.
func (t *tx) signalInvitee(ctx context.Context, email string) error {
	ids, err := collect(ctx, t, scanString, "SELECT id FROM users WHERE email_norm = $1", models.NormEmail(email))
	t.signal(ids...)
	return err
}

// expiry is when an invitation approved now runs out.
func expiry(now time.Time, ttl time.Duration, set models.MemberSettings) *time.Time {
	if ttl == 0 {
		ttl = set.InvitationExpiry
	}
	e := now.Add(ttl)
	return &e
}

// listAt orders invitations within their state: requests oldest first, so that
// nobody waits for ever, all others newest first.
func listAt(s models.InvitationState, at time.Time) int64 {
	if s == models.StateRequested {
		return micros(at)
	}
	return -micros(at)
}
