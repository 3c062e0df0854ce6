package sshkey_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"muster/internal/sshkey"
	"muster/models"
)

// block writes a key in the form of RFC 4716, with these headers.
func block(pub ssh.PublicKey, headers ...string) string {
	var b strings.Builder
	b.WriteString("---- BEGIN SSH2 PUBLIC KEY ----\n")
	for _, h := range headers {
		b.WriteString(h + "\n")
	}
	text := base64.StdEncoding.EncodeToString(pub.Marshal())
	for ; len(text) > 64; text = text[64:] {
		b.WriteString(text[:64] + "\n")
	}
	b.WriteString(text + "\n---- END SSH2 PUBLIC KEY ----\n")
	return b.String()
}

func TestParseBlock(t *testing.T) {
	ed, _ := newEd25519(t)
	rsa := fakeRSA(t, 2048)
	for name, tt := range map[string]struct{ text, label string }{
		"PuTTYgen":            {block(rsa, `Comment: "rsa-key-20260101"`), "rsa-key-20260101"},
		"without a comment":   {block(rsa), ""},
		"without quotes":      {block(rsa, "Comment: Ada's laptop: the old one"), "Ada's laptop: the old one"},
		"a long comment":      {block(rsa, `Comment: "This is my public key for use on \`, `servers which I don't like"`), "This is my public key for use on servers which I don't like"},
		"other headers":       {block(rsa, "Subject: me", "x-command: /home/me/bin/lock-in-guest.sh", "comment: x"), "x"},
		"line ends of others": {strings.ReplaceAll(block(rsa, `Comment: "x"`), "\n", "\r\n"), "x"},
		"a mark and blanks":   {"\ufeff\n  " + block(rsa, `Comment: "x"`) + "\n\n", "x"},
	} {
		key, err := sshkey.Parse([]byte(tt.text))
		if err != nil || key.Fingerprint != ssh.FingerprintSHA256(rsa) || key.Label != tt.label {
			t.Errorf("%s: %+v, %v", name, key, err)
		}
	}
	good := block(ed, `Comment: "x"`)
	for name, tt := range map[string]struct{ text, want string }{
		"two":             {good + good, "more than one key"},
		"cut off":         {good[:len(good)-20], "the end of this SSH public key is missing"},
		"not its bytes":   {strings.Replace(good, "AAAA", "AAAB", 1), "not an SSH public key"},
		"no key at all":   {"---- BEGIN SSH2 PUBLIC KEY ----\n---- END SSH2 PUBLIC KEY ----", "not an SSH public key"},
		"something else":  {"---- BEGIN SOMETHING ----\n", "not an SSH public key"},
		"more bytes":      {block(extra{ed}), "not an SSH public key"},
		"weak":            {block(fakeRSA(t, 1024)), "needs at least 2048"},
		"private":         {"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nP2/56wAAAA==\n---- END SSH2 ENCRYPTED PRIVATE KEY ----", "private key"},
		"PuTTY's private": {"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", "private key"},
		"PEM":             {"-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----", "PEM"},
		"a signature":     {"-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----", "a signature"},
	} {
		_, err := sshkey.Parse([]byte(tt.text))
		var e *models.Error
		if !errors.As(err, &e) || e.Code != models.CodeInvalid || !strings.Contains(e.Message, tt.want) || e.Hint == "" {
			t.Errorf("%s: %+v, want %q", name, e, tt.want)
		}
	}
}

// extra is a key with bytes behind it.
type extra struct{ ssh.PublicKey }

func (e extra) Marshal() []byte { return append(e.PublicKey.Marshal(), 0) }

// TestOpenSSHWritesBlocks reads what ssh-keygen -e writes of every type.
func TestOpenSSHWritesBlocks(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("no ssh-keygen")
	}
	dir := t.TempDir()
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		file := filepath.Join(dir, kind)
		if out, err := exec.Command(keygen, "-q", "-t", kind, "-N", "", "-C", "ada@laptop", "-f", file).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		want, err := sshkey.Load(file + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(keygen, "-e", "-f", file+".pub").Output()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := sshkey.Parse(out); err != nil || got.Fingerprint != want.Fingerprint || got.Label == "" {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
		// And what it signs.
		sign := exec.Command(keygen, "-q", "-Y", "sign", "-n", sshkey.Namespace, "-f", file)
		sign.Stdin = strings.NewReader("what to sign\n")
		armored, err := sign.Output()
		if err != nil {
			t.Fatal(err)
		}
		sig, err := sshkey.ParseSignature(armored)
		if err != nil || sig.Key.Fingerprint != want.Fingerprint {
			t.Fatalf("%s: %+v, %v", kind, sig.Key, err)
		}
		if !sig.Signs("another", "what to sign") || sig.Signs("another") || sig.Signs() {
			t.Errorf("%s: a signature is not taken for what it is over", kind)
		}
	}
}

// newSignature signs a text as ssh-keygen does.
func newSignature(t testing.TB, signer ssh.Signer, text, namespace string) []byte {
	t.Helper()
	sig, err := sshsig.Sign(strings.NewReader(text), signer, sshsig.HashSHA512, namespace)
	if err != nil {
		t.Fatal(err)
	}
	return sshsig.Armor(sig)
}

func TestSignature(t *testing.T) {
	_, private := newEd25519(t)
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"", "\n", "\r\n"} {
		sig, err := sshkey.ParseSignature(bytes.ReplaceAll(newSignature(t, signer, "text"+end, sshkey.Namespace), []byte("\n"), []byte("\r\n")))
		if err != nil || !sig.Signs("text") || sig.Signs("text.") {
			t.Errorf("with %q: %v", end, err)
		}
	}
	if (sshkey.Signature{}).Signs("") {
		t.Error("nothing signs something")
	}
	for name, tt := range map[string]struct {
		text []byte
		want string
	}{
		"of another namespace": {newSignature(t, signer, "text", "git"), "for something else"},
		"cut off":              {newSignature(t, signer, "text", sshkey.Namespace)[:80], "cannot be read"},
		"no signature":         {[]byte("ssh-ed25519 AAAA"), "cannot be read"},
		"too long":             {bytes.Repeat([]byte("x"), 20<<10), "too long"},
	} {
		if _, err := sshkey.ParseSignature(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseBlock(f *testing.F) {
	ed, _ := newEd25519(f)
	f.Add([]byte(block(ed, `Comment: "x"`)))
	f.Add([]byte(block(fakeRSA(f, 2048), `Comment: a\`, `b`, "Subject: me")))
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := sshkey.Parse(append([]byte("---- BEGIN SSH2 PUBLIC KEY ----\n"), text...))
		if err != nil {
			var e *models.Error
			if !errors.As(err, &e) || e.Code != models.CodeInvalid {
				t.Fatalf("%v is not an invalid-value error", err)
			}
			return
		}
		pub, err := ssh.ParsePublicKey(key.Wire)
		if err != nil || ssh.FingerprintSHA256(pub) != key.Fingerprint {
			t.Fatalf("%+v, %v", key, err)
		}
		if again, err := sshkey.Parse([]byte(block(pub))); err != nil || again.Fingerprint != key.Fingerprint {
			t.Fatalf("%+v, %v", again, err)
		}
	})
}

func FuzzParseSignature(f *testing.F) {
	_, private := newEd25519(f)
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(newSignature(f, signer, "text", sshkey.Namespace))
	f.Add([]byte("-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		sig, err := sshkey.ParseSignature(text)
		if err == nil && sig.Signs("a text that nothing in the corpus signs") {
			t.Fatalf("%q signs something else", text)
		}
	})
}
