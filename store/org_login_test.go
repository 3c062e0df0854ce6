package store_test

import (
	"fmt"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// TestLoginOrganization holds docs/rules.md, "Ways in": a login name stands for
// the organization that it names, or that was chosen under it, and for no other.
func TestLoginOrganization(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada).ID
	at := func(login string) models.Actor {
		a := ada
		a.Via, a.Address, a.Login = models.ViaSSH, "192.0.2.1", login
		return a
	}
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	beta, err := w.s.CreateOrganization(w.ctx, ada, store.NewOrganization{Name: "Beta", Code: "BETA"})
	ok(err)
	want := func(login, id string, code models.Code) {
		t.Helper()
		got, _, err := w.s.LoginOrganization(w.ctx, at(login))
		if got != id || models.CodeOf(err) != code {
			t.Errorf("login %q gives %q, %v; want %q, %q", login, got, err, id, code)
		}
	}
	choose := func(login, ref string) {
		t.Helper()
		_, err := w.s.SwitchOrganization(w.ctx, at(login), ref)
		ok(err)
	}
	want("acme", acme, "")
	want(acme, acme, "")
	want("laptop", "", models.CodeNotFound)
	want("", "", models.CodeUsage)
	choose("laptop", "BETA")
	choose("acme", "BETA") // the name means ACME, whatever is chosen
	want("LapTop", beta.ID, "")
	want("acme", acme, "")
	want("desk", "", models.CodeNotFound)

	// What is made is chosen.
	gamma, err := w.s.CreateOrganization(w.ctx, at("desk"), store.NewOrganization{Name: "Gamma", Code: "GAMMA"})
	ok(err)
	want("desk", gamma.ID, "")
	want("laptop", beta.ID, "")

	// A name that was chosen under before it became a code, and is one no more.
	choose("delta", "BETA")
	_, err = w.s.UpdateSettings(w.ctx, ada, gamma.ID, []models.SettingChange{{Key: models.SetCode, Value: "DELTA"}}, false)
	ok(err)
	want("delta", gamma.ID, "")
	want("gamma", "", models.CodeNotFound)
	_, err = w.s.DeleteOrganization(w.ctx, ada, gamma.ID, "DELTA")
	ok(err)
	want("delta", "", models.CodeNotFound)
	choose("delta", "BETA")
	want("delta", "", models.CodeNotFound)
	want("desk", "", models.CodeNotFound)
	want("laptop", beta.ID, "")

	// The newest choices stay.
	for i := range 25 {
		w.clock.Advance(time.Second)
		choose(fmt.Sprintf("host%d", i), "BETA")
	}
	want("host24", beta.ID, "")
	want("laptop", "", models.CodeNotFound)
}
