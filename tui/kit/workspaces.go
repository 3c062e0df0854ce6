package kit

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/ui"
)

// WorkspaceWords says where an invitation leads: "General as editor".
func WorkspaceWords(in []models.WorkspaceMembership) string {
	words := make([]string, len(in))
	for i, p := range in {
		words[i] = p.Name + " as " + p.Given().Label()
	}
	return strings.Join(words, ", ")
}

// PickedWorkspaces is how many workspaces a picker offers at a time.
const PickedWorkspaces = 50

// FindWorkspaces asks for the workspaces that fit a text, as items of a picker.
func FindWorkspaces(h host.Host, item func(models.WorkspaceView) ui.Item) func(context.Context, string) ([]ui.Item, error) {
	st, actor, org := h.Store, h.Actor, h.Org.ID
	return func(ctx context.Context, text string) ([]ui.Item, error) {
		page, err := st.ListWorkspaces(ctx, actor, org, models.WorkspaceQuery{Search: text, Limit: PickedWorkspaces})
		items := make([]ui.Item, len(page.Items))
		for i, v := range page.Items {
			items[i] = item(v)
		}
		return items, err
	}
}

// PickWorkspaceRole asks for a role in a workspace, custom ones included, which
// come from the store a moment later. may says why one cannot be given.
func PickWorkspaceRole(h host.Host, title, now string, may func(models.AnyWorkspaceRole) error, choose func(role, label string) tea.Cmd) tea.Cmd {
	pick := &ui.Picker{Title: title, Choose: func(it ui.Item) tea.Cmd { return choose(it.ID, it.Title) }}
	for _, r := range models.WorkspaceRoles() {
		pick.Items = append(pick.Items, ui.Item{ID: string(r), Title: string(r), Note: models.BuiltInWorkspaceRole(r).Description,
			Mark: string(r) == now, Why: Reason(may(r))})
	}
	start := now
	if start == "" {
		start = string(models.WorkspaceViewer)
	}
	id := h.Show(pick.Start(start))
	return bringRoles(h, id, models.ScopeWorkspace, func(roles []models.RoleView) {
		items := make([]ui.Item, len(roles))
		for i, r := range roles {
			items[i] = ui.Item{ID: r.ID, Title: r.Name, Note: models.SafeText(r.Description), Mark: r.ID == now, Why: Reason(may(&r.CustomRole))}
		}
		pick.Found("", items)
	})
}
