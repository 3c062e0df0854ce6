package api_test

import (
	"net/http"
	"testing"

	"muster/models"
)

// TestRefusalsHaveTheirStatus holds, beside TestStatuses, which status belongs to what
// the rights, the time and the plan refuse (docs/api.md, "A walk").
func TestRefusalsHaveTheirStatus(t *testing.T) {
	h, _ := newGuardedHouse(t)
	_, sign, _ := h.person("bob")
	bob := h.as(sign(""))
	const org = "/v1/orgs/ACME"
	invite := func(email string) string {
		return h.post(org+"/invitations", `{"email":"`+email+`"}`).want(t, http.StatusOK).field(t, "id")
	}
	sent := invite("sent@example.com")
	revoked := invite("revoked@example.com")
	code := h.post("/v1/invitations/"+revoked+"/code", "").want(t, http.StatusOK).field(t, "code")
	h.post("/v1/invitations/"+revoked+"/revoke", `{}`).want(t, http.StatusOK)
	tag := h.get(org).Header().Get("ETag")
	h.send(http.MethodPatch, org, `{"description":"ours"}`).want(t, http.StatusOK)
	if _, err := h.s.UpdateSettings(t.Context(), local(h.ada), "ACME", []models.SettingChange{{Key: models.SetSeatLimit, Value: "3"}}, true); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		got    answered
		status int
		code   string
	}{
		"denied":           {h.send(http.MethodPatch, org, `{"description":"x"}`, bob...), http.StatusForbidden, "denied"},
		"a key of others":  {h.get(org+"/services", bob...), http.StatusForbidden, "denied"},
		"no such member":   {h.get(org + "/members/usr_0"), http.StatusNotFound, "not_found"},
		"no such key":      {h.get(org + "/api-keys/mup_000000000000"), http.StatusNotFound, "not_found"},
		"revoked":          {h.get("/v1/codes/" + code), http.StatusGone, "gone"},
		"stale":            {h.send(http.MethodPatch, org, `{"description":"theirs"}`, "If-Match", tag), http.StatusPreconditionFailed, "conflict"},
		"sent too soon":    {h.post("/v1/invitations/"+sent+"/resend", `{}`), http.StatusTooManyRequests, "limit"},
		"a scope unknown":  {h.post(org+"/api-keys", `{"label":"x","scopes":["member.lits"]}`), http.StatusUnprocessableEntity, "invalid"},
		"two kinds of key": {h.post(org+"/api-keys", `{"label":"x","personal":true,"organization":true}`), http.StatusBadRequest, "usage"},
		"no seat":          {h.post(org+"/invitations", `{"email":"new@example.com"}`), http.StatusForbidden, "limit"},
	} {
		if x.got.Code != x.status || x.got.field(t, "code") != x.code || x.got.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", name, x.got.Code, x.got.Body)
		}
	}
}

// TestBadKeysAreAllTheSame holds that an API key that is unknown, damaged, expired,
// revoked, of another installation, or whose holder is gone has the same 401.
func TestBadKeysAreAllTheSame(t *testing.T) {
	h, _ := newGuardedHouse(t)
	const keys = "/v1/orgs/ACME/api-keys"
	revokedID, revoked := h.apiKey(`{"label":"revoked"}`)
	h.post(keys+"/"+revokedID+"/revoke", `{}`).want(t, http.StatusOK)
	expiredID, expired := h.apiKey(`{"label":"expired"}`)
	h.post(keys+"/"+expiredID+"/rotate", `{"overlap":"0"}`).want(t, http.StatusOK)
	bob := h.member("bob")
	removed := h.keyOf(bob, models.NewAPIKey{}).Secret
	h.get("/v1/orgs/ACME", h.as(removed)...).want(t, http.StatusOK)
	if _, err := h.s.RemoveMember(t.Context(), local(h.ada), "ACME", bob.ID); err != nil {
		t.Fatal(err)
	}
	other, _ := newGuardedHouse(t)
	_, foreign := other.apiKey(`{"label":"foreign"}`)
	want := h.get("/v1/orgs/ACME", "Authorization", "").want(t, http.StatusUnauthorized)
	for name, secret := range map[string]string{
		"unknown": "mup_nothing", "damaged": revoked[:len(revoked)-1] + "?", "expired": expired, "revoked": revoked, "foreign": foreign, "of a removed member": removed,
	} {
		for _, path := range []string{"/v1/orgs/ACME", "/v1/orgs/NEVER", "/v1/me"} {
			got := h.get(path, h.as(secret)...).want(t, http.StatusUnauthorized)
			if got.Body.String() != want.Body.String() || got.Header().Get("WWW-Authenticate") != want.Header().Get("WWW-Authenticate") {
				t.Errorf("%s at %s is told apart: %s", name, path, got.Body)
			}
		}
	}
}
