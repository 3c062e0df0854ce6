package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
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

	deed  deed
	born  bool             // the user was made in this transaction
	dirty map[string]int64 // topics to mark as changed on commit, and the number of the mark
	noted int              // entries of the audit log
}

// deed is what the audit log will say about the transaction, done or refused.
type deed struct {
	org        string // "" for the installation's chain
	action     string
	targetType string
	targetID   string
	label      string
	as         models.ActingAs
	hidden     bool // "not found" may hide something that the actor has no part of
}

// writes tells a changing transaction from a reading one.
func (t *tx) writes() bool { return t.dirty != nil }

func (t *tx) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.db.Exec(ctx, query, args...)
}

// prepare is for a statement that runs for many rows. Close it.
func (t *tx) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	return t.db.Prepare(ctx, query)
}

func (t *tx) row(ctx context.Context, query string, args ...any) *sql.Row {
	return t.db.Row(ctx, query, args...)
}

func (t *tx) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.db.Query(ctx, query, args...)
}

// collect runs a query and scans every row.
func collect[T any](ctx context.Context, t *tx, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
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
// state. A refusal is written to the audit log afterwards, like one of a change.
func (s *Store) view(ctx context.Context, a models.Actor, fn func(*tx) error) error {
	return s.viewAnyone(ctx, a, signedIn(fn))
}

// change runs fn for a user in one immediate transaction: rights, rule, change
// and audit entry together. When fn refuses, all that it wrote is undone, and
// the entry of the refusal is a transaction of its own. Subscribers hear of a
// change after the commit.
func (s *Store) change(ctx context.Context, a models.Actor, fn func(*tx) error) error {
	return s.changeAnyone(ctx, a, signedIn(fn))
}

func signedIn(fn func(*tx) error) func(*tx) error {
	return func(t *tx) error {
		if t.user.ID == "" {
			return models.Errorf(models.CodeDenied, "this needs an account").WithHint("join with a code first: ssh join+CODE@host")
		}
		return fn(t)
	}
}

// viewAnyone is view for strangers and muster itself as well.
func (s *Store) viewAnyone(ctx context.Context, a models.Actor, fn func(*tx) error) error {
	t := &tx{s: s, now: s.now(), actor: a}
	return s.answer(ctx, t, a, s.inTx(ctx, s.db.View, t, func() error {
		if err := t.identify(ctx); err != nil {
			return err
		}
		return fn(t)
	}))
}

// changeAnyone is change for strangers and muster itself as well.
func (s *Store) changeAnyone(ctx context.Context, a models.Actor, fn func(*tx) error) error {
	t := &tx{s: s, actor: a}
	err := s.inTx(ctx, s.db.Change, t, func() error {
		*t = tx{s: s, db: t.db, actor: a, dirty: map[string]int64{}} // nothing of an earlier attempt
		if err := t.db.Lock(ctx, ""); err != nil {
			return err
		}
		t.now = s.now() // not before the transaction has begun: it may have waited
		if err := t.identify(ctx); err != nil {
			return err
		}
		if err := fn(t); err != nil {
			return err
		}
		return t.markChanged(ctx)
	})
	if err == nil {
		s.feed.committed(t.dirty)
	}
	return s.answer(ctx, t, a, err)
}

// answer gives the outcome of a transaction to its caller, after a refusal has
// been written down. An attempt that cannot be written down is answered with
// what stood in the way.
func (s *Store) answer(ctx context.Context, t *tx, a models.Actor, outcome error) error {
	if !t.refusal(outcome) {
		return outcome
	}
	w := &tx{s: s, actor: t.actor, user: t.user, real: t.real, deed: t.deed}
	if t.born { // an account that the refusal undid
		w.actor, w.user = a, models.User{}
	}
	if err := s.inTx(ctx, s.db.Change, w, func() error {
		if err := w.db.Lock(ctx, ""); err != nil {
			return err
		}
		w.now = s.now()
		return w.record(ctx, models.OutcomeRefused, outcome.Error(), nil, nil)
	}); err != nil {
		return err
	}
	return outcome
}

// asSystem is change for what muster does by itself.
func (s *Store) asSystem(ctx context.Context, fn func(*tx) error) error {
	return s.changeAnyone(ctx, models.Actor{Via: models.ViaSystem}, fn)
}

// inTx runs fn in a transaction of one kind, s.db.View or s.db.Change.
func (s *Store) inTx(ctx context.Context, run func(context.Context, func(*db.Tx) error) error, t *tx, fn func() error) error {
	return s.dataError(run(ctx, func(x *db.Tx) error {
		t.db = x
		err := fn()
		x.Wrote(t.noted)
		return err
	}))
}

// identify loads the user whose rights count. It refuses a suspended one, and a
// session whose key was taken off the account.
func (t *tx) identify(ctx context.Context) error {
	if t.actor.UserID == "" {
		return nil
	}
	subject := t.actor.Subject()
	u, err := t.userByID(ctx, subject)
	if err != nil {
		return err
	}
	t.user = u
	t.deed.as = models.AsSelf
	t.about("session.use", "user", u.ID, u.Email)
	if u.Status == models.UserSuspended {
		var reason string
		if err := t.row(ctx, "SELECT suspend_reason FROM users WHERE id = $1", u.ID).Scan(&reason); err != nil {
			return err
		}
		return models.Errorf(models.CodeDenied, "your account is suspended%s", because(reason)).WithHint("ask a site admin of this installation")
	}
	if t.actor.Key != "" {
		var owner string
		err := t.row(ctx, "SELECT user_id FROM user_keys WHERE fingerprint = $1", t.actor.Key).Scan(&owner)
		if errors.Is(err, sql.ErrNoRows) || err == nil && owner != t.actor.UserID {
			return models.Errorf(models.CodeDenied, "the key of this session was removed from your account").
				WithHint("sign in with another key")
		}
		if err != nil {
			return err
		}
	}
	if subject != t.actor.UserID {
		real, err := t.userByID(ctx, t.actor.UserID)
		if err != nil {
			return err
		}
		t.real = real.Email
	}
	t.deed = deed{as: models.AsSelf}
	return nil
}

// about names what the transaction does, for the log. It is called before the
// first check, so that a refusal is recorded as well.
func (t *tx) about(action, targetType, targetID, label string) {
	t.deed.action, t.deed.targetType, t.deed.targetID, t.deed.label = action, targetType, targetID, label
}

// refusal tells whether an error is an attempt that belongs in the log: a known
// user, or a stranger with a code, was told no. Where "not found" may hide
// something, it is recorded whether or not there is anything, so that neither
// the answer nor the time it takes tells the difference.
func (t *tx) refusal(err error) bool {
	if err == nil || t.deed.action == "" {
		return false
	}
	var e *models.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case models.CodeDenied, models.CodeConflict, models.CodeLimit, models.CodeGone:
		return true
	case models.CodeNotFound:
		return t.deed.hidden
	}
	return false
}

// touched marks topics, organization and user ids, as changed.
func (t *tx) touched(topics ...string) {
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

// done writes the audit entry of a change and marks its organization, or for
// the installation's own chain its target, as changed.
func (t *tx) done(ctx context.Context, before, after any) error {
	t.touched(t.deed.org)
	return t.record(ctx, models.OutcomeDone, "", before, after)
}

// note is an entry before it is in the chain.
type note struct {
	deed    deed
	outcome models.Outcome
	reason  string
	before  any
	after   any
}

// Bounds of what an entry repeats of what somebody typed, in characters.
const (
	maxLabel  = 256
	maxReason = 512
)

func clip(s string, n int) string {
	s = models.SafeText(s)
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// record appends one entry to the chain of the deed's organization.
func (t *tx) record(ctx context.Context, outcome models.Outcome, reason string, before, after any) error {
	return t.recordAll(ctx, []note{{t.deed, outcome, reason, before, after}})
}

// recordAll appends entries, all of one organization, to its chain, and counts
// what people did on this day.
func (t *tx) recordAll(ctx context.Context, notes []note) error {
	if len(notes) == 0 {
		return nil
	}
	t.noted += len(notes)
	org := notes[0].deed.org
	var seq int64
	var hash string
	err := t.row(ctx, "SELECT seq, hash FROM audit_heads WHERE org_id = $1", org).Scan(&seq, &hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	insert, err := t.prepare(ctx, auditTable.Insert(t.db, "audit"))
	if err != nil {
		return err
	}
	defer insert.Close()
	done := map[string]int{}
	for _, n := range notes {
		e, err := t.entry(n)
		if err != nil {
			return err
		}
		seq++
		e.Seq, e.PrevHash = seq, hash
		e.Hash = e.ComputeHash()
		hash = e.Hash
		if _, err = insert.ExecContext(ctx, auditTable.Values(&e)...); err != nil {
			return err
		}
		if e.Outcome == models.OutcomeDone && e.Via != models.ViaSystem {
			done[e.Action]++
		}
	}
	for _, action := range slices.Sorted(maps.Keys(done)) {
		if err := t.countActivity(ctx, org, action, done[action]); err != nil {
			return err
		}
	}
	_, err = t.exec(ctx, `INSERT INTO audit_heads (org_id, seq, hash) VALUES ($1, $2, $3)
		ON CONFLICT (org_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`, org, seq, hash)
	return err
}

// entry makes an audit entry of a note, but for its place in the chain.
func (t *tx) entry(n note) (models.AuditEntry, error) {
	e := models.AuditEntry{
		OrgID: n.deed.org, At: t.now, ActorID: t.actor.Subject(), ActorEmail: t.user.Email, ActingAs: n.deed.as,
		Action: n.deed.action, TargetType: n.deed.targetType, TargetID: clip(n.deed.targetID, maxLabel), TargetLabel: clip(n.deed.label, maxLabel),
		Outcome: n.outcome, Reason: clip(n.reason, maxReason), Via: t.actor.Via, Address: t.actor.Address, Key: t.actor.Key,
	}
	if t.actor.Via == models.ViaSystem {
		e.ActingAs = models.AsSystem
	}
	if t.actor.OnBehalfOf != "" {
		e.ActorID, e.ActorEmail, e.OnBehalfOf = t.actor.UserID, t.real, t.user.Email
	}
	var err error
	if e.Before, err = auditJSON(n.before); err != nil {
		return e, err
	}
	e.After, err = auditJSON(n.after)
	return e, err
}

// fields is what an audit entry says of a thing before or after a change.
type fields map[string]any

func auditJSON(v any) (string, error) {
	if f, ok := v.(fields); v == nil || ok && len(f) == 0 {
		return "", nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("audit: %w", err)
	}
	return string(b), nil
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
