package store_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"muster/models"
)

// TestFollowersEndWithWhatTheyCameBy holds that a stream ends within a second when
// the key that it was opened with is removed, revoked or over, or the membership
// suspended, and that nothing which happened afterwards is in it.
func TestFollowersEndWithWhatTheyCameBy(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	byKey := func(n models.NewAPIKey) (models.Actor, string) {
		k := must[models.SecretKey](t)(w.s.CreateAPIKey(w.ctx, ada, acme.ID, n))
		a, _, err := w.s.AuthenticateAPIKey(w.ctx, k.Secret, netip.MustParseAddr("192.0.2.7"))
		if err != nil {
			t.Fatal(err)
		}
		return a, k.ID
	}
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleAdmin)
	added := must[models.Key](t)(w.s.AddKey(w.ctx, bob, key("a second key of bob"), ""))
	bobs := bob
	bobs.Key = added.Fingerprint
	eve := w.join(ada, acme.ID, "eve@example.com", models.RoleAdmin)
	revoked, id := byKey(models.NewAPIKey{Label: "revoked", Kind: models.KeyOrganization})
	expiring, _ := byKey(models.NewAPIKey{Label: "expiring", Kind: models.KeyOrganization, TTL: time.Hour})
	for _, c := range []struct {
		name string
		who  models.Actor
		end  func() error
	}{
		{"the SSH key is removed", bobs, func() error { return second(w.s.RemoveKey(w.ctx, bob, added.Fingerprint)) }},
		{"the membership is suspended", eve, func() error { return second(w.s.SuspendMember(w.ctx, ada, acme.ID, "eve@example.com", "")) }},
		{"the API key is revoked", revoked, func() error { return second(w.s.RevokeAPIKey(w.ctx, ada, acme.ID, id)) }},
		{"the API key is over", expiring, func() error { w.clock.Advance(2 * time.Hour); return nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := w.follow(w.ctx, w.s, c.who, acme.ID, nil)
			f.t = t
			w.set(ada, acme.ID, models.SetMOTD, "before "+c.name)
			f.next("settings.update")
			from := time.Now()
			if err := c.end(); err != nil {
				t.Fatal(err)
			}
			w.set(ada, acme.ID, models.SetMOTD, "after "+c.name)
			if err := f.ended(); err == nil {
				t.Error("it ended with nothing to say")
			}
			if took := time.Since(from); took > time.Second {
				t.Errorf("it ended after %s", took)
			}
		})
	}
}

// TestSlowFollowersHoldNobodyUp holds that somebody who does not read delays neither
// changes nor those who do.
func TestSlowFollowersHoldNobodyUp(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	ctx, leave := context.WithCancel(w.ctx)
	defer leave()
	slow, quick := w.follow(ctx, w.s, ada, acme.ID, nil), w.follow(ctx, w.s, ada, acme.ID, nil)
	for i := range 20 {
		from := time.Now()
		w.set(ada, acme.ID, models.SetMOTD, time.Duration(i+1).String())
		quick.next("settings.update")
		if took := time.Since(from); took > 2*time.Second {
			t.Fatalf("a change and its event took %s", took)
		}
	}
	for range 20 { // it has lost none
		slow.next("settings.update")
	}
	leave()
	_, _ = slow.ended(), quick.ended()
}
