package shell

import (
	tea "charm.land/bubbletea/v2"

	"muster/tui/host"
	"muster/tui/ui"
)

// What the panes may ask of the shell.
var _ host.Shell = (*App)(nil)

// Show implements host.Shell.
func (a *App) Show(d ui.Dialog) int { return a.dialogs.Push(d) }

// Top implements host.Shell.
func (a *App) Top() ui.Dialog { return a.dialogs.Top() }

// TopID implements host.Shell.
func (a *App) TopID() int { return a.dialogs.TopID() }

// Dismiss implements host.Shell.
func (a *App) Dismiss(dialog int) { a.dialogs.Close(dialog) }

// Toast implements host.Shell.
func (a *App) Toast(t ui.Toast) { a.toast = t }

// Do implements host.Shell.
func (a *App) Do(action string) tea.Cmd {
	b := a.bindings.Get(action)
	if b == nil {
		return nil
	}
	return a.run(b, false)
}

// Action implements host.Shell.
func (a *App) Action(action string) (title, why string) {
	b := a.bindings.Get(action)
	if b == nil {
		return "", "there is no action " + action
	}
	return b.Title, b.Why(a.h)
}

// KeyOf implements host.Shell.
func (a *App) KeyOf(action string) string {
	if b := a.bindings.Get(action); b != nil {
		return b.Key()
	}
	return ""
}

// Open implements host.Shell.
func (a *App) Open(o host.Opening) tea.Cmd {
	a.OnSwitcher = false
	if o.Left {
		a.Org.ID = "" // its loss is no news
	} else if o.Ref == a.Org.ID && a.opt.StrayLogin == "" {
		return nil
	}
	if o.Ref != "" {
		a.opt.StrayLogin = "" // from now on it stands for this choice
	}
	a.opening = o
	return a.load(o.Ref)
}

// gotBrought hands an open dialog what it waits for.
func (a *App) gotBrought(m host.Brought) tea.Cmd {
	if m.Dialog != 0 && a.dialogs.TopID() != m.Dialog {
		return nil
	}
	return m.Take(a.h)
}
