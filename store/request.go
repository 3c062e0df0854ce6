package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"muster/internal/secret"
	"muster/models"
)

const (
	// onceTime is how long a change that was to be made once is remembered.
	onceTime = 24 * time.Hour
	// maxOnce is how many of them one account can have at a time.
	maxOnce = 1000
	// maxAnswer bounds an answer that is kept for a request that comes again.
	maxAnswer = 256 << 10

	answerLabel = "muster answers to requests"
)

// insideChange marks the context of what a change asks while nobody else can
// change anything: reading there must write nothing, which would wait for it.
type insideChange struct{}

func inChange(ctx context.Context) bool { return ctx.Value(insideChange{}) != nil }

// beginRequest asks what a request over HTTP asks of its change, with everybody
// else kept from changing anything until it is committed.
func (t *tx) beginRequest(ctx context.Context) error {
	r := t.actor.Request
	if r.Done() {
		return nil
	}
	if r.Unchanged != nil {
		if err := r.Unchanged(context.WithValue(ctx, insideChange{}, true)); err != nil {
			return err
		}
	}
	if r.Once == nil {
		return nil
	}
	// None of it is of the change, and so of what its entry accounts for.
	if _, err := t.db.Exec(ctx, "DELETE FROM requests_once WHERE at <= $1", micros(t.now.Add(-onceTime))); err != nil {
		return err
	}
	if err := t.askedBefore(ctx, r.Once); err != nil {
		return err
	}
	account := onceAccount(t.actor)
	var have int
	if err := t.row(ctx, "SELECT count(*) FROM requests_once WHERE account = $1", account).Scan(&have); err != nil {
		return err
	}
	if have >= maxOnce {
		return models.Errorf(models.CodeLimit, "there are %d requests with an Idempotency-Key of this account within a day", have).
			WithHint("send the key only with what must not happen twice")
	}
	_, err := t.db.Exec(ctx, "INSERT INTO requests_once (owner, operation, hash, account, answer, at) VALUES ($1, $2, $3, $4, '', $5)",
		onceOwner(t.actor, r.Once), r.Once.Operation, r.Once.Hash, account, micros(t.now))
	return err
}

// askedBefore is AskedBefore within a transaction.
func (t *tx) askedBefore(ctx context.Context, once *models.Once) error {
	owner := onceOwner(t.actor, once)
	var operation, hash, sealed string
	err := t.row(ctx, "SELECT operation, hash, answer FROM requests_once WHERE owner = $1 AND at > $2", owner, micros(t.now.Add(-onceTime))).
		Scan(&operation, &hash, &sealed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	case operation != once.Operation || hash != once.Hash:
		return models.Invalid("Idempotency-Key", "this Idempotency-Key was sent with another request").WithHint("make a new key for each request")
	case sealed == "":
		return models.AskedBefore{}
	}
	answer, err := secret.Open(t.s.secret, answerLabel, owner, sealed)
	if err != nil { // the installation has another secret by now
		return models.AskedBefore{}
	}
	return models.AskedBefore{Answer: answer}
}

// AskedBefore gives models.AskedBefore where a change of the actor's was made
// before under the same key, with its answer as far as it is known, and
// CodeInvalid where the key was sent with something else.
func (s *Store) AskedBefore(ctx context.Context, a models.Actor, once *models.Once) error {
	return s.viewAnyone(ctx, a, event{}, func(t *tx) error { return t.askedBefore(ctx, once) })
}

// KeepAnswer keeps the answer of a change that was made, for when it is asked for
// once more. One that is too long is not kept.
func (s *Store) KeepAnswer(ctx context.Context, a models.Actor, once *models.Once, answer []byte) error {
	if len(answer) > maxAnswer {
		return nil
	}
	owner := onceOwner(a, once)
	sealed, err := secret.Seal(s.secret, answerLabel, owner, answer, s.rand)
	if err != nil {
		return err
	}
	return s.changeAnyone(ctx, systemActor, event{}, func(t *tx) error {
		t.unlogged("the change that it answers has its entry")
		_, err := t.exec(ctx, "UPDATE requests_once SET answer = $1 WHERE owner = $2", sealed, owner)
		return err
	})
}

// onceOwner tells requests of the same key apart by who sends them: nobody gets the
// answer to another's.
func onceOwner(a models.Actor, once *models.Once) string {
	return hashed("once", a.UserID, a.Key, once.Key)
}

func onceAccount(a models.Actor) string {
	if a.UserID != "" {
		return a.UserID
	}
	return a.Key
}

func hashed(words ...string) string {
	h := sha256.New()
	for _, w := range words {
		h.Write([]byte(w))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// UseToken notes that a token which is for one request was used, until it would
// have expired. One that was used before is CodeGone. It is for the door that has
// checked the token.
func (s *Store) UseToken(ctx context.Context, token string, expires time.Time) error {
	return s.changeAnyone(ctx, systemActor, event{}, func(t *tx) error {
		t.unlogged("what the token is used for has its entry")
		if _, err := t.exec(ctx, "DELETE FROM tokens_used WHERE expires_at <= $1", micros(t.now)); err != nil {
			return err
		}
		res, err := t.exec(ctx, "INSERT INTO tokens_used (hash, expires_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING", hashed("token", token), micros(expires))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return models.Errorf(models.CodeGone, "this token was used before")
	})
}

// Ready tells why the store cannot work: it cannot be read, or takes no changes. It
// is for the front doors.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.mayChange(); err != nil {
		return err
	}
	var n int
	return s.dataError(s.db.Row(ctx, "SELECT count(*) FROM users WHERE id = ''").Scan(&n))
}
