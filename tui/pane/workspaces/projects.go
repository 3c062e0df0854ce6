package workspaces

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/ui"
)

const scopeProjects keys.Scope = "projects"

// This file holds the list of the projects of the open workspace.

func projectBindings() []keys.Binding[host.Host] {
	chosen := func(p models.Permission) func(h host.Host) string {
		return func(h host.Host) string {
			if _, ok := of(h).projects.Table.Current(); !ok {
				return "no project is selected"
			}
			if p == "" {
				return ""
			}
			return whyHere(h, p)
		}
	}
	return []keys.Binding[host.Host]{
		{ID: "project.new", Keys: []string{"n"}, Title: "new project", Scope: scopeProjects, Foot: 90,
			Help:    "Creates a project in the workspace.",
			Enabled: func(h host.Host) string { return whyHere(h, models.PermProjectManage) },
			Run:     func(h host.Host) tea.Cmd { return of(h).createProject(h) }},
		{ID: "project.edit", Keys: []string{"e"}, Title: "edit", Scope: scopeProjects, Foot: 80, Changes: true,
			Help:    "Changes name, description and environment of the project. Can be undone.",
			Enabled: chosen(models.PermProjectChange), Run: func(h host.Host) tea.Cmd { return of(h).editProject(h) }},
		{ID: "project.delete", Keys: []string{"d"}, Title: "delete", Scope: scopeProjects, Foot: 70, Changes: true, Many: true,
			Help:    "Deletes the project, or all marked ones. Asks for its name.",
			Enabled: chosen(models.PermProjectManage), Run: func(h host.Host) tea.Cmd { return of(h).deleteProject(h) }},
		{ID: "project.turn", Keys: []string{"t"}, Title: "members", Scope: scopeProjects, Foot: 88,
			Help: "Shows who is in the workspace.", Run: func(h host.Host) tea.Cmd { return of(h).turn(h) }},
		{ID: "project.copy", Keys: []string{"y"}, Title: "copy id", Scope: scopeProjects,
			Help:    "Copies the project's id, which never changes.",
			Enabled: chosen(""), Run: func(h host.Host) tea.Cmd {
				v, _ := of(h).projects.Table.Current()
				return h.Copy(v.ID, v.ID)
			}},
	}
}

func projectFields(v models.Project) []ui.FormField {
	check := func(change func(s *string) models.ProjectChange) func(string) error {
		return func(s string) error { _, err := change(&s).Apply(models.Project{}); return err }
	}
	return []ui.FormField{
		ui.FormField{Name: "name", Label: "Name", Help: "unique in the workspace", Check: check(func(s *string) models.ProjectChange { return models.ProjectChange{Name: s} })}.With(v.Name),
		ui.FormField{Name: "environment", Label: "Environment", Help: strings.Join(models.Environments(), ", ") + ", or your own label (optional)",
			Check: check(func(s *string) models.ProjectChange { return models.ProjectChange{Environment: s} })}.With(v.Environment),
		ui.FormField{Name: "description", Label: "Description", Kind: ui.LinesField, Help: "optional", Check: kit.Long("description")}.With(v.Description),
	}
}

func (p *Pane) createProject(h host.Host) tea.Cmd {
	st, org, in := h.Store, h.Org.ID, p.open.ID
	form := &ui.Form{Title: "New project in " + p.open.Name, Send: "Create", Fields: projectFields(models.Project{}), Submit: func(get func(string) string) tea.Cmd {
		n := models.NewProject{Name: get("name"), Description: get("description"), Environment: get("environment")}
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			v, err := st.CreateProject(ctx, actor, org, in, n)
			return host.Outcome{Err: err, Text: "the project " + v.Name + " is created", Then: func(host.Host) tea.Cmd {
				p.projects.Own = true
				p.projects.Table.SetCursor(v.ID)
				return nil
			}}
		})
	}}
	h.Show(form.Prepare())
	return nil
}

func (p *Pane) editProject(h host.Host) tea.Cmd {
	v, _ := p.projects.Table.Current()
	st, org := h.Store, h.Org.ID
	change := func(from, to models.Project) func(context.Context, models.Actor) error {
		return func(ctx context.Context, actor models.Actor) error {
			_, err := st.UpdateProject(ctx, actor, org, v.WorkspaceID, v.ID,
				models.ProjectChange{Name: &to.Name, Description: &to.Description, Environment: &to.Environment, Base: &from})
			return err
		}
	}
	form := &ui.Form{Title: "Project " + v.Name, Send: "Save", Fields: projectFields(v)}
	form.Submit = func(get func(string) string) tea.Cmd {
		name, description, environment := get("name"), get("description"), get("environment")
		from := models.Project{Name: form.Base("name"), Description: form.Base("description"), Environment: form.Base("environment")}
		to, err := models.ProjectChange{Name: &name, Description: &description, Environment: &environment}.Apply(from)
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			if err != nil {
				return host.Outcome{Err: err}
			}
			return host.Reversible(ctx, actor, "the project "+to.Name+" is saved", change(from, to), change(to, from))
		})
	}
	h.Show(form.Prepare())
	return nil
}

func (p *Pane) deleteProject(h host.Host) tea.Cmd {
	chosen := p.projects.Table.Chosen()
	st, org := h.Store, h.Org.ID
	what, word := "the project "+chosen[0].Name, chosen[0].Name
	if len(chosen) > 1 {
		what, word = kit.Count(len(chosen), "project", "projects"), "delete"
	}
	h.Show(&ui.Confirm{Title: "Delete " + what + "?", Danger: true, Yes: "delete", Word: word, Lines: []ui.Line{
		{Text: "It is deleted for everybody in " + p.open.Name + " at once, and cannot be undone."},
	}, Do: func() tea.Cmd {
		return list.Each(h, &p.projects, h.TopID(), chosen, list.Bulk[models.Project]{Label: func(v models.Project) string { return v.Name }, Verb: "deleted",
			Say: func(gone []models.Project) string {
				if len(chosen) == 1 {
					return what + " is deleted"
				}
				return kit.Count(len(gone), "project is", "projects are") + " deleted"
			},
			Do: func(ctx context.Context, actor models.Actor, v models.Project) error {
				_, err := st.DeleteProject(ctx, actor, org, v.WorkspaceID, v.ID)
				return err
			}})
	}})
	return nil
}
