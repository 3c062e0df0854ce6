package api_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"muster/models"
)

// rule is a setting that keeps a caller out, and its value when it does not.
type rule struct {
	on, off string
	// with are settings that the rule says more about.
	with []models.SettingChange
	// open says that the setting keeps nobody out of HTTP, and why.
	open string
}

// TestSecurityRulesHoldOverHTTP holds that whoever comes over HTTP is held to every
// Security rule, with a token, a personal key and, where the rule is about addresses,
// an organization's key: from another address, and from none at all, which must not
// pass for somebody at the machine of the database.
func TestSecurityRulesHoldOverHTTP(t *testing.T) {
	rules := map[string]rule{
		models.SetTwoFactor:           {on: models.TwoFactorRequired, off: models.Off},
		models.SetHardwareKeyRequired: {on: models.On, off: models.Off},
		models.SetIPAllowlist:         {on: "198.51.100.0/24"},
		// It opens for hardware keys alone, and this one is none.
		models.SetHardwareKeyCounts: {on: models.On, off: models.Off, with: []models.SettingChange{{Key: models.SetTwoFactor, Value: models.TwoFactorRequired}}},
		models.SetSessionIdle:       {open: "a request has no session that could be idle"},
	}
	h, _ := newGuardedHouse(t)
	bob, sign, _ := h.person("bob")
	personal := h.keyOf(bob, models.NewAPIKey{}).Secret
	program := h.keyOf(h.ada, models.NewAPIKey{Kind: models.KeyOrganization}).Secret
	set := func(changes ...models.SettingChange) {
		t.Helper()
		if _, err := h.s.UpdateSettings(t.Context(), local(h.ada), "ACME", changes, true); err != nil {
			t.Fatal(err)
		}
	}
	for _, def := range models.Settings() {
		if !strings.HasPrefix(def.Key, "security.") {
			continue
		}
		r, ok := rules[def.Key]
		if !ok {
			t.Errorf("no row says whom %s keeps out of HTTP", def.Key)
		}
		if r.open != "" {
			continue
		}
		before := slices.Clone(r.with)
		for i := range before {
			before[i].Value = models.Off
		}
		set(append(slices.Clone(r.with), models.SettingChange{Key: def.Key, Value: r.on})...)
		for from, address := range map[string]string{"another address": "192.0.2.7:1", "a socket": "@", "nowhere": ""} {
			for who, credential := range map[string]string{"token": sign(""), "personal key": personal, "organization's key": program} {
				got := h.from(address, "/v1/orgs/ACME/members", credential)
				// There is no person whose second factor or key could be asked for.
				machine := who == "organization's key" && def.Key != models.SetIPAllowlist
				if refused := got.Code == http.StatusForbidden || got.Code == http.StatusUnauthorized; refused == machine {
					t.Errorf("%s = %s: with the %s from %s: %d %s", def.Key, r.on, who, from, got.Code, got.Body)
				}
			}
		}
		set(append(before, models.SettingChange{Key: def.Key, Value: r.off})...)
		for who, credential := range map[string]string{"token": sign(""), "personal key": personal, "organization's key": program} {
			if got := h.from("192.0.2.7:1", "/v1/orgs/ACME/members", credential); got.Code != http.StatusOK {
				t.Errorf("without %s the %s is refused: %d %s", def.Key, who, got.Code, got.Body)
			}
		}
	}
}

// from sends a request from an address.
func (h *house) from(address, path, credential string) answered {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr = address
	r.Header.Set("Authorization", "Bearer "+credential)
	w := answered{httptest.NewRecorder()}
	h.door.ServeHTTP(w, r)
	return w
}

// TestAPISettingsHoldOverHTTP holds that each setting of the API section changes what
// somebody is answered.
func TestAPISettingsHoldOverHTTP(t *testing.T) {
	h, _ := newGuardedHouse(t)
	bob, sign, _ := h.person("bob")
	personal := h.keyOf(bob, models.NewAPIKey{}).Secret
	create := func() int {
		return h.post("/v1/orgs/ACME/api-keys", `{"label":"new"}`, h.as(sign(""))...).Code
	}
	use := func() int { return h.get("/v1/orgs/ACME/members", h.as(personal)...).Code }
	table := map[string]struct {
		value, off string
		ask        func() int
		after      int // before it is 200
	}{
		models.SetAPIWho:       {models.KeysByAdmins, models.KeysByMembers, create, http.StatusForbidden},
		models.SetAPIPersonal:  {models.Off, models.On, use, http.StatusUnauthorized},
		models.SetAPILife:      {"30d", "366d", use, http.StatusUnauthorized},
		models.SetAPIAddresses: {"198.51.100.0/24", "", use, http.StatusUnauthorized},
		models.SetAPIRate:      {"1", "", use, http.StatusTooManyRequests},
	}
	for _, def := range models.Settings() {
		if !strings.HasPrefix(def.Key, "api.") {
			continue
		}
		x, ok := table[def.Key]
		if !ok {
			t.Errorf("no row says what %s changes", def.Key)
			continue
		}
		set := func(value string) {
			t.Helper()
			if _, err := h.s.UpdateSettings(t.Context(), local(h.ada), "ACME", []models.SettingChange{{Key: def.Key, Value: value}}, true); err != nil {
				t.Fatal(err)
			}
		}
		if got := x.ask(); got != http.StatusOK {
			t.Errorf("without %s the answer is %d", def.Key, got)
		}
		set(x.value)
		got := x.ask()
		for range 10 { // more than a rate has at once
			if got == http.StatusOK && x.after == http.StatusTooManyRequests {
				got = x.ask()
			}
		}
		if got != x.after {
			t.Errorf("with %s = %s the answer is %d, want %d", def.Key, x.value, got, x.after)
		}
		set(x.off)
		if got := x.ask(); got != http.StatusOK {
			t.Errorf("after %s the answer is %d", def.Key, got)
		}
	}
}
