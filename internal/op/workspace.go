package op

import (
	"context"

	"muster/models"
)

func workspaceRows() []*Row {
	return []*Row{
		row(Def[workspaceListIn, List[models.WorkspaceView]]{
			Name: "workspace.list", Does: "list the workspaces you are in", Command: "workspace list",
			Long: `List the workspaces of the organization, by name. Owners and admins see all of
them, others those they were added to and those open to all members. The current one
is marked with *.`,
			Example: "muster workspace list\nmuster workspace list --search lab --json",
			Needs:   View, Route: "GET /v1/orgs/{org}/workspaces",
			Run: func(ctx context.Context, d Deps, a models.Actor, in workspaceListIn) (List[models.WorkspaceView], error) {
				words, err := models.ParseTerms(models.NameFilter(), in.text())
				if err != nil {
					return List[models.WorkspaceView]{}, err
				}
				return pageOf(d.Store.ListWorkspaces(ctx, a, in.Org, models.WorkspaceQuery{Search: in.Search, Terms: words, Limit: in.Limit, After: in.After}))
			},
		}),
		row(Def[someWorkspaceIn, models.WorkspaceView]{
			Name: "workspace.show", Does: "show a workspace", Command: "workspace show",
			Long:    "Show one workspace; without a name, the current one. WORKSPACE is a name, in any letter case, or an id.",
			Example: "muster workspace show Research",
			Needs:   WorkspaceView, Route: "GET /v1/orgs/{org}/workspaces/{workspace}",
			Run: func(ctx context.Context, d Deps, a models.Actor, in someWorkspaceIn) (models.WorkspaceView, error) {
				return d.Store.Workspace(ctx, a, in.Org, in.Workspace)
			},
		}),
		row(Def[workspaceIn, models.WorkspaceView]{
			Name: "workspace.switch", Does: "switch to another workspace, for commands and the app", Command: "workspace switch",
			Long: `Switch to a workspace. The choice is remembered in this organization, in the app and
for commands, here and over SSH.`,
			Example: "muster workspace switch Research",
			Needs:   WorkspaceView, Route: "POST /v1/orgs/{org}/workspaces/{workspace}/switch", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in workspaceIn) (models.WorkspaceView, error) {
				return d.Store.SwitchWorkspace(ctx, a, in.Org, in.Workspace)
			},
		}),
		row(Def[workspaceCreateIn, models.WorkspaceView]{
			Name: "workspace.create", Does: "create a workspace", Command: "workspace create",
			Long: `Create a workspace, for owners and admins of the organization, within the limit of its
plan. They are admins of every workspace; others are added to it.`,
			Example: `muster workspace create --name Research --description "what comes next"`,
			Needs:   Workspaces, Route: "POST /v1/orgs/{org}/workspaces", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in workspaceCreateIn) (models.WorkspaceView, error) {
				return d.Store.CreateWorkspace(ctx, a, in.Org, models.NewWorkspace{Name: in.Name, Description: in.Description})
			},
		}),
		row(Def[workspaceUpdateIn, models.WorkspaceView]{
			Name: "workspace.update", Does: "change name or description, or open it to all members", Command: "workspace update",
			Long: `Change a workspace, for its admins. What is left out stays as it is. With --open
viewer or editor, every member of the organization is in it with that role, and its
viewers as viewers; with --open off, only people who were added. The workspace General
of a new organization is open to all, as viewers.`,
			Example: "muster workspace update Research --name Lab\nmuster workspace update General --open off",
			Needs:   WorkspaceChange, Route: "PATCH /v1/orgs/{org}/workspaces/{workspace}", Changes: true,
			Check: func(in workspaceUpdateIn) error {
				return something(in.Name != nil || in.Description != nil || in.Open != nil, "name, description, open")
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in workspaceUpdateIn) (models.WorkspaceView, error) {
				return d.Store.UpdateWorkspace(ctx, a, in.Org, in.Workspace, models.WorkspaceChange{Name: in.Name, Description: in.Description, Open: in.Open})
			},
		}),
		row(Def[workspaceDeleteIn, WorkspaceDeletion]{
			Name: "workspace.delete.preview", Does: "preview deleting a workspace",
			Needs: Workspaces, Route: "GET /v1/orgs/{org}/workspaces/{workspace}/deletion",
			Run: func(ctx context.Context, d Deps, a models.Actor, in workspaceDeleteIn) (WorkspaceDeletion, error) {
				cons, err := d.Store.WorkspaceConsequences(ctx, a, in.Org, in.Workspace)
				return WorkspaceDeletion{cons.Workspace.ID, true, false, cons}, err
			},
		}),
		row(Def[workspaceDeleteIn, WorkspaceDeletion]{
			Name: "workspace.delete", Does: "delete a workspace with its projects, or show a preview", Command: "workspace delete",
			Long: `Delete a workspace with its projects and memberships, permanently. The consequences
are shown first. On a terminal the command asks for the name; elsewhere, give it with
--confirm. The last workspace of an organization cannot be deleted.`,
			Example: "muster workspace delete Research --dry-run\nmuster workspace delete Research --confirm Research",
			Needs:   Workspaces, Route: "DELETE /v1/orgs/{org}/workspaces/{workspace}", Changes: true,
			Preview: "workspace.delete.preview", Confirm: &Confirm{Word: "the name of the workspace",
				Pin: pin(func(in *workspaceDeleteIn, shown WorkspaceDeletion) { in.Workspace = shown.ID })},
			Run: func(ctx context.Context, d Deps, a models.Actor, in workspaceDeleteIn) (WorkspaceDeletion, error) {
				cons, err := d.Store.DeleteWorkspace(ctx, a, in.Org, in.Workspace, in.Confirm)
				return WorkspaceDeletion{cons.Workspace.ID, false, true, cons}, err
			},
		}),
		row(Def[workspaceMembersIn, List[models.WorkspaceMember]]{
			Name: "workspace.members", Does: "list who is in a workspace, and why", Command: "workspace members",
			Long: `List who is in a workspace; without a name, the current one: people who were added,
and owners and admins of the organization, who are in all of them.`,
			Example: "muster workspace members Research --search ada",
			Needs:   WorkspaceView, Route: "GET /v1/orgs/{org}/workspaces/{workspace}/members",
			Run: func(ctx context.Context, d Deps, a models.Actor, in workspaceMembersIn) (List[models.WorkspaceMember], error) {
				words, err := models.ParseTerms(models.PeopleFilter(), inFilter{in.Filter}.text())
				if err != nil {
					return List[models.WorkspaceMember]{}, err
				}
				return pageOf(d.Store.ListWorkspaceMembers(ctx, a, in.Org, in.Workspace, models.WorkspaceMemberQuery{Search: in.Search, Terms: words, Limit: in.Limit, After: in.After}))
			},
		}),
		row(Def[workspaceAddIn, models.WorkspaceMember]{
			Name: "workspace.add_member", Does: "add a member of the organization to a workspace", Command: "workspace add", Use: "WORKSPACE USER… [--role ROLE]",
			Long: `Add a member of the organization to a workspace as admin, editor or viewer, for its
admins. Admins manage members and projects, editors edit projects, viewers have
read-only access. A viewer of the organization stays read-only, whatever the role here.`,
			Example: "muster workspace add Research cy@example.com --role editor",
			Needs:   WorkspaceMembers, Route: "POST /v1/orgs/{org}/workspaces/{workspace}/members/{user}", Many: "User", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in workspaceAddIn) (models.WorkspaceMember, error) {
				return d.Store.AddWorkspaceMember(ctx, a, in.Org, in.Workspace, in.User, models.WorkspaceRole(in.Role))
			},
		}),
		row(Def[workspaceRoleIn, models.WorkspaceMember]{
			Name: "workspace.change_role", Does: "change somebody's role in a workspace", Command: "workspace role",
			Long: `Change the role of somebody who was added to a workspace: admin, editor, viewer or
a custom role. Owners and admins of the organization are admins of every workspace.`,
			Example: "muster workspace role Research cy@example.com admin",
			Needs:   WorkspaceMembers, Route: "PATCH /v1/orgs/{org}/workspaces/{workspace}/members/{user}", Many: "User", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in workspaceRoleIn) (models.WorkspaceMember, error) {
				return d.Store.ChangeWorkspaceRole(ctx, a, in.Org, in.Workspace, in.User, models.WorkspaceRole(in.Role))
			},
		}),
		row(Def[workspaceUserIn, WorkspaceRemoval]{
			Name: "workspace.remove_member", Does: "remove somebody from a workspace", Command: "workspace remove",
			Long: `Remove somebody from a workspace, for its admins; everybody may remove themselves.
They stay in the organization and can be added again.`,
			Example: "muster workspace remove Research cy@example.com",
			Needs:   WorkspaceMembers, Also: "others themselves", Route: "DELETE /v1/orgs/{org}/workspaces/{workspace}/members/{user}", Many: "User", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in workspaceUserIn) (WorkspaceRemoval, error) {
				m, err := d.Store.RemoveWorkspaceMember(ctx, a, in.Org, in.Workspace, in.User)
				return WorkspaceRemoval{m.Email, m.ID, true, m.WorkspaceID}, err
			},
		}),
	}
}

type workspaceListIn struct {
	inOrg
	Search string `flag:"search" query:"search" help:"part of a name or a description"`
	inFilter
	page
}

type workspaceIn struct {
	inOrg
	Workspace string `path:"workspace" arg:"WORKSPACE" complete:"workspace"`
}

// someWorkspaceIn means the current workspace where none is named.
type someWorkspaceIn struct {
	inOrg
	Workspace string `path:"workspace" arg:"[WORKSPACE]" complete:"workspace"`
}

type workspaceCreateIn struct {
	inOrg
	Name        string `flag:"name" body:"name" required:"true" help:"name, unique in the organization"`
	Description string `flag:"description" body:"description" help:"a short description"`
}

type workspaceUpdateIn struct {
	workspaceIn
	Name        *string `flag:"name" body:"name" help:"name, unique in the organization"`
	Description *string `flag:"description" body:"description" help:"a short description"`
	Open        *string `flag:"open" body:"open" help:"role of members who were not added: viewer, editor or off"`
}

type workspaceDeleteIn struct {
	workspaceIn
	Confirm string `flag:"confirm" body:"confirm" help:"the name of the workspace, to delete it without being asked"`
}

type workspaceMembersIn struct {
	someWorkspaceIn
	Search string   `flag:"search" query:"search" help:"part of an address, a name or a handle"`
	Filter []string `flag:"filter" query:"filter" help:"words that narrow the list, as in member list"`
	page
}

type workspaceUserIn struct {
	workspaceIn
	User string `path:"user" arg:"USER" complete:"member"`
}

type workspaceAddIn struct {
	workspaceUserIn
	Role string `flag:"role" body:"role" default:"viewer" complete:"workspace_role" help:"admin, editor, viewer or a custom role"`
}

type workspaceRoleIn struct {
	workspaceUserIn
	Role string `body:"role" arg:"ROLE" complete:"workspace_role"`
}

// WorkspaceDeletion is what deleting a workspace brings, or brought.
type WorkspaceDeletion struct {
	ID      string `json:"id"`
	DryRun  bool   `json:"dry_run"`
	Deleted bool   `json:"deleted"`
	models.WorkspaceConsequences
}

// WorkspaceRemoval is the answer to taking somebody out of a workspace.
type WorkspaceRemoval struct {
	Email       string `json:"email"`
	ID          string `json:"id"`
	Removed     bool   `json:"removed"`
	WorkspaceID string `json:"workspace_id"`
}
