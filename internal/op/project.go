package op

import (
	"context"

	"muster/models"
)

func projectRows() []*Row {
	return []*Row{
		row(Def[projectListIn, List[models.Project]]{
			Name: "project.list", Does: "list the projects of a workspace", Command: "project list",
			Long:    "List the projects of a workspace, by name, for everybody in the workspace.",
			Example: "muster project list\nmuster project list --workspace Research --search production --json",
			Needs:   WorkspaceView, Route: "GET /v1/orgs/{org}/workspaces/{workspace}/projects",
			Run: func(ctx context.Context, d Deps, a models.Actor, in projectListIn) (List[models.Project], error) {
				words, err := models.ParseTerms(models.NameFilter(), in.text())
				if err != nil {
					return List[models.Project]{}, err
				}
				return pageOf(d.Store.ListProjects(ctx, a, in.Org, in.Workspace, models.ProjectQuery{Search: in.Search, Terms: words, Limit: in.Limit, After: in.After}))
			},
		}),
		row(Def[projectIn, models.Project]{
			Name: "project.show", Does: "show a project", Command: "project show",
			Long:    "Show one project. PROJECT is an id, or a name in the workspace in any letter case.",
			Example: "muster project show Engine --workspace Research",
			Needs:   WorkspaceView, Route: "GET /v1/orgs/{org}/workspaces/{workspace}/projects/{project}",
			Run: func(ctx context.Context, d Deps, a models.Actor, in projectIn) (models.Project, error) {
				return d.Store.Project(ctx, a, in.Org, in.Workspace, in.Project)
			},
		}),
		row(Def[projectCreateIn, models.Project]{
			Name: "project.create", Does: "create a project in a workspace", Command: "project create",
			Long: `Create a project in a workspace, for owners and admins of the organization and
admins of the workspace. Everybody in the workspace sees it.`,
			Example: "muster project create --name Engine --workspace Research --environment production",
			Needs:   ProjectManage, Route: "POST /v1/orgs/{org}/workspaces/{workspace}/projects", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in projectCreateIn) (models.Project, error) {
				return d.Store.CreateProject(ctx, a, in.Org, in.Workspace, models.NewProject{Name: in.Name, Description: in.Description, Environment: in.Environment})
			},
		}),
		row(Def[projectUpdateIn, models.Project]{
			Name: "project.update", Does: "change name, description or environment", Command: "project update",
			Long: `Change a project, for owners and admins of the organization and editors and admins
of the workspace. What is left out stays as it is.`,
			Example: "muster project update Engine --environment staging",
			Needs:   ProjectChange, Route: "PATCH /v1/orgs/{org}/workspaces/{workspace}/projects/{project}", Changes: true,
			Check: func(in projectUpdateIn) error {
				return something(in.Name != nil || in.Description != nil || in.Environment != nil, "name, description, environment")
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in projectUpdateIn) (models.Project, error) {
				return d.Store.UpdateProject(ctx, a, in.Org, in.Workspace, in.Project, models.ProjectChange{Name: in.Name, Description: in.Description, Environment: in.Environment})
			},
		}),
		row(Def[projectIn, ProjectDeletion]{
			Name: "project.delete.preview", Does: "preview deleting a project",
			Needs: ProjectManage, Route: "GET /v1/orgs/{org}/workspaces/{workspace}/projects/{project}/deletion",
			Run: func(ctx context.Context, d Deps, a models.Actor, in projectIn) (ProjectDeletion, error) {
				p, err := d.Store.Project(ctx, a, in.Org, in.Workspace, in.Project)
				return ProjectDeletion{false, true, p.ID, p.Name, p}, err
			},
		}),
		row(Def[projectIn, ProjectDeletion]{
			Name: "project.delete", Does: "delete a project", Command: "project delete",
			Long: `Delete a project permanently, for owners and admins of the organization and admins of
the workspace. On a terminal the command asks; elsewhere it needs --yes.`,
			Example: "muster project delete Engine --yes",
			Needs:   ProjectManage, Route: "DELETE /v1/orgs/{org}/workspaces/{workspace}/projects/{project}", Changes: true,
			Preview: "project.delete.preview", Confirm: &Confirm{Pin: pin(func(in *projectIn, shown ProjectDeletion) {
				in.Workspace, in.Project = shown.Project.WorkspaceID, shown.ID
			})},
			Run: func(ctx context.Context, d Deps, a models.Actor, in projectIn) (ProjectDeletion, error) {
				p, err := d.Store.DeleteProject(ctx, a, in.Org, in.Workspace, in.Project)
				return ProjectDeletion{true, false, p.ID, p.Name, p}, err
			},
		}),
	}
}

type projectIn struct {
	inWorkspace
	Project string `path:"project" arg:"PROJECT" complete:"project"`
}

type projectListIn struct {
	inWorkspace
	Search string `flag:"search" query:"search" help:"part of a name, a description or an environment"`
	inFilter
	page
}

type projectCreateIn struct {
	inWorkspace
	Name        string `flag:"name" body:"name" required:"true" help:"name, unique in the workspace"`
	Description string `flag:"description" body:"description" help:"a short description"`
	Environment string `flag:"environment" body:"environment" complete:"environment" help:"a short label, such as {environments}"`
}

type projectUpdateIn struct {
	projectIn
	Name        *string `flag:"name" body:"name" help:"name, unique in the workspace"`
	Description *string `flag:"description" body:"description" help:"a short description"`
	Environment *string `flag:"environment" body:"environment" complete:"environment" help:"a short label, such as {environments}"`
}

// ProjectDeletion is what deleting a project brings, or brought.
type ProjectDeletion struct {
	Deleted bool   `json:"deleted"`
	DryRun  bool   `json:"dry_run,omitempty"`
	ID      string `json:"id"`
	Name    string `json:"name"`

	Project models.Project `json:"-"`
}
