package api_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"muster/internal/api"
	"muster/models"
)

// local is somebody at the machine.
func local(u models.User) models.Actor { return models.Actor{UserID: u.ID, Via: models.ViaLocal} }

// member makes somebody who is in ACME.
func (h *house) member(name string) models.User {
	h.t.Helper()
	u, _, err := h.s.CreateUser(h.t.Context(), local(h.ada), models.NewAccount{Name: name, Email: name + "@example.com", Org: "ACME", Role: models.RoleMember})
	if err != nil {
		h.t.Fatal(err)
	}
	return u.User
}

func (h *house) keyOf(u models.User, n models.NewAPIKey) models.SecretKey {
	h.t.Helper()
	if n.Label == "" {
		n.Label = "key"
	}
	key, err := h.s.CreateAPIKey(h.t.Context(), local(u), "ACME", n)
	if err != nil {
		h.t.Fatal(err)
	}
	return key
}

// newGuardedHouse is a house whose plan has everything, with a key that may verify.
func newGuardedHouse(t testing.TB, change ...func(*api.Config)) (h *house, verifier string) {
	t.Helper()
	h = newHouse(t, append(change, withKeys)...)
	if _, err := h.s.SetPlan(t.Context(), local(h.ada), "ACME", models.PlanVisionary); err != nil {
		t.Fatal(err)
	}
	return h, h.keyOf(h.ada, models.NewAPIKey{Kind: models.KeyOrganization, Scopes: []string{"api_key.verify"}}).Secret
}

func (h *house) verify(as, body string) models.KeyVerdict {
	h.t.Helper()
	var v models.KeyVerdict
	if err := json.Unmarshal(h.post("/v1/keys/verify", body, h.as(as)...).want(h.t, http.StatusOK).Body.Bytes(), &v); err != nil {
		h.t.Fatal(err)
	}
	return v
}

// TestVerifyingOverHTTP holds that a service learns from its own key's organization
// what a key is good for, and of a bad one why.
func TestVerifyingOverHTTP(t *testing.T) {
	var log bytes.Buffer
	h, verifier := newGuardedHouse(t, func(c *api.Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	bob := h.member("bob")
	key := h.keyOf(bob, models.NewAPIKey{Scopes: []string{"member"}})
	ask := `{"key":"` + key.Secret + `"`
	v := h.verify(verifier, ask+`,"scopes":["member.list"],"address":"192.0.2.7"}`)
	if !v.Valid || v.Subject.ID != bob.ID || v.Subject.Role != "member" || v.Organization.Code != "ACME" || v.Key.ID != key.ID {
		t.Errorf("verified as %+v", v)
	}
	for body, want := range map[string]models.KeyCode{
		`,"scopes":["settings.list"]}`:             models.KeyScope,
		`,"scopes":["member.remove"]}`:             models.KeyScope, // which its holder may not
		`,"scopes":["MEMBER.REMOVE"]}`:             models.KeyScope,
		`,"scopes":["member.list,member.remove"]}`: models.KeyScope,
		`,"workspace":"Nowhere"}`:                  models.KeyScope,
	} {
		if v := h.verify(verifier, ask+body); v.Valid || v.Code != want || v.Key != nil || v.Subject != nil {
			t.Errorf("%s: %+v, want %s", body, v, want)
		}
	}
	for body, status := range map[string]int{
		`,"scopes":["member.fly"]}`: http.StatusUnprocessableEntity, `,"cost":-1}`: http.StatusUnprocessableEntity, `,"org":7}`: http.StatusUnprocessableEntity,
		`,"more":1}`: http.StatusBadRequest, `,"org":"NEVER"}`: http.StatusNotFound,
	} {
		h.post("/v1/keys/verify", ask+body, h.as(verifier)...).want(t, status)
	}
	h.post("/v1/keys/verify", `{}`, h.as(verifier)...).want(t, http.StatusBadRequest)
	// Who may not ask is refused, and people say of which organization they ask.
	h.post("/v1/keys/verify", ask+"}", h.as(key.Secret)...).want(t, http.StatusForbidden)
	h.post("/v1/keys/verify", ask+"}").want(t, http.StatusBadRequest)
	if v := h.verify(h.token(""), ask+`,"org":"ACME"}`); !v.Valid {
		t.Errorf("a person is told %+v", v)
	}
	if _, err := h.s.RemoveMember(t.Context(), local(h.ada), "ACME", bob.ID); err != nil {
		t.Fatal(err)
	}
	if v := h.verify(verifier, ask+`}`); v.Valid || v.Code != models.KeyRevoked {
		t.Errorf("after its owner was removed: %+v", v)
	}
	for _, secret := range []string{key.Secret, verifier} {
		if strings.Contains(log.String(), secret[20:]) {
			t.Errorf("the log has a secret:\n%s", log.String())
		}
	}
}

// TestVerifyingIsNotHeldUp holds that a service asks as often as its organization
// may, and one that is refused does not.
func TestVerifyingIsNotHeldUp(t *testing.T) {
	h, verifier := newGuardedHouse(t, func(c *api.Config) { c.Limits.Rate = api.Rate{Burst: 5, Each: time.Hour} })
	key := h.keyOf(h.ada, models.NewAPIKey{Scopes: []string{"member"}})
	for range 20 {
		h.verify(verifier, `{"key":"`+key.Secret+`"}`)
	}
	for range 5 {
		h.post("/v1/keys/verify", `{"key":"x"}`, h.as(key.Secret)...).want(t, http.StatusForbidden)
	}
	h.post("/v1/keys/verify", `{"key":"x"}`, h.as(key.Secret)...).want(t, http.StatusTooManyRequests)
}

// TestProxiesAskWhoMayPass holds what a proxy is answered, and in which headers it
// learns who it is.
func TestProxiesAskWhoMayPass(t *testing.T) {
	h, _ := newGuardedHouse(t)
	bob := h.member("bob")
	key := h.keyOf(bob, models.NewAPIKey{Scopes: []string{"member"}})
	pass := h.get("/v1/auth?org=ACME&scope=member.list&scope=member.show&workspace=General", h.as(key.Secret)...).want(t, http.StatusNoContent)
	for name, want := range map[string]string{
		"X-Muster-Organization": "ACME", "X-Muster-Subject": bob.ID, "X-Muster-Subject-Type": "user", "X-Muster-Role": "member", "X-Muster-Scopes": "member", "X-Muster-Key": key.ID,
	} {
		if got := pass.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	h.post("/v1/orgs", `{"name":"Beta","code":"BETA"}`).want(t, http.StatusOK)
	h.get("/v1/auth?org=*", h.as(key.Secret)...).want(t, http.StatusNoContent)
	for query, status := range map[string]int{
		"":                              http.StatusBadRequest, // nobody says whose keys open it
		"?org=ACME&scop=member":         http.StatusBadRequest,
		"?org=ACME&org=BETA":            http.StatusBadRequest,
		"?org=ACME&cost=x":              http.StatusUnprocessableEntity,
		"?org=ACME&scope=member.fly":    http.StatusUnprocessableEntity,
		"?org=ACME&scope=settings.list": http.StatusForbidden,
		"?org=ACME&scope=member.remove": http.StatusForbidden,
		"?org=ACME&workspace=Nowhere":   http.StatusForbidden,
		"?org=BETA":                     http.StatusUnauthorized,
		"?org=NEVER":                    http.StatusUnauthorized,
	} {
		if got := h.get("/v1/auth"+query, h.as(key.Secret)...).want(t, status); got.Header().Get("X-Muster-Organization") != "" {
			t.Errorf("%s tells who it is", query)
		}
	}
	want := h.get("/v1/auth?org=ACME", "Authorization", "").want(t, http.StatusUnauthorized).Body.String()
	h.get("/v1/auth?org=ACME", h.as(h.token(""))...).want(t, http.StatusUnauthorized)
	if _, err := h.s.RemoveMember(t.Context(), local(h.ada), "ACME", bob.ID); err != nil {
		t.Fatal(err)
	}
	for what, got := range map[string]answered{"revoked": h.get("/v1/auth?org=ACME", h.as(key.Secret)...), "foreign": h.get("/v1/auth?org=BETA", h.as(key.Secret)...)} {
		if body := got.want(t, http.StatusUnauthorized).Body.String(); body != want {
			t.Errorf("%s is told apart:\n%s\n%s", what, body, want)
		}
	}
}

// TestProxiesHearOfLimits holds that a key which comes too often, or has no credits
// left, is told when it may come again.
func TestProxiesHearOfLimits(t *testing.T) {
	h, _ := newGuardedHouse(t)
	slow := h.keyOf(h.ada, models.NewAPIKey{Rate: 1})
	h.get("/v1/auth?org=ACME", h.as(slow.Secret)...).want(t, http.StatusNoContent)
	if got := h.get("/v1/auth?org=ACME", h.as(slow.Secret)...).want(t, http.StatusTooManyRequests).Header().Get("Retry-After"); got != "60" {
		t.Errorf("Retry-After %q", got)
	}
	if _, err := h.s.UpdateSettings(t.Context(), local(h.ada), "ACME", []models.SettingChange{{Key: models.SetCreditLimit, Value: "10"}}, false); err != nil {
		t.Fatal(err)
	}
	key := h.keyOf(h.ada, models.NewAPIKey{})
	h.get("/v1/auth?org=ACME&cost=10", h.as(key.Secret)...).want(t, http.StatusNoContent)
	if got := h.get("/v1/auth?org=ACME&cost=1", h.as(key.Secret)...).want(t, http.StatusTooManyRequests).Header().Get("Retry-After"); len(got) < 4 {
		t.Errorf("Retry-After %q", got)
	}
	h.get("/v1/auth?org=ACME", h.as(key.Secret)...).want(t, http.StatusNoContent)
}

// TestGuessersOfKeysAreHeldUp holds that failures count for the network, and hold up
// no key that is known.
func TestGuessersOfKeysAreHeldUp(t *testing.T) {
	h, _ := newGuardedHouse(t, func(c *api.Config) { c.Limits.Failing = api.Rate{Burst: 3, Each: time.Hour} })
	key := h.keyOf(h.ada, models.NewAPIKey{})
	h.get("/v1/auth?org=ACME", h.as(key.Secret)...).want(t, http.StatusNoContent)
	for range 3 {
		h.get("/v1/auth?org=ACME", h.as("mup_x")...).want(t, http.StatusUnauthorized)
	}
	h.get("/v1/auth?org=ACME", h.as("mup_x")...).want(t, http.StatusTooManyRequests)
	h.get("/v1/auth?org=ACME", h.as(key.Secret)...).want(t, http.StatusNoContent)
}
