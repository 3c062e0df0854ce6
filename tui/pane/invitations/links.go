package invitations

import (
	"context"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/theme"
	"muster/tui/ui"
)

const scopeLinks keys.Scope = "join links"

// LinkBindings are for join links, whose list is reached from the invitations.
func linkBindings() []keys.Binding[host.Host] {
	on, with := kit.Row(func(h host.Host) *ui.Table[models.JoinLink] { return &of(h).links.Table }, "no join link is selected")
	turn := func(h host.Host) tea.Cmd { return of(h).turn(h) }
	return []keys.Binding[host.Host]{
		{ID: "link.list", Keys: []string{"L"}, Title: "join links …", Scope: scopeInvitations, Foot: 20,
			Help: "Lists the join links: create one, copy its command or revoke it.", Run: turn},
		{ID: "link.new", Title: "new join link …", Scope: scopeInvitations, Changes: true,
			Help:    "Creates one code that several people can join with.",
			Enabled: whyLink, Run: linkForm},
		{ID: "link.make", Keys: []string{"n"}, Title: "new link", Scope: scopeLinks, Foot: 90, Changes: true,
			Help:    "Creates one code that several people can join with.",
			Enabled: whyLink, Run: linkForm},
		{ID: "link.copy_join", Keys: []string{"Y"}, Title: "copy join command", Scope: scopeLinks, Foot: 87,
			Help:    "Copies and shows the command with which people join.",
			Enabled: on(func(_ host.Host, l models.JoinLink) string { return l.NoCode }), Run: with(copyLink)},
		{ID: "link.revoke", Keys: []string{"d"}, Title: "revoke", Scope: scopeLinks, Foot: 70, Changes: true, Many: true,
			Help: "Revokes the link, or all marked ones: nobody can join with it any more.",
			Enabled: func(h host.Host) string {
				if of(h).links.Table.Marked() > 0 {
					return "" // each row tells for itself
				}
				return on(func(_ host.Host, l models.JoinLink) string { return l.NoRevoke })(h)
			}, Run: func(h host.Host) tea.Cmd { return of(h).revokeLinks(h) }},
		{ID: "link.back", Keys: []string{"L"}, Title: "invitations", Scope: scopeLinks, Foot: 88,
			Help: "Goes back to the invitations.", Run: turn},
		{ID: "link.copy_id", Keys: []string{"y"}, Title: "copy id", Scope: scopeLinks,
			Help:    "Copies the link's id. It never changes, and nobody can join with it.",
			Enabled: on(func(host.Host, models.JoinLink) string { return "" }),
			Run:     with(func(h host.Host, l models.JoinLink) tea.Cmd { return h.Copy(l.ID, l.ID) })},
	}
}

// whyLink says why one cannot make a join link, "" if one can.
func whyLink(h host.Host) string {
	return kit.Reason(h.Access.CheckLink(h.Org.Settings, h.Access.LowestRole()))
}

// makeLinks makes the list of join links, the newest first.
func (p *Pane) makeLinks() {
	l := &p.links
	l.Pane, l.Matches, l.Filters = host.Invitations, -1, models.LinkFilter
	l.Fetch = func(h host.Host) func(context.Context, list.Query) (models.Page[models.JoinLink], error) {
		st, actor, org := h.Store, h.Actor, h.Org.ID
		return func(ctx context.Context, q list.Query) (models.Page[models.JoinLink], error) {
			lq, err := models.LinkQuery{Limit: q.Limit, After: q.After, Before: q.Before}.Filter(q.Search)
			if err != nil {
				return models.Page[models.JoinLink]{}, err
			}
			return st.ListLinks(ctx, actor, org, lq)
		}
	}
	l.Table.ID = func(l models.JoinLink) string { return l.ID }
	l.Markable = func(_ host.Host, l models.JoinLink) bool { return l.NoRevoke == "" }
}

func (p *Pane) linkColumns(h host.Host) {
	muted := func(s string) (string, theme.Style) { return s, theme.Muted }
	p.links.Table.Columns = []ui.Column[models.JoinLink]{
		{Title: "FOR", Min: 26, Max: 38, Keep: -1, Cell: func(l models.JoinLink) (string, theme.Style) { return linkName(l), theme.Text }},
		{Title: "STATUS", Min: 9, Max: 9, Keep: 9, Cell: func(l models.JoinLink) (string, theme.Style) { return linkWord(l), linkStyle(l) }},
		{Title: "ROLE", Min: 6, Max: 7, Keep: 6, Cell: func(l models.JoinLink) (string, theme.Style) { return string(l.Role), kit.RoleStyle(l.Role) }},
		{Title: "USED", Right: true, Min: 10, Max: 12, Keep: 8, Cell: func(l models.JoinLink) (string, theme.Style) {
			return ui.Count(l.Uses, false) + " of " + ui.Count(l.MaxUses, false), theme.Text
		}},
		{Title: "EXPIRES", Right: true, Min: 8, Max: 9, Keep: 7, Cell: func(l models.JoinLink) (string, theme.Style) {
			if l.State != models.LinkActive {
				return muted("–")
			}
			return "in " + kit.Until(h.Now, l.ExpiresAt), theme.Text
		}},
		{Title: "UNTIL", Right: true, Wide: true, Min: 16, Max: 16, Keep: 0, Cell: func(l models.JoinLink) (string, theme.Style) {
			return muted(kit.Minute(h, l.ExpiresAt))
		}},
		{Title: "CREATED BY", Min: 12, Max: 24, Keep: 2, Cell: func(l models.JoinLink) (string, theme.Style) { return muted(l.CreatorName) }},
	}
}

// turn shows the join links, or the invitations again.
func (p *Pane) turn(h host.Host) tea.Cmd {
	p.onLinks = !p.onLinks
	return p.Load(h)
}

// Back leaves the join links; it says whether they were shown.
func (p *Pane) Back(h host.Host) (tea.Cmd, bool) {
	if !p.onLinks {
		return nil, false
	}
	return p.turn(h), true
}

// sayLinks puts into the place of the list what it is for and which key starts.
func (p *Pane) sayLinks(h host.Host) {
	t := &p.links.Table
	t.Empty, t.Hint = "No join links yet. A join link is one code that several people can use.", "press n to create one"
	if why := whyLink(h); why != "" {
		t.Hint = why
	}
}

func (p *Pane) drawLinks(h host.Host, r ui.Region, focused bool) {
	x := 1 + r.Text(1, 0, "Join links", theme.Text|theme.Bold)
	r.Text(x, 0, " · one code for several people, without approval", theme.Muted)
	body := r.Sub(0, 1, r.W, r.H-1)
	p.links.Table.Draw(body, focused, h.Now)
	body.Zone(host.TableZone(host.Invitations))
}

func (p *Pane) linkDetail(h host.Host) (string, []ui.Line) {
	l, ok := p.links.Table.Current()
	if !ok {
		return "", nil
	}
	revoked := ""
	if l.RevokedAt != nil {
		revoked = l.RevokedBy + ", " + kit.Moment(h, *l.RevokedAt)
	}
	noRevoke := l.NoRevoke
	if noRevoke == l.NoCode {
		noRevoke = ""
	}
	return linkName(l), kit.Facts("Status", linkWord(l), "Not working", l.NoUse, "Role", string(l.Role), "Used", linkUses(l), "Last used", kit.MomentOr(h, l.LastUsedAt, "never"),
		"Expires", kit.Moment(h, l.ExpiresAt), "Created by", l.CreatorName+" <"+l.CreatorEmail+">"+models.UnverifiedMark(l.CreatorVerified)+", "+kit.Moment(h, l.CreatedAt), "Revoked", revoked,
		"No join command", l.NoCode, "Cannot revoke", noRevoke, "Id", l.ID)
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
func linkWord(l models.JoinLink) string {
	switch l.State {
	case models.LinkActive:
		if l.NoUse != "" {
			return "! closed"
		}
		return "○ open"
	case models.LinkUsedUp:
		return "✓ used up"
	case models.LinkExpired:
		return "! expired"
	}
	return "✗ revoked"
}

func linkStyle(l models.JoinLink) theme.Style {
	if l.State == models.LinkActive && l.NoUse != "" {
		return theme.Warn
	}
	if l.State == models.LinkActive {
		return theme.Text
	}
	return theme.Muted
}

func copyLink(h host.Host, l models.JoinLink) tea.Cmd {
	st, org, join := h.Store, h.Org.ID, h.JoinCommand
	return h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
		code, err := st.LinkCode(ctx, actor, org, l.ID)
		if err != nil {
			return host.Outcome{Err: err}
		}
		return host.Outcome{Then: func(h host.Host) tea.Cmd { return showLinkCommand(h, l, join(code)) }}
	})
}

// showLinkCommand copies the join command of a link and shows it, since a
// terminal may refuse to copy.
func showLinkCommand(h host.Host, l models.JoinLink, command string) tea.Cmd {
	left := l.MaxUses - l.Uses
	h.Show(&ui.Notice{Title: "Join command of " + linkName(l), Lines: []ui.Line{
		{Text: "It was copied to your clipboard. If that did not work, select it with shift held:"}, {},
		{Text: command, Style: theme.Accent}, {},
		{Text: kit.Count(left, "more person", "more people") + " who have this line can join as " + string(l.Role) + ", until " + kit.Moment(h, l.ExpiresAt) + ".", Style: theme.Muted},
	}})
	return h.Clip(command)
}

func (p *Pane) revokeLinks(h host.Host) tea.Cmd {
	chosen := p.links.Table.Chosen()
	st, org := h.Store, h.Org.ID
	title, uses := linkName(chosen[0]), 0
	if len(chosen) > 1 {
		title = kit.Count(len(chosen), "join link", "join links")
	}
	for _, l := range chosen {
		uses += l.Uses
	}
	h.Show(&ui.Confirm{Title: "Revoke " + title + "?", Danger: true, Yes: "revoke", Lines: []ui.Line{
		{Text: "From now on, nobody can join with it."},
		{Text: "Those who joined with it (" + strconv.Itoa(uses) + ") stay members.", Style: theme.Muted},
	}, Do: func() tea.Cmd {
		return list.Each(h, &p.links, h.TopID(), chosen, list.Bulk[models.JoinLink]{Label: linkName, Verb: "revoked", One: "is revoked: nobody can join with it any more",
			Many: [2]string{"join link is revoked", "join links are revoked"}, Do: func(ctx context.Context, actor models.Actor, l models.JoinLink) error {
				_, err := st.RevokeLink(ctx, actor, org, l.ID)
				return err
			}, Stays: "its code stays dead, and n makes another"})
	}})
	return nil
}

// linkForm makes a join link and shows its command.
func linkForm(h host.Host) tea.Cmd {
	st, org, set, join := h.Store, h.Org.ID, h.Org.Settings, h.JoinCommand
	if err := h.Access.CheckLink(set, h.Access.LowestRole()); err != nil {
		return h.Complain(err)
	}
	why := func(r models.AnyRole) string { return kit.Reason(h.Access.CheckLink(set, r.(models.Role))) }
	role := h.Access.DefaultRole(set)
	if h.Access.CheckLink(set, role) != nil {
		role = h.Access.LowestRole()
	}
	form := &ui.Form{Title: "New join link", Send: "Create", Intro: []ui.Line{{Text: "One code with which several people can join without approval. Each gives a name and an address.", Style: theme.Muted}},
		Fields: []ui.FormField{
			ui.FormField{Name: "label", Label: "For", Help: "like spring course (optional)", Check: func(v string) error {
				if v == "" {
					return nil
				}
				_, err := models.CheckName("label", v)
				return err
			}}.With(""),
			ui.FormField{Name: "role", Label: "Role", Kind: ui.ChoiceField, Choices: kit.RoleChoices(why), Help: "a link can give built-in roles only"}.With(string(role)),
			ui.FormField{Name: "max_uses", Label: "People", Help: "how many people can join, up to " + strconv.Itoa(models.MaxLinkUses), Check: func(v string) error {
				_, err := linkMaxUses(v)
				return err
			}}.With(strconv.Itoa(models.DefaultLinkUses)),
			ui.FormField{Name: "expires_in", Label: "Expires after", Help: "seconds, or a number with m, h or d, from 60 seconds to 30 days", Check: func(v string) error {
				_, err := models.ParseExpiry("expires_in", v)
				return err
			}}.With(models.FormatExpiry(set.InvitationExpiry)),
		}, Submit: func(get func(string) string) tea.Cmd {
			n := models.NewLink{Label: get("label"), Role: models.Role(get("role"))}
			n.MaxUses, _ = linkMaxUses(get("max_uses")) // checked by their fields
			n.TTL, _ = models.ParseExpiry("expires_in", get("expires_in"))
			return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
				l, err := st.CreateLink(ctx, actor, org, n)
				if err != nil {
					return host.Outcome{Err: err}
				}
				code, err := st.LinkCode(ctx, actor, org, l.ID)
				if err != nil {
					return host.Outcome{Err: err}
				}
				return host.Outcome{Text: "Join link created", Then: func(h host.Host) tea.Cmd { return showLinkCommand(h, l, join(code)) }}
			})
		}}
	h.Show(form.Prepare())
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
