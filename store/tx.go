package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// tx is one transaction on behalf of one actor.
type tx struct {
	s     *Store
	db    *db.Tx
	now   time.Time
	actor models.Actor
	user  models.User // the actor's subject; zero for a stranger or for muster itself
	real  string      // address of who really acts, with OnBehalfOf

	key *keyAccess // the API key that acts, nil for people

	attempt  attempt
	tally    *tally
	made     []models.AuditEntry // of the action that is attempted, for who wants to take it back
	unread   bool                // what a view shows is not worth an entry, or has one
	signedUp bool                // the user was made in this transaction
	backTo   time.Time           // the clock goes on from there after it; zero for from now
	dirty    map[string]int64    // topics to mark as changed on commit, and the number of the mark
}

// writes tells a changing transaction from a reading one.
func (t *tx) writes() bool { return t.dirty != nil }

func (t *tx) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	res, err := t.db.Exec(ctx, query, args...)
	if err == nil {
		n, _ := res.RowsAffected()
		t.wrote(n)
	}
	return res, err
}

// prepare is for a statement that runs for many rows. Close it.
func (t *tx) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if !strings.HasPrefix(query, "SELECT") {
		t.wrote(1)
	}
	return t.db.Prepare(ctx, query)
}

func (t *tx) row(ctx context.Context, query string, args ...any) *sql.Row {
	if strings.Contains(query, "RETURNING") {
		t.wrote(1)
	}
	return t.db.Row(ctx, query, args...)
}

func (t *tx) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.db.Query(ctx, query, args...)
}

// collect runs a query and scans every row.
func collect[T any](ctx context.Context, t *tx, scan scanFunc[T], query string, args ...any) ([]T, error) {
	rows, err := t.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

type scanner interface{ Scan(dest ...any) error }

func scanString(r scanner) (s string, err error) { return s, r.Scan(&s) }

// view runs fn for a user in a read transaction, in which all queries see one
// state. What a site admin reads as such is written to the organization's log
// afterwards (logReading). A refusal is written to the audit log afterwards, like one of a change;
// with an empty event it is not.
func (s *Store) view(ctx context.Context, a models.Actor, e event, fn func(*tx) error) error {
	return s.viewAnyone(ctx, a, e, signedIn(fn))
}

// change runs fn for a user in one immediate transaction: rights, rule, change
// and audit entry together. The event is what is attempted, as far as it is
// known before anything was read. When fn refuses, all that it wrote is undone,
// and the entry of the refusal is a transaction of its own. A change that fn
// does not log is an error. Subscribers hear of a change after the commit.
func (s *Store) change(ctx context.Context, a models.Actor, e event, fn func(*tx) error) error {
	return s.changeAnyone(ctx, a, e, signedIn(fn))
}

func signedIn(fn func(*tx) error) func(*tx) error {
	return func(t *tx) error {
		if t.user.ID == "" {
			t.attempt = attempt{} // nobody known has tried anything
			return models.Errorf(models.CodeDenied, "this needs an account").WithHint("join with a code first: ssh join+CODE@host")
		}
		return fn(t)
	}
}

// viewAnyone is view for strangers and muster itself as well.
func (s *Store) viewAnyone(ctx context.Context, a models.Actor, e event, fn func(*tx) error) error {
	if !inChange(ctx) {
		s.followClock(ctx)
	}
	t := &tx{s: s, now: s.latest(), actor: a, attempt: attempt{event: e}}
	err := s.inTx(ctx, s.db.View, t, func() error {
		if err := t.identify(ctx); err != nil {
			return err
		}
		return fn(t)
	})
	if inChange(ctx) {
		return plain(err)
	}
	if err == nil {
		s.logReading(t)
	}
	return s.answer(ctx, t, a, err)
}

// changeAnyone is change for strangers and muster itself as well.
func (s *Store) changeAnyone(ctx context.Context, a models.Actor, e event, fn func(*tx) error) error {
	if err := s.mayChange(); err != nil {
		return err
	}
	s.followClock(ctx)
	return s.changeAt(ctx, s.latest, a, e, fn)
}

// changeAt is changeAnyone by a clock.
func (s *Store) changeAt(ctx context.Context, clock func() time.Time, a models.Actor, e event, fn func(*tx) error) error {
	t := &tx{s: s, actor: a, attempt: attempt{event: e}}
	err := s.inTx(ctx, s.changing, t, func() error {
		// Nothing of an earlier attempt.
		*t = tx{s: s, db: t.db, actor: a, attempt: attempt{event: e}, tally: &tally{}, dirty: map[string]int64{}}
		if err := t.db.Lock(ctx, ""); err != nil {
			return err
		}
		t.now = clock() // not before the transaction has begun: it may have waited
		if err := t.identify(ctx); err != nil {
			return err
		}
		if err := t.beginRequest(ctx); err != nil {
			return err
		}
		if err := t.onBase(ctx, fn(t)); err != nil {
			return err
		}
		if err := t.accounted(); err != nil {
			return err
		}
		if err := t.keepTime(ctx); err != nil {
			return err
		}
		return t.markChanged(ctx)
	})
	if err == nil {
		if t.tally.rows > 0 && t.backTo.IsZero() {
			s.time.written.Store(micros(t.now))
		}
		t.actor.Record.Add(t.made...)
		t.actor.Request.Committed()
		s.feed.committed(t.dirty)
	}
	return s.answer(ctx, t, a, err)
}

// changing is db.Change, of which the store learns that the disk has failed.
func (s *Store) changing(ctx context.Context, fn func(*db.Tx) error) error {
	err := s.db.Change(ctx, fn)
	s.changed(err)
	return err
}

// asSystem is change for what muster does by itself.
func (s *Store) asSystem(ctx context.Context, action string, fn func(*tx) error) error {
	return s.changeAnyone(ctx, systemActor, event{action: action}, fn)
}

// inTx runs fn in a transaction of one kind, s.db.View or s.db.Change.
func (s *Store) inTx(ctx context.Context, run func(context.Context, func(*db.Tx) error) error, t *tx, fn func() error) error {
	return s.dataError(run(ctx, func(x *db.Tx) error {
		t.db = x
		err := fn()
		if t.tally != nil {
			x.Wrote(t.tally.entries)
		}
		return err
	}))
}

// identify loads the user whose rights count. It refuses a suspended one, and a
// session whose key was taken off the account: then that is what the log says,
// whatever was attempted.
func (t *tx) identify(ctx context.Context) error {
	if t.actor.APIKey != "" {
		return t.identifyKey(ctx)
	}
	if t.actor.UserID == "" {
		return nil
	}
	subject := t.actor.Subject()
	u, err := t.userByID(ctx, subject)
	if err != nil {
		return err
	}
	t.user, t.attempt.as = u, models.AsSelf
	if err := t.checkSession(ctx); err != nil {
		t.attempt.event = event{"session.use", "user", u.ID, u.Email}
		return err
	}
	if subject != t.actor.UserID {
		real, err := t.userByID(ctx, t.actor.UserID)
		if err != nil {
			return err
		}
		t.real = real.Email
	}
	return nil
}

// checkSession asks whether the user may go on with this session.
func (t *tx) checkSession(ctx context.Context) error {
	if t.user.Status == models.UserSuspended {
		var reason string
		if err := t.row(ctx, "SELECT suspend_reason FROM users WHERE id = $1", t.user.ID).Scan(&reason); err != nil {
			return err
		}
		return models.Errorf(models.CodeDenied, "your account is suspended%s", because(reason)).WithHint("ask a site admin of this installation")
	}
	if t.actor.Key == "" {
		return nil
	}
	var one int
	err := t.row(ctx, "SELECT 1 FROM user_keys WHERE fingerprint = $1 AND user_id = $2", t.actor.Key, t.actor.UserID).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return models.Errorf(models.CodeDenied, "the key of this session was removed from your account").
			WithHint("sign in with another key")
	}
	return err
}

// signal lets those who listen to topics, organization and user ids, look anew
// once the transaction is committed.
func (t *tx) signal(topics ...string) {
	for _, x := range topics {
		if x != "" {
			t.dirty[x] = 0
		}
	}
}

func (t *tx) markChanged(ctx context.Context) error {
	if len(t.dirty) == 0 {
		return nil
	}
	var seq int64
	if err := t.row(ctx, newestMark).Scan(&seq); err != nil {
		return err
	}
	for _, topic := range slices.Sorted(maps.Keys(t.dirty)) {
		seq++
		if _, err := t.exec(ctx, "INSERT INTO changes (topic, seq) VALUES ($1, $2) ON CONFLICT (topic) DO UPDATE SET seq = excluded.seq", topic, seq); err != nil {
			return err
		}
		t.dirty[topic] = seq
	}
	return t.db.Announce(ctx)
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time { return time.UnixMicro(n).UTC() }

// timeOrNil is the time of a column in which 0 stands for none.
func timeOrNil(n int64) *time.Time {
	if n == 0 {
		return nil
	}
	t := fromMicros(n)
	return &t
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
