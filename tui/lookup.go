package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/ui"
)

// ask shows a confirmation whose text has to be looked up first. Lines that come
// with a refusal are shown with it.
func (a *App) ask(c *ui.Confirm, look func(ctx context.Context) ([]ui.Line, error)) tea.Cmd {
	id := a.show(c.Await())
	return a.bring(id, func(ctx context.Context) func(a *App) tea.Cmd {
		lines, err := look(ctx)
		return func(a *App) tea.Cmd {
			if err != nil {
				if lines != nil {
					c.Lines = lines
				}
				c.Fail(models.AsError(err))
				return nil
			}
			c.Tell(lines, a.now)
			return a.guarded()
		}
	})
}

// items looks up what the picker that is open offers for a text.
func (a *App) items(dialog int, text string, look func(ctx context.Context) ([]ui.Item, error)) tea.Cmd {
	if p, ok := a.dialogs.Top().(*ui.Picker); ok && a.dialogs.TopID() == dialog {
		p.Await()
	}
	return a.bring(dialog, func(ctx context.Context) func(a *App) tea.Cmd {
		items, err := look(ctx)
		return func(a *App) tea.Cmd {
			if p, ok := a.dialogs.Top().(*ui.Picker); ok {
				offer(p, text, items, err)
			}
			return nil
		}
	})
}

// offer shows what was found for a text, or why nothing was.
func offer(p *ui.Picker, text string, items []ui.Item, err error) {
	if err != nil {
		p.Fail(models.AsError(err))
		return
	}
	p.Found(text, items)
}

// customRoles adds the organization's own roles to a picker of roles. now is
// the present one; why says which cannot be chosen.
func (a *App) customRoles(dialog int, now models.Role, why func(models.AnyRole) string) tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	return a.items(dialog, "", func(ctx context.Context) ([]ui.Item, error) {
		all, err := st.Roles(ctx, actor, org)
		var items []ui.Item
		for i := range all {
			if r := &all[i]; !r.BuiltIn && r.Scope == models.ScopeOrganization {
				items = append(items, ui.Item{ID: r.ID, Title: r.Name, Note: customMeans(&r.CustomRole), Group: "Roles of this organization",
					Mark: models.Role(r.ID) == now, Why: why(&r.CustomRole)})
			}
		}
		return items, err
	})
}
