package e2e

import (
	"bytes"
	"encoding/base32"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"muster/internal/totp"
)

// try runs a command over a connection, and gives what it says of it. Whoever sends
// more than the server takes in a second waits.
func (h *house) try(c *gossh.Client, line, input string) (said string, err error) {
	h.t.Helper()
	for {
		s, err := c.NewSession()
		must(h.t, err)
		s.Stdin = strings.NewReader(input)
		out, err := s.CombinedOutput(line)
		_ = s.Close()
		if !strings.Contains(string(out), "commands a second") {
			return string(out), err
		}
		<-time.After(100 * time.Millisecond)
	}
}

// TestSecretsStayWhereTheyBelong gives out every kind of code and key, has people type
// them everywhere but where they belong, and looks for them in all that stays: the log
// of the server, the database with its own log, the audit log and a backup.
func TestSecretsStayWhereTheyBelong(t *testing.T) {
	h := newHouse(t)
	h.post = openPost(t, h.dir)
	h.post.password, h.post.refused = "correct-horse-battery", "spam@acme.dev"
	h.key("ada")
	h.muster("init", "--name", "Ada Lovelace", "--email", "ada@acme.dev", "--key", h.path("ada.pub"))
	h.muster("org", "create", "--name", "Acme", "--code", "ACME", "--plan", "enterprise")
	h.serve()
	h.join("bob", "Bob Babbage", "admin")
	h.join("cy", "Cy Twombly", "member")
	ada, bob, cy := h.dial("ada", "acme"), h.dial("bob", "acme"), h.dial("cy", "acme")
	ask := func(c *gossh.Client, line, name string) string {
		t.Helper()
		said, err := h.try(c, line+" --json", "")
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, said)
		}
		return h.field(said, name)
	}

	secrets := map[string]string{"password": h.post.password}
	for _, to := range []string{"new@acme.dev", "spam@acme.dev"} {
		ask(ada, "invite create --email "+to, "id")
		secrets["code for "+to] = ask(ada, "invite code "+to, "code")
	}
	line := h.post.letter(t, "new@acme.dev").command
	if !strings.Contains(line[len(line)-1], secrets["code for new@acme.dev"]) {
		t.Errorf("the mail has another code: %s", line)
	}
	secrets["join link"] = ask(ada, "invite link create --role viewer", "code")
	secrets["pairing"] = ask(bob, "key pair", "code")
	secrets["first key"] = ask(ada, "user create --email kim@acme.dev --name Kim", "code")
	secrets["API key"] = ask(bob, "api-key create --label deploys", "secret")
	secrets["second factor"] = ask(bob, "two-factor enrol", "secret")
	shared, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secrets["second factor"])
	must(t, err)
	said, err := h.try(bob, "two-factor confirm --json "+totp.Code(shared, totp.StepAt(time.Now())), "")
	must(t, err)
	var confirmed struct {
		Codes []string `json:"recovery_codes"`
	}
	must(t, json.Unmarshal([]byte(said), &confirmed))
	digits := slices.IndexFunc(confirmed.Codes, func(c string) bool { return strings.ContainsAny(c, "234567") })
	secrets["recovery"] = confirmed.Codes[digits]
	private, err := os.ReadFile(h.path("bob"))
	must(t, err)
	secrets["private key"] = strings.Split(string(private), "\n")[2]
	eventually(t, "the mail is refused", func() bool {
		said, _ := h.try(ada, "invite show spam@acme.dev", "")
		return strings.Contains(said, "spam from …")
	})

	// Where none of them belongs.
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		secret := secrets[name]
		if name == "password" {
			continue // anything could be one; it was repeated by the mail server
		}
		typed := secret
		if name == "private key" {
			typed = "-----BEGIN OPENSSH PRIVATE KEY----- " + secret
			if said, err := h.try(bob, "key add", string(private)); err == nil {
				t.Errorf("a private key was added: %s", said)
			}
		}
		q := "'" + typed + "'"
		for _, line := range []string{
			q, "--org " + q + " whoami", "join " + q + "x", "switch " + q, "org show " + q, "org request " + q, "invite show " + q, "invite revoke --yes " + q, "member show " + q, "member remove --yes " + q,
			"workspace show " + q, "project show " + q, "role show " + q, "api-key show " + q, "key rename " + q + " x", "key rename x " + q, "can-i " + q, "user show " + q, "settings get " + q, "open " + q,
			"member list --search " + q, "invite list --search " + q, "audit list --action " + q, "audit list --actor " + q, "user prefer theme " + q,
		} {
			_, _ = h.try(cy, line, "") // who may do little of it: refused tries are in the log
		}
		// Where it would stay.
		for _, line := range []string{
			"user update --name " + q, "org update --name " + q, "org update --description " + q, "settings set 'general.message_of_the_day=" + typed + "'", "member suspend cy@acme.dev --reason " + q,
			"invite create --email 'join+" + typed + "@acme.dev'", "invite create --email dot@acme.dev --message " + q, "invite link create --label " + q, "workspace create --name " + q,
			"workspace update General --description " + q, "project create --name " + q, "api-key create --label " + q, "user create --email eli@acme.dev --name " + q,
		} {
			if said, err := h.try(bob, line, ""); err == nil || strings.Contains(said, "usage: ") {
				t.Errorf("%s, taken: %s\n%s", name, line, said)
			}
		}
		if name != "private key" {
			for _, login := range []string{typed, "acme+" + typed} {
				if said, err := h.try(h.dial("bob", login), "switch ACME", ""); err != nil {
					t.Errorf("%s as a login name: %v\n%s", name, err, said)
				}
			}
		}
	}

	kept := map[string][]byte{
		"the audit log":              []byte(h.muster("audit", "list", "--org", "ACME", "--limit", "500", "--json")),
		"the installation's log":     []byte(h.muster("audit", "list", "--installation", "--limit", "500", "--json")),
		"an export of the audit log": []byte(h.muster("audit", "export", "--org", "ACME")),
		"the list of invitations":    []byte(h.muster("invite", "list", "--org", "ACME", "--json")),
	}
	h.muster("backup", h.path("backup.db"))
	files, err := filepath.Glob(h.path("data/*"))
	must(t, err)
	for _, file := range append(files, h.path("backup.db")) {
		kept[filepath.Base(file)], err = os.ReadFile(file)
		must(t, err)
	}
	kept["the server's log"] = []byte(h.log.String())
	for where, text := range kept {
		text = bytes.ToLower(text)
		for name, secret := range secrets {
			part := strings.ToLower(secret)
			if name == "API key" {
				part = part[16:] // what is before it is the id
			}
			if bytes.Contains(text, []byte(part)) {
				at := bytes.Index(text, []byte(part))
				t.Errorf("%s has the %s: %q", where, name, text[max(0, at-200):min(len(text), at+80)])
			}
		}
	}
	for where, has := range map[string]string{"muster.db-wal": "ada@acme.dev", "backup.db": "ada@acme.dev", "the server's log": "command=", "the audit log": `"outcome":"refused"`, "the list of invitations": "spam from …"} {
		if !bytes.Contains(kept[where], []byte(has)) {
			t.Errorf("%s does not have %q: this looks in the wrong place", where, has)
		}
	}
}
