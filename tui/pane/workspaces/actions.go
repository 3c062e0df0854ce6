package workspaces

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

func workspaceBindings() []keys.Binding[host.Host] {
	chosen := func(p models.Permission) func(h host.Host) string {
		return func(h host.Host) string {
			v, ok := of(h).all.Table.Current()
			if !ok {
				return "no workspace is selected"
			}
			return kit.Reason(v.Access(h.Access).Require(p))
		}
	}
	return []keys.Binding[host.Host]{
		{ID: "workspace.open", Keys: []string{"enter"}, Title: "open", Scope: scopeWorkspaces, Foot: 90,
			Help:    "Opens the workspace: who is in it, and its projects.",
			Enabled: chosen(models.PermWorkspaceView), Run: func(h host.Host) tea.Cmd { return of(h).openCurrent(h) }},
		{ID: "workspace.current", Keys: []string{"space"}, Title: "make current", Scope: scopeWorkspaces, Foot: 60,
			Help:    "Makes it your current workspace, the default for commands.",
			Enabled: chosen(models.PermWorkspaceView), Run: func(h host.Host) tea.Cmd {
				v, _ := of(h).all.Table.Current()
				return useWorkspace(h, v.ID)
			}},
		{ID: "workspace.new", Keys: []string{"n"}, Title: "new workspace", Scope: scopeWorkspaces, Allowed: kit.May(models.PermWorkspaces), Foot: 85,
			Help:    "Creates a workspace, as many as the plan allows.",
			Enabled: whyNewWorkspace, Run: func(h host.Host) tea.Cmd { return of(h).create(h) }},
		{ID: "workspace.edit", Keys: []string{"e"}, Title: "edit", Scope: scopeWorkspaces, Foot: 80, Changes: true,
			Help:    "Renames the workspace, describes it, or opens it to all members. Can be undone.",
			Enabled: chosen(models.PermWorkspaceChange), Run: func(h host.Host) tea.Cmd { return of(h).edit(h) }},
		{ID: "workspace.delete", Keys: []string{"d"}, Title: "delete", Scope: scopeWorkspaces, Foot: 70, Changes: true,
			Help: "Deletes the workspace with its projects, after a preview. Asks for its name.",
			Enabled: func(h host.Host) string {
				if _, ok := of(h).all.Table.Current(); !ok {
					return "no workspace is selected"
				}
				if why := kit.Reason(h.Access.Require(models.PermWorkspaces)); why != "" {
					return why
				}
				if use := h.Org.Workspaces; use != nil {
					return kit.Reason(models.CheckLastWorkspace(use.Used))
				}
				return ""
			}, Run: func(h host.Host) tea.Cmd { return of(h).remove(h) }},
		{ID: "workspace.filter", Keys: []string{"/"}, Title: "filter", Scope: scopeWorkspaces, Foot: 40,
			Help: "Filters the workspaces as you type. enter applies, esc clears.", Run: func(h host.Host) tea.Cmd {
				of(h).all.StartSearch()
				return nil
			}},
		{ID: "workspace.copy", Keys: []string{"y"}, Title: "copy id", Scope: scopeWorkspaces,
			Help:    "Copies the workspace's id, which never changes.",
			Enabled: chosen(models.PermWorkspaceView), Run: func(h host.Host) tea.Cmd {
				v, _ := of(h).all.Table.Current()
				return h.Copy(v.ID, v.ID)
			}},
	}
}

// workspaceEverywhere are the actions on workspaces that hold on every screen.
func workspaceEverywhere() []keys.Binding[host.Host] {
	return []keys.Binding[host.Host]{
		{ID: "workspace.switch", Keys: []string{"W"}, Title: "current workspace", Scope: host.ScopeAll, Help: "Chooses your current workspace from a list.", Run: pickWorkspace},
	}
}

func whyNewWorkspace(h host.Host) string {
	use := h.Org.Workspaces
	if use == nil {
		use = &models.WorkspaceUse{} // not known yet
	}
	return kit.Why(h, h.Access.CheckNewWorkspace(*use))
}

// openCurrent opens the workspace under the cursor.
func (p *Pane) openCurrent(h host.Host) tea.Cmd {
	v, ok := p.all.Table.Current()
	if !ok {
		return nil
	}
	p.shut()
	p.open = &v
	return p.Load(h)
}

// pickWorkspace lists the workspaces to choose the current one.
func pickWorkspace(h host.Host) tea.Cmd {
	pick := &ui.Picker{Title: "Your current workspace", Find: true, Prompt: "a workspace", Empty: "No matches",
		Choose: func(it ui.Item) tea.Cmd { return useWorkspace(h, it.ID) }}
	return kit.PickFrom(h, pick, kit.FindWorkspaces(h, func(v models.WorkspaceView) ui.Item {
		return ui.Item{ID: v.ID, Title: v.Name, Note: models.SafeText(v.Description), Right: v.Label(), Mark: v.Current}
	}))
}

func useWorkspace(h host.Host, id string) tea.Cmd {
	st, org := h.Store, h.Org.ID
	return h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
		v, err := st.SwitchWorkspace(ctx, actor, org, id)
		return host.Outcome{Err: err, Text: v.Name + " is your current workspace now", Then: func(h host.Host) tea.Cmd { return of(h).Load(h) }}
	})
}

func workspaceFields(v models.Workspace) []ui.FormField {
	return []ui.FormField{
		ui.FormField{Name: "name", Label: "Name", Help: "unique in the organization", Check: func(s string) error {
			_, err := models.WorkspaceChange{Name: &s}.Apply(models.Workspace{})
			return err
		}}.With(v.Name),
		ui.FormField{Name: "description", Label: "Description", Kind: ui.LinesField, Help: "optional", Check: kit.Long("description")}.With(v.Description),
	}
}

// openField asks what members are in the workspace who were not added.
func openField(v models.Workspace) ui.FormField {
	return ui.FormField{Name: "open", Label: "Open to all members", Kind: ui.ChoiceField, Help: "role of members who were not added", Choices: []ui.Choice{
		{Value: models.ClosedWord, Title: "no"}, {Value: string(models.WorkspaceViewer), Title: "as viewers"}, {Value: string(models.WorkspaceEditor), Title: "as editors"},
	}}.With(openValue(v))
}

func openValue(v models.Workspace) string {
	if v.Open == "" {
		return models.ClosedWord
	}
	return string(v.Open)
}

func (p *Pane) create(h host.Host) tea.Cmd {
	st, org := h.Store, h.Org.ID
	form := &ui.Form{Title: "New workspace", Send: "Create", Fields: workspaceFields(models.Workspace{}), Submit: func(get func(string) string) tea.Cmd {
		n := models.NewWorkspace{Name: get("name"), Description: get("description")}
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			v, err := st.CreateWorkspace(ctx, actor, org, n)
			return host.Outcome{Err: err, Text: "the workspace " + v.Name + " is created", Then: func(host.Host) tea.Cmd {
				p.all.Own = true
				p.all.Table.SetCursor(v.ID)
				return nil
			}}
		})
	}}
	if use := h.Org.Workspaces; use != nil && use.Max > 0 {
		form.Intro = []ui.Line{{Text: kit.Count(use.Used, "workspace", "workspaces") + " of " + ui.Count(use.Max, false) + " in the plan " + use.Plan, Style: theme.Muted}}
	}
	h.Show(form.Prepare())
	return nil
}

func (p *Pane) edit(h host.Host) tea.Cmd {
	v, _ := p.all.Table.Current()
	st, org := h.Store, h.Org.ID
	change := func(from, to models.Workspace) func(context.Context, models.Actor) error {
		return func(ctx context.Context, actor models.Actor) error {
			open := openValue(to)
			_, err := st.UpdateWorkspace(ctx, actor, org, v.ID, models.WorkspaceChange{Name: &to.Name, Description: &to.Description, Open: &open, Base: &from})
			return err
		}
	}
	form := &ui.Form{Title: "Workspace " + v.Name, Send: "Save", Fields: append(workspaceFields(v.Workspace), openField(v.Workspace))}
	form.Submit = func(get func(string) string) tea.Cmd {
		name, description, open, was := get("name"), get("description"), get("open"), form.Base("open")
		from, err := models.WorkspaceChange{Open: &was}.Apply(models.Workspace{Name: form.Base("name"), Description: form.Base("description")})
		if err != nil {
			return h.Complain(err)
		}
		to, err := models.WorkspaceChange{Name: &name, Description: &description, Open: &open}.Apply(from)
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			if err != nil {
				return host.Outcome{Err: err}
			}
			return host.Reversible(ctx, actor, "the workspace "+to.Name+" is saved", change(from, to), change(to, from))
		})
	}
	h.Show(form.Prepare())
	return nil
}

func (p *Pane) remove(h host.Host) tea.Cmd {
	v, _ := p.all.Table.Current()
	st, actor, org := h.Store, h.Actor, h.Org.ID
	confirm := &ui.Confirm{Title: "Delete the workspace " + v.Name + "?", Danger: true, Yes: "delete", Word: v.Name, Do: func() tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			_, err := st.DeleteWorkspace(ctx, actor, org, v.ID, v.Name)
			return host.Outcome{Err: err, Text: "the workspace " + v.Name + " is deleted", Then: func(host.Host) tea.Cmd { p.all.Own = true; return nil }}
		})
	}}
	return kit.Ask(h, confirm, func(ctx context.Context) ([]ui.Line, error) {
		c, err := st.WorkspaceConsequences(ctx, actor, org, v.ID)
		return deletionLines(c), err
	})
}

func deletionLines(c models.WorkspaceConsequences) []ui.Line {
	lines := []ui.Line{{Text: "This takes effect at once, and cannot be undone:", Style: theme.Text | theme.Bold}}
	point := func(s string) { lines = append(lines, ui.Line{Text: "• " + s}) }
	point(kit.Count(c.Projects, "project is", "projects are") + " deleted with it")
	point(kit.Count(c.Members, "person who was added loses", "people who were added lose") + " it; they stay in the organization")
	if c.Invitations > 0 {
		point(kit.Count(c.Invitations, "open invitation no longer includes", "open invitations no longer include") + " it")
	}
	return lines
}
