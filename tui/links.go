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

// linkBindings are for join links, whose list is reached from the invitations.
func linkBindings() []keys.Binding[*App] {
	on := func(why func(models.JoinLink) string) func(a *App) string {
		return func(a *App) string {
			l, ok := a.invites.links.table.Current()
			if !ok {
				return "no join link is selected"
			}
			return why(l)
		}
	}
	with := func(do func(a *App, l models.JoinLink) tea.Cmd) func(a *App) tea.Cmd {
		return func(a *App) tea.Cmd {
			l, _ := a.invites.links.table.Current()
			return do(a, l)
		}
	}
	turn := func(a *App) tea.Cmd { return a.invites.turn(a) }
	return []keys.Binding[*App]{
		{ID: "link.list", Keys: []string{"L"}, Title: "join links …", Scope: scopeInvitations, Foot: 20,
			Help: "Lists the join links: to make one, copy its command or revoke it.", Run: turn},
		{ID: "link.new", Title: "new join link …", Scope: scopeInvitations, Changes: true,
			Help:    "Makes one code by which several people can join.",
			Enabled: whyLink, Run: (*App).linkForm},
		{ID: "link.make", Keys: []string{"n"}, Title: "new link", Scope: scopeLinks, Foot: 90, Changes: true,
			Help:    "Makes one code by which several people can join.",
			Enabled: whyLink, Run: (*App).linkForm},
		{ID: "link.copy_join", Keys: []string{"Y"}, Title: "copy join command", Scope: scopeLinks, Foot: 87,
			Help:    "Copies the one line by which people join, and shows it.",
			Enabled: on(func(l models.JoinLink) string { return l.NoCode }), Run: with((*App).copyLink)},
		{ID: "link.revoke", Keys: []string{"d"}, Title: "revoke", Scope: scopeLinks, Foot: 70, Changes: true,
			Help: "Revokes the link, or all marked ones: nobody can join by it any more.",
			Enabled: func(a *App) string {
				if a.invites.links.table.Marked() > 0 {
					return "" // each row tells for itself
				}
				return on(func(l models.JoinLink) string { return l.NoRevoke })(a)
			}, Run: func(a *App) tea.Cmd { return a.invites.revokeLinks(a) }},
		{ID: "link.show", Keys: []string{"f"}, Title: "open ones only", Scope: scopeLinks, Foot: 45,
			Help: "Keeps the list to the links that still let somebody in, and back.",
			Run:  func(a *App) tea.Cmd { return a.invites.onlyOpen(a) }},
		{ID: "link.back", Keys: []string{"L"}, Title: "invitations", Scope: scopeLinks, Foot: 88,
			Help: "Goes back to the invitations.", Run: turn},
		{ID: "link.copy_id", Keys: []string{"y"}, Title: "copy id", Scope: scopeLinks,
			Help:    "Copies the link's id, which never changes and lets nobody in.",
			Enabled: on(func(models.JoinLink) string { return "" }),
			Run:     with(func(a *App, l models.JoinLink) tea.Cmd { return a.copy(l.ID, l.ID) })},
	}
}

// whyLink says why one cannot make a join link, "" if one can.
func whyLink(a *App) string { return reason(a.access.CheckLink(a.org.Settings, models.RoleViewer)) }

// makeLinks makes the list of join links, the newest first.
func (p *invitationsPane) makeLinks() {
	l := &p.links
	l.pane, l.matches = paneInvitations, -1
	l.fetch = func(a *App) func(context.Context, pageQuery) (models.Page[models.JoinLink], error) {
		st, actor, org, active := a.sh.Store, a.actor, a.org.ID, p.openOnly
		return func(ctx context.Context, q pageQuery) (models.Page[models.JoinLink], error) {
			return st.ListLinks(ctx, actor, org, models.LinkQuery{Search: q.search, Active: active, Limit: q.limit, After: q.after, Before: q.before})
		}
	}
	l.table.ID = func(l models.JoinLink) string { return l.ID }
	l.markble = func(_ *App, l models.JoinLink) bool { return l.NoRevoke == "" }
}

func (p *invitationsPane) linkColumns(a *App) {
	if p.links.table.Columns != nil {
		return
	}
	muted := func(s string) (string, theme.Style) { return s, theme.Muted }
	p.links.table.Columns = []ui.Column[models.JoinLink]{
		{Title: "FOR", Min: 26, Max: 38, Keep: -1, Cell: func(l models.JoinLink) (string, theme.Style) { return linkName(l), theme.Text }},
		{Title: "STATE", Min: 9, Max: 9, Keep: 9, Cell: func(l models.JoinLink) (string, theme.Style) { return linkWord(l.State), linkStyle(l.State) }},
		{Title: "ROLE", Min: 6, Max: 7, Keep: 6, Cell: func(l models.JoinLink) (string, theme.Style) { return string(l.Role), roleStyle(l.Role) }},
		{Title: "USED", Min: 10, Max: 12, Keep: 8, Cell: func(l models.JoinLink) (string, theme.Style) {
			return ui.Count(l.Uses, false) + " of " + ui.Count(l.MaxUses, false), theme.Text
		}},
		{Title: "EXPIRES", Min: 8, Max: 9, Keep: 7, Cell: func(l models.JoinLink) (string, theme.Style) {
			if l.State != models.LinkActive {
				return muted("–")
			}
			return "in " + until(a.now, l.ExpiresAt), theme.Text
		}},
		{Title: "MADE BY", Min: 12, Max: 24, Keep: 2, Cell: func(l models.JoinLink) (string, theme.Style) { return muted(l.CreatorName) }},
	}
}

// turn shows the join links, or the invitations again.
func (p *invitationsPane) turn(a *App) tea.Cmd {
	p.onLinks = !p.onLinks
	return p.load(a)
}

// onlyOpen keeps the list to the links that still let somebody in, and back.
func (p *invitationsPane) onlyOpen(a *App) tea.Cmd {
	p.openOnly = !p.openOnly
	p.links.table.ClearMarks()
	p.sayLinks(a)
	return p.links.narrow(a)
}

// back leaves the join links; it says whether they were shown.
func (p *invitationsPane) back(a *App) (tea.Cmd, bool) {
	switch {
	case !p.onLinks:
		return nil, false
	case p.openOnly:
		return p.onlyOpen(a), true
	}
	return p.turn(a), true
}

// sayLinks puts into the place of the list what it is for and which key starts.
func (p *invitationsPane) sayLinks(a *App) {
	t := &p.links.table
	t.Empty, t.Hint = "no join links yet: one code by which several people can join", "press n to make one"
	switch {
	case p.links.search() != "" || p.openOnly:
		t.Empty, t.Hint = "no join link fits", "press esc to see all"
	case whyLink(a) != "":
		t.Hint = whyLink(a)
	}
}

func (p *invitationsPane) drawLinks(a *App, r ui.Region, focused bool) {
	p.linkColumns(a)
	x := 1 + r.Text(1, 0, "Join links", theme.Text|theme.Bold)
	word := " · one code lets several people in, each at once"
	if p.openOnly {
		word = " · those that still let somebody in"
	}
	r.Text(x, 0, word, theme.Muted)
	body := r.Sub(0, 1, r.W, r.H-1)
	p.links.table.Draw(body, focused, a.now)
	body.Zone(tableZone{paneInvitations})
}

func (p *invitationsPane) linkDetail(a *App) (string, []ui.Line) {
	l, ok := p.links.table.Current()
	if !ok {
		return "", nil
	}
	revoked := ""
	if l.RevokedAt != nil {
		revoked = l.RevokedBy + ", " + a.moment(*l.RevokedAt)
	}
	noRevoke := l.NoRevoke
	if noRevoke == l.NoCode {
		noRevoke = ""
	}
	return linkName(l), facts("State", linkWord(l.State), "Role", string(l.Role), "Used", linkUses(l), "Last used", a.momentOr(l.LastUsedAt, "never"),
		"Expires", a.moment(l.ExpiresAt), "Made by", l.CreatorName+" <"+l.CreatorEmail+">, "+a.moment(l.CreatedAt), "Revoked", revoked,
		"No join command", l.NoCode, "Not to revoke", noRevoke, "Id", l.ID)
}

func linkName(l models.JoinLink) string {
	if l.Label != "" {
		return l.Label
	}
	return "link of " + l.CreatorName
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

func linkStyle(s models.LinkState) theme.Style {
	if s == models.LinkActive {
		return theme.Text
	}
	return theme.Muted
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

func (p *invitationsPane) revokeLinks(a *App) tea.Cmd {
	chosen := p.links.table.Chosen()
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	title, uses := linkName(chosen[0]), 0
	if len(chosen) > 1 {
		title = count(len(chosen), "join link", "join links")
	}
	for _, l := range chosen {
		uses += l.Uses
	}
	a.show(&ui.Confirm{Title: "Revoke " + title + "?", Danger: true, Yes: "revoke", Lines: []ui.Line{
		{Text: "Nobody can join by it any more, from now on."},
		{Text: "Those who joined by it (" + strconv.Itoa(uses) + ") stay members.", Style: theme.Muted},
	}, Do: func() tea.Cmd {
		return doEach(a, &p.links, a.dialogs.TopID(), chosen, bulk[models.JoinLink]{label: linkName, verb: "revoked", one: "is revoked: nobody can join by it any more",
			many: [2]string{"join link is revoked", "join links are revoked"}, do: func(ctx context.Context, l models.JoinLink) error {
				_, err := st.RevokeLink(ctx, actor, org, l.ID)
				return err
			}})
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
