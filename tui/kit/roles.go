package kit

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/theme"
	"muster/tui/ui"
)

// How the roles are offered that somebody can be given: all of the
// organization, those that cannot be given with the reason.

// WhyGrant says why somebody may not give a role in an organization, "" if they
// may.
func WhyGrant(access models.Access, org models.OrgView, r models.AnyRole) string {
	if err := (models.Plan{Name: org.Plan, Features: org.Features}).CheckRole(access, r); err != nil {
		return models.AsError(err).Message
	}
	return Reason(access.CheckGrant(r))
}

// Granting says it of the open organization.
func Granting(h host.Host) func(models.AnyRole) string {
	return func(r models.AnyRole) string { return WhyGrant(h.Access, h.Org, r) }
}

// UsualRole is the organization's default role, or the person's own where that
// is above them.
func UsualRole(h host.Host) models.Role {
	if role := h.Access.DefaultRole(h.Org.Settings); h.Access.CheckGrant(role) == nil {
		return role
	}
	return h.Access.Effective()
}

// RoleStyle makes those who administer stand out in a column.
func RoleStyle(r models.Role) theme.Style {
	if r == models.RoleOwner || r == models.RoleAdmin {
		return theme.Text | theme.Bold
	}
	return theme.Text
}

// RoleMeans says what a built-in role is for.
func RoleMeans(r models.Role) string {
	switch r {
	case models.RoleOwner:
		return "everything, including billing and deletion"
	case models.RoleAdmin:
		return "members, invitations, settings"
	case models.RoleMember:
		return "regular access; may invite if settings allow"
	}
	return "read-only"
}

// CustomMeans says what a custom role is for: its description, or else what it
// allows.
func CustomMeans(r *models.CustomRole) string {
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
		return "read-only"
	}
	return SomeOf(may)
}

// RoleChoices are the built-in roles for a field.
func RoleChoices(why func(models.AnyRole) string) []ui.Choice {
	var choices []ui.Choice
	for _, r := range models.Roles() {
		choices = append(choices, ui.Choice{Value: string(r), Title: string(r), Why: why(r)})
	}
	return choices
}

// AddRoles puts the organization's own roles behind the built-in ones of a
// form's field, once the store has named them.
func AddRoles(h host.Host, dialog int, form *ui.Form, field string, why func(models.AnyRole) string) tea.Cmd {
	return bringRoles(h, dialog, models.ScopeOrganization, func(roles []models.RoleView) {
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

// CustomRoles adds the organization's own roles to a picker of roles. now is
// the present one; why says which cannot be chosen.
func CustomRoles(h host.Host, dialog int, now models.Role, why func(models.AnyRole) string) tea.Cmd {
	st, actor, org := h.Store, h.Actor, h.Org.ID
	return Items(h, dialog, "", func(ctx context.Context) ([]ui.Item, error) {
		all, err := st.Roles(ctx, actor, org)
		var items []ui.Item
		for i := range all {
			if r := &all[i]; !r.BuiltIn && r.Scope == models.ScopeOrganization {
				items = append(items, ui.Item{ID: r.ID, Title: r.Name, Note: CustomMeans(&r.CustomRole), Group: "Roles of this organization",
					Mark: models.Role(r.ID) == now, Why: why(&r.CustomRole)})
			}
		}
		return items, err
	})
}

// bringRoles asks for the custom roles of a scope for an open dialog. Without
// them it still offers the built-in ones.
func bringRoles(h host.Host, dialog int, scope models.Scope, take func([]models.RoleView)) tea.Cmd {
	st, actor, org := h.Store, h.Actor, h.Org.ID
	return h.Bring(dialog, func(ctx context.Context) func(host.Host) tea.Cmd {
		all, err := st.Roles(ctx, actor, org)
		var custom []models.RoleView
		for _, r := range all {
			if r.Scope == scope && !r.BuiltIn {
				custom = append(custom, r)
			}
		}
		return func(h host.Host) tea.Cmd {
			if err != nil {
				return h.Complain(err)
			}
			take(custom)
			return nil
		}
	})
}
