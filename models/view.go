package models

import (
	"slices"
	"strings"
)

// View is a filter and an order of a list that somebody keeps under a name, for
// themselves and one organization.
type View struct {
	ID     string `json:"id"` // list and name, as in members/late
	List   string `json:"list"`
	Name   string `json:"name"`
	Filter string `json:"filter"`
	Sort   string `json:"sort"` // the column, with - in front reversed; empty for the usual order
}

// MaxViews is how many views somebody has in an organization.
const MaxViews = 50

// viewFilters are what the lists can be narrowed by that have views, by the names of
// the lists.
func viewFilters() map[string]func() *Filter {
	return map[string]func() *Filter{
		"members": MemberFilter, "invitations": InvitationFilter, "join-links": LinkFilter, "api-keys": APIKeyFilter, "service-accounts": ServiceFilter,
		"workspaces": NameFilter, "projects": NameFilter, "workspace-members": PeopleFilter,
		"audit": AuditFilter, "users": AccountFilter, "all-organizations": OrgFilter,
	}
}

// ViewLists are the lists of an organization that commands show in a view.
func ViewLists() []string {
	return []string{"members", "invitations", "join-links", "api-keys", "service-accounts"}
}

// ViewList is the name of a list for its views, from how the app calls it.
func ViewList(name string) (string, bool) {
	name = strings.ReplaceAll(strings.ToLower(name), " ", "-")
	_, ok := viewFilters()[name]
	return name, ok
}

// CheckView gives a view as it is kept. What cannot be is CodeInvalid.
func CheckView(v View) (View, error) {
	filter, ok := viewFilters()[v.List]
	if !ok {
		return v, Invalid("list", "there are no views of %q", Clip(v.List)).WithHint("lists with views: %s", strings.Join(ViewLists(), ", "))
	}
	var err error
	if v.Name, err = CheckName("name", v.Name); err != nil {
		return v, err
	}
	v.Filter = strings.TrimSpace(v.Filter)
	if err := filter().each(v.Filter, &Terms{}, func(FilterTerm) error { return nil }); err != nil {
		return v, err
	}
	if len(v.Sort) > maxAction || strings.Trim(v.Sort, "abcdefghijklmnopqrstuvwxyz_-") != "" {
		return v, Invalid("sort", "%q is not a column", Clip(v.Sort))
	}
	v.ID = v.List + "/" + v.Name
	return v, nil
}

// FindView gives a view of a list by its name, whatever its letter case.
func FindView(views []View, list, name string) (View, error) {
	i := slices.IndexFunc(views, func(v View) bool { return v.List == list && NormText(v.Name) == NormText(name) })
	if i < 0 {
		return View{}, Errorf(CodeNotFound, "you have no view %q of %s", Clip(name), list).WithHint("{view.list} lists yours")
	}
	return views[i], nil
}
