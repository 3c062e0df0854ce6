package sshserver

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"muster/models"
)

// whoIs is a command that tells who the server takes the client for.
func whoIs(cfg *Config) {
	cfg.Command = func(_ context.Context, s *Session) int {
		_, _ = io.WriteString(s.Out, s.UserID+" "+s.Login+" "+s.KeyType+" "+s.Fingerprint)
		return 0
	}
}

// forged claims one key and signs with another, or with none.
type forged struct {
	public gossh.PublicKey
	with   gossh.Signer
}

func (f forged) PublicKey() gossh.PublicKey { return f.public }

func (f forged) Sign(r io.Reader, data []byte) (*gossh.Signature, error) {
	if f.with == nil {
		return nil, errors.New("the private key is not here")
	}
	return f.with.Sign(r, data)
}

// inTurn offers methods one after another, whatever became of the one before.
func inTurn(methods ...gossh.AuthMethod) func(*gossh.ClientAuthContext) (gossh.AuthMethod, error) {
	return func(*gossh.ClientAuthContext) (gossh.AuthMethod, error) {
		if len(methods) == 0 {
			return nil, errors.New("no method left")
		}
		m := methods[0]
		methods = methods[1:]
		return m, nil
	}
}

func TestIdentityIsTheProvenKey(t *testing.T) {
	h := open(t, whoIs)
	admin, mallory := h.known("usr_admin"), h.known("usr_mallory")
	stranger := newKey(t)

	t.Run("offering the admin's key and signing with the own one is the own identity", func(t *testing.T) {
		cfg := clientConfig("acme")
		cfg.AuthCallback = inTurn(
			gossh.PublicKeys(forged{public: admin.PublicKey()}), // answered "would do"
			gossh.PublicKeys(mallory))
		c, err := gossh.Dial("tcp", h.addr, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if r := run(t, c, "x"); !strings.HasPrefix(r.out, "usr_mallory ") {
			t.Errorf("taken for %q", r.out)
		}
	})
	t.Run("the same for a stranger who wants to join", func(t *testing.T) {
		cfg := clientConfig("join+code")
		cfg.AuthCallback = inTurn(
			gossh.PublicKeys(stranger), // partial success
			gossh.PublicKeys(forged{public: admin.PublicKey()}),
			gossh.PublicKeys(stranger))
		c, err := gossh.Dial("tcp", h.addr, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if r := run(t, c, "x"); !strings.HasPrefix(r.out, " join+code ") {
			t.Errorf("taken for %q", r.out)
		}
	})
	t.Run("signing for the admin's key with another one gets nowhere", func(t *testing.T) {
		for _, login := range []string{"acme", "join+code"} {
			if _, err := h.dial(login, forged{public: admin.PublicKey(), with: mallory}); err == nil {
				t.Error("came in as", login)
			}
		}
	})
	t.Run("nor does changing the user name after a stranger's key was proven", func(t *testing.T) {
		cfg := clientConfig("join+code")
		cfg.AuthCallback = inTurn(gossh.PublicKeys(stranger), gossh.KeyboardInteractive(noAnswers))
		c, err := gossh.Dial("tcp", h.addr, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if r := run(t, c, "x"); !strings.HasPrefix(r.out, " join+code ") {
			t.Errorf("taken for %q", r.out)
		}
	})
	if h.log.has("msg=login") && strings.Contains(h.log.String(), "usr_admin") {
		t.Error("somebody came in as the admin")
	}
}

func noAnswers(string, string, []string, []bool) ([]string, error) { return nil, nil }

func TestWhoComesIn(t *testing.T) {
	h := open(t, whoIs)
	known := h.known("usr_ada")
	open := open(t, func(c *Config) { whoIs(c); c.SignUp = true })
	for _, c := range []struct {
		name  string
		h     *house
		login string
		keys  []gossh.Signer
		want  string // what whoIs begins with; "" for not at all
	}{
		{"known", h, "acme", []gossh.Signer{known}, "usr_ada acme ssh-ed25519 SHA256:"},
		{"known, second in line", h, "acme", []gossh.Signer{newKey(t), newKey(t), known}, "usr_ada acme "},
		{"unknown", h, "acme", []gossh.Signer{newKey(t)}, ""},
		{"unknown joins", h, "join+abc", []gossh.Signer{newKey(t)}, " join+abc "},
		{"unknown asks to join", h, "request+abc", []gossh.Signer{newKey(t)}, " request+abc "},
		{"known joins", h, "join+abc", []gossh.Signer{known, newKey(t)}, "usr_ada join+abc "},
		{"no code", h, "join+", []gossh.Signer{newKey(t)}, ""},
		{"another prefix", h, "joins+abc", []gossh.Signer{newKey(t)}, ""},
		{"sign-up closed", h, "new", []gossh.Signer{newKey(t)}, ""},
		{"sign-up open", open, "new", []gossh.Signer{newKey(t)}, " new "},
		{"new is a word, not a prefix", open, "newer", []gossh.Signer{newKey(t)}, ""},
		{"no key", h, "acme", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, err := c.h.dial(c.login, c.keys...)
			if err != nil {
				if c.want != "" {
					t.Fatal(err)
				}
				return
			}
			defer client.Close()
			if r := run(t, client, "x"); c.want == "" || !strings.HasPrefix(r.out, c.want) {
				t.Errorf("came in as %q, want %q", r.out, c.want)
			}
		})
	}
}

// A person whose client offers an unknown key first and a known one later must
// not get a second account.
func TestOpenSSHJoinsWithTheKnownKey(t *testing.T) {
	h := open(t, whoIs)
	unknown, _ := fileKey(t)
	unknown2, _ := fileKey(t)
	known, signer := fileKey(t)
	h.dir.add("usr_ada", signer)
	for _, c := range []struct {
		name  string
		keys  []string
		batch string
		want  string
	}{
		{"one unknown", []string{unknown}, "yes", " join+code "},
		{"two unknown", []string{unknown, unknown2}, "yes", " join+code "},
		{"two unknown, not batch", []string{unknown, unknown2}, "no", " join+code "},
		{"unknown, known", []string{unknown, known}, "yes", "usr_ada join+code "},
		{"two unknown, known", []string{unknown, unknown2, known}, "no", "usr_ada join+code "},
		{"known, unknown", []string{known, unknown}, "yes", "usr_ada join+code "},
	} {
		t.Run(c.name, func(t *testing.T) {
			options := []string{"-o", "BatchMode=" + c.batch}
			for _, k := range c.keys {
				options = append(options, "-i", k)
			}
			if r := h.openSSH(options, "join+code", "accept"); r.status != 0 || !strings.HasPrefix(r.out, c.want) {
				t.Errorf("%+v, want %q", r, c.want)
			}
		})
	}
}

func TestOpenSSHOffersAKeyItCannotSignWith(t *testing.T) {
	h := open(t, whoIs)
	_, admin := fileKey(t)
	h.dir.add("usr_admin", admin)
	own, signer := fileKey(t)
	h.dir.add("usr_mallory", signer)
	public := own + "-admin"
	if err := os.WriteFile(public+".pub", gossh.MarshalAuthorizedKey(admin.PublicKey()), 0o600); err != nil {
		t.Fatal(err)
	}
	r := h.openSSH([]string{"-i", public + ".pub", "-i", own}, "acme", "x")
	if r.status != 0 || !strings.HasPrefix(r.out, "usr_mallory ") {
		t.Errorf("%+v", r)
	}
}

func TestStrangerIsTold(t *testing.T) {
	told := func(h *house, cfg *gossh.ClientConfig) string {
		var texts []string
		ask := gossh.KeyboardInteractive(func(_, text string, _ []string, _ []bool) ([]string, error) {
			texts = append(texts, text)
			return nil, nil
		})
		cfg.Auth = append(cfg.Auth, gossh.RetryableAuthMethod(ask, 3))
		if c, err := gossh.Dial("tcp", h.addr, cfg); err == nil {
			c.Close()
			t.Error("came in")
		}
		if len(texts) != 1 {
			t.Errorf("told %d times", len(texts))
		}
		return strings.Join(texts, "")
	}
	h := open(t, func(c *Config) { c.SignUp = true })
	key := newKey(t)
	text := told(h, clientConfig("acme", key))
	for _, want := range []string{"join+CODE", "request+CODE", "new@", gossh.FingerprintSHA256(key.PublicKey())} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in: %s", want, text)
		}
	}
	if text := told(open(t, nil), clientConfig("acme")); strings.Contains(text, "new@") || !strings.Contains(text, "offered none") {
		t.Errorf("without sign-up and key: %s", text)
	}
	h.dir.err = errors.New("disk on fire")
	text = told(h, clientConfig("acme", key))
	if !strings.Contains(text, "cannot be looked up") || strings.Contains(text, "fire") || !h.log.has("disk on fire") {
		t.Errorf("with a broken directory: %s", text)
	}
	h.dir.err = models.Errorf(models.CodeConflict, "this key was added to more than one account").WithHint("prove it: {key.challenge}")
	text = told(h, clientConfig("acme", key))
	if !strings.Contains(text, "more than one account") || !strings.Contains(text, "prove it: key challenge") {
		t.Errorf("with a key that several claim: %s", text)
	}
}

func TestOpenSSHStrangerIsTold(t *testing.T) {
	h := open(t, nil)
	key, _ := fileKey(t)
	r := h.openSSH([]string{"-i", key, "-o", "LogLevel=INFO"}, "acme", "whoami")
	if r.status != 255 || strings.Count(r.errOut, "join+CODE@") != 1 || !strings.Contains(r.errOut, "Permission denied") {
		t.Errorf("%+v", r)
	}
}

func TestKeyLimit(t *testing.T) {
	h := open(t, func(c *Config) { c.Limits.Keys = 3; whoIs(c) })
	known := h.known("usr_ada")
	if _, err := h.dial("acme", newKey(t), newKey(t), known); err != nil {
		t.Error("the third of three keys:", err)
	}
	if _, err := h.dial("acme", newKey(t), newKey(t), newKey(t), known); err == nil {
		t.Error("the fourth key was looked at")
	}
	// A stranger's second proof of the same key costs nothing.
	if _, err := h.dial("join+abc", newKey(t)); err != nil {
		t.Error(err)
	}
	asked := 0
	h.dir.ask = func() { asked++ }
	many := make([]gossh.Signer, 40)
	for i := range many {
		many[i] = newKey(t)
	}
	if _, err := h.dial("acme", many...); err == nil {
		t.Error("forty unknown keys came in")
	}
	if asked != 3 {
		t.Errorf("the directory was asked %d times", asked)
	}
}

func TestAlgorithms(t *testing.T) {
	h := open(t, whoIs)
	key := h.known("usr_ada")
	try := func(change func(*gossh.ClientConfig)) error {
		// Failures cost their address places, so one at a time.
		eventually(t, "the last handshake is over", func() bool { return h.Stats().Handshakes == 0 })
		cfg := clientConfig("acme", key)
		change(cfg)
		c, err := gossh.Dial("tcp", h.addr, cfg)
		if err == nil {
			c.Close()
		}
		return err
	}
	all := gossh.SupportedAlgorithms()
	weak := gossh.InsecureAlgorithms()
	check := func(kind string, every, allowed []string, set func(*gossh.ClientConfig, []string)) {
		for _, a := range every {
			err := try(func(c *gossh.ClientConfig) { set(c, []string{a}) })
			if ok := slices.Contains(allowed, a); ok != (err == nil) {
				t.Errorf("%s %s: %v", kind, a, err)
			}
		}
	}
	check("key exchange", append(all.KeyExchanges, weak.KeyExchanges...),
		[]string{"mlkem768x25519-sha256", "curve25519-sha256"},
		func(c *gossh.ClientConfig, l []string) { c.KeyExchanges = l })
	check("cipher", append(all.Ciphers, weak.Ciphers...),
		[]string{"chacha20-poly1305@openssh.com", "aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr"},
		func(c *gossh.ClientConfig, l []string) { c.Ciphers = l })
	check("mac", append(all.MACs, weak.MACs...),
		[]string{"hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"},
		func(c *gossh.ClientConfig, l []string) { c.MACs, c.Ciphers = l, []string{"aes256-ctr"} })
	check("host key", append(all.HostKeys, weak.HostKeys...), []string{"ssh-ed25519"},
		func(c *gossh.ClientConfig, l []string) { c.HostKeyAlgorithms = l })
}

func TestUserKeyTypes(t *testing.T) {
	h := open(t, whoIs)
	small, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // that it is refused is the point
	if err != nil {
		t.Fatal(err)
	}
	large, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer := func(private any) gossh.AlgorithmSigner {
		s, err := gossh.NewSignerFromKey(private)
		if err != nil {
			t.Fatal(err)
		}
		return s.(gossh.AlgorithmSigner)
	}
	sha1, err := gossh.NewSignerWithAlgorithms(signer(large), []string{gossh.KeyAlgoRSA})
	if err != nil {
		t.Fatal(err)
	}
	sha2, err := gossh.NewSignerWithAlgorithms(signer(large), []string{gossh.KeyAlgoRSASHA256})
	if err != nil {
		t.Fatal(err)
	}
	cert := &gossh.Certificate{Key: signer(curve).PublicKey(), CertType: gossh.UserCert, ValidBefore: gossh.CertTimeInfinity}
	if err := cert.SignCert(rand.Reader, newKey(t)); err != nil {
		t.Fatal(err)
	}
	certified, err := gossh.NewCertSigner(cert, signer(curve))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		key  gossh.Signer
		ok   bool
		note string
	}{
		{"ecdsa", signer(curve), true, ""},
		{"rsa 2048, sha-2", sha2, true, ""},
		{"rsa 2048, sha-1", sha1, false, ""},
		{"rsa 1024", signer(small), false, "2048 bits"},
		{"certificate", certified, false, "certificates"},
		{"security key", newSecurityKey(t), true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h.dir.add("usr_ada", c.key)
			told := ""
			cfg := clientConfig("acme", c.key)
			cfg.Auth = append(cfg.Auth, gossh.KeyboardInteractive(
				func(_, text string, _ []string, _ []bool) ([]string, error) { told = text; return nil, nil }))
			client, err := gossh.Dial("tcp", h.addr, cfg)
			if err == nil {
				client.Close()
			}
			if (err == nil) != c.ok || !strings.Contains(told, c.note) {
				t.Errorf("%v; told %q", err, told)
			}
		})
	}
}

// securityKey signs as a FIDO key does, after OpenSSH's PROTOCOL.u2f.
type securityKey struct {
	public  gossh.PublicKey
	private ed25519.PrivateKey
}

func newSecurityKey(t *testing.T) gossh.Signer {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := gossh.ParsePublicKey(gossh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{gossh.KeyAlgoSKED25519, public, "ssh:"}))
	if err != nil {
		t.Fatal(err)
	}
	return securityKey{key, private}
}

func (k securityKey) PublicKey() gossh.PublicKey { return k.public }

func (k securityKey) Sign(_ io.Reader, data []byte) (*gossh.Signature, error) {
	const userPresent, counter = 1, 7
	application, message := sha256.Sum256([]byte("ssh:")), sha256.Sum256(data)
	rest := binary.BigEndian.AppendUint32([]byte{userPresent}, counter)
	signed := slices.Concat(application[:], rest, message[:])
	return &gossh.Signature{Format: gossh.KeyAlgoSKED25519, Blob: ed25519.Sign(k.private, signed), Rest: rest}, nil
}

func TestLoginIsCleanedAndRedacted(t *testing.T) {
	for _, c := range []struct{ sent, clean, logged string }{
		{"acme", "acme", "acme"},
		{"join+S3CRETcode", "join+S3CRETcode", "join+…"},
		{"request+S3CRETcode", "request+S3CRETcode", "request+…"},
		{"a+S3CRET+b", "a+S3CRET+b", "a+…"},
		{"Müller", "Müller", "Müller"},
		{"dom\\joe bloggs", "dom\\joe?bloggs", "dom\\joe?bloggs"},
		{"a\x1b[2Jb\nc", "a?[2Jb?c", "a?[2Jb?c"},
		{"x\u202egpj", "x?gpj", "x?gpj"},
		{"\xff\xfe", "??", "??"},
		{"abcd-2345-efgh-67", "abcd-2345-efgh-67", "(17 bytes)"},
		{"S3CRETcodeWithoutItsPrefix", "S3CRETcodeWithoutItsPrefix", "(26 bytes)"},
		{strings.Repeat("é", 100), strings.Repeat("é", 64), "(128 bytes)"},
	} {
		if got := cleanLogin(c.sent); got != c.clean {
			t.Errorf("%q is cleaned to %q, want %q", c.sent, got, c.clean)
		}
		if got := loggedLogin(cleanLogin(c.sent)); got != c.logged {
			t.Errorf("%q is logged as %q, want %q", c.sent, got, c.logged)
		}
	}
}

func TestCodesAreNotLogged(t *testing.T) {
	h := open(t, func(c *Config) { c.SignUp, c.Commands = true, []string{"accept"} })
	stranger := newKey(t)
	run(t, h.client("acme", h.known("usr_ada")), "s3cret")
	run(t, h.client("join+S3CRET", stranger), "accept S3CRET")
	run(t, h.client("request+S3CRET", stranger), "S3CRET")
	_, _ = h.dial("join+S3CRET")
	// The library's error for this one quotes both names.
	cfg := clientConfig("join+S3CRET")
	first := true
	cfg.AuthCallback = func(c *gossh.ClientAuthContext) (gossh.AuthMethod, error) {
		if first {
			first = false
			return gossh.PublicKeys(stranger), nil
		}
		cfg.User = "S3CRET-other"
		return gossh.PublicKeys(stranger), nil
	}
	_, _ = gossh.Dial("tcp", h.addr, cfg)
	eventually(t, "the log of all that", func() bool { return strings.Count(h.log.String(), "msg=session") == 3 })
	if h.log.has("S3CRET") || h.log.has("s3cret") {
		t.Errorf("a code is in the log:\n%s", h.log)
	}
	if !h.log.has("command=accept") {
		t.Errorf("no command is in the log:\n%s", h.log)
	}
}

func TestStrangersShareTheLimitOfTheirAddress(t *testing.T) {
	h := open(t, func(c *Config) { c.Limits.ConnectionsUser = 2 })
	h.client("join+a", newKey(t))
	h.client("join+b", newKey(t))
	if _, err := h.dial("join+c", newKey(t)); err == nil {
		t.Error("a third stranger of that address came in")
	}
	h.client("acme", h.known("usr_ada"))
}

func TestServerName(t *testing.T) {
	h := open(t, nil)
	c := h.client("acme", h.known("usr_ada"))
	if got := string(c.ServerVersion()); got != "SSH-2.0-muster" {
		t.Error(got)
	}
	if !h.log.has("addr="+h.addr) || !h.log.has("host_key="+h.HostKeyFingerprint()) {
		t.Error("the ready line lacks address or fingerprint")
	}
}
