package apikeys

import (
	"context"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/theme"
	"muster/tui/ui"
)

const scopeWebhooks keys.Scope = "webhooks"

func (p *pane) newWebhooks() {
	w, d := &p.webhooks, &p.deliveries
	w.Pane, w.Matches, d.Pane, d.Matches = id, -1, id, -1
	w.Filters, d.Filters = models.WebhookFilter, models.DeliveryFilter
	w.Table.ID = func(v models.Webhook) string { return v.ID }
	d.Table.ID = func(v models.WebhookDelivery) string { return v.ID }
	w.Fetch = func(h host.Host) func(context.Context, list.Query) (models.Page[models.Webhook], error) {
		st, actor, org := h.Store, h.Actor, h.Org.ID
		return func(ctx context.Context, q list.Query) (models.Page[models.Webhook], error) {
			wq, err := models.WebhookQuery{Limit: q.Limit, After: q.After, Before: q.Before}.Filter(q.Search)
			if err != nil {
				return models.Page[models.Webhook]{}, err
			}
			return st.ListWebhooks(ctx, actor, org, wq)
		}
	}
	d.Fetch = func(h host.Host) func(context.Context, list.Query) (models.Page[models.WebhookDelivery], error) {
		st, actor, org, to := h.Store, h.Actor, h.Org.ID, p.to.ID
		return func(ctx context.Context, q list.Query) (models.Page[models.WebhookDelivery], error) {
			dq, err := models.DeliveryQuery{Limit: q.Limit, After: q.After, Before: q.Before}.Filter(q.Search)
			if err != nil {
				return models.Page[models.WebhookDelivery]{}, err
			}
			return st.ListDeliveries(ctx, actor, org, to, dq)
		}
	}
}

func (p *pane) webhookColumns(h host.Host) {
	muted := func(s string) (string, theme.Style) { return s, theme.Muted }
	p.webhooks.Table.Columns = []ui.Column[models.Webhook]{
		{Title: "WEBHOOK", Min: 20, Max: 44, Keep: -1, Cell: func(w models.Webhook) (string, theme.Style) {
			return webhookSign(w) + " " + models.SafeText(strings.TrimPrefix(models.PublicURL(w.URL), "https://")), webhookStyle(w)
		}},
		{Title: "EVENTS", Min: 10, Max: 26, Keep: 4, Cell: func(w models.Webhook) (string, theme.Style) { return muted(scopesWord(w.Events)) }},
		{Title: "STATUS", Min: 8, Max: 8, Keep: 9, Cell: func(w models.Webhook) (string, theme.Style) { return string(w.Status), webhookStyle(w) }},
		{Title: "LAST DELIVERY", Min: 13, Max: 30, Keep: 7, Cell: func(w models.Webhook) (string, theme.Style) {
			switch {
			case w.LastAt == nil:
				return muted("never")
			case w.LastError != "":
				return w.LastError, theme.Warn
			}
			return kit.Ago(h.Now, *w.LastAt), theme.Text
		}},
		{Title: "QUEUED", Min: 6, Max: 7, Keep: 6, Right: true, Cell: func(w models.Webhook) (string, theme.Style) { return ui.Count(w.Queued, false), theme.Text }},
	}
	p.deliveries.Table.Columns = deliveryColumns(h)
}

// webhookSign is the state of a webhook in one character.
func webhookSign(w models.Webhook) string {
	switch {
	case w.Status == models.WebhookFailed:
		return "✗"
	case w.Status == models.WebhookDisabled:
		return "–"
	case w.FailingFrom != nil:
		return "!"
	}
	return "●"
}

func webhookStyle(w models.Webhook) theme.Style {
	switch {
	case w.Status == models.WebhookFailed, w.FailingFrom != nil && w.Status == models.WebhookActive:
		return theme.Warn
	case w.Status == models.WebhookDisabled:
		return theme.Muted
	}
	return theme.Text
}

// sayWebhooks is say for webhooks and deliveries.
func (p *pane) sayWebhooks(h host.Host) {
	w, d := &p.webhooks.Table, &p.deliveries.Table
	w.Empty, w.Hint = "No webhooks yet: programs elsewhere that are sent what happens", "Press n to create one"
	if why := whyWebhooks(h); why != "" {
		w.Hint = why
	}
	d.Empty, d.Hint = "Nothing was sent yet", "Press esc, and t to try the webhook"
}

// whyWebhooks says why one has no part of webhooks, "" if one has.
func whyWebhooks(h host.Host) string { return kit.Reason(h.Access.CheckWebhooks()) }

func webhookBindings() []keys.Binding[host.Host] {
	on, with := kit.Row(func(h host.Host) *ui.Table[models.Webhook] { return &of(h).webhooks.Table }, "no webhook is selected")
	anyOne := on(func(host.Host, models.Webhook) string { return "" })
	return []keys.Binding[host.Host]{
		{ID: "webhook.list", Keys: []string{"w"}, Title: "webhooks", Scope: scopeKeys, Foot: 50,
			Help: "Lists the webhooks: programs elsewhere that are sent what happens.", Enabled: whyWebhooks,
			Allowed: func(h host.Host) bool { return h.Access.CheckWebhooks() == nil }, Run: func(h host.Host) tea.Cmd { return of(h).turn(h, onWebhooks) }},
		{ID: "webhook.create", Keys: []string{"n"}, Title: "new webhook", Scope: scopeWebhooks, Foot: 90, Changes: true,
			Help: "Makes a webhook and shows its secret, this once.", Enabled: whyWebhooks, Run: func(h host.Host) tea.Cmd { return webhookForm(h, nil) }},
		{ID: "webhook.deliveries", Keys: []string{"D"}, Title: "deliveries", Scope: scopeWebhooks, Foot: 88,
			Help: "Lists what was sent to the webhook, and how that went.", Enabled: anyOne, Run: with(func(h host.Host, w models.Webhook) tea.Cmd { return of(h).follow(h, w) })},
		{ID: "webhook.test", Keys: []string{"t"}, Title: "try", Scope: scopeWebhooks, Foot: 85, Changes: true,
			Help: "Sends the webhook an event to try it.", Enabled: on(func(_ host.Host, w models.Webhook) string {
				if w.Status != models.WebhookActive {
					return "the webhook is disabled: x enables it"
				}
				return ""
			}), Run: with(tryWebhook)},
		{ID: "webhook.update", Keys: []string{"e"}, Title: "edit", Scope: scopeWebhooks, Foot: 80, Changes: true,
			Help: "Changes URL, events and description.", Enabled: anyOne, Run: with(func(h host.Host, w models.Webhook) tea.Cmd { return webhookForm(h, &w) })},
		{ID: "webhook.rotate", Keys: []string{"r"}, Title: "rotate", Scope: scopeWebhooks, Foot: 75, Changes: true,
			Help: "Makes the next secret, while the old one signs as well for some time.", Enabled: anyOne, Run: with(rotateWebhookForm)},
		{ID: "webhook.disable", Keys: []string{"x"}, Title: "disable or enable", Scope: scopeWebhooks, Foot: 70, Changes: true,
			Help: "Sends the webhook nothing more, or what happens from now on.", Enabled: anyOne, Run: with(turnWebhook)},
		{ID: "webhook.delete", Keys: []string{"d"}, Title: "delete", Scope: scopeWebhooks, Foot: 65, Changes: true,
			Help: "Deletes the webhook with its deliveries.", Enabled: anyOne, Run: with(deleteWebhook)},
		{ID: "webhook.back", Keys: []string{"w"}, Title: "keys", Scope: scopeWebhooks, Foot: 60,
			Help: "Goes back to the API keys.", Run: func(h host.Host) tea.Cmd { return of(h).turn(h, onKeys) }},
		{ID: "webhook.copy", Keys: []string{"y"}, Title: "copy id", Scope: scopeWebhooks,
			Help: "Copies the id of the webhook.", Enabled: anyOne, Run: with(func(h host.Host, w models.Webhook) tea.Cmd { return h.Copy(w.ID, w.ID) })},
	}
}

// webhookForm makes a webhook, or changes one.
func webhookForm(h host.Host, old *models.Webhook) tea.Cmd {
	st, org := h.Store, h.Org.ID
	form := &ui.Form{Title: "New webhook", Send: "Create", Intro: []ui.Line{{Text: "What happens from now on is sent to it as it happens, signed with a secret that is shown next.", Style: theme.Muted}}}
	was := models.Webhook{Events: []string{models.AllEvents}}
	if old != nil {
		was, form.Title, form.Send, form.Intro = *old, "Edit "+old.Host(), "Save", nil
	}
	form.Fields = []ui.FormField{
		ui.FormField{Name: "url", Label: "URL", Help: "like https://example.com/hooks"}.With(was.URL),
		ui.FormField{Name: "events", Label: "Events", Help: "actions or groups, like member.*, invitation.accept; * for all", Check: func(v string) error {
			_, err := models.CheckWebhookEvents(words(v))
			return err
		}}.With(strings.Join(was.Events, ", ")),
		ui.FormField{Name: "description", Label: "Description", Help: "a line on what it is for (optional)", Check: kit.Long("description")}.With(was.Description),
	}
	form.Submit = func(get func(string) string) tea.Cmd {
		url, events, description := get("url"), words(get("events")), get("description")
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			if old == nil {
				w, err := st.CreateWebhook(ctx, actor, org, models.NewWebhook{URL: url, Events: events, Description: description})
				if err != nil {
					return host.Outcome{Err: err}
				}
				return host.Outcome{Text: "the webhook is created", Then: func(h host.Host) tea.Cmd { return showWebhookSecret(h, w) }}
			}
			w, err := st.UpdateWebhook(ctx, actor, org, old.ID, models.WebhookChange{URL: &url, Events: &events, Description: &description})
			return host.Outcome{Err: err, Text: "the webhook to " + w.Host() + " is changed"}
		})
	}
	h.Show(form.Prepare())
	return nil
}

// showWebhookSecret shows a secret until a key is pressed, once.
func showWebhookSecret(h host.Host, w models.SecretWebhook) tea.Cmd {
	lines := []ui.Line{{Text: "This is the secret that deliveries are signed with. Keep it now: it is never shown again.", Style: theme.Warn}, {}, {Text: w.Secret, Style: theme.Accent}, {}}
	if w.OldUntil != nil {
		lines = append(lines, ui.Line{Text: "The old one signs as well until " + kit.Moment(h, *w.OldUntil) + ".", Style: theme.Muted})
	}
	lines = append(lines, ui.Line{Text: "Press t in the list to try the webhook.", Style: theme.Muted})
	h.Show(&ui.Notice{Title: "Webhook to " + w.Host(), Lines: lines, Fixed: true, Keys: []ui.NoticeKey{
		{Hint: ui.Hint{Key: "y", Title: "copy"}, Stay: true, Do: func() tea.Cmd {
			return tea.Batch(h.Clip(w.Secret), h.Say(ui.Done, "copied the secret"))
		}},
		{Hint: ui.Hint{Key: "k", Title: "I have saved it"}},
	}})
	return nil
}

func rotateWebhookForm(h host.Host, w models.Webhook) tea.Cmd {
	st, org := h.Store, h.Org.ID
	return overlapForm(h, "Rotate the secret of "+w.Host(), "Makes the next secret. Deliveries are signed with both for some time.", "Old one signs for", func(ctx context.Context, actor models.Actor, overlap time.Duration) host.Outcome {
		next, err := st.RotateWebhook(ctx, actor, org, w.ID, overlap)
		if err != nil {
			return host.Outcome{Err: err}
		}
		return host.Outcome{Text: "the secret is rotated", Then: func(h host.Host) tea.Cmd { return showWebhookSecret(h, next) }}
	})
}

func tryWebhook(h host.Host, w models.Webhook) tea.Cmd {
	st, org := h.Store, h.Org.ID
	return h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
		_, err := st.TestWebhook(ctx, actor, org, w.ID)
		return host.Outcome{Err: err, Text: "sent webhook.test to " + w.Host() + " · D shows how it went"}
	})
}

func turnWebhook(h host.Host, w models.Webhook) tea.Cmd {
	st, org := h.Store, h.Org.ID
	to, text := models.WebhookDisabled, " is disabled"
	if w.Status != models.WebhookActive {
		to, text = models.WebhookActive, " is sent what happens from now on"
	}
	set := func(ctx context.Context, actor models.Actor, status models.WebhookStatus) error {
		_, err := st.UpdateWebhook(ctx, actor, org, w.ID, models.WebhookChange{Status: &status})
		return err
	}
	turn := func() tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			return host.Outcome{Err: set(ctx, actor, to), Text: w.Host() + text}
		})
	}
	if to == models.WebhookActive || w.Queued == 0 {
		return turn()
	}
	h.Show(&ui.Confirm{Title: "Disable the webhook to " + w.Host() + "?", Yes: "disable", Do: turn,
		Lines: []ui.Line{{Text: kit.Count(w.Queued, "event that waits is never sent.", "events that wait are never sent.")}}})
	return nil
}

func deleteWebhook(h host.Host, w models.Webhook) tea.Cmd {
	st, org := h.Store, h.Org.ID
	return kit.Ask(h, &ui.Confirm{Title: "Delete the webhook to " + w.Host() + "?", Danger: true, Yes: "delete", Do: func() tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			_, err := st.DeleteWebhook(ctx, actor, org, w.ID)
			return host.Outcome{Err: err, Text: "the webhook to " + w.Host() + " is deleted"}
		})
	}}, func(ctx context.Context) ([]ui.Line, error) {
		v, err := st.DeleteWebhookPreview(ctx, h.Actor, org, w.ID)
		return []ui.Line{{Text: kit.Count(v.Queued, "event that waits is", "events that wait are") + " never sent."}, {Text: "This cannot be undone.", Style: theme.Muted}}, err
	})
}

func webhookFacts(h host.Host, w models.Webhook) []ui.Line {
	last := kit.MomentOr(h, w.LastAt, "never")
	switch {
	case w.LastError != "":
		last += ": " + w.LastError
	case w.LastAt != nil:
		last += ": " + strconv.Itoa(w.LastStatus)
	}
	return kit.Facts("URL", models.SafeText(models.PublicURL(w.URL)), "Description", w.Description, "Events", strings.Join(w.Events, ", "), "Status", string(w.Status), "Because", w.Reason,
		"Last delivery", last, "Failing since", kit.MomentOr(h, w.FailingFrom, ""), "Queued", ui.Count(w.Queued, false), "Old secret until", kit.MomentOr(h, w.OldUntil, ""),
		"Created", kit.Moment(h, w.CreatedAt)+" by "+w.Creator, "Id", w.ID)
}
