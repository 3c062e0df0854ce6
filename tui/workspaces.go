package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// workspacesPane is the workspaces of the organization; one of them can be
// opened, and then it shows who is in it, or its projects.
type workspacesPane struct {
	all      list[models.WorkspaceView]
	people   list[models.WorkspaceMember]
	projects list[models.Project]

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

func newWorkspacesPane() *workspacesPane {
	p := &workspacesPane{}
	p.all.pane, p.all.matches = paneWorkspaces, -1
	p.all.table.ID = func(v models.WorkspaceView) string { return v.ID }
	p.all.fetch = func(a *App) func(context.Context, pageQuery) (models.Page[models.WorkspaceView], error) {
		st, actor, org := a.sh.Store, a.actor, a.org.ID
		return func(ctx context.Context, q pageQuery) (models.Page[models.WorkspaceView], error) {
			return st.ListWorkspaces(ctx, actor, org, models.WorkspaceQuery{Search: q.search, Limit: q.limit, After: q.after, Before: q.before})
		}
	}
	p.people.pane, p.people.matches = paneWorkspaces, -1
	p.people.table.ID = func(m models.WorkspaceMember) string { return m.ID }
	p.people.fetch = func(a *App) func(context.Context, pageQuery) (models.Page[models.WorkspaceMember], error) {
		st, actor, org, in := a.sh.Store, a.actor, a.org.ID, p.openID()
		return func(ctx context.Context, q pageQuery) (models.Page[models.WorkspaceMember], error) {
			return st.ListWorkspaceMembers(ctx, actor, org, in, models.WorkspaceMemberQuery{Search: q.search, Limit: q.limit, After: q.after, Before: q.before})
		}
	}
	p.projects.pane, p.projects.matches = paneWorkspaces, -1
	p.projects.table.ID = func(v models.Project) string { return v.ID }
	p.projects.fetch = func(a *App) func(context.Context, pageQuery) (models.Page[models.Project], error) {
		st, actor, org, in := a.sh.Store, a.actor, a.org.ID, p.openID()
		return func(ctx context.Context, q pageQuery) (models.Page[models.Project], error) {
			return st.ListProjects(ctx, actor, org, in, models.ProjectQuery{Search: q.search, Limit: q.limit, After: q.after, Before: q.before})
		}
	}
	p.columns()
	return p
}

func (p *workspacesPane) columns() {
	muted := func(s string) (string, theme.Style) { return s, theme.Muted }
	p.all.table.Columns = []ui.Column[models.WorkspaceView]{
		{Title: "NAME", Min: 26, Max: 36, Keep: -1, Cell: func(v models.WorkspaceView) (string, theme.Style) {
			if v.Current {
				return "● " + v.Name, theme.Text | theme.Bold
			}
			return "○ " + v.Name, theme.Text
		}},
		{Title: "YOUR ROLE", Min: 9, Max: 16, Keep: 9, Cell: func(v models.WorkspaceView) (string, theme.Style) { return v.Label(), theme.Text }},
		{Title: "FROM", Min: 10, Max: 12, Keep: 4, Cell: func(v models.WorkspaceView) (string, theme.Style) { return muted(sourceWord(v.Source)) }},
		{Title: "MEMBERS", Min: 7, Max: 7, Keep: 8, Cell: func(v models.WorkspaceView) (string, theme.Style) { return ui.Count(v.Members, false), theme.Text }},
		{Title: "PROJECTS", Min: 8, Max: 8, Keep: 7, Cell: func(v models.WorkspaceView) (string, theme.Style) { return ui.Count(v.Projects, false), theme.Text }},
		{Title: "DESCRIPTION", Min: 14, Max: 40, Keep: 1, Cell: func(v models.WorkspaceView) (string, theme.Style) { return muted(models.SafeText(v.Description)) }},
	}
	p.people.table.Columns = []ui.Column[models.WorkspaceMember]{
		{Title: "EMAIL", Min: 26, Max: 38, Keep: -1, Cell: func(m models.WorkspaceMember) (string, theme.Style) { return m.Email, theme.Text }},
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
	p.projects.table.Columns = []ui.Column[models.Project]{
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

func (p *workspacesPane) openID() string {
	if p.open == nil {
		return ""
	}
	return p.open.ID
}

func (p *workspacesPane) id() paneID        { return paneWorkspaces }
func (p *workspacesPane) title() string     { return "Workspaces" }
func (p *workspacesPane) count(*App) string { return "" }

func (p *workspacesPane) scope() keys.Scope {
	switch {
	case p.open == nil:
		return scopeWorkspaces
	case p.onWork:
		return scopeProjects
	}
	return scopePlaces
}

// inner is the list that is shown.
func (p *workspacesPane) inner() lister {
	switch {
	case p.open == nil:
		return &p.all
	case p.onWork:
		return &p.projects
	}
	return &p.people
}

func (p *workspacesPane) fresh() {
	p.shut()
	p.all.forget()
}

// shut goes back to all workspaces.
func (p *workspacesPane) shut() {
	p.open, p.onWork = nil, false
	p.request++
	p.people.forget()
	p.projects.forget()
}

// back leaves the open workspace; it says whether there was one.
func (p *workspacesPane) back(a *App) (tea.Cmd, bool) {
	if p.open == nil {
		return nil, false
	}
	p.shut()
	return p.load(a), true
}

func (p *workspacesPane) setHeight(rows int) {
	p.all.table.SetHeight(rows)
	p.people.table.SetHeight(rows - 1)
	p.projects.table.SetHeight(rows - 1)
}

func (p *workspacesPane) load(a *App) tea.Cmd {
	p.say(a)
	if p.open == nil {
		return p.all.refresh(a)
	}
	p.request++
	msg := openWorkspaceMsg{request: p.request}
	st, actor, org, id, parent := a.sh.Store, a.actor, a.org.ID, p.open.ID, a.ctx
	return tea.Batch(func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, askTimeout)
		defer cancel()
		msg.view, msg.err = st.Workspace(ctx, actor, org, id)
		return msg
	}, p.inner().refresh(a))
}

// say puts what an empty list is for, and which key starts, into its place.
func (p *workspacesPane) say(a *App) {
	nothing := func(search, empty, why, start string) (string, string) {
		switch {
		case search != "":
			return "nothing fits", "press esc to see all"
		case why != "":
			return empty, why
		}
		return empty, start
	}
	all, people, work := &p.all.table, &p.people.table, &p.projects.table
	all.Empty, all.Hint = nothing(p.all.search(), "you are in no workspace yet", "an owner or admin can add you to one", "")
	people.Empty, people.Hint = nothing(p.people.search(), "nobody is in it", whyAddHere(a), "press n to add somebody")
	work.Empty, work.Hint = nothing(p.projects.search(), "projects group the work of a workspace, and there is none yet", whyHere(a, models.PermProjectManage), "press n to create one")
}

func (p *workspacesPane) answer(a *App, msg tea.Msg) (tea.Cmd, bool) {
	switch m := msg.(type) {
	case pageMsg[models.WorkspaceView]:
		return p.all.got(a, m), true
	case pageMsg[models.WorkspaceMember]:
		return p.people.got(a, m), true
	case pageMsg[models.Project]:
		return p.projects.got(a, m), true
	case openWorkspaceMsg:
		if m.request != p.request || p.open == nil {
			return nil, true
		}
		if m.err == nil {
			p.open = &m.view
			p.say(a)
			return nil, true
		}
		name := p.open.Name
		if models.CodeOf(m.err) != models.CodeNotFound {
			return a.complain(m.err), true
		}
		p.shut()
		return tea.Batch(p.load(a), a.say(ui.Caution, "the workspace "+name+" is no longer yours: it was deleted, or you were taken out of it")), true
	}
	return nil, false
}

func (p *workspacesPane) draw(a *App, r ui.Region, focused bool) {
	if p.open == nil {
		p.all.table.Draw(r, focused, a.now)
		r.Zone(tableZone{paneWorkspaces})
		return
	}
	p.drawHead(r.Sub(0, 0, r.W, 1))
	body := r.Sub(0, 1, r.W, r.H-1)
	if p.onWork {
		p.projects.table.Draw(body, focused, a.now)
	} else {
		p.people.table.Draw(body, focused, a.now)
	}
	body.Zone(tableZone{paneWorkspaces})
}

// drawHead names the open workspace and its two lists.
func (p *workspacesPane) drawHead(r ui.Region) {
	tab := func(x int, text string, on bool) int {
		style := theme.Muted
		if on {
			style, text = theme.Accent|theme.Underline, "▸ "+text
		}
		n := r.Text(x, 0, text, style)
		if !on {
			r.Sub(x, 0, n, 1).Zone(actionZone("workspace.turn"))
		}
		return x + n
	}
	lists := [2]string{"Members", count(p.open.Projects, "project", "projects")}
	room := r.W - ui.Width(lists[0]) - ui.Width(lists[1]) - 12
	x := 1 + r.TextN(1, 0, max(room, 8), p.open.Name, theme.Text|theme.Bold)
	if role := p.open.Label(); room-x > ui.Width(role)+8 {
		x += r.Text(x, 0, " · you: "+role, theme.Muted)
	}
	x = tab(x+3, lists[0], !p.onWork)
	x += r.Text(x, 0, " │ ", theme.Border)
	tab(x, lists[1], p.onWork)
}

func (p *workspacesPane) status(*App) string {
	switch {
	case p.open == nil:
		return p.all.position()
	case p.onWork:
		return p.projects.position()
	}
	return p.people.position()
}

func (p *workspacesPane) detail(a *App) (string, []ui.Line) {
	switch {
	case p.open == nil:
		v, ok := p.all.table.Current()
		if !ok {
			return "", nil
		}
		current := ""
		if v.Current {
			current = "yes, commands without --workspace mean it"
		}
		return v.Name, facts("Description", v.Description, "Your role", v.Label()+", "+v.Source.InWords(), "Members", ui.Count(v.Members, false)+" added; owners and admins of the organization on top",
			"Projects", ui.Count(v.Projects, false), "Current", current, "Created", a.moment(v.CreatedAt), "Id", v.ID)
	case p.onWork:
		v, ok := p.projects.table.Current()
		if !ok {
			return "", nil
		}
		return v.Name, facts("Description", v.Description, "Environment", v.Environment, "Workspace", v.WorkspaceName,
			"Created", a.moment(v.CreatedAt), "Created by", v.CreatedBy, "Changed", a.moment(v.UpdatedAt), "Id", v.ID)
	}
	m, ok := p.people.table.Current()
	if !ok {
		return "", nil
	}
	role := m.InForce()
	if role != "" {
		role += ", " + m.Source.InWords()
	}
	added := ""
	if m.AddedAt != nil {
		added = "as " + m.Label() + ", " + a.moment(*m.AddedAt)
	}
	return m.Name, facts("Email", m.Email, "Role in this workspace", role, "Added", added, "Added by", m.AddedBy,
		"Role in the organization", m.OrgLabel(), "Status", string(m.Status), "Id", m.ID)
}

// here is what the person may do in the open workspace.
func (a *App) here() models.WorkspaceAccess {
	if a.workspaces.open == nil {
		return models.WorkspaceAccess{Org: a.access}
	}
	return a.workspaces.open.Access(a.access)
}

func whyHere(a *App, p models.Permission) string { return reason(a.here().Require(p)) }
