package store_test

import (
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// TestAPairingEndsWithWhatMadeIt holds that a code outlives neither the key nor
// the session that made it, nor a suspension.
func TestAPairingEndsWithWhatMadeIt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	site := s.root
	pair := func(a models.Actor) string {
		t.Helper()
		code, _, err := s.s.CreatePairing(s.ctx, a, "")
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	ended := func(code, label string) {
		t.Helper()
		_, err := s.bear(code, label)
		wantCode(t, err, models.CodeGone)
	}
	must[models.Key](t)(s.s.AddKey(s.ctx, s.member, key("spare"), ""))
	spare := s.member
	spare.Key = key("spare").Fingerprint

	code := pair(spare)
	must[models.Key](t)(s.s.RemoveKey(s.ctx, s.member, spare.Key))
	ended(code, "of a key")

	for _, wait := range []time.Duration{0, 2 * time.Second} { // before and after the session is written
		app := s.member
		session := s.s.OpenSession(app)
		app.Session = session.ID()
		code = pair(app)
		time.Sleep(wait)
		session.End()
		for range 50 {
			if s.number("SELECT count(*) FROM pairings WHERE used_at = 0 AND expires_at > $1", s.clock.Now().UnixMicro()) == 0 {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		ended(code, "of a session")
	}

	code = pair(s.member) // by a command, whose session is over
	must[models.AccountDetail](t)(s.s.SuspendUser(s.ctx, site, "", s.member.UserID, ""))
	must[models.AccountDetail](t)(s.s.ReactivateUser(s.ctx, site, "", s.member.UserID))
	ended(code, "of a suspended user")
	s.sound()
}

func TestPairing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	code, expires, err := s.s.CreatePairing(s.ctx, s.member, "")
	if err != nil || !expires.Equal(s.clock.Now().Add(store.PairingTime)) {
		t.Fatal(err, expires)
	}
	old := code
	code, _, err = s.s.CreatePairing(s.ctx, s.member, "") // ends the one before
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.bear(old, "laptop")
	wantCode(t, err, models.CodeNotFound)
	// Not with a key that somebody has, the own ones included; and nothing is used up.
	for _, a := range []models.Actor{s.member, s.admin} {
		_, _, err = s.s.AcceptCode(s.ctx, a, code, "", models.PublicKey{Fingerprint: a.Key})
		wantCode(t, err, models.CodeConflict)
	}
	if f := must[store.CodeOffer](t)(s.s.LookupCode(s.ctx, models.Actor{Key: "k"}, code)); f.Kind != store.CodePairing || f.User.Email != "mel@example.com" {
		t.Errorf("%+v", f)
	}
	laptop, err := s.bear(code, "laptop")
	if err != nil || laptop.UserID != s.member.UserID {
		t.Fatal(laptop, err)
	}
	_, err = s.bear(code, "another")
	wantCode(t, err, models.CodeGone)
	if keys := must[[]models.Key](t)(s.s.ListKeys(s.ctx, laptop)); len(keys) != 2 {
		t.Errorf("%+v", keys)
	}
	code, _, _ = s.s.CreatePairing(s.ctx, s.member, "")
	s.clock.Advance(store.PairingTime)
	_, err = s.bear(code, "late")
	wantCode(t, err, models.CodeGone)
	code, _, _ = s.s.CreatePairing(s.ctx, s.member, "")
	s.exec("UPDATE users SET status = 'suspended' WHERE id = $1", s.member.UserID)
	_, err = s.bear(code, "suspended")
	wantCode(t, err, models.CodeDenied)
	s.exec("UPDATE users SET status = 'active'")
	s.sound()
}
