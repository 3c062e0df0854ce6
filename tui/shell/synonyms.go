package shell

import "strings"

// alsoCalled are other names of an action, by which palette and help find it as
// by its title. They are what people of other tools type.
func alsoCalled(id string) []string {
	if names := synonyms()[id]; names != "" {
		return strings.Split(names, ", ")
	}
	return nil
}

func synonyms() map[string]string {
	return map[string]string{
		"quit":                         "log out, logout, sign out, log off, exit, close, disconnect",
		"theme":                        "theme, dark mode, light mode, colours, colors, appearance",
		"mouse":                        "mouse",
		"notifications":                "bell, alerts, sound, desktop notifications",
		"help":                         "keys, shortcuts, keyboard shortcuts, keybindings, manual",
		"refresh":                      "reload, update the screen",
		"zoom":                         "full width, maximize, fullscreen",
		"undo":                         "take back, revert",
		"redo":                         "do again",
		"history":                      "recent changes, what can be undone",
		"presence":                     "online, who is online, presence",
		"pane.you":                     "profile, account, my account, my name, preferences, ssh keys, my keys, sessions",
		"pane.members":                 "people, team, list members, staff",
		"pane.invitations":             "requests, queue, pending invitations, inbox",
		"pane.settings":                "preferences of the organization, options, configuration",
		"pane.audit":                   "log, audit, activity, events, history of changes",
		"pane.overview":                "stats, statistics, dashboard, numbers, charts, usage",
		"pane.workspaces":              "projects, spaces",
		"pane.users":                   "accounts, list users",
		"pane.organizations":           "switch organization, change organization, orgs, switch",
		"pane.all_organizations":       "tenants, every organization",
		"organization.create":          "create organization, add organization, new org, new team",
		"organization.leave":           "leave, quit the organization",
		"organization.delete":          "delete organization, close the organization",
		"organization.transfer":        "transfer ownership, change owner, nominate",
		"organization.cancel_transfer": "cancel transfer, cancel the transfer of ownership",
		"organization.upgrade":         "upgrade, share the workspace",
		"plan.choose":                  "billing, upgrade plan, subscription, change plan, pricing",
		"role.list":                    "custom roles, permissions, new role, create role",
		"can_i":                        "my permissions, may i, can i, what can i do",
		"member.invite":                "new member, add member, add user, add person, new invitation, create invitation, invite user",
		"invitation.new":               "new member, add member, add user, add person, new invitation, create invitation, invite user",
		"member.role":                  "change role, make admin, promote, demote, permissions of the member, set role",
		"member.remove":                "delete, remove member, delete member, kick, fire, offboard, remove user",
		"member.suspend":               "block, disable, ban, lock, deactivate",
		"member.reactivate":            "unblock, enable, unsuspend, unlock",
		"member.former":                "removed members, restore member, reinstate, former, deleted members",
		"member.end":                   "expiry of the membership, temporary member, end membership",
		"member.copy":                  "copy address",
		"invitation.approve":           "accept request, allow, grant, confirm",
		"invitation.reject":            "deny, refuse, decline request",
		"invitation.resend":            "send again, remind, resend invitation, renew",
		"invitation.revoke":            "cancel invitation, withdraw, revoke invitation",
		"invitation.copy_join":         "join command, code, invite link, invitation code",
		"import.new":                   "csv, bulk invite, invite many, upload, import members",
		"link.list":                    "join link, links, invite links",
		"link.new":                     "create join link, share link",
		"key.add":                      "key, ssh key, new key, public key, new ssh key",
		"key.pair":                     "pair, new machine, second machine, new device, add device",
		"key.remove":                   "delete key, revoke key",
		"factor.enrol":                 "2fa, mfa, totp, authenticator, two-factor, second factor",
		"factor.menu":                  "2fa, mfa, totp, authenticator, second factor",
		"factor.recovery":              "backup codes, recovery codes",
		"factor.disable":               "disable two-factor, turn off two-factor, remove 2fa",
		"user.create":                  "new user, create user, new account, create account",
		"user.suspend":                 "block user, suspend user, disable account",
		"user.delete":                  "delete user, delete account",
		"audit.export":                 "export, download the log, export audit log",
		"audit.verify":                 "check the log, verify audit log",
		"workspace.new":                "create workspace, add workspace",
		"workspace.switch":             "switch workspace, change workspace",
		"project.new":                  "create project, add project",
		"list.filter":                  "search, find",
		"list.only":                    "filter by, only, show only",
		"list.sort":                    "order by, sort by",
		"list.mark_all":                "select all",
		"list.mark":                    "select",
		"list.top":                     "first row",
		"list.bottom":                  "last row, end of the list",
		"list.detail":                  "details, info, preview",
	}
}
