package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
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

// tellLater shows a confirmation whose text has to be looked up first.
func (a *App) tellLater(c *ui.Confirm, look func(ctx context.Context) ([]ui.Line, error)) tea.Cmd {
	id := a.show(c.Await())
	return a.bring(id, func(ctx context.Context) func(a *App) tea.Cmd {
		lines, err := look(ctx)
		return func(a *App) tea.Cmd {
			if err != nil {
				c.Lines = lines
				c.Fail(models.AsError(err))
				return nil
			}
			c.Tell(lines, a.now)
			return a.guarded()
		}
	})
}

// pickFrom shows a picker whose items come from the store, at first and at each
// letter.
func (a *App) pickFrom(pick *ui.Picker, find func(ctx context.Context, text string) ([]ui.Item, error)) tea.Cmd {
	id := 0
	pick.Query = func(text string) tea.Cmd {
		return a.bring(id, func(ctx context.Context) func(a *App) tea.Cmd {
			items, err := find(ctx, text)
			return func(a *App) tea.Cmd {
				if err != nil {
					pick.Fail(models.AsError(err))
					return nil
				}
				pick.Found(text, items)
				return nil
			}
		})
	}
	id = a.show(pick.Await())
	return pick.Query("")
}
