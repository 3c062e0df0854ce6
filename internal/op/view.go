package op

import (
	"context"
	"strings"

	"muster/models"
)

// viewRows are the filters and orders of lists that somebody keeps under names.
func viewRows() []*Row {
	return []*Row{
		row(Def[inOrg, List[models.View]]{
			Name: "view.list", Does: "list your saved views", Command: "view list",
			Long: `List your saved views in the organization: filters and orders of lists under names.
--view NAME shows a list in one of them.`,
			Example: "muster view list\nmuster view list --json",
			Also:    "their own", Route: "GET /v1/orgs/{org}/views",
			Run: func(ctx context.Context, d Deps, a models.Actor, in inOrg) (List[models.View], error) {
				return whole(d.Store.Views(ctx, a, in.Org))
			},
		}),
		row(Def[viewSaveIn, models.View]{
			Name: "view.save", Does: "save a filter and an order of a list under a name", Command: "view save",
			Long: `Save a filter and an order of a list under a name, for yourself and this organization.
A view of the same name is replaced. LIST is members, invitations, join-links, api-keys
or service-accounts; the app has views of every list that can be filtered.`,
			Example: "muster view save members quiet 'seen:>30d' status:active --sort -last_seen\nmuster member list --view quiet",
			Also:    "their own", Route: "PUT /v1/orgs/{org}/views/{list}/{view}", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in viewSaveIn) (models.View, error) {
				return d.Store.SaveView(ctx, a, in.Org, models.View{List: in.List, Name: in.View, Filter: strings.Join(in.Filter, " "), Sort: in.Sort})
			},
		}),
		row(Def[viewRenameIn, models.View]{
			Name: "view.rename", Does: "rename a saved view", Command: "view rename",
			Long:    "Give one of your saved views another name.",
			Example: "muster view rename members quiet silent",
			Also:    "their own", Route: "PATCH /v1/orgs/{org}/views/{list}/{view}", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in viewRenameIn) (models.View, error) {
				return d.Store.RenameView(ctx, a, in.Org, in.List, in.View, in.To)
			},
		}),
		row(Def[viewIn, models.View]{
			Name: "view.delete", Does: "delete a saved view", Command: "view delete",
			Long:    "Delete one of your saved views.",
			Example: "muster view delete members quiet",
			Also:    "their own", Route: "DELETE /v1/orgs/{org}/views/{list}/{view}", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in viewIn) (models.View, error) {
				return d.Store.DeleteView(ctx, a, in.Org, in.List, in.View)
			},
		}),
	}
}

type viewIn struct {
	inOrg
	List string `path:"list" arg:"LIST" complete:"view_list"`
	View string `path:"view" arg:"NAME"`
}

type viewRenameIn struct {
	viewIn
	To string `body:"name" arg:"NEW-NAME"`
}

type viewSaveIn struct {
	viewIn
	Filter []string `body:"filter" arg:"[FILTER]"`
	Sort   string   `flag:"sort" body:"sort" help:"column of the list to sort by; with - in front reversed"`
}

// inView shows a list in a view.
type inView struct {
	View string `flag:"view" query:"view" help:"in one of your saved views: with its filter and order"`
}

// viewed adds the filter of a view to that of a list, and its order where none was
// asked for; sort may be nil.
func (d Deps) viewed(ctx context.Context, a models.Actor, org, list string, in inView, filter *inFilter, sort *string) error {
	if in.View == "" {
		return nil
	}
	all, err := d.Store.Views(ctx, a, org)
	if err != nil {
		return err
	}
	v, err := models.FindView(all, list, in.View)
	if err != nil {
		return err
	}
	filter.Filter = append([]string{v.Filter}, filter.Filter...)
	if sort != nil && *sort == "" {
		*sort = v.Sort
	}
	return nil
}
