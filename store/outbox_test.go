package store_test

import (
	"testing"
	"time"

	"muster/models"
)

// A mail that would leave after its invitation ran out is given up, and so is a
// reminder. Word of an acceptance has no such end.
func TestMailIsNotRetriedBeyondExpiry(t *testing.T) {
	s := newStage(t)
	s.drain()
	inv := must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.owner, s.acme, models.NewInvitation{Email: "pen@example.com", TTL: 2 * time.Minute}))
	state := func() models.DeliveryState {
		t.Helper()
		return must[models.Invitation](t)(s.s.Invitation(s.ctx, s.owner, s.acme, inv.ID)).Delivery.State
	}
	fail := func() {
		t.Helper()
		jobs := s.mails()
		if len(jobs) != 1 || jobs[0].Invitation.ID != inv.ID {
			t.Fatalf("%+v", jobs)
		}
		if err := s.s.MailFailed(s.ctx, jobs[0], "451", false); err != nil {
			t.Fatal(err)
		}
	}
	fail() // to be tried again after 30 seconds
	if state() != models.DeliveryQueued {
		t.Fatalf("after the first try: %s", state())
	}
	s.clock.Advance(30 * time.Second)
	fail() // after a minute more, half a minute before it expires
	if state() != models.DeliveryQueued {
		t.Fatalf("after the second try: %s", state())
	}
	s.clock.Advance(time.Minute)
	fail() // two minutes more would be too late
	if state() != models.DeliveryFailed {
		t.Errorf("after the third try: %s", state())
	}
	if at, ok, err := s.s.NextMail(s.ctx); ok || err != nil {
		t.Errorf("a mail is due at %v, %v", at, err)
	}
}
