package tui

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"muster/models"
	"muster/tui/keys"
	"muster/tui/tuitest"
)

// everyDialog does all that can be done in every pane, by key or else by name, with the cursor on a
// row, and calls look on what opens. Whatever opens is closed afterwards.
func everyDialog(t *testing.T, app *tuitest.Terminal, look func(action string)) {
	t.Helper()
	table, err := Bindings(nil)
	if err != nil {
		t.Fatal(err)
	}
	pane := map[keys.Scope]string{"members": "2", "invitations": "3", "settings": "4", "workspaces": "5", "overview": "6", "audit": "7", "users": "8", "you": "9", "all_organizations": "0", "all": "2", "find": "2"}
	tried := 0
	for _, s := range Scopes() {
		sign, ok := pane[s.Scope]
		if !ok {
			continue // of a list within a pane
		}
		for _, b := range table.In([]keys.Scope{s.Scope}) {
			if strings.HasPrefix(b.ID, "pane.") || slices.Contains([]string{"quit", "palette", "help", "list.filter"}, b.ID) {
				continue
			}
			tried++
			app.Press("esc", "esc", "esc", "esc", sign, "g")
			switch sign {
			case "2", "5", "8":
				app.Press("j") // neither the one who looks nor the only workspace
			case "9":
				app.Press("G") // a key
			}
			if len(b.Keys) > 0 {
				app.Press(b.Keys[0])
			} else {
				app.Press(":").Type(b.Title).Press("enter")
			}
			app.Rest()
			look(b.ID)
		}
	}
	app.Press("esc", "esc", "esc", "esc")
	if tried < 60 {
		t.Errorf("only %d actions were tried", tried)
	}
}

// A picker starts on what holds now, where it offers another value of something:
// an early enter changes nothing.
func TestPickersStartOnWhatHoldsNow(t *testing.T) {
	_, _, app := busy(t)
	chosen := regexp.MustCompile(`│ ▌`)
	var pickers []string
	everyDialog(t, app, func(action string) {
		t.Helper()
		lines := strings.Split(app.Screen(), "\n")
		if !strings.Contains(lines[len(lines)-1], "enter choose") {
			return
		}
		held := 0
		for _, line := range lines {
			if strings.Contains(line, "│  ●") {
				held++
			}
			if chosen.MatchString(line) && strings.Contains(line, "▌●") {
				pickers = append(pickers, action)
				return
			}
		}
		if held > 0 {
			t.Errorf("%s starts elsewhere:\n%s", action, app.Screen())
		}
	})
	for _, want := range []string{"member.role", "list.only", "list.sort", "workspace.switch", "settings.plan", "audit.only"} {
		if !slices.Contains(pickers, want) {
			t.Errorf("%s is not among the pickers that start on what holds now: %v", want, pickers)
		}
	}
}

// Nothing that makes somebody an owner or cannot be undone happens on a bare
// enter, in whatever a key opens.
func TestABareEnterDestroysNothing(t *testing.T) {
	h, ada, app := busy(t)
	asked := 0
	everyDialog(t, app, func(string) {
		if lines := strings.Split(app.Screen(), "\n"); strings.Contains(lines[len(lines)-1], "enter press") || strings.Contains(lines[len(lines)-1], "enter confirm") {
			asked++
		}
		app.Wait(tuitest.Finger).Press("enter").Wait(tuitest.Finger).Press("enter")
	})
	if asked < 9 {
		t.Errorf("only %d confirmations were seen", asked)
	}
	for _, org := range []string{h.acme.ID, models.InstallationLog} {
		page, err := h.st.ListAudit(h.ctx, ada, org, models.AuditQuery{Limit: 200})
		h.must(err)
		for _, e := range page.Items {
			for _, verb := range []string{"remove", "delete", "revoke", "withdraw", "leave", "disable", "accept", "decline", "nominate", "regenerate", "purge"} {
				if strings.HasSuffix(e.Action, "."+verb) && e.ActorEmail == "ada@acme.dev" {
					t.Errorf("an enter did %s to %s", e.Action, e.TargetLabel)
				}
			}
		}
	}
	owners, err := h.st.ListMembers(h.ctx, ada, h.acme.ID, models.MemberQuery{Role: models.RoleOwner})
	h.must(err)
	if len(owners.Items) != 1 {
		t.Errorf("there are %d owners", len(owners.Items))
	}
}

// busy has two of what the last of cannot be taken away, the second workspace
// being the current one.
func busy(t *testing.T) (*house, models.Actor, *tuitest.Terminal) {
	t.Helper()
	h, ada, _, _ := peopled(t)
	v, err := h.st.CreateWorkspace(h.ctx, ada, h.acme.ID, models.NewWorkspace{Name: "Zeppelin"})
	h.must(err)
	h.must(second(h.st.SwitchWorkspace(h.ctx, ada, h.acme.ID, v.ID)))
	h.must(second(h.st.AddKey(h.ctx, ada, key("ada-desk"), "")))
	return h, ada, h.as(ada, 140, 60)
}

func second[T any](_ T, err error) error { return err }
