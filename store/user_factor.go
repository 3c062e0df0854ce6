package store

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"time"

	"muster/internal/secret"
	"muster/internal/totp"
	"muster/models"
)

// factor is somebody's second factor as the database has it; id is empty where
// there is none.
type factor struct {
	userID      string
	sealed      string
	confirmedAt time.Time
	lastStep    int64
	lockedUntil time.Time
}

func (f factor) confirmed() bool { return f.userID != "" && !f.confirmedAt.IsZero() }

// sealLabel derives the key for secrets of second factors.
const sealLabel = "muster second factor"

func noFactor() error {
	return models.Errorf(models.CodeConflict, "you have no second factor").WithHint("set one up with: {second_factor.enrol}")
}

func (t *tx) secondFactor(ctx context.Context, userID string) (f factor, err error) {
	var confirmed, locked int64
	err = t.row(ctx, "SELECT user_id, secret, confirmed_at, last_step, locked_until FROM second_factors WHERE user_id = $1", userID).
		Scan(&f.userID, &f.sealed, &confirmed, &f.lastStep, &locked)
	if errors.Is(err, sql.ErrNoRows) {
		return factor{}, nil
	}
	if confirmed != 0 {
		f.confirmedAt = fromMicros(confirmed)
	}
	f.lockedUntil = fromMicros(locked)
	return f, err
}

// verifiedUntil is how long the code holds that was given for this session's
// key and address.
func (t *tx) verifiedUntil(ctx context.Context) (time.Time, error) {
	var until int64
	err := t.row(ctx, "SELECT until FROM second_factor_sessions WHERE user_id = $1 AND key = $2 AND address = $3",
		t.user.ID, t.actor.Key, t.actor.Address).Scan(&until)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return fromMicros(until), err
}

// SecondFactor says how the actor's own second factor stands.
func (s *Store) SecondFactor(ctx context.Context, a models.Actor) (v models.SecondFactor, err error) {
	err = s.view(ctx, a, event{}, func(t *tx) error {
		v, err = t.factorState(ctx)
		return err
	})
	return v, err
}

func (t *tx) factorState(ctx context.Context) (v models.SecondFactor, err error) {
	f, err := t.secondFactor(ctx, t.user.ID)
	if err != nil {
		return v, err
	}
	c, err := t.client(ctx)
	if err != nil {
		return v, err
	}
	v.Local, v.HardwareKey = c.Local, models.HardwareKey(c.KeyType)
	v.Enrolled, v.Pending = f.confirmed(), f.userID != "" && !f.confirmed()
	if v.Enrolled {
		v.Since = &f.confirmedAt
		if f.lockedUntil.After(t.now) {
			v.LockedUntil = &f.lockedUntil
		}
		if until, err := t.verifiedUntil(ctx); err != nil {
			return v, err
		} else if until.After(t.now) {
			v.VerifiedUntil = &until
		}
	}
	if err = t.row(ctx, "SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at = 0", t.user.ID).Scan(&v.Recovery); err != nil {
		return v, err
	}
	v.RequiredBy, err = collect(ctx, t, scanString, `SELECT o.code FROM memberships m
		JOIN organizations o ON o.id = m.org_id AND o.deleted_at = 0
		JOIN settings s ON s.org_id = m.org_id AND s.key = $2 AND s.value = $3
		WHERE m.user_id = $1 AND m.status = 'active' ORDER BY o.code`, t.user.ID, models.SetTwoFactor, models.TwoFactorRequired)
	return v, err
}

// EnrolSecondFactor begins a second factor for the actor and gives its secret,
// which is never shown again. It counts once ConfirmSecondFactor has seen a
// first code; begun again before that, it starts anew. issuer names the
// installation in an authenticator app. Who has one already gets CodeConflict.
func (s *Store) EnrolSecondFactor(ctx context.Context, a models.Actor, issuer string) (e models.FactorEnrolment, err error) {
	err = s.change(ctx, a, event{action: "second_factor.enrol"}, func(t *tx) error {
		did := t.found("user", t.user.ID, t.user.Email)
		f, err := t.secondFactor(ctx, t.user.ID)
		if err != nil {
			return err
		}
		if f.confirmed() {
			return models.Errorf(models.CodeConflict, "you have a second factor already").
				WithHint("turn it off first, with a code: {second_factor.disable CODE}")
		}
		key, err := totp.NewSecret(s.rand)
		if err != nil {
			return err
		}
		sealed, err := secret.Seal(s.secret, sealLabel, t.user.ID, key, s.rand)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO second_factors (user_id, secret, created_at, confirmed_at, last_step, locked_until)
			VALUES ($1, $2, $3, 0, 0, 0)
			ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at`,
			t.user.ID, sealed, micros(t.now)); err != nil {
			return err
		}
		e = models.FactorEnrolment{Secret: totp.Text(key), URI: totp.URI(key, issuer, t.user.Email)}
		return t.logFactor(ctx, did)
	})
	return e, err
}

// ConfirmSecondFactor makes the begun second factor count, given a first code,
// and gives the recovery codes, which are never shown again. The code holds for
// this session as VerifySecondFactor's does.
func (s *Store) ConfirmSecondFactor(ctx context.Context, a models.Actor, code string) (recovery []string, err error) {
	err = s.withCode(ctx, a, "second_factor.confirm", func(t *tx, did event) error {
		f, err := t.secondFactor(ctx, t.user.ID)
		switch {
		case err != nil:
			return err
		case f.confirmed():
			return models.Errorf(models.CodeConflict, "your second factor is on already")
		case f.userID == "":
			return noFactor()
		}
		if err := t.checkTime(ctx, f, models.NormFactorCode(code)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "UPDATE second_factors SET confirmed_at = $1 WHERE user_id = $2", micros(t.now), t.user.ID); err != nil {
			return err
		}
		if recovery, err = t.newRecoveryCodes(ctx); err != nil {
			return err
		}
		if _, err := t.remember(ctx); err != nil {
			return err
		}
		return t.logFactor(ctx, did)
	})
	return recovery, err
}

// VerifySecondFactor takes a code of the authenticator app or a recovery code.
// It then holds for models.SecondFactorTime for the key and the address of this
// session, in the app and in commands. A wrong or used code is CodeDenied, too
// many of them CodeLimit. A local session has nothing to hold it for:
// CodeConflict.
func (s *Store) VerifySecondFactor(ctx context.Context, a models.Actor, code string) (v models.SecondFactor, err error) {
	err = s.withCode(ctx, a, "second_factor.verify", func(t *tx, did event) error {
		if t.actor.Local() {
			return models.Errorf(models.CodeConflict, "a local session is never asked for a second factor").
				WithHint("over SSH: {second_factor.verify CODE}")
		}
		if err := t.checkCode(ctx, code); err != nil {
			return err
		}
		if _, err := t.remember(ctx); err != nil {
			return err
		}
		if v, err = t.factorState(ctx); err != nil {
			return err
		}
		return t.logFactor(ctx, did)
	})
	return v, err
}

// RenewRecoveryCodes gives new recovery codes in place of the old ones, for a
// code.
func (s *Store) RenewRecoveryCodes(ctx context.Context, a models.Actor, code string) (recovery []string, err error) {
	err = s.withCode(ctx, a, "second_factor.recovery", func(t *tx, did event) error {
		if err := t.checkCode(ctx, code); err != nil {
			return err
		}
		if recovery, err = t.newRecoveryCodes(ctx); err != nil {
			return err
		}
		return t.logFactor(ctx, did)
	})
	return recovery, err
}

// DisableSecondFactor takes the actor's second factor off, for a code. One that
// was never confirmed needs none.
func (s *Store) DisableSecondFactor(ctx context.Context, a models.Actor, code string) (v models.SecondFactor, err error) {
	err = s.withCode(ctx, a, "second_factor.disable", func(t *tx, did event) error {
		f, err := t.secondFactor(ctx, t.user.ID)
		switch {
		case err != nil:
			return err
		case f.userID == "":
			return noFactor()
		case f.confirmed():
			if err := t.checkCode(ctx, code); err != nil {
				return err
			}
		}
		if err := t.dropFactor(ctx, t.user.ID); err != nil {
			return err
		}
		if err := t.logFactor(ctx, did); err != nil {
			return err
		}
		v, err = t.factorState(ctx)
		return err
	})
	return v, err
}

// ResetSecondFactor takes somebody's second factor off who has lost it, named
// by address, handle or id. It is for site admins, who over SSH must have given
// the code of their own, if they have one, and cannot reset that.
func (s *Store) ResetSecondFactor(ctx context.Context, a models.Actor, ref string) (u models.User, err error) {
	err = s.change(ctx, a, event{"second_factor.reset", "user", "", models.SafeText(ref)}, func(t *tx) error {
		if !t.user.SiteAdmin {
			return models.Errorf(models.CodeDenied, "only a site admin may reset a second factor").WithHint("ask a site admin")
		}
		t.attempt.as = models.AsSiteAdmin
		if err := t.siteFactor(ctx); err != nil {
			return err
		}
		if u, err = t.anyUser(ctx, ref); err != nil {
			return err
		}
		did := t.found("user", u.ID, u.Email)
		if err := t.mayReset(ctx, u); err != nil {
			return err
		}
		f, err := t.secondFactor(ctx, u.ID)
		if err != nil {
			return err
		}
		if f.userID == "" {
			return models.Errorf(models.CodeConflict, "%s has no second factor", u.Email)
		}
		if err := t.dropFactor(ctx, u.ID); err != nil {
			return err
		}
		t.signal(u.ID)
		return t.log(ctx, entry{event: did, as: models.AsSiteAdmin, before: fields{"confirmed": f.confirmed()}})
	})
	return u, err
}

// mayReset keeps a stolen key of a site admin from taking second factors off.
func (t *tx) mayReset(ctx context.Context, u models.User) error {
	if t.actor.Local() {
		return nil
	}
	c, err := t.client(ctx)
	switch {
	case err != nil:
		return err
	case u.ID == t.user.ID:
		return models.Errorf(models.CodeDenied, "you cannot reset your own second factor over SSH").
			WithHint("turn it off with a code or a recovery code, or ask another site admin")
	case c.Enrolled && !c.Verified:
		return (models.SecuritySettings{TwoFactor: true}).Admit("resetting a second factor", c)
	}
	return nil
}

func (t *tx) anyUser(ctx context.Context, ref string) (models.User, error) {
	u, err := t.userByRef(ctx, ref)
	if errors.Is(err, sql.ErrNoRows) {
		return u, models.Errorf(models.CodeNotFound, "there is no user %s", models.SafeText(ref)).
			WithHint("name a user by address, handle or id")
	}
	return u, err
}

func (t *tx) dropFactor(ctx context.Context, userID string) error {
	_, err := t.exec(ctx, "DELETE FROM second_factors WHERE user_id = $1", userID) // and what hangs on it
	return err
}

// newRecoveryCodes replaces the recovery codes. The database keeps only their
// hashes: with 80 random bits that is enough, and unlike anything made with the
// secret of the installation they still work when that was lost.
func (t *tx) newRecoveryCodes(ctx context.Context) ([]string, error) {
	if _, err := t.exec(ctx, "DELETE FROM recovery_codes WHERE user_id = $1", t.user.ID); err != nil {
		return nil, err
	}
	codes := make([]string, models.RecoveryCodes)
	for i := range codes {
		var b [10]byte
		if _, err := io.ReadFull(t.s.rand, b[:]); err != nil {
			return nil, err
		}
		code := codeEncoding.EncodeToString(b[:])
		if _, err := t.exec(ctx, "INSERT INTO recovery_codes (user_id, hash, used_at) VALUES ($1, $2, 0)", t.user.ID, hashCode(code)); err != nil {
			return nil, err
		}
		codes[i] = models.ShownRecoveryCode(code)
	}
	return codes, nil
}

// remember notes that a code was given in this session.
func (t *tx) remember(ctx context.Context) (until time.Time, err error) {
	if t.actor.Local() {
		return until, nil
	}
	until = t.now.Add(models.SecondFactorTime)
	if _, err = t.exec(ctx, "DELETE FROM second_factor_sessions WHERE until <= $1", micros(t.now)); err != nil {
		return until, err
	}
	_, err = t.exec(ctx, `INSERT INTO second_factor_sessions (user_id, key, address, until) VALUES ($1, $2, $3, $4)
		ON CONFLICT (user_id, key, address) DO UPDATE SET until = excluded.until`,
		t.user.ID, t.actor.Key, t.actor.Address, micros(until))
	return until, err
}

// logFactor records a change of the actor's own second factor, with nothing that
// is a secret, and lets the open sessions of the user look again.
func (t *tx) logFactor(ctx context.Context, e event) error {
	t.signal(t.user.ID)
	return t.log(ctx, ownEntry(e, nil, nil))
}
