package sshkey_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"muster/internal/sshkey"
	"muster/models"
)

func public(t testing.TB, key any) ssh.PublicKey {
	t.Helper()
	pub, err := ssh.NewPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pub
}

func line(pub ssh.PublicKey) string {
	return strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(pub)), "\n")
}

func newEd25519(t testing.TB) (ssh.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return public(t, pub), priv
}

func newECDSA(t testing.TB, curve elliptic.Curve) ssh.PublicKey {
	t.Helper()
	priv, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return public(t, &priv.PublicKey)
}

// fakeRSA is a key of an exact length that nobody can use, made at once.
func fakeRSA(t testing.TB, bits uint) ssh.PublicKey {
	t.Helper()
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	return public(t, &rsa.PublicKey{N: n.Add(n, big.NewInt(1)), E: 65537})
}

// newSK makes the security key forms from their wire format (PROTOCOL.u2f).
func newSK(t testing.TB, typ string) ssh.PublicKey {
	t.Helper()
	var wire []byte
	switch typ {
	case ssh.KeyAlgoSKED25519:
		pub, _, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		wire = ssh.Marshal(struct {
			Type string
			Key  []byte
			App  string
		}{typ, pub, "ssh:"})
	case ssh.KeyAlgoSKECDSA256:
		priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		point, err := priv.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		wire = ssh.Marshal(struct {
			Type, Curve string
			Key         []byte
			App         string
		}{typ, "nistp256", point, "ssh:"})
	}
	pub, err := ssh.ParsePublicKey(wire)
	if err != nil {
		t.Fatal(err)
	}
	return pub
}

func TestParseTakes(t *testing.T) {
	ed, _ := newEd25519(t)
	for name, pub := range map[string]ssh.PublicKey{
		"ssh-ed25519":                        ed,
		"sk-ssh-ed25519@openssh.com":         newSK(t, ssh.KeyAlgoSKED25519),
		"sk-ecdsa-sha2-nistp256@openssh.com": newSK(t, ssh.KeyAlgoSKECDSA256),
		"ecdsa-sha2-nistp256":                newECDSA(t, elliptic.P256()),
		"ecdsa-sha2-nistp384":                newECDSA(t, elliptic.P384()),
		"ecdsa-sha2-nistp521":                newECDSA(t, elliptic.P521()),
		"ssh-rsa":                            fakeRSA(t, 2048),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := sshkey.Parse([]byte("# mine\n\n" + line(pub) + " ada@laptop\r\n"))
			if err != nil {
				t.Fatal(err)
			}
			if got.Type != name || got.Fingerprint != ssh.FingerprintSHA256(pub) ||
				!bytes.Equal(got.Wire, pub.Marshal()) || got.Label != "ada@laptop" {
				t.Errorf("got %+v", got)
			}
		})
	}
	if _, err := sshkey.Parse([]byte(line(fakeRSA(t, 16384)))); err != nil {
		t.Errorf("rsa of 16384 bits: %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	ed, priv := newEd25519(t)
	good := line(ed)
	block, err := ssh.MarshalPrivateKey(priv, "ada@laptop")
	if err != nil {
		t.Fatal(err)
	}
	private := string(pem.EncodeToMemory(block))
	body := strings.Join(strings.Split(private, "\n")[1:3], "\n")

	signer, err := ssh.NewSignerFromKey(priv)
	if err != nil {
		t.Fatal(err)
	}
	cert := &ssh.Certificate{Key: ed, CertType: ssh.UserCert, ValidPrincipals: []string{"ada"}}
	if err := cert.SignCert(rand.Reader, signer); err != nil {
		t.Fatal(err)
	}
	dsaWire := ssh.Marshal(struct {
		Type       string
		P, Q, G, Y *big.Int
	}{"ssh-dss", new(big.Int).SetBit(big.NewInt(1), 1023, 1), new(big.Int).SetBit(big.NewInt(1), 159, 1), big.NewInt(2), big.NewInt(3)})

	for name, tt := range map[string]struct{ text, want string }{
		"empty":                 {"", "is missing"},
		"only comments":         {"# nothing\n\n", "is missing"},
		"words":                 {"hello there", "not an SSH public key"},
		"cut short":             {good[:40], "not an SSH public key"},
		"fingerprint":           {ssh.FingerprintSHA256(ed), "not an SSH public key"},
		"NUL":                   {"\x00" + good, "not an SSH public key"},
		"private OpenSSH":       {private, "private key"},
		"private without head":  {body, "private key"},
		"private PEM":           {"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", "private key"},
		"private PuTTY":         {"PuTTY-User-Key-File-3: ssh-ed25519\n", "private key"},
		"private and public":    {good + "\n" + private, "private key"},
		"long private":          {private + strings.Repeat("x", 20<<10), "private key"},
		"two keys":              {good + "\n" + good, "more than one line"},
		"options":               {`command="id",no-pty ` + good, "options"},
		"option":                {"restrict " + good, "options"},
		"cert-authority":        {"cert-authority " + good, "options"},
		"certificate":           {line(cert), "certificate"},
		"dsa":                   {"ssh-dss " + base64.StdEncoding.EncodeToString(dsaWire), "not allowed"},
		"rsa 1024":              {line(fakeRSA(t, 1024)), "has 1024 bits and needs at least 2048"},
		"rsa 2047":              {line(fakeRSA(t, 2047)), "has 2047 bits"},
		"rsa 16385":             {line(fakeRSA(t, 16385)), "not an SSH public key"},
		"type and bytes differ": {"ssh-rsa " + strings.Fields(good)[1], "not an SSH public key"},
		"too long":              {good + " " + strings.Repeat("x", 20<<10), "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := sshkey.Parse([]byte(tt.text))
			var e *models.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %+v, error %v", got, err)
			}
			if e.Code != models.CodeInvalid || e.Field != "key" || !strings.Contains(e.Message, tt.want) {
				t.Errorf("got %+v, want %q", e, tt.want)
			}
			echoesNothing(t, e, tt.text)
		})
	}
}

// echoesNothing checks that the error repeats no word of the text that could
// be part of a key.
func echoesNothing(t testing.TB, e *models.Error, text string) {
	t.Helper()
	shown := e.Message + " " + e.Hint
	for _, w := range strings.Fields(text) {
		if len(w) > 20 && strings.Contains(shown, w[:20]) {
			t.Errorf("%q repeats %q", shown, w[:20])
		}
	}
}

func TestLabelIsFitForAName(t *testing.T) {
	ed, _ := newEd25519(t)
	for comment, want := range map[string]string{
		"":                             "",
		"ada@laptop":                   "ada@laptop",
		"  work laptop ":               "work laptop",
		"a\x1b[31mb":                   "a[31mb",
		"a\u202eb\u200bc\U000E0041d":   "abcd",
		"\u202e":                       "",
		"a\xffb":                       "ab",
		strings.Repeat("é", 100):       strings.Repeat("é", 64),
		strings.Repeat("👩🏽\u0301", 64): strings.Repeat("👩🏽\u0301", 25),
	} {
		got, err := sshkey.Parse([]byte(line(ed) + " " + comment))
		if err != nil {
			t.Fatalf("%q: %v", comment, err)
		}
		if got.Label != want {
			t.Errorf("%q became %q, want %q", comment, got.Label, want)
		}
	}
}

func TestFind(t *testing.T) {
	ed, _ := newEd25519(t)
	ec := newECDSA(t, elliptic.P256())
	sk := newSK(t, ssh.KeyAlgoSKED25519)
	weak := fakeRSA(t, 1024)
	for name, tt := range map[string]struct {
		files map[string]string
		want  string // file
		err   string
	}{
		"preferred first":   {map[string]string{"id_ecdsa.pub": line(ec), "id_ed25519.pub": line(ed), "id_ed25519_sk.pub": line(sk)}, "id_ed25519.pub", ""},
		"then the hardware": {map[string]string{"id_ecdsa.pub": line(ec), "id_ed25519_sk.pub": line(sk)}, "id_ed25519_sk.pub", ""},
		"unusable skipped":  {map[string]string{"id_ed25519.pub": "broken", "id_ecdsa.pub": line(ec)}, "id_ecdsa.pub", ""},
		"other names left":  {map[string]string{"work.pub": line(ed)}, "", "no SSH public key in"},
		"none":              {nil, "", "no SSH public key in"},
		"only a weak one":   {map[string]string{"id_rsa.pub": line(weak)}, "", "id_rsa.pub: this rsa key has 1024 bits"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			key, path, err := sshkey.Find(dir)
			if tt.err != "" {
				var e *models.Error
				if !errors.As(err, &e) || !strings.Contains(e.Message, tt.err) || e.Hint == "" {
					t.Errorf("got %s, error %+v, want %q", path, e, tt.err)
				}
				if none := len(tt.files) == 0; none && !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%v is not fs.ErrNotExist", err)
				}
				return
			}
			if err != nil || path != filepath.Join(dir, tt.want) || key.Fingerprint == "" {
				t.Errorf("got %s, %+v, %v, want %s", path, key, err, tt.want)
			}
		})
	}
	t.Run("no directory", func(t *testing.T) {
		if _, _, err := sshkey.Find(filepath.Join(t.TempDir(), "gone")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	})
}

func TestLoadNamesTheFile(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "gone.pub"): "no such file",
		dir:                            "not a regular file",
	} {
		if _, err := sshkey.Load(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s and %q", err, path, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	ed, _ := newEd25519(f)
	f.Add([]byte(line(ed) + " ada@laptop"))
	f.Add([]byte("restrict,command=\"a b\" " + line(newSK(f, ssh.KeyAlgoSKECDSA256)) + " \u202ex"))
	f.Add([]byte(line(fakeRSA(f, 2048))))
	f.Add([]byte("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := sshkey.Parse(text)
		if err != nil {
			var e *models.Error
			if !errors.As(err, &e) || e.Code != models.CodeInvalid {
				t.Fatalf("%v is not an invalid-value error", err)
			}
			echoesNothing(t, e, string(text))
			return
		}
		if key.Label != "" {
			if again, err := models.CheckName("label", key.Label); err != nil || again != key.Label {
				t.Fatalf("label %q is no name: %v", key.Label, err)
			}
		}
		clean := key.Type + " " + base64.StdEncoding.EncodeToString(key.Wire) + " " + key.Label
		again, err := sshkey.Parse([]byte(clean))
		if err != nil || again.Fingerprint != key.Fingerprint || !bytes.Equal(again.Wire, key.Wire) {
			t.Fatalf("%q came back as %+v, %v", clean, again, err)
		}
	})
}
