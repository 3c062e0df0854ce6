package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"muster/models"
)

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
	if err := s.inTx(ctx, s.writer, w, func() error {
		w.now = s.now()
		return w.record(ctx, models.OutcomeRefused, outcome.Error(), nil, nil)
	}); err != nil {
		return err
	}
	return outcome
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
	insert, err := t.prepare(ctx, `INSERT INTO audit (org_id, seq, at, actor_id, actor_email, acting_as, on_behalf_of, action,
			target_type, target_id, target_label, before, after, outcome, reason, via, address, key, prev_hash, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`)
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
		if _, err = insert.ExecContext(ctx, e.OrgID, e.Seq, micros(e.At), e.ActorID, e.ActorEmail, string(e.ActingAs), e.OnBehalfOf, e.Action,
			e.TargetType, e.TargetID, e.TargetLabel, e.Before, e.After, string(e.Outcome), e.Reason,
			string(e.Via), e.Address, e.Key, e.PrevHash, e.Hash); err != nil {
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

