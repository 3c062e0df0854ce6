package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

func workspaceBindings() []keys.Binding[*App] {
	chosen := func(p models.Permission) func(a *App) string {
		return func(a *App) string {
			v, ok := a.workspaces.all.table.Current()
			if !ok {
				return "no workspace is selected"
			}
			return reason(v.Access(a.access).Require(p))
		}
	}
	return []keys.Binding[*App]{
		{ID: "workspace.open", Keys: []string{"enter"}, Title: "open", Scope: scopeWorkspaces, Foot: 90,
			Help:    "Opens the workspace: who is in it, and its projects.",
			Enabled: chosen(models.PermWorkspaceView), Run: func(a *App) tea.Cmd { return a.workspaces.enter(a) }},
		{ID: "workspace.current", Keys: []string{"space"}, Title: "make current", Scope: scopeWorkspaces, Foot: 60,
			Help:    "Makes it your current workspace: the one that commands mean which name none.",
			Enabled: chosen(models.PermWorkspaceView), Run: func(a *App) tea.Cmd {
				v, _ := a.workspaces.all.table.Current()
				return a.useWorkspace(v.ID)
			}},
		{ID: "workspace.new", Keys: []string{"n"}, Title: "new workspace", Scope: scopeWorkspaces, Foot: 85,
			Help:    "Creates a workspace, as many as the plan allows.",
			Enabled: whyNewWorkspace, Run: func(a *App) tea.Cmd { return a.workspaces.create(a) }},
		{ID: "workspace.edit", Keys: []string{"e"}, Title: "edit", Scope: scopeWorkspaces, Foot: 80, Changes: true,
			Help:    "Renames the workspace, or describes it. Can be undone.",
			Enabled: chosen(models.PermWorkspaceChange), Run: func(a *App) tea.Cmd { return a.workspaces.edit(a) }},
		{ID: "workspace.delete", Keys: []string{"d"}, Title: "delete", Scope: scopeWorkspaces, Foot: 70, Changes: true,
			Help: "Deletes the workspace with its projects, after showing what that brings about. Wants its name typed.",
			Enabled: func(a *App) string {
				if _, ok := a.workspaces.all.table.Current(); !ok {
					return "no workspace is selected"
				}
				if why := reason(a.access.Require(models.PermWorkspaces)); why != "" {
					return why
				}
				if use := a.org.Workspaces; use != nil {
					return reason(models.CheckLastWorkspace(use.Used))
				}
				return ""
			}, Run: func(a *App) tea.Cmd { return a.workspaces.remove(a) }},
		{ID: "workspace.filter", Keys: []string{"/"}, Title: "filter", Scope: scopeWorkspaces, Foot: 40,
			Help: "Keeps the workspaces that hold what you type. enter keeps the filter, esc drops it.", Run: func(a *App) tea.Cmd {
				a.workspaces.all.startSearch()
				return nil
			}},
		{ID: "workspace.copy", Keys: []string{"y"}, Title: "copy id", Scope: scopeWorkspaces,
			Help:    "Copies the workspace's id, which never changes.",
			Enabled: chosen(models.PermWorkspaceView), Run: func(a *App) tea.Cmd {
				v, _ := a.workspaces.all.table.Current()
				return a.copy(v.ID, v.ID)
			}},
	}
}

// workspaceEverywhere are the actions on workspaces that hold on every screen.
func workspaceEverywhere() []keys.Binding[*App] {
	return []keys.Binding[*App]{
		{ID: "pane.workspaces", Keys: []string{"5"}, Title: "workspaces", Scope: scopeAll, Help: "Shows the workspaces, who is in them and their projects.",
			Run: func(a *App) tea.Cmd { return a.goTo(paneWorkspaces) }},
		{ID: "workspace.switch", Keys: []string{"W"}, Title: "current workspace", Scope: scopeAll, Help: "Chooses your current workspace from a list.", Run: (*App).pickWorkspace},
	}
}

func whyNewWorkspace(a *App) string {
	if err := a.access.Require(models.PermWorkspaces); err != nil {
		return reason(err)
	}
	if err := a.access.CheckPaid("add workspaces"); err != nil {
		return a.payHint(err)
	}
	if use := a.org.Workspaces; use != nil {
		return reason(use.CheckFree())
	}
	return ""
}

// enter opens the workspace under the cursor.
func (p *workspacesPane) enter(a *App) tea.Cmd {
	v, ok := p.all.table.Current()
	if !ok {
		return nil
	}
	p.shut()
	p.open = &v
	return p.load(a)
}

// pickWorkspace lists the workspaces to choose the current one.
func (a *App) pickWorkspace() tea.Cmd {
	pick := &ui.Picker{Title: "Your current workspace", Find: true, Prompt: "a workspace", Empty: "no workspace fits",
		Choose: func(it ui.Item) tea.Cmd { return a.useWorkspace(it.ID) }}
	return a.pickFrom(pick, a.findWorkspaces(func(v models.WorkspaceView) ui.Item {
		return ui.Item{ID: v.ID, Title: v.Name, Note: models.SafeText(v.Description), Right: v.Label(), Mark: v.Current}
	}))
}

// pickedWorkspaces is how many workspaces a picker offers at a time.
const pickedWorkspaces = 50

// findWorkspaces asks for the workspaces that fit a text, as items of a picker.
func (a *App) findWorkspaces(item func(models.WorkspaceView) ui.Item) func(context.Context, string) ([]ui.Item, error) {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	return func(ctx context.Context, text string) ([]ui.Item, error) {
		page, err := st.ListWorkspaces(ctx, actor, org, models.WorkspaceQuery{Search: text, Limit: pickedWorkspaces})
		items := make([]ui.Item, len(page.Items))
		for i, v := range page.Items {
			items[i] = item(v)
		}
		return items, err
	}
}

func (a *App) useWorkspace(id string) tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	return a.act(0, func(ctx context.Context) outcome {
		v, err := st.SwitchWorkspace(ctx, actor, org, id)
		return outcome{err: err, text: v.Name + " is your current workspace now", then: func(a *App) tea.Cmd { return a.workspaces.load(a) }}
	})
}

func workspaceFields(v models.Workspace) []ui.FormField {
	return []ui.FormField{
		ui.FormField{Name: "name", Label: "Name", Help: "what people read; unique in the organization", Check: func(s string) error {
			_, err := models.WorkspaceChange{Name: &s}.Apply(models.Workspace{})
			return err
		}}.With(v.Name),
		ui.FormField{Name: "description", Label: "Description", Kind: ui.LinesField, Help: "what it is for; may be left empty", Check: long("description")}.With(v.Description),
	}
}

func (p *workspacesPane) create(a *App) tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	form := &ui.Form{Title: "New workspace", Send: "Create", Fields: workspaceFields(models.Workspace{}), Submit: func(get func(string) string) tea.Cmd {
		n := models.NewWorkspace{Name: get("name"), Description: get("description")}
		return a.actTop(func(ctx context.Context) outcome {
			v, err := st.CreateWorkspace(ctx, actor, org, n)
			return outcome{err: err, text: "the workspace " + v.Name + " is created", then: func(*App) tea.Cmd {
				p.all.own = true
				p.all.table.SetCursor(v.ID)
				return nil
			}}
		})
	}}
	if use := a.org.Workspaces; use != nil && use.Max > 0 {
		form.Intro = []ui.Line{{Text: count(use.Used, "workspace", "workspaces") + " of " + ui.Count(use.Max, false) + " in the plan " + use.Plan, Style: theme.Muted}}
	}
	a.show(form.Prepare())
	return nil
}

func (p *workspacesPane) edit(a *App) tea.Cmd {
	v, _ := p.all.table.Current()
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	set := func(name, description string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := st.UpdateWorkspace(ctx, actor, org, v.ID, models.WorkspaceChange{Name: &name, Description: &description})
			return err
		}
	}
	form := &ui.Form{Title: "Workspace " + v.Name, Send: "Save", Fields: workspaceFields(v.Workspace), Submit: func(get func(string) string) tea.Cmd {
		do, back := set(get("name"), get("description")), set(v.Name, v.Description)
		text := "the workspace " + get("name") + " is saved"
		return a.actTop(func(ctx context.Context) outcome {
			return reversible(ctx, text, do, back)
		})
	}}
	a.show(form.Prepare())
	return nil
}

func (p *workspacesPane) remove(a *App) tea.Cmd {
	v, _ := p.all.table.Current()
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	confirm := &ui.Confirm{Title: "Delete the workspace " + v.Name + "?", Danger: true, Yes: "delete", Word: v.Name, Do: func() tea.Cmd {
		return a.actTop(func(ctx context.Context) outcome {
			_, err := st.DeleteWorkspace(ctx, actor, org, v.ID, v.Name)
			return outcome{err: err, text: "the workspace " + v.Name + " is deleted", then: func(*App) tea.Cmd { p.all.own = true; return nil }}
		})
	}}
	return a.ask(confirm, func(ctx context.Context) ([]ui.Line, error) {
		c, err := st.WorkspaceConsequences(ctx, actor, org, v.ID)
		return deletionLines(c), err
	})
}

func deletionLines(c models.WorkspaceConsequences) []ui.Line {
	lines := []ui.Line{{Text: "This takes effect at once, and cannot be undone:", Style: theme.Text | theme.Bold}}
	point := func(s string) { lines = append(lines, ui.Line{Text: "• " + s}) }
	point(count(c.Projects, "project is", "projects are") + " deleted with it")
	point(count(c.Members, "person who was added loses", "people who were added lose") + " it; they stay in the organization")
	if c.Invitations > 0 {
		point(count(c.Invitations, "open invitation no longer leads", "open invitations no longer lead") + " into it")
	}
	return lines
}
