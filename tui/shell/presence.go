package shell

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

// drawOthers says in the lower edge how many others are here, and nothing while
// there are none.
func (a *App) drawOthers(r ui.Region) {
	if a.Org.Others == 0 || r.W < leastW {
		return
	}
	text := " ● " + kit.Count(a.Org.Others, "other", "others") + " here "
	x := r.W - 3 - ui.Width(text)
	r.Text(x, r.H-1, text, theme.OK)
	r.Sub(x, r.H-1, ui.Width(text), 1).Zone(host.ActionZone("presence"))
}

// showHere lists who has the app open on the organization.
func (a *App) showHere() tea.Cmd {
	st, actor, org := a.sh.Store, a.Actor, a.Org.ID
	n := &ui.Notice{Title: "Here now, in " + a.OrgName(), Lines: []ui.Line{{Text: "looking …", Style: theme.Muted}}}
	id := a.Show(n)
	return a.Bring(id, func(ctx context.Context) func(host.Host) tea.Cmd {
		list, err := st.Here(ctx, actor, org)
		return func(host.Host) tea.Cmd {
			if err != nil {
				a.dialogs.Close(id)
				return a.h.Complain(err)
			}
			n.Say(n.Title, a.hereLines(list))
			return nil
		}
	})
}

func (a *App) hereLines(list []store.Presence) []ui.Line {
	var lines []ui.Line
	others := false
	for _, p := range list {
		sign, style := "● ", theme.OK
		name := models.SafeText(p.Name) + " <" + p.Email + ">" + models.UnverifiedMark(p.EmailVerified)
		if p.You {
			sign, style, name = "  ", theme.Muted, name+", you"
		} else {
			others = true
		}
		what := p.RoleName
		if p.SiteAdmin {
			what = "site admin"
		}
		what += " · since " + kit.Moment(a.h, p.Since)
		if p.Sessions > 1 {
			what += " · " + kit.Count(p.Sessions, "session", "sessions")
		}
		lines = append(lines, ui.Line{Text: sign + name, Style: style}, ui.Line{Text: "  " + what, Style: theme.Muted})
	}
	if !others {
		lines = append([]ui.Line{{Text: "Nobody else has the app open on this organization."}, {}}, lines...)
	}
	return lines
}
