package members

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/ui"
)

// add looks for an account of the installation, then asks in what role it becomes
// a member.
func add(h host.Host) tea.Cmd {
	st, actor := h.Store, h.Actor
	pick := &ui.Picker{Title: "Add to " + h.OrgName(), Find: true, Prompt: "somebody who has an account", Empty: "No matches",
		Choose: func(it ui.Item) tea.Cmd { return addAs(h, it.ID, it.Title) }}
	org := h.Org.ID
	return kit.PickFrom(h, pick, func(ctx context.Context, text string) ([]ui.Item, error) {
		page, err := st.Users(ctx, actor, models.AccountQuery{Search: text, Limit: models.DefaultLimit})
		var items []ui.Item
		for _, u := range page.Items {
			it := ui.Item{ID: u.ID, Title: u.Email, Note: u.Name}
			for _, o := range u.Organizations {
				if o.ID == org {
					it.Why = u.Email + " is a member already"
				}
			}
			items = append(items, it)
		}
		return items, err
	})
}

func addAs(h host.Host, user, email string) tea.Cmd {
	st, org := h.Store, h.Org.ID
	pick := &ui.Picker{Title: "Role of " + email, Choose: func(it ui.Item) tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			m, err := st.AddMember(ctx, actor, org, user, models.Role(it.ID))
			return host.Outcome{Err: err, Text: m.Email + " is now " + it.Title + " here", Then: func(h host.Host) tea.Cmd { of(h).Own = true; return nil }}
		})
	}}
	why, usual := kit.Granting(h), kit.UsualRole(h)
	for _, r := range models.Roles() {
		pick.Items = append(pick.Items, ui.Item{ID: string(r), Title: string(r), Note: kit.RoleMeans(r), Why: why(r)})
	}
	id := h.Show(pick.Start(string(usual)))
	return kit.CustomRoles(h, id, "", why)
}
