package shell

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/kit"
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
	show := a.announce(news, lines)
	st, actor, parent := a.sh.Store, a.Actor, a.Context
	return tea.Batch(show, func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, host.AskTimeout)
		defer cancel()
		_ = st.ReadNotices(ctx, actor, ids...) // shown once more is no harm
		return nil
	})
}

// announce shows the news: what somebody who has the app open need not stop for in
// passing, the rest, and what they find when they sign in, to be closed.
func (a *App) announce(news []models.AccountNotice, lines []ui.Line) tea.Cmd {
	minor := !slices.ContainsFunc(news, func(n models.AccountNotice) bool { return !n.Minor() })
	if minor && a.greeted {
		text := news[0].Line()
		if len(news) > 1 {
			text = kit.Count(len(news), "of your proposals was decided", "of your proposals were decided")
		}
		return tea.Batch(a.ring(text), a.h.Say(ui.Info, text))
	}
	title := "Your account"
	if news[0].OrgName != "" {
		title = "For you"
	}
	a.h.Show((&ui.Notice{Title: title, Lines: lines}).ByItself(a.Now))
	return tea.Batch(a.ring(news[0].Headline()), a.h.Guarded())
}
