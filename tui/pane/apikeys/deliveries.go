package apikeys

import (
	"context"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

const scopeDeliveries keys.Scope = "deliveries"

func deliveryColumns(h host.Host) []ui.Column[models.WebhookDelivery] {
	return []ui.Column[models.WebhookDelivery]{
		{Title: "EVENT", Min: 6, Max: 8, Keep: 8, Right: true, Cell: func(d models.WebhookDelivery) (string, theme.Style) {
			return strconv.FormatInt(d.Seq, 10), theme.Muted
		}},
		{Title: "ACTION", Min: 18, Max: 30, Keep: -1, Cell: func(d models.WebhookDelivery) (string, theme.Style) { return d.Action, theme.Text }},
		{Title: "STATUS", Min: 9, Max: 9, Keep: 9, Cell: func(d models.WebhookDelivery) (string, theme.Style) { return string(d.State), deliveryStyle(d) }},
		{Title: "LAST ANSWER", Min: 14, Max: 40, Keep: 7, Cell: func(d models.WebhookDelivery) (string, theme.Style) { return d.LastAnswer(), deliveryStyle(d) }},
		{Title: "AT", Min: 8, Max: 10, Keep: 6, Cell: func(d models.WebhookDelivery) (string, theme.Style) {
			if d.LastAt == nil {
				return "", theme.Muted
			}
			return kit.Ago(h.Now, *d.LastAt), theme.Muted
		}},
		{Title: "TRIED", Min: 5, Max: 5, Keep: 3, Right: true, Cell: func(d models.WebhookDelivery) (string, theme.Style) { return ui.Count(d.Attempts, false), theme.Muted }},
	}
}

func deliveryStyle(d models.WebhookDelivery) theme.Style {
	switch {
	case d.State == models.WebhookGivenUp, d.State == models.WebhookQueued && d.Error != "":
		return theme.Warn
	case d.State == models.WebhookDelivered:
		return theme.Text
	}
	return theme.Muted
}

// follow shows the deliveries to a webhook.
func (p *pane) follow(h host.Host, w models.Webhook) tea.Cmd {
	if p.to.ID != w.ID {
		p.deliveries.Forget()
	}
	p.to, p.on = w, onDeliveries
	return p.Load(h)
}

func deliveryBindings() []keys.Binding[host.Host] {
	on, with := kit.Row(func(h host.Host) *ui.Table[models.WebhookDelivery] { return &of(h).deliveries.Table }, "no delivery is selected")
	return []keys.Binding[host.Host]{
		{ID: "webhook.redeliver", Keys: []string{"r"}, Title: "redeliver", Scope: scopeDeliveries, Foot: 90, Changes: true,
			Help:    "Sends the event to the webhook once more, under the same id.",
			Enabled: on(func(_ host.Host, d models.WebhookDelivery) string { return kit.Reason(d.CheckRedeliver()) }), Run: with(redeliver)},
		{ID: "delivery.back", Keys: []string{"w", "D"}, Title: "webhooks", Scope: scopeDeliveries, Foot: 60,
			Help: "Goes back to the webhooks.", Run: func(h host.Host) tea.Cmd { return of(h).turn(h, onWebhooks) }},
		{ID: "delivery.copy", Keys: []string{"y"}, Title: "copy id", Scope: scopeDeliveries,
			Help: "Copies the id of the delivery, which the receiver has in webhook-id.", Enabled: on(func(host.Host, models.WebhookDelivery) string { return "" }),
			Run: with(func(h host.Host, d models.WebhookDelivery) tea.Cmd { return h.Copy(d.ID, d.ID) })},
	}
}

func redeliver(h host.Host, d models.WebhookDelivery) tea.Cmd {
	st, org := h.Store, h.Org.ID
	return h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
		_, err := st.RedeliverWebhook(ctx, actor, org, d.ID)
		return host.Outcome{Err: err, Text: "sending event " + strconv.FormatInt(d.Seq, 10) + " once more"}
	})
}

func deliveryFacts(h host.Host, d models.WebhookDelivery) []ui.Line {
	return kit.Facts("Event", strconv.FormatInt(d.Seq, 10), "Status", string(d.State), "Tried", kit.Count(d.Attempts, "time", "times"), "Last answer", d.LastAnswer(),
		"Last tried", kit.MomentOr(h, d.LastAt, ""), "Next attempt", kit.MomentOr(h, d.NextAt, ""), "Queued", kit.Moment(h, d.QueuedAt), "Id", d.ID)
}
