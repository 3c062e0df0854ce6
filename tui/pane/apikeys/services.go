package apikeys

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

func serviceBindings() []keys.Binding[host.Host] {
	on, with := kit.Row(func(h host.Host) *ui.Table[models.ServiceAccount] { return &of(h).services.Table }, "no service account is selected")
	noChange := on(func(_ host.Host, s models.ServiceAccount) string { return s.NoChange })
	return []keys.Binding[host.Host]{
		{ID: "service.create", Keys: []string{"n"}, Title: "new account", Scope: scopeServices, Foot: 90, Changes: true,
			Help: "Makes a service account: a program with a role of its own.", Enabled: whyService, Run: func(h host.Host) tea.Cmd { return serviceForm(h, nil) }},
		{ID: "service.key", Keys: []string{"a"}, Title: "add key", Scope: scopeServices, Foot: 88, Changes: true,
			Help: "Makes an API key of the service account and shows its secret, this once.", Enabled: on(func(h host.Host, s models.ServiceAccount) string {
				if err := h.Access.CheckCreateKey(h.Org.API, models.KeyService); err != nil {
					return kit.Reason(err)
				}
				return s.NoChange
			}), Run: with(func(h host.Host, s models.ServiceAccount) tea.Cmd { return keyForm(h, s.Name) })},
		{ID: "service.update", Keys: []string{"e"}, Title: "edit", Scope: scopeServices, Foot: 80, Changes: true,
			Help: "Changes name, description, role and workspaces.", Enabled: noChange, Run: with(func(h host.Host, s models.ServiceAccount) tea.Cmd { return serviceForm(h, &s) })},
		{ID: "service.disable", Keys: []string{"x"}, Title: "disable or enable", Scope: scopeServices, Foot: 70, Changes: true,
			Help: "Stops all keys of the service account, or lets them work as before.", Enabled: noChange, Run: with(turnService)},
		{ID: "service.remove", Keys: []string{"d"}, Title: "remove", Scope: scopeServices, Foot: 65, Changes: true,
			Help: "Removes the service account with its keys.", Enabled: noChange, Run: with(removeService)},
		{ID: "api_key.list", Keys: []string{"S"}, Title: "keys", Scope: scopeServices, Foot: 60,
			Help: "Goes back to the API keys.", Run: func(h host.Host) tea.Cmd { return of(h).turn(h, onKeys) }},
		{ID: "service.copy", Keys: []string{"y"}, Title: "copy id", Scope: scopeServices,
			Help: "Copies the id of the service account.", Enabled: on(func(host.Host, models.ServiceAccount) string { return "" }),
			Run: with(func(h host.Host, s models.ServiceAccount) tea.Cmd { return h.Copy(s.ID, s.ID) })},
	}
}

// whyService says why one cannot make a service account, "" if one can.
func whyService(h host.Host) string {
	if err := h.Access.CheckService(models.RoleViewer); err != nil {
		return kit.Reason(err)
	}
	return kit.WhyFeature(h, models.FeatureServiceAccounts)
}

// serviceForm makes a service account, or changes one.
func serviceForm(h host.Host, old *models.ServiceAccount) tea.Cmd {
	st, org := h.Store, h.Org.ID
	form := &ui.Form{Title: "New service account", Send: "Create"}
	was := models.ServiceAccount{Role: models.RoleViewer}
	if old != nil {
		was, form.Title, form.Send = *old, "Edit "+old.Name, "Save"
	}
	role := string(was.Role)
	if was.CustomRole != nil {
		role = was.CustomRole.ID
	}
	var in []string
	for _, w := range was.Workspaces {
		in = append(in, w.Name+"="+string(w.Role))
	}
	why := func(r models.AnyRole) string { return kit.Reason(h.Access.CheckService(r)) }
	form.Fields = []ui.FormField{
		ui.FormField{Name: "name", Label: "Name", Help: "like deploy", Check: func(v string) error {
			_, err := models.CheckServiceName(v)
			return err
		}}.With(was.Name),
		ui.FormField{Name: "description", Label: "Description", Help: "a line on what it is for (optional)", Check: kit.Long("description")}.With(was.Description),
		ui.FormField{Name: "role", Label: "Role", Kind: ui.ChoiceField, Choices: kit.RoleChoices(why), Help: "never owner"}.With(role),
		ui.FormField{Name: "workspaces", Label: "Workspaces", Help: "it is added to, like General=editor, Lab (optional)"}.With(strings.Join(in, ", ")),
	}
	form.Submit = func(get func(string) string) tea.Cmd {
		name, description, role, places := get("name"), get("description"), models.Role(get("role")), commas(get("workspaces"))
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			if old == nil {
				_, err := st.CreateService(ctx, actor, org, models.NewService{Name: name, Description: description, Role: role, Workspaces: places})
				return host.Outcome{Err: err, Text: "the service account " + name + " is created · a adds a key"}
			}
			_, err := st.UpdateService(ctx, actor, org, old.ID, models.ServiceChange{Name: &name, Description: &description, Role: &role, Workspaces: &places})
			return host.Outcome{Err: err, Text: "the service account " + name + " is changed"}
		})
	}
	h.Show(form.Prepare())
	return kit.AddRoles(h, h.TopID(), form, "role", why)
}

// commas are names, which may hold blanks.
func commas(v string) []string {
	out := []string{}
	for word := range strings.SplitSeq(v, ",") {
		if word = strings.TrimSpace(word); word != "" {
			out = append(out, word)
		}
	}
	return out
}

func turnService(h host.Host, s models.ServiceAccount) tea.Cmd {
	st, org := h.Store, h.Org.ID
	to, text := models.ServiceDisabled, "is disabled: its keys are refused"
	if s.Status == models.ServiceDisabled {
		to, text = models.ServiceActive, "is active"
	}
	set := func(ctx context.Context, actor models.Actor, status models.ServiceStatus) error {
		_, err := st.UpdateService(ctx, actor, org, s.ID, models.ServiceChange{Status: &status})
		return err
	}
	was := s.Status
	return h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
		return host.Reversible(ctx, actor, s.Name+" "+text,
			func(ctx context.Context, actor models.Actor) error { return set(ctx, actor, to) },
			func(ctx context.Context, actor models.Actor) error { return set(ctx, actor, was) })
	})
}

func removeService(h host.Host, s models.ServiceAccount) tea.Cmd {
	st, org := h.Store, h.Org.ID
	return kit.Ask(h, &ui.Confirm{Title: "Remove the service account " + s.Name + "?", Danger: true, Yes: "remove", Do: func() tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			_, err := st.RemoveService(ctx, actor, org, s.ID)
			return host.Outcome{Err: err, Text: "the service account " + s.Name + " is removed"}
		})
	}}, func(ctx context.Context) ([]ui.Line, error) {
		c, err := st.RemoveServiceConsequences(ctx, h.Actor, org, s.ID)
		return []ui.Line{{Text: kit.Count(c.Keys, "working key stops", "working keys stop") + " at once."}, {Text: "This cannot be undone.", Style: theme.Muted}}, err
	})
}
