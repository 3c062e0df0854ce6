package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
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

func TestMailWorker(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.drain()
	if _, ok, err := s.s.NextMail(s.ctx); ok || err != nil {
		t.Fatal(ok, err)
	}
	due := s.s.MailDue()
	defer due.Close()
	inv := s.invite(s.owner, "dee@example.com", models.RoleMember)
	soon(t, due, time.Second)
	at, ok, err := s.s.NextMail(s.ctx)
	if !ok || err != nil || !at.Equal(s.clock.Now()) {
		t.Fatal(at, ok, err)
	}
	delivery := func() models.Delivery {
		t.Helper()
		return must[models.Invitation](t)(s.s.Invitation(s.ctx, s.owner, s.acme, inv.ID)).Delivery
	}
	// One worker gets it; another, after the lease; the first one's answer is late.
	first := s.mails()
	if len(first) != 1 || first[0].Attempt != 1 || first[0].OrgCode != "ACME" {
		t.Fatalf("%+v", first)
	}
	if got := s.mails(); len(got) != 0 {
		t.Fatalf("handed out twice: %+v", got)
	}
	s.clock.Advance(time.Minute)
	second := s.mails()
	if len(second) != 1 || second[0].Attempt != 2 {
		t.Fatalf("%+v", second)
	}
	if err := s.s.MailFailed(s.ctx, first[0], "late", true); err != nil {
		t.Fatal(err)
	}
	if d := delivery(); d.State != models.DeliveryQueued || d.Error != "" {
		t.Errorf("a late answer counts: %+v", d)
	}
	// Tries with growing pauses, with the reason to be seen, up to twelve.
	if err := s.s.MailFailed(s.ctx, second[0], "451 try \x1b[31mlater\n"+strings.Repeat("x", 1000), false); err != nil {
		t.Fatal(err)
	}
	d := delivery()
	if d.State != models.DeliveryQueued || !d.At.Equal(s.clock.Now().Add(time.Minute)) || strings.ContainsAny(d.Error, "\x1b\n") || !strings.HasPrefix(d.Error, "451 try") || len(d.Error) > 320 {
		t.Errorf("%+v", d)
	}
	pauses := []time.Duration{}
	for n := 3; n <= 12; n++ {
		at, _, _ := s.s.NextMail(s.ctx)
		pauses = append(pauses, at.Sub(s.clock.Now()))
		s.clock.Advance(at.Sub(s.clock.Now()) - time.Microsecond)
		if got := s.mails(); len(got) != 0 {
			t.Fatalf("try %d is too early", n)
		}
		s.clock.Advance(time.Microsecond)
		jobs := s.mails()
		if len(jobs) != 1 || jobs[0].Attempt != n {
			t.Fatalf("try %d: %+v", n, jobs)
		}
		if err := s.s.MailFailed(s.ctx, jobs[0], "451", false); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(pauses); got != "[1m0s 2m0s 4m0s 8m0s 16m0s 32m0s 1h0m0s 1h0m0s 1h0m0s 1h0m0s]" {
		t.Errorf("pauses: %s", got)
	}
	if d := delivery(); d.State != models.DeliveryFailed || d.Attempts != 12 {
		t.Errorf("after twelve tries: %+v", d)
	}
	// Resending starts over; a permanent failure ends it; no way to send is told apart.
	must[models.Invitation](t)(s.s.ResendInvitation(s.ctx, s.owner, s.acme, inv.ID))
	job := s.mails()[0]
	if job.Attempt != 1 {
		t.Errorf("%+v", job)
	}
	if err := s.s.MailFailed(s.ctx, job, "550 no such user", true); err != nil {
		t.Fatal(err)
	}
	if d := delivery(); d.State != models.DeliveryFailed || d.Error != "550 no such user" {
		t.Errorf("%+v", d)
	}
	must[models.Invitation](t)(s.s.RegenerateInvitation(s.ctx, s.owner, s.acme, inv.ID))
	if err := s.s.MailImpossible(s.ctx, s.mails()[0]); err != nil {
		t.Fatal(err)
	}
	if d := delivery(); d.State != models.DeliveryNone || d.Error != "" {
		t.Errorf("%+v", d)
	}
	// A worker that dies each time does not try for ever.
	must[models.Invitation](t)(s.s.RegenerateInvitation(s.ctx, s.owner, s.acme, inv.ID))
	for range 12 {
		if got := s.mails(); len(got) != 1 {
			t.Fatalf("%+v", got)
		}
		s.clock.Advance(time.Minute)
	}
	if got := s.mails(); len(got) != 0 || delivery().State != models.DeliveryFailed {
		t.Errorf("tries go on: %+v, %+v", got, delivery())
	}
	// What is closed while a worker has it stays as it ended.
	must[models.Invitation](t)(s.s.RegenerateInvitation(s.ctx, s.owner, s.acme, inv.ID))
	job = s.mails()[0]
	must[models.Invitation](t)(s.s.RevokeInvitation(s.ctx, s.owner, s.acme, inv.ID))
	if err := s.s.MailSent(s.ctx, job); err != nil {
		t.Fatal(err)
	}
	if d := delivery(); d.State != models.DeliveryStopped {
		t.Errorf("%+v", d)
	}
	// A deleted organization sends nothing.
	s.invite(s.owner, "eve@example.com", models.RoleMember)
	if _, err := s.s.DeleteOrganization(s.ctx, s.owner, s.acme, "ACME"); err != nil {
		t.Fatal(err)
	}
	if got := s.mails(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	s.sound()
}

// A database that was brought to an installation with another secret.
func TestAnotherSecret(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.drain()
	inv := s.invite(s.owner, "dee@example.com", models.RoleMember)
	old := s.code(s.owner, inv.ID)
	if err := s.s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(s.dir, store.SecretFile)); err != nil {
		t.Fatal(err)
	}
	s.world.s = s.open()
	if jobs := s.mails(); len(jobs) != 0 {
		t.Errorf("a code that opens nothing is sent: %+v", jobs)
	}
	if d := must[models.Invitation](t)(s.s.Invitation(s.ctx, s.owner, s.acme, inv.ID)).Delivery; d.State != models.DeliveryFailed || !strings.Contains(d.Error, "regenerate") {
		t.Errorf("%+v", d)
	}
	s.clock.Advance(time.Minute)
	_, err := s.s.ResendInvitation(s.ctx, s.owner, s.acme, inv.ID)
	wantCode(t, err, models.CodeConflict)
	if !strings.Contains(models.AsError(err).Hint, "{invitation.regenerate "+inv.ID+"}") {
		t.Error(models.AsError(err).Hint)
	}
	_, err = s.s.JoinCode(s.ctx, s.owner, s.acme, inv.ID)
	wantCode(t, err, models.CodeConflict)
	must[models.Invitation](t)(s.s.RegenerateInvitation(s.ctx, s.owner, s.acme, inv.ID))
	_, err = s.bear(old, "dee")
	wantCode(t, err, models.CodeNotFound)
	if _, err := s.bear(s.code(s.owner, inv.ID), "dee"); err != nil {
		t.Error(err)
	}
}
