package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/keys"
	"muster/tui/ui"
)

// This file holds the list of the projects of the open workspace.

func projectBindings() []keys.Binding[*App] {
	chosen := func(p models.Permission) func(a *App) string {
		return func(a *App) string {
			if _, ok := a.workspaces.projects.table.Current(); !ok {
				return "no project is selected"
			}
			if p == "" {
				return ""
			}
			return whyHere(a, p)
		}
	}
	return []keys.Binding[*App]{
		{ID: "project.new", Keys: []string{"n"}, Title: "new project", Scope: scopeProjects, Foot: 90,
			Help:    "Creates a project in the workspace.",
			Enabled: func(a *App) string { return whyHere(a, models.PermProjectManage) },
			Run:     func(a *App) tea.Cmd { return a.workspaces.createProject(a) }},
		{ID: "project.edit", Keys: []string{"e"}, Title: "edit", Scope: scopeProjects, Foot: 80, Changes: true,
			Help:    "Changes name, description and environment of the project. Can be undone.",
			Enabled: chosen(models.PermProjectChange), Run: func(a *App) tea.Cmd { return a.workspaces.editProject(a) }},
		{ID: "project.delete", Keys: []string{"d"}, Title: "delete", Scope: scopeProjects, Foot: 70, Changes: true,
			Help:    "Deletes the project, or all marked ones. Wants the name of a single one typed.",
			Enabled: chosen(models.PermProjectManage), Run: func(a *App) tea.Cmd { return a.workspaces.deleteProject(a) }},
		{ID: "project.turn", Keys: []string{"t"}, Title: "members", Scope: scopeProjects, Foot: 88,
			Help: "Shows who is in the workspace.", Run: func(a *App) tea.Cmd { return a.workspaces.turn(a) }},
		{ID: "project.copy", Keys: []string{"y"}, Title: "copy id", Scope: scopeProjects,
			Help:    "Copies the project's id, which never changes.",
			Enabled: chosen(""), Run: func(a *App) tea.Cmd {
				v, _ := a.workspaces.projects.table.Current()
				return a.copy(v.ID, v.ID)
			}},
	}
}

func projectFields(v models.Project) []ui.FormField {
	check := func(change func(s *string) models.ProjectChange) func(string) error {
		return func(s string) error { _, err := change(&s).Apply(models.Project{}); return err }
	}
	return []ui.FormField{
		ui.FormField{Name: "name", Label: "Name", Help: "unique in the workspace", Check: check(func(s *string) models.ProjectChange { return models.ProjectChange{Name: s} })}.With(v.Name),
		ui.FormField{Name: "environment", Label: "Environment", Help: strings.Join(models.Environments(), ", ") + ", or a label of your own; may be left empty",
			Check: check(func(s *string) models.ProjectChange { return models.ProjectChange{Environment: s} })}.With(v.Environment),
		ui.FormField{Name: "description", Label: "Description", Kind: ui.LinesField, Help: "may be left empty", Check: long("description")}.With(v.Description),
	}
}

func (p *workspacesPane) createProject(a *App) tea.Cmd {
	st, actor, org, in := a.sh.Store, a.actor, a.org.ID, p.open.ID
	form := &ui.Form{Title: "New project in " + p.open.Name, Send: "Create", Fields: projectFields(models.Project{}), Submit: func(get func(string) string) tea.Cmd {
		n := models.NewProject{Name: get("name"), Description: get("description"), Environment: get("environment")}
		return a.actTop(func(ctx context.Context) outcome {
			v, err := st.CreateProject(ctx, actor, org, in, n)
			return outcome{err: err, text: "the project " + v.Name + " is created", then: func(*App) tea.Cmd {
				p.projects.own = true
				p.projects.table.SetCursor(v.ID)
				return nil
			}}
		})
	}}
	a.show(form.Prepare())
	return nil
}

func (p *workspacesPane) editProject(a *App) tea.Cmd {
	v, _ := p.projects.table.Current()
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	set := func(name, description, environment string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := st.UpdateProject(ctx, actor, org, v.WorkspaceID, v.ID, models.ProjectChange{Name: &name, Description: &description, Environment: &environment})
			return err
		}
	}
	form := &ui.Form{Title: "Project " + v.Name, Send: "Save", Fields: projectFields(v), Submit: func(get func(string) string) tea.Cmd {
		do, back := set(get("name"), get("description"), get("environment")), set(v.Name, v.Description, v.Environment)
		text := "the project " + get("name") + " is saved"
		return a.actTop(func(ctx context.Context) outcome {
			return reversible(ctx, text, do, back)
		})
	}}
	a.show(form.Prepare())
	return nil
}

func (p *workspacesPane) deleteProject(a *App) tea.Cmd {
	chosen := p.projects.table.Chosen()
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	what, word := "the project "+chosen[0].Name, chosen[0].Name
	if len(chosen) > 1 {
		what, word = count(len(chosen), "project", "projects"), "delete"
	}
	a.show(&ui.Confirm{Title: "Delete " + what + "?", Danger: true, Yes: "delete", Word: word, Lines: []ui.Line{
		{Text: "It is gone for everybody in " + p.open.Name + " at once, and cannot be undone."},
	}, Do: func() tea.Cmd {
		return a.actTop(func(ctx context.Context) outcome {
			o := outcome{verb: "deleted", then: func(*App) tea.Cmd {
				p.projects.own = true
				p.projects.table.ClearMarks()
				return nil
			}}
			gone := 0
			for _, v := range chosen {
				_, err := st.DeleteProject(ctx, actor, org, v.WorkspaceID, v.ID)
				o.results = append(o.results, models.Result{ID: v.ID, Label: v.Name, Err: err})
				if err == nil {
					gone++
				}
			}
			switch {
			case len(chosen) == 1 && gone == 0:
				return outcome{err: o.results[0].Err}
			case len(chosen) == 1:
				o.text = what + " is deleted"
			default:
				o.text = count(gone, "project is", "projects are") + " deleted"
			}
			return o
		})
	}})
	return nil
}
