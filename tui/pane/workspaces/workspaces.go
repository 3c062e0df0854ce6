package workspaces

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/theme"
	"muster/tui/ui"
)

const scopeWorkspaces keys.Scope = "workspaces"

// Pane is the workspaces of the organization; one of them can be
// opened, and then it shows who is in it, or its projects.
type Pane struct {
	all      list.List[models.WorkspaceView]
	people   list.List[models.WorkspaceMember]
	projects list.List[models.Project]

	open    *models.WorkspaceView // nil shows all of them
	onWork  bool                  // the open one shows its projects, else its members
	request int                   // number of the newest question about the open one
}

// openWorkspaceMsg brings the workspace that is open, as it is now.
type openWorkspaceMsg struct {
	request int
	view    models.WorkspaceView
	err     error
}

func New() *Pane {
	p := &Pane{}
	p.all.Pane, p.all.Matches = host.Workspaces, -1
	p.all.Table.ID = func(v models.WorkspaceView) string { return v.ID }
	p.all.Fetch = func(h host.Host) func(context.Context, list.Query) (models.Page[models.WorkspaceView], error) {
		st, actor, org := h.Store, h.Actor, h.Org.ID
		return func(ctx context.Context, q list.Query) (models.Page[models.WorkspaceView], error) {
			words, err := models.ParseTerms(models.NameFilter(), q.Search)
			if err != nil {
				return models.Page[models.WorkspaceView]{}, err
			}
			return st.ListWorkspaces(ctx, actor, org, models.WorkspaceQuery{Terms: words, Limit: q.Limit, After: q.After, Before: q.Before})
		}
	}
	p.people.Pane, p.people.Matches = host.Workspaces, -1
	p.people.Table.ID = func(m models.WorkspaceMember) string { return m.ID }
	p.people.Fetch = func(h host.Host) func(context.Context, list.Query) (models.Page[models.WorkspaceMember], error) {
		st, actor, org, in := h.Store, h.Actor, h.Org.ID, p.openID()
		return func(ctx context.Context, q list.Query) (models.Page[models.WorkspaceMember], error) {
			words, err := models.ParseTerms(models.PeopleFilter(), q.Search)
			if err != nil {
				return models.Page[models.WorkspaceMember]{}, err
			}
			return st.ListWorkspaceMembers(ctx, actor, org, in, models.WorkspaceMemberQuery{Terms: words, Limit: q.Limit, After: q.After, Before: q.Before})
		}
	}
	p.projects.Pane, p.projects.Matches = host.Workspaces, -1
	p.projects.Table.ID = func(v models.Project) string { return v.ID }
	p.projects.Fetch = func(h host.Host) func(context.Context, list.Query) (models.Page[models.Project], error) {
		st, actor, org, in := h.Store, h.Actor, h.Org.ID, p.openID()
		return func(ctx context.Context, q list.Query) (models.Page[models.Project], error) {
			words, err := models.ParseTerms(models.NameFilter(), q.Search)
			if err != nil {
				return models.Page[models.Project]{}, err
			}
			return st.ListProjects(ctx, actor, org, in, models.ProjectQuery{Terms: words, Limit: q.Limit, After: q.After, Before: q.Before})
		}
	}
	p.columns()
	return p
}

func (p *Pane) columns() {
	muted := func(s string) (string, theme.Style) { return s, theme.Muted }
	p.all.Table.Columns = []ui.Column[models.WorkspaceView]{
		{Title: "NAME", Min: 26, Max: 36, Keep: -1, Cell: func(v models.WorkspaceView) (string, theme.Style) {
			if v.Current {
				return "● " + v.Name, theme.Text | theme.Bold
			}
			return "○ " + v.Name, theme.Text
		}},
		{Title: "YOUR ROLE", Min: 9, Max: 16, Keep: 9, Cell: func(v models.WorkspaceView) (string, theme.Style) { return v.Label(), theme.Text }},
		{Title: "FROM", Min: 10, Max: 12, Keep: 4, Cell: func(v models.WorkspaceView) (string, theme.Style) { return muted(sourceWord(v.Source)) }},
		{Title: "MEMBERS", Right: true, Min: 7, Max: 7, Keep: 8, Cell: func(v models.WorkspaceView) (string, theme.Style) { return ui.Count(v.Members, false), theme.Text }},
		{Title: "PROJECTS", Right: true, Min: 8, Max: 8, Keep: 7, Cell: func(v models.WorkspaceView) (string, theme.Style) { return ui.Count(v.Projects, false), theme.Text }},
		{Title: "DESCRIPTION", Min: 14, Max: 40, Keep: 1, Cell: func(v models.WorkspaceView) (string, theme.Style) { return muted(models.SafeText(v.Description)) }},
	}
	p.people.Table.Columns = []ui.Column[models.WorkspaceMember]{
		{Title: "EMAIL", Min: 26, Max: 38, Keep: -1, Cell: func(m models.WorkspaceMember) (string, theme.Style) { return m.ShownEmail(), theme.Text }},
		{Title: "NAME", Min: 12, Max: 26, Keep: 4, Cell: func(m models.WorkspaceMember) (string, theme.Style) { return m.Name, theme.Text }},
		{Title: "ROLE HERE", Min: 9, Max: 16, Keep: 9, Cell: func(m models.WorkspaceMember) (string, theme.Style) {
			if m.Status == models.MemberSuspended {
				return "suspended", theme.Warn
			}
			return m.InForce(), theme.Text
		}},
		{Title: "FROM", Min: 10, Max: 12, Keep: 7, Cell: func(m models.WorkspaceMember) (string, theme.Style) { return muted(sourceWord(m.Source)) }},
		{Title: "ORGANIZATION", Min: 12, Max: 14, Keep: 2, Cell: func(m models.WorkspaceMember) (string, theme.Style) { return muted(m.OrgLabel()) }},
	}
	p.projects.Table.Columns = []ui.Column[models.Project]{
		{Title: "NAME", Min: 26, Max: 36, Keep: -1, Cell: func(v models.Project) (string, theme.Style) { return v.Name, theme.Text }},
		{Title: "ENVIRONMENT", Min: 11, Max: 16, Keep: 9, Cell: func(v models.Project) (string, theme.Style) {
			if v.Environment == "production" {
				return v.Environment, theme.Warn
			}
			return v.Environment, theme.Text
		}},
		{Title: "DESCRIPTION", Min: 14, Max: 44, Keep: 5, Cell: func(v models.Project) (string, theme.Style) { return muted(models.SafeText(v.Description)) }},
		{Title: "CREATED BY", Min: 16, Max: 26, Keep: 3, Cell: func(v models.Project) (string, theme.Style) { return muted(v.CreatedBy) }},
	}
}

// sourceWord says in a column where a role in a workspace comes from.
func sourceWord(s models.RoleSource) string {
	switch s {
	case models.SourceOrg:
		return "org admin"
	case models.SourceCeiling:
		return "org viewer"
	}
	return s.InWords()
}

func (p *Pane) openID() string {
	if p.open == nil {
		return ""
	}
	return p.open.ID
}

func (p *Pane) ID() host.PaneID { return host.Workspaces }

func (p *Pane) Title() string { return "Workspaces" }

func (p *Pane) Count(host.Host) string { return "" }

func (p *Pane) Scope() keys.Scope {
	switch {
	case p.open == nil:
		return scopeWorkspaces
	case p.onWork:
		return scopeProjects
	}
	return scopeMembers
}

// Inner is the list that is shown.
func (p *Pane) Inner() host.Lister {
	switch {
	case p.open == nil:
		return &p.all
	case p.onWork:
		return &p.projects
	}
	return &p.people
}

func (p *Pane) Fresh() {
	p.shut()
	p.all.Forget()
}

// shut goes back to all workspaces.
func (p *Pane) shut() {
	p.open, p.onWork = nil, false
	p.request++
	p.people.Forget()
	p.projects.Forget()
}

// Back leaves the open workspace; it says whether there was one.
func (p *Pane) Back(h host.Host) (tea.Cmd, bool) {
	if p.open == nil {
		return nil, false
	}
	p.shut()
	return p.Load(h), true
}

func (p *Pane) SetHeight(rows int) {
	p.all.Table.SetHeight(rows)
	p.people.Table.SetHeight(rows - 1)
	p.projects.Table.SetHeight(rows - 1)
}

func (p *Pane) Load(h host.Host) tea.Cmd {
	p.say(h)
	if p.open == nil {
		return p.all.Refresh(h)
	}
	p.request++
	msg := openWorkspaceMsg{request: p.request}
	st, actor, org, id, parent := h.Store, h.Actor, h.Org.ID, p.open.ID, h.Context
	return tea.Batch(func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, host.AskTimeout)
		defer cancel()
		msg.view, msg.err = st.Workspace(ctx, actor, org, id)
		return msg
	}, p.Inner().Refresh(h))
}

// say puts what an empty list is for, and which key starts, into its place.
func (p *Pane) say(h host.Host) {
	nothing := func(search, empty, why, start string) (string, string) {
		switch {
		case search != "":
			return "No matches", "Press esc to clear the filter"
		case why != "":
			return empty, why
		}
		return empty, start
	}
	all, people, work := &p.all.Table, &p.people.Table, &p.projects.Table
	all.Empty, all.Hint = nothing(p.all.Search(), "you are not in a workspace yet", "an owner or admin can add you to one", "")
	people.Empty, people.Hint = nothing(p.people.Search(), "No members yet", whyAddHere(h), "press n to add somebody")
	work.Empty, work.Hint = nothing(p.projects.Search(), "No projects yet. Projects group the work in a workspace.", whyHere(h, models.PermProjectManage), "press n to create one")
}

func (p *Pane) Answer(h host.Host, msg tea.Msg) (tea.Cmd, bool) {
	switch m := msg.(type) {
	case list.Answer[models.WorkspaceView]:
		return p.all.Got(h, m), true
	case list.Answer[models.WorkspaceMember]:
		return p.people.Got(h, m), true
	case list.Answer[models.Project]:
		return p.projects.Got(h, m), true
	case openWorkspaceMsg:
		if m.request != p.request || p.open == nil {
			return nil, true
		}
		if m.err == nil {
			p.open = &m.view
			p.say(h)
			return nil, true
		}
		name := p.open.Name
		if models.CodeOf(m.err) != models.CodeNotFound {
			return h.Complain(m.err), true
		}
		p.shut()
		return tea.Batch(p.Load(h), h.Say(ui.Caution, "the workspace "+name+" is no longer there for you: it was deleted, or you were removed from it")), true
	}
	return nil, false
}

func (p *Pane) Draw(h host.Host, r ui.Region, focused bool) {
	if p.open == nil {
		p.all.Table.Draw(r, focused, h.Now)
		r.Zone(host.TableZone(host.Workspaces))
		return
	}
	p.drawHead(r.Sub(0, 0, r.W, 1))
	body := r.Sub(0, 1, r.W, r.H-1)
	if p.onWork {
		p.projects.Table.Draw(body, focused, h.Now)
	} else {
		p.people.Table.Draw(body, focused, h.Now)
	}
	body.Zone(host.TableZone(host.Workspaces))
}

// drawHead names the open workspace and its two lists.
func (p *Pane) drawHead(r ui.Region) {
	tab := func(x int, text string, on bool) int {
		style := theme.Muted
		if on {
			style, text = theme.Accent|theme.Underline, "▸ "+text
		}
		n := r.Text(x, 0, text, style)
		if !on {
			r.Sub(x, 0, n, 1).Zone(host.ActionZone("workspace.turn"))
		}
		return x + n
	}
	lists := [2]string{"Members", kit.Count(p.open.Projects, "project", "projects")}
	room := r.W - ui.Width(lists[0]) - ui.Width(lists[1]) - 12
	x := 1 + r.TextN(1, 0, max(room, 8), p.open.Name, theme.Text|theme.Bold)
	if role := p.open.Label(); room-x > ui.Width(role)+8 {
		x += r.Text(x, 0, " · you: "+role, theme.Muted)
	}
	x = tab(x+3, lists[0], !p.onWork)
	x += r.Text(x, 0, " │ ", theme.Border)
	tab(x, lists[1], p.onWork)
}

func (p *Pane) Status(host.Host) string {
	switch {
	case p.open == nil:
		return p.all.Position()
	case p.onWork:
		return p.projects.Position()
	}
	return p.people.Position()
}

func (p *Pane) Detail(h host.Host) (string, []ui.Line) {
	switch {
	case p.open == nil:
		v, ok := p.all.Table.Current()
		if !ok {
			return "", nil
		}
		current := ""
		if v.Current {
			current = "yes, the default for commands"
		}
		return v.Name, kit.Facts("Description", v.Description, "Your role", v.Label()+", "+v.Source.InWords(), "Members", ui.Count(v.Members, false)+" added, plus owners and admins of the organization",
			"Projects", ui.Count(v.Projects, false), "Current", current, "Created", kit.Moment(h, v.CreatedAt), "Id", v.ID)
	case p.onWork:
		v, ok := p.projects.Table.Current()
		if !ok {
			return "", nil
		}
		return v.Name, kit.Facts("Description", v.Description, "Environment", v.Environment, "Workspace", v.WorkspaceName,
			"Created", kit.Moment(h, v.CreatedAt), "Created by", v.CreatedBy, "Changed", kit.Moment(h, v.UpdatedAt), "Id", v.ID)
	}
	m, ok := p.people.Table.Current()
	if !ok {
		return "", nil
	}
	role := m.InForce()
	if role != "" {
		role += ", " + m.Source.InWords()
	}
	added := ""
	if m.AddedAt != nil {
		added = "as " + m.Label() + ", " + kit.Moment(h, *m.AddedAt)
	}
	return m.Name, kit.Facts("Email", m.ShownEmail(), "Role in this workspace", role, "Added", added, "Added by", m.AddedBy,
		"Role in the organization", m.OrgLabel(), "Status", string(m.Status), "Id", m.ID)
}

// here is what the person may do in the open workspace.
func here(h host.Host) models.WorkspaceAccess {
	if of(h).open == nil {
		return models.WorkspaceAccess{Org: h.Access}
	}
	return of(h).open.Access(h.Access)
}

func whyHere(h host.Host, p models.Permission) string { return kit.Reason(here(h).Require(p)) }
