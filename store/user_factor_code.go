package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"muster/internal/secret"
	"muster/internal/totp"
	"muster/models"
)

// wrongCode is a refusal that has to leave something behind: it is counted.
type wrongCode struct{ why *models.Error }

func (e *wrongCode) Error() string { return e.why.Message }

// withCode is changeWithCode for what somebody does with their own second factor.
func (s *Store) withCode(ctx context.Context, a models.Actor, action string, fn func(*tx, event) error) error {
	return s.changeWithCode(ctx, a, event{action: action}, func(t *tx) error {
		return fn(t, t.found("user", t.user.ID, t.user.Email))
	})
}

// changeWithCode is change for what asks for a code. A wrong one undoes nothing
// of what the transaction wrote down about it, unlike any other refusal: fn asks
// for the code before it changes anything.
func (s *Store) changeWithCode(ctx context.Context, a models.Actor, e event, fn func(*tx) error) error {
	var wrong *wrongCode
	err := s.change(ctx, a, e, func(t *tx) error {
		wrong = nil // of an earlier attempt
		err := fn(t)
		if !errors.As(err, &wrong) {
			return err
		}
		t.signal(t.user.ID)
		return t.write(ctx, t.attempt.entry(wrong.why.Message))
	})
	if err == nil && wrong != nil {
		return wrong.why
	}
	return err
}

// freshCode asks for a code before the actor changes how they sign in, wherever
// the session has given one already: with a session that was left open, or a
// stolen key, nobody makes themselves a way in that stays. Who has no second
// factor passes unless an organization of theirs requires one. A local session
// is never asked.
func (t *tx) freshCode(ctx context.Context, code string) error {
	c, err := t.client(ctx)
	switch {
	case err != nil || c.Local:
		return err
	case c.Enrolled && code == "":
		return models.WithoutCode()
	case c.Enrolled || code != "":
		return t.checkCode(ctx, code)
	}
	byOrg, err := t.securityOf(ctx, `SELECT o.code, s.key, s.value FROM memberships m
		JOIN organizations o ON o.id = m.org_id AND o.deleted_at = 0
		JOIN settings s ON s.org_id = m.org_id
		WHERE m.user_id = $1 AND m.status = 'active' AND `+securityKeys, t.user.ID)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(byOrg)) {
		if err := models.ParseSecuritySettings(byOrg[name]).CheckNoFactor(name, c); err != nil {
			return err
		}
	}
	if t.user.SiteAdmin {
		return t.siteWithoutFactor(ctx, c)
	}
	return nil
}

// checkCode takes a code of the authenticator app or a recovery code of the
// actor's confirmed second factor, once.
func (t *tx) checkCode(ctx context.Context, code string) error {
	f, err := t.secondFactor(ctx, t.user.ID)
	if err != nil {
		return err
	}
	if !f.confirmed() {
		return noFactor()
	}
	code = models.NormFactorCode(code)
	if len(code) <= totp.Digits {
		return t.checkTime(ctx, f, code)
	}
	if err := t.checkLocked(f); err != nil {
		return err
	}
	res, err := t.exec(ctx, "UPDATE recovery_codes SET used_at = $1 WHERE user_id = $2 AND hash = $3 AND used_at = 0",
		micros(t.now), t.user.ID, hashCode(code))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return t.wrong(ctx, "this recovery code is wrong or was used")
}

// checkTime takes a code of the authenticator app, once.
func (t *tx) checkTime(ctx context.Context, f factor, code string) error {
	if err := t.checkLocked(f); err != nil {
		return err
	}
	key, err := secret.Open(t.s.secret, sealLabel, f.userID, f.sealed)
	if err != nil {
		return models.Errorf(models.CodeInternal, "your second factor cannot be read: the secret of this installation is not the one it was set up with").
			WithHint("use a recovery code, put the file %q back beside the database, or ask a site admin to reset it", SecretFile)
	}
	step, ok := totp.Match(key, code, t.now, f.lastStep)
	if !ok {
		return t.wrong(ctx, "this code is wrong, too old, or was used")
	}
	_, err = t.exec(ctx, "UPDATE second_factors SET last_step = $1 WHERE user_id = $2", step, f.userID)
	return err
}

// checkLocked refuses every code, the right one too, while there were too many
// wrong ones.
func (t *tx) checkLocked(f factor) error {
	if !f.lockedUntil.After(t.now) {
		return nil
	}
	left := f.lockedUntil.Sub(t.now).Truncate(time.Minute) + time.Minute
	return models.Errorf(models.CodeLimit, "%d wrong codes were entered", models.SecondFactorGuesses).
		WithHint("try again in %d min", left/time.Minute).After(f.lockedUntil.Sub(t.now))
}

// wrong counts a wrong code and locks the second factor after too many.
func (t *tx) wrong(ctx context.Context, why string) error {
	since := micros(t.now.Add(-models.SecondFactorWindow))
	if _, err := t.exec(ctx, "DELETE FROM second_factor_failures WHERE user_id = $1 AND at <= $2", t.user.ID, since); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "INSERT INTO second_factor_failures (user_id, at) VALUES ($1, $2)", t.user.ID, micros(t.now)); err != nil {
		return err
	}
	var n int
	if err := t.row(ctx, "SELECT count(*) FROM second_factor_failures WHERE user_id = $1", t.user.ID).Scan(&n); err != nil {
		return err
	}
	e := models.Errorf(models.CodeDenied, "%s", why)
	if n < models.SecondFactorGuesses {
		return &wrongCode{e.WithHint("wait for the next code; %d more wrong ones lock your second factor for %d min",
			models.SecondFactorGuesses-n, models.SecondFactorWindow/time.Minute)}
	}
	if _, err := t.exec(ctx, "UPDATE second_factors SET locked_until = $1 WHERE user_id = $2",
		micros(t.now.Add(models.SecondFactorWindow)), t.user.ID); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "DELETE FROM second_factor_failures WHERE user_id = $1", t.user.ID); err != nil {
		return err
	}
	return &wrongCode{e.WithHint("your second factor is now locked for %d min", models.SecondFactorWindow/time.Minute)}
}
