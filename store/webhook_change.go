package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"muster/internal/secret"
	"muster/models"
)

// webhookLabel is the label that secrets of webhooks are sealed under.
const webhookLabel = "muster webhook"

// webhookTopic is the topic of which webhooks there are.
const webhookTopic = "webhooks"

// webhookFields is what the log says of a webhook: never a secret.
func webhookFields(w models.Webhook) fields {
	return fields{"url": models.PublicURL(w.URL), "events": w.Events, "description": w.Description, "status": w.Status}
}

// CreateWebhook makes a webhook, which is sent what happens from now on, and gives
// the secret that its deliveries are signed with, which is shown this once.
func (s *Store) CreateWebhook(ctx context.Context, a models.Actor, orgID string, n models.NewWebhook) (v models.SecretWebhook, err error) {
	err = s.change(ctx, a, event{"webhook.create", "webhook", "", ""}, func(t *tx) error {
		o, err := t.webhooksOf(ctx, orgID)
		if err != nil {
			return err
		}
		w := webhookRow{Webhook: models.Webhook{ID: s.ids.New("whk"), OrgID: o.ID, Status: models.WebhookActive, CreatorID: t.user.ID, Creator: t.user.Email, CreatedAt: t.now}}
		if err := t.applyWebhookChange(&w, models.WebhookChange{URL: &n.URL, Events: &n.Events, Description: &n.Description}); err != nil {
			return err
		}
		var there int
		if err := t.row(ctx, "SELECT count(*) FROM webhooks WHERE org_id = $1", o.ID).Scan(&there); err != nil {
			return err
		}
		if there >= models.MaxWebhooks {
			return models.Errorf(models.CodeLimit, "an organization can have at most %d webhooks", models.MaxWebhooks).
				WithHint("delete one that is not in use: {webhook.list}")
		}
		if v.Secret, w.secret, err = t.newWebhookSecret(w.ID); err != nil {
			return err
		}
		if w.seq, err = t.headOf(ctx, o.ID); err != nil {
			return err
		}
		if _, err := t.exec(ctx, webhookTable.Insert(t.db, "webhooks"), webhookTable.Values(&w)...); err != nil {
			return err
		}
		t.signal(webhookTopic)
		w.head = w.seq
		v.Webhook = t.seenWebhook(w)
		return t.log(ctx, o.entry(event{"webhook.create", "webhook", w.ID, w.Host()}, nil, webhookFields(v.Webhook)))
	})
	return v, err
}

// newWebhookSecret makes a secret, as its owner sees it and sealed.
func (t *tx) newWebhookSecret(id string) (shown, sealed string, err error) {
	key, err := models.NewWebhookSecret(t.s.rand)
	if err != nil {
		return "", "", err
	}
	sealed, err = secret.Seal(t.s.secret, webhookLabel, id, key, t.s.rand)
	return models.FormatWebhookSecret(key), sealed, err
}

// headOf is the number of the newest entry of a chain.
func (t *tx) headOf(ctx context.Context, orgID string) (seq int64, err error) {
	err = t.row(ctx, "SELECT seq FROM audit_heads WHERE org_id = $1", orgID).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return seq, err
}

func (t *tx) applyWebhookChange(w *webhookRow, c models.WebhookChange) (err error) {
	if c.URL != nil {
		if w.URL, err = models.CheckWebhookURL(*c.URL, t.s.opt.WebhookNetworks); err != nil {
			return err
		}
	}
	if c.Events != nil {
		if w.Events, err = models.CheckWebhookEvents(*c.Events); err != nil {
			return err
		}
		w.events = strings.Join(w.Events, " ")
	}
	if c.Description != nil {
		if w.Description, err = models.CheckLong("description", *c.Description); err != nil {
			return err
		}
	}
	return nil
}

// UpdateWebhook changes a webhook. What is left out stays as it is. One that is
// disabled stops at once, and what waits for it is not sent; one that is enabled is
// sent what happens from then on.
func (s *Store) UpdateWebhook(ctx context.Context, a models.Actor, orgID, id string, c models.WebhookChange) (v models.Webhook, err error) {
	err = s.change(ctx, a, event{"webhook.update", "webhook", id, ""}, func(t *tx) error {
		o, w, err := t.webhook(ctx, orgID, id)
		if err != nil {
			return err
		}
		was := w
		if err := t.applyWebhookChange(&w, c); err != nil {
			return err
		}
		if c.Status != nil {
			if err := t.setWebhookStatus(ctx, &w, *c.Status); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, "UPDATE webhooks SET url = $2, events = $3, description = $4, text = $5 WHERE id = $1",
			w.ID, w.URL, w.events, w.Description, searchText(w.URL, w.Description)); err != nil {
			return err
		}
		if w.URL != was.URL { // what waits to be tried may go well there
			if _, err := t.exec(ctx, "UPDATE webhook_deliveries SET next_at = $2 WHERE webhook_id = $1 AND state = 'queued'", w.ID, micros(t.now)); err != nil {
				return err
			}
		}
		t.signal(webhookTopic)
		v = t.seenWebhook(w)
		return t.log(ctx, o.entry(event{"webhook.update", "webhook", w.ID, w.Host()}, webhookFields(was.Webhook), webhookFields(v)))
	})
	return v, err
}

// setWebhookStatus disables a webhook, or enables it.
func (t *tx) setWebhookStatus(ctx context.Context, w *webhookRow, status models.WebhookStatus) (err error) {
	switch status {
	case w.Status:
		return nil
	case models.WebhookDisabled:
		return t.stopWebhook(ctx, w, status, "")
	case models.WebhookActive:
		if w.seq, err = t.headOf(ctx, w.OrgID); err != nil {
			return err
		}
		w.head, w.Status, w.Reason, w.FailingFrom = w.seq, status, "", nil
		_, err = t.exec(ctx, "UPDATE webhooks SET status = $2, reason = '', seq = $3, failing_from = 0 WHERE id = $1", w.ID, string(status), w.seq)
		return err
	}
	return models.Invalid("status", "status must be active or disabled")
}

// stopWebhook disables a webhook with all that waits for it.
func (t *tx) stopWebhook(ctx context.Context, w *webhookRow, status models.WebhookStatus, why string) error {
	w.Status, w.Reason, w.Queued = status, why, 0
	if _, err := t.exec(ctx, "UPDATE webhook_deliveries SET state = 'stopped' WHERE webhook_id = $1 AND state = 'queued'", w.ID); err != nil {
		return err
	}
	_, err := t.exec(ctx, "UPDATE webhooks SET status = $2, reason = $3, claim = claim + 1, leased_until = 0 WHERE id = $1", w.ID, string(status), why)
	return err
}

// RotateWebhook makes the next secret of a webhook. Deliveries are signed with both
// for the overlap, of 0 to models.MaxOverlap.
func (s *Store) RotateWebhook(ctx context.Context, a models.Actor, orgID, id string, overlap time.Duration) (v models.SecretWebhook, err error) {
	if overlap < 0 || overlap > models.MaxOverlap {
		return v, models.Invalid("overlap", "overlap must be from 0 to 7 days")
	}
	err = s.change(ctx, a, event{"webhook.rotate", "webhook", id, ""}, func(t *tx) error {
		o, w, err := t.webhook(ctx, orgID, id)
		if err != nil {
			return err
		}
		w.oldSecret, w.OldUntil = "", nil
		if overlap > 0 {
			end := t.now.Add(overlap)
			w.oldSecret, w.OldUntil = w.secret, &end
		}
		if v.Secret, w.secret, err = t.newWebhookSecret(w.ID); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "UPDATE webhooks SET secret = $2, old_secret = $3, old_until = $4 WHERE id = $1", w.ID, w.secret, w.oldSecret, microsOf(w.OldUntil)); err != nil {
			return err
		}
		v.Webhook = t.seenWebhook(w)
		return t.log(ctx, o.entry(event{"webhook.rotate", "webhook", w.ID, w.Host()}, nil, fields{"url": models.PublicURL(w.URL), "old_secret_until": w.OldUntil}))
	})
	return v, err
}

// DeleteWebhook removes a webhook with its deliveries.
func (s *Store) DeleteWebhook(ctx context.Context, a models.Actor, orgID, id string) (v models.Webhook, err error) {
	err = s.change(ctx, a, event{"webhook.delete", "webhook", id, ""}, func(t *tx) error {
		o, w, err := t.webhook(ctx, orgID, id)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, "DELETE FROM webhooks WHERE org_id = $1 AND id = $2", o.ID, w.ID); err != nil {
			return err
		}
		t.signal(webhookTopic)
		v = t.seenWebhook(w)
		return t.log(ctx, o.entry(event{"webhook.delete", "webhook", w.ID, w.Host()}, webhookFields(v), nil))
	})
	return v, err
}

// TestWebhook sends a webhook the event of this very test, whatever it lists.
func (s *Store) TestWebhook(ctx context.Context, a models.Actor, orgID, id string) (d models.WebhookDelivery, err error) {
	err = s.change(ctx, a, event{"webhook.test", "webhook", id, ""}, func(t *tx) error {
		o, w, err := t.webhook(ctx, orgID, id)
		if err == nil {
			err = checkSending(w)
		}
		if err != nil {
			return err
		}
		if err := t.log(ctx, o.entry(event{"webhook.test", "webhook", w.ID, w.Host()}, nil, fields{"url": models.PublicURL(w.URL)})); err != nil {
			return err
		}
		seq, err := t.headOf(ctx, o.ID)
		if err != nil {
			return err
		}
		d = t.newDelivery(w, seq, "webhook.test")
		return t.queueDelivery(ctx, w, d)
	})
	return d, err
}

// checkSending refuses to send to a webhook that is disabled.
func checkSending(w webhookRow) error {
	if w.Status == models.WebhookActive {
		return nil
	}
	return models.Errorf(models.CodeConflict, "the webhook is disabled").WithHint("enable it first: {webhook.update %s --status active}", w.ID)
}

// RedeliverWebhook sends an event to its webhook once more, under the same id.
func (s *Store) RedeliverWebhook(ctx context.Context, a models.Actor, orgID, id string) (d models.WebhookDelivery, err error) {
	err = s.change(ctx, a, event{"webhook.redeliver", "delivery", id, ""}, func(t *tx) error {
		o, err := t.webhooksOf(ctx, orgID)
		if err != nil {
			return err
		}
		d, err = scanDelivery()(t.row(ctx, "SELECT "+deliveryColumns+" FROM webhook_deliveries d WHERE d.org_id = $1 AND d.id = $2", o.ID, id))
		if errors.Is(err, sql.ErrNoRows) {
			return models.Errorf(models.CodeNotFound, "there is no such delivery").WithHint("list them with: {webhook.deliveries WEBHOOK}")
		}
		if err != nil {
			return err
		}
		_, w, err := t.webhook(ctx, o.ID, d.WebhookID)
		if err != nil {
			return err
		}
		did := t.found("delivery", d.ID, w.Host())
		if err := checkSending(w); err != nil {
			return err
		}
		if err := d.CheckRedeliver(); err != nil {
			return err
		}
		d.State, d.Attempts, d.QueuedAt, d.NextAt = models.WebhookQueued, 0, t.now, &t.now
		if _, err := t.exec(ctx, "UPDATE webhook_deliveries SET state = 'queued', attempts = 0, queued_at = $2, next_at = $2 WHERE id = $1", d.ID, micros(t.now)); err != nil {
			return err
		}
		t.signal(webhookTopic)
		return t.log(ctx, o.entry(did, nil, fields{"url": models.PublicURL(w.URL), "event": d.Seq, "action": d.Action}))
	})
	return d, err
}
