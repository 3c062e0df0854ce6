package api_test

import (
	"net/http"
	"testing"
	"time"

	"muster/internal/api"
	"muster/models"
)

// person is a member of ACME who signs tokens, whose key is gone with remove.
func (h *house) person(name string) (u models.User, sign func(more string) string, remove func()) {
	h.t.Helper()
	u = h.member(name)
	key, second := newKey(h.t), newKey(h.t)
	for _, k := range []models.PublicKey{publicKey(key), publicKey(second)} {
		if _, err := h.s.AddKey(h.t.Context(), local(u), k, ""); err != nil {
			h.t.Fatal(err)
		}
	}
	sign = func(more string) string { return token(h.t, key, api.TokenNamespace(hostKey), claims(more)) }
	return u, sign, func() {
		if _, err := h.s.RemoveKey(h.t.Context(), local(u), publicKey(key).Fingerprint); err != nil {
			h.t.Fatal(err)
		}
	}
}

// TestProxiesTakeTokens holds that a token passes where an API key of its owner would,
// for the site that it names and no other, until the SSH key or the member is removed.
func TestProxiesTakeTokens(t *testing.T) {
	h, _ := newGuardedHouse(t)
	bob, sign, removeKey := h.person("bob")
	const page = "/v1/auth?org=ACME&audience=wiki.example.com"
	good := sign(`,"aud":"wiki.example.com","ops":["member","settings"]`)
	pass := h.get(page+"&scope=member.list&workspace=General", h.as(good)...).want(t, http.StatusNoContent)
	for name, want := range map[string]string{
		"X-Muster-Organization": "ACME", "X-Muster-Subject": bob.ID, "X-Muster-Subject-Type": "user", "X-Muster-Role": "member", "X-Muster-Scopes": "member settings",
	} {
		if got := pass.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	h.get("/v1/auth?org=ACME&audience=WIKI.example.com", h.as(good)...).want(t, http.StatusNoContent)
	want := h.get(page, "Authorization", "").want(t, http.StatusUnauthorized).Body.String()
	for path, status := range map[string]int{
		page + "&scope=member.remove":                  http.StatusForbidden, // which Bob may not
		page + "&scope=audit.list":                     http.StatusForbidden, // which the token is not for
		page + "&workspace=Nowhere":                    http.StatusForbidden,
		"/v1/auth?org=ACME":                            http.StatusUnauthorized, // nobody says which site it is
		"/v1/auth?org=ACME&audience=a.example.com":     http.StatusUnauthorized,
		"/v1/auth?org=NEVER&audience=wiki.example.com": http.StatusUnauthorized,
		"/v1/auth?org=*&audience=wiki.example.com":     http.StatusUnauthorized, // the token names none either
		"/v1/me": http.StatusUnauthorized, // what a site is sent opens nothing here
	} {
		if got := h.get(path, h.as(good)...).want(t, status); status == http.StatusUnauthorized && got.Body.String() != want {
			t.Errorf("%s is told apart: %s", path, got.Body)
		}
	}
	h.get(page, h.as(sign(""))...).want(t, http.StatusUnauthorized) // and what is for here opens no site
	h.get("/v1/auth?org=*&audience=wiki.example.com", h.as(sign(`,"aud":"wiki.example.com","org":"ACME"`))...).want(t, http.StatusNoContent)
	h.get(page, h.as(sign(`,"aud":"wiki.example.com","org":"BETA"`))...).want(t, http.StatusUnauthorized)
	once := sign(`,"aud":"wiki.example.com","nonce":"n1"`)
	h.get(page, h.as(once)...).want(t, http.StatusNoContent)
	h.get(page, h.as(once)...).want(t, http.StatusUnauthorized)

	removeKey()
	if got := h.get(page, h.as(good)...).want(t, http.StatusUnauthorized).Body.String(); got != want {
		t.Errorf("a removed SSH key is told apart: %s", got)
	}
	eve, sign, _ := h.person("eve")
	token := sign(`,"aud":"wiki.example.com"`)
	h.get(page, h.as(token)...).want(t, http.StatusNoContent)
	if _, err := h.s.RemoveMember(t.Context(), local(h.ada), "ACME", eve.ID); err != nil {
		t.Fatal(err)
	}
	h.get(page, h.as(token)...).want(t, http.StatusUnauthorized)
}

// TestRulesHoldForTokensAtAProxy holds that the settings of Security and API, and the
// rates and credits of the organization, are asked of tokens too.
func TestRulesHoldForTokensAtAProxy(t *testing.T) {
	h, _ := newGuardedHouse(t)
	_, sign, _ := h.person("bob")
	good := h.as(sign(`,"aud":"wiki.example.com"`))
	const page = "/v1/auth?org=ACME&audience=wiki.example.com"
	set := func(key, value string) {
		t.Helper()
		if _, err := h.s.UpdateSettings(t.Context(), local(h.ada), "ACME", []models.SettingChange{{Key: key, Value: value}}, true); err != nil {
			t.Fatal(err)
		}
	}
	h.get(page, good...).want(t, http.StatusNoContent)
	for _, rule := range []struct{ key, value, off string }{
		{models.SetIPAllowlist, "198.51.100.0/24", ""}, {models.SetHardwareKeyRequired, "on", "off"}, {models.SetTwoFactor, "required", "off"}, {models.SetAPIAddresses, "198.51.100.0/24", ""},
	} {
		set(rule.key, rule.value)
		h.get(page, good...).want(t, http.StatusUnauthorized)
		set(rule.key, rule.off)
		h.get(page, good...).want(t, http.StatusNoContent)
	}
	set(models.SetCreditLimit, "10")
	h.get(page+"&cost=10", good...).want(t, http.StatusNoContent)
	h.get(page+"&cost=1", good...).want(t, http.StatusTooManyRequests)
	set(models.SetAPIRate, "1")
	last := 0
	for end := time.Now().Add(10 * time.Second); last != http.StatusTooManyRequests && time.Now().Before(end); {
		last = h.get(page, good...).Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("at one request a minute the answer is %d", last)
	}
}
