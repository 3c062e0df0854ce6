package op

import (
	"context"

	"muster/models"
)

func webhookRows() []*Row {
	return []*Row{
		row(Def[webhookListIn, List[models.Webhook]]{
			Name: "webhook.list", Does: "list webhooks, the newest first", Command: "webhook list",
			Long: `List the webhooks of the organization, the newest first, with how their last delivery
went and how many wait.`,
			Example: "muster webhook list\nmuster webhook list --status failed",
			Needs:   Settings, Also: alsoAudit, Route: "GET /v1/orgs/{org}/webhooks",
			Run: func(ctx context.Context, d Deps, a models.Actor, in webhookListIn) (List[models.Webhook], error) {
				status, err := models.ParseWebhookStatus(in.Status)
				if err != nil {
					return List[models.Webhook]{}, err
				}
				q, err := models.WebhookQuery{Search: in.Search, Status: status, Limit: in.Limit, After: in.After}.Filter(in.text())
				if err != nil {
					return List[models.Webhook]{}, err
				}
				return pageOf(d.Store.ListWebhooks(ctx, a, in.Org, q))
			},
		}),
		row(Def[webhookIn, models.Webhook]{
			Name: "webhook.show", Does: "show a webhook, but never its secret", Command: "webhook show",
			Long:    "Show a webhook. The secret is shown by webhook create and webhook rotate alone.",
			Example: "muster webhook show whk_1",
			Needs:   Settings, Also: alsoAudit, Route: "GET /v1/orgs/{org}/webhooks/{webhook}",
			Run: func(ctx context.Context, d Deps, a models.Actor, in webhookIn) (models.Webhook, error) {
				return d.Store.Webhook(ctx, a, in.Org, in.Webhook)
			},
		}),
		row(Def[webhookCreateIn, models.SecretWebhook]{
			Name: "webhook.create", Does: "send events to a program elsewhere", Command: "webhook create", Use: "--url URL",
			Long: `Send what happens in the organization from now on to a program elsewhere, as it
happens, and show the secret that the deliveries are signed with: this once, and never
again. Each is a POST of one entry of the audit log, signed as Standard Webhooks says.
One that fails is tried for a day and a half; the events behind it wait, so that their
order holds.

Events are actions of the audit log, or groups of them: member.role, invitation.*.
Without any, all are sent. The URL must have https:// and lead to no private address.`,
			Example: "muster webhook create --url https://example.com/hooks --event 'member.*,invitation.accept'",
			Needs:   Settings, Also: alsoAudit, Route: "POST /v1/orgs/{org}/webhooks", Changes: true,
			Check: func(in webhookCreateIn) error {
				_, err := models.CheckWebhookEvents(in.Events)
				return err
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in webhookCreateIn) (models.SecretWebhook, error) {
				return d.Store.CreateWebhook(ctx, a, in.Org, models.NewWebhook{URL: in.URL, Events: in.Events, Description: in.Description})
			},
		}),
		row(Def[webhookUpdateIn, models.Webhook]{
			Name: "webhook.update", Does: "change a webhook, or disable it", Command: "webhook update",
			Long: `Change a webhook. What is left out stays as it is; --event replaces the whole list.
With --status disabled nothing more is sent, and what waits never is; with --status
active it is sent what happens from then on. What came between is in events list.`,
			Example: "muster webhook update whk_1 --event '*'\nmuster webhook update whk_1 --status disabled",
			Needs:   Settings, Also: alsoAudit, Route: "PATCH /v1/orgs/{org}/webhooks/{webhook}", Changes: true,
			Check: func(in webhookUpdateIn) error {
				c, err := in.change()
				if err != nil {
					return err
				}
				return something(!c.Empty(), "url, event, description, status")
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in webhookUpdateIn) (models.Webhook, error) {
				c, err := in.change()
				if err != nil {
					return models.Webhook{}, err
				}
				return d.Store.UpdateWebhook(ctx, a, in.Org, in.Webhook, c)
			},
		}),
		row(Def[webhookRotateIn, models.SecretWebhook]{
			Name: "webhook.rotate", Does: "make the next secret of a webhook", Command: "webhook rotate",
			Long: `Make the next secret of a webhook, and show it: this once, and never again. For the
overlap, of 0 to 7 days, deliveries are signed with both, so that the receiver can
change over.`,
			Example: "muster webhook rotate whk_1 --overlap 2d",
			Needs:   Settings, Also: alsoAudit, Route: "POST /v1/orgs/{org}/webhooks/{webhook}/rotate", Changes: true,
			Check: func(in webhookRotateIn) error {
				_, err := models.ParseOverlap("overlap", in.Overlap)
				return err
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in webhookRotateIn) (models.SecretWebhook, error) {
				overlap, err := models.ParseOverlap("overlap", in.Overlap)
				if err != nil {
					return models.SecretWebhook{}, err
				}
				return d.Store.RotateWebhook(ctx, a, in.Org, in.Webhook, overlap)
			},
		}),
		row(Def[webhookIn, models.Webhook]{
			Name: "webhook.delete.preview", Does: "show which webhook would be deleted",
			Needs: Settings, Also: alsoAudit, Route: "GET /v1/orgs/{org}/webhooks/{webhook}/deletion",
			Run: func(ctx context.Context, d Deps, a models.Actor, in webhookIn) (models.Webhook, error) {
				return d.Store.DeleteWebhookPreview(ctx, a, in.Org, in.Webhook)
			},
		}),
		row(Def[webhookIn, models.Webhook]{
			Name: "webhook.delete", Does: "delete a webhook with its deliveries", Command: "webhook delete",
			Long: `Delete a webhook permanently, with its deliveries. It is shown first, and on a
terminal the command asks; elsewhere it needs --yes.`,
			Example: "muster webhook delete whk_1 --dry-run\nmuster webhook delete whk_1 --yes",
			Needs:   Settings, Also: alsoAudit, Route: "DELETE /v1/orgs/{org}/webhooks/{webhook}", Changes: true,
			Preview: "webhook.delete.preview", Confirm: &Confirm{},
			Run: func(ctx context.Context, d Deps, a models.Actor, in webhookIn) (models.Webhook, error) {
				return d.Store.DeleteWebhook(ctx, a, in.Org, in.Webhook)
			},
		}),
		row(Def[webhookIn, models.WebhookDelivery]{
			Name: "webhook.test", Does: "send a webhook an event to try it", Command: "webhook test",
			Long: `Send a webhook the event webhook.test, whatever it lists. How that went is in webhook
deliveries.`,
			Example: "muster webhook test whk_1",
			Needs:   Settings, Also: alsoAudit, Route: "POST /v1/orgs/{org}/webhooks/{webhook}/test", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in webhookIn) (models.WebhookDelivery, error) {
				return d.Store.TestWebhook(ctx, a, in.Org, in.Webhook)
			},
		}),
		row(Def[webhookDeliveriesIn, List[models.WebhookDelivery]]{
			Name: "webhook.deliveries", Does: "list what was sent to a webhook, the newest event first", Command: "webhook deliveries",
			Long: `List what was sent to a webhook or waits to be, the newest event first: how often it
was tried, and how the last attempt went. Deliveries that are over stay for 30 days.`,
			Example: "muster webhook deliveries whk_1\nmuster webhook deliveries whk_1 --status failed --json",
			Needs:   Settings, Also: alsoAudit, Route: "GET /v1/orgs/{org}/webhooks/{webhook}/deliveries",
			Run: func(ctx context.Context, d Deps, a models.Actor, in webhookDeliveriesIn) (List[models.WebhookDelivery], error) {
				state, err := models.ParseDeliveryState(in.Status)
				if err != nil {
					return List[models.WebhookDelivery]{}, err
				}
				q, err := models.DeliveryQuery{State: state, Limit: in.Limit, After: in.After}.Filter(in.text())
				if err != nil {
					return List[models.WebhookDelivery]{}, err
				}
				return pageOf(d.Store.ListDeliveries(ctx, a, in.Org, in.Webhook, q))
			},
		}),
		row(Def[webhookRedeliverIn, models.WebhookDelivery]{
			Name: "webhook.redeliver", Does: "send an event to its webhook once more", Command: "webhook redeliver",
			Long: `Send an event to its webhook once more, under the same id: a receiver that keeps the
ids sees that it has had it. DELIVERY is an id from webhook deliveries.`,
			Example: "muster webhook redeliver msg_1",
			Needs:   Settings, Also: alsoAudit, Route: "POST /v1/orgs/{org}/webhook-deliveries/{delivery}/redeliver", Many: "Delivery", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in webhookRedeliverIn) (models.WebhookDelivery, error) {
				return d.Store.RedeliverWebhook(ctx, a, in.Org, in.Delivery)
			},
		}),
	}
}

// alsoAudit is who may do anything with webhooks.
const alsoAudit = "who also reads the whole audit log"

type webhookIn struct {
	inOrg
	Webhook string `path:"webhook" arg:"WEBHOOK" complete:"webhook"`
}

type webhookListIn struct {
	inOrg
	Search string `flag:"search" query:"search" help:"part of a URL or description"`
	Status string `flag:"status" query:"status" complete:"active|disabled|failed" help:"active, disabled or failed"`
	inFilter
	page
}

type webhookCreateIn struct {
	inOrg
	URL         string   `flag:"url" body:"url" required:"true" help:"where it is sent to, https://…"`
	Events      []string `flag:"event" body:"events" comma:"true" complete:"action" help:"what is sent: actions or groups of them like member.*; more than once, or with commas between (default: all)"`
	Description string   `flag:"description" body:"description" help:"a line on what it is for"`
}

type webhookUpdateIn struct {
	webhookIn
	URL         *string  `flag:"url" body:"url" help:"where it is sent to, https://…"`
	Events      []string `flag:"event" body:"events" comma:"true" complete:"action" help:"what is sent: actions or groups of them like member.*, or * for all"`
	Description *string  `flag:"description" body:"description" help:"a line on what it is for"`
	Status      *string  `flag:"status" body:"status" complete:"active|disabled" help:"active or disabled"`
}

func (in webhookUpdateIn) change() (c models.WebhookChange, err error) {
	c = models.WebhookChange{URL: in.URL, Description: in.Description}
	if in.Events != nil {
		if _, err := models.CheckWebhookEvents(in.Events); err != nil {
			return c, err
		}
		c.Events = &in.Events
	}
	if in.Status != nil {
		status, err := models.ParseWebhookStatus(*in.Status)
		if err == nil && status != models.WebhookActive && status != models.WebhookDisabled {
			err = models.Invalid("status", "status must be active or disabled")
		}
		if err != nil {
			return c, err
		}
		c.Status = &status
	}
	return c, nil
}

type webhookRotateIn struct {
	webhookIn
	Overlap string `flag:"overlap" body:"overlap" default:"24h" help:"how long the old secret signs as well, from 0 to 7 days"`
}

type webhookDeliveriesIn struct {
	webhookIn
	Status string `flag:"status" query:"status" complete:"queued|delivered|failed|stopped" help:"queued, delivered, failed or stopped"`
	inFilter
	page
}

type webhookRedeliverIn struct {
	inOrg
	Delivery string `path:"delivery" arg:"DELIVERY"`
}
