package cli

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"muster/internal/sshkey"
	"muster/models"
	"muster/store"
)

// securityKey signs like a hardware key does (OpenSSH's PROTOCOL.u2f): over the
// hash of the application, the flags, a counter and the hash of the data.
type securityKey struct {
	public  gossh.PublicKey
	private ed25519.PrivateKey
	touched bool
}

const skType, skApplication = "sk-ssh-ed25519@openssh.com", "ssh:"

func newSecurityKey(t *testing.T) *securityKey {
	t.Helper()
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := gossh.ParsePublicKey(gossh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{skType, pub, skApplication}))
	if err != nil {
		t.Fatal(err)
	}
	return &securityKey{public, private, true}
}

func (k *securityKey) PublicKey() gossh.PublicKey { return k.public }

func (k *securityKey) Sign(_ io.Reader, data []byte) (*gossh.Signature, error) {
	rest := []byte{0, 0, 0, 0, 7}
	if k.touched {
		rest[0] = 1
	}
	application, message := sha256.Sum256([]byte(skApplication)), sha256.Sum256(data)
	signed := bytes.Join([][]byte{application[:], rest, message[:]}, nil)
	return &gossh.Signature{Format: skType, Blob: ed25519.Sign(k.private, signed), Rest: rest}, nil
}

// TestHardwareKeyOverSSH signs in with a hardware key, which satisfies both
// rules about them, where an ordinary key of the same person does not.
func TestHardwareKeyOverSSH(t *testing.T) {
	ctx := t.Context()
	s, env, dir := emptyInstallation(t)
	token := newSecurityKey(t)
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gossh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	first, err := sshkey.Check(plain.PublicKey(), "laptop")
	if err != nil {
		t.Fatal(err)
	}
	u, err := s.Init(ctx, store.NewUser{Name: "Ada", Email: "ada@example.com", Key: &first})
	if err != nil {
		t.Fatal(err)
	}
	ada := models.Actor{UserID: u.ID, Via: models.ViaLocal}
	acme, err := s.CreateOrganization(ctx, ada, store.NewOrganization{Name: "Acme", Code: "ACME"})
	if err != nil {
		t.Fatal(err)
	}
	run := frontDoor(t, s, env, dir)
	works := func(key gossh.Signer, line, input string) {
		t.Helper()
		if out, err := run("acme", key, line, input); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	refused := func(key gossh.Signer, why string) {
		t.Helper()
		if out, err := run("acme", key, "member list", ""); err == nil || !strings.Contains(out, why) || strings.Contains(out, "ada@example.com") {
			t.Fatalf("not refused because %q: %v\n%s", why, err, out)
		}
	}
	works(plain, "key add", string(gossh.MarshalAuthorizedKey(token.public)))
	works(token, "settings set security.hardware_key_required=on security.two_factor=required security.hardware_key_counts=on", "")
	works(token, "member list", "")
	refused(plain, "requires a hardware key")
	works(token, "settings set security.hardware_key_required=off", "")
	refused(plain, "requires a second factor")
	works(token, "member list", "")
	// One that nobody touched proves nothing.
	token.touched = false
	if _, err := run("acme", token, "member list", ""); err == nil {
		t.Error("a signature without a touch is taken")
	}
	if v, err := s.Organization(ctx, ada, acme.ID); err != nil || !v.Security.TwoFactor {
		t.Errorf("%+v, %v", v.Security, err)
	}
}
