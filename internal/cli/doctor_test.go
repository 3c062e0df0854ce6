package cli

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// clinic is an installation that doctor looks at.
type clinic struct {
	t   *testing.T
	dir string // the data directory; the configuration file is beside it
	now time.Time
	env map[string]string
}

func newClinic(t *testing.T) *clinic {
	t.Helper()
	c := &clinic{t: t, dir: filepath.Join(t.TempDir(), "data"), now: time.Now(), env: map[string]string{}}
	c.must("init", "--name", "Ada", "--email", "ada@example.com")
	c.must("org", "create", "--name", "Acme", "--code", "ACME")
	return c
}

func (c *clinic) file() string { return filepath.Join(filepath.Dir(c.dir), "config.toml") }

func (c *clinic) configure(text string) {
	c.t.Helper()
	must(c.t, os.WriteFile(c.file(), []byte(text), 0o600))
	c.env["MUSTER_CONFIG"] = c.file()
}

func (c *clinic) run(args ...string) (out, errs string, status int) {
	var o, e bytes.Buffer
	env := Env{Args: args, In: strings.NewReader(""), Out: &o, Err: &e, Home: filepath.Dir(c.dir), Hostname: "box.example.com",
		Now: func() time.Time { return c.now }, After: time.After, OpenStore: store.Open}
	env.Getenv = func(name string) string {
		if v, ok := c.env[name]; ok {
			return v
		}
		return map[string]string{"HOME": filepath.Dir(c.dir), "MUSTER_DATA": c.dir, "MUSTER_LISTEN": "127.0.0.1:0"}[name]
	}
	status = Run(context.Background(), env)
	return o.String(), e.String(), status
}

func (c *clinic) must(args ...string) {
	c.t.Helper()
	if _, errs, status := c.run(args...); status != 0 {
		c.t.Fatalf("muster %s: %d, %s", strings.Join(args, " "), status, errs)
	}
}

// found is what doctor says, by the id of the check.
func (c *clinic) found() (ids []string, byID map[string]check) {
	c.t.Helper()
	out, _, status := c.run("doctor", "--json")
	var list struct{ Items []check }
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		c.t.Fatalf("%v in %s", err, out)
	}
	byID, bad := map[string]check{}, 0
	for _, ch := range list.Items {
		ids, byID[ch.ID] = append(ids, ch.ID), ch
		if !ch.OK {
			bad++
		}
	}
	if (status == 1) != (bad > 0) || status > 1 {
		c.t.Errorf("%d checks are wrong and the exit status is %d", bad, status)
	}
	return ids, byID
}

// wrong holds that one check is, with these words in its note or hint, and no other.
func (c *clinic) wrong(id string, words ...string) {
	c.t.Helper()
	ids, found := c.found()
	for _, other := range ids {
		if got := found[other]; got.OK == (other == id) {
			c.t.Errorf("%s is ok %v: %s (%s)", other, got.OK, got.Note, got.Hint)
		}
	}
	text := found[id].Note + " (" + found[id].Hint + ")"
	for _, w := range words {
		if !strings.Contains(text, w) {
			c.t.Errorf("%s says %q and not %q", id, text, w)
		}
	}
}

// TestDoctorOfAHealthyInstallation holds the ids, which scripts depend on.
func TestDoctorOfAHealthyInstallation(t *testing.T) {
	c := newClinic(t)
	ids, found := c.found()
	const want = "configuration keys colours address database permissions integrity schema audit plans secret clock disk host_key port mail"
	if got := strings.Join(ids, " "); got != want {
		t.Errorf("doctor checks %s", got)
	}
	for id, ch := range found {
		if !ch.OK || ch.Note == "" {
			t.Errorf("%s: %+v", id, ch)
		}
	}
	if note := found["configuration"].Note; !strings.Contains(note, "there is no file") {
		t.Errorf("the configuration is %q", note)
	}
	c.configure("theme = \"dark\"\n")
	if _, found = c.found(); !strings.Contains(found["configuration"].Note, "from "+c.file()) {
		t.Errorf("the configuration is %q", found["configuration"].Note)
	}
}

func TestDoctorSeesKeysThatCannotBe(t *testing.T) {
	for _, tt := range []struct{ line, note, hint string }{
		{`"invitation.aprove" = "a"`, `there is no action "invitation.aprove"`, `did you mean "invitation.approve"?`},
		{`"invitation.approve" = ["a", "y"]`, "y is bound to", `"invitation.copy" = []`},
		{`"member.role" = "enterr"`, `"enterr" is not a key`, "[e]"},
		{`"member.role" = "ctrl+b"`, "multiplexers and terminals take it", "[e]"},
	} {
		t.Run(tt.line, func(t *testing.T) {
			c := newClinic(t)
			c.configure("theme = \"dark\"\n\n[keys]\n" + tt.line + "\n")
			c.wrong("keys", fmt.Sprintf("%s:4: ", c.file()), tt.note, tt.hint)
		})
	}
	c := newClinic(t)
	c.configure("[keys]\n\"invitation.copy\" = []\n\"invitation.approve\" = [\"a\", \"y\"]\n")
	if _, found := c.found(); !found["keys"].OK {
		t.Errorf("keys: %+v", found["keys"])
	}
}

func TestDoctorSeesAPlanThatIsGone(t *testing.T) {
	c := newClinic(t)
	c.configure("[plans.gold]\nseats = 10\n")
	c.must("plan", "set", "gold", "--org", "ACME")
	c.configure("theme = \"dark\"\n")
	c.wrong("plans", "gold", "ACME", "[plans.NAME]")
}

func TestDoctorSeesTheWrongSecret(t *testing.T) {
	c := newClinic(t)
	c.must("invite", "create", "--org", "ACME", "--email", "bob@example.com")
	secret := filepath.Join(c.dir, store.SecretFile)
	must(t, os.Rename(secret, secret+".away"))
	_, found := c.found()
	if found["secret"].OK || found["database"].OK || !strings.Contains(found["secret"].Hint, "put your copy") {
		t.Errorf("without the secret: %+v, %+v", found["secret"], found["database"])
	}
	if _, err := os.Stat(secret); !os.IsNotExist(err) {
		t.Fatalf("doctor made a secret: %v", err)
	}
	if _, errs, status := c.run("org", "list"); status != 0 || !strings.Contains(errs, "there is a database, and no") {
		t.Errorf("a new secret is made with %d, %q", status, errs)
	}
	c.wrong("secret", "open invitations")
	must(t, os.Rename(secret+".away", secret))
	if _, found = c.found(); !found["secret"].OK {
		t.Errorf("%+v", found["secret"])
	}
}

func TestDoctorSeesOpenFiles(t *testing.T) {
	c := newClinic(t)
	must(t, os.Chmod(c.dir, 0o755))
	c.wrong("permissions", "0755", "chmod 700")
	must(t, os.Chmod(c.dir, 0o700))
	secret := filepath.Join(c.dir, store.SecretFile)
	must(t, os.Chmod(secret, 0o644))
	c.mustBeWrong("database", "0644")
	must(t, os.Chmod(secret, 0o600))
	c.configure("theme = \"dark\"\n")
	must(t, os.Chmod(c.file(), 0o666))
	c.wrong("configuration", "chmod go-w")
}

// mustBeWrong is wrong where the checks after it are left out.
func (c *clinic) mustBeWrong(id, word string) {
	c.t.Helper()
	if _, found := c.found(); found[id].OK || !strings.Contains(found[id].Note+found[id].Hint, word) {
		c.t.Errorf("%s: %+v", id, found[id])
	}
}

func TestDoctorSeesNoDatabase(t *testing.T) {
	c := newClinic(t)
	c.dir = filepath.Join(t.TempDir(), "elsewhere")
	c.mustBeWrong("database", "muster init")
	c.env["MUSTER_CONFIG"] = "/no/such/file.toml"
	c.mustBeWrong("configuration", "/no/such/file.toml")
}

func TestDoctorSeesABadHostKey(t *testing.T) {
	c := newClinic(t)
	must(t, os.WriteFile(filepath.Join(c.dir, "host_key"), nil, 0o600))
	c.wrong("host_key", "is empty")
}

func TestDoctorSeesTheClock(t *testing.T) {
	c := newClinic(t)
	c.now = c.now.Add(-time.Hour)
	c.wrong("clock", "set the machine's clock")
}

func TestDoctorSeesMail(t *testing.T) {
	c := newClinic(t)
	c.env["MUSTER_MAIL_SMTP_HOST"], c.env["MUSTER_MAIL_SMTP_PORT"] = "127.0.0.1", "1"
	c.env["MUSTER_MAIL_SMTP_TLS"], c.env["MUSTER_MAIL_FROM"] = "none", "muster@example.com"
	c.wrong("mail", "muster config")
}

func TestDoctorSeesThePort(t *testing.T) {
	c := newClinic(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	greeting := make(chan string, 2)
	go func() {
		for text := range greeting {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, text)
			conn.Close()
		}
	}()
	defer close(greeting)
	c.env["MUSTER_LISTEN"] = l.Addr().String()
	greeting <- "220 mail.example.com ESMTP\r\n"
	c.wrong("port", "another program listens")
	greeting <- "SSH-2.0-muster\r\n"
	if _, found := c.found(); !found["port"].OK || !strings.Contains(found["port"].Note, "muster serves on") {
		t.Errorf("%+v", found["port"])
	}
	c.env["MUSTER_LISTEN"] = "203.0.113.7:2222" // of documentation: no machine has it
	c.wrong("port", "cannot listen on")
}

func TestDoctorSeesAPortThatIsNotTheOneOfTheAddress(t *testing.T) {
	c := newClinic(t)
	c.env["MUSTER_ADDRESS"] = "muster.example.com"
	if _, found := c.found(); !strings.Contains(found["address"].Note, "on port 22; the server listens on") {
		t.Errorf("%+v", found["address"])
	}
}

func TestDoctorSeesAFullDisk(t *testing.T) {
	if note, err := diskNote(10<<30, 1<<30); err != nil || note != "10240 MB free, and the database takes 1024 MB" {
		t.Errorf("%q, %v", note, err)
	}
	for _, full := range [][2]int64{{leastSpace - 1, 0}, {1 << 30, 2 << 30}} {
		if note, err := diskNote(full[0], full[1]); models.CodeOf(err) != models.CodeLimit {
			t.Errorf("%v: %q, %v", full, note, err)
		}
	}
	if free, known := freeSpace(t.TempDir()); known && free == 0 {
		t.Error("no space at all, and yet a directory was made")
	}
}

// spoil changes the database behind muster's back.
func (c *clinic) spoil(query string) {
	c.t.Helper()
	d, err := sql.Open("sqlite", filepath.Join(c.dir, store.DatabaseFile))
	must(c.t, err)
	defer d.Close()
	_, err = d.Exec(query)
	must(c.t, err)
}

func TestDoctorSeesTheDatabase(t *testing.T) {
	t.Run("of a newer muster", func(t *testing.T) {
		c := newClinic(t)
		c.spoil("UPDATE schema_version SET version = version + 1")
		c.mustBeWrong("database", "created by a newer muster")
	})
	t.Run("cut short", func(t *testing.T) {
		c := newClinic(t)
		must(t, os.Truncate(filepath.Join(c.dir, store.DatabaseFile), 8192))
		c.mustBeWrong("database", "restore")
	})
	t.Run("with a reference to nothing", func(t *testing.T) {
		c := newClinic(t)
		c.spoil("PRAGMA foreign_keys = OFF; DELETE FROM users")
		c.mustBeWrong("integrity", "restore")
	})
	t.Run("with something that is not muster's", func(t *testing.T) {
		c := newClinic(t)
		c.spoil("CREATE TRIGGER theirs AFTER INSERT ON users BEGIN SELECT 1; END")
		c.wrong("schema", "theirs")
	})
	t.Run("with a log that was changed", func(t *testing.T) {
		c := newClinic(t)
		c.spoil("UPDATE audit SET actor_email = 'eve@example.com' WHERE seq = 1")
		c.wrong("audit", "entry 1")
	})
}
