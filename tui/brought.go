package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/tui/ui"
)

// broughtMsg brings an open dialog what it waits for. take runs in Update, and
// only while that dialog is on top; with dialog 0 it always does.
type broughtMsg struct {
	dialog int
	take   func(a *App) tea.Cmd
}

func (a *App) gotBrought(m broughtMsg) tea.Cmd {
	if m.dialog != 0 && a.dialogs.TopID() != m.dialog {
		return nil
	}
	return m.take(a)
}

// bring asks the store for a dialog. What take captures belongs to the dialog.
func (a *App) bring(dialog int, ask func(ctx context.Context) (take func(a *App) tea.Cmd)) tea.Cmd {
	parent := a.ctx
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, askTimeout)
		defer cancel()
		return broughtMsg{dialog: dialog, take: ask(ctx)}
	}
}

// pickFrom shows a picker whose items come from the store, at first and at each
// letter.
func (a *App) pickFrom(pick *ui.Picker, find func(ctx context.Context, text string) ([]ui.Item, error)) tea.Cmd {
	id := 0
	pick.Query = func(text string) tea.Cmd {
		return a.bring(id, func(ctx context.Context) func(a *App) tea.Cmd {
			items, err := find(ctx, text)
			return func(a *App) tea.Cmd {
				offer(pick, text, items, err)
				return nil
			}
		})
	}
	id = a.show(pick.Await())
	return pick.Query("")
}
