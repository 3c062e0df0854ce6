package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/ui"
)

// This file holds how the roles are offered that somebody can be given: all of
// the organization, those that cannot be given with the reason.

// whyGrant says why somebody may not be given a role here, "" if they may.
func (a *App) whyGrant(r models.AnyRole) string { return whyGrant(a.access, a.org, r) }

func whyGrant(access models.Access, org models.OrgView, r models.AnyRole) string {
	if _, custom := r.(*models.CustomRole); custom {
		if err := org.RequireFeature(models.FeatureCustomRoles); err != nil {
			return models.AsError(err).Message
		}
	}
	return reason(access.CheckGrant(r))
}

// usualRole is the organization's default role, or the person's own where that
// is above them.
func (a *App) usualRole() models.Role {
	if role := a.org.Settings.DefaultRole; a.access.CheckGrant(role) == nil {
		return role
	}
	return a.access.Effective()
}

// customMeans says what a custom role is for: its description, or else what it
// allows.
func customMeans(r *models.CustomRole) string {
	if r.Description != "" {
		return models.SafeText(r.Description)
	}
	var may []string
	for _, p := range r.Grants {
		if p != models.PermView {
			may = append(may, string(p))
		}
	}
	if len(may) == 0 {
		return "looks only"
	}
	return someOf(may)
}

// roleChoices are the built-in roles for a field.
func roleChoices(why func(models.AnyRole) string) []ui.Choice {
	var choices []ui.Choice
	for _, r := range models.Roles() {
		choices = append(choices, ui.Choice{Value: string(r), Title: string(r), Why: why(r)})
	}
	return choices
}

// addRoles puts the organization's own roles behind the built-in ones of a
// form's field, once the store has named them.
func (a *App) addRoles(dialog int, form *ui.Form, field string, why func(models.AnyRole) string) tea.Cmd {
	return a.bringRoles(dialog, models.ScopeOrganization, func(roles []models.RoleView) {
		for i := range form.Fields {
			if form.Fields[i].Name != field {
				continue
			}
			for _, r := range roles {
				form.Fields[i].Choices = append(form.Fields[i].Choices, ui.Choice{Value: r.ID, Title: r.Name, Why: why(&r.CustomRole)})
			}
		}
	})
}

// pickRoleIn asks for a role in an organization that need not be the open one.
func (a *App) pickRoleIn(ref, now string, choose func(id, label string)) tea.Cmd {
	if ref = strings.TrimSpace(ref); ref == "" {
		return a.say(ui.Caution, "name the organization first: without one there is no role")
	}
	pick := &ui.Picker{Title: "Role in " + strings.ToUpper(models.SafeText(ref)), Empty: "it has no roles", Choose: func(it ui.Item) tea.Cmd {
		choose(it.ID, it.Title)
		return nil
	}}
	st, actor := a.sh.Store, a.actor
	return a.pickFrom(pick, func(ctx context.Context, _ string) ([]ui.Item, error) {
		org, err := st.Organization(ctx, actor, ref)
		if err != nil {
			return nil, err
		}
		roles, err := st.Roles(ctx, actor, org.ID)
		items := []ui.Item{{Title: "its default", Note: string(org.Settings.DefaultRole), Mark: now == ""}}
		access := org.Access(actor.Subject())
		for i := range roles {
			r := &roles[i]
			if r.Scope != models.ScopeOrganization {
				continue
			}
			var role models.AnyRole = &r.CustomRole
			note, group := customMeans(&r.CustomRole), "Roles of this organization"
			if r.BuiltIn {
				role, note, group = models.Role(r.ID), roleMeans(models.Role(r.ID)), "Built-in roles"
			}
			items = append(items, ui.Item{ID: r.ID, Title: r.Name, Note: note, Group: group, Mark: r.ID == now, Why: whyGrant(access, org, role)})
		}
		return items, err
	})
}
