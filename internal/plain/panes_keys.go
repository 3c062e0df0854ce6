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
			{title: "webhooks", why: needs(models.PermSettings), pane: func(any) *pane { return webhooksPane() }},
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

func webhooksPane() *pane {
	return &pane{
		title: "Webhooks", list: "webhook.list", open: "webhook.show", key: "Webhook", label: "URL", only: []string{"Search", "Status"},
		rows: []action{
			{title: "deliveries", why: anybody, pane: func(item any) *pane {
				w, _ := item.(models.Webhook) // any row, in the test that looks at all panes
				return deliveriesPane(w)
			}},
			{op: "webhook.test", title: "send an event to try it", why: anybody},
			{op: "webhook.update", title: "change or disable", why: denied("NoChange")},
			{op: "webhook.rotate", title: "make the next secret", why: denied("NoChange")},
			{op: "webhook.delete", title: "delete", why: anybody, gone: true},
		},
		top: []action{{op: "webhook.create", title: "make a webhook"}},
	}
}

func deliveriesPane(w models.Webhook) *pane {
	return &pane{
		title: "Deliveries to " + w.Host(), list: "webhook.deliveries", with: values{"Webhook": w.ID}, key: "Delivery", label: "Action", only: []string{"Status"},
		rows: []action{{op: "webhook.redeliver", title: "send it once more", why: anybody}},
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
