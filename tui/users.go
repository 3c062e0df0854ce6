package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// usersPane is the accounts that somebody administers: all of the installation
// for site admins, those of the organization for its owners and admins.
type usersPane struct {
	list[models.Account]
	only  accountView
	about userAbout
}

// accountView keeps the users to some of them.
type accountView struct {
	status     models.UserStatus
	siteAdmins bool
	role       models.Role
	org, code  string // for site admins
}

func newUsersPane(a *App) *usersPane {
	p := &usersPane{}
	p.pane = paneUsers
	p.flips = true
	p.matches = -1
	p.fetch = func(a *App) func(context.Context, pageQuery) (models.Page[models.Account], error) {
		st, actor, only, org := a.sh.Store, a.actor, p.only, p.scopeOrg(a)
		return func(ctx context.Context, q pageQuery) (models.Page[models.Account], error) {
			return flip(q, func(reverse bool, after, before string) (models.Page[models.Account], error) {
				return st.Users(ctx, actor, models.AccountQuery{
					Search: q.search, Org: org, Role: only.role, Status: only.status, SiteAdmins: only.siteAdmins,
					Sort: models.AccountSort(q.sort), Reverse: reverse, Limit: q.limit, After: after, Before: before,
				})
			})
		}
	}
	p.orders = []sortChoice{{"email", "email"}, {"name", "name"}, {"created", "created, newest first"}, {"last_seen", "last seen, newest first"}}
	p.table.ID = func(u models.Account) string { return u.ID }
	p.table.Sort = string(models.AccountByEmail)
	p.table.Empty, p.table.Hint = "no user fits", "press esc to see all"
	p.table.Columns = []ui.Column[models.Account]{
		{Title: "EMAIL", Sort: "email", Min: 26, Max: 38, Keep: -1, Cell: func(u models.Account) (string, theme.Style) { return u.Email, theme.Text }},
		{Title: "NAME", Sort: "name", Min: 14, Max: 28, Keep: 4, Cell: func(u models.Account) (string, theme.Style) { return u.Name, theme.Text }},
		{Title: "ORG", Min: 9, Max: 20, Keep: 6, Cell: p.belongs},
		{Title: "ROLE", Min: 9, Max: 16, Keep: 7, Cell: func(u models.Account) (string, theme.Style) {
			o, _ := p.shownOrg(u)
			return accountRole(o), roleStyle(o.Role)
		}},
		{Title: "GLOBAL", Min: 6, Max: 6, Keep: 5, Cell: func(u models.Account) (string, theme.Style) {
			if u.SiteAdmin {
				return "admin", theme.Text | theme.Bold
			}
			return "", theme.Muted
		}},
		{Title: "STATUS", Min: 9, Max: 9, Keep: 8, Cell: func(u models.Account) (string, theme.Style) {
			if u.Status == models.UserSuspended {
				return "suspended", theme.Warn
			}
			return string(u.Status), theme.Muted
		}},
		{Title: "SEEN", Sort: "last_seen", Min: 5, Max: 6, Keep: 3, Cell: func(u models.Account) (string, theme.Style) {
			return a.lastSeen(u.ID, u.LastSeenAt), theme.Muted
		}},
		{Title: "CREATED", Sort: "created", Min: 10, Max: 10, Keep: 1, Cell: func(u models.Account) (string, theme.Style) { return a.date(u.CreatedAt), theme.Muted }},
	}
	return p
}

// seesUsers tells whether there is anything for this person to administer here.
func (a *App) seesUsers() bool {
	return a.me.SiteAdmin || a.org.Kind == models.KindShared && a.access.Can(models.PermMembers)
}

// userScope is the organization in which this person administers users, "" for
// the whole installation.
func (a *App) userScope() string {
	if a.me.SiteAdmin {
		return ""
	}
	return a.org.ID
}

// scopeOrg is the organization whose users are listed.
func (p *usersPane) scopeOrg(a *App) string {
	if p.only.org != "" {
		return p.only.org
	}
	return a.userScope()
}

// shownOrg is the organization whose role stands in a user's row: the one that
// the list is kept to, else the first.
func (p *usersPane) shownOrg(u models.Account) (models.AccountOrg, bool) {
	for _, o := range u.Organizations {
		if o.ID == p.only.org {
			return o, true
		}
	}
	if len(u.Organizations) > 0 {
		return u.Organizations[0], true
	}
	return models.AccountOrg{}, false
}

func (p *usersPane) belongs(u models.Account) (string, theme.Style) {
	o, ok := p.shownOrg(u)
	if !ok {
		return "–", theme.Muted
	}
	if n := len(u.Organizations) - 1; n > 0 {
		return o.Code + " +" + ui.Count(n, n+1 >= models.MaxAccountOrgs), theme.Text
	}
	return o.Code, theme.Text
}

func accountRole(o models.AccountOrg) string {
	if o.Custom != "" {
		return o.Custom
	}
	return string(o.Role)
}

func (p *usersPane) id() paneID          { return paneUsers }
func (p *usersPane) title() string       { return "Users" }
func (p *usersPane) scope() keys.Scope   { return scopeUsers }
func (p *usersPane) count(*App) string   { return "" }
func (p *usersPane) load(a *App) tea.Cmd { return p.refresh(a) }
func (p *usersPane) status(*App) string  { return p.position() }

func (p *usersPane) fresh() {
	p.only = accountView{}
	p.about = userAbout{request: p.about.request + 1}
	p.forget()
}

func (p *usersPane) answer(a *App, msg tea.Msg) (tea.Cmd, bool) {
	switch m := msg.(type) {
	case pageMsg[models.Account]:
		cmd := p.got(a, m)
		p.about.old = true
		return tea.Batch(cmd, p.look(a)), true
	case restedMsg:
		return p.rested(a, m), true
	case userMsg:
		p.gotUser(m)
		return nil, true
	}
	return nil, false
}

func (p *usersPane) draw(a *App, r ui.Region, focused bool) {
	p.table.Draw(r, focused, a.now)
	r.Zone(tableZone{paneUsers})
}

func (p *usersPane) view() string {
	var words []string
	if p.only.siteAdmins {
		words = append(words, "global administrators")
	}
	if p.only.status != "" {
		words = append(words, string(p.only.status))
	}
	if p.only.role != "" {
		words = append(words, "role "+string(p.only.role))
	}
	if p.only.code != "" {
		words = append(words, "in "+p.only.code)
	}
	return strings.Join(words, " · ")
}

func (p *usersPane) dropView(a *App) tea.Cmd {
	p.only = accountView{}
	return p.narrow(a)
}

// chooseView asks which users to show.
func (p *usersPane) chooseView(a *App) tea.Cmd {
	pick := &ui.Picker{Title: "Show only", Find: true, Prompt: "a status, a role, an organization", Empty: "nothing fits", Items: []ui.Item{
		{ID: "all:", Title: "everybody", Mark: p.only == accountView{}},
		{ID: "global:", Title: "global administrators", Mark: p.only.siteAdmins},
		{ID: "status:active", Title: "active", Group: "Status", Mark: p.only.status == models.UserActive},
		{ID: "status:suspended", Title: "suspended", Group: "Status", Mark: p.only.status == models.UserSuspended},
	}}
	for _, r := range models.Roles() {
		pick.Items = append(pick.Items, ui.Item{ID: "role:" + string(r), Title: string(r), Group: "Role", Mark: p.only.role == r})
	}
	pick.Choose = func(it ui.Item) tea.Cmd {
		kind, id, _ := strings.Cut(it.ID, ":")
		switch kind {
		case "all":
			p.only = accountView{}
		case "global":
			p.only.siteAdmins = true
		case "status":
			p.only.status = models.UserStatus(id)
		case "role":
			p.only.role = models.Role(id)
		case "org":
			p.only.org, p.only.code = id, it.Title
		}
		return p.narrow(a)
	}
	var id int
	look := func(text string) tea.Cmd {
		st, actor := a.sh.Store, a.actor
		return a.items(id, text, func(ctx context.Context) ([]ui.Item, error) {
			page, err := st.AllOrganizations(ctx, actor, models.OrgQuery{Search: text, Limit: models.DefaultLimit})
			var items []ui.Item
			for _, o := range page.Items {
				items = append(items, ui.Item{ID: "org:" + o.ID, Title: o.Code, Note: o.Name, Group: "Organization", Mark: o.ID == p.only.org})
			}
			return items, err
		})
	}
	if !a.me.SiteAdmin {
		a.show(pick)
		return nil
	}
	pick.Query = look
	id = a.show(pick)
	return look("")
}
