package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"muster/models"
)

// onBase is the answer of a change that takes something back, given what it came
// to: a conflict where somebody else was there meanwhile. Whoever may not change
// the thing any more hears that, and nothing of what others did.
func (t *tx) onBase(ctx context.Context, outcome error) error {
	b := t.actor.Base
	var refused *models.Error
	if b == nil || outcome != nil && !errors.As(outcome, &refused) {
		return outcome
	}
	if refused != nil && (refused.Code == models.CodeDenied || refused.Code == models.CodeNotFound || refused.Code == models.CodeInternal) {
		return outcome
	}
	for _, e := range b.Entries() {
		if !t.takesBack(e) {
			continue
		}
		if err := t.lastWord(ctx, e); err != nil {
			return err
		}
	}
	if outcome != nil {
		return outcome
	}
	return t.noteUndone(ctx)
}

// takesBack tells which entry of a base the transaction takes back: of many rows
// that were changed at once, each is taken back by a transaction of its own.
func (t *tx) takesBack(e models.AuditEntry) bool {
	for _, made := range t.made {
		if _, same := sameSubject(e, made); same && made.OrgID == e.OrgID && made.TargetID == e.TargetID {
			return true
		}
	}
	return len(t.made) == 0 && t.attempt.targetType == e.TargetType && t.attempt.targetID == e.TargetID
}

// lastWord refuses where somebody else has since changed what an entry changed.
func (t *tx) lastWord(ctx context.Context, own models.AuditEntry) error {
	since, err := collect(ctx, t, scanAudit(), "SELECT "+auditColumns+` FROM audit
		WHERE org_id = $1 AND target_id = $2 AND seq > $3 AND target_type = $4 AND outcome = 'done' AND actor_id <> $5 ORDER BY seq DESC`,
		own.OrgID, own.TargetID, own.Seq, own.TargetType, t.actor.UserID)
	if err != nil {
		return err
	}
	for _, e := range since {
		what, same := sameSubject(own, e)
		if !same {
			continue
		}
		who := e.ActorEmail
		if who == "" {
			who = "muster itself"
		}
		return models.Errorf(models.CodeConflict, "%s has changed %s since: %s", who, e.TargetLabel, what).
			WithHint("nothing was undone; look at the new value, then change it")
	}
	return nil
}

// sameSubject tells whether two entries on one target changed the same of it,
// and what the second one did, in words.
func sameSubject(a, b models.AuditEntry) (what string, same bool) {
	x, y := changedFields(a), changedFields(b)
	if x.member != "" && y.member != "" && x.member != y.member {
		return "", false // of another member of the same workspace
	}
	if len(x.values) == 0 || len(y.values) == 0 {
		return b.Action, true
	}
	var said []string
	for _, k := range slices.Sorted(maps.Keys(y.values)) {
		if _, ok := x.values[k]; !ok {
			continue
		}
		if same = true; k == "reason" {
			continue
		}
		name := k[strings.LastIndexByte(k, '.')+1:]
		if v, ok := y.values[k].(string); ok && v != "" && !privateField(k) {
			said = append(said, fmt.Sprintf("%s is now %s", name, clip(v, 64)))
		} else {
			said = append(said, name)
		}
	}
	return strings.Join(said, ", "), same
}

// privateField is one whose value is not for everybody who may change others.
func privateField(key string) bool {
	d, err := models.FindSetting(key)
	return err == nil && (d.Private || d.Permission != models.PermSettings)
}

type changedValues struct {
	member string // who of a workspace it is about
	values map[string]any
}

// changedFields are the fields that an entry says are other than before, with
// what they are after it.
func changedFields(e models.AuditEntry) changedValues {
	var before, after map[string]any
	_ = json.Unmarshal([]byte(e.Before), &before)
	_ = json.Unmarshal([]byte(e.After), &after)
	c := changedValues{values: map[string]any{}}
	for _, m := range []map[string]any{before, after} {
		for k := range m {
			if k == "member" {
				c.member, _ = m[k].(string)
				continue
			}
			was, had := before[k]
			is, has := after[k]
			if had == has && reflect.DeepEqual(was, is) {
				continue
			}
			if k == "plan" {
				k = models.SetPlan // whichever way it was changed
			}
			c.values[k] = is
		}
	}
	return c
}
