package cli

import (
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"github.com/hiddeco/sshsig"

	"muster/internal/clock"
	"muster/internal/sshkey"
	"muster/models"
	"muster/store"
)

// TestAStolenKeyOfASiteAdminOverSSH is somebody with the plain key of a site admin
// who belongs to no organization, where one requires a second factor: they learn
// nothing of who is in it, and make nobody a way in.
func TestAStolenKeyOfASiteAdminOverSSH(t *testing.T) {
	ctx, env := t.Context(), Env{Now: clock.System, After: time.After, Getenv: func(string) string { return "" }, OpenStore: store.Open}
	dir := t.TempDir()
	s, err := store.Open(ctx, store.Options{Dir: dir, Create: true, Now: env.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	stolen, public := signer(t, "laptop")
	u, err := s.Init(ctx, store.NewUser{Name: "Root", Email: "root@example.com", Key: &public})
	if err != nil {
		t.Fatal(err)
	}
	root := models.Actor{UserID: u.ID, Via: models.ViaLocal}
	_, bobs := signer(t, "bob")
	bob, _, err := s.CreateUser(ctx, root, models.NewAccount{Email: "bob@example.com", Name: "Bob", Key: &bobs})
	if err != nil {
		t.Fatal(err)
	}
	asBob := models.Actor{UserID: bob.ID, Via: models.ViaLocal}
	for _, code := range []string{"ACME", "OPEN"} {
		if _, err := s.CreateOrganization(ctx, asBob, store.NewOrganization{Name: code, Code: code}); err != nil {
			t.Fatal(err)
		}
	}
	run := frontDoor(t, s, env, dir)
	dial := func(key gossh.Signer, line, input string) (out string, err error) {
		for out, err = run("root", key, line, input); strings.Contains(out, "commands a second"); out, err = run("root", key, line, input) {
			time.Sleep(100 * time.Millisecond) // the limit of commands is not what is tried here
		}
		return out, err
	}
	if out, err := dial(stolen, "user list", ""); err != nil || !strings.Contains(out, "bob@example.com") {
		t.Fatalf("where no second factor is required: %v\n%s", err, out)
	}
	if _, err := s.UpdateSettings(ctx, asBob, "ACME", []models.SettingChange{{Key: models.SetTwoFactor, Value: models.TwoFactorRequired}}, true); err != nil {
		t.Fatal(err)
	}

	soft := newSecurityKey(t)
	own := string(gossh.MarshalAuthorizedKey(soft.public))
	tries := []struct{ line, input string }{
		{"user list", ""}, {"user show bob@example.com", ""}, {"user list --org open", ""}, {"member list --org acme", ""},
		{"org list --all", ""}, {"audit list --installation", ""},
		{"user create --email eve@example.com --name Eve --site-admin --key -", own},
		{"user edit bob@example.com --email eve@example.com", ""}, {"user edit bob@example.com --site-admin on", ""},
		{"user enrol bob@example.com", ""}, {"user enrol bob@example.com --org open", ""},
		{"user suspend bob@example.com", ""}, {"two-factor reset bob@example.com", ""},
		{"key add", own}, {"key pair", ""},
	}
	refused := func(when string) {
		t.Helper()
		for _, try := range tries {
			out, err := dial(stolen, try.line, try.input)
			if err == nil || !strings.Contains(out, "second factor") || strings.Contains(out, "Bob") {
				t.Errorf("%s, %s: %v\n%s", try.line, when, err, out)
			}
		}
	}
	refused("with no second factor")
	if _, err := s.EnrolSecondFactor(ctx, root, "host"); err != nil {
		t.Fatal(err)
	}
	refused("with one that was begun")
}

// TestSignaturesOfAHardwareKey holds that a signature for which nobody
// pressed the key proves nothing.
func TestSignaturesOfAHardwareKey(t *testing.T) {
	token := newSecurityKey(t)
	for _, pressed := range []bool{true, false} {
		token.touched = pressed
		sig, err := sshsig.Sign(strings.NewReader("text"), token, sshsig.HashSHA512, sshkey.Namespace)
		if err != nil {
			t.Fatal(err)
		}
		got, err := sshkey.ParseSignature(sshsig.Armor(sig))
		if err != nil || got.Signs("text") != pressed {
			t.Errorf("pressed %v: %v, %v", pressed, got.Signs("text"), err)
		}
	}
}
