package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"muster/models"
)

// This file holds the rule that a key belongs to whoever proves it. Anybody can
// paste a public key, so one that nobody has proven may stand in several
// accounts and is no more than a claim. A signature by it decides whose it is:
// in a session that it opens, with a code that it uses, or over a message that
// names the account. The others lose theirs and are told.

// claims are the accounts in which a key stands, the one that has proven it
// first.
func (t *tx) claims(ctx context.Context, fingerprint string) ([]models.Key, error) {
	return collect(ctx, t, scanKey(), "SELECT "+keyColumns+" FROM user_keys WHERE fingerprint = $1 ORDER BY proven_at DESC, id", fingerprint)
}

// KeyUser says whose key a fingerprint is. It is for the front door, which lets
// nobody in before the key has proven itself. With proven it leaves out a key
// that was only pasted into an account and never used: whoever joins or signs up
// with it is somebody new, whatever account claims it. A key that several
// accounts claim, and none has proven, is CodeConflict: it opens none of them.
func (s *Store) KeyUser(ctx context.Context, fingerprint string, proven bool) (userID string, ok bool, err error) {
	rows, err := s.db.Query(ctx, "SELECT user_id, proven_at FROM user_keys WHERE fingerprint = $1 ORDER BY proven_at DESC LIMIT 2", fingerprint)
	if err != nil {
		return "", false, s.dataError(err)
	}
	defer rows.Close()
	claims := 0
	for rows.Next() {
		var id string
		var at int64
		if err := rows.Scan(&id, &at); err != nil {
			return "", false, s.dataError(err)
		}
		if at > 0 {
			return id, true, nil
		}
		claims, userID = claims+1, id
	}
	if err := rows.Err(); err != nil {
		return "", false, s.dataError(err)
	}
	switch {
	case claims == 0 || proven:
		return "", false, nil
	case claims > 1:
		return "", false, models.Errorf(models.CodeConflict, "this key was added to more than one account and has not been used yet, so it signs in to none of them").
			WithHint("sign in with another key and prove this one: {key.challenge}; or ask whoever created your account for a one-time code")
	}
	return userID, true, nil
}

// addKey gives a key to an account. signed says that a signature by it, made for
// this account, was checked.
func (t *tx) addKey(ctx context.Context, userID string, k models.PublicKey, signed bool, as models.ActingAs) (key models.Key, err error) {
	label := k.Label
	if label == "" {
		label = k.Type
	}
	if label, err = models.CheckName("label", label); err != nil {
		return key, err
	}
	// Or the connection was authenticated with it, by whoever the account is of.
	proven := signed || t.actor.Key == k.Fingerprint && t.user.ID == userID
	claims, err := t.claims(ctx, k.Fingerprint)
	if err != nil {
		return key, err
	}
	for _, c := range claims {
		switch {
		case c.UserID != userID && c.ProvenAt != nil:
			return key, models.Errorf(models.CodeConflict, "the key %s belongs to another account", k.Fingerprint).
				WithHint("a key belongs to one user; create another with: ssh-keygen -t ed25519")
		case c.UserID == userID && (c.ProvenAt != nil || !proven):
			return key, models.Errorf(models.CodeConflict, "the key %s is yours already", k.Fingerprint)
		}
	}
	own := slices.IndexFunc(claims, func(c models.Key) bool { return c.UserID == userID })
	if proven {
		if err = t.dropClaims(ctx, userID, k.Fingerprint); err != nil {
			return key, err
		}
	}
	if own >= 0 {
		key = claims[own]
		if key.ProvenAt = &t.now; k.Label != "" {
			key.Label = label
		}
		_, err = t.exec(ctx, "UPDATE user_keys SET proven_at = $1, label = $2 WHERE id = $3", micros(t.now), key.Label, key.ID)
	} else {
		key = models.Key{ID: t.s.ids.New("key"), UserID: userID, Label: label, Type: k.Type, Fingerprint: k.Fingerprint, AddedAt: t.now}
		if proven {
			key.ProvenAt = &key.AddedAt
		}
		err = t.insertKey(ctx, key, k.Wire)
	}
	if err != nil {
		return key, err
	}
	t.signal(userID)
	return key, t.log(ctx, entry{event: event{"key.add", "key", k.Fingerprint, k.Fingerprint}, as: as,
		after: fields{"fingerprint": k.Fingerprint, "type": k.Type, "label": key.Label, "proven": key.ProvenAt != nil}})
}

func (t *tx) insertKey(ctx context.Context, key models.Key, wire []byte) error {
	var n int
	if err := t.row(ctx, "SELECT count(*) FROM user_keys WHERE user_id = $1", key.UserID).Scan(&n); err != nil {
		return err
	}
	if n >= models.MaxKeys {
		return models.Errorf(models.CodeLimit, "an account can have at most %d keys", models.MaxKeys).WithHint("remove one first")
	}
	row := keyTable.With(written("wire", func(*models.Key) any { return encodeWire(wire) }))
	_, err := t.exec(ctx, row.Insert(t.db, "user_keys"), row.Values(&key)...)
	return err
}

// keyUsed notes a session that a key opened, which proves it if nothing has
// before. What was proven by somebody else meanwhile stays theirs.
func (t *tx) keyUsed(ctx context.Context, r sessionRow) error {
	if r.Key == "" {
		return nil
	}
	var proven int64
	err := t.row(ctx, "UPDATE user_keys SET last_used_at = $1 WHERE fingerprint = $2 AND user_id = $3 RETURNING proven_at", micros(r.Since), r.Key, r.userID).Scan(&proven)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // it was removed since
	}
	if err != nil || proven > 0 {
		return err
	}
	claims, err := t.claims(ctx, r.Key)
	if err != nil || claims[0].ProvenAt != nil {
		return err
	}
	if err := t.dropClaims(ctx, r.userID, r.Key); err != nil {
		return err
	}
	_, err = t.exec(ctx, "UPDATE user_keys SET proven_at = $1 WHERE fingerprint = $2 AND user_id = $3", micros(r.Since), r.Key, r.userID)
	return err
}

// dropClaims takes a key off the accounts that others pasted it into, for whoever
// has just proven that it is theirs, and leaves them word of it.
func (t *tx) dropClaims(ctx context.Context, userID, fingerprint string) error {
	claims, err := t.claims(ctx, fingerprint)
	if err != nil {
		return err
	}
	for _, c := range claims {
		if c.UserID == userID {
			continue
		}
		if err := t.bySystem("key.remove", func(t *tx) error { return t.dropClaim(ctx, c) }); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) dropClaim(ctx context.Context, c models.Key) error {
	if _, err := t.exec(ctx, "DELETE FROM user_keys WHERE id = $1", c.ID); err != nil {
		return err
	}
	if err := t.notify(ctx, c.UserID, models.AccountNotice{Kind: models.NoticeKeyLost, Subject: c.Label + " " + c.Fingerprint}); err != nil {
		return err
	}
	t.signal(c.UserID, TopicSignIn)
	return t.log(ctx, entry{event: event{"key.remove", "key", c.Fingerprint, c.Fingerprint}, as: models.AsSystem,
		before: fields{"fingerprint": c.Fingerprint, "label": c.Label, "user_id": c.UserID}, after: fields{"reason": "proven by another account"}})
}
