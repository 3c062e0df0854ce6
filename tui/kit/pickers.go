package kit

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/ui"
)

// Ask shows a confirmation whose text has to be looked up first. Lines that come
// with a refusal are shown with it.
func Ask(h host.Host, c *ui.Confirm, look func(ctx context.Context) ([]ui.Line, error)) tea.Cmd {
	id := h.Show(c.Await())
	return h.Bring(id, func(ctx context.Context) func(h host.Host) tea.Cmd {
		lines, err := look(ctx)
		return func(h host.Host) tea.Cmd {
			if err != nil {
				if lines != nil {
					c.Lines = lines
				}
				c.Fail(models.AsError(err))
				return nil
			}
			c.Tell(lines, h.Now)
			return h.Guarded()
		}
	})
}

// PickFrom shows a picker whose items come from the store, at first and at each
// letter.
func PickFrom(h host.Host, pick *ui.Picker, find func(ctx context.Context, text string) ([]ui.Item, error)) tea.Cmd {
	id := 0
	pick.Query = func(text string) tea.Cmd {
		return h.Bring(id, func(ctx context.Context) func(h host.Host) tea.Cmd {
			items, err := find(ctx, text)
			return func(h host.Host) tea.Cmd {
				Offer(pick, text, items, err)
				return nil
			}
		})
	}
	id = h.Show(pick.Await())
	return pick.Query("")
}

// Items looks up what the picker that is open offers for a text.
func Items(h host.Host, dialog int, text string, look func(ctx context.Context) ([]ui.Item, error)) tea.Cmd {
	if p, ok := h.Top().(*ui.Picker); ok && h.TopID() == dialog {
		p.Await()
	}
	return h.Bring(dialog, func(ctx context.Context) func(h host.Host) tea.Cmd {
		items, err := look(ctx)
		return func(h host.Host) tea.Cmd {
			if p, ok := h.Top().(*ui.Picker); ok {
				Offer(p, text, items, err)
			}
			return nil
		}
	})
}

// Offer shows what was found for a text, or why nothing was.
func Offer(p *ui.Picker, text string, items []ui.Item, err error) {
	if err != nil {
		p.Fail(models.AsError(err))
		return
	}
	p.Found(text, items)
}
