package store

import (
	"context"
	"strconv"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

const (
	// eventPage is how many entries a follower is given at once.
	eventPage = 100
	// eventFresh is how long rights hold that were read with a page of entries.
	eventFresh = 500 * time.Millisecond
	// eventIdle is how long a follower hears nothing.
	eventIdle = 15 * time.Second
)

// logTopic is the topic of entries that change nothing others see: refused
// attempts, exports, reading.
func logTopic(orgID string) string { return "log " + orgID }

// events is one reading of a log by a follower.
type events struct {
	org     string
	head    int64 // the newest entry there is
	entries []models.AuditEntry
	until   *time.Time // when the credential ends by itself, nil for never
}

// readEvents reads the entries after one, with the rights of this moment: all for
// those who may read the log, and their own actions for everybody else.
func (s *Store) readEvents(ctx context.Context, a models.Actor, action, orgID string, after int64, limit int) (r events, err error) {
	err = s.view(ctx, a, event{action, "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		r.org = o.ID
		if t.key != nil {
			r.until = t.key.ExpiresAt
		}
		if limit == 0 {
			r.head, err = t.headOf(ctx, o.ID)
			return err
		}
		w := &db.Where{}
		w.Add("org_id = ?", o.ID)
		w.Add("seq > ?", after)
		if t.require(o, models.PermAudit) != nil {
			w.Add("actor_id = ?", t.user.ID)
		}
		r.entries, err = collect(ctx, t, scanAudit(), "SELECT "+auditColumns+" FROM audit WHERE "+w.String()+" ORDER BY seq LIMIT "+strconv.Itoa(limit), w.Args...)
		return err
	})
	return r, err
}

// ListEvents gives the entries of an organization's log that follow one, the
// oldest first: all for owners and admins, their own actions for everybody else.
func (s *Store) ListEvents(ctx context.Context, a models.Actor, orgID string, q models.EventQuery) (p models.Page[models.AuditEntry], err error) {
	limit, err := models.CheckLimit(q.Limit)
	if err != nil {
		return p, err
	}
	r, err := s.readEvents(ctx, a, "event.list", orgID, q.After, limit+1)
	if err != nil {
		return p, err
	}
	if p.Items = r.entries; len(p.Items) > limit {
		p.Items = p.Items[:limit]
		p.Next = strconv.FormatInt(p.Items[limit-1].Seq, 10)
	}
	return p, nil
}

// FollowEvents hands out the entries of an organization's log that follow one, as
// ListEvents does, and goes on with those that come. With a nil after it begins
// with what comes next. It ends with ctx, with an error of write or idle, or with
// the refusal once the actor may not read on: rights are read with every page, and
// anew for what could not be handed out at once.
//
// Nothing is asked of the database between two changes, but for one look each
// time that idle is called: at the beginning, and where nothing has come for long.
func (s *Store) FollowEvents(ctx context.Context, a models.Actor, orgID string, after *int64, write func(models.AuditEntry) error, idle func() error) error {
	r, err := s.readEvents(ctx, a, "event.follow", orgID, 0, 0)
	if err != nil {
		return err
	}
	// By id: the code can be given to another organization.
	org, last := r.org, r.head
	if after != nil {
		last = *after
	}
	sub := s.Subscribe(org, logTopic(org), a.Subject(), a.UserID, TopicSignIn)
	defer sub.Close()
	if err := idle(); err != nil {
		return err
	}
	for {
		began := time.Now()
		r, err := s.readEvents(ctx, a, "event.follow", org, last, eventPage)
		if err != nil {
			return err
		}
		for _, e := range r.entries {
			if time.Since(began) > eventFresh {
				break
			}
			if err := write(e); err != nil {
				return err
			}
			last = e.Seq
		}
		if len(r.entries) > 0 && (len(r.entries) == eventPage || last < r.entries[len(r.entries)-1].Seq) {
			continue
		}
		if err := s.nextEvent(ctx, sub, r.until, idle); err != nil {
			return err
		}
	}
}

// nextEvent waits until there is something to read or to find out.
func (s *Store) nextEvent(ctx context.Context, sub *Subscription, until *time.Time, idle func() error) error {
	wait := eventIdle
	if until != nil {
		wait = min(wait, max(until.Sub(s.now()), 0)+time.Millisecond)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-sub.C:
		return nil
	case <-timer.C:
		return idle()
	}
}
