package cli

import (
	"muster/internal/op"
	"muster/models"
)

func historyWords() map[string]words {
	return map[string]words{
		"history.list": shows(func(c *cli, page op.List[models.HistoryEntry]) error {
			rows := make([][]string, len(page.Items))
			for i, e := range page.Items {
				does := "undo"
				if e.Redo {
					does = "redo"
				}
				if e.Next {
					does += " next"
				}
				rows[i] = []string{e.Number(), c.ago(e.At), does, e.Action, e.Target, e.Change, c.ago(e.Until)}
			}
			return c.table([]string{"ENTRY", "WHEN", "CAN", "ACTION", "ON", "CHANGE", "UNTIL"}, rows, "", "nothing to undo")
		}),
		"history.undo": says(func(_ *cli, e models.HistoryEntry) string { return "undone: " + e.Text() }),
		"history.redo": says(func(_ *cli, e models.HistoryEntry) string { return "redone: " + e.Text() }),
	}
}
