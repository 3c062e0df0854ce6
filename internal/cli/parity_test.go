package cli

import (
	"slices"
	"strings"
	"testing"

	"muster/internal/op"
	"muster/tui"
	"muster/tui/keys"
)

// onScreen tells actions that only move about or change how things look.
func onScreen(id string) bool {
	switch id {
	case "back", "help", "mouse", "palette", "quit", "refresh", "theme", "zoom", "pane.next", "pane.previous":
		return true
	}
	return strings.HasPrefix(id, "list.") && op.Actions()[id] == ""
}

// elsewhere says of operations that change something why no action of the app
// leads to them by itself.
func elsewhere() map[string]string {
	const (
		entry   = "a screen of its own greets who comes by such a login"
		inRoles = "in the dialog of role.list"
		inShell = "it is for the shell in which hosts and git are set up"
		inBills = "in the dialog of payment.list"
		inViews = "in the dialog of view.save"
	)
	return map[string]string{
		"invitation.undo":       "undo takes decisions back as well",
		"transfer.accept":       "organization.accept answers nominations too",
		"transfer.decline":      "organization.decline answers nominations too",
		"second_factor.confirm": "the dialog of factor.enrol asks for the first code",
		"certificate.issue":     inShell,
		"certificate.rotate":    inShell,
		"member.revoke_key":     inShell,
		"organization.apply":    "its file is edited elsewhere",
		"member.restore":        "in the dialog of member.former",
		"key.rename":            "you.edit on the row of a key",
		"payment.add":           inBills,
		"payment.default":       inBills,
		"payment.remove":        inBills,
		"user.reset_bindings":   "in the dialog of user.bind",
		"view.rename":           inViews,
		"view.delete":           inViews,
		"role.create":           inRoles,
		"role.update":           inRoles,
		"role.delete":           inRoles,
		"code.decline":          entry,
		"code.request":          entry,
		"user.sign_up":          entry,
	}
}

// TestEveryOperationHasACommand holds that each row is a command with words for
// people, in a local shell and over SSH.
func TestEveryOperationHasACommand(t *testing.T) {
	previews := map[string]*op.Row{}
	for _, r := range op.All() {
		if r.Preview != "" {
			previews[r.Preview] = r
		}
		if w := wordsFor(r.Name); w.show == nil {
			t.Errorf("%s has no words for people", r.Name)
		} else if (r.Confirm != nil) != (w.ask != nil) {
			t.Errorf("%s is confirmed %v and has a question %v", r.Name, r.Confirm != nil, w.ask != nil)
		}
	}
	for name := range allWords() {
		if op.Find(name) == nil {
			t.Errorf("there are words for %q, and no such operation", name)
		}
	}
	for _, r := range op.All() {
		words := strings.Fields(r.Command)
		kinds := []*Remote{nil, {}}
		switch {
		case previews[r.Name] != nil:
			words = strings.Fields(previews[r.Name].Command)
		case r.Door != "":
			words, kinds = words[len(words)-1:], []*Remote{{Kind: LoginKind(r.Door)}}
		}
		for _, where := range kinds {
			cmd, rest, err := tree(where).Find(words)
			if err != nil || len(words) == 0 || len(rest) > 0 || cmd.HasSubCommands() {
				t.Errorf("%s has no command %q", r.Name, r.Command)
				continue
			}
			if flag := r.Switch; flag != "" && cmd.Flags().Lookup(flag) == nil {
				t.Errorf("%s: %q has no --%s", r.Name, r.Command, flag)
			}
			if previews[r.Name] != nil && cmd.Flags().Lookup(dryRun) == nil {
				t.Errorf("%s: %q has no --%s", r.Name, previews[r.Name].Command, dryRun)
			}
		}
	}
}

// TestTheAppAndTheTableAgree holds the actions of the app and the operations
// together, in both directions.
func TestTheAppAndTheTableAgree(t *testing.T) {
	table, err := tui.Bindings(nil)
	if err != nil {
		t.Fatal(err)
	}
	var scopes []keys.Scope
	for _, s := range tui.Scopes() {
		scopes = append(scopes, s.Scope)
	}
	bound := map[string]bool{}
	for _, b := range table.In(scopes) {
		bound[b.ID] = true
		if name, ok := op.Actions()[b.ID]; ok == onScreen(b.ID) {
			t.Errorf("the action %q (%s) runs the operation %q; every action that does something runs one", b.ID, b.Title, name)
		}
	}
	run := map[string]bool{}
	for id, name := range op.Actions() {
		if !bound[id] {
			t.Errorf("the app has no action %q any more", id)
		}
		if op.Find(name) == nil {
			t.Errorf("the action %q runs %q, which is no operation", id, name)
		}
		run[name] = true
	}
	for _, r := range op.All() {
		switch why := elsewhere()[r.Name]; {
		case r.Changes && !run[r.Name] && why == "":
			t.Errorf("no action of the app runs %q, and no reason is given", r.Name)
		case why != "" && (run[r.Name] || !r.Changes):
			t.Errorf("%q is said to be elsewhere (%s), and needs no reason", r.Name, why)
		}
	}
	for name := range elsewhere() {
		if op.Find(name) == nil {
			t.Errorf("a reason is given for %q, which is no operation", name)
		}
	}
}

// TestKeysByTheNameOfAnOperation holds that keys can be bound by the action of
// the app and by the name of the operation.
func TestKeysByTheNameOfAnOperation(t *testing.T) {
	for name, action := range map[string]string{
		"workspace.add_member": "workspace.member_add", // has one action, of another name
		"invitation.create":    "invitation.new",       // has two, of which one is of its noun
		"organization.create":  "organization.create",  // is the name of an action
		"quit":                 "quit",
		"nonsense":             "nonsense", // for the app to refuse
	} {
		if got := boundKeys(map[string][]string{name: {"A"}}); len(got) != 1 || !slices.Equal(got[action], []string{"A"}) {
			t.Errorf("%s binds %v", name, got)
		}
	}
	// What is given by both names stays as the app's own says.
	got := boundKeys(map[string][]string{"workspace.member_add": {"B"}})
	if len(got) != 1 || !slices.Equal(got["workspace.member_add"], []string{"B"}) {
		t.Errorf("%v", got)
	}
}
