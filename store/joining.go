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
	var created, updated int64
	err := t.row(ctx, "SELECT "+orgColumns+" FROM organizations o WHERE o.id = $1 AND o.deleted_at = 0", v.OrgID).Scan(append(o.dest(), &created, &updated)...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, noCode()
	}
	if err != nil {
		return nil, err
	}
	o.CreatedAt, o.UpdatedAt = fromMicros(created), fromMicros(updated)
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
		" WHERE i.email_norm = $1 AND i.state_order = 2 AND i.expires_at > $2 ORDER BY i.id", models.NormEmail(u.Email), micros(t.now))
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

// pairing is a one-time code of an account.
type pairing struct {
	id      string
	madeBy  string // who gave it out to somebody else; empty for one's own
	user    models.User
	expires time.Time
}

func (t *tx) pairing(ctx context.Context, code string) (p pairing, err error) {
	var userID string
	var expires, used int64
	err = t.row(ctx, "SELECT id, user_id, made_by, expires_at, used_at FROM pairings WHERE code_hash = $1", hashCode(code)).Scan(&p.id, &userID, &p.madeBy, &expires, &used)
	if errors.Is(err, sql.ErrNoRows) {
		return p, noCode()
	}
	if err != nil {
		return p, err
	}
	p.expires = fromMicros(expires)
	if used != 0 || !p.expires.After(t.now) {
		e := models.Errorf(models.CodeGone, "this code was used or has expired")
		if p.madeBy != "" {
			return p, e.WithHint("ask whoever gave it to you for a new one")
		}
		return p, e.WithHint("make a new one: muster key pair")
	}
	if p.user, err = t.userByID(ctx, userID); err != nil {
		return p, err
	}
	if p.user.Status == models.UserSuspended {
		return p, models.Errorf(models.CodeDenied, "the account is suspended").WithHint("ask a site admin of this installation")
	}
	if p.madeBy != "" {
		return p, t.makerMay(ctx, p)
	}
	return p, nil
}

// pair adds the bearer's key to the account that made the code.
func (t *tx) pair(ctx context.Context, p pairing, key models.PublicKey) error {
	if t.user.ID != "" {
		t.about("key.add", "key", key.Fingerprint, key.Fingerprint)
		if t.user.ID == p.user.ID {
			return models.Errorf(models.CodeConflict, "this key is yours already").WithHint("use the code from the machine that you want to add")
		}
		return models.Errorf(models.CodeConflict, "the key of this session belongs to another account").
			WithHint("use the code with a key that nobody has")
	}
	if _, err := t.exec(ctx, "UPDATE pairings SET used_at = $1 WHERE id = $2", micros(t.now), p.id); err != nil {
		return err
	}
	t.user, t.actor.UserID, t.deed.as = p.user, p.user.ID, models.AsSelf
	_, err := t.addKey(ctx, p.user.ID, key)
	return err
}

// JoinRequest asks to become a member of an organization. Email and Name are a
// stranger's; for a signed-in user they come from the account.
type JoinRequest struct {
	OrgCode string
	Email   string
	Name    string
	Message string
}

// Bounds on join requests: what one applicant may ask for in a day, and how
// many may wait in one organization.
const (
	maxRequestsPerDay = 5
	maxRequestsOpen   = 200
)

// RequestToJoin asks an organization's admins for membership. A stranger,
// a.UserID empty, hears nothing about what exists: valid input gives nil,
// whatever became of it. The same holds for an account whose address nobody
// verified, which may be somebody else's. Other users are told, but an
// organization that takes no requests is CodeNotFound. More than five tries a
// day are CodeLimit.
func (s *Store) RequestToJoin(ctx context.Context, a models.Actor, r JoinRequest) error {
	if a.UserID == "" && a.Key == "" {
		return models.Errorf(models.CodeInternal, "a request is made only with the key that authenticated")
	}
	// The try counts even if the request is refused, which undoes what its
	// transaction wrote. Who hears nothing gets one transaction for both, so that
	// the time it takes tells nothing either.
	quiet := false
	if err := s.changeAnyone(ctx, a, func(t *tx) error {
		applicant, err := t.apply(ctx, &r)
		if err != nil {
			return err
		}
		if t.user.ID != "" {
			t.about("invitation.request", "organization", "", r.OrgCode)
		}
		if err := t.countAttempt(ctx, applicant); err != nil {
			return err
		}
		if quiet = !t.user.EmailVerified; !quiet {
			return nil
		}
		var told *models.Error
		if err = t.request(ctx, r, applicant); errors.As(err, &told) {
			return nil
		}
		return err
	}); err != nil || quiet {
		return err
	}
	return s.changeAnyone(ctx, a, func(t *tx) error {
		applicant, err := t.apply(ctx, &r)
		if err != nil {
			return err
		}
		t.about("invitation.request", "organization", "", r.OrgCode)
		t.deed.as, t.deed.hidden = models.AsOutsider, true
		return t.request(ctx, r, applicant)
	})
}

// apply checks what a request says, and names the applicant: a user id, or the
// fingerprint of a stranger's key.
func (t *tx) apply(ctx context.Context, r *JoinRequest) (applicant string, err error) {
	if err := t.adopt(ctx); err != nil {
		return "", err
	}
	applicant = t.actor.Key
	if t.user.ID != "" {
		applicant, r.Email, r.Name = t.user.ID, t.user.Email, t.user.Name
	}
	if r.Email, err = models.CheckEmail("email", r.Email); err != nil {
		return "", err
	}
	if r.Name, err = models.CheckName("name", r.Name); err != nil {
		return "", err
	}
	r.Message, err = models.CheckLong("message", r.Message)
	return applicant, err
}

// countAttempt holds the limit on tries. They count whether or not they came
// to anything.
func (t *tx) countAttempt(ctx context.Context, applicant string) error {
	day := micros(t.now.Add(-24 * time.Hour))
	if _, err := t.exec(ctx, "DELETE FROM join_attempts WHERE at <= $1", day); err != nil {
		return err
	}
	var n int
	if err := t.row(ctx, "SELECT count(*) FROM join_attempts WHERE applicant = $1", applicant).Scan(&n); err != nil {
		return err
	}
	if n >= maxRequestsPerDay {
		return models.Errorf(models.CodeLimit, "you have asked %d times within a day", n).WithHint("wait for an answer, or try again tomorrow")
	}
	_, err := t.exec(ctx, "INSERT INTO join_attempts (applicant, at) VALUES ($1, $2)", applicant, micros(t.now))
	return err
}

func (t *tx) request(ctx context.Context, r JoinRequest, applicant string) error {
	var id string
	err := t.row(ctx, "SELECT id FROM organizations WHERE code_norm = $1 AND kind = 'shared' AND deleted_at = 0", models.NormCode(r.OrgCode)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return noOrganization()
	}
	if err != nil {
		return err
	}
	set, err := t.memberSettings(ctx, id)
	if err != nil {
		return err
	}
	if t.user.ID != "" {
		if member, err := t.isMember(ctx, id, t.user.ID); err != nil {
			return err
		} else if member {
			return models.Errorf(models.CodeConflict, "you are a member already")
		}
	}
	if !set.JoinRequests {
		return noOrganization()
	}
	o, err := t.joinable(ctx, invitation{Invitation: models.Invitation{OrgID: id}})
	if err != nil {
		return err
	}
	if set.CheckEmailDomain(r.Email) != nil {
		return models.Errorf(models.CodeDenied, "%s takes no requests from addresses like yours", o.Name)
	}
	n := models.NewInvitation{Email: r.Email, Message: r.Message}
	if err := t.checkNew(ctx, o, set, &n); models.CodeOf(err) == models.CodeConflict {
		return models.Errorf(models.CodeConflict, "your request, or an invitation to you, is open already").
			WithHint("see what waits for you with: muster invite mine")
	} else if err != nil {
		return err
	}
	counts, err := t.invitationCounts(ctx, id)
	if err != nil {
		return err
	}
	if counts[models.StateRequested] >= maxRequestsOpen {
		return models.Errorf(models.CodeLimit, "too many requests wait there").WithHint("try again later")
	}
	v := invitation{Invitation: models.Invitation{
		Email: r.Email, Name: r.Name, Role: set.DefaultRole, State: models.StateRequested, Origin: models.OriginJoin,
		Message: r.Message, InviterID: t.user.ID, InviterName: r.Name, InviterEmail: r.Email,
	}}
	if t.user.ID != "" {
		applicant = ""
	}
	t.about("invitation.request", "invitation", "", v.Email)
	if err := t.insertInvitation(ctx, o, set, &v, applicant); err != nil {
		return err
	}
	return t.done(ctx, nil, v.audit())
}
