package main

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
		"UPDATE users SET name = $1, handle = $1",
		"UPDATE organizations SET name = $1, description = $1, badge = $1, motd = $1",
		"UPDATE invitations SET email = $1, message = $1, inviter_name = $1, inviter_email = $1, reason = $1",
		"UPDATE join_links SET label = $1, creator_name = $1, creator_email = $1, revoked_by = $1",
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
	if shown < 15 {
		t.Errorf("only %d answers showed the text: the test has lost its subject", shown)
	}
}
