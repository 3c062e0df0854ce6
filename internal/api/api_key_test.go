package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"muster/internal/api"
	"muster/models"
)

// withKeys takes API keys as well.
func withKeys(c *api.Config) {
	c.Authenticators = append(c.Authenticators, api.APIKeys{Holders: c.Store})
}

// key makes an API key of Ada's.
func (h *house) apiKey(body string) (id, secret string) {
	h.t.Helper()
	made := h.post("/v1/orgs/ACME/api-keys", body).want(h.t, http.StatusOK)
	return made.field(h.t, "id"), made.field(h.t, "secret")
}

// TestProgramsSignInWithAPIKeys holds that a key does what its holder may and its
// scopes say, until it is revoked, and that then it is as unknown as any other.
func TestProgramsSignInWithAPIKeys(t *testing.T) {
	h := newHouse(t, withKeys)
	id, secret := h.apiKey(`{"personal":true,"label":"reader","scopes":["member"]}`)
	h.get("/v1/orgs/ACME/members", h.as(secret)...).want(t, http.StatusOK)
	h.get("/v1/orgs/ACME/settings", h.as(secret)...).want(t, http.StatusForbidden)
	h.post("/v1/orgs/ACME/api-keys", `{"personal":true,"label":"another"}`, h.as(secret)...).want(t, http.StatusForbidden)
	h.post("/v1/orgs", `{"name":"Beta","code":"BETA"}`).want(t, http.StatusOK)
	h.get("/v1/orgs/BETA/members", h.as(secret)...).want(t, http.StatusNotFound)

	_, program := h.apiKey(`{"organization":true,"label":"ci","scopes":["member"]}`)
	h.get("/v1/orgs/ACME/members", h.as(program)...).want(t, http.StatusOK)

	h.post("/v1/orgs/ACME/api-keys/"+id+"/revoke", `{}`).want(t, http.StatusOK)
	revoked := h.get("/v1/orgs/ACME/members", h.as(secret)...).want(t, http.StatusUnauthorized)
	// Another one of the right form, which was made elsewhere.
	other := newHouse(t, withKeys)
	_, foreign := other.apiKey(`{"personal":true,"label":"reader"}`)
	unknown := h.get("/v1/orgs/ACME/members", h.as(foreign)...).want(t, http.StatusUnauthorized)
	if a, b := revoked.Body.String(), unknown.Body.String(); a != b {
		t.Errorf("a revoked key is told apart:\n%s\n%s", a, b)
	}
}

// TestAKeyEndsWithItsOwner holds that a personal key is refused at the next
// request after its owner was removed.
func TestAKeyEndsWithItsOwner(t *testing.T) {
	h := newHouse(t, withKeys)
	ada := models.Actor{UserID: h.ada.ID, Via: models.ViaLocal}
	bob, _, err := h.s.CreateUser(t.Context(), ada, models.NewAccount{Name: "Bob", Email: "bob@example.com", Org: "ACME", Role: models.RoleMember})
	if err != nil {
		t.Fatal(err)
	}
	key, err := h.s.CreateAPIKey(t.Context(), models.Actor{UserID: bob.ID, Via: models.ViaLocal}, "ACME", models.NewAPIKey{Kind: models.KeyPersonal, Label: "bob's"})
	if err != nil {
		t.Fatal(err)
	}
	h.get("/v1/orgs/ACME/members", h.as(key.Secret)...).want(t, http.StatusOK)
	if _, err := h.s.RemoveMember(t.Context(), ada, "ACME", bob.ID); err != nil {
		t.Fatal(err)
	}
	h.get("/v1/orgs/ACME/members", h.as(key.Secret)...).want(t, http.StatusUnauthorized)
}

// TestAKeyThatComesTooOften is told when to try again, which a stranger is not.
func TestAKeyThatComesTooOften(t *testing.T) {
	h := newHouse(t, withKeys)
	_, secret := h.apiKey(`{"personal":true,"label":"busy","rate":60}`)
	for range 200 {
		r := httptest.NewRequest(http.MethodGet, "/v1/orgs/ACME/members", nil)
		r.Header.Set("Authorization", "Bearer "+secret)
		w := httptest.NewRecorder()
		h.door.ServeHTTP(w, r)
		if w.Code == http.StatusTooManyRequests {
			if w.Header().Get("Retry-After") == "" {
				t.Error("nothing says when to try again")
			}
			return
		}
	}
	t.Error("200 requests at once with a key for 60 a minute were all answered")
}
