package shell

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/ui"
)

// tellNotices shows what happened to the account since the last sign-in, once, and
// has the store forget it.
func (a *App) tellNotices() tea.Cmd {
	news := slices.DeleteFunc(slices.Clone(a.Me.Notices), func(n models.AccountNotice) bool { return n.ID <= a.told })
	if len(news) == 0 {
		return nil
	}
	var ids []string
	var lines []ui.Line
	for _, n := range news {
		ids = append(ids, n.ID)
		lines = append(lines, ui.Line{Text: n.Text()})
	}
	a.told = slices.Max(ids)
	a.h.Show((&ui.Notice{Title: "Your account", Lines: lines}).ByItself(a.Now))
	st, actor, parent := a.sh.Store, a.Actor, a.Context
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, host.AskTimeout)
		defer cancel()
		_ = st.ReadNotices(ctx, actor, ids...) // shown once more is no harm
		return nil
	}
}
