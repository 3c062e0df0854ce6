package store

import (
	"context"
	"fmt"

	"muster/models"
)

// This file holds the rule that somebody stands behind every pending
// invitation: who approved it, or else who sent it.

// needsDecision tells the invitee of an invitation that nobody stands behind it
// any more.
func needsDecision(v invitation) error {
	e := models.Errorf(models.CodeGone, "this invitation waits for a new decision")
	if v.Origin == models.OriginJoin {
		return e.WithHint("you get a new code once an owner or admin has decided")
	}
	return e.WithHint("ask %s; a new code follows once an owner or admin has decided", v.InviterEmail)
}

// checkSponsor asks whether the sponsor of a pending or expired invitation could
// still grant it. What a code shows, accepting and sending it again all ask this.
func (t *tx) checkSponsor(ctx context.Context, o *org, set models.MemberSettings, v invitation) error {
	acc, err := t.accessOf(ctx, o, v.sponsorID)
	if err != nil {
		return err
	}
	return sponsorMay(o, acc, set, v)
}

func sponsorMay(o *org, acc models.Access, set models.MemberSettings, v invitation) error {
	if err := o.hasRole(v.Given()); err != nil {
		return err
	}
	return acc.CheckSponsor(set, v.Invitation, v.deciderID != "")
}

// hasRole refuses a role that the plan does not have.
func (o *org) hasRole(r models.AnyRole) error { return o.plan.CheckRole(o.access, r) }

// stands refuses a pending invitation that would not be accepted as far as it is
// the organization's to say.
func (t *tx) stands(ctx context.Context, o *org, set models.MemberSettings, v invitation) error {
	err := t.checkSponsor(ctx, o, set, v)
	if refused(err) != nil {
		return needsDecision(v)
	}
	return err
}

// reviewSponsors sends the pending invitations of an organization back to the
// queue whose sponsor, userID or with "" anybody, could no longer grant them.
// Every change calls it that may take such a right away, after it was written.
func (t *tx) reviewSponsors(ctx context.Context, changed *org, userID string) error {
	cond, args := "", []any{changed.ID, micros(t.now)}
	if userID != "" {
		cond, args = " AND i.sponsor_id = $3", append(args, userID)
	}
	pending, err := collect(ctx, t, scanInvitation(), "SELECT "+invitationColumns+" FROM "+invitationTables+
		" WHERE i.org_id = $1 AND i.state_order = "+statePending+" AND i.expires_at > $2"+cond+" ORDER BY i.id", args...)
	if err != nil || len(pending) == 0 {
		return err
	}
	o, err := t.joinable(ctx, pending[0]) // with the terms as they are now
	if isNotFound(err) {
		return nil // the organization is deleted; restoring it asks again
	}
	if err != nil {
		return err
	}
	o.as = changed.as
	set, err := t.memberSettings(ctx, o.ID)
	if err != nil {
		return err
	}
	sponsors := map[string]models.Access{}
	for _, v := range pending {
		acc, ok := sponsors[v.sponsorID]
		if !ok {
			if acc, err = t.accessOf(ctx, o, v.sponsorID); err != nil {
				return err
			}
			sponsors[v.sponsorID] = acc
		}
		why := refused(sponsorMay(o, acc, set, v))
		if why == nil {
			continue
		}
		if err := t.returnInvitation(ctx, o, v, why); err != nil {
			return err
		}
	}
	return nil
}

// returnInvitation makes a pending invitation a request that needs a new
// decision. Its code is dead at once: the hash of it stays, so that whoever has
// it is told, until the next approval makes another.
func (t *tx) returnInvitation(ctx context.Context, o *org, before invitation, why *models.Error) error {
	v := before
	if err := t.restoreAskedRole(ctx, o, &v); err != nil {
		return err
	}
	do := "approve"
	if before.deciderID == "" {
		do = "send"
	}
	v.State, v.ReturnedAt, v.Reason = models.StateRequested, &t.now, fmt.Sprintf("%s can no longer %s it: %s", before.sponsorName(), do, why.Message)
	v.sponsorID, v.deciderID, v.DecidedBy, v.DecidedAt = "", "", "", nil
	v.UndoUntil, v.ExpiresAt = nil, nil
	v.nextCode()
	if err := t.stopMail(ctx, v.ID); err != nil {
		return err
	}
	if v.Origin == models.OriginInvite && v.InviterID != t.user.ID {
		if err := t.queueNotice(ctx, MailReturned, &v); err != nil {
			return err
		}
	}
	return t.saveInvitation(ctx, o, "invitation.return", before, v)
}

// sponsorName is the address of who approved an invitation, or else sent it.
func (v invitation) sponsorName() string {
	if v.DecidedBy != "" {
		return v.DecidedBy
	}
	return v.InviterEmail
}

// reviewEverywhere is reviewSponsors in every living organization where somebody
// stands behind a pending invitation.
func (t *tx) reviewEverywhere(ctx context.Context, userID string, as models.ActingAs) error {
	orgs, err := collect(ctx, t, scanString, `SELECT DISTINCT i.org_id FROM invitations i JOIN organizations o ON o.id = i.org_id
		WHERE i.sponsor_id = $1 AND i.state_order = `+statePending+` AND o.deleted_at = 0 ORDER BY i.org_id`, userID)
	if err != nil {
		return err
	}
	for _, id := range orgs {
		if err := t.reviewSponsors(ctx, &org{Organization: models.Organization{ID: id}, as: as}, userID); err != nil {
			return err
		}
	}
	return nil
}
