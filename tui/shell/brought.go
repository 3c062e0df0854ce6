package shell

import (
	tea "charm.land/bubbletea/v2"

	"muster/tui/host"
)

func (a *App) gotBrought(m host.Brought) tea.Cmd {
	if m.Dialog != 0 && a.dialogs.TopID() != m.Dialog {
		return nil
	}
	return m.Take(a.h)
}
