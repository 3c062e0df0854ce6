package cli

import (
	"strings"
	"testing"

	"muster/tui"
	"muster/tui/keys"
)

// commandOf says for each action of the app that does something, beyond moving
// about on the screen, which command does the same.
func commandOf() map[string]string {
	return map[string]string{
		"audit.action":              "audit list",
		"audit.copy":                "audit list",
		"audit.export":              "audit export",
		"audit.filter":              "audit list",
		"audit.installation":        "audit list",
		"audit.open":                "audit list",
		"audit.period":              "audit list",
		"audit.verify":              "audit verify",
		"factor.disable":            "two-factor disable",
		"factor.enrol":              "two-factor enrol",
		"factor.menu":               "two-factor status",
		"factor.recovery":           "two-factor recovery",
		"factor.verify":             "two-factor verify",
		"invitation.approve":        "invite approve",
		"invitation.approve_as":     "invite approve",
		"invitation.copy":           "invite show",
		"invitation.copy_join":      "invite code",
		"invitation.new":            "invite create",
		"invitation.regenerate":     "invite regenerate",
		"invitation.reject":         "invite reject",
		"invitation.reject_because": "invite reject",
		"invitation.resend":         "invite resend",
		"invitation.revoke":         "invite revoke",
		"import.new":                "invite import",
		"link.list":                 "invite link list",
		"link.new":                  "invite link create",
		"link.make":                 "invite link create",
		"link.copy_join":            "invite link code",
		"link.revoke":               "invite link revoke",
		"link.show":                 "invite link list",
		"link.back":                 "invite list",
		"link.copy_id":              "invite link show",
		"key.add":                   "key add",
		"key.pair":                  "key pair",
		"key.remove":                "key remove",
		"member.copy":               "member show",
		"member.invite":             "invite create",
		"member.remove":             "member remove",
		"member.role":               "member role",
		"organization.accept":       "invite accept",
		"organization.copy_id":      "org show",
		"organization.create":       "org create",
		"organization.decline":      "invite decline",
		"organization.leave":        "member leave",
		"organization.new":          "org create",
		"organization.switch":       "switch",
		"settings.copy_id":          "org show",
		"settings.edit":             "settings set",
		"overview.numbers":          "invite stats",
		"overview.period":           "org overview",
		"pane.audit":                "audit list",
		"pane.overview":             "org overview",
		"undo":                      "invite undo",
		"redo":                      "invite approve",
		"history":                   "audit list",
		"you.accept":                "invite accept",
		"you.copy":                  "whoami",
		"you.decline":               "invite decline",
		"you.edit":                  "user update",
		"pane.organizations":        "org list",
		"pane.members":              "member list",
		"pane.invitations":          "invite list",
		"pane.settings":             "settings get",
		"pane.you":                  "whoami",
		"list.filter":               "member list",
		"list.sort":                 "member list",
		"list.open":                 "member show",
		"pane.workspaces":           "workspace list",
		"workspace.open":            "workspace show",
		"workspace.filter":          "workspace list",
		"workspace.current":         "workspace switch",
		"workspace.switch":          "workspace switch",
		"workspace.new":             "workspace create",
		"workspace.edit":            "workspace update",
		"workspace.delete":          "workspace delete",
		"workspace.copy":            "workspace show",
		"workspace.turn":            "project list",
		"workspace.member_add":      "workspace add",
		"workspace.member_role":     "workspace role",
		"workspace.member_remove":   "workspace remove",
		"workspace.member_copy":     "workspace members",
		"project.new":               "project create",
		"project.edit":              "project update",
		"project.delete":            "project delete",
		"project.turn":              "workspace members",
		"project.copy":              "project show",
		"settings.plan":             "plan set",
		"settings.roles":            "role list",
		"plan.choose":               "plan set",
		"role.list":                 "role list",
		"can_i":                     "can-i",

		"pane.users":                   "user list",
		"pane.all_organizations":       "org list",
		"member.suspend":               "member suspend",
		"member.reactivate":            "member reactivate",
		"member.end":                   "member end",
		"member.nominate":              "org transfer",
		"member.show":                  "member list",
		"member.former":                "member former",
		"organization.transfer":        "org transfer",
		"organization.cancel_transfer": "org cancel-transfer",
		"organization.delete":          "org delete",
		"organization.upgrade":         "org upgrade",
		"user.create":                  "user create",
		"user.edit":                    "user edit",
		"user.suspend":                 "user suspend",
		"user.reactivate":              "user reactivate",
		"user.delete":                  "user delete",
		"user.enrol":                   "user enrol",
		"user.show":                    "user list",
		"user.copy":                    "user show",
		"site.open":                    "switch",
		"site.create":                  "org create",
		"site.edit":                    "org update",
		"site.plan":                    "plan set",
		"site.delete":                  "org delete",
		"site.restore":                 "org restore",
		"site.show":                    "org list",
		"site.copy_id":                 "org show",
		"presence":                     "who",
		"notifications":                "user prefer",
	}
}

// onScreen tells actions that only move about or change how things look.
func onScreen(id string) bool {
	switch id {
	case "back", "help", "mouse", "palette", "quit", "refresh", "theme", "zoom", "pane.next", "pane.previous":
		return true
	}
	return strings.HasPrefix(id, "list.") && commandOf()[id] == ""
}

// TestWhatTheAppCanDoACommandCanDo holds the two lists together (PRODUCT.md
// §11).
func TestWhatTheAppCanDoACommandCanDo(t *testing.T) {
	table, err := tui.Bindings(nil)
	if err != nil {
		t.Fatal(err)
	}
	var scopes []keys.Scope
	for _, s := range tui.Scopes() {
		scopes = append(scopes, s.Scope)
	}
	actions := map[string]bool{}
	for _, b := range table.In(scopes) {
		actions[b.ID] = true
		if command, ok := commandOf()[b.ID]; ok == onScreen(b.ID) {
			t.Errorf("the action %q (%s) has the command %q; every action that does something needs one", b.ID, b.Title, command)
		}
	}
	for _, where := range []*Remote{nil, {}} {
		root := tree(where)
		for action, command := range commandOf() {
			if !actions[action] {
				t.Errorf("the app has no action %q any more", action)
			}
			found, rest, err := root.Find(strings.Fields(command))
			if err != nil || len(rest) > 0 || !found.Runnable() || found.HasSubCommands() {
				t.Errorf("there is no command %q for the action %q", command, action)
			}
		}
	}
}
