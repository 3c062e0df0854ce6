package users

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/ui"
)

// pickRoleIn asks for a role in an organization that need not be the open one.
func pickRoleIn(h host.Host, ref, now string, choose func(id, label string)) tea.Cmd {
	if ref = strings.TrimSpace(ref); ref == "" {
		return h.Say(ui.Caution, "name the organization first; a role needs one")
	}
	pick := &ui.Picker{Title: "Role in " + strings.ToUpper(models.SafeText(ref)), Empty: "it has no roles", Choose: func(it ui.Item) tea.Cmd {
		choose(it.ID, it.Title)
		return nil
	}}
	st, actor := h.Store, h.Actor
	return kit.PickFrom(h, pick, func(ctx context.Context, _ string) ([]ui.Item, error) {
		org, err := st.Organization(ctx, actor, ref)
		if err != nil {
			return nil, err
		}
		roles, err := st.Roles(ctx, actor, org.ID)
		access := org.Access(actor.Subject())
		items := []ui.Item{{Title: "its default", Note: string(access.DefaultRole(org.Settings)), Mark: now == ""}}
		for i := range roles {
			r := &roles[i]
			if r.Scope != models.ScopeOrganization {
				continue
			}
			var role models.AnyRole = &r.CustomRole
			note, group := kit.CustomMeans(&r.CustomRole), "Roles of this organization"
			if r.BuiltIn {
				role, note, group = models.Role(r.ID), kit.RoleMeans(models.Role(r.ID)), "Built-in roles"
			}
			items = append(items, ui.Item{ID: r.ID, Title: r.Name, Note: note, Group: group, Mark: r.ID == now, Why: kit.WhyGrant(access, org, role)})
		}
		return items, err
	})
}
