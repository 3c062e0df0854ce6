package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"muster/models"
)

// event is what somebody did, or tried to do, as the log names it.
type event struct{ action, targetType, targetID, label string }

// entry is what the log says of one change.
type entry struct {
	event
	org     string // whose chain it goes into; "" for the installation's
	as      models.ActingAs
	before  any
	after   any
	refused string // why this part of a change was refused; "" for what was done
	quiet   bool   // nothing that others see has changed
}

// entry is of a change in an organization, by the actor in the capacity in which
// the rules let them do it.
func (o *org) entry(e event, before, after any) entry {
	return entry{event: e, org: o.ID, as: o.as, before: before, after: after}
}

// ownEntry is of what somebody does to their own account, which belongs to the
// installation's chain.
func ownEntry(e event, before, after any) entry {
	return entry{event: e, as: models.AsSelf, before: before, after: after}
}

// attempt is what a transaction tries to do and how far it has come: what the
// log says if it is refused. It has no part in the entries of a change.
type attempt struct {
	event
	org *org            // the one whose rights were asked last, nil for none
	as  models.ActingAs // outside of organizations
}

func (a attempt) entry(why string) entry {
	e := entry{event: a.event, as: a.as, refused: why}
	if a.org != nil {
		e.org, e.as = a.org.ID, a.org.as
	}
	return e
}

// found names what the attempt is about once it is known, and gives the event.
func (t *tx) found(targetType, id, label string) event {
	t.attempt.event = event{t.attempt.action, targetType, id, label}
	return t.attempt.event
}

// tally counts what a transaction wrote, and what it said about it.
type tally struct {
	rows    int64
	entries int
	actions map[string]bool // of the entries
	silent  string          // why rows may change without an entry
}

// wrote counts rows that a statement has changed, or may change.
func (t *tx) wrote(rows int64) {
	if t.tally != nil {
		t.tally.rows += rows
	}
}

// unlogged says why a change leaves no entry of its own.
func (t *tx) unlogged(why string) { t.tally.silent = why }

// accounted refuses to commit a change that says nothing of what was attempted:
// no code path may leave the log behind. Whoever changes rows calls log, with
// the action that was attempted, or unlogged.
func (t *tx) accounted() error {
	y, action := t.tally, t.attempt.action
	if y.rows == 0 || y.silent != "" || action != "" && y.actions[action] || action == "" && y.entries > 0 {
		return nil
	}
	return models.Errorf(models.CodeInternal, "%q changes %d rows without an entry in the audit log", action, y.rows).
		WithHint("nothing was changed; this is a bug in muster")
}

// bySystem runs a part of a transaction that muster does by itself, whoever
// acts in the rest of it. It has to account for its own changes.
func (t *tx) bySystem(action string, fn func(*tx) error) error {
	sys := *t
	sys.actor, sys.user, sys.real = models.Actor{Via: models.ViaSystem}, models.User{}, ""
	sys.attempt, sys.tally = attempt{event: event{action: action}}, &tally{}
	if err := fn(&sys); err != nil {
		return err
	}
	t.tally.entries += sys.tally.entries
	return sys.accounted()
}

// concealed is a "not found" that may hide something which the actor has no
// part of. It is logged as a refusal is, whether or not there is anything, so
// that neither the answer nor the time it takes tells the difference.
type concealed struct{ error }

func (c concealed) Unwrap() error { return c.error }

func conceal(err error) error { return concealed{err} }

func isConcealed(err error) bool {
	var c concealed
	return errors.As(err, &c)
}

// plain is an error without what only the log wants to know of it.
func plain(err error) error {
	var c concealed
	if errors.As(err, &c) {
		return c.error
	}
	return err
}

// insteadOf gives another "not found" for one, as concealed as that was.
func insteadOf(err, other error) error {
	if isConcealed(err) {
		return conceal(other)
	}
	return other
}

// refusal tells whether an error is an attempt that belongs in the log: a known
// user, or a stranger with a code, was told no.
func (t *tx) refusal(err error) bool {
	var e *models.Error
	if t.attempt.action == "" || !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case models.CodeDenied, models.CodeConflict, models.CodeLimit, models.CodeGone:
		return true
	case models.CodeNotFound:
		return isConcealed(err)
	}
	return false
}

// answer gives the outcome of a transaction to its caller, after a refusal has
// been written down. An attempt that cannot be written down is answered with
// what stood in the way.
func (s *Store) answer(ctx context.Context, t *tx, a models.Actor, outcome error) error {
	if outcome == nil {
		return nil
	}
	if t.refusal(outcome) {
		w := &tx{s: s, actor: t.actor, user: t.user, real: t.real}
		if t.signedUp { // an account that the refusal undid
			w.actor, w.user = a, models.User{}
		}
		if err := s.inTx(ctx, s.db.Change, w, func() error {
			w.tally, w.dirty = &tally{}, map[string]int64{}
			if err := w.db.Lock(ctx, ""); err != nil {
				return err
			}
			w.now = s.latest()
			if err := w.refuse(ctx, t.attempt.entry(outcome.Error())); err != nil {
				return err
			}
			return w.markChanged(ctx)
		}); err != nil {
			return err
		}
		s.feed.committed(w.dirty)
	}
	return plain(outcome)
}

// log writes what was done, in the order given, and signals the organization.
// The entries are of one chain.
func (t *tx) log(ctx context.Context, entries ...entry) error {
	for _, e := range entries {
		if !e.quiet {
			t.signal(e.org)
		}
	}
	return t.write(ctx, entries...)
}

// write appends entries, all of one organization, to its chain, and counts what
// people did on this day.
func (t *tx) write(ctx context.Context, entries ...entry) error {
	list := make([]models.AuditEntry, len(entries))
	for i, x := range entries {
		var err error
		if list[i], err = t.auditEntry(x); err != nil {
			return err
		}
	}
	return t.append(ctx, list)
}

// append gives entries of one chain their places in it.
func (t *tx) append(ctx context.Context, entries []models.AuditEntry) error {
	if len(entries) == 0 {
		return nil
	}
	org := entries[0].OrgID
	if _, told := t.dirty[org]; !told && org != "" {
		t.signal(logTopic(org))
	}
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
	byAction := map[string]int{}
	for _, e := range entries {
		seq++
		e.Seq, e.PrevHash = seq, hash
		e.Hash = e.ComputeHash()
		hash = e.Hash
		if _, err = insert.ExecContext(ctx, auditTable.Values(&e)...); err != nil {
			return err
		}
		t.tally.add(e.Action)
		if e.Action == t.attempt.action {
			t.made = append(t.made, e)
		}
		if e.Outcome == models.OutcomeDone && e.Via != models.ViaSystem && e.Action != readAction {
			byAction[e.Action]++
		}
	}
	for _, action := range slices.Sorted(maps.Keys(byAction)) {
		if err := t.countActivity(ctx, org, action, byAction[action]); err != nil {
			return err
		}
	}
	_, err = t.exec(ctx, `INSERT INTO audit_heads (org_id, seq, hash) VALUES ($1, $2, $3)
		ON CONFLICT (org_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`, org, seq, hash)
	return err
}

func (y *tally) add(action string) {
	if y.actions == nil {
		y.actions = map[string]bool{}
	}
	y.actions[action] = true
	y.entries++
}

// Bounds of what an entry repeats of what somebody typed, in characters.
const (
	maxLabel  = 256
	maxReason = 512
)

func clip(s string, n int) string {
	s = models.HideSecrets(models.SafeText(s))
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// auditEntry is an entry as it is stored, but for its place in the chain.
func (t *tx) auditEntry(x entry) (models.AuditEntry, error) {
	e := models.AuditEntry{
		OrgID: x.org, At: t.now, ActorID: t.actor.Subject(), ActorEmail: t.user.Email, ActingAs: x.as,
		Action: x.action, TargetType: x.targetType, TargetID: clip(x.targetID, maxLabel), TargetLabel: clip(x.label, maxLabel),
		Outcome: models.OutcomeDone, Reason: clip(x.refused, maxReason), Via: t.actor.Via, Address: t.actor.Address, Key: t.actor.Key,
	}
	if x.refused != "" {
		e.Outcome = models.OutcomeRefused
	}
	if t.actor.Via == models.ViaSystem {
		e.ActingAs = models.AsSystem
	}
	e.ActorUnverified = t.user.ID != "" && !t.user.EmailVerified && t.actor.OnBehalfOf == ""
	if t.actor.OnBehalfOf != "" {
		e.ActorID, e.ActorEmail, e.OnBehalfOf = t.actor.UserID, t.real, t.user.Email
	}
	var err error
	if e.Before, err = auditJSON(x.before); err != nil {
		return e, err
	}
	e.After, err = auditJSON(x.after)
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
	if !models.MayHoldSecret(b) {
		return string(b), nil
	}
	var plain any
	read := json.NewDecoder(bytes.NewReader(b))
	read.UseNumber()
	if err := read.Decode(&plain); err != nil {
		return "", fmt.Errorf("audit: %w", err)
	}
	if b, err = json.Marshal(withoutSecrets(plain)); err != nil {
		return "", fmt.Errorf("audit: %w", err)
	}
	return string(b), nil
}

func withoutSecrets(v any) any {
	switch v := v.(type) {
	case string:
		return models.HideSecrets(v)
	case []any:
		for i := range v {
			v[i] = withoutSecrets(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = withoutSecrets(v[k])
		}
	}
	return v
}
