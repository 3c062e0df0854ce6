package op

import (
	"context"

	"muster/models"
)

func serviceRows() []*Row {
	return []*Row{
		row(Def[serviceListIn, List[models.ServiceAccount]]{
			Name: "service.list", Does: "list service accounts, by name", Command: "service list",
			Long:    "List the service accounts of the organization, by name.",
			Example: "muster service list\nmuster service list --status disabled",
			Needs:   ManageKeys, Route: "GET /v1/orgs/{org}/services",
			Run: func(ctx context.Context, d Deps, a models.Actor, in serviceListIn) (List[models.ServiceAccount], error) {
				status, err := models.ParseServiceStatus(in.Status)
				if err != nil {
					return List[models.ServiceAccount]{}, err
				}
				if err := d.viewed(ctx, a, in.Org, "service-accounts", in.inView, &in.inFilter, nil); err != nil {
					return List[models.ServiceAccount]{}, err
				}
				q, err := models.ServiceQuery{Search: in.Search, Status: status, Limit: in.Limit, After: in.After}.Filter(in.text())
				if err != nil {
					return List[models.ServiceAccount]{}, err
				}
				return pageOf(d.Store.ListServices(ctx, a, in.Org, q))
			},
		}),
		row(Def[serviceIn, models.ServiceAccount]{
			Name: "service.show", Does: "show a service account", Command: "service show",
			Long:    "Show a service account with its role and workspaces. SERVICE is its name or id.",
			Example: "muster service show robot",
			Needs:   ManageKeys, Route: "GET /v1/orgs/{org}/services/{service}",
			Run: func(ctx context.Context, d Deps, a models.Actor, in serviceIn) (models.ServiceAccount, error) {
				return d.Store.Service(ctx, a, in.Org, in.Service)
			},
		}),
		row(Def[serviceCreateIn, models.ServiceAccount]{
			Name: "service.create", Does: "make a service account", Command: "service create",
			Long: `Make a service account: a program with a role like a member's, but never owner, that
acts with API keys alone and takes no seat. You can give it no more than you may do
yourself. It sees the workspaces that are open to all members, and those it is added
to with --workspace. The plan must have service accounts.`,
			Example: "muster service create --name robot2 --role member --workspace General=editor",
			Needs:   ManageKeys, Ask: "services.manage", Route: "POST /v1/orgs/{org}/services", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in serviceCreateIn) (models.ServiceAccount, error) {
				role, err := as(in.Role)
				if err != nil {
					return models.ServiceAccount{}, err
				}
				return d.Store.CreateService(ctx, a, in.Org, models.NewService{Name: in.Name, Description: in.Description, Role: role, Workspaces: in.Workspaces})
			},
		}),
		row(Def[serviceUpdateIn, models.ServiceAccount]{
			Name: "service.update", Does: "change a service account, or disable it", Command: "service update",
			Long: `Change a service account. What is left out stays as it is; --workspace replaces the
whole list, and none empties it. Its keys follow at once: with --status disabled they
all stop, and with --status active they work as before.`,
			Example: "muster service update robot --role viewer\nmuster service update robot --status disabled",
			Needs:   ManageKeys, Ask: "services.manage", Route: "PATCH /v1/orgs/{org}/services/{service}", Changes: true,
			Check: func(in serviceUpdateIn) error {
				c, err := in.change()
				if err != nil {
					return err
				}
				return something(!c.Empty(), "name, description, role, status, workspace")
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in serviceUpdateIn) (models.ServiceAccount, error) {
				c, err := in.change()
				if err != nil {
					return models.ServiceAccount{}, err
				}
				return d.Store.UpdateService(ctx, a, in.Org, in.Service, c)
			},
		}),
		row(Def[serviceIn, models.ServiceConsequences]{
			Name: "service.remove.preview", Does: "preview removing a service account",
			Needs: ManageKeys, Route: "GET /v1/orgs/{org}/services/{service}/removal",
			Run: func(ctx context.Context, d Deps, a models.Actor, in serviceIn) (models.ServiceConsequences, error) {
				return d.Store.RemoveServiceConsequences(ctx, a, in.Org, in.Service)
			},
		}),
		row(Def[serviceIn, models.ServiceConsequences]{
			Name: "service.remove", Does: "remove a service account with its keys", Command: "service remove",
			Long: `Remove a service account permanently. Its keys stop at once. On a terminal the command
asks; elsewhere it needs --yes.`,
			Example: "muster service remove robot --dry-run\nmuster service remove robot --yes",
			Needs:   ManageKeys, Ask: "services.manage", Route: "DELETE /v1/orgs/{org}/services/{service}", Changes: true,
			Preview: "service.remove.preview", Confirm: &Confirm{Pin: pin(func(in *serviceIn, shown models.ServiceConsequences) { in.Service = shown.Service.ID })},
			Run: func(ctx context.Context, d Deps, a models.Actor, in serviceIn) (models.ServiceConsequences, error) {
				return d.Store.RemoveService(ctx, a, in.Org, in.Service)
			},
		}),
	}
}

type serviceIn struct {
	inOrg
	Service string `path:"service" arg:"SERVICE" complete:"service"`
}

type serviceListIn struct {
	inOrg
	Search string `flag:"search" query:"search" help:"part of a name or description"`
	Status string `flag:"status" query:"status" complete:"active|disabled" help:"active or disabled"`
	inView
	inFilter
	page
}

type serviceCreateIn struct {
	inOrg
	Name        string   `flag:"name" body:"name" required:"true" help:"name, unique in the organization"`
	Description string   `flag:"description" body:"description" help:"a line on what it is for"`
	Role        *string  `flag:"role" body:"role" complete:"role" help:"admin, member, viewer or a custom role (default viewer)"`
	Workspaces  []string `flag:"workspace" body:"workspaces" comma:"true" complete:"workspace" help:"a workspace it is added to, or workspace=role with admin, editor or viewer; more than once, or with commas between"`
}

type serviceUpdateIn struct {
	serviceIn
	Name        *string  `flag:"name" body:"name" help:"name, unique in the organization"`
	Description *string  `flag:"description" body:"description" help:"a line on what it is for"`
	Role        *string  `flag:"role" body:"role" complete:"role" help:"admin, member, viewer or a custom role"`
	Status      *string  `flag:"status" body:"status" complete:"active|disabled" help:"active or disabled"`
	Workspaces  []string `flag:"workspace" body:"workspaces" comma:"true" complete:"workspace" help:"all workspaces it is in, each as workspace or workspace=role; none for none"`
}

func (in serviceUpdateIn) change() (c models.ServiceChange, err error) {
	c = models.ServiceChange{Name: in.Name, Description: in.Description}
	if in.Role != nil {
		role, err := as(in.Role)
		if err != nil {
			return c, err
		}
		c.Role = &role
	}
	if in.Status != nil {
		status, err := models.ParseServiceStatus(*in.Status)
		if err == nil && status == "" {
			err = models.Invalid("status", "status is missing: active or disabled")
		}
		if err != nil {
			return c, err
		}
		c.Status = &status
	}
	if in.Workspaces != nil {
		list := in.Workspaces
		if len(list) == 1 && list[0] == "none" {
			list = []string{}
		}
		c.Workspaces = &list
	}
	return c, nil
}
