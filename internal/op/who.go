package op

import (
	"strings"

	"muster/models"
)

// Who says in words who may run an operation, beside site admins.
func (r *Row) Who() string {
	var who string
	switch r.Needs {
	case Nothing:
		who = "everybody who is signed in"
		if r.Also != "" {
			return who + ": " + r.Also
		}
		return who
	case SiteAdmin:
		who = "site admins"
	case Stranger:
		who = "everybody with a key"
	default:
		who = having(models.Permission(r.Needs)) + " (" + string(r.Needs) + ")"
	}
	if r.Also != "" {
		who += "; " + r.Also
	}
	return who
}

// having names the built-in roles with a permission.
func having(p models.Permission) string {
	var names []string
	for _, d := range models.Permissions(models.ScopeWorkspace) {
		if d.Name != p {
			continue
		}
		for _, role := range models.WorkspaceRoles() {
			if role.Can(p) {
				names = append(names, string(role))
			}
		}
		return strings.Join(names, ", ") + " of the workspace"
	}
	for _, role := range models.Roles() {
		switch role.Extent(p) {
		case models.ExtentAll:
			names = append(names, string(role))
		case models.ExtentNotOwners:
			names = append(names, string(role)+" (not over owners)")
		case models.ExtentPolicy:
			names = append(names, string(role)+" (by policy)")
		}
	}
	return strings.Join(names, ", ")
}
