package plain

import "muster/models"

func apiKeysPane() *pane {
	return &pane{
		name: "apikeys", title: "API keys", list: "api_key.list", open: "api_key.show", key: "Key", label: "Label", only: []string{"Search", "Kind", "Status"},
		rows: []action{
			{op: "api_key.update", title: "change", why: denied("NoChange")},
			{op: "api_key.rotate", title: "make the next secret", why: denied("NoChange")},
			{op: "api_key.revoke", title: "revoke", why: denied("NoRevoke"), gone: true},
			{op: "api_key.usage", title: "usage", why: anybody},
		},
		top: []action{
			{op: "api_key.create", title: "make a key"},
			{title: "service accounts", pane: func(any) *pane { return servicesPane() }},
		},
	}
}

func servicesPane() *pane {
	return &pane{
		title: "Service accounts", list: "service.list", open: "service.show", key: "Service", label: "Name", only: []string{"Search", "Status"},
		rows: []action{
			{op: "service.update", title: "change or disable", why: denied("NoChange"), undo: func(item, _ any) (string, values) {
				s := item.(models.ServiceAccount)
				return "service.update", values{"Service": s.ID, "Name": s.Name, "Description": s.Description, "Role": string(roleOf(s)), "Status": string(s.Status)}
			}},
			{op: "service.remove", title: "remove", why: denied("NoChange"), gone: true},
		},
		top: []action{{op: "service.create", title: "make a service account"}},
	}
}

func roleOf(s models.ServiceAccount) models.Role {
	if s.CustomRole != nil {
		return models.Role(s.CustomRole.ID)
	}
	return s.Role
}

// anybody refuses nothing beyond what the list shows already.
func anybody(*Session, any) error { return nil }
