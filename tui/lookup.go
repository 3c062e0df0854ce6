package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/ui"
)

// consequencesMsg brings what something would mean to the dialog that asks.
type consequencesMsg struct {
	dialog int
	lines  []ui.Line
	err    error
}

// ask opens a confirmation and looks up what it is about.
func (a *App) ask(c *ui.Confirm, look func(ctx context.Context) ([]ui.Line, error)) tea.Cmd {
	msg := consequencesMsg{dialog: a.show(c.Await())}
	parent := a.ctx
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, askTimeout)
		defer cancel()
		msg.lines, msg.err = look(ctx)
		return msg
	}
}

// gotConsequences shows them, if the dialog is still the one that asked.
func (a *App) gotConsequences(m consequencesMsg) tea.Cmd {
	c, ok := a.dialogs.Top().(*ui.Confirm)
	if !ok || a.dialogs.TopID() != m.dialog {
		return nil
	}
	if m.err != nil {
		c.Fail(models.AsError(m.err))
		return nil
	}
	c.Tell(m.lines, a.now)
	return a.guarded()
}

// itemsMsg brings further items to a picker.
type itemsMsg struct {
	dialog int
	text   string // that was typed
	items  []ui.Item
	then   func() // before they are shown; may be nil
	err    error
}

// items looks up what a picker offers for a text.
func (a *App) items(dialog int, text string, look func(ctx context.Context) ([]ui.Item, error)) tea.Cmd {
	msg := itemsMsg{dialog: dialog, text: text}
	if p, ok := a.dialogs.Top().(*ui.Picker); ok && a.dialogs.TopID() == dialog {
		p.Await()
	}
	parent := a.ctx
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, askTimeout)
		defer cancel()
		msg.items, msg.err = look(ctx)
		return msg
	}
}

func (a *App) gotItems(m itemsMsg) tea.Cmd {
	p, ok := a.dialogs.Top().(*ui.Picker)
	if !ok || a.dialogs.TopID() != m.dialog {
		return nil
	}
	if m.err != nil {
		p.Fail(models.AsError(m.err))
		return nil
	}
	if m.then != nil {
		m.then()
	}
	p.Found(m.text, m.items)
	return nil
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
