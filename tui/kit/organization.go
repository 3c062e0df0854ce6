package kit

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/host"
	"muster/tui/theme"
	"muster/tui/ui"
)

// How a shared organization is made, from whichever pane.

// OrganizationFields are those of a new organization. Its plan is asked for where
// the person has a choice; plan is the one that they chose already.
func OrganizationFields(h host.Host, plan string) []ui.FormField {
	fields := []ui.FormField{
		ui.FormField{Name: "name", Label: "Name", Help: "the name that people see, like Acme Corporation", Check: Name("name")}.With(""),
		ui.FormField{Name: "code", Label: "Code", Help: "short, like ACME; used as in ssh acme@host", Check: func(v string) error {
			_, err := models.CheckCode("code", v)
			return err
		}, Follow: func(get func(string) string) string { return models.CodeFrom(get("name")) }}.With(""),
		ui.FormField{Name: "description", Label: "Description", Kind: ui.LinesField, Help: "optional", Check: Long("description")}.With(""),
	}
	return append(fields, planField(h, plan)...)
}

// planField asks for the plan of a new organization: no field where there is no
// choice. now is the plan that was chosen before, "" for the usual one.
func planField(h host.Host, now string) []ui.FormField {
	plans := h.Me.CreatePlans
	if len(plans) < 2 {
		return nil
	}
	f := ui.FormField{Name: "plan", Label: "Plan", Kind: ui.ChoiceField, Help: "seats, workspaces and features"}
	usual := plans[0].Name
	for _, p := range plans {
		f.Choices = append(f.Choices, ui.Choice{Value: p.Name, Title: p.Name})
		if p.Name == models.PlanTeam {
			usual = p.Name
		}
	}
	if now == "" {
		now = usual
	}
	return []ui.FormField{f.With(now)}
}

// Upgrade asks for the shared organization that a personal workspace leads
// to, on a plan that was chosen already, or "".
func Upgrade(h host.Host, plan string) tea.Cmd {
	st := h.Store
	form := &ui.Form{Title: "A shared organization", Send: "Create", Fields: OrganizationFields(h, plan), Intro: []ui.Line{
		{Text: "A personal workspace has one member. A shared organization has members, invitations and roles, and you own it."},
		{Text: "Your personal workspace stays as it is.", Style: theme.Muted},
	}, Submit: func(get func(string) string) tea.Cmd {
		n := store.NewOrganization{Name: get("name"), Code: get("code"), Description: get("description"), Plan: get("plan")}
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			v, err := st.UpgradePersonal(ctx, actor, n)
			return host.Outcome{Err: err, Then: func(h host.Host) tea.Cmd {
				return h.Open(host.Opening{Ref: v.ID, Word: v.Name + " is created, and you are its owner"})
			}}
		})
	}}
	h.Show(form.Prepare())
	return nil
}
