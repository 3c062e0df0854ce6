package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"muster/models"
)

// This file holds the use of a join link, by whoever has its code.

// linkOpen refuses a link that lets nobody in any more, or not while its
// organization waits for a payment method. Why is not its bearer's business.
func (t *tx) linkOpen(o *org, l link) error {
	if err := l.CheckUsable(t.now); err != nil {
		return err
	}
	if o.access.Unpaid {
		return models.Errorf(models.CodeConflict, "%s cannot take new members at the moment", o.Name).
			WithHint("tell %s, who created the link; it is still valid", l.CreatorEmail)
	}
	return nil
}

// linkHolds asks what a link itself asks of the transaction's user, or of a stranger:
// of who uses it with the address that they give, of who looks (nil) without.
func (t *tx) linkHolds(ctx context.Context, o *org, set models.MemberSettings, l link, who *Newcomer) (err error) {
	if err := t.linkOpen(o, l); err != nil {
		return err
	}
	email := t.user.Email
	if who != nil {
		if who.Email, err = models.CheckEmail("email", who.Email); err != nil {
			return err
		}
		email = who.Email
	}
	creator, err := t.accessOf(ctx, o, l.CreatorID)
	if err != nil {
		return err
	}
	if err := linkCreatorMay(o, creator, set, l); err != nil {
		return err
	}
	if email != "" {
		if err := set.CheckEmailDomain(email); err != nil {
			return err
		}
	}
	// Their own invitation gives its seat to them.
	holds, err := t.holdsSeat(ctx, o.ID)
	if err != nil {
		return err
	}
	if holds {
		return t.planKnown(o)
	}
	return t.seatFree(ctx, o)
}

// holdsSeat tells whether a pending invitation of the transaction's user, whose
// address is verified, holds a seat.
func (t *tx) holdsSeat(ctx context.Context, orgID string) (bool, error) {
	if !t.user.EmailVerified {
		return false, nil
	}
	var one int
	err := t.row(ctx, "SELECT 1 FROM invitations WHERE org_id = $1 AND email_norm = $2 AND state_order = "+statePending+" AND expires_at > $3",
		orgID, models.NormEmail(t.user.Email), micros(t.now)).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// offerLink is what the bearer of a link's code is shown.
func (t *tx) offerLink(ctx context.Context, l link) (f models.LinkOffer, err error) {
	o, err := t.joinable(ctx, invitation{Invitation: models.Invitation{OrgID: l.OrgID}})
	if err != nil {
		return f, err
	}
	f = models.LinkOffer{OrgID: o.ID, OrgName: o.Name, OrgCode: o.Code, Role: l.Role, CreatorName: l.CreatorName, CreatorEmail: l.CreatorEmail, CreatorVerified: l.CreatorVerified,
		ExpiresAt: l.ExpiresAt}
	if t.user.ID != "" {
		u := t.user
		f.Known = &u
	}
	now, err := t.lets(ctx, o, joiner{looks: true}, time.Time{}, func(set models.MemberSettings) error {
		f.EmailDomains = set.EmailDomains
		return t.linkHolds(ctx, o, set, l, nil)
	})
	f.AlreadyMember, f.Requirement, f.RequirementText = now.member, now.need, now.text
	return f, err
}

// useLink makes the transaction's user a member by a link; who has no account
// gets one, whose address nobody has verified. Everything the link stands for
// is checked again. A member uses nothing.
func (t *tx) useLink(ctx context.Context, l link, who Newcomer, key *models.PublicKey) (view models.OrgView, err error) {
	o, err := t.joinable(ctx, invitation{Invitation: models.Invitation{OrgID: l.OrgID}})
	if err != nil {
		return view, err
	}
	did := event{"link.join", "link", l.ID, l.name()}
	t.attempt.org, t.attempt.event = o, did
	if err = t.endMemberships(ctx, o.ID); err != nil {
		return view, err
	}
	if t.user.ID != "" {
		who.Email = t.user.Email
	}
	now, err := t.lets(ctx, o, joiner{factor: who.factor}, time.Time{}, func(set models.MemberSettings) error {
		return t.linkHolds(ctx, o, set, l, &who)
	})
	if err != nil {
		return view, err
	}
	if now.member {
		return t.orgView(ctx, o.ID)
	}
	if err = t.joinByLink(ctx, o, &l, who, key); err != nil {
		return view, err
	}
	if err = t.log(ctx, o.entry(did, fields{"uses": l.Uses - 1}, fields{"uses": l.Uses, "email": t.user.Email, "role": l.Role})); err != nil {
		return view, err
	}
	return t.joinedView(ctx, o.ID)
}

// joinByLink writes down that the transaction's user, made first where there is
// none, is a member by one use of a link.
func (t *tx) joinByLink(ctx context.Context, o *org, l *link, who Newcomer, key *models.PublicKey) error {
	if t.user.ID == "" {
		if _, err := t.createUser(ctx, NewUser{Name: who.Name, Email: who.Email, Key: key}, false, false, models.AsSelf); err != nil {
			return err
		}
	}
	if t.user.EmailVerified {
		if err := t.closeInvitationOfJoiner(ctx, o); err != nil {
			return err
		}
	}
	if err := t.addMember(ctx, o.ID, t.user, l.Role, l.CreatorEmail); err != nil {
		return err
	}
	l.Uses++
	if _, err := t.exec(ctx, "UPDATE join_links SET uses = $2, last_used_at = $3 WHERE id = $1", l.ID, l.Uses, micros(t.now)); err != nil {
		return err
	}
	t.signal(l.CreatorID)
	if err := t.welcome(ctx, o); err != nil { // how to come back
		return err
	}
	_, err := t.exec(ctx, "UPDATE users SET current_org = $1 WHERE id = $2", o.ID, t.user.ID)
	return err
}

// linkCreatorMay checks that the creator of a link could still make it. Switching
// self-approval off does not void links that were made before.
func linkCreatorMay(o *org, creator models.Access, set models.MemberSettings, l link) error {
	set.SelfApproval = true
	if o.hasRole(l.Role) != nil {
		return models.Errorf(models.CodeGone, "this join link is no longer valid: the plan of %s has no role %s", o.Name, l.Role).
			WithHint("ask for a new one")
	}
	if creator.CheckLink(set, l.Role) == nil {
		return nil
	}
	return models.Errorf(models.CodeGone, "this join link is no longer valid: %s may no longer invite to %s", l.CreatorEmail, o.Name).
		WithHint("ask for a new one")
}

// closeInvitationOfJoiner closes what is open for the address of somebody who joins by a link,
// so that it holds no second seat: their invitation counts as accepted, their
// request as withdrawn. The address is verified.
func (t *tx) closeInvitationOfJoiner(ctx context.Context, o *org) error {
	open, err := t.openForUser(ctx, o, t.user)
	if err != nil {
		return err
	}
	for _, before := range open {
		v, to, action := before, models.StateAccepted, "invitation.accept"
		if v.State == models.StateRequested {
			to, action = models.StateWithdrawn, "invitation.withdraw"
		} else {
			v.AcceptedBy = t.user.ID
		}
		if err := t.close(ctx, &v, to); err != nil {
			return err
		}
		if err := t.saveInvitation(ctx, o, action, before, v); err != nil {
			return err
		}
	}
	return nil
}
