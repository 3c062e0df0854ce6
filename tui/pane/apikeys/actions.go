package apikeys

import (
	"context"
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

func keyBindings() []keys.Binding[host.Host] {
	on, with := kit.Row(func(h host.Host) *ui.Table[models.APIKey] { return &of(h).keys.Table }, "no API key is selected")
	noChange := func(_ host.Host, k models.APIKey) string { return k.NoChange }
	return []keys.Binding[host.Host]{
		{ID: "api_key.create", Keys: []string{"n"}, Title: "new key", Scope: scopeKeys, Foot: 90, Changes: true,
			Help: "Makes an API key and shows its secret, this once.", Enabled: whyNewKey, Run: func(h host.Host) tea.Cmd { return keyForm(h, "") }},
		{ID: "api_key.update", Keys: []string{"e"}, Title: "edit", Scope: scopeKeys, Foot: 80, Changes: true,
			Help: "Changes label, scopes and addresses of the key.", Enabled: on(noChange), Run: with(editForm)},
		{ID: "api_key.rotate", Keys: []string{"r"}, Title: "rotate", Scope: scopeKeys, Foot: 85, Changes: true,
			Help: "Makes the next secret of the key, while the old one goes on for some time.", Enabled: on(func(_ host.Host, k models.APIKey) string {
				if k.NoChange == "" && k.ReplacedBy != "" {
					return "it was rotated already: rotate the next one, " + k.ReplacedBy
				}
				return k.NoChange
			}), Run: with(rotateForm)},
		{ID: "api_key.revoke", Keys: []string{"d"}, Title: "revoke", Scope: scopeKeys, Foot: 75, Changes: true, Many: true,
			Help: "Ends the key, or all marked ones, at once and for good.", Enabled: func(h host.Host) string {
				if of(h).keys.Table.Marked() > 0 {
					return "" // each row tells for itself
				}
				return on(func(_ host.Host, k models.APIKey) string { return k.NoRevoke })(h)
			}, Run: func(h host.Host) tea.Cmd { return of(h).revoke(h) }},
		{ID: "service.list", Keys: []string{"S"}, Title: "service accounts", Scope: scopeKeys, Foot: 60,
			Help: "Lists the service accounts: programs with a role of their own.", Enabled: func(h host.Host) string { return kit.Reason(h.Access.Require(models.PermKeysAll)) },
			Allowed: kit.May(models.PermKeysAll), Run: func(h host.Host) tea.Cmd { return of(h).turn(h, onServices) }},
		{ID: "api_key.copy", Keys: []string{"y"}, Title: "copy id", Scope: scopeKeys,
			Help: "Copies the key's id, by which it is found in logs and which lets nobody in.", Enabled: on(func(host.Host, models.APIKey) string { return "" }),
			Run: with(func(h host.Host, k models.APIKey) tea.Cmd { return h.Copy(k.ID, k.ID) })},
	}
}

// whyNewKey says why one cannot make a key of any kind, "" if one can.
func whyNewKey(h host.Host) string {
	if h.Access.CheckCreateKey(h.Org.API, models.KeyPersonal) == nil {
		return ""
	}
	return kit.Reason(h.Access.CheckCreateKey(h.Org.API, models.KeyOrganization))
}

// keyForm makes a key and shows its secret; with a service account it is for that.
func keyForm(h host.Host, service string) tea.Cmd {
	st, org := h.Store, h.Org.ID
	form := &ui.Form{Title: "New API key", Send: "Create", Intro: []ui.Line{{Text: "A personal key may do what you may and ends with your membership. One of the organization has your role as it is now, and lives on when you go.", Style: theme.Muted}}, Fields: []ui.FormField{
		ui.FormField{Name: "label", Label: "Label", Help: "what it is for, like ci", Check: kit.Name("label")}.With("")}}
	if service == "" {
		start := string(models.KeyPersonal)
		choice := func(kind models.APIKeyKind, note string) ui.Choice {
			return ui.Choice{Value: string(kind), Title: note, Why: kit.Reason(h.Access.CheckCreateKey(h.Org.API, kind))}
		}
		if h.Access.CheckCreateKey(h.Org.API, models.KeyPersonal) != nil {
			start = string(models.KeyOrganization)
		}
		form.Fields = append(form.Fields, ui.FormField{Name: "kind", Label: "Acts for", Kind: ui.ChoiceField, Choices: []ui.Choice{
			choice(models.KeyPersonal, "you, while a member"),
			choice(models.KeyOrganization, "the organization"),
		}}.With(start))
	} else {
		form.Title, form.Intro = "New key of "+service, nil
	}
	form.Fields = append(form.Fields, scopeField("*"), addressField(""),
		ui.FormField{Name: "expires_in", Label: "Expires after", Help: "a number with d or h, like 90d; empty for as long as the organization allows", Check: func(v string) error {
			if v == "" {
				return nil
			}
			_, err := models.ParseKeyLife("expires_in", v)
			return err
		}}.With("90d"))
	form.Submit = func(get func(string) string) tea.Cmd {
		n := models.NewAPIKey{Label: get("label"), Kind: models.APIKeyKind(get("kind")), Service: service, Scopes: words(get("scopes")), Addresses: words(get("addresses"))}
		if service != "" {
			n.Kind = models.KeyService
		}
		if v := get("expires_in"); v != "" {
			n.TTL, _ = models.ParseKeyLife("expires_in", v) // checked by its field
		}
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			k, err := st.CreateAPIKey(ctx, actor, org, n)
			if err != nil {
				return host.Outcome{Err: err}
			}
			return host.Outcome{Text: "the key " + k.Label + " is created", Then: func(h host.Host) tea.Cmd { return showSecret(h, k, "") }}
		})
	}
	h.Show(form.Prepare())
	return nil
}

func scopeField(value string) ui.FormField {
	return ui.FormField{Name: "scopes", Label: "Scopes", Help: "operations or groups, like member.list, invitation; * for all that its holder may", Check: func(v string) error {
		_, err := models.CheckScopes(words(v))
		return err
	}}.With(value)
}

func addressField(value string) ui.FormField {
	return ui.FormField{Name: "addresses", Label: "Addresses", Help: "networks it works from, like 192.0.2.0/24; empty for all", Check: func(v string) error {
		_, err := models.CheckKeyAddresses("addresses", words(v))
		return err
	}}.With(value)
}

func words(v string) []string {
	return strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
}

// showSecret shows a secret until a key is pressed, once.
func showSecret(h host.Host, k models.SecretKey, note string) tea.Cmd {
	lines := []ui.Line{{Text: "This is the secret. Keep it now: it is never shown again.", Style: theme.Warn}, {}, {Text: k.Secret, Style: theme.Accent}, {}}
	if k.ExpiresAt != nil {
		note += "It expires " + kit.Moment(h, *k.ExpiresAt) + ". "
	}
	lines = append(lines, ui.Line{Text: note + "In lists and logs it is called " + k.ID + ".", Style: theme.Muted})
	h.Show(&ui.Notice{Title: "API key " + k.Label, Lines: lines, Fixed: true, Keys: []ui.NoticeKey{
		{Hint: ui.Hint{Key: "y", Title: "copy"}, Stay: true, Do: func() tea.Cmd {
			return tea.Batch(h.Clip(k.Secret), h.Say(ui.Done, "copied the secret"))
		}},
		{Hint: ui.Hint{Key: "k", Title: "I have saved it"}},
	}})
	return nil
}

func editForm(h host.Host, k models.APIKey) tea.Cmd {
	st, org := h.Store, h.Org.ID
	form := &ui.Form{Title: "Edit " + k.Label, Send: "Save", Fields: []ui.FormField{
		ui.FormField{Name: "label", Label: "Label", Check: kit.Name("label")}.With(k.Label),
		scopeField(strings.Join(k.Scopes, ", ")), addressField(strings.Join(k.Addresses, ", ")),
	}}
	form.Submit = func(get func(string) string) tea.Cmd {
		label, scopes, addresses := get("label"), words(get("scopes")), words(get("addresses"))
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			_, err := st.UpdateAPIKey(ctx, actor, org, k.ID, models.APIKeyChange{Label: &label, Scopes: &scopes, Addresses: &addresses})
			return host.Outcome{Err: err, Text: "the key " + label + " is changed"}
		})
	}
	h.Show(form.Prepare())
	return nil
}

func rotateForm(h host.Host, k models.APIKey) tea.Cmd {
	st, org := h.Store, h.Org.ID
	return overlapForm(h, "Rotate "+k.Label, "Makes the next key, with the same scopes and bounds.", "Old one works for", func(ctx context.Context, actor models.Actor, overlap time.Duration) host.Outcome {
		next, err := st.RotateAPIKey(ctx, actor, org, k.ID, overlap)
		if err != nil {
			return host.Outcome{Err: err}
		}
		note := "The old one goes on for " + models.Span(overlap) + ". "
		if overlap < time.Minute {
			note = "The old one has stopped. "
		}
		return host.Outcome{Text: "the key " + k.Label + " is rotated", Then: func(h host.Host) tea.Cmd { return showSecret(h, next, note) }}
	})
}

// overlapForm asks for how long the old secret is good beside the next one.
func overlapForm(h host.Host, title, intro, label string, rotate func(context.Context, models.Actor, time.Duration) host.Outcome) tea.Cmd {
	form := &ui.Form{Title: title, Send: "Rotate", Intro: []ui.Line{{Text: intro, Style: theme.Muted}}, Fields: []ui.FormField{
		ui.FormField{Name: "overlap", Label: label, Help: "from 0 to 7 days, like 24h or 2d", Check: func(v string) error {
			_, err := models.ParseOverlap("overlap", v)
			return err
		}}.With("24h"),
	}}
	form.Submit = func(get func(string) string) tea.Cmd {
		overlap, err := models.ParseOverlap("overlap", get("overlap"))
		if err != nil {
			overlap = models.DefaultOverlap // checked by its field
		}
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome { return rotate(ctx, actor, overlap) })
	}
	h.Show(form.Prepare())
	return nil
}

func (p *pane) revoke(h host.Host) tea.Cmd {
	chosen := p.keys.Table.Chosen()
	st, org := h.Store, h.Org.ID
	title := chosen[0].Label
	if len(chosen) > 1 {
		title = kit.Count(len(chosen), "API key", "API keys")
	}
	lines := []ui.Line{{Text: "Programs that use it are refused at once. This cannot be undone."}}
	for _, k := range chosen {
		if k.LastUsedAt != nil {
			lines = append(lines, ui.Line{Text: k.Label + " was used " + kit.Moment(h, *k.LastUsedAt), Style: theme.Muted})
		}
	}
	h.Show(&ui.Confirm{Title: "Revoke " + title + "?", Danger: true, Yes: "revoke", Lines: lines, Do: func() tea.Cmd {
		return list.Each(h, &p.keys, h.TopID(), chosen, list.Bulk[models.APIKey]{Label: func(k models.APIKey) string { return k.Label }, Verb: "revoked",
			One: "is revoked", Many: [2]string{"key is revoked", "keys are revoked"}, Do: func(ctx context.Context, actor models.Actor, k models.APIKey) error {
				_, err := st.RevokeAPIKey(ctx, actor, org, k.ID)
				return err
			}})
	}})
	return nil
}
