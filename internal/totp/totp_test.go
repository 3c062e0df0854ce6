package totp_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"muster/internal/totp"
)

// The secret and codes of RFC 6238, appendix B, SHA-1. Its codes have eight
// digits; with six they are the last ones.
var rfcSecret = []byte("12345678901234567890")

func TestRFC6238(t *testing.T) {
	for at, code := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471",
		1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		now := time.Unix(at, 0)
		if got := totp.Code(rfcSecret, totp.StepAt(now)); got != code[2:] {
			t.Errorf("at %d: %s, want %s", at, got, code[2:])
		}
		if step, ok := totp.Match(rfcSecret, code[2:], now, 0); !ok || step != at/30 {
			t.Errorf("at %d: step %d, %v", at, step, ok)
		}
	}
}

func TestMatch(t *testing.T) {
	now := time.Unix(1111111111, 0) // one second into step 37037037
	at := totp.StepAt(now)
	for _, c := range []struct {
		name string
		step int64 // whose code is given
		last int64
		ok   bool
	}{
		{"now", at, 0, true},
		{"the step before", at - 1, 0, true},
		{"the step after", at + 1, 0, true},
		{"two before", at - 2, 0, false},
		{"two after", at + 2, 0, false},
		{"the same again", at, at, false},
		{"the one before, after this one", at - 1, at, false},
		{"the one after, after this one", at + 1, at, true},
		{"all of them used", at + 1, at + 1, false},
	} {
		step, ok := totp.Match(rfcSecret, totp.Code(rfcSecret, c.step), now, c.last)
		if ok != c.ok || ok && step != c.step {
			t.Errorf("%s: step %d, %v", c.name, step, ok)
		}
	}
	for _, wrong := range []string{"", "0", "050471 ", "14050471", "000000"} {
		if _, ok := totp.Match(rfcSecret, wrong, now, 0); ok {
			t.Errorf("%q is taken", wrong)
		}
	}
}

func TestURI(t *testing.T) {
	got := totp.URI(rfcSecret, "muster & co.example.com", "ada+x@example.com")
	u, err := url.Parse(got)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/ada+x@example.com" {
		t.Fatalf("%s: %v", got, err)
	}
	if q := u.Query(); q.Get("secret") != "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" || q.Get("issuer") != "muster & co.example.com" || len(q) != 2 {
		t.Errorf("%s: %v", got, q)
	}
	if strings.Contains(u.RawQuery, "+") {
		t.Errorf("a blank is a plus sign: %s", got)
	}
}

func TestNewSecret(t *testing.T) {
	b, err := totp.NewSecret(strings.NewReader(strings.Repeat("x", 20)))
	if err != nil || string(b) != strings.Repeat("x", totp.SecretSize) {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := totp.NewSecret(strings.NewReader("short")); err == nil {
		t.Error("a secret from too little randomness")
	}
}
