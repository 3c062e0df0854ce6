package users

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/theme"
	"muster/tui/ui"
)

const scopeUsers keys.Scope = "users"

// Pane is the accounts that somebody administers: all of the installation
// for site admins, those of the organization for its owners and admins.
type Pane struct {
	list.List[models.Account]
	org      string // code of the one that the filter names
	selected selected
}

func New(h host.Host) *Pane {
	p := &Pane{}
	p.Pane = host.Users
	p.Filters = models.AccountFilter
	p.Matches = -1
	p.Fetch = func(h host.Host) func(context.Context, list.Query) (models.Page[models.Account], error) {
		st, actor, org, now := h.Store, h.Actor, userScope(h), h.Now
		p.org = models.AccountFilter().Value(p.Filter.Text(), "org")
		return func(ctx context.Context, q list.Query) (models.Page[models.Account], error) {
			aq, err := models.AccountQuery{
				Org: org, Sort: models.AccountSort(q.Sort), Reverse: q.Reverse, Limit: q.Limit, After: q.After, Before: q.Before,
			}.Filter(q.Search, now)
			if err != nil {
				return models.Page[models.Account]{}, err
			}
			return st.Users(ctx, actor, aq)
		}
	}
	p.Orders = []host.SortChoice{{Name: "email", Title: "email"}, {Name: "name", Title: "name"}, {Name: "created", Title: "created, newest first"}, {Name: "last_seen", Title: "last seen, newest first"}}
	p.Table.ID = func(u models.Account) string { return u.ID }
	p.Table.Sort = string(models.AccountByEmail)
	p.Table.Columns = []ui.Column[models.Account]{
		{Title: "EMAIL", Sort: "email", Min: 26, Max: 38, Keep: -1, Cell: func(u models.Account) (string, theme.Style) { return u.ShownEmail(), theme.Text }},
		{Title: "NAME", Sort: "name", Min: 12, Max: 28, Keep: 4, Cell: func(u models.Account) (string, theme.Style) { return u.Name, theme.Text }},
		{Title: "ORG", Min: 8, Max: 20, Keep: 6, Cell: p.belongs},
		{Title: "ROLE", Min: 8, Max: 16, Keep: 7, Cell: func(u models.Account) (string, theme.Style) {
			o, _ := p.shownOrg(u)
			return accountRole(o), kit.RoleStyle(o.Role)
		}},
		{Title: "SITE", Min: 6, Max: 6, Keep: 5, Cell: func(u models.Account) (string, theme.Style) {
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
		{Title: "SEEN", Right: true, Sort: "last_seen", Min: 5, Max: 6, Keep: 3, Cell: func(u models.Account) (string, theme.Style) {
			return kit.LastSeen(h, u.ID, u.LastSeenAt), theme.Muted
		}},
		{Title: "SEEN AT", Right: true, Wide: true, Min: 16, Max: 16, Keep: 0, Cell: func(u models.Account) (string, theme.Style) {
			return kit.LastSeenMinute(h, u.ID, u.LastSeenAt), theme.Muted
		}},
		{Title: "CREATED", Right: true, Sort: "created", Min: 10, Max: 10, Keep: 1, Cell: func(u models.Account) (string, theme.Style) { return kit.Date(h, u.CreatedAt), theme.Muted }},
	}
	return p
}

// userScope is the organization in which this person administers users, "" for
// the whole installation.
func userScope(h host.Host) string {
	if h.Me.SiteAdmin {
		return ""
	}
	return h.Org.ID
}

// shownOrg is the organization whose role stands in a user's row: the one that
// the list is kept to, else the first.
func (p *Pane) shownOrg(u models.Account) (models.AccountOrg, bool) {
	for _, o := range u.Organizations {
		if strings.EqualFold(o.Code, p.org) {
			return o, true
		}
	}
	if len(u.Organizations) > 0 {
		return u.Organizations[0], true
	}
	return models.AccountOrg{}, false
}

func (p *Pane) belongs(u models.Account) (string, theme.Style) {
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

func (p *Pane) ID() host.PaneID { return host.Users }

func (p *Pane) Title() string { return "Users" }

func (p *Pane) Scope() keys.Scope { return scopeUsers }

func (p *Pane) Count(host.Host) string { return "" }

func (p *Pane) Load(h host.Host) tea.Cmd { return p.Refresh(h) }

func (p *Pane) Status(host.Host) string { return p.Position() }

func (p *Pane) Fresh() {
	p.selected = selected{request: p.selected.request + 1}
	p.Forget()
}

func (p *Pane) Answer(h host.Host, msg tea.Msg) (tea.Cmd, bool) {
	switch m := msg.(type) {
	case list.Answer[models.Account]:
		cmd := p.Got(h, m)
		p.selected.old = true
		return tea.Batch(cmd, p.look(h)), true
	case restedMsg:
		return p.rested(h, m), true
	case userMsg:
		p.gotUser(m)
		return nil, true
	}
	return nil, false
}

func (p *Pane) Draw(h host.Host, r ui.Region, focused bool) {
	p.Table.Draw(r, focused, h.Now)
	r.Zone(host.TableZone(host.Users))
}
