package keyfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/models"
)

func held(email, role string, verified bool) models.HeldKey {
	return models.HeldKey{UserID: "usr_" + email, Email: email, EmailVerified: verified, Handle: "h-" + role, Role: role, Type: "ssh-ed25519", Key: "AAAA", Fingerprint: "SHA256:x", ValidAfter: time.Unix(0, 0)}
}

// A name is one word of its line, whatever somebody called themselves.
func TestNamesStayInTheirPlace(t *testing.T) {
	for _, email := range []string{"a b@x.de", "*@x.de", "!a@x.de", "a,b@x.de", `"a"@x.de`, "a\nssh-ed25519 BBBB@x.de", "#@x.de", ""} {
		k := held(email, "owner", true)
		for _, text := range []string{string(AllowedSigners([]models.HeldKey{k})), AuthorizedLine(k, "")} {
			if strings.Count(text, "\n") != 1 || strings.Count(text, " ") > 4 || strings.ContainsAny(strings.SplitN(text, " namespaces", 2)[0], "*!,\"#\n") && strings.Contains(text, "namespaces") {
				t.Errorf("%q becomes %q", email, text)
			}
		}
	}
}

func TestWhoMayUseAnAccount(t *testing.T) {
	now := time.Unix(1e9, 0)
	past := now.Add(-time.Second)
	ended, signs := held("gone@x.de", "owner", true), held("signs@x.de", "owner", true)
	ended.ValidBefore, signs.NoLogin = &past, "no second factor"
	inLab := held("lab@x.de", "member", true)
	inLab.Workspaces = []string{"Lab"}
	x := models.KeyExport{Keys: []models.HeldKey{held("ada@x.de", "owner", true), held("fake@x.de", "viewer", false), inLab, ended, signs}}
	for text, want := range map[string]string{
		`roles = ["owner"]`:                           "ada@x.de",
		`users = ["ADA@x.de"]`:                        "ada@x.de",
		`users = ["fake@x.de"]`:                       "", // an address that nobody has verified
		`users = ["h-viewer"]`:                        "h-viewer",
		`workspaces = ["Lab"]`:                        "lab@x.de",
		"workspaces = [\"Lab\"]\nroles = [\"owner\"]": "",
		"roles = [\"owner\"]\nhardware = true":        "",
	} {
		file := filepath.Join(t.TempDir(), "accounts.toml")
		if err := os.WriteFile(file, []byte("[accounts.deploy]\n"+text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		all, err := ReadAccounts(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(all.Lines(x, "deploy", "", "", now))), "\n")
		if have := lines[0][strings.LastIndex(lines[0], " ")+1:]; have != want || len(lines) != 1 {
			t.Errorf("%s lets %q in, want %q", text, lines, want)
		}
		if b := all.Lines(x, "root", "", "", now); len(b) > 0 {
			t.Errorf("an account that is not in the file is open: %s", b)
		}
		if b := all.Lines(x, "deploy", "ssh-ed25519", "BBBB", now); len(b) > 0 {
			t.Errorf("another key gets a line: %s", b)
		}
	}
}

// A snapshot is followed by one of the same organization in which somebody is left.
func TestWhatFollowsASnapshot(t *testing.T) {
	now := time.Unix(1e9, 0)
	full := models.KeyExport{ID: "org_1", Code: "ACME", Keys: []models.HeldKey{held("ada@x.de", "owner", true)}}
	dir := filepath.Join(t.TempDir(), "keys")
	if err := Save(dir, Snapshot{CheckedAt: now, Export: full}); err != nil {
		t.Fatal(err)
	}
	s, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		next  models.KeyExport
		allow bool
		want  models.Code
	}{
		{"the same", full, false, ""},
		{"nobody", models.KeyExport{ID: "org_1"}, false, models.CodeConflict},
		{"nobody, as was said", models.KeyExport{ID: "org_1"}, true, ""},
		{"another organization", models.KeyExport{ID: "org_2", Keys: full.Keys}, true, models.CodeConflict},
	} {
		if err := s.CheckFollows(c.next, now, c.allow); models.CodeOf(err) != c.want && (err != nil || c.want != "") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for age, ok := range map[time.Duration]bool{0: true, StaleAfter: true, StaleAfter + 1: false, -2 * time.Hour: false} {
		if err := s.Fresh(now.Add(age), StaleAfter); (err == nil) != ok {
			t.Errorf("after %s: %v", age, err)
		}
	}
}
