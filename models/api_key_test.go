package models

import (
	"crypto/rand"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"
)

var wholeKey = regexp.MustCompile(`^mu[pos]_[0-9A-Za-z]{51}$`)

func TestMintAPIKey(t *testing.T) {
	seen := map[string]bool{}
	for _, kind := range APIKeyKinds() {
		for range 200 {
			id, secret, err := MintAPIKey(kind, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			if !wholeKey.MatchString(secret) || seen[id] || !strings.HasPrefix(secret, id) {
				t.Fatalf("minted %q with the id %q", secret, id)
			}
			seen[id] = true
			k, got, ok := ParseAPIKey(secret)
			if !ok || k != kind || got != id || !IsAPIKeyID(id) {
				t.Fatalf("%q is read as %s %s %v", secret, k, got, ok)
			}
			if !SameAPIKey(secret, HashAPIKey(secret)) || SameAPIKey(secret+"x", HashAPIKey(secret)) {
				t.Error("the hash does not tell keys apart")
			}
			if red := RedactAPIKeys("key: " + secret + "."); red != "key: "+id+"…." {
				t.Errorf("redacted: %q", red)
			}
		}
	}
}

// A key with any one character changed is refused before it is looked up.
func TestChecksumOfAPIKeys(t *testing.T) {
	_, secret, err := MintAPIKey(KeyPersonal, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for i := range secret {
		other := []byte(secret)
		other[i] = 'x'
		if secret[i] == 'x' {
			other[i] = 'y'
		}
		if _, _, ok := ParseAPIKey(string(other)); ok {
			t.Errorf("with another character at %d the key is taken: %s", i, other)
		}
	}
}

func FuzzParseAPIKey(f *testing.F) {
	_, secret, err := MintAPIKey(KeyService, rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(secret)
	f.Add("mup_")
	f.Add(strings.Repeat("mup_é", 11))
	f.Fuzz(func(t *testing.T, s string) {
		kind, id, ok := ParseAPIKey(s)
		if ok && (!wholeKey.MatchString(s) || !strings.HasPrefix(s, id) || keyPrefix(kind) != s[:4]) {
			t.Errorf("%q is taken for a key", s)
		}
		if hidden := RedactAPIKeys(s); ok && strings.Contains(hidden, s[keyIDLen:]) {
			t.Errorf("%q shows the secret", hidden)
		}
	})
}

func TestScopes(t *testing.T) {
	for in, want := range map[string]string{
		"": "*", "*,member": "*", "member.list,Invitation.*": "invitation member.list", "member, member": "member",
		"key.add": "error", "transfer": "error", "api_key.create": "error", "member..list": "error", "MEMBER; drop": "error", "second_factor": "error",
	} {
		got, err := CheckScopes([]string{in})
		text := strings.Join(got, " ")
		if err != nil {
			text = "error"
		}
		if text != want {
			t.Errorf("%q: %q, want %q", in, text, want)
		}
	}
	for _, c := range []struct {
		scopes, action string
		in             bool
	}{
		{"*", "member.list", true}, {"member", "member.remove", true}, {"member.list", "member.list", true},
		{"member.list", "member.remove", false}, {"member", "members.list", false}, {"member.remove", "member.remove.preview", true},
	} {
		if got := InScope(strings.Fields(c.scopes), c.action); got != c.in {
			t.Errorf("%s in %s: %v", c.action, c.scopes, got)
		}
	}
}

// What no key ever does, it does not with every scope either.
func TestNeverByKey(t *testing.T) {
	k := APIKey{ID: "mup_0", Scopes: []string{ScopeAllActions}}
	for _, action := range []string{"", "api_key.create", "api_key.rotate", "api_key.update", "service.create", "transfer.nominate", "organization.delete",
		"organization.delete.preview", "key.add", "key.pair", "user.update", "user.create", "second_factor.disable", "session.use", "member.leave", "code.accept", "account.create"} {
		if err := k.CheckKeyAction(action); CodeOf(err) != CodeDenied {
			t.Errorf("%q: %v", action, err)
		}
	}
	for _, action := range []string{"whoami", "member.list", "member.remove", "api_key.verify", "api_key.list", "settings.update", "invitation.create"} {
		if err := k.CheckKeyAction(action); err != nil {
			t.Errorf("%q: %v", action, err)
		}
	}
	k.WorkspaceID = "wsp_1"
	for action, ok := range map[string]bool{"member.list": false, "workspace.create": false, "workspace.show": true, "project.list": true, "organization.show": true, "settings.update": false} {
		if err := k.CheckKeyAction(action); (err == nil) != ok {
			t.Errorf("for a workspace, %q: %v", action, err)
		}
	}
}

func TestWhyAKeyIsRefused(t *testing.T) {
	now := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	day := func(n int) *time.Time { x := now.Add(time.Duration(n) * 24 * time.Hour); return &x }
	good := APIKey{Kind: KeyPersonal, CreatedAt: *day(-1), ExpiresAt: day(30)}
	terms := KeyTerms{Name: "ACME", API: ParseAPISettings(nil), Plan: Plan{Name: "team"}}
	office := netip.MustParseAddr("192.0.2.7")
	with := func(f func(k *APIKey, h *KeyHolder, t *KeyTerms)) (APIKey, KeyHolder, KeyTerms) {
		k, h, terms := good, KeyHolder{}, terms
		f(&k, &h, &terms)
		return k, h, terms
	}
	for name, c := range map[string]struct {
		change func(k *APIKey, h *KeyHolder, t *KeyTerms)
		want   KeyCode
	}{
		"good":                  {func(*APIKey, *KeyHolder, *KeyTerms) {}, KeyValid},
		"revoked":               {func(k *APIKey, _ *KeyHolder, _ *KeyTerms) { k.RevokedAt = day(-1) }, KeyRevoked},
		"expired this moment":   {func(k *APIKey, _ *KeyHolder, _ *KeyTerms) { k.ExpiresAt = day(0) }, KeyExpired},
		"membership ended":      {func(_ *APIKey, h *KeyHolder, _ *KeyTerms) { h.Ends = day(0) }, KeyDisabled},
		"suspended":             {func(_ *APIKey, h *KeyHolder, _ *KeyTerms) { h.Blocked = "suspended" }, KeyDisabled},
		"personal keys off":     {func(_ *APIKey, _ *KeyHolder, t *KeyTerms) { t.API.PersonalKeys = false }, KeyDisabled},
		"lives too long":        {func(_ *APIKey, _ *KeyHolder, t *KeyTerms) { t.API.MaxLife = 30 * 24 * time.Hour }, KeyDisabled},
		"without end":           {func(k *APIKey, _ *KeyHolder, _ *KeyTerms) { k.ExpiresAt = nil }, KeyDisabled},
		"without end, any life": {func(k *APIKey, _ *KeyHolder, t *KeyTerms) { k.ExpiresAt, t.API.MaxLife = nil, 0 }, KeyValid},
		"service without plan":  {func(k *APIKey, _ *KeyHolder, _ *KeyTerms) { k.Kind = KeyService }, KeyDisabled},
		"own addresses":         {func(k *APIKey, _ *KeyHolder, _ *KeyTerms) { k.Addresses = []string{"198.51.100.0/24"} }, KeyAddress},
		"addresses that fit":    {func(k *APIKey, _ *KeyHolder, _ *KeyTerms) { k.Addresses = []string{"192.0.2.0/24"} }, KeyValid},
		"organization's":        {func(_ *APIKey, _ *KeyHolder, t *KeyTerms) { t.API.Addresses = []string{"198.51.100.7"} }, KeyAddress},
		"allowlist":             {func(_ *APIKey, _ *KeyHolder, t *KeyTerms) { t.Security.Restricted = true }, KeyAddress},
		"second factor":         {func(_ *APIKey, _ *KeyHolder, t *KeyTerms) { t.Security.TwoFactor = true }, KeyDisabled},
		"second factor of theirs": {func(_ *APIKey, h *KeyHolder, t *KeyTerms) {
			t.Security.TwoFactor, h.Client = true, Client{Enrolled: true, Verified: true}
		}, KeyValid},
		"hardware key": {func(_ *APIKey, _ *KeyHolder, t *KeyTerms) { t.Security.HardwareKeyRequired = true }, KeyDisabled},
		"program, hardware key": {func(_ *APIKey, h *KeyHolder, t *KeyTerms) {
			t.Security.HardwareKeyRequired, h.Client.Machine = true, true
		}, KeyValid},
	} {
		k, h, terms := with(c.change)
		code, err := k.CheckUse(h, terms, now, office)
		if code != c.want || (err == nil) != (code == KeyValid) {
			t.Errorf("%s: %s (%v), want %s", name, code, err, c.want)
		}
	}
	k, h, terms := with(func(k *APIKey, _ *KeyHolder, _ *KeyTerms) { k.Addresses = []string{"0.0.0.0/0"} })
	if code, _ := k.CheckUse(h, terms, now, netip.Addr{}); code != KeyAddress {
		t.Errorf("whoever has no address passes a list of them: %s", code)
	}
}

func TestReminders(t *testing.T) {
	end := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	for days, want := range map[int]int{60: 14, 14: 3, 5: 3, 3: 0, 1: 0} {
		now := end.Add(-time.Duration(days) * 24 * time.Hour)
		if got := end.Sub(NextReminder(&end, now)); got != time.Duration(want)*24*time.Hour {
			t.Errorf("%d days before: reminds %v before", days, got)
		}
	}
	if !NextReminder(&end, end).IsZero() || !NextReminder(nil, end).IsZero() {
		t.Error("somebody is reminded of what is over, or never ends")
	}
}

func TestKeyLife(t *testing.T) {
	for in, want := range map[string]string{"90d": "90d", "12h": "12h", "none": "none", "1y": "366d", "24h": "1d", "5": "error", "0d": "error", "-1d": "error", "99y": "error", "": "error", "30s": "error"} {
		got, err := checkKeyLife("x", in)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
