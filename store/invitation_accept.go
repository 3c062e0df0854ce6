package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"muster/models"
)

// CodeKind says what a code is for.
type CodeKind string

// The kinds of codes.
const (
	CodeInvitation CodeKind = "invitation"
	CodePairing    CodeKind = "pairing" // brings a key into an account that exists
	CodeLink       CodeKind = "link"    // a join link: whoever has it can join
)

// CodeOffer is what the bearer of a code is shown before they accept.
type CodeOffer struct {
	Kind    CodeKind
	Offer   models.JoinOffer // of an invitation
	Link    models.LinkOffer // of a join link
	User    models.User      // of a pairing: whose account it is
	Expires time.Time
}

// noCode is what a code gets that was never given out, or replaced.
func noCode() error {
	return models.Errorf(models.CodeNotFound, "this code is not valid").
		WithHint("check that it was copied whole, or ask for a new invitation")
}

// wrongAddress tells the bearer of a code that it was meant for somebody else.
// Nothing is consumed.
func wrongAddress(inv models.Invitation, u models.User) error {
	return models.Errorf(models.CodeConflict, "this invitation is for %s, and your key belongs to %s", inv.Email, u.Email).
		WithHint("use a key of %s, or ask for an invitation of your own address; the code is still good", inv.Email)
}

// byCode finds the invitation of a code.
func (t *tx) byCode(ctx context.Context, code string) (invitation, error) {
	v, err := scanInvitation(t.row(ctx, "SELECT "+invitationColumns+" FROM "+invitationTables+" WHERE i.code_hash = $1", hashCode(code)))
	if errors.Is(err, sql.ErrNoRows) {
		return v, noCode()
	}
	if err != nil {
		return v, err
	}
	return v, t.loadPlaces(ctx, &v.Invitation)
}

// joinable is the organization of an invitation, for its invitee, who has no
// rights in it yet.
func (t *tx) joinable(ctx context.Context, v invitation) (*org, error) {
	var o org
	err := t.row(ctx, "SELECT "+orgColumns+" FROM organizations o WHERE o.id = $1 AND o.deleted_at = 0", v.OrgID).Scan(o.dest()...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, noCode()
	}
	if err != nil {
		return nil, err
	}
	t.deed.org, t.deed.as = v.OrgID, models.AsInvitee
	return &o, t.terms(ctx, &o)
}

// closedTo tells the invitee of an invitation that it no longer stands.
func closedTo(inv models.Invitation) error {
	e := models.Errorf(models.CodeGone, "this invitation is %s", forInvitee(inv).Fate())
	if inv.Origin == models.OriginJoin {
		return e.WithHint("ask to join again")
	}
	return e.WithHint("ask %s for a new one", inv.InviterEmail)
}

// forInvitee leaves out of an invitation what is the organization's own
// business.
func forInvitee(inv models.Invitation) models.Invitation {
	inv.DecidedBy, inv.DecidedAt, inv.Reason, inv.UndoUntil = "", nil, "", nil
	inv.Delivery = models.Delivery{State: models.DeliveryNone}
	return inv
}

// LookupCode shows what a code offers to its bearer, whose key has proven
// itself: a.Key, with a.UserID empty for a key nobody has. An unknown code is
// CodeNotFound; one that ran out or was used is CodeGone. Nothing is consumed.
func (s *Store) LookupCode(ctx context.Context, a models.Actor, code string) (f CodeOffer, err error) {
	err = s.viewAnyone(ctx, a, func(t *tx) error {
		pair, err := t.pairing(ctx, code)
		if err == nil {
			f = CodeOffer{Kind: CodePairing, User: pair.user, Expires: pair.expires}
			return nil
		}
		if models.CodeOf(err) != models.CodeNotFound {
			return err
		}
		l, err := t.linkByCode(ctx, code)
		if err == nil {
			f.Kind, f.Expires = CodeLink, l.ExpiresAt
			f.Link, err = t.offerLink(ctx, l)
			return err
		}
		if models.CodeOf(err) != models.CodeNotFound {
			return err
		}
		v, err := t.byCode(ctx, code)
		if err != nil {
			return err
		}
		v.Invitation = v.asSeen(t.now)
		if !v.State.CanBecome(models.StateAccepted) {
			return closedTo(v.Invitation)
		}
		f.Kind = CodeInvitation
		f.Offer, err = t.offer(ctx, v)
		f.Expires = *v.ExpiresAt
		return err
	})
	return f, err
}

func (t *tx) offer(ctx context.Context, v invitation) (f models.JoinOffer, err error) {
	o, err := t.joinable(ctx, v)
	if err != nil {
		return f, err
	}
	f = models.JoinOffer{Invitation: forInvitee(v.asSeen(t.now)), OrgName: o.Name, OrgCode: o.Code}
	if f.Invitation.Workspaces, err = t.openPlaces(ctx, o, v); err != nil {
		return f, err
	}
	if t.user.ID != "" {
		u := t.user
		f.Known = &u
		f.AlreadyMember, err = t.isMember(ctx, o.ID, u.ID)
	}
	return f, err
}

func (t *tx) isMember(ctx context.Context, orgID, userID string) (bool, error) {
	var one int
	err := t.row(ctx, "SELECT 1 FROM memberships WHERE org_id = $1 AND user_id = $2", orgID, userID).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Newcomer is what somebody says of themselves who has no account yet. An
// invitation says the address itself; only a join link asks for it.
type Newcomer struct {
	Name  string
	Email string
}

// AcceptCode joins with a code. The bearer has proven key, whose fingerprint is
// a.Key. Where a.UserID is empty the key is new: name is needed, and the
// account gets the invited address. A code of a pairing adds the key to the
// account that made the code. Everything is checked again in the transaction;
// a refusal consumes nothing.
//
// The account's address counts as verified unless somebody other than a site
// admin has looked the code up with JoinCode.
func (s *Store) AcceptCode(ctx context.Context, a models.Actor, code, name string, key models.PublicKey) (u models.User, v models.OrgView, err error) {
	return s.AcceptCodeAs(ctx, a, code, Newcomer{Name: name}, key)
}

// AcceptCodeAs is AcceptCode for the bearer of any code, that of a join link
// included: where the key is new, a link needs an address from who, which stays
// unverified.
func (s *Store) AcceptCodeAs(ctx context.Context, a models.Actor, code string, who Newcomer, key models.PublicKey) (u models.User, v models.OrgView, err error) {
	// Who is signed in at the machine of the database has no key to prove.
	if a.Key == "" && a.UserID == "" || key.Fingerprint != a.Key {
		return u, v, models.Errorf(models.CodeInternal, "a code is accepted only with the key that authenticated")
	}
	err = s.changeAnyone(ctx, a, func(t *tx) error {
		if err := t.adopt(ctx); err != nil {
			return err
		}
		pair, err := t.pairing(ctx, code)
		switch {
		case err == nil:
			u = pair.user
			return t.pair(ctx, pair, key)
		case models.CodeOf(err) != models.CodeNotFound:
			return err
		}
		l, err := t.linkByCode(ctx, code)
		switch {
		case err == nil:
			v, err = t.useLink(ctx, l, who, &key)
			u = t.user
			return err
		case models.CodeOf(err) != models.CodeNotFound:
			return err
		}
		inv, err := t.byCode(ctx, code)
		if err != nil {
			return err
		}
		if v, err = t.accept(ctx, inv, who.Name, &key); err != nil {
			return err
		}
		u = t.user
		return nil
	})
	return u, v, err
}

// adopt makes a stranger's transaction act as the user of the session's key, if
// the key has found one since the session began.
func (t *tx) adopt(ctx context.Context) error {
	if t.user.ID != "" || t.actor.Key == "" {
		return nil
	}
	var id string
	err := t.row(ctx, "SELECT user_id FROM user_keys WHERE fingerprint = $1", t.actor.Key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	t.actor.UserID = id
	return t.identify(ctx)
}

// accept turns a pending invitation into a membership of the transaction's
// user, who is made first where there is none.
func (t *tx) accept(ctx context.Context, before invitation, name string, key *models.PublicKey) (view models.OrgView, err error) {
	v := before
	// A code proves the address of whoever has it from their mail. One that
	// somebody looked up to pass it on, or to use it themselves, proves nothing.
	proven := key != nil && !v.codeRead
	o, err := t.joinable(ctx, v)
	if err != nil {
		return view, err
	}
	t.about("invitation.accept", "invitation", v.ID, v.Email)
	if now := v.asSeen(t.now); !now.State.CanBecome(models.StateAccepted) {
		return view, closedTo(now)
	}
	if err = t.endMemberships(ctx, o.ID); err != nil {
		return view, err
	}
	set, err := t.memberSettings(ctx, o.ID)
	if err != nil {
		return view, err
	}
	if t.user.ID != "" && models.NormEmail(t.user.Email) != models.NormEmail(v.Email) {
		return view, wrongAddress(v.Invitation, t.user)
	}
	member := false
	if t.user.ID != "" {
		if member, err = t.isMember(ctx, o.ID, t.user.ID); err != nil {
			return view, err
		}
	}
	if !member {
		if err = set.CheckEmailDomain(v.Email); err != nil {
			return view, models.Errorf(models.CodeGone, "the invitation no longer holds: the organization has closed to the domain of %s", v.Email).
				WithHint("ask an owner or admin of %s", o.Name)
		}
		if err = t.inviterMay(ctx, o, set, &v); err != nil {
			return view, err
		}
		if t.user.ID == "" {
			if _, err = t.createUser(ctx, NewUser{Name: name, Email: v.Email, Key: key}, false, proven); err != nil {
				return view, err
			}
			t.deed.as = models.AsInvitee
		}
		if err = t.addMember(ctx, o.ID, t.user, v.Given(), v.InviterEmail); err != nil {
			return view, err
		}
		if v.Workspaces, err = t.takePlaces(ctx, o, v); err != nil {
			return view, err
		}
	}
	v.State, v.ClosedAt, v.AcceptedBy, v.UndoUntil = models.StateAccepted, &t.now, t.user.ID, nil
	if !member {
		if err = t.tellInviter(ctx, set, &v); err != nil {
			return view, err
		}
	}
	if err = t.stopMail(ctx, v.ID); err != nil {
		return view, err
	}
	if err = t.save(ctx, before, v); err != nil {
		return view, err
	}
	t.user.EmailVerified = t.user.EmailVerified || proven
	if _, err = t.exec(ctx, "UPDATE users SET current_org = $1, email_verified = $3 WHERE id = $2",
		o.ID, t.user.ID, bit(t.user.EmailVerified)); err != nil {
		return view, err
	}
	return t.joinedView(ctx, o.ID)
}

// DeclineCode turns the invitation of a code down. A known key of another
// address is refused, like in AcceptCode.
func (s *Store) DeclineCode(ctx context.Context, a models.Actor, code string) error {
	return s.changeAnyone(ctx, a, func(t *tx) error {
		if err := t.adopt(ctx); err != nil {
			return err
		}
		if _, err := t.linkByCode(ctx, code); err == nil {
			return models.Errorf(models.CodeConflict, "a join link is for many, so there is nothing to decline").
				WithHint("just do not use it")
		}
		v, err := t.byCode(ctx, code)
		if err != nil {
			return err
		}
		return t.decline(ctx, v)
	})
}

func (t *tx) decline(ctx context.Context, before invitation) error {
	v := before
	if _, err := t.joinable(ctx, v); err != nil {
		return err
	}
	t.about("invitation.decline", "invitation", v.ID, v.Email)
	if t.user.ID != "" && models.NormEmail(t.user.Email) != models.NormEmail(v.Email) {
		return wrongAddress(v.Invitation, t.user)
	}
	if now := v.asSeen(t.now); !now.State.CanBecome(models.StateDeclined) {
		return closedTo(now)
	}
	v.State, v.ClosedAt, v.UndoUntil = models.StateDeclined, &t.now, nil
	if err := t.stopMail(ctx, v.ID); err != nil {
		return err
	}
	return t.save(ctx, before, v)
}

// offersTo lists the pending invitations of a user's address. An address that
// nobody verified gets none: whoever signed up with somebody else's address
// must not find their invitations.
func (t *tx) offersTo(ctx context.Context, u models.User) ([]models.JoinOffer, error) {
	if !u.EmailVerified {
		return nil, nil
	}
	waiting, err := collect(ctx, t, scanInvitation, "SELECT "+invitationColumns+" FROM "+invitationTables+
		" WHERE i.email_norm = $1 AND i.state_order = "+statePending+" AND i.expires_at > $2 ORDER BY i.id", models.NormEmail(u.Email), micros(t.now))
	if err != nil {
		return nil, err
	}
	var out []models.JoinOffer
	for _, v := range waiting {
		if err := t.loadPlaces(ctx, &v.Invitation); err != nil {
			return nil, err
		}
		f, err := t.offer(ctx, v)
		if models.CodeOf(err) == models.CodeNotFound {
			continue // the organization was deleted
		}
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	t.deed = deed{as: models.AsSelf}
	return out, nil
}

// MyInvitations lists what waits for the actor to accept or decline.
func (s *Store) MyInvitations(ctx context.Context, a models.Actor) (offers []models.JoinOffer, err error) {
	err = s.view(ctx, a, func(t *tx) error {
		offers, err = t.offersTo(ctx, t.user)
		return err
	})
	return offers, err
}

// mine finds an invitation addressed to the actor. Requests that were never
// approved are the organization's own business.
func (t *tx) mine(ctx context.Context, action, id string) (invitation, error) {
	t.about(action, "invitation", id, "")
	t.deed.hidden = true
	v, err := t.invitationByID(ctx, "", id)
	if err == nil && (!t.user.EmailVerified || models.NormEmail(v.Email) != models.NormEmail(t.user.Email) ||
		slices.Contains([]models.InvitationState{models.StateRequested, models.StateRejected, models.StateWithdrawn}, v.State)) {
		return v, noInvitation()
	}
	return v, err
}

// AcceptInvitation joins by an invitation addressed to the actor.
func (s *Store) AcceptInvitation(ctx context.Context, a models.Actor, id string) (view models.OrgView, err error) {
	err = s.change(ctx, a, func(t *tx) error {
		v, err := t.mine(ctx, "invitation.accept", id)
		if err != nil {
			return err
		}
		view, err = t.accept(ctx, v, "", nil)
		return err
	})
	return view, err
}

// DeclineInvitation turns down an invitation addressed to the actor.
func (s *Store) DeclineInvitation(ctx context.Context, a models.Actor, id string) (inv models.Invitation, err error) {
	err = s.change(ctx, a, func(t *tx) error {
		v, err := t.mine(ctx, "invitation.decline", id)
		if err != nil {
			return err
		}
		if err := t.decline(ctx, v); err != nil {
			return err
		}
		v, err = t.invitationByID(ctx, "", id)
		inv = forInvitee(v.Invitation)
		return err
	})
	return inv, err
}
