package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// webhookRow is a row of webhooks.
type webhookRow struct {
	models.Webhook
	events, secret, oldSecret string
	seq, head                 int64
	leased                    *time.Time
	claim                     int64
}

var webhookTable = db.Columns[webhookRow]{
	text("id", func(w *webhookRow) *string { return &w.ID }),
	text("org_id", func(w *webhookRow) *string { return &w.OrgID }),
	text("url", func(w *webhookRow) *string { return &w.URL }),
	text("events", func(w *webhookRow) *string { return &w.events }),
	text("description", func(w *webhookRow) *string { return &w.Description }),
	written("text", func(w *webhookRow) any { return searchText(w.URL, w.Description) }),
	text("status", func(w *webhookRow) *models.WebhookStatus { return &w.Status }),
	text("reason", func(w *webhookRow) *string { return &w.Reason }),
	text("secret", func(w *webhookRow) *string { return &w.secret }),
	text("old_secret", func(w *webhookRow) *string { return &w.oldSecret }),
	ifAt("old_until", func(w *webhookRow) **time.Time { return &w.OldUntil }),
	number("seq", func(w *webhookRow) *int64 { return &w.seq }),
	ifAt("failing_from", func(w *webhookRow) **time.Time { return &w.FailingFrom }),
	ifAt("leased_until", func(w *webhookRow) **time.Time { return &w.leased }),
	number("claim", func(w *webhookRow) *int64 { return &w.claim }),
	ifAt("last_at", func(w *webhookRow) **time.Time { return &w.LastAt }),
	number("last_status", func(w *webhookRow) *int { return &w.LastStatus }),
	text("last_error", func(w *webhookRow) *string { return &w.LastError }),
	text("creator_id", func(w *webhookRow) *string { return &w.CreatorID }),
	text("created_by", func(w *webhookRow) *string { return &w.Creator }),
	at("created_at", func(w *webhookRow) *time.Time { return &w.CreatedAt }),
}

// webhookColumns are those, the head of the chain, and how many deliveries wait.
var webhookColumns = webhookTable.Read("k") + `, coalesce(h.seq, 0),
	(SELECT count(*) FROM webhook_deliveries d WHERE d.webhook_id = k.id AND d.state = 'queued')`

const webhookTables = "webhooks k LEFT JOIN audit_heads h ON h.org_id = k.org_id"

func scanWebhook() scanFunc[webhookRow] {
	var w webhookRow
	return scanInto(webhookTable.Dest(&w, &w.head, &w.Queued), func() webhookRow {
		v := w
		v.Events = strings.Fields(v.events)
		return v
	})
}

func noWebhook() error {
	return models.Errorf(models.CodeNotFound, "there is no such webhook").
		WithHint("list them with: {webhook.list}")
}

// webhooksOf lets into the webhooks of an organization whoever looks after them.
func (t *tx) webhooksOf(ctx context.Context, orgID string) (*org, error) {
	o, err := t.org(ctx, orgID)
	if err == nil {
		err = t.allow(o, models.Access.CheckWebhooks)
	}
	if err != nil {
		return nil, err
	}
	return o, nil
}

// webhook finds a webhook of an organization by its id, for who looks after them.
func (t *tx) webhook(ctx context.Context, orgID, id string) (*org, webhookRow, error) {
	o, err := t.webhooksOf(ctx, orgID)
	if err != nil {
		return nil, webhookRow{}, err
	}
	w, err := scanWebhook()(t.row(ctx, "SELECT "+webhookColumns+" FROM "+webhookTables+" WHERE k.org_id = $1 AND k.id = $2", o.ID, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, w, noWebhook()
	}
	t.found("webhook", w.ID, w.Host())
	return o, w, err
}

// seenWebhook is a webhook as people see it.
func (t *tx) seenWebhook(w webhookRow) models.Webhook {
	v := w.Webhook
	if v.OldUntil != nil && !v.OldUntil.After(t.now) {
		v.OldUntil = nil
	}
	if v.Status == models.WebhookActive {
		v.Behind = w.head - w.seq
	}
	if t.key != nil {
		v.NoChange = reason(t.key.CheckKeyAction("webhook.update"))
	}
	return v
}

// ListWebhooks gives a page of an organization's webhooks, the newest first, for
// who changes settings and reads the audit log.
func (s *Store) ListWebhooks(ctx context.Context, a models.Actor, orgID string, q models.WebhookQuery) (p models.Page[models.Webhook], err error) {
	limit, err := checkPage(q.Limit, q.Search)
	if err != nil {
		return p, err
	}
	err = s.view(ctx, a, event{"webhook.list", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.webhooksOf(ctx, orgID)
		if err != nil {
			return err
		}
		if err := t.row(ctx, "SELECT count(*) FROM webhooks WHERE org_id = $1", o.ID).Scan(&p.Total); err != nil {
			return err
		}
		p.Matches = p.Total
		w := &db.Where{}
		w.Add("k.org_id = ?", o.ID)
		if q.Status != "" {
			w.Add("k.status = ?", string(q.Status))
			p.Matches = -1
		}
		if t.holdText(w, "k.text", q.Search, q.Terms) {
			p.Matches = -1
		}
		order := db.Order{Sort: "webhooks", Cols: []string{"k.created_at", "k.id"}, Desc: true, Key: []any{int64(0), ""}}
		pg, err := db.NewPager(order, limit, q.After, q.Before)
		if err != nil {
			return err
		}
		pg.Seek(w)
		rows, err := collect(ctx, t, scanWebhook(), fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT %d", webhookColumns, webhookTables, w, pg.OrderBy(), pg.Read()), w.Args...)
		if err != nil {
			return err
		}
		items, next, prev := db.Cut(&pg, rows, func(r webhookRow) []any { return []any{micros(r.CreatedAt), r.ID} })
		p.Next, p.Prev, p.Items = next, prev, make([]models.Webhook, len(items))
		for i, r := range items {
			p.Items[i] = t.seenWebhook(r)
		}
		return nil
	})
	return p, err
}

// Webhook is one webhook, for who changes settings and reads the audit log.
func (s *Store) Webhook(ctx context.Context, a models.Actor, orgID, id string) (v models.Webhook, err error) {
	return s.lookAtWebhook(ctx, a, "webhook.show", orgID, id)
}

// DeleteWebhookPreview is the webhook that DeleteWebhook would delete, and is
// refused as that would be.
func (s *Store) DeleteWebhookPreview(ctx context.Context, a models.Actor, orgID, id string) (v models.Webhook, err error) {
	return s.lookAtWebhook(ctx, a, "webhook.delete.preview", orgID, id)
}

func (s *Store) lookAtWebhook(ctx context.Context, a models.Actor, action, orgID, id string) (v models.Webhook, err error) {
	err = s.view(ctx, a, event{action, "webhook", id, ""}, func(t *tx) error {
		_, w, err := t.webhook(ctx, orgID, id)
		if err == nil {
			v = t.seenWebhook(w)
		}
		return err
	})
	return v, err
}

// deliveryTable are the columns of deliveries.
var deliveryTable = db.Columns[models.WebhookDelivery]{
	text("id", func(d *models.WebhookDelivery) *string { return &d.ID }),
	text("webhook_id", func(d *models.WebhookDelivery) *string { return &d.WebhookID }),
	number("seq", func(d *models.WebhookDelivery) *int64 { return &d.Seq }),
	text("action", func(d *models.WebhookDelivery) *string { return &d.Action }),
	text("state", func(d *models.WebhookDelivery) *models.WebhookDeliveryState { return &d.State }),
	number("attempts", func(d *models.WebhookDelivery) *int { return &d.Attempts }),
	number("status", func(d *models.WebhookDelivery) *int { return &d.Status }),
	text("error", func(d *models.WebhookDelivery) *string { return &d.Error }),
	{
		Name:  "took",
		Dest:  func(d *models.WebhookDelivery) any { return (*atDuration)(&d.Took) },
		Value: func(d *models.WebhookDelivery) any { return d.Took.Microseconds() },
	},
	at("queued_at", func(d *models.WebhookDelivery) *time.Time { return &d.QueuedAt }),
	ifAt("last_at", func(d *models.WebhookDelivery) **time.Time { return &d.LastAt }),
	ifAt("next_at", func(d *models.WebhookDelivery) **time.Time { return &d.NextAt }),
}

var deliveryColumns = deliveryTable.Read("d")

func scanDelivery() scanFunc[models.WebhookDelivery] {
	var d models.WebhookDelivery
	return scanInto(deliveryTable.Dest(&d), func() models.WebhookDelivery {
		v := d
		v.Millis = v.Took.Milliseconds()
		if v.State != models.WebhookQueued {
			v.NextAt = nil
		}
		return v
	})
}

// ListDeliveries gives a page of the deliveries of a webhook, the newest event
// first. Those that are over stay for models.WebhookKeep.
func (s *Store) ListDeliveries(ctx context.Context, a models.Actor, orgID, id string, q models.DeliveryQuery) (p models.Page[models.WebhookDelivery], err error) {
	limit, err := checkPage(q.Limit, q.Search)
	if err != nil {
		return p, err
	}
	err = s.view(ctx, a, event{"webhook.deliveries", "webhook", id, ""}, func(t *tx) error {
		o, hook, err := t.webhook(ctx, orgID, id)
		if err != nil {
			return err
		}
		w := &db.Where{}
		w.Add("d.org_id = ?", o.ID)
		w.Add("d.webhook_id = ?", hook.ID)
		if err := t.row(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM webhook_deliveries d WHERE %s LIMIT %d) n", w, models.MatchesCap+1), w.Args...).Scan(&p.Total); err != nil {
			return err
		}
		p.Matches = p.Total
		if q.State != "" {
			w.Add("d.state = ?", string(q.State))
			p.Matches = -1
		}
		if t.holdText(w, "d.action", q.Search, q.Terms) {
			p.Matches = -1
		}
		order := db.Order{Sort: "deliveries", Cols: []string{"d.seq"}, Desc: true, Key: []any{int64(0)}}
		pg, err := db.NewPager(order, limit, q.After, q.Before)
		if err != nil {
			return err
		}
		pg.Seek(w)
		rows, err := collect(ctx, t, scanDelivery(), fmt.Sprintf("SELECT %s FROM webhook_deliveries d WHERE %s ORDER BY %s LIMIT %d", deliveryColumns, w, pg.OrderBy(), pg.Read()), w.Args...)
		if err != nil {
			return err
		}
		p.Items, p.Next, p.Prev = db.Cut(&pg, rows, func(d models.WebhookDelivery) []any { return []any{d.Seq} })
		return nil
	})
	return p, err
}
