package store_test

import (
	"time"

	"muster/models"
)

// webhookMethods are the rows of webhooks in the tables of rights and foreign ids.
var webhookMethods = []method{
	{"CreateWebhook", "++dd n+dd D", 1, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CreateWebhook(w.ctx, a, f.org, models.NewWebhook{URL: "https://hooks.example.com"}))
	}},
	{"DeleteWebhook", "++dd n+dd D", 1, []string{"organization", "webhook"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.DeleteWebhook(w.ctx, a, f.org, f.webhook))
	}},
	{"DeleteWebhookPreview", "++dd n+dd D", 0, []string{"organization", "webhook"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.DeleteWebhookPreview(w.ctx, a, f.org, f.webhook))
	}},
	{"ListDeliveries", "++dd n+dd D", 0, []string{"organization", "webhook"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ListDeliveries(w.ctx, a, f.org, f.webhook, models.DeliveryQuery{}))
	}},
	{"ListWebhooks", "++dd n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ListWebhooks(w.ctx, a, f.org, models.WebhookQuery{}))
	}},
	{"RedeliverWebhook", "++dd n+dd D", 1, []string{"organization", "delivery"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RedeliverWebhook(w.ctx, a, f.org, f.delivery))
	}},
	{"RotateWebhook", "++dd n+dd D", 1, []string{"organization", "webhook"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RotateWebhook(w.ctx, a, f.org, f.webhook, time.Hour))
	}},
	{"TestWebhook", "++dd n+dd D", 1, []string{"organization", "webhook"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.TestWebhook(w.ctx, a, f.org, f.webhook))
	}},
	{"UpdateWebhook", "++dd n+dd D", 1, []string{"organization", "webhook"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.UpdateWebhook(w.ctx, a, f.org, f.webhook, models.WebhookChange{Description: ptr("chat")}))
	}},
	{"Webhook", "++dd n+dd D", 0, []string{"organization", "webhook"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.Webhook(w.ctx, a, f.org, f.webhook))
	}},
}

// webhookChanges are the rows of webhooks in the table of actions.
var webhookChanges = []logged{
	{nil, func(w *world, x *estate) error {
		return second(w.s.CreateWebhook(w.ctx, x.actors["owner"], x.acme.org, models.NewWebhook{URL: "https://hooks.example.com/x?token=1"}))
	}, "acme webhook.create"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.UpdateWebhook(w.ctx, x.actors["owner"], x.acme.org, x.acme.webhook, models.WebhookChange{Events: &[]string{"member.*"}}))
	}, "acme webhook.update"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.RotateWebhook(w.ctx, x.actors["owner"], x.acme.org, x.acme.webhook, time.Hour))
	}, "acme webhook.rotate"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.DeleteWebhook(w.ctx, x.actors["owner"], x.acme.org, x.acme.webhook))
	}, "acme webhook.delete"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.TestWebhook(w.ctx, x.actors["owner"], x.acme.org, x.acme.webhook))
	}, "acme webhook.test"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.RedeliverWebhook(w.ctx, x.actors["owner"], x.acme.org, x.acme.delivery))
	}, "acme webhook.redeliver"},
	{func(w *world, x *estate) error {
		return second(w.s.TestWebhook(w.ctx, x.actors["owner"], x.acme.org, x.acme.webhook))
	}, func(w *world, x *estate) error {
		job, _, err := w.s.ClaimWebhook(w.ctx, x.acme.webhook, time.Minute)
		if err != nil {
			return err
		}
		return w.s.WebhookSent(w.ctx, job, models.WebhookOutcome{Status: 410, Error: "it answered 410 Gone"})
	}, "acme webhook.disable"},
}

// delivered makes a webhook of an organization with a delivery that went well.
func (w *world) delivered(owner models.Actor, org string) (webhook, delivery string) {
	w.t.Helper()
	hook := must[models.SecretWebhook](w.t)(w.s.CreateWebhook(w.ctx, owner, org, models.NewWebhook{URL: "https://hooks.example.com/" + org, Events: []string{"nothing.at_all"}}))
	d := must[models.WebhookDelivery](w.t)(w.s.TestWebhook(w.ctx, owner, org, hook.ID))
	job, ok, err := w.s.ClaimWebhook(w.ctx, hook.ID, time.Minute)
	if err == nil && ok {
		err = w.s.WebhookSent(w.ctx, job, models.WebhookOutcome{Status: 204})
	}
	if err != nil || !ok || job.ID != d.ID {
		w.t.Fatalf("the delivery is %+v, %t, %v", job, ok, err)
	}
	return hook.ID, d.ID
}
