package op

import "sync"

// All gives every operation, those of one noun together. Nobody changes them.
func All() []*Row { return all().rows }

// Find gives an operation by its name, nil if there is none.
func Find(name string) *Row { return all().find(name) }

type table struct {
	rows   []*Row
	byName map[string]*Row
}

func (t *table) find(name string) *Row { return t.byName[name] }

// all is made once from explicit lists: an operation stands in the list of its
// file, and the list of a new file stands here.
var all = sync.OnceValue(func() *table {
	t := &table{byName: map[string]*Row{}}
	for _, list := range [][]*Row{
		organizationRows(), transferRows(), memberRows(), invitationRows(), importRows(), linkRows(), codeRows(),
		workspaceRows(), projectRows(), settingsRows(), planRows(), paymentRows(), roleRows(), apiKeyRows(t.find), serviceRows(), eventRows(), webhookRows(), keyRows(), factorRows(), userRows(), bindingRows(), accountRows(),
		machineRows(), applyRows(), auditRows(), historyRows(), viewRows(), canIRows(t.find),
	} {
		for _, r := range list {
			t.rows = append(t.rows, r)
			t.byName[r.Name] = r
		}
	}
	return t
})

// Noun is a command that only holds others.
type Noun struct{ Command, Does, Long string }

// Nouns are the commands that hold those of the operations.
func Nouns() []Noun {
	return []Noun{
		{"org", "create, show and change organizations", ""},
		{"member", "list members, change roles, remove, leave", ""},
		{"invite", "invite people, decide requests, answer invitations", ""},
		{"invite link", "let several people join with one code", ""},
		{"workspace", "workspaces of the organization, and who is in them", ""},
		{"project", "projects of a workspace", ""},
		{"settings", "show and change the settings of an organization", ""},
		{"plan", "available plans, and the plan of an organization", ""},
		{"payment", "payment methods of the organization: labels and references", ""},
		{"view", "your saved views of lists: filters and orders under names", ""},
		{"role", "the roles of an organization, and custom roles", ""},
		{"api-key", "keys with which programs act and other services know them", ""},
		{"service", "service accounts: programs with a role like a member's", ""},
		{"events", "what happens in the organization, as it happens", ""},
		{"webhook", "send what happens to programs elsewhere", ""},
		{"key", "manage your SSH keys", ""},
		{"two-factor", "your second factor: an authenticator app and recovery codes",
			`Manage your second factor. An organization can require one: then a code from your
authenticator app opens it, in the app and for commands, for 12 hours, for the key and
the address that you connect from. A shell on the database's machine is never asked.`},
		{"user", "your own user, and the users you administer", ""},
		{"audit", "read, export and verify the audit log", ""},
	}
}
