package cli

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base32"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"muster/internal/clock"
	"muster/internal/config"
	"muster/internal/sshkey"
	"muster/internal/tools/fresh"
	"muster/internal/totp"
	"muster/models"
	"muster/sshserver"
	"muster/store"
)

// frontDoor serves a store over SSH, and gives what runs a command line there
// with a key and some input.
func frontDoor(t *testing.T, s *store.Store, env Env, dir string) func(login string, key gossh.Signer, line, input string) (string, error) {
	t.Helper()
	in := installation{Config: &config.Config{}}
	door := &door{env: env, log: slog.New(slog.DiscardHandler), store: s, in: in}
	server, err := sshserver.New(sshserver.Config{
		HostKeyPath: filepath.Join(dir, "host_key"), Directory: s, App: door.app, Command: door.command,
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(serving, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})

	return func(login string, key gossh.Signer, line, input string) (string, error) {
		c, err := gossh.Dial("tcp", listener.Addr().String(), &gossh.ClientConfig{
			User: login, Auth: []gossh.AuthMethod{gossh.PublicKeys(key)}, HostKeyCallback: gossh.InsecureIgnoreHostKey(),
		})
		if err != nil {
			return "", err
		}
		defer c.Close()
		session, err := c.NewSession()
		if err != nil {
			return "", err
		}
		session.Stdin = strings.NewReader(input)
		out, err := session.CombinedOutput(line)
		return string(out), err
	}
}

// signer makes a key pair, and what of it muster is given.
func signer(t *testing.T, label string) (gossh.Signer, models.PublicKey) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := gossh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	public, err := sshkey.Check(key.PublicKey(), label)
	if err != nil {
		t.Fatal(err)
	}
	return key, public
}

// emptyInstallation is a store in which there is nobody yet, and its directory.
func emptyInstallation(t *testing.T) (*store.Store, Env, string) {
	t.Helper()
	env, dir := Env{Now: clock.System, After: time.After, Getenv: func(string) string { return "" }, OpenStore: store.Open}, t.TempDir()
	fresh.Database(t, dir)
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Now: env.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, env, dir
}

// TestAStolenKeyOverSSH is somebody with the plain key of a member of an
// organization that requires a second factor, who tries to make themselves a way
// in that it takes for one: a key of a hardware type made in software, a paired
// machine, another address.
func TestAStolenKeyOverSSH(t *testing.T) {
	ctx := t.Context()
	s, env, dir := emptyInstallation(t)
	stolen, public := signer(t, "laptop")
	u, err := s.Init(ctx, store.NewUser{Name: "Ada", Email: "ada@example.com", Key: &public})
	if err != nil {
		t.Fatal(err)
	}
	ada := models.Actor{UserID: u.ID, Via: models.ViaLocal}
	acme, err := s.CreateOrganization(ctx, ada, store.NewOrganization{Name: "Acme", Code: "ACME"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.UpdateSettings(ctx, ada, acme.ID, []models.SettingChange{
		{Key: models.SetTwoFactor, Value: models.TwoFactorRequired}, {Key: models.SetHardwareKeyCounts, Value: models.On}}, true); err != nil {
		t.Fatal(err)
	}
	dial := frontDoor(t, s, env, dir)
	run := func(login string, key gossh.Signer, line, input string) (out string, err error) {
		for out, err = dial(login, key, line, input); strings.Contains(out, "commands a second"); out, err = dial(login, key, line, input) {
			time.Sleep(100 * time.Millisecond) // the limit of commands is not what is tried here
		}
		return out, err
	}
	soft := newSecurityKey(t)
	// or is what else may refuse. The organization of the login name is asked first,
	// and its rule refuses too.
	tries := []struct{ line, input, or string }{
		{"key add", string(gossh.MarshalAuthorizedKey(soft.public)), ""},
		{"key pair", "", ""},
		{"user edit ada@example.com --email eve@example.com", "", ""},
		{"user enrol ada@example.com", "", "you cannot create a code for your own"},
	}
	refused := func(why string) {
		t.Helper()
		for _, try := range tries {
			if out, err := run("acme", stolen, try.line, try.input); err == nil || !strings.Contains(out, why) && (try.or == "" || !strings.Contains(out, try.or)) && !strings.Contains(out, "requires your second factor") {
				t.Errorf("%s: %v\n%s", try.line, err, out)
			}
		}
		if out, err := run("acme", soft, "member list", ""); err == nil {
			t.Errorf("the software key signs in:\n%s", out)
		}
	}
	refused("requires a second factor")

	// The same where the member has one, also from where a code was given.
	e, err := s.EnrolSecondFactor(ctx, ada, "host")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(e.Secret, "="))
	if err != nil {
		t.Fatal(err)
	}
	step := totp.StepAt(env.Now())
	recovery, err := s.ConfirmSecondFactor(ctx, ada, totp.Code(secret, step))
	if err != nil {
		t.Fatal(err)
	}
	refused("a two-factor code")
	if out, err := run("acme", stolen, "two-factor verify "+recovery[0], ""); err != nil {
		t.Fatalf("verify: %v\n%s", err, out)
	}
	refused("a two-factor code")

	// The member has a code for it.
	if out, err := run("acme", stolen, "key add --code "+recovery[1], string(gossh.MarshalAuthorizedKey(soft.public))); err != nil {
		t.Fatalf("with a code: %v\n%s", err, out)
	}
	if out, err := run("acme", soft, "member list", ""); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
