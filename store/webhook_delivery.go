package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"muster/internal/secret"
	"muster/models"
)

const (
	// webhookScan is how many events one look at a chain goes through.
	webhookScan = 200
	// webhookUnlogged is why deliveries have no entries in the log.
	webhookUnlogged = "how a delivery goes stands beside its webhook"
)

// WebhookJob is one event that a webhook is to be sent now.
type WebhookJob struct {
	ID      string // of the delivery: the same with every attempt
	Webhook string
	OrgID   string
	URL     string
	Keys    [][]byte // to sign with, the newest first
	Event   models.AuditEntry
	Attempt int   // from 1
	claim   int64 // hands the answer back
}

// WebhookDue is a webhook that has something to do at a time.
type WebhookDue struct {
	ID    string
	OrgID string
	At    time.Time // zero where it waits for the next event
}

// Webhooks says of each active webhook when it has something to do. For the worker
// only.
func (s *Store) Webhooks(ctx context.Context) ([]WebhookDue, error) {
	rows, err := s.db.Query(ctx, `SELECT k.id, k.org_id, k.leased_until, k.seq < coalesce(h.seq, 0),
		(SELECT d.next_at FROM webhook_deliveries d WHERE d.webhook_id = k.id AND d.state = 'queued' ORDER BY d.seq LIMIT 1)
		FROM webhooks k JOIN organizations o ON o.id = k.org_id AND o.deleted_at = 0 LEFT JOIN audit_heads h ON h.org_id = k.org_id
		WHERE k.status = 'active' ORDER BY k.leased_until, k.id`)
	if err != nil {
		return nil, s.dataError(err)
	}
	defer rows.Close()
	var out []WebhookDue
	for rows.Next() {
		var w WebhookDue
		var leased int64
		var news bool
		var next sql.NullInt64
		if err := rows.Scan(&w.ID, &w.OrgID, &leased, &news, &next); err != nil {
			return nil, s.dataError(err)
		}
		switch {
		case next.Valid:
			w.At = fromMicros(max(next.Int64, leased))
		case news:
			w.At = fromMicros(max(leased, 1))
		}
		out = append(out, w)
	}
	return out, s.dataError(rows.Err())
}

// WebhookNews is a subscription that signals when a webhook may have something to
// do: listen to organizations with FollowWebhooks. For the worker only.
func (s *Store) WebhookNews() *Subscription { return s.Subscribe(webhookTopic) }

// FollowWebhooks has the subscription of WebhookNews signal the events of
// organizations.
func (s *Store) FollowWebhooks(sub *Subscription, orgs []string) {
	topics := []string{webhookTopic}
	for _, id := range orgs {
		topics = append(topics, id, logTopic(id))
	}
	sub.SetTopics(topics...)
}

// ClaimWebhook hands out the next event of a webhook, in their order, for the
// lease: when no answer comes within it, another worker gets it, so that an event
// may in rare cases be sent twice but is never lost, and none overtakes another.
// ok is false where nothing is due. For the worker only.
func (s *Store) ClaimWebhook(ctx context.Context, id string, lease time.Duration) (job WebhookJob, ok bool, err error) {
	err = s.asSystem(ctx, "", func(t *tx) error {
		t.unlogged(webhookUnlogged)
		job, ok = WebhookJob{}, false
		w, err := t.activeWebhook(ctx, id)
		if err != nil || w.ID == "" || w.leased != nil && w.leased.After(t.now) {
			return err
		}
		d, found, err := t.nextDelivery(ctx, w)
		if err == nil && (!found || d.Seq > w.seq) { // a test may be ahead of events before it
			if err = t.queueEvents(ctx, w); err == nil {
				d, found, err = t.nextDelivery(ctx, w)
			}
		}
		if err != nil || !found || d.NextAt.After(t.now) {
			return err
		}
		job, err = t.webhookJob(ctx, w, d)
		if err != nil {
			return err
		}
		ok = true
		return t.row(ctx, "UPDATE webhooks SET claim = claim + 1, leased_until = $2 WHERE id = $1 RETURNING claim", w.ID, micros(t.now.Add(lease))).Scan(&job.claim)
	})
	return job, ok, err
}

// activeWebhook is a webhook that events are sent to; without an id, it is none.
func (t *tx) activeWebhook(ctx context.Context, id string) (webhookRow, error) {
	w, err := scanWebhook()(t.row(ctx, "SELECT "+webhookColumns+" FROM "+webhookTables+
		" JOIN organizations o ON o.id = k.org_id AND o.deleted_at = 0 WHERE k.id = $1 AND k.status = 'active'", id))
	if errors.Is(err, sql.ErrNoRows) {
		return webhookRow{}, nil
	}
	return w, err
}

// nextDelivery is the oldest event that waits.
func (t *tx) nextDelivery(ctx context.Context, w webhookRow) (d models.WebhookDelivery, found bool, err error) {
	d, err = scanDelivery()(t.row(ctx, "SELECT "+deliveryColumns+" FROM webhook_deliveries d WHERE d.webhook_id = $1 AND d.state = 'queued' ORDER BY d.seq LIMIT 1", w.ID))
	if errors.Is(err, sql.ErrNoRows) {
		return d, false, nil
	}
	return d, err == nil, err
}

// queueEvents goes through the events that a webhook has not been looked at for,
// until some are for it.
func (t *tx) queueEvents(ctx context.Context, w webhookRow) error {
	for {
		type entry struct {
			seq    int64
			action string
		}
		list, err := collect(ctx, t, func(r scanner) (e entry, err error) { return e, r.Scan(&e.seq, &e.action) },
			"SELECT seq, action FROM audit WHERE org_id = $1 AND seq > $2 ORDER BY seq LIMIT "+strconv.Itoa(webhookScan), w.OrgID, w.seq)
		if err != nil || len(list) == 0 {
			return err
		}
		some := false
		for _, e := range list {
			w.seq = e.seq
			if !w.Wants(e.action) {
				continue
			}
			some = true
			if err := t.queueDelivery(ctx, w, t.newDelivery(w, e.seq, e.action)); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, "UPDATE webhooks SET seq = $2 WHERE id = $1", w.ID, w.seq); err != nil || some || len(list) < webhookScan {
			return err
		}
	}
}

func (t *tx) newDelivery(w webhookRow, seq int64, action string) models.WebhookDelivery {
	return models.WebhookDelivery{ID: t.s.ids.New("msg"), WebhookID: w.ID, Seq: seq, Action: action, State: models.WebhookQueued, QueuedAt: t.now, NextAt: &t.now}
}

// queueDelivery lets an event wait for its webhook, once.
func (t *tx) queueDelivery(ctx context.Context, w webhookRow, d models.WebhookDelivery) error {
	columns := deliveryTable.With(written("org_id", func(*models.WebhookDelivery) any { return w.OrgID }))
	_, err := t.exec(ctx, columns.Insert(t.db, "webhook_deliveries")+" ON CONFLICT (webhook_id, seq) DO NOTHING", columns.Values(&d)...)
	return err
}

// webhookJob is a delivery with what it takes to send it.
func (t *tx) webhookJob(ctx context.Context, w webhookRow, d models.WebhookDelivery) (job WebhookJob, err error) {
	job = WebhookJob{ID: d.ID, Webhook: w.ID, OrgID: w.OrgID, URL: w.URL, Attempt: d.Attempts + 1}
	if job.Event, err = scanAudit()(t.row(ctx, "SELECT "+auditColumns+" FROM audit WHERE org_id = $1 AND seq = $2", w.OrgID, d.Seq)); err != nil {
		return job, err
	}
	sealed := []string{w.secret}
	if w.oldSecret != "" && w.OldUntil != nil && w.OldUntil.After(t.now) {
		sealed = append(sealed, w.oldSecret)
	}
	for _, s := range sealed {
		key, err := secret.Open(t.s.secret, webhookLabel, w.ID, s)
		if err != nil { // the secret of the installation is another one: the sender says so
			return job, nil
		}
		job.Keys = append(job.Keys, key)
	}
	return job, nil
}

// WebhookSent writes down how an attempt ended, unless the claim is no longer the
// current one. It is tried later after a failure; one that says that it is gone, or
// that has failed for models.WebhookFailTime, is disabled, and its admins are told.
// For the worker only.
func (s *Store) WebhookSent(ctx context.Context, job WebhookJob, o models.WebhookOutcome) error {
	o.Error = clip(o.Error, maxMailError)
	return s.asSystem(ctx, "", func(t *tx) error {
		t.unlogged(webhookUnlogged)
		w, err := t.activeWebhook(ctx, job.Webhook)
		if err != nil || w.ID == "" || w.claim != job.claim {
			return err
		}
		changed := w.LastError != o.Error || w.LastAt == nil
		w.LastAt, w.LastStatus, w.LastError = &t.now, o.Status, o.Error
		state, next := models.WebhookDelivered, t.now
		if o.Error == "" {
			w.FailingFrom = nil
		} else {
			if w.FailingFrom == nil {
				w.FailingFrom = &t.now
			}
			if wait, ok := models.WebhookRetry(job.Attempt); ok {
				state, next = models.WebhookQueued, t.now.Add(wait)
			} else {
				state = models.WebhookGivenUp
			}
		}
		if _, err := t.exec(ctx, "UPDATE webhook_deliveries SET state = $2, attempts = $3, status = $4, error = $5, took = $6, last_at = $7, next_at = $8 WHERE id = $1",
			job.ID, string(state), job.Attempt, o.Status, o.Error, o.Took.Microseconds(), micros(t.now), micros(next)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "UPDATE webhooks SET leased_until = 0, failing_from = $2, last_at = $3, last_status = $4, last_error = $5 WHERE id = $1",
			w.ID, microsOf(w.FailingFrom), micros(t.now), o.Status, o.Error); err != nil {
			return err
		}
		// Lists look anew where there is something to see; not with each of many
		// deliveries that go well.
		if changed || o.Error != "" || job.Event.Action == "webhook.test" {
			t.signal(w.OrgID)
		}
		switch {
		case o.Gone():
			return t.failWebhook(ctx, w, "it answered 410 Gone")
		case w.FailingFrom != nil && t.now.Sub(*w.FailingFrom) >= models.WebhookFailTime:
			return t.failWebhook(ctx, w, "every delivery failed since "+w.FailingFrom.UTC().Format("2006-01-02 15:04")+" UTC")
		}
		return nil
	})
}

// failWebhook disables a webhook for which there is no hope, and tells those who
// could look after it.
func (t *tx) failWebhook(ctx context.Context, w webhookRow, why string) error {
	return t.bySystem("webhook.disable", func(t *tx) error {
		before := webhookFields(w.Webhook)
		if err := t.stopWebhook(ctx, &w, models.WebhookFailed, why); err != nil {
			return err
		}
		after := webhookFields(w.Webhook)
		after["because"] = why
		if err := t.log(ctx, entry{event: event{"webhook.disable", "webhook", w.ID, w.Host()}, org: w.OrgID, before: before, after: after}); err != nil {
			return err
		}
		admins, err := t.admins(ctx, w.OrgID)
		if err != nil {
			return err
		}
		o := &org{Organization: models.Organization{ID: w.OrgID}}
		for _, id := range admins {
			if err := t.tell(ctx, id, w.ID, o, models.AccountNotice{Kind: models.NoticeWebhook, Subject: w.Host(), Reason: why}); err != nil {
				return err
			}
		}
		return nil
	})
}

// DropDeliveries removes deliveries that have been over for models.WebhookKeep.
// For the worker only.
func (s *Store) DropDeliveries(ctx context.Context) error {
	before := micros(s.latest().Add(-models.WebhookKeep))
	old, err := s.strings(ctx, "SELECT id FROM webhook_deliveries WHERE state <> 'queued' AND queued_at <= $1 LIMIT 1", before)
	if err != nil || len(old) == 0 {
		return err
	}
	return s.asSystem(ctx, "", func(t *tx) error {
		t.unlogged(webhookUnlogged)
		_, err := t.exec(ctx, "DELETE FROM webhook_deliveries WHERE state <> 'queued' AND queued_at <= $1", before)
		return err
	})
}

// WebhookBacklog says how many deliveries wait, and for how long the oldest
// has. It is for whoever watches the installation.
func (s *Store) WebhookBacklog(ctx context.Context) (waiting int, late time.Duration, err error) {
	var oldest int64
	err = s.db.Row(ctx, `SELECT (SELECT count(*) FROM webhook_deliveries WHERE state = 'queued'), coalesce((SELECT min(queued_at) FROM webhook_deliveries WHERE state = 'queued'), 0)`).Scan(&waiting, &oldest)
	if err == nil && oldest > 0 {
		late = max(0, s.now().Sub(fromMicros(oldest)))
	}
	return waiting, late, s.dataError(err)
}
