package op

import (
	"context"
	"fmt"
	"strings"

	"muster/models"
)

func roleRows() []*Row {
	return []*Row{
		row(Def[inOrg, List[models.RoleView]]{
			Name: "role.list", Does: "list the roles, built-in and custom ones", Command: "role list",
			Long: `List the roles that members of the organization and of its workspaces can have. Lists
sort a custom role with the lowest built-in role that has all its permissions, and
count it there.`,
			Example: "muster role list\nmuster role list --json",
			Needs:   View, Route: "GET /v1/orgs/{org}/roles",
			Run: func(ctx context.Context, d Deps, a models.Actor, in inOrg) (List[models.RoleView], error) {
				return whole(d.Store.Roles(ctx, a, in.Org))
			},
		}),
		row(Def[roleIn, models.RoleView]{
			Name: "role.show", Does: "show what a role may do, and who has it", Command: "role show",
			Long: `Show one role with everything it may and may not do. ROLE is a name or an id; the
built-in roles of workspaces are workspace.admin, workspace.editor and
workspace.viewer.`,
			Example: "muster role show admin\nmuster role show Auditor --json",
			Needs:   View, Route: "GET /v1/orgs/{org}/roles/{role}",
			Run: func(ctx context.Context, d Deps, a models.Actor, in roleIn) (models.RoleView, error) {
				return d.Store.Role(ctx, a, in.Org, in.Role)
			},
		}),
		row(Def[roleCreateIn, models.RoleView]{
			Name: "role.create", Does: "create a custom role", Command: "role create", Use: "--name NAME [--permission PERMISSION…]",
			Long: `Create a custom role: a named set of permissions, for members of the organization or,
with --scope workspace, for members of workspaces. You can add only permissions that
you have. Seeing the organization, or the workspace, is always included. The plan must
have custom roles.` + rolePermissions(),
			Example: "muster role create --name Auditor --permission audit.read --description \"reads the log\"\n" +
				"muster role create --name Builder --scope workspace --permission project.change,project.manage",
			Needs: Members, Ask: "roles.manage", Route: "POST /v1/orgs/{org}/roles", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in roleCreateIn) (models.RoleView, error) {
				where, err := models.ParseScope(in.Scope)
				if err != nil {
					return models.RoleView{}, err
				}
				return d.Store.CreateRole(ctx, a, in.Org, where, models.RoleDraft{Name: &in.Name, Description: &in.Description, Permissions: in.Permissions})
			},
		}),
		row(Def[roleUpdateIn, models.RoleView]{
			Name: "role.update", Does: "change a custom role, for everybody who has it", Command: "role update",
			Long: `Change a custom role. What is left out stays as it is; --permission replaces the
whole set. It takes effect at once for everybody who has the role. You can add only
permissions that you have, and you cannot change a role that you have.`,
			Example: "muster role update Auditor --permission audit.read,settings.change",
			Needs:   Members, Ask: "roles.manage", Route: "PATCH /v1/orgs/{org}/roles/{role}", Changes: true,
			Check: func(in roleUpdateIn) error {
				return something(in.Name != nil || in.Description != nil || in.Permissions != nil, "name, description, permission")
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in roleUpdateIn) (models.RoleView, error) {
				return d.Store.UpdateRole(ctx, a, in.Org, in.Role, models.RoleDraft{Name: in.Name, Description: in.Description, Permissions: in.Permissions})
			},
		}),
		row(Def[roleIn, models.RoleView]{
			Name: "role.delete.preview", Does: "preview deleting a role",
			Needs: Members, Ask: "roles.manage", Route: "GET /v1/orgs/{org}/roles/{role}/deletion",
			Run: func(ctx context.Context, d Deps, a models.Actor, in roleIn) (models.RoleView, error) {
				return d.Store.Role(ctx, a, in.Org, in.Role)
			},
		}),
		row(Def[roleIn, Deleted]{
			Name: "role.delete", Does: "delete a custom role that nobody has", Command: "role delete",
			Long: `Delete a custom role permanently. While members have it or open invitations give it, it
is refused, and the answer says who. On a terminal the command asks; elsewhere it
needs --yes.`,
			Example: "muster role delete Auditor --dry-run\nmuster role delete Auditor --yes",
			Needs:   Members, Ask: "roles.manage", Route: "DELETE /v1/orgs/{org}/roles/{role}", Changes: true,
			Preview: "role.delete.preview", Confirm: &Confirm{Pin: pin(func(in *roleIn, shown models.RoleView) { in.Role = shown.ID })},
			Run: func(ctx context.Context, d Deps, a models.Actor, in roleIn) (Deleted, error) {
				r, err := d.Store.DeleteRole(ctx, a, in.Org, in.Role)
				return Deleted{true, r.ID, r.Name}, err
			},
		}),
	}
}

// rolePermissions describes the permissions that a custom role can have.
func rolePermissions() string {
	var b strings.Builder
	for _, scope := range []models.Scope{models.ScopeOrganization, models.ScopeWorkspace} {
		var names []string
		for _, d := range models.Permissions(scope) {
			if !d.OwnersOnly {
				names = append(names, string(d.Name))
			}
		}
		fmt.Fprintf(&b, "\n\nFor %ss: %s.", scope, strings.Join(names, ", "))
	}
	return b.String()
}

type roleIn struct {
	inOrg
	Role string `path:"role" arg:"ROLE" complete:"role"`
}

type roleCreateIn struct {
	inOrg
	Name        string   `flag:"name" body:"name" required:"true" help:"the name that people see"`
	Description string   `flag:"description" body:"description" help:"a short description"`
	Scope       string   `flag:"scope" body:"scope" default:"organization" complete:"organization|workspace" help:"what it is for: organization or workspace"`
	Permissions []string `flag:"permission" body:"permissions" comma:"true" complete:"permission" help:"what it may do; more than once, or with commas between"`
}

type roleUpdateIn struct {
	roleIn
	Name        *string  `flag:"name" body:"name" help:"the name that people see"`
	Description *string  `flag:"description" body:"description" help:"a short description"`
	Permissions []string `flag:"permission" body:"permissions" comma:"true" complete:"permission" help:"what it may do, all of it; more than once, or with commas between"`
}

// Deleted is the answer to deleting something small.
type Deleted struct {
	Deleted bool   `json:"deleted"`
	ID      string `json:"id"`
	Name    string `json:"-"`
}
