package op

import "strings"

// Actions maps the actions of the app, by which keys are bound, to the
// operation that they run or lead to. Actions that only move about the screen
// are not in it. An operation may be bound by its own name as well.
func Actions() map[string]string {
	return map[string]string{
		"api_key.copy":              "api_key.show",
		"api_key.create":            "api_key.create",
		"api_key.list":              "api_key.list",
		"api_key.revoke":            "api_key.revoke",
		"api_key.rotate":            "api_key.rotate",
		"api_key.update":            "api_key.update",
		"audit.copy":                "audit.list",
		"audit.export":              "audit.export",
		"audit.dates":               "audit.list",
		"audit.only":                "audit.list",
		"audit.filter":              "audit.list",
		"audit.installation":        "audit.list",
		"audit.open":                "audit.list",
		"audit.period":              "audit.list",
		"audit.verify":              "audit.verify",
		"bindings":                  "user.bind",
		"can_i":                     "can_i.list",
		"factor.disable":            "second_factor.disable",
		"factor.enrol":              "second_factor.enrol",
		"factor.menu":               "second_factor.status",
		"factor.recovery":           "second_factor.recovery",
		"factor.verify":             "second_factor.verify",
		"history":                   "history.list",
		"import.new":                "invitation.import",
		"invitation.approve":        "invitation.approve",
		"invitation.approve_as":     "invitation.approve",
		"invitation.copy":           "invitation.show",
		"invitation.copy_join":      "invitation.code",
		"invitation.delete":         "invitation.delete",
		"invitation.new":            "invitation.create",
		"invitation.regenerate":     "invitation.regenerate",
		"invitation.reject":         "invitation.reject",
		"invitation.reject_because": "invitation.reject",
		"invitation.resend":         "invitation.resend",
		"invitation.revoke":         "invitation.revoke",
		"code.enter":                "code.accept",
		"request.new":               "invitation.request",
		"user.reset_factor":         "second_factor.reset",
		"you.withdraw":              "invitation.withdraw",
		"member.remove_because":     "member.remove",
		"key.add":                   "key.add",
		"key.pair":                  "key.pair",
		"key.remove":                "key.remove",
		"link.back":                 "invitation.list",
		"link.copy_id":              "link.show",
		"link.copy_join":            "link.code",
		"link.list":                 "link.list",
		"link.make":                 "link.create",
		"link.new":                  "link.create",
		"link.revoke":               "link.revoke",
		"list.filter":               "member.list",
		"list.only":                 "member.list",
		"list.open":                 "member.show",
		"list.sort":                 "member.list",
		"list.views":                "view.save",
		"member.add":                "member.add",
		"member.copy":               "member.show",
		"member.end":                "member.end",
		"member.former":             "member.former",
		"member.invite":             "invitation.create",
		"member.invited":            "member.list",
		"member.nominate":           "transfer.nominate",
		"member.reactivate":         "member.reactivate",
		"member.remove":             "member.remove",
		"member.role":               "member.role",
		"member.suspend":            "member.suspend",
		"notifications":             "user.prefer",

		"organization.accept":          "invitation.accept",
		"organization.cancel_transfer": "transfer.cancel",
		"organization.copy_id":         "organization.show",
		"organization.create":          "organization.create",
		"organization.decline":         "invitation.decline",
		"organization.delete":          "organization.delete",
		"organization.leave":           "member.leave",
		"organization.new":             "organization.create",
		"organization.quit":            "member.leave",
		"organization.switch":          "organization.switch",
		"organization.transfer":        "transfer.nominate",
		"organization.upgrade":         "organization.upgrade",
		"overview.numbers":             "invitation.stats",
		"overview.period":              "organization.overview",
		"pane.api_keys":                "api_key.list",
		"pane.all_organizations":       "organization.list_all",
		"pane.audit":                   "audit.list",
		"pane.invitations":             "invitation.list",
		"pane.members":                 "member.list",
		"pane.organizations":           "organization.list",
		"pane.overview":                "organization.overview",
		"pane.settings":                "settings.list",
		"pane.users":                   "user.list",
		"pane.workspaces":              "workspace.list",
		"pane.you":                     "user.me",
		"payment.list":                 "payment.list",
		"plan.choose":                  "plan.set",
		"presence":                     "organization.here",
		"project.copy":                 "project.show",
		"project.delete":               "project.delete",
		"project.edit":                 "project.update",
		"project.new":                  "project.create",
		"project.turn":                 "workspace.members",
		"redo":                         "history.redo",
		"role.list":                    "role.list",
		"service.copy":                 "service.show",
		"service.create":               "service.create",
		"service.disable":              "service.update",
		"service.key":                  "api_key.create",
		"service.list":                 "service.list",
		"service.remove":               "service.remove",
		"service.update":               "service.update",
		"settings.copy_id":             "organization.show",
		"settings.edit":                "settings.update",
		"settings.plan":                "plan.set",
		"settings.roles":               "role.list",
		"site.copy_id":                 "organization.show",
		"site.create":                  "organization.create",
		"site.delete":                  "organization.delete",
		"site.edit":                    "organization.update",
		"site.open":                    "organization.switch",
		"site.plan":                    "plan.set",
		"site.purge":                   "organization.purge",
		"site.restore":                 "organization.restore",
		"undo":                         "history.undo",
		"user.copy":                    "user.show",
		"user.create":                  "user.create",
		"user.invite":                  "user.invite",
		"user.delete":                  "user.delete",
		"user.edit":                    "user.edit",
		"user.enrol":                   "user.enrol",
		"user.verify":                  "user.verify",
		"user.reactivate":              "user.reactivate",
		"user.suspend":                 "user.suspend",
		"delivery.back":                "webhook.list",
		"delivery.copy":                "webhook.deliveries",
		"webhook.back":                 "api_key.list",
		"webhook.copy":                 "webhook.show",
		"webhook.create":               "webhook.create",
		"webhook.delete":               "webhook.delete",
		"webhook.deliveries":           "webhook.deliveries",
		"webhook.disable":              "webhook.update",
		"webhook.list":                 "webhook.list",
		"webhook.redeliver":            "webhook.redeliver",
		"webhook.rotate":               "webhook.rotate",
		"webhook.test":                 "webhook.test",
		"webhook.update":               "webhook.update",
		"workspace.copy":               "workspace.show",
		"workspace.current":            "workspace.switch",
		"workspace.delete":             "workspace.delete",
		"workspace.edit":               "workspace.update",
		"workspace.filter":             "workspace.list",
		"workspace.member_add":         "workspace.add_member",
		"workspace.member_copy":        "workspace.members",
		"workspace.member_remove":      "workspace.remove_member",
		"workspace.member_role":        "workspace.change_role",
		"workspace.new":                "workspace.create",
		"workspace.open":               "workspace.show",
		"workspace.switch":             "workspace.switch",
		"workspace.turn":               "project.list",
		"you.accept":                   "invitation.accept",
		"you.copy":                     "user.me",
		"you.decline":                  "invitation.decline",
		"you.edit":                     "user.update",
	}
}

// BoundBy gives the action of the app that an operation's name stands for where
// keys are bound: the only one that runs it, or the only one of the same noun.
// It gives none where an action has that very name.
func BoundBy(operation string) (action string, ok bool) {
	all := Actions()
	r := Find(operation)
	if _, taken := all[operation]; taken || r == nil || !r.Changes {
		return "", false
	}
	noun, _, _ := strings.Cut(operation, ".")
	var run, same []string
	for id, name := range all {
		if name != operation {
			continue
		}
		run = append(run, id)
		if strings.HasPrefix(id, noun+".") {
			same = append(same, id)
		}
	}
	switch {
	case len(run) == 1:
		return run[0], true
	case len(same) == 1:
		return same[0], true
	}
	return "", false
}
