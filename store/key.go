package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// PairingTime is how long the one-time code for a new machine holds.
const PairingTime = 10 * time.Minute

// keyTable are the columns of user_keys but for the key itself.
var keyTable = db.Columns[models.Key]{
	text("id", func(k *models.Key) *string { return &k.ID }),
	text("user_id", func(k *models.Key) *string { return &k.UserID }),
	text("label", func(k *models.Key) *string { return &k.Label }),
	text("type", func(k *models.Key) *string { return &k.Type }),
	text("fingerprint", func(k *models.Key) *string { return &k.Fingerprint }),
	at("added_at", func(k *models.Key) *time.Time { return &k.AddedAt }),
	ifAt("last_used_at", func(k *models.Key) **time.Time { return &k.LastUsedAt }),
	ifAt("proven_at", func(k *models.Key) **time.Time { return &k.ProvenAt }),
}

var keyColumns = keyTable.Read("")

func scanKey() scanFunc[models.Key] { return scanTable(keyTable) }

// ListKeys lists the actor's own keys, the oldest first.
func (s *Store) ListKeys(ctx context.Context, a models.Actor) (keys []models.Key, err error) {
	err = s.view(ctx, a, event{}, func(t *tx) error {
		keys, err = collect(ctx, t, scanKey(), "SELECT "+keyColumns+" FROM user_keys WHERE user_id = $1 ORDER BY added_at, id", t.user.ID)
		return err
	})
	return keys, err
}

// AddKey adds a pasted key to the actor's own account, with a code of the second
// factor where the account has one. It is unproven, and several people may paste
// the same, until it is used. A key that somebody has proven is CodeConflict;
// more than models.MaxKeys is CodeLimit.
func (s *Store) AddKey(ctx context.Context, a models.Actor, k models.PublicKey, code string) (key models.Key, err error) {
	err = s.changeWithCode(ctx, a, event{"key.add", "key", k.Fingerprint, k.Fingerprint}, func(t *tx) error {
		if err := t.freshCode(ctx, code); err != nil {
			return err
		}
		key, err = t.addKey(ctx, t.user.ID, k, false, models.AsSelf)
		return err
	})
	return key, err
}

// ownKey finds one of the actor's keys by id or fingerprint.
func (t *tx) ownKey(ctx context.Context, ref string) (models.Key, error) {
	k, err := scanKey()(t.row(ctx, "SELECT "+keyColumns+" FROM user_keys WHERE user_id = $1 AND (id = $2 OR fingerprint = $2)", t.user.ID, ref))
	if errors.Is(err, sql.ErrNoRows) {
		return k, models.Errorf(models.CodeNotFound, "you have no such key").WithHint("list yours with: {key.list}")
	}
	return k, err
}

// RenameKey changes the label of one of the actor's keys, named by id or
// fingerprint.
func (s *Store) RenameKey(ctx context.Context, a models.Actor, ref, label string) (key models.Key, err error) {
	err = s.change(ctx, a, event{"key.rename", "key", "", ref}, func(t *tx) error {
		if key, err = t.ownKey(ctx, ref); err != nil {
			return err
		}
		did := t.found("key", key.ID, key.Fingerprint)
		before := key.Label
		if key.Label, err = models.CheckName("label", label); err != nil {
			return err
		}
		if _, err = t.exec(ctx, "UPDATE user_keys SET label = $1 WHERE id = $2", key.Label, key.ID); err != nil {
			return err
		}
		t.signal(t.user.ID)
		return t.log(ctx, ownEntry(did, fields{"label": before}, fields{"label": key.Label}))
	})
	return key, err
}

// RemoveKey takes a key off the actor's account, named by id or fingerprint.
// The last one, and the last that is proven, is CodeConflict. Sessions that came in with it are refused from
// then on.
func (s *Store) RemoveKey(ctx context.Context, a models.Actor, ref string) (key models.Key, err error) {
	err = s.change(ctx, a, event{"key.remove", "key", "", ref}, func(t *tx) error {
		if key, err = t.ownKey(ctx, ref); err != nil {
			return err
		}
		did := t.found("key", key.ID, key.Fingerprint)
		var n int
		if err = t.row(ctx, "SELECT count(*) FROM user_keys WHERE user_id = $1", t.user.ID).Scan(&n); err != nil {
			return err
		}
		if err := models.CheckRemoveKey(n); err != nil {
			return err
		}
		if err = t.row(ctx, "SELECT count(*) FROM user_keys WHERE user_id = $1 AND id <> $2 AND (proven_at > 0 OR fingerprint = $3)", t.user.ID, key.ID, t.actor.Key).Scan(&n); err != nil {
			return err
		}
		if key.ProvenAt != nil && n == 0 { // what remains may be somebody else's
			return models.Errorf(models.CodeConflict, "this is your last proven key").
				WithHint("sign in with another one first, or prove it: {key.challenge}")
		}
		if err = t.endKeys(ctx, "", t.user.ID, key.Fingerprint, models.EndedRemoved); err != nil {
			return err
		}
		if _, err = t.exec(ctx, "DELETE FROM user_keys WHERE id = $1", key.ID); err != nil {
			return err
		}
		// Not only the codes of the account: a site admin's key may have given some out.
		if err := t.endPairings(ctx, "made_key = $2", key.Fingerprint); err != nil {
			return err
		}
		t.signal(t.user.ID, TopicSignIn)
		return t.log(ctx, ownEntry(did, fields{"fingerprint": key.Fingerprint, "label": key.Label}, nil))
	})
	return key, err
}

// CreatePairing gives a one-time code by which the actor brings in a key from
// another machine: ssh join+CODE@host. It wants a code of the second factor
// where the account has one. It holds for PairingTime, and no longer than
// the actor's key and session of the app; a new code ends the one before.
func (s *Store) CreatePairing(ctx context.Context, a models.Actor, factorCode string) (code string, expires time.Time, err error) {
	if code, err = s.newCode(); err != nil {
		return "", expires, err
	}
	err = s.changeWithCode(ctx, a, event{action: "key.pair"}, func(t *tx) error {
		did := t.found("user", t.user.ID, t.user.Email)
		if err := t.freshCode(ctx, factorCode); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "DELETE FROM pairings WHERE user_id = $1", t.user.ID); err != nil {
			return err
		}
		expires = t.now.Add(PairingTime)
		if _, err := t.exec(ctx, "INSERT INTO pairings (id, user_id, made_key, session, code_hash, created_at, expires_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)",
			t.s.ids.New("pair"), t.user.ID, t.actor.Key, t.actor.Session, hashCode(code), micros(t.now), micros(expires)); err != nil {
			return err
		}
		return t.log(ctx, ownEntry(did, nil, fields{"expires_at": expires}))
	})
	return code, expires, err
}
