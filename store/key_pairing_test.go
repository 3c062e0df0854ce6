package store_test

import (
	"testing"
	"time"

	"muster/models"
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
