package store

import (
	"context"
	"time"

	"muster/models"
)

// pairing is a one-time code of an account.
type pairing struct {
	id      string
	madeBy  string // who gave it out to somebody else; empty for one's own
	user    models.User
	expires time.Time
	mailed  int // what became of the mail that takes it along
}

// pairingByID finds a pairing that can be used.
func (t *tx) pairingByID(ctx context.Context, id string) (p pairing, err error) {
	var userID string
	var expires, used int64
	if err = t.row(ctx, "SELECT id, user_id, made_by, expires_at, used_at, mailed FROM pairings WHERE id = $1", id).Scan(&p.id, &userID, &p.madeBy, &expires, &used, &p.mailed); err != nil {
		return p, err
	}
	p.expires = fromMicros(expires)
	if used != 0 || !p.expires.After(t.now) {
		e := models.Errorf(models.CodeGone, "this code was used or is no longer valid")
		if p.madeBy != "" {
			return p, e.WithHint("ask whoever gave it to you for a new one")
		}
		return p, e.WithHint("create a new one: {key.pair}")
	}
	if p.user, err = t.userByID(ctx, userID); err != nil {
		return p, err
	}
	if p.user.Status == models.UserSuspended {
		return p, models.Errorf(models.CodeDenied, "the account is suspended").WithHint("ask a site admin of this installation")
	}
	if p.madeBy != "" {
		return p, t.pairingMakerMay(ctx, p)
	}
	return p, nil
}

// endPairings ends codes that could still be used. The condition has the
// argument $2.
func (t *tx) endPairings(ctx context.Context, where string, arg any) error {
	_, err := t.exec(ctx, "UPDATE pairings SET expires_at = $1 WHERE used_at = 0 AND expires_at > $1 AND "+where, micros(t.now), arg)
	return err
}

// pair adds the bearer's key to the account that made the code.
func (t *tx) pair(ctx context.Context, p pairing, key models.PublicKey) error {
	t.attempt.event = event{"key.add", "key", key.Fingerprint, key.Fingerprint}
	if key.Fingerprint == "" { // at the machine of the database
		return models.Errorf(models.CodeUsage, "a code for a new machine is used from that machine").
			WithHint("there: {code.accept}")
	}
	if t.user.ID != "" {
		if t.user.ID == p.user.ID {
			return models.Errorf(models.CodeConflict, "this key is yours already").WithHint("use the code from the machine that you want to add")
		}
		return models.Errorf(models.CodeConflict, "the key of this session belongs to another account").
			WithHint("use the code with a key that is in no account")
	}
	if _, err := t.exec(ctx, "UPDATE pairings SET used_at = $1 WHERE id = $2", micros(t.now), p.id); err != nil {
		return err
	}
	t.user, t.actor.UserID, t.attempt.as = p.user, p.user.ID, models.AsSelf
	if _, err := t.addKey(ctx, p.user.ID, key, false, models.AsSelf); err != nil {
		return err
	}
	return t.provenByEnrolment(ctx, p)
}
