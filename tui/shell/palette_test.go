package shell

import (
	"testing"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/ui"
)

// first is what the palette offers first for what is typed, on the members.
func (s stage) first(typed string) ui.Item {
	s.t.Helper()
	pick := s.dialogs.Top().(*ui.Picker)
	pick.Paste(typed)
	it, _ := pick.Current()
	pick.Key(ui.Press{KeyPressMsg: tea.KeyPressMsg{Code: tea.KeyEscape}})
	return it
}

// What is typed finds what is meant, by its title, by the name that another tool
// has for it, or by a few letters: never something that only happens to hold them.
func TestPaletteFindsWhatIsMeant(t *testing.T) {
	s := staged(t, 100, 30)
	s.Orgs = append(s.Orgs, orgEntry("org_2", "GLOBEX", "Globex Inc"), orgEntry("org_3", "UMBRELLA", "Umbrella"))
	s.palette()
	for typed, want := range map[string]string{
		// titles, and how they begin
		"appr": "approve", "approve": "approve", "approve as": "approve as …", "rej": "reject", "reject b": "reject because …", "res": "resend",
		"revoke": "revoke", "inv": "invite", "invite": "invite", "role": "role", "remove": "remove", "susp": "suspend", "reac": "reactivate", "former": "removed members",
		"undo": "undo", "red": "redo", "quit": "quit", "help": "help", "filter": "filter", "sort": "sort", "show only": "show only", "mark all": "mark all",
		"audit": "audit log", "over": "overview", "sett": "settings", "members": "members", "invitations": "invitations", "work": "workspaces", "you": "you",
		"copy": "copy email", "copy j": "copy join command", "end": "end date", "import": "import …", "join link": "join links …", "add key": "add key", "pair": "pair a machine",
		"zoom": "zoom", "verify": "verify", "new org": "new organization …", "delete org": "delete the organization …", "two-factor": "set up two-factor …", "delete": "remove",
		// what others call it
		"log out": "quit", "logout": "quit", "sign": "quit", "sign out": "quit", "exit": "quit", "theme": "change the theme", "dark mode": "change the theme", "colors": "change the theme",
		"new user": "create", "add user": "invite", "add member": "invite", "new member": "invite", "key": "add key", "ssh key": "add key", "kick": "remove", "block": "suspend", "ban": "suspend",
		"promote": "role", "make admin": "role", "deny": "reject", "allow": "approve", "send again": "resend", "csv": "import …", "2fa": "set up two-factor …", "search": "filter", "stats": "overview",
		"activity": "audit log", "log": "audit log", "requests": "invitations", "billing": "plan …", "shortcuts": "help", "reload": "refresh", "leave": "leave the organization …",
		"export": "copy export command", "bell": "notifications …", "profile": "you", "permissions": "roles …", "revert": "undo", "reinstate": "removed members",
		// settings, organizations and keys
		"message of": "Message of the day", "self": "Self-approval", "allowed email": "Allowed email domains", "globex": "Globex Inc", "umbr": "Umbrella", "UMBRELLA": "Umbrella",
		"U": "redo", "E": "end date", "@": "who is here",
		// a few letters
		"mrkall": "mark all",
	} {
		if it := s.first(typed); it.Title != want {
			t.Errorf("%q finds %q (%s) first, want %q", typed, it.Title, it.ID, want)
		}
	}
	if it := s.first("appr"); !it.Far || it.ID != "pane:"+string(host.Invitations) {
		t.Errorf("approve leads to %q", it.ID)
	}
}

// Help knows the keys of all panes, those of the shown one first.
func TestHelpHoldsAllPanes(t *testing.T) {
	s := staged(t, 100, 30)
	s.help()
	for typed, want := range map[string]string{"approve": "pane:invitations", "suspend": "action:member.suspend", "verify": "pane:audit", "add key": "pane:you", "logout": "action:quit"} {
		if it := s.first(typed); it.ID != want {
			t.Errorf("%q leads to %q, want %q", typed, it.ID, want)
		}
	}
	pick := s.dialogs.Top().(*ui.Picker)
	pick.Paste("verify")
	pick.Key(ui.Press{KeyPressMsg: tea.KeyPressMsg{Code: tea.KeyEnter}})
	if it, _ := pick.Current(); it.ID != "pane:audit" {
		t.Fatalf("on %q", it.ID)
	}
	if s.runItem(ui.Item{ID: "pane:audit"}); s.At != host.Audit {
		t.Errorf("the row leads to %s", s.At)
	}
}

func orgEntry(id, code, name string) models.OrgEntry {
	return models.OrgEntry{ID: id, Code: code, Name: name}
}
