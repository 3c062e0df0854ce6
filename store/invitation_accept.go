package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"muster/models"
)

// wrongAddress tells the bearer of a code that it was meant for somebody else.
// Nothing is consumed.
func wrongAddress(inv models.Invitation, u models.User) error {
	to := models.MaskEmail(inv.Email)
	return models.Errorf(models.CodeConflict, "this invitation is for %s, and your key belongs to %s", to, u.Email).
		WithHint("use a key of %s, or ask for an invitation to your own address; the code is still valid", to)
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
	o.as = models.AsInvitee
	return &o, t.terms(ctx, &o)
}

// closedTo tells the invitee of an invitation that it no longer stands.
func closedTo(inv models.Invitation) error {
	e := models.Errorf(models.CodeGone, "this invitation is %s", forInvitee(inv).Outcome())
	if inv.State == models.StateRequested {
		return needsDecision(invitation{Invitation: inv})
	}
	if inv.Origin == models.OriginJoin {
		return e.WithHint("ask to join again")
	}
	return e.WithHint("ask %s for a new one", inv.InviterEmail)
}

// forInvitee leaves out of an invitation what is the organization's own
// business.
func forInvitee(inv models.Invitation) models.Invitation {
	inv.DecidedBy, inv.DecidedAt, inv.Reason, inv.UndoUntil, inv.ReturnedAt = "", nil, "", nil, nil
	inv.Delivery = models.Delivery{State: models.DeliveryNone}
	return inv
}

// LookupCode shows what a code offers to its bearer, whose key has proven
// itself: a.Key, with a.UserID empty for a key nobody has. An unknown code is
// CodeNotFound; one that ran out or was used is CodeGone. Nothing is consumed.
func (s *Store) LookupCode(ctx context.Context, a models.Actor, code string) (f CodeOffer, err error) {
	err = s.viewAnyone(ctx, a, event{}, func(t *tx) error {
		c, err := t.resolveCode(ctx, code)
		if err != nil {
			return err
		}
		var needs models.Requirement
		switch f.Kind = c.kind; c.kind {
		case CodePairing:
			f.User, f.Expires = c.pairing.user, c.pairing.expires
		case CodeLink:
			f.Expires = c.link.ExpiresAt
			f.Link, err = t.offerLink(ctx, c.link)
			needs = f.Link.Requirement
		default:
			v := c.invitation
			if v.Invitation = v.asSeen(t.now); !v.State.CanBecome(models.StateAccepted) {
				return closedTo(v.Invitation)
			}
			f.Expires = *v.ExpiresAt
			f.Offer, err = t.offer(ctx, v)
			needs = f.Offer.Requirement
		}
		if err == nil && needs != "" {
			f.factor, err = t.newcomerSecret(ctx, code)
		}
		return err
	})
	if err != nil {
		f = CodeOffer{}
	}
	return f, err
}

func (t *tx) offer(ctx context.Context, v invitation) (f models.JoinOffer, err error) {
	o, err := t.joinable(ctx, v)
	if err != nil {
		return f, err
	}
	f = models.JoinOffer{Invitation: forInvitee(v.asSeen(t.now)), OrgName: o.Name, OrgCode: o.Code}
	if f.Invitation.Workspaces, err = t.grantableWorkspaces(ctx, o, v); err != nil {
		return f, err
	}
	if t.user.ID != "" {
		u := t.user
		f.Known = &u
		if !isTo(v, u) {
			f.Invitation.Email = models.MaskEmail(v.Email)
		}
	}
	now, err := t.lets(ctx, o, joiner{looks: true}, v.grantedAt(), func(set models.MemberSettings) error { return t.stands(ctx, o, set, v) })
	f.AlreadyMember, f.Requirement, f.RequirementText = now.member, now.need, now.text
	return f, err
}

// admission is what somebody who may join is to the organization.
type admission struct {
	member bool // already
	need   models.Requirement
	text   string // of need
}

// lets asks everything that joining asks, by whatever way, and that codes and lists
// therefore show, of the transaction's user or a stranger. Whom the rules of the
// section Security keep out learns nothing of the rest; then comes what the way that
// they come by asks itself, which somebody granted at a time. A member is asked nothing.
func (t *tx) lets(ctx context.Context, o *org, j joiner, granted time.Time, way func(models.MemberSettings) error) (a admission, err error) {
	if t.user.ID != "" {
		if a.member, err = t.isMember(ctx, o.ID, t.user.ID); err != nil || a.member {
			return a, err
		}
	}
	if a.need, a.text, err = t.admitJoiner(ctx, o, j); err != nil {
		return a, err
	}
	set, err := t.memberSettings(ctx, o.ID)
	if err != nil {
		return a, err
	}
	if err := way(set); err != nil {
		return a, err
	}
	if err := t.notTakenOut(ctx, o, granted); err != nil {
		return a, err
	}
	return a, t.belongToMore(ctx, t.user)
}

// grantedAt is when somebody last decided that the invitation holds: by sending or
// approving it, or by sending it once more.
func (v invitation) grantedAt() time.Time {
	last := max(micros(v.CreatedAt), microsOf(v.DecidedAt), v.askedAt)
	return fromMicros(last)
}

func (t *tx) isMember(ctx context.Context, orgID, userID string) (bool, error) {
	var one int
	err := t.row(ctx, "SELECT 1 FROM memberships m WHERE m.org_id = $1 AND m.user_id = $2 AND "+inForce("m", 3), orgID, userID, micros(t.now)).Scan(&one)
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
	// Code is the first one of the second factor that LookupCode has shown, where
	// the organization requires one.
	Code string

	factor newFactor
}

// Accepted is what came of a code.
type Accepted struct {
	Kind CodeKind
	User models.User
	Org  models.OrgView // none for a pairing
	// Recovery are the codes of a second factor that was set up with it, which are
	// never shown again.
	Recovery []string
}

// AcceptCode joins with a code. The bearer has proven key, whose fingerprint is
// a.Key. Where a.UserID is empty the key is new: name is needed, and the
// account gets the invited address. A code of a pairing adds the key to the
// account that made the code. Everything is checked again in the transaction;
// a refusal consumes nothing.
//
// The address of the account is verified where the code proves it (invitation.proves).
func (s *Store) AcceptCode(ctx context.Context, a models.Actor, code, name string, key models.PublicKey) (u models.User, v models.OrgView, err error) {
	r, err := s.AcceptCodeFor(ctx, a, code, Newcomer{Name: name}, key)
	return r.User, r.Org, err
}

// AcceptCodeFor is AcceptCode for the bearer of any code, that of a join link
// included: where the key is new, a link needs an address from who, which stays
// unverified.
func (s *Store) AcceptCodeFor(ctx context.Context, a models.Actor, code string, who Newcomer, key models.PublicKey) (r Accepted, err error) {
	// Who is signed in at the machine of the database has no key to prove.
	if a.Key == "" && a.UserID == "" || key.Fingerprint != a.Key {
		return r, models.Errorf(models.CodeInternal, "a code is accepted only with the key that authenticated")
	}
	err = s.changeAnyone(ctx, a, event{}, func(t *tx) error {
		if err := t.identifyByKey(ctx); err != nil {
			return err
		}
		c, err := t.resolveCode(ctx, code)
		if err != nil {
			return err
		}
		r = Accepted{Kind: c.kind}
		if c.kind == CodePairing {
			r.User = c.pairing.user
			return t.pair(ctx, c.pairing, key)
		}
		if who.factor, err = t.newcomerFactor(ctx, code, who.Code); err != nil {
			return err
		}
		if c.kind == CodeLink {
			r.Org, err = t.useLink(ctx, c.link, who, &key)
		} else {
			r.Org, err = t.accept(ctx, c.invitation, who, &key)
		}
		r.User = t.user
		if err != nil || who.factor.step == 0 {
			return err
		}
		if r.Recovery, err = t.enrolNewcomer(ctx, who.factor); err == nil {
			r.Org, err = t.joinedView(ctx, r.Org.ID) // which is open now
		}
		return err
	})
	if err != nil {
		return Accepted{}, err
	}
	return r, nil
}

// identifyByKey makes a stranger's transaction act as the user of the session's key, if
// the key has found one since the session began. A key that was only pasted into an
// account is nobody's yet.
func (t *tx) identifyByKey(ctx context.Context) error {
	if t.user.ID != "" || t.actor.Key == "" {
		return nil
	}
	var id string
	err := t.row(ctx, "SELECT user_id FROM user_keys WHERE fingerprint = $1 AND proven_at > 0", t.actor.Key).Scan(&id)
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
func (t *tx) accept(ctx context.Context, before invitation, who Newcomer, key *models.PublicKey) (view models.OrgView, err error) {
	v := before
	o, err := t.joinable(ctx, v)
	if err != nil {
		return view, err
	}
	const action = "invitation.accept"
	t.attempt.org, t.attempt.event = o, event{action, "invitation", v.ID, v.Email}
	if seen := v.asSeen(t.now); !seen.State.CanBecome(models.StateAccepted) {
		return view, closedTo(seen)
	}
	if err = t.endMemberships(ctx, o.ID); err != nil {
		return view, err
	}
	forThem := func() error {
		if t.user.ID != "" && !isTo(v, t.user) {
			return wrongAddress(v.Invitation, t.user)
		}
		return nil
	}
	now, err := t.lets(ctx, o, joiner{factor: who.factor}, v.grantedAt(), func(set models.MemberSettings) error {
		if err := forThem(); err != nil {
			return err
		}
		return t.stands(ctx, o, set, v)
	})
	if err == nil && now.member { // who only closes it
		err = forThem()
	}
	if err != nil {
		return view, err
	}
	if !now.member {
		if err = t.joinBy(ctx, o, &v, NewUser{Name: who.Name, Email: v.Email, Key: key}); err != nil {
			return view, err
		}
	}
	v.State, v.ClosedAt, v.AcceptedBy, v.UndoUntil = models.StateAccepted, &t.now, t.user.ID, nil
	if err = t.stopMail(ctx, v.ID); err != nil {
		return view, err
	}
	if err = t.saveInvitation(ctx, o, action, before, v); err != nil {
		return view, err
	}
	if key != nil {
		if err = t.provenBy(ctx, v); err != nil {
			return view, err
		}
	}
	if !now.member {
		if err = t.welcome(ctx, o); err != nil {
			return view, err
		}
	}
	if _, err = t.exec(ctx, "UPDATE users SET current_org = $1 WHERE id = $2", o.ID, t.user.ID); err != nil {
		return view, err
	}
	return t.joinedView(ctx, o.ID)
}

// joinBy makes the transaction's user, who is made first where there is none, a
// member as an invitation says, and lets its inviter know.
func (t *tx) joinBy(ctx context.Context, o *org, v *invitation, n NewUser) (err error) {
	if t.user.ID == "" {
		if err = t.newOwner(ctx, *v); err != nil {
			return err
		}
		if _, err = t.createUser(ctx, n, false, v.proves(), models.AsSelf); err != nil {
			return err
		}
	}
	if err = t.addMember(ctx, o.ID, t.user, v.Given(), v.InviterEmail); err != nil {
		return err
	}
	if v.Workspaces, err = t.joinWorkspaces(ctx, o, *v); err != nil {
		return err
	}
	set, err := t.memberSettings(ctx, o.ID)
	if err != nil {
		return err
	}
	v.AcceptedBy = t.user.ID
	return t.tellInviter(ctx, set, v)
}

// DeclineCode turns the invitation of a code down. A known key of another
// address is refused, like in AcceptCode.
func (s *Store) DeclineCode(ctx context.Context, a models.Actor, code string) error {
	return s.changeAnyone(ctx, a, event{}, func(t *tx) error {
		if err := t.identifyByKey(ctx); err != nil {
			return err
		}
		c, err := t.resolveCode(ctx, code)
		if err != nil {
			return err
		}
		switch c.kind {
		case CodePairing:
			return noCode()
		case CodeLink:
			return models.Errorf(models.CodeConflict, "a join link cannot be declined").
				WithHint("just ignore it")
		}
		return t.decline(ctx, c.invitation)
	})
}

func (t *tx) decline(ctx context.Context, before invitation) error {
	v := before
	o, err := t.joinable(ctx, v)
	if err != nil {
		return err
	}
	const action = "invitation.decline"
	t.attempt.org, t.attempt.event = o, event{action, "invitation", v.ID, v.Email}
	if t.user.ID != "" && !isTo(v, t.user) {
		return wrongAddress(v.Invitation, t.user)
	}
	if now := v.asSeen(t.now); !now.State.CanBecome(models.StateDeclined) {
		return closedTo(now)
	}
	v.State, v.ClosedAt, v.UndoUntil = models.StateDeclined, &t.now, nil
	if err := t.stopMail(ctx, v.ID); err != nil {
		return err
	}
	return t.saveInvitation(ctx, o, action, before, v)
}

// offersTo lists the pending invitations of a user's address. An address that
// nobody verified gets none: whoever signed up with somebody else's address
// must not find their invitations.
func (t *tx) offersTo(ctx context.Context, u models.User) ([]models.JoinOffer, error) {
	if !u.EmailVerified {
		return nil, nil
	}
	waiting, err := collect(ctx, t, scanInvitation(), "SELECT "+invitationColumns+" FROM "+invitationTables+
		" WHERE i.email_norm = $1 AND i.state_order = "+statePending+" AND i.expires_at > $2 ORDER BY i.id", models.NormEmail(u.Email), micros(t.now))
	if err != nil {
		return nil, err
	}
	var out []models.JoinOffer
	attempted := t.attempt
	defer func() { t.attempt = attempted }()
	for _, v := range waiting {
		if err := t.loadInvitationWorkspaces(ctx, &v.Invitation); err != nil {
			return nil, err
		}
		f, err := t.offer(ctx, v)
		switch {
		case f.Requirement == models.NeedAddress:
			continue // nothing of it is shown
		case f.Requirement != "", models.CodeOf(err) == models.CodeLimit: // shown, with what is missing, or said as they accept
		case refused(err) != nil:
			continue // the organization was deleted, nobody stands behind it any more, or they were taken out
		case err != nil:
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// OwnInvitations lists what waits for the actor to accept or decline.
func (s *Store) OwnInvitations(ctx context.Context, a models.Actor) (offers []models.JoinOffer, err error) {
	err = s.view(ctx, a, event{}, func(t *tx) error {
		offers, err = t.offersTo(ctx, t.user)
		return err
	})
	return offers, err
}

// invitationToActor finds an invitation addressed to the actor. Requests that were never
// approved are the organization's own business.
func (t *tx) invitationToActor(ctx context.Context, id string) (invitation, error) {
	v, err := t.invitationByID(ctx, "", id)
	if err == nil && (!t.user.EmailVerified || models.NormEmail(v.Email) != models.NormEmail(t.user.Email) ||
		slices.Contains([]models.InvitationState{models.StateRequested, models.StateRejected, models.StateWithdrawn}, v.State)) {
		err = noInvitation()
	}
	if isNotFound(err) {
		err = conceal(err)
	}
	return v, err
}

// AcceptInvitation joins by an invitation addressed to the actor.
func (s *Store) AcceptInvitation(ctx context.Context, a models.Actor, id string) (view models.OrgView, err error) {
	err = s.change(ctx, a, event{"invitation.accept", "invitation", id, ""}, func(t *tx) error {
		v, err := t.invitationToActor(ctx, id)
		if err != nil {
			return err
		}
		view, err = t.accept(ctx, v, Newcomer{}, nil)
		return err
	})
	return view, err
}

// DeclineInvitation turns down an invitation addressed to the actor.
func (s *Store) DeclineInvitation(ctx context.Context, a models.Actor, id string) (inv models.Invitation, err error) {
	err = s.change(ctx, a, event{"invitation.decline", "invitation", id, ""}, func(t *tx) error {
		v, err := t.invitationToActor(ctx, id)
		if err != nil {
			return err
		}
		if err := t.decline(ctx, v); err != nil {
			return err
		}
		v, err = t.invitationByID(ctx, "", id)
		inv = forInvitee(v.Invitation)
		inv.OrgCode, inv.OrgName = t.attempt.org.Code, t.attempt.org.Name
		return err
	})
	return inv, err
}
