package tui

import (
	"context"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// linkBindings are for join links, which are reached from the invitations.
func linkBindings() []keys.Binding[*App] {
	return []keys.Binding[*App]{
		{ID: "link.list", Keys: []string{"L"}, Title: "join links …", Scope: scopeInvitations, Foot: 20,
			Help: "Lists the join links: to make one, copy its command or revoke it.",
			Run:  (*App).listLinks},
		{ID: "link.new", Title: "new join link …", Scope: scopeInvitations, Changes: true,
			Help:    "Makes one code by which several people can join.",
			Enabled: whyLink, Run: (*App).linkForm},
	}
}

// whyLink says why one cannot make a join link, "" if one can.
func whyLink(a *App) string { return reason(a.access.CheckLink(a.org.Settings, models.RoleViewer)) }

// maxLinksShown bounds the list; active ones, of which there are few, come
// first.
const maxLinksShown = models.MaxLimit

// listLinks shows the join links that the person may see, those that still let
// somebody in first.
func (a *App) listLinks() tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	return a.act(0, func(ctx context.Context) outcome {
		p, err := st.ListLinks(ctx, actor, org, models.LinkQuery{Limit: maxLinksShown})
		if err != nil {
			return outcome{err: err}
		}
		return outcome{then: func(a *App) tea.Cmd { return a.showLinks(p.Items) }}
	})
}

func (a *App) showLinks(links []models.JoinLink) tea.Cmd {
	byID := map[string]models.JoinLink{}
	pick := &ui.Picker{Title: "Join links of " + a.org.Name, Items: []ui.Item{{ID: "new", Title: "new join link …", Note: "one code by which several people can join", Why: whyLink(a)}},
		Choose: func(it ui.Item) tea.Cmd {
			if it.ID == "new" {
				return a.linkForm()
			}
			return a.showLink(byID[it.ID])
		}}
	add := func(group string, wanted func(models.LinkState) bool) {
		for _, l := range links {
			if wanted(l.State) {
				byID[l.ID] = l
				pick.Items = append(pick.Items, ui.Item{ID: l.ID, Title: linkName(l), Note: linkNote(a, l), Right: linkWord(l.State), Group: group})
			}
		}
	}
	active := func(s models.LinkState) bool { return s == models.LinkActive }
	add("open", active)
	add("over", func(s models.LinkState) bool { return !active(s) })
	a.show(pick.Start(""))
	return nil
}

func linkName(l models.JoinLink) string {
	if l.Label != "" {
		return l.Label
	}
	return "link of " + l.CreatorName
}

func linkNote(a *App, l models.JoinLink) string {
	note := string(l.Role) + ", " + linkUses(l)
	if l.State == models.LinkActive {
		note += ", " + until(a.now, l.ExpiresAt) + " left"
	}
	return note
}

func linkUses(l models.JoinLink) string {
	return strconv.Itoa(l.Uses) + " of " + strconv.Itoa(l.MaxUses) + " used"
}

// linkWord is a state with its sign.
func linkWord(s models.LinkState) string {
	switch s {
	case models.LinkActive:
		return "○ open"
	case models.LinkUsedUp:
		return "✓ used up"
	case models.LinkExpired:
		return "! expired"
	}
	return "✗ revoked"
}

// showLink shows one link, with what can be done about it.
func (a *App) showLink(l models.JoinLink) tea.Cmd {
	pairs := []string{"State", linkWord(l.State), "Role", string(l.Role), "Used", linkUses(l), "Made by", l.CreatorName + " <" + l.CreatorEmail + ">, " + a.moment(l.CreatedAt),
		"Expires", a.moment(l.ExpiresAt)}
	if l.LastUsedAt != nil {
		pairs = append(pairs, "Last used", a.moment(*l.LastUsedAt))
	}
	if l.RevokedAt != nil {
		pairs = append(pairs, "Revoked", l.RevokedBy+", "+a.moment(*l.RevokedAt))
	}
	n := &ui.Notice{Title: linkName(l), Lines: pairLines(append(pairs, "Id", l.ID)...)}
	if l.NoCode == "" {
		n.Keys = append(n.Keys, ui.NoticeKey{Hint: ui.Hint{Key: "Y", Title: "copy join command"}, Do: func() tea.Cmd { return a.copyLink(l) }})
	} else {
		n.Lines = append(n.Lines, ui.Line{}, ui.Line{Text: "– its code cannot be shown: " + l.NoCode, Style: theme.Muted})
	}
	if l.NoRevoke == "" {
		n.Keys = append(n.Keys, ui.NoticeKey{Hint: ui.Hint{Key: "d", Title: "revoke"}, Do: func() tea.Cmd { return a.revokeLink(l) }})
	} else if l.NoRevoke != l.NoCode {
		n.Lines = append(n.Lines, ui.Line{Text: "– it cannot be revoked: " + l.NoRevoke, Style: theme.Muted})
	}
	n.Keys = append(n.Keys, ui.NoticeKey{Hint: ui.Hint{Key: "b", Title: "back"}, Do: a.listLinks})
	a.show(n)
	return nil
}

// pairLines lays out names with their values beside each other.
func pairLines(pairs ...string) []ui.Line {
	var lines []ui.Line
	for i := 0; i+1 < len(pairs); i += 2 {
		lines = append(lines, ui.Line{Label: pairs[i], Text: models.SafeText(pairs[i+1])})
	}
	return lines
}

func (a *App) copyLink(l models.JoinLink) tea.Cmd {
	st, actor, org, join := a.sh.Store, a.actor, a.org.ID, a.sh.JoinCommand
	return a.act(0, func(ctx context.Context) outcome {
		code, err := st.LinkCode(ctx, actor, org, l.ID)
		if err != nil {
			return outcome{err: err}
		}
		return outcome{then: func(a *App) tea.Cmd { return a.showLinkCommand(l, join(code)) }}
	})
}

// showLinkCommand copies the join command of a link and shows it, since a
// terminal may refuse to copy.
func (a *App) showLinkCommand(l models.JoinLink, command string) tea.Cmd {
	left := l.MaxUses - l.Uses
	a.show(&ui.Notice{Title: "Join command of " + linkName(l), Lines: []ui.Line{
		{Text: "It was sent to your clipboard. If your terminal refused, select it here (with shift):"}, {},
		{Text: command, Style: theme.Accent}, {},
		{Text: count(left, "more person", "more people") + " who have this line can join as " + string(l.Role) + ", until " + a.moment(l.ExpiresAt) + ".", Style: theme.Muted},
	}})
	return a.clip(command)
}

func (a *App) revokeLink(l models.JoinLink) tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	a.show(&ui.Confirm{Title: "Revoke " + linkName(l) + "?", Danger: true, Yes: "revoke", Lines: []ui.Line{
		{Text: "Nobody can join by it any more, from now on."},
		{Text: "Those who joined by it (" + strconv.Itoa(l.Uses) + ") stay members.", Style: theme.Muted},
	}, Do: func() tea.Cmd {
		return a.actTop(func(ctx context.Context) outcome {
			_, err := st.RevokeLink(ctx, actor, org, l.ID)
			return outcome{err: err, text: linkName(l) + " is revoked: nobody can join by it any more"}
		})
	}})
	return nil
}

// linkForm makes a join link and shows its command.
func (a *App) linkForm() tea.Cmd {
	st, actor, org, set, join := a.sh.Store, a.actor, a.org.ID, a.org.Settings, a.sh.JoinCommand
	if err := a.access.CheckLink(set, models.RoleViewer); err != nil {
		return a.complain(err)
	}
	why := func(r models.AnyRole) string { return reason(a.access.CheckLink(set, r.(models.Role))) }
	role := set.DefaultRole
	if a.access.CheckLink(set, role) != nil {
		role = models.RoleViewer
	}
	form := &ui.Form{Title: "New join link", Send: "Make it", Intro: []ui.Line{{Text: "One code by which several people join at once, without a decision. Each gives a name and an address.", Style: theme.Muted}},
		Fields: []ui.FormField{
			ui.FormField{Name: "label", Label: "For", Help: "what it is for, like spring course; may be left empty", Check: func(v string) error {
				if v == "" {
					return nil
				}
				_, err := models.CheckName("label", v)
				return err
			}}.With(""),
			ui.FormField{Name: "role", Label: "Role", Kind: ui.ChoiceField, Choices: roleChoices(why), Help: "a link gives built-in roles only"}.With(string(role)),
			ui.FormField{Name: "max_uses", Label: "People", Help: "how many can join by it, up to " + strconv.Itoa(models.MaxLinkUses), Check: func(v string) error {
				_, err := linkMaxUses(v)
				return err
			}}.With(strconv.Itoa(models.DefaultLinkUses)),
			ui.FormField{Name: "expires_in", Label: "Holds for", Help: "seconds, or a number with m, h or d, from 60 seconds to 30 days", Check: func(v string) error {
				_, err := models.ParseExpiry("expires_in", v)
				return err
			}}.With(models.FormatExpiry(set.InvitationExpiry)),
		}, Submit: func(get func(string) string) tea.Cmd {
			n := models.NewLink{Label: get("label"), Role: models.Role(get("role"))}
			n.MaxUses, _ = linkMaxUses(get("max_uses")) // checked by their fields
			n.TTL, _ = models.ParseExpiry("expires_in", get("expires_in"))
			return a.actTop(func(ctx context.Context) outcome {
				l, err := st.CreateLink(ctx, actor, org, n)
				if err != nil {
					return outcome{err: err}
				}
				code, err := st.LinkCode(ctx, actor, org, l.ID)
				if err != nil {
					return outcome{err: err}
				}
				return outcome{text: "the join link is made", then: func(a *App) tea.Cmd { return a.showLinkCommand(l, join(code)) }}
			})
		}}
	a.show(form.Prepare())
	return nil
}

// linkMaxUses reads how many people a link lets in. Nobody asks for none.
func linkMaxUses(v string) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n == 0 {
		n = -1
	}
	return models.CheckLinkUses("max_uses", n)
}
