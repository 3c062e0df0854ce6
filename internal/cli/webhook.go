package cli

import (
	"strconv"
	"strings"

	"muster/internal/op"
	"muster/models"
)

func webhookWords() map[string]words {
	return map[string]words{
		"webhook.list": shows(func(c *cli, page op.List[models.Webhook]) error {
			rows := make([][]string, len(page.Items))
			for i, w := range page.Items {
				rows[i] = []string{models.PublicURL(w.URL), shortScopes(w.Events), string(w.Status), lastDelivery(c, w), strconv.Itoa(w.Queued), w.ID}
			}
			return c.table([]string{"URL", "EVENTS", "STATUS", "LAST DELIVERY", "QUEUED", "ID"}, rows, page.Next, "there are no such webhooks")
		}),
		"webhook.show": shows((*cli).showWebhook),
		"webhook.create": shows(func(c *cli, w models.SecretWebhook) error {
			return c.webhookSecret("made the webhook", w)
		}),
		"webhook.update": says(func(_ *cli, w models.Webhook) string {
			return "changed the webhook " + w.ID + ": " + string(w.Status) + ", " + strings.Join(w.Events, ", ")
		}),
		"webhook.rotate": shows(func(c *cli, w models.SecretWebhook) error {
			return c.webhookSecret("made the next secret of the webhook", w)
		}),
		"webhook.delete": asking(says(func(_ *cli, w models.Webhook) string { return "deleted the webhook " + w.ID }),
			func(_ *cli, w models.Webhook) string { return "delete the webhook to " + w.Host() + "?" }),
		"webhook.delete.preview": shows(func(c *cli, w models.Webhook) error {
			return c.say("deleting the webhook %s to %s of %s for good: %s to it", w.ID, models.PublicURL(w.URL), c.hereInFull(), neverSent(w.Queued))
		}),
		"webhook.test": shows(func(c *cli, d models.WebhookDelivery) error {
			if err := c.say("sent the event webhook.test (%s)", d.ID); err != nil {
				return err
			}
			c.note("see how it went: muster webhook deliveries %s", d.WebhookID)
			return nil
		}),
		"webhook.deliveries": shows(func(c *cli, page op.List[models.WebhookDelivery]) error {
			rows := make([][]string, len(page.Items))
			for i, d := range page.Items {
				rows[i] = []string{strconv.FormatInt(d.Seq, 10), d.Action, string(d.State), strconv.Itoa(d.Attempts), d.LastAnswer(), c.agoOr(d.LastAt, "never"), c.atOr(d.NextAt, ""), d.ID}
			}
			return c.table([]string{"EVENT", "ACTION", "STATUS", "TRIED", "LAST ANSWER", "AT", "NEXT", "ID"}, rows, page.Next, "there are no such deliveries")
		}),
		"webhook.redeliver": says(func(_ *cli, d models.WebhookDelivery) string {
			return "sending event " + strconv.FormatInt(d.Seq, 10) + " (" + d.Action + ") once more"
		}),
	}
}

// webhookSecret shows a secret on a line of its own, so that it can be taken from
// there.
func (c *cli) webhookSecret(made string, w models.SecretWebhook) error {
	if err := c.say("%s", w.Secret); err != nil {
		return err
	}
	c.note("%s %s, which sends %s to %s", made, w.ID, strings.Join(w.Events, ", "), models.PublicURL(w.URL))
	if w.OldUntil != nil {
		c.note("the old secret signs as well until %s", c.at(*w.OldUntil))
	}
	c.note("this is its secret: keep it now, it is never shown again")
	return nil
}

func (c *cli) showWebhook(w models.Webhook) error {
	return c.facts("url", w.URL, "id", w.ID, "what for", w.Description, "events", strings.Join(w.Events, ", "), "status", string(w.Status), "because", w.Reason,
		"last delivery", lastDelivery(c, w), "failing since", c.atOr(w.FailingFrom, ""), "queued", strconv.Itoa(w.Queued), "old secret until", c.atOr(w.OldUntil, ""),
		"created", c.at(w.CreatedAt)+" by "+w.Creator, "cannot change", w.NoChange)
}

// lastDelivery says how the last attempt of any delivery went.
func lastDelivery(c *cli, w models.Webhook) string {
	switch {
	case w.LastAt == nil:
		return "never"
	case w.LastError != "":
		return c.ago(*w.LastAt) + ": " + w.LastError
	}
	return c.ago(*w.LastAt) + ": " + strconv.Itoa(w.LastStatus)
}

func neverSent(queued int) string {
	if queued == 0 {
		return "nothing waits to be sent"
	}
	return models.Count(queued, "event is never sent", "events are never sent")
}
