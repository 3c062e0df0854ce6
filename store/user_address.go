package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"muster/internal/id"
	"muster/models"
)

// An address is verified, and then one user's, or a label, which any number of
// users may have (docs/rules.md, "Addresses").

// namedUsers is how many users of one address a refusal names.
const namedUsers = 5

// verifiedHolder is the user who has verified an address, "" for none.
func (t *tx) verifiedHolder(ctx context.Context, email string) (id string, err error) {
	err = t.row(ctx, "SELECT id FROM users WHERE email_key = $1", models.NormEmail(email)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// usersOf lists the users with an address, who has verified it first.
func (t *tx) usersOf(ctx context.Context, email string) ([]models.User, error) {
	return collect(ctx, t, scanUser(), "SELECT "+userColumns+" FROM users WHERE email_norm = $1 ORDER BY email_verified DESC, id", models.NormEmail(email))
}

// oneOf picks the user that an address means among those who have it, who has
// verified it first: who has, or else the only one. It never guesses.
func oneOf[T any](email string, all []T, who func(T) (id string, verified bool)) (one T, err error) {
	if len(all) == 0 {
		return one, sql.ErrNoRows
	}
	if _, verified := who(all[0]); verified || len(all) == 1 {
		return all[0], nil
	}
	var ids []string
	for _, u := range all[:min(len(all), namedUsers)] {
		id, _ := who(u)
		ids = append(ids, id)
	}
	return one, models.AmbiguousAddress(email, ids)
}

func userRef(u models.User) (string, bool)     { return u.ID, u.EmailVerified }
func memberRef(m models.Member) (string, bool) { return m.ID, m.EmailVerified }

// userByRef finds a user by id, address or handle: sql.ErrNoRows for none, and
// CodeConflict where an address could mean several.
func (t *tx) userByRef(ctx context.Context, ref string) (models.User, error) {
	if strings.Contains(ref, "@") {
		all, err := t.usersOf(ctx, ref)
		if err != nil {
			return models.User{}, err
		}
		return oneOf(ref, all, userRef)
	}
	col := "handle"
	if id.Valid(ref, "usr") {
		col = "id"
	} else {
		ref = strings.ToLower(ref)
	}
	return scanUser()(t.row(ctx, "SELECT "+userColumns+" FROM users WHERE "+col+" = $1", ref))
}

// verifyAddress makes the address of a user verified, and so theirs alone: who else
// typed it loses it. It gives false where another user has verified it already.
func (t *tx) verifyAddress(ctx context.Context, u *models.User) (bool, error) {
	if u.EmailVerified {
		return true, nil
	}
	if holder, err := t.verifiedHolder(ctx, u.Email); err != nil || holder != "" {
		return false, err
	}
	if err := t.takeAddress(ctx, u.Email, u.ID); err != nil {
		return false, err
	}
	u.EmailVerified = true
	return true, t.saveIdentity(ctx, *u)
}

// takeAddress takes an address that nobody has verified off everybody but a user.
func (t *tx) takeAddress(ctx context.Context, email, userID string) error {
	all, err := t.usersOf(ctx, email)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.ID == userID {
			continue
		}
		if err := t.bySystem("user.address_lost", func(t *tx) error { return t.loseAddress(ctx, other) }); err != nil {
			return err
		}
	}
	return nil
}

// loseAddress takes an address that somebody else has verified off a user. The
// account stays, and is told.
func (t *tx) loseAddress(ctx context.Context, u models.User) error {
	was := u.Email
	u.Email, u.EmailVerified, u.EmailLost = models.LostAddress(u.Handle), false, was
	if err := t.saveIdentity(ctx, u); err != nil {
		return err
	}
	return t.logEverywhere(ctx, models.AsSystem, event{"user.address_lost", "user", u.ID, was}, fields{"email": was}, fields{"email": u.Email})
}

// VerifyUser says that the address of a user is theirs, for site admins. Whoever
// else typed it loses it, and open invitations of the address to organizations
// that the user is in are closed. One that another user has verified is
// CodeConflict. orgRef is as in Users.
func (s *Store) VerifyUser(ctx context.Context, a models.Actor, orgRef, ref string) (d models.AccountDetail, err error) {
	err = s.change(ctx, a, event{"user.verify", "user", "", ref}, func(t *tx) error {
		o, u, err := t.findAccount(ctx, orgRef, ref)
		if err != nil {
			return err
		}
		if err := models.CheckVerify(t.user, u); err != nil {
			return err
		}
		holder, err := t.verifiedHolder(ctx, u.Email)
		if err != nil {
			return err
		}
		if holder != "" {
			return addressTaken(u.Email).WithHint("it is verified for %s; change one of the two accounts first: {user.edit}", holder)
		}
		if _, err := t.verifyAddress(ctx, &u); err != nil {
			return err
		}
		if err := t.closeOffersOf(ctx, u, models.AsSiteAdmin); err != nil {
			return err
		}
		if err := t.logEverywhere(ctx, models.AsSiteAdmin, event{"user.verify", "user", u.ID, u.Email},
			fields{"email_verified": false}, fields{"email_verified": true}); err != nil {
			return err
		}
		d, err = t.accountDetail(ctx, o, u.ID)
		return err
	})
	return d, err
}

// isTo tells whether an invitation is of a user's address.
func isTo(v invitation, u models.User) bool {
	return models.NormEmail(u.Email) == models.NormEmail(v.Email)
}

// proves tells whether having the code of an invitation proves its address: the
// mail server took it, nobody but the mail showed it, and it is not that of
// somebody who asked to join and typed any address they liked.
func (v invitation) proves() bool { return v.codeMailed && !v.codeRead && !v.typed }

// provenBy verifies the address of who accepted an invitation by its code. Where
// another user has verified it, it stays a label.
func (t *tx) provenBy(ctx context.Context, v invitation) error {
	if t.user.EmailVerified || !v.proves() {
		return nil
	}
	return t.proven(ctx)
}

// proven verifies the address of the transaction's user, who has read its mail.
func (t *tx) proven(ctx context.Context) error {
	ok, err := t.verifyAddress(ctx, &t.user)
	if err != nil || !ok {
		return err
	}
	if err := t.closeOffersOf(ctx, t.user, models.AsSelf); err != nil {
		return err
	}
	did := event{"user.verify", "user", t.user.ID, t.user.Email}
	return t.log(ctx, ownEntry(did, fields{"email_verified": false}, fields{"email_verified": true}))
}

// newOwner frees an address for the account of who has proven it. Where one has
// verified it already, they have a key that is known here, and are told. Who has
// proven nothing is not told whose address it is.
func (t *tx) newOwner(ctx context.Context, v invitation) error {
	if !v.proves() {
		return nil
	}
	holder, err := t.verifiedHolder(ctx, v.Email)
	if err != nil {
		return err
	}
	if holder == "" {
		return t.takeAddress(ctx, v.Email, "")
	}
	return addressTaken(v.Email).
		WithHint("sign in with its key; on a new machine, pair it first: {key.pair} where you are signed in")
}

// addressFree refuses an address for an account that somebody makes or edits
// where they may know that another one has it: site admins, of one that is
// verified, and others, of a member of their organization. Nobody else learns
// whether there is an account with it.
func (t *tx) addressFree(ctx context.Context, o *org, email, userID, hint string, args ...any) error {
	taken := 0
	if t.user.SiteAdmin {
		holder, err := t.verifiedHolder(ctx, email)
		if err != nil {
			return err
		}
		if holder != "" && holder != userID {
			taken++
		}
	}
	if o != nil && taken == 0 {
		if err := t.row(ctx, "SELECT count(*) FROM memberships WHERE org_id = $1 AND email_norm = $2 AND user_id <> $3",
			o.ID, models.NormEmail(email), userID).Scan(&taken); err != nil {
			return err
		}
	}
	if taken == 0 {
		return nil
	}
	return addressTaken(email).WithHint(hint, args...)
}
