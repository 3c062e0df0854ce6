package cli

import (
	"database/sql"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"muster/models"
	"muster/store"
)

// hostile is text that no check would let in: it clears the screen, colours,
// plants a link, reorders, hides and breaks lines.
const hostile = "x\x1b[2J\x1b[31m\x1b]8;;http://x\x07\u009b31m\u202eevil\u200b\u2028\r\nOWNED\t\U000E0041"

// TestHostileDatabase holds that text which is in the database already cannot
// act on a terminal, whichever command shows it and in whichever form.
func TestHostileDatabase(t *testing.T) {
	m := terminal{t, t.TempDir()}
	m.must("init", "--name", "Ada", "--email", "ada@example.com")
	m.must("org", "create", "--name", "Acme", "--code", "ACME")
	m.must("invite", "create", "--email", "bob@example.com", "--message", "hello")
	m.must("plan", "set", "enterprise")
	m.must("workspace", "create", "--name", "Lab")
	m.must("project", "create", "--name", "Engine", "--workspace", "Lab", "--environment", "production")
	m.must("role", "create", "--name", "Auditor", "--permission", "audit.read")
	for _, who := range []string{"dee", "eve", "fay"} {
		m.must("user", "create", "--email", who+"@example.com", "--name", who, "--org", "ACME")
	}
	m.must("member", "role", "dee@example.com", "Auditor")
	m.must("workspace", "add", "Lab", "dee@example.com")
	m.must("member", "suspend", "eve@example.com", "--reason", "why")
	m.must("member", "remove", "fay@example.com", "--yes")
	m.must("org", "transfer", "dee@example.com", "--yes")
	m.must("invite", "create", "--email", "gus@example.com", "--workspace", "Lab")
	m.must("org", "create", "--name", "Gone", "--code", "GONE")
	m.must("org", "delete", "GONE", "--confirm", "GONE")
	m.must("switch", "ACME")
	id := func(args ...string) string {
		t.Helper()
		var v struct{ ID string }
		if err := json.Unmarshal([]byte(m.must(append(args, "--json")...)), &v); err != nil {
			t.Fatal(err)
		}
		return v.ID
	}
	lab, engine, auditor := id("workspace", "show", "Lab"), id("project", "show", "Engine", "--workspace", "Lab"), id("role", "show", "Auditor")
	dee := id("user", "show", "dee@example.com")
	var inv struct{ Items []models.Invitation }
	if err := json.Unmarshal([]byte(m.must("invite", "list", "--json")), &inv); err != nil {
		t.Fatal(err)
	}

	var made struct{ ID string }
	if err := json.Unmarshal([]byte(m.must("invite", "link", "create", "--json")), &made); err != nil {
		t.Fatal(err)
	}

	db, err := sql.Open("sqlite", filepath.Join(m.dir, store.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{
		"UPDATE users SET name = $1, handle = $1 || num, suspend_reason = $1",
		"UPDATE organizations SET name = $1, description = $1, badge = $1, motd = $1",
		"UPDATE invitations SET email = $1, message = $1, inviter_name = $1, inviter_email = $1, reason = $1",
		"UPDATE join_links SET label = $1, creator_name = $1, creator_email = $1, revoked_by = $1",
		"UPDATE memberships SET name = $1, handle = $1, invited_by = $1, suspend_reason = $1, suspended_by = $1",
		"UPDATE former_members SET invited_by = $1",
		"UPDATE workspaces SET name = $1, description = $1 WHERE name = 'Lab'",
		"UPDATE projects SET name = $1, description = $1, environment = $1, created_by = $1",
		"UPDATE custom_roles SET name = $1, description = $1, created_by = $1",
		"UPDATE workspace_members SET added_by = $1",
		"UPDATE transfers SET nominated_by = $1",
		"UPDATE settings SET value = $1",
		"UPDATE audit SET actor_email = $1, target_label = $1, reason = $1, before = $1, after = $1",
	} {
		if _, err := db.ExecContext(t.Context(), change, hostile); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	shown := 0
	for _, line := range [][]string{
		{"whoami"}, {"org", "list"}, {"org", "show"}, {"member", "list"}, {"member", "show", "ada@example.com"},
		{"member", "remove", "ada@example.com", "--dry-run"}, {"invite", "list"}, {"invite", "show", inv.Items[0].ID},
		{"invite", "code", inv.Items[0].ID}, {"invite", "create", "--email", "cy@example.com"},
		{"settings", "get"}, {"settings", "get", "general.name"}, {"settings", "get", "general.message_of_the_day"},
		{"invite", "link", "list"}, {"invite", "link", "show", made.ID}, {"invite", "link", "code", made.ID}, {"invite", "stats"}, {"org", "overview"},
		{"audit", "list"}, {"audit", "list", "--installation"}, {"audit", "verify"}, {"user", "sessions"}, {"switch", "ACME"}, {"doctor"},
		{"workspace", "list"}, {"workspace", "show", lab}, {"workspace", "members", lab}, {"workspace", "delete", lab, "--dry-run"},
		{"project", "list", "--workspace", lab}, {"project", "show", engine, "--workspace", lab}, {"project", "update", engine, "--workspace", lab, "--environment", "staging"},
		{"role", "list"}, {"role", "show", auditor}, {"role", "delete", auditor}, {"plan", "list"}, {"plan", "show"}, {"plan", "set", "team", "--dry-run"},
		{"user", "list"}, {"user", "show", dee}, {"user", "delete", dee, "--dry-run"}, {"member", "former"}, {"member", "show", dee}, {"member", "remove", dee, "--dry-run"},
		{"can-i"}, {"can-i", "invite"}, {"can-i", "--workspace", lab}, {"org", "list", "--all"}, {"org", "list", "--deleted"}, {"org", "delete", "ACME", "--dry-run"},
		{"org", "cancel-transfer"}, {"invite", "show", inv.Items[1].ID}, {"invite", "mine"}, {"key", "list"}, {"two-factor", "status"},
		{"--as", "dee@example.com", "can-i", "settings"}, {"--as", "dee@example.com", "org", "show", "ACME"}, {"--as", "dee@example.com", "org", "list"},
		{"invite", "revoke", inv.Items[0].ID}, {"member", "leave", "--yes"},
	} {
		for _, asJSON := range []bool{false, true} {
			args := line
			if asJSON {
				args = append(args[:len(args):len(args)], "--json")
			}
			_, out, errs := m.run("", args...)
			for _, text := range []string{out, errs} {
				for _, r := range text {
					if r != '\n' && models.SafeText(string(r)) != string(r) {
						t.Errorf("%q shows %U in %q", args, r, text)
						break
					}
				}
				for l := range strings.Lines(text) {
					if strings.HasPrefix(l, "OWNED") && line[0] != "settings" { // settings get KEY gives the value as it is
						t.Errorf("%q lets text begin a line of its own: %q", args, l)
					}
				}
			}
			if strings.Contains(out+errs, "OWNED") {
				shown++
			}
			if asJSON && out != "" && !json.Valid([]byte(out)) {
				t.Errorf("%q gives no JSON: %q", args, out)
			}
			if asJSON && errs != "" && !json.Valid([]byte(errs)) {
				t.Errorf("%q gives an error that is no JSON: %q", args, errs)
			}
		}
	}
	if shown < 60 {
		t.Errorf("only %d answers showed the text: the test has lost its subject", shown)
	}
}
