package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"muster/models"
)

// decide runs one change of an invitation: find it, ask the rule, check the
// step of the state machine, apply, save.
func (s *Store) decide(ctx context.Context, a models.Actor, action, orgID, id string, fn func(t *tx, o *org, v *invitation) error) (inv models.Invitation, err error) {
	err = s.change(ctx, a, event{action, "invitation", id, ""}, func(t *tx) error {
		inv, err = t.decide(ctx, action, orgID, id, fn)
		return err
	})
	return inv, err
}

func (t *tx) decide(ctx context.Context, action, orgID, id string, fn func(t *tx, o *org, v *invitation) error) (inv models.Invitation, err error) {
	o, before, err := t.manage(ctx, orgID, id)
	if err != nil {
		return inv, err
	}
	v := before
	if err := fn(t, o, &v); err != nil {
		return inv, err
	}
	if err := t.saveInvitation(ctx, o, action, before, v); err != nil {
		return inv, err
	}
	after, err := t.invitationByID(ctx, o.ID, v.ID)
	if err != nil {
		return inv, err
	}
	return t.asShown(ctx, o, after)
}

// decidedNow puts the actor's name on a decision.
func (t *tx) decidedNow(v *invitation) {
	v.deciderID, v.DecidedBy, v.DecidedAt = t.user.ID, t.user.Email, &t.now
}

// ApproveInvitation lets a request become a pending invitation, for owners and
// admins. An empty role keeps the one asked for; a custom one is given by name
// or id. The clock starts now, the mail
// leaves after models.UndoTime, and until then UndoDecision takes it back.
// Where somebody else decided first, the error is CodeConflict or CodeGone and
// names them.
func (s *Store) ApproveInvitation(ctx context.Context, a models.Actor, orgID, id string, role models.Role) (models.Invitation, error) {
	return s.decide(ctx, a, "invitation.approve", orgID, id, func(t *tx, o *org, v *invitation) error {
		set, err := t.memberSettings(ctx, o.ID)
		if err != nil {
			return err
		}
		given := v.Given()
		if role != "" {
			if given, err = t.anyRole(ctx, o, role); err != nil {
				return err
			}
		}
		if err := t.allow(o, func(acc models.Access) error { return acc.CheckApprove(set, v.Invitation, given) }); err != nil {
			return err
		}
		if err := o.hasRole(given); err != nil {
			return err
		}
		if err := t.mayGrantWorkspaces(ctx, o, v.Invitation); err != nil {
			return err
		}
		if err := t.notMemberYet(ctx, o, v.Email); err != nil {
			return err
		}
		if err := t.seatFree(ctx, o); err != nil {
			return err
		}
		if err := t.confirmOwner(o, v.Email, given); err != nil {
			return err
		}
		v.State = models.StatePending
		v.Role, v.CustomRole = split(given)
		t.decidedNow(v)
		v.sponsorID, v.ReturnedAt, v.Reason = t.user.ID, nil, ""
		v.ExpiresAt = expiry(t.now, v.TTL, set)
		v.codeHash = hashCode(s.code(v.ID, v.Generation))
		until := t.now.Add(models.UndoTime)
		v.UndoUntil = &until
		if err := t.tellProposer(ctx, o, v, models.NoticeApproved); err != nil {
			return err
		}
		return t.queueMail(ctx, v, until)
	})
}

// tellProposer lets whoever proposed hear who decided and why. Who asked to join
// hears that they were turned down, and nothing of who decides in there: an
// approval is their invitation.
func (t *tx) tellProposer(ctx context.Context, o *org, v *invitation, kind models.NoticeKind) error {
	n := models.AccountNotice{Kind: kind, Subject: v.Email, By: t.byWhom(), Reason: v.Reason}
	if v.Origin == models.OriginJoin {
		if kind != models.NoticeRejected {
			return nil
		}
		n.Kind, n.By, n.Reason = models.NoticeRefused, "", ""
		var verified bool
		err := t.row(ctx, "SELECT email_verified = 1 FROM users WHERE id = $1", v.InviterID).Scan(&verified)
		if errors.Is(err, sql.ErrNoRows) || err == nil && !verified {
			return nil // an address that may be somebody else's hears nothing
		}
		if err != nil {
			return err
		}
	}
	return t.tell(ctx, v.InviterID, v.ID, o, n)
}

// notMemberYet refuses to invite an address that a member has verified. A member
// who only typed it keeps nobody out.
func (t *tx) notMemberYet(ctx context.Context, o *org, email string) error {
	if err := t.endMemberships(ctx, o.ID); err != nil {
		return err
	}
	var one int
	err := t.row(ctx, "SELECT 1 FROM memberships WHERE org_id = $1 AND email_norm = $2 AND email_verified = 1", o.ID, models.NormEmail(email)).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return memberAlready(email, o)
}

// RejectInvitation turns a request down, for owners and admins. The reason may
// be empty. Until models.UndoTime has passed, UndoDecision takes it back.
func (s *Store) RejectInvitation(ctx context.Context, a models.Actor, orgID, id, reason string) (models.Invitation, error) {
	return s.decide(ctx, a, "invitation.reject", orgID, id, func(t *tx, o *org, v *invitation) error {
		set, err := t.memberSettings(ctx, o.ID)
		if err != nil {
			return err
		}
		if err := t.allow(o, func(acc models.Access) error { return acc.CheckReject(set, v.Invitation) }); err != nil {
			return err
		}
		if v.Reason, err = models.CheckLong("reason", reason); err != nil {
			return err
		}
		v.State, v.ClosedAt = models.StateRejected, &t.now
		t.decidedNow(v)
		until := t.now.Add(models.UndoTime)
		v.UndoUntil = &until
		return t.tellProposer(ctx, o, v, models.NoticeRejected)
	})
}

// UndoDecision takes back an approval or a rejection, for who made it, within
// models.UndoTime. Later, or once somebody joined, it is CodeGone.
func (s *Store) UndoDecision(ctx context.Context, a models.Actor, orgID, id string) (models.Invitation, error) {
	return s.decide(ctx, a, "invitation.undo", orgID, id, func(t *tx, o *org, v *invitation) error {
		if v.UndoUntil == nil || !v.CanUndo() {
			return models.Errorf(models.CodeGone, "nothing to undo: the invitation of %s is %s", v.Email, v.Outcome()).
				WithHint("a decision can be undone for %d seconds; a pending invitation can be revoked", int(models.UndoTime.Seconds()))
		}
		if v.deciderID != t.user.ID {
			return models.Errorf(models.CodeDenied, "only %s, who decided, can undo it", v.DecidedBy)
		}
		if err := t.require(o, models.PermDecide); err != nil {
			return err
		}
		if err := t.onlyOpen(ctx, v); err != nil {
			return err
		}
		v.State, v.Reason = models.StateRequested, ""
		if err := t.restoreAskedRole(ctx, o, v); err != nil {
			return err
		}
		v.deciderID, v.DecidedBy, v.DecidedAt, v.UndoUntil, v.ExpiresAt, v.ClosedAt = "", "", nil, nil, nil, nil
		v.sponsorID = ""
		// A code that was copied meanwhile must not come back to life with the
		// next approval.
		v.codeHash = ""
		v.nextCode()
		if _, err := t.unsay(ctx, v.InviterID, v.ID, models.NoticeApproved, models.NoticeRejected, models.NoticeRefused); err != nil {
			return err
		}
		return t.stopMail(ctx, v.ID)
	})
}

// restoreAskedRole gives an invitation back the role it was asked for with. A custom
// one may have been deleted since: then whoever approves chooses another.
func (t *tx) restoreAskedRole(ctx context.Context, o *org, v *invitation) error {
	asked, ok := v.asked.(*models.CustomRole)
	if ok {
		switch r, err := t.customRole(ctx, o, asked.ID); {
		case err == nil:
			asked = &r.CustomRole
		case models.CodeOf(err) != models.CodeNotFound:
			return err
		}
		v.Role, v.CustomRole = split(asked)
		return nil
	}
	v.Role, v.CustomRole = split(v.asked)
	return nil
}

// onlyOpen refuses to open an invitation again while another one for its
// address is open.
func (t *tx) onlyOpen(ctx context.Context, v *invitation) error {
	if err := t.expire(ctx, v.OrgID, "i.email_norm = $3", models.NormEmail(v.Email)); err != nil {
		return err
	}
	var one int
	err := t.row(ctx, "SELECT 1 FROM invitations WHERE org_id = $1 AND email_norm = $2 AND state_order <= "+lastOpenState+" AND id <> $3",
		v.OrgID, models.NormEmail(v.Email), v.ID).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return models.Errorf(models.CodeConflict, "%s has another open invitation by now", v.Email)
}

// ResendInvitation sends the same code again and restarts the clock, for who
// may manage the invitation, at most once in models.ResendPause. An expired
// invitation is renewed. Where its sponsor could no longer grant it, whoever
// sends it again takes their place.
func (s *Store) ResendInvitation(ctx context.Context, a models.Actor, orgID, id string) (models.Invitation, error) {
	return s.resend(ctx, a, "invitation.resend", orgID, id, false)
}

// RegenerateInvitation is ResendInvitation with a new code; the old one is
// worthless from then on.
func (s *Store) RegenerateInvitation(ctx context.Context, a models.Actor, orgID, id string) (models.Invitation, error) {
	return s.resend(ctx, a, "invitation.regenerate", orgID, id, true)
}

func (s *Store) resend(ctx context.Context, a models.Actor, action, orgID, id string, fresh bool) (models.Invitation, error) {
	return s.decide(ctx, a, action, orgID, id, func(t *tx, o *org, v *invitation) error {
		set, err := t.memberSettings(ctx, o.ID)
		if err != nil {
			return err
		}
		if err := t.allow(o, func(acc models.Access) error { return acc.CheckResend(set, v.Invitation) }); err != nil {
			return err
		}
		if err := o.hasRole(v.Given()); err != nil {
			return err
		}
		if err := t.mayGrantWorkspaces(ctx, o, v.Invitation); err != nil {
			return err
		}
		if wait := fromMicros(v.askedAt).Add(models.ResendPause).Sub(t.now); wait > 0 && !fresh {
			return models.Errorf(models.CodeLimit, "the invitation of %s was sent less than a minute ago", v.Email).
				WithHint("try again in %d seconds", int(wait.Round(time.Second).Seconds())).After(wait)
		}
		if fresh {
			v.nextCode()
		}
		if err := t.mayInviteMore(ctx, o, v.Email, v.State == models.StateExpired); err != nil {
			return err
		}
		if v.State == models.StateExpired {
			if err := t.renew(ctx, o, set, v); err != nil {
				return err
			}
		}
		if err := t.replaceSponsor(ctx, o, set, v); err != nil {
			return err
		}
		code := hashCode(s.code(v.ID, v.Generation))
		if v.codeHash != code && !fresh {
			return otherSecret(v.ID)
		}
		v.State, v.codeHash, v.UndoUntil = models.StatePending, code, nil
		v.ExpiresAt = expiry(t.now, v.TTL, set)
		return t.queueMail(ctx, v, t.now)
	})
}

// otherSecret is what happens in a database that was brought to an installation
// with another secret file.
func otherSecret(id string) error {
	return models.Errorf(models.CodeConflict, "the code of this invitation cannot be shown: the secret of this installation has changed since").
		WithHint("create a new one with: {invitation.regenerate %s}", id)
}

// renew checks what an expired invitation needs to become pending again.
func (t *tx) renew(ctx context.Context, o *org, set models.MemberSettings, v *invitation) error {
	if err := o.access.CheckPaid("invite"); err != nil {
		return err
	}
	if err := t.onlyOpen(ctx, v); err != nil {
		return err
	}
	if err := t.notMemberYet(ctx, o, v.Email); err != nil {
		return err
	}
	if err := set.CheckEmailDomain(v.Email); err != nil {
		return err
	}
	// Renewing one's own is inviting again.
	if v.deciderID == "" && set.InvitePolicy == models.PolicyApproval {
		if err := t.allow(o, func(acc models.Access) error { return acc.CheckSelfApproval(set, v.Invitation) }); err != nil {
			return err
		}
	}
	if err := t.seatFree(ctx, o); err != nil {
		return err
	}
	return t.confirmOwner(o, v.Email, v.Given())
}

// replaceSponsor lets the actor take the place of a sponsor who could no longer
// grant an invitation, if the actor could send this very invitation at once.
func (t *tx) replaceSponsor(ctx context.Context, o *org, set models.MemberSettings, v *invitation) error {
	err := t.checkSponsor(ctx, o, set, *v)
	if refused(err) == nil {
		return err
	}
	if err := t.allow(o, func(acc models.Access) error {
		state, err := acc.CheckInvite(set, v.Given())
		if err == nil && state != models.StatePending {
			err = models.Errorf(models.CodeDenied, "%s may no longer invite here, and an invitation from you needs somebody else's approval", v.sponsorName()).
				WithHint("revoke it and invite the address again")
		}
		return err
	}); err != nil {
		return err
	}
	if err := set.CheckEmailDomain(v.Email); err != nil {
		return err
	}
	v.InviterID, v.InviterName, v.InviterEmail, v.InviterVerified, v.Origin = t.user.ID, t.user.Name, t.user.Email, t.user.EmailVerified, models.OriginInvite
	v.sponsorID, v.deciderID, v.DecidedBy, v.DecidedAt = t.user.ID, "", "", nil
	return nil
}

// RevokeInvitation ends a pending invitation, for owners, admins and
// who sent it.
func (s *Store) RevokeInvitation(ctx context.Context, a models.Actor, orgID, id string) (models.Invitation, error) {
	return s.decide(ctx, a, "invitation.revoke", orgID, id, func(t *tx, o *org, v *invitation) error {
		if err := t.allow(o, func(acc models.Access) error { return acc.CheckRevoke(v.Invitation) }); err != nil {
			return err
		}
		return t.close(ctx, v, models.StateRevoked)
	})
}

// WithdrawInvitation takes the actor's own request back: a proposal, or a request
// to join an organization that the actor is no member of.
func (s *Store) WithdrawInvitation(ctx context.Context, a models.Actor, orgID, id string) (inv models.Invitation, err error) {
	const action = "invitation.withdraw"
	err = s.change(ctx, a, event{action, "invitation", id, ""}, func(t *tx) error {
		o, before, err := t.application(ctx, id)
		if models.CodeOf(err) == models.CodeNotFound {
			inv, err = t.decide(ctx, action, orgID, id, func(t *tx, o *org, v *invitation) error {
				if err := o.access.CheckWithdraw(v.Invitation); err != nil {
					return err
				}
				return t.close(ctx, v, models.StateWithdrawn)
			})
			return err
		}
		if err != nil {
			return err
		}
		t.attempt.org = o
		t.found("invitation", before.ID, before.Email)
		v := before
		if err := t.close(ctx, &v, models.StateWithdrawn); err != nil {
			return err
		}
		inv = forInvitee(v.Invitation)
		inv.OrgCode, inv.OrgName = o.Code, o.Name
		return t.saveInvitation(ctx, o, action, before, v)
	})
	return inv, err
}

// close ends an open invitation.
func (t *tx) close(ctx context.Context, v *invitation, to models.InvitationState) error {
	if err := v.CheckStep(to); err != nil {
		return err
	}
	v.State, v.ClosedAt, v.UndoUntil = to, &t.now, nil
	if to == models.StateRevoked {
		t.decidedNow(v)
	}
	return t.stopMail(ctx, v.ID)
}

// closeBecause ends an open invitation for a reason: one that is pending is
// revoked, and one that nobody has decided ends as undecided says.
func (t *tx) closeBecause(ctx context.Context, o *org, before invitation, undecided models.InvitationState, reason string) error {
	v, to, action := before, models.StateRevoked, "invitation.revoke"
	if before.State == models.StateRequested {
		if to, action = undecided, "invitation.withdraw"; to == models.StateRejected {
			action = "invitation.reject"
		}
	}
	if err := t.close(ctx, &v, to); err != nil {
		return err
	}
	v.Reason = reason
	return t.saveInvitation(ctx, o, action, before, v)
}

// closeInvitationsOf revokes what a former member sent, their join links too,
// withdraws what they proposed and nobody has decided, and sends back to the
// queue what they approved, each with its own entry in the log. What somebody
// else approved stands on that.
func (t *tx) closeInvitationsOf(ctx context.Context, o *org, m models.Member) error {
	open, err := collect(ctx, t, scanInvitation(), "SELECT "+invitationColumns+" FROM "+invitationTables+
		" WHERE i.org_id = $1 AND i.inviter_id = $2 AND i.sponsor_id IN ('', $2) AND "+openInvitation(3)+" AND i.origin = 'invite'", o.ID, m.ID, micros(t.now))
	if err != nil {
		return err
	}
	for _, before := range open {
		if err := t.closeBecause(ctx, o, before, models.StateWithdrawn, "the inviter left the organization"); err != nil {
			return err
		}
	}
	if err := t.reviewSponsors(ctx, o, m.ID); err != nil {
		return err
	}
	return t.revokeLinksOf(ctx, o, m.ID)
}

// JoinCode gives the code of a pending invitation, for who may resend it, to
// make the join command from. The log says who looked, never the code.
func (s *Store) JoinCode(ctx context.Context, a models.Actor, orgID, id string) (code string, err error) {
	err = s.change(ctx, a, event{"invitation.code", "invitation", id, ""}, func(t *tx) error {
		o, v, err := t.manage(ctx, orgID, id)
		if err != nil {
			return err
		}
		set, err := t.memberSettings(ctx, o.ID)
		if err != nil {
			return err
		}
		if err := t.allow(o, func(acc models.Access) error { return acc.CheckShowCode(set, v.Invitation) }); err != nil {
			return err
		}
		if err := t.mayGrantWorkspaces(ctx, o, v.Invitation); err != nil {
			return err
		}
		code = s.code(v.ID, v.Generation)
		if hashCode(code) != v.codeHash {
			return otherSecret(v.ID)
		}
		if !v.codeRead {
			if _, err := t.exec(ctx, "UPDATE invitations SET code_read = 1 WHERE id = $1", v.ID); err != nil {
				return err
			}
		}
		e := o.entry(event{"invitation.code", "invitation", v.ID, v.Email}, nil, nil)
		e.quiet = true
		return t.log(ctx, e)
	})
	if err != nil {
		return "", err
	}
	return code, nil
}
