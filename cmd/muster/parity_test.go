package main

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
		"undo":                      "invite undo",
		"redo":                      "invite approve",
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
