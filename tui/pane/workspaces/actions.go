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
			Help:    "Makes it your current workspace: the one that commands mean which name none.",
			Enabled: chosen(models.PermWorkspaceView), Run: func(h host.Host) tea.Cmd {
				v, _ := of(h).all.Table.Current()
				return useWorkspace(h, v.ID)
			}},
		{ID: "workspace.new", Keys: []string{"n"}, Title: "new workspace", Scope: scopeWorkspaces, Foot: 85,
			Help:    "Creates a workspace, as many as the plan allows.",
			Enabled: whyNewWorkspace, Run: func(h host.Host) tea.Cmd { return of(h).create(h) }},
		{ID: "workspace.edit", Keys: []string{"e"}, Title: "edit", Scope: scopeWorkspaces, Foot: 80, Changes: true,
			Help:    "Renames the workspace, or describes it. Can be undone.",
			Enabled: chosen(models.PermWorkspaceChange), Run: func(h host.Host) tea.Cmd { return of(h).edit(h) }},
		{ID: "workspace.delete", Keys: []string{"d"}, Title: "delete", Scope: scopeWorkspaces, Foot: 70, Changes: true,
			Help: "Deletes the workspace with its projects, after showing what that brings about. Wants its name typed.",
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
			Help: "Keeps the workspaces that hold what you type. enter keeps the filter, esc drops it.", Run: func(h host.Host) tea.Cmd {
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
	if err := h.Access.Require(models.PermWorkspaces); err != nil {
		return kit.Reason(err)
	}
	if err := h.Access.CheckPaid("add workspaces"); err != nil {
		return kit.PayHint(h, err)
	}
	if use := h.Org.Workspaces; use != nil {
		return kit.Reason(use.CheckFree())
	}
	return ""
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
	pick := &ui.Picker{Title: "Your current workspace", Find: true, Prompt: "a workspace", Empty: "no workspace fits",
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
		ui.FormField{Name: "name", Label: "Name", Help: "what people read; unique in the organization", Check: func(s string) error {
			_, err := models.WorkspaceChange{Name: &s}.Apply(models.Workspace{})
			return err
		}}.With(v.Name),
		ui.FormField{Name: "description", Label: "Description", Kind: ui.LinesField, Help: "what it is for; may be left empty", Check: kit.Long("description")}.With(v.Description),
	}
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
	set := func(name, description string) func(context.Context, models.Actor) error {
		return func(ctx context.Context, actor models.Actor) error {
			_, err := st.UpdateWorkspace(ctx, actor, org, v.ID, models.WorkspaceChange{Name: &name, Description: &description})
			return err
		}
	}
	form := &ui.Form{Title: "Workspace " + v.Name, Send: "Save", Fields: workspaceFields(v.Workspace), Submit: func(get func(string) string) tea.Cmd {
		do, back := set(get("name"), get("description")), set(v.Name, v.Description)
		text := "the workspace " + get("name") + " is saved"
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			return host.Reversible(ctx, actor, text, do, back)
		})
	}}
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
		point(kit.Count(c.Invitations, "open invitation no longer leads", "open invitations no longer lead") + " into it")
	}
	return lines
}
