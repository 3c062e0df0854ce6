package store_test

import (
	"testing"
	"time"

	"muster/models"
)

// TestAPastedKeyBlocksNobody holds that a public key which somebody put into
// their own account neither signs its holder in there when they join, nor keeps
// them from joining.
func TestAPastedKeyBlocksNobody(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	must[models.Key](t)(s.s.AddKey(s.ctx, s.member, key("victim@example.com"), ""))
	fingerprint := key("victim@example.com").Fingerprint
	if id, ok, err := s.s.KeyUser(s.ctx, fingerprint, true); ok || err != nil {
		t.Fatal("a pasted key joins as whoever pasted it", id, err)
	}
	if id, ok, err := s.s.KeyUser(s.ctx, fingerprint, false); id != s.member.UserID || !ok || err != nil {
		t.Fatal("a pasted key does not sign in", id, ok, err)
	}
	victim := s.join(s.owner, s.acme, "victim@example.com", models.RoleMember)
	if victim.UserID == s.member.UserID {
		t.Fatal("the victim joined as the attacker")
	}
	if id, ok, err := s.s.KeyUser(s.ctx, victim.Key, true); id != victim.UserID || !ok || err != nil {
		t.Error(id, ok, err)
	}
	for _, k := range must[[]models.Key](t)(s.s.ListKeys(s.ctx, s.member)) {
		if k.Fingerprint == fingerprint {
			t.Error("the attacker's account still has the key")
		}
	}
	// Proven, it is not for the taking.
	_, err := s.s.AddKey(s.ctx, s.member, models.PublicKey{Type: "ssh-ed25519", Fingerprint: victim.Key, Wire: []byte("x")}, "")
	wantCode(t, err, models.CodeConflict)
	// One's own pasted key is proven by the first session with it.
	must[models.Key](t)(s.s.AddKey(s.ctx, s.member, key("laptop"), ""))
	laptop := s.member
	laptop.Key = key("laptop").Fingerprint
	s.s.OpenSession(laptop).End()
	proven := false
	for range 50 { // it is written behind
		if _, proven, _ = s.s.KeyUser(s.ctx, laptop.Key, true); proven {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if !proven {
		t.Error("a key that was used is not proven")
	}
	s.sound()
}
