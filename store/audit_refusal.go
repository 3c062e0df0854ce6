package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"muster/models"
)

// Bounds of what one actor's refused attempts take in one chain of the log,
// members and outsiders alike: so many entries in so long, and one more that
// says how many others there were.
const (
	maxRefusals   = 10
	refusalPeriod = time.Hour
)

// refusals are the refused attempts of one actor in one chain since the first of
// a period.
type refusals struct {
	org, actor string
	since      time.Time
	written    int64
	more       int64             // beyond those
	actions    map[string]int64  // of more, how often each
	latest     models.AuditEntry // of more
}

func (r refusals) over(now time.Time) bool {
	return !now.Before(r.since.Add(refusalPeriod)) || now.Before(r.since) // the clock was set back
}

// refuse writes a refused attempt into the log, or only counts it where its actor
// has filled their part. Both write one row of refusals, whatever the attempt was
// on, so that the time it takes tells nothing.
func (t *tx) refuse(ctx context.Context, x entry) error {
	e, err := t.auditEntry(x)
	if err != nil {
		return err
	}
	who := cmp.Or(e.ActorID, e.Key, e.Address)
	found, err := t.refusals(ctx, "org_id = $1 AND actor = $2", e.OrgID, who)
	if err != nil {
		return err
	}
	r := refusals{org: e.OrgID, actor: who, since: t.now}
	if len(found) > 0 {
		if r = found[0]; r.over(t.now) {
			if err := t.sumUp(ctx, r); err != nil {
				return err
			}
			r = refusals{org: r.org, actor: r.actor, since: t.now}
		}
	}
	if r.written < maxRefusals {
		r.written++
		if err := t.append(ctx, []models.AuditEntry{e}); err != nil {
			return err
		}
	} else {
		if r.more++; r.more == 1 {
			t.signal(topicDue)
		}
		if r.actions == nil {
			r.actions = map[string]int64{}
		}
		r.actions[e.Action]++
		r.latest = e
	}
	return t.saveRefusals(ctx, r)
}

func (t *tx) refusals(ctx context.Context, cond string, args ...any) ([]refusals, error) {
	return collect(ctx, t, func(row scanner) (r refusals, err error) {
		var since int64
		var actions, latest string
		if err := row.Scan(&r.org, &r.actor, &since, &r.written, &r.more, &actions, &latest); err != nil {
			return r, err
		}
		r.since = fromMicros(since)
		if r.more == 0 {
			return r, nil
		}
		if err := json.Unmarshal([]byte(actions), &r.actions); err != nil {
			return r, fmt.Errorf("refusals: %w", err)
		}
		if err := json.Unmarshal([]byte(latest), &r.latest); err != nil {
			return r, fmt.Errorf("refusals: %w", err)
		}
		return r, nil
	}, "SELECT org_id, actor, since, written, more, actions, latest FROM refusals WHERE "+cond, args...)
}

func (t *tx) saveRefusals(ctx context.Context, r refusals) error {
	actions, latest := []byte{}, []byte{}
	if r.more > 0 {
		var err error
		if actions, err = json.Marshal(r.actions); err != nil {
			return err
		}
		if latest, err = json.Marshal(r.latest); err != nil {
			return err
		}
	}
	_, err := t.exec(ctx, `INSERT INTO refusals (org_id, actor, since, written, more, actions, latest) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (org_id, actor) DO UPDATE SET since = excluded.since, written = excluded.written, more = excluded.more,
			actions = excluded.actions, latest = excluded.latest`,
		r.org, r.actor, micros(r.since), r.written, r.more, string(actions), string(latest))
	return err
}

// sumUp writes the one entry for the attempts of a period that have none. It
// names who made them, with the address and key of the latest.
func (t *tx) sumUp(ctx context.Context, r refusals) error {
	if r.more == 0 {
		return nil
	}
	after, err := auditJSON(fields{"attempts": r.more, "since": r.since, "until": r.latest.At, "actions": r.actions})
	if err != nil {
		return err
	}
	e := r.latest
	e.Action, e.TargetType, e.TargetID, e.TargetLabel = "attempt.more", "", "", ""
	e.Before, e.After = "", after
	e.Reason = fmt.Sprintf("and %d more until %s", r.more, r.latest.At.UTC().Format("2006-01-02 15:04:05 UTC"))
	e.At = t.now
	return t.append(ctx, []models.AuditEntry{e})
}

// refusalBatch is how many periods one transaction closes.
const refusalBatch = 200

// sumUpRefusals closes the periods that are over.
func (s *Store) sumUpRefusals(ctx context.Context) error {
	for {
		over, err := s.strings(ctx, fmt.Sprintf("SELECT actor FROM refusals WHERE since <= $1 LIMIT %d", refusalBatch), micros(s.now().Add(-refusalPeriod)))
		if err != nil || len(over) == 0 {
			return err
		}
		if err := s.asSystem(ctx, "", func(t *tx) error {
			t.unlogged("periods in which nothing more was refused leave no entry")
			due, err := t.refusals(ctx, fmt.Sprintf("since <= $1 LIMIT %d", refusalBatch), micros(t.now.Add(-refusalPeriod)))
			if err != nil {
				return err
			}
			for _, r := range due {
				if err := t.sumUp(ctx, r); err != nil {
					return err
				}
				if _, err := t.exec(ctx, "DELETE FROM refusals WHERE org_id = $1 AND actor = $2", r.org, r.actor); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
}
