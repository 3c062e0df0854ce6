package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// stage is ACME with an owner who is no site admin, an admin and a member.
type stage struct {
	*world
	root, owner, admin, member models.Actor
	acme                       string
}

func newStage(t *testing.T, options ...func(*store.Options)) *stage {
	t.Helper()
	alone(t)
	s := &stage{world: newWorld(t, options...)}
	s.root = s.ada()
	home := must[models.OrgView](t)(s.s.CreateOrganization(s.ctx, s.root, store.NewOrganization{Name: "Home", Code: "HOME"}))
	s.owner = s.join(s.root, home.ID, "olga@example.com", models.RoleMember)
	s.acme = s.world.acme(s.owner).ID
	s.admin = s.join(s.owner, s.acme, "adam@example.com", models.RoleAdmin)
	s.member = s.join(s.owner, s.acme, "mel@example.com", models.RoleMember)
	return s
}

func (s *stage) invite(a models.Actor, email string, role models.Role) models.Invitation {
	s.t.Helper()
	return must[models.Invitation](s.t)(s.s.CreateInvitation(s.ctx, a, s.acme, models.NewInvitation{Email: email, Role: role}))
}

func (s *stage) code(a models.Actor, id string) string {
	s.t.Helper()
	return must[string](s.t)(s.s.JoinCode(s.ctx, a, s.acme, id))
}

// bear accepts a code with a new key.
func (s *stage) bear(code, name string) (models.Actor, error) {
	k := key("of " + name)
	u, _, err := s.s.AcceptCode(s.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, code, name, k)
	return models.Actor{UserID: u.ID, Via: models.ViaSSH, Key: k.Fingerprint}, err
}

func (s *stage) mails() (jobs []store.MailJob) {
	s.t.Helper()
	return must[[]store.MailJob](s.t)(s.s.ClaimMail(s.ctx, 10, time.Minute))
}

// drain sends what is due.
func (s *stage) drain() (to []string) {
	for _, j := range s.mails() {
		if err := s.s.MailSent(s.ctx, j); err != nil {
			s.t.Fatal(err)
		}
		to = append(to, j.Invitation.Email)
	}
	return to
}

func TestUndoWindow(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.drain()
	req := s.invite(s.member, "dee@example.com", models.RoleMember)
	ok := must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, s.admin, s.acme, req.ID, models.RoleViewer))
	if ok.Role != models.RoleViewer || ok.UndoUntil == nil || !ok.UndoUntil.Equal(s.clock.Now().Add(10*time.Second)) || ok.ExpiresAt == nil || !ok.ExpiresAt.Equal(s.clock.Now().Add(48*time.Hour)) ||
		ok.Delivery.State != models.DeliveryQueued || !ok.Delivery.At.Equal(*ok.UndoUntil) {
		t.Fatalf("%+v", ok)
	}
	code := s.code(s.admin, req.ID)
	_, err := s.s.UndoDecision(s.ctx, s.owner, s.acme, req.ID)
	wantCode(t, err, models.CodeDenied)
	s.clock.Advance(10*time.Second - time.Microsecond)
	if got := s.mails(); len(got) != 0 {
		t.Fatalf("a mail leaves before the time to undo is over: %+v", got)
	}
	back := must[models.Invitation](t)(s.s.UndoDecision(s.ctx, s.admin, s.acme, req.ID))
	if back.State != models.StateRequested || back.Role != models.RoleMember || back.DecidedBy != "" || back.ExpiresAt != nil || back.Delivery.State != models.DeliveryStopped {
		t.Errorf("%+v", back)
	}
	s.clock.Advance(time.Hour)
	if got := s.mails(); len(got) != 0 {
		t.Errorf("a mail leaves after all: %+v", got)
	}
	_, err = s.bear(code, "dee")
	wantCode(t, err, models.CodeNotFound) // and stays dead when approved again
	must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, s.admin, s.acme, req.ID, ""))
	_, err = s.bear(code, "dee")
	wantCode(t, err, models.CodeNotFound)
	// At the very end of the window the mail leaves and nothing can be undone.
	s.clock.Advance(models.UndoTime)
	_, err = s.s.UndoDecision(s.ctx, s.admin, s.acme, req.ID)
	wantCode(t, err, models.CodeGone)
	if got := fmt.Sprint(s.drain()); got != "[dee@example.com]" {
		t.Errorf("mails: %s", got)
	}
	// A rejection is undone the same way, by who made it.
	other := s.invite(s.member, "eve@example.com", models.RoleMember)
	no := must[models.Invitation](t)(s.s.RejectInvitation(s.ctx, s.admin, s.acme, other.ID, "not now"))
	if no.State != models.StateRejected || no.Reason != "not now" || no.ClosedAt == nil {
		t.Errorf("%+v", no)
	}
	back = must[models.Invitation](t)(s.s.UndoDecision(s.ctx, s.admin, s.acme, other.ID))
	if back.State != models.StateRequested || back.Reason != "" || back.ClosedAt != nil {
		t.Errorf("%+v", back)
	}
	// Not once the address has another open invitation, nor once they joined.
	must[models.Invitation](t)(s.s.RejectInvitation(s.ctx, s.admin, s.acme, other.ID, ""))
	again := s.invite(s.admin, "EVE@example.com", models.RoleMember)
	_, err = s.s.UndoDecision(s.ctx, s.admin, s.acme, other.ID)
	wantCode(t, err, models.CodeConflict)
	if _, err := s.bear(s.code(s.admin, again.ID), "eve"); err != nil {
		t.Fatal(err)
	}
	_, err = s.s.UndoDecision(s.ctx, s.admin, s.acme, again.ID)
	wantCode(t, err, models.CodeGone)
	s.sound()
}

func TestResendAndRegenerate(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.drain()
	inv := s.invite(s.admin, "dee@example.com", models.RoleMember)
	code := s.code(s.admin, inv.ID)
	s.drain()
	_, err := s.s.ResendInvitation(s.ctx, s.owner, s.acme, inv.ID)
	wantCode(t, err, models.CodeLimit)
	if hint := models.AsError(err).Hint; hint != "try again in 60 seconds" {
		t.Error(hint)
	}
	s.clock.Advance(models.ResendPause - time.Microsecond)
	_, err = s.s.ResendInvitation(s.ctx, s.owner, s.acme, inv.ID)
	wantCode(t, err, models.CodeLimit)
	s.clock.Advance(time.Microsecond)
	inv = must[models.Invitation](t)(s.s.ResendInvitation(s.ctx, s.owner, s.acme, inv.ID))
	if !inv.ExpiresAt.Equal(s.clock.Now().Add(48 * time.Hour)) {
		t.Errorf("the clock did not start again: %v", inv.ExpiresAt)
	}
	if jobs := s.mails(); len(jobs) != 1 || jobs[0].Code != code {
		t.Errorf("another code was sent: %+v", jobs)
	}
	fresh := must[models.Invitation](t)(s.s.RegenerateInvitation(s.ctx, s.owner, s.acme, inv.ID)) // at once
	if fresh.Generation != 2 {
		t.Errorf("generation %d", fresh.Generation)
	}
	if _, err := s.bear(code, "dee"); models.CodeOf(err) != models.CodeNotFound {
		t.Errorf("the old code: %v", err)
	}
	now := s.code(s.admin, inv.ID)
	if now == code || len(now) != 26 {
		t.Errorf("codes %s and %s", code, now)
	}
	// In capitals, with blanks around it, and once.
	dee, err := s.bear(" "+strings.ToUpper(now)+"\n", "dee")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.bear(now, "somebody else")
	wantCode(t, err, models.CodeGone)
	if m := must[models.Member](t)(s.s.Member(s.ctx, dee, s.acme, dee.UserID)); m.InvitedBy != "adam@example.com" || m.Role != models.RoleMember {
		t.Errorf("%+v", m)
	}
	for name, call := range map[string]func() error{
		"resend":     func() error { _, err := s.s.ResendInvitation(s.ctx, s.owner, s.acme, inv.ID); return err },
		"regenerate": func() error { _, err := s.s.RegenerateInvitation(s.ctx, s.owner, s.acme, inv.ID); return err },
		"revoke":     func() error { _, err := s.s.RevokeInvitation(s.ctx, s.owner, s.acme, inv.ID); return err },
		"code":       func() error { _, err := s.s.JoinCode(s.ctx, s.owner, s.acme, inv.ID); return err },
		"approve":    func() error { _, err := s.s.ApproveInvitation(s.ctx, s.owner, s.acme, inv.ID, ""); return err },
	} {
		if err := call(); models.CodeOf(err) != models.CodeGone {
			t.Errorf("%s after it was accepted: %v", name, err)
		}
	}
	s.sound()
}

func TestExpiryAtTheBoundary(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	inv := must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.owner, s.acme, models.NewInvitation{Email: "dee@example.com", TTL: time.Minute}))
	code := s.code(s.owner, inv.ID)
	s.clock.Advance(time.Minute - time.Microsecond)
	if f := must[store.CodeOffer](t)(s.s.LookupCode(s.ctx, models.Actor{Key: "k"}, code)); f.Kind != store.CodeInvitation || f.Offer.OrgCode != "ACME" || f.Offer.Invitation.DecidedBy != "" {
		t.Errorf("%+v", f)
	}
	s.clock.Advance(time.Microsecond)
	_, err := s.s.LookupCode(s.ctx, models.Actor{Key: "k"}, code)
	wantCode(t, err, models.CodeGone)
	_, err = s.bear(code, "dee")
	wantCode(t, err, models.CodeGone)
	if e := models.AsError(err); e.Message != "this invitation is expired" || e.Hint != "ask olga@example.com for a new one" {
		t.Errorf("%+v", e)
	}
	for _, j := range s.mails() {
		if j.To == "dee@example.com" {
			t.Errorf("the mail of what ran out leaves: %+v", j)
		}
	}
	// Renewed with the same code and its own time to live.
	inv = must[models.Invitation](t)(s.s.ResendInvitation(s.ctx, s.owner, s.acme, inv.ID))
	if inv.State != models.StatePending || !inv.ExpiresAt.Equal(s.clock.Now().Add(time.Minute)) {
		t.Errorf("%+v", inv)
	}
	if _, err := s.bear(code, "dee"); err != nil {
		t.Error(err)
	}
	// A new one for the address of one that ran out, and then the old one cannot come back.
	old := must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.owner, s.acme, models.NewInvitation{Email: "eve@example.com", TTL: time.Minute}))
	s.clock.Advance(time.Minute)
	s.invite(s.owner, "Eve@Example.com", models.RoleMember)
	_, err = s.s.ResendInvitation(s.ctx, s.owner, s.acme, old.ID)
	wantCode(t, err, models.CodeConflict)
	for _, ttl := range []time.Duration{time.Second, -time.Hour, models.MaxExpiry + 1} {
		_, err = s.s.CreateInvitation(s.ctx, s.owner, s.acme, models.NewInvitation{Email: "x@example.com", TTL: ttl})
		wantCode(t, err, models.CodeInvalid)
	}
	s.sound()
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

func TestWhoAnInvitationIsFor(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	inv := s.invite(s.owner, "Dee@Example.com", models.RoleMember)
	code := s.code(s.owner, inv.ID)
	// A key whose user has another address: nothing is consumed.
	_, _, err := s.s.AcceptCode(s.ctx, s.root, code, "", models.PublicKey{})
	wantCode(t, err, models.CodeConflict) // signed in at the machine of the database, which needs no key
	_, _, err = s.s.AcceptCode(s.ctx, models.Actor{}, code, "Dee", models.PublicKey{})
	wantCode(t, err, models.CodeInternal)
	_, _, err = s.s.AcceptCode(s.ctx, models.Actor{Key: "k"}, code, "Dee", key("another"))
	wantCode(t, err, models.CodeInternal) // not the key of the session
	mel := s.member
	_, _, err = s.s.AcceptCode(s.ctx, mel, code, "", key("mel@example.com"))
	wantCode(t, err, models.CodeConflict)
	wantCode(t, s.s.DeclineCode(s.ctx, mel, code), models.CodeConflict)
	wantCode(t, s.s.DeclineCode(s.ctx, models.Actor{Key: mel.Key}, code), models.CodeConflict) // the key is known by now
	_, _, err = s.s.AcceptCode(s.ctx, models.Actor{Key: mel.Key}, code, "Mel", key("mel@example.com"))
	wantCode(t, err, models.CodeConflict)
	// An unknown key needs a good name, and a bad one leaves no account.
	for _, name := range []string{"", "\x1b[31mDee", strings.Repeat("x", 65)} {
		_, err = s.bear(code, name)
		wantCode(t, err, models.CodeInvalid)
	}
	if n := s.number("SELECT count(*) FROM users WHERE email_norm = 'dee@example.com'"); n != 0 {
		t.Error("a refused name leaves an account")
	}
	dee, err := s.bear(code, "Dee")
	if err != nil {
		t.Fatal(err)
	}
	me := must[store.Me](t)(s.s.Me(s.ctx, dee))
	if me.Email != "Dee@Example.com" || me.CurrentOrg != s.acme || me.Keys != 1 || me.Handle != "dee" {
		t.Errorf("%+v", me)
	}
	// The owner, who is no site admin, looked the code up: it proves no address.
	if me.EmailVerified {
		t.Error("the address is verified by a code that the inviter had seen")
	}
	elsewhere := must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.root, "HOME", models.NewInvitation{Email: "dee@example.com"}))
	if got := must[[]models.JoinOffer](t)(s.s.OwnInvitations(s.ctx, dee)); len(got) != 0 {
		t.Errorf("an address that is not verified finds %+v", got)
	}
	_, err = s.s.AcceptInvitation(s.ctx, dee, elsewhere.ID)
	wantCode(t, err, models.CodeNotFound)
	_, err = s.s.DeclineInvitation(s.ctx, dee, elsewhere.ID)
	wantCode(t, err, models.CodeNotFound)
	// A code from the mail proves it.
	for _, j := range s.mails() {
		if j.ID == elsewhere.ID {
			s.taken(j)
			if _, _, err := s.s.AcceptCode(s.ctx, dee, j.Code, "", key("of Dee")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if me := must[store.Me](t)(s.s.Me(s.ctx, dee)); !me.EmailVerified {
		t.Error("the mail's code did not verify the address")
	}
	third := must[models.OrgView](t)(s.s.CreateOrganization(s.ctx, s.root, store.NewOrganization{Name: "Third", Code: "THIRD"}))
	offer := must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.root, third.ID, models.NewInvitation{Email: "dee@example.com", Role: models.RoleAdmin}))
	list := must[[]models.OrgEntry](t)(s.s.ListOrganizations(s.ctx, dee))
	if last := list[len(list)-1]; last.Relation != models.RelInvited || last.InvitationID != offer.ID || list[0].Relation != models.RelPersonal {
		t.Errorf("switcher: %+v", list)
	}
	if v := must[models.OrgView](t)(s.s.AcceptInvitation(s.ctx, dee, offer.ID)); v.Role != models.RoleAdmin || v.Code != "THIRD" {
		t.Errorf("%+v", v)
	}
	s.sound()
}

func TestAcceptingAsAMember(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	inv := s.invite(s.owner, "dee@example.com", models.RoleAdmin)
	code := s.code(s.owner, inv.ID)
	dee, err := s.bear(code, "dee")
	if err != nil {
		t.Fatal(err)
	}
	must[models.Member](t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, dee.UserID, models.RoleViewer))
	must[models.AccountDetail](t)(s.s.VerifyUser(s.ctx, s.root, "", dee.UserID))
	_, err = s.s.CreateInvitation(s.ctx, s.owner, s.acme, models.NewInvitation{Email: "DEE@example.com"})
	wantCode(t, err, models.CodeConflict)
	// Even one that came to be open is closed without a change of role.
	inv = s.invite(s.owner, "other@example.com", models.RoleAdmin)
	code = s.code(s.owner, inv.ID)
	s.exec("UPDATE invitations SET email = 'dee@example.com', email_norm = 'dee@example.com' WHERE id = $1", inv.ID)
	if f := must[store.CodeOffer](t)(s.s.LookupCode(s.ctx, dee, code)); !f.Offer.AlreadyMember || f.Offer.Known == nil {
		t.Errorf("%+v", f)
	}
	_, v, err := s.s.AcceptCode(s.ctx, dee, code, "", key("of dee"))
	if err != nil || v.Role != models.RoleViewer {
		t.Errorf("%+v, %v", v, err)
	}
	if inv = must[models.Invitation](t)(s.s.Invitation(s.ctx, s.owner, s.acme, inv.ID)); inv.State != models.StateAccepted {
		t.Errorf("%+v", inv)
	}
	s.sound()
}

// Everything is checked again when it comes to joining.
func TestCheckedAgainAtAcceptance(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before func(*stage)
		by     func(*stage) models.Actor
		role   models.Role
		after  func(*stage)
		want   models.Code
	}{
		"nothing changed": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(*stage) {}, ""},
		"the inviter was demoted below the role": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleAdmin, func(s *stage) {
			must[models.Member](s.t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.admin.UserID, models.RoleMember))
		}, models.CodeGone},
		"the inviter is a viewer": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleViewer, func(s *stage) {
			must[models.Member](s.t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.admin.UserID, models.RoleViewer))
		}, models.CodeGone},
		"the inviter was removed": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(s *stage) {
			must[models.Consequences](s.t)(s.s.RemoveMember(s.ctx, s.owner, s.acme, s.admin.UserID))
		}, models.CodeGone},
		"the inviter's account is suspended": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(s *stage) {
			must[models.AccountDetail](s.t)(s.s.SuspendUser(s.ctx, s.root, "", s.admin.UserID, ""))
		}, models.CodeGone},
		"the policy became owners": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(s *stage) {
			s.set(s.owner, s.acme, models.SetInvite, "owners")
		}, models.CodeGone},
		"the policy became approval": {func(s *stage) { s.set(s.owner, s.acme, models.SetInvite, "members") }, func(s *stage) models.Actor { return s.member }, models.RoleMember, func(s *stage) {
			s.set(s.owner, s.acme, models.SetInvite, "approval")
		}, models.CodeGone},
		"self-approval was switched off": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(s *stage) {
			s.set(s.owner, s.acme, models.SetSelfApproval, "off")
		}, ""},
		"the domain was closed": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(s *stage) {
			s.set(s.owner, s.acme, models.SetDomains, "acme.dev")
		}, models.CodeGone},
		"no seat is left": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(s *stage) {
			for i := range 46 {
				s.invite(s.owner, fmt.Sprintf("p%d@example.com", i), models.RoleMember)
			}
			_, err := s.s.CreateInvitation(s.ctx, s.owner, s.acme, models.NewInvitation{Email: "late@example.com"})
			wantCode(s.t, err, models.CodeLimit)
		}, ""},
		"it was revoked": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(s *stage) {
			s.exec("UPDATE invitations SET reason = reason WHERE 1 = 0")
			id := must[models.Page[models.Invitation]](s.t)(s.s.ListInvitations(s.ctx, s.owner, s.acme, models.InvitationQuery{Search: "dee"})).Items[0].ID
			must[models.Invitation](s.t)(s.s.RevokeInvitation(s.ctx, s.owner, s.acme, id))
		}, models.CodeGone},
		"the organization was deleted": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(s *stage) {
			must[models.OrgConsequences](s.t)(s.s.DeleteOrganization(s.ctx, s.owner, s.acme, "ACME"))
		}, models.CodeNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			if tt.before != nil {
				tt.before(s)
			}
			inv := s.invite(tt.by(s), "dee@example.com", tt.role)
			code := s.code(s.root, inv.ID)
			tt.after(s)
			_, err := s.bear(code, "dee")
			if models.CodeOf(err) != tt.want {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if err != nil && (strings.Contains(err.Error(), "olga") || strings.Contains(err.Error(), "acme.dev")) {
				t.Errorf("the invitee is told too much: %v", err)
			}
			n := s.number("SELECT count(*) FROM memberships WHERE email = 'dee@example.com' AND org_id = $1", s.acme)
			if (n == 1) != (tt.want == "") {
				t.Errorf("%d memberships", n)
			}
			s.sound()
		})
	}
}

// Whoever sends an invitation again takes the place of an inviter who may no
// longer invite, if they could send it themselves.
func TestTakingTheInvitersPlace(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	inv := s.invite(s.admin, "dee@example.com", models.RoleMember)
	code := s.code(s.root, inv.ID)
	s.clock.Advance(48 * time.Hour)
	must[models.Member](t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.admin.UserID, models.RoleViewer))
	inv = must[models.Invitation](t)(s.s.ResendInvitation(s.ctx, s.owner, s.acme, inv.ID))
	if inv.InviterEmail != "olga@example.com" {
		t.Errorf("%+v", inv)
	}
	if _, err := s.bear(code, "dee"); err != nil {
		t.Error(err)
	}
	must[models.Member](t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.admin.UserID, models.RoleAdmin))
	second := s.join(s.owner, s.acme, "second@example.com", models.RoleAdmin)
	inv = s.invite(s.admin, "eve@example.com", models.RoleMember)
	s.clock.Advance(48 * time.Hour)
	s.set(s.owner, s.acme, models.SetInvite, "owners")
	_, err := s.s.ResendInvitation(s.ctx, second, s.acme, inv.ID)
	wantCode(t, err, models.CodeDenied)
	s.set(s.owner, s.acme, models.SetInvite, "approval", models.SetSelfApproval, "off")
	must[models.Member](t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.admin.UserID, models.RoleViewer))
	_, err = s.s.RegenerateInvitation(s.ctx, second, s.acme, inv.ID)
	wantCode(t, err, models.CodeDenied)
	// Renewing one's own is inviting again, which here needs a second person.
	own := s.invite(second, "fay@example.com", models.RoleMember)
	if own.State != models.StateRequested {
		t.Fatalf("%+v", own)
	}
	_, err = s.s.ApproveInvitation(s.ctx, second, s.acme, own.ID, "")
	wantCode(t, err, models.CodeDenied)
	must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, s.owner, s.acme, own.ID, ""))
	s.clock.Advance(48 * time.Hour)
	must[models.Invitation](t)(s.s.ResendInvitation(s.ctx, second, s.acme, own.ID)) // somebody approved it once
	s.sound()
}

func TestJoinRequests(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(o *store.Options) { o.SignUp = true })
	open := must[models.OrgView](t)(s.s.CreateOrganization(s.ctx, s.owner, store.NewOrganization{Name: "Open", Code: "OPEN"}))
	s.set(s.owner, open.ID, models.SetJoinRequests, "on")
	ask := func(a models.Actor, org, email string) error {
		return s.s.RequestToJoin(s.ctx, a, store.JoinRequest{OrgCode: org, Email: email, Name: "Some One", Message: "please"})
	}
	stranger := func(name string) models.Actor {
		return models.Actor{Via: models.ViaSSH, Key: key(name).Fingerprint, Address: "198.51.100.7"}
	}
	// To a stranger everything looks the same, and so does what it leaves behind.
	shapes := map[string][]string{}
	for _, org := range []string{"OPEN", "ACME", "NOWHERE", "~olga", "\x1b[31m"} {
		for _, email := range []string{"new@example.com", "olga@example.com", "adam@example.com"} {
			db := s.raw()
			before := dump(t, db)
			if err := ask(stranger(org+email), org, email); err != nil {
				t.Errorf("%s for %s: %v", org, email, err)
			}
			shapes[org+" "+email] = changed(before, dump(t, db))
			_ = db.Close()
		}
	}
	for name, tables := range shapes {
		want := "[join_attempts]"
		if name == "OPEN new@example.com" || name == "OPEN adam@example.com" { // the organization's own, of which no stranger sees anything
			want = "[activity_days audit audit_heads changes invitation_counts invitations join_attempts organizations]"
		}
		if fmt.Sprint(tables) != want {
			t.Errorf("%s changes %v", name, tables)
		}
	}
	// Bad input is told; the sixth try of a day is refused, whatever it is for.
	wantCode(t, ask(stranger("x"), "OPEN", "not an address"), models.CodeInvalid)
	for i := range 5 {
		if err := ask(stranger("often"), []string{"OPEN", "NOWHERE"}[i%2], fmt.Sprintf("often%d@example.com", i)); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, ask(stranger("often"), "NOWHERE", "often@example.com"), models.CodeLimit)
	s.clock.Advance(24*time.Hour - time.Microsecond)
	wantCode(t, ask(stranger("often"), "OPEN", "often@example.com"), models.CodeLimit)
	s.clock.Advance(time.Microsecond)
	if err := ask(stranger("often"), "OPEN", "often@example.com"); err != nil {
		t.Error(err)
	}
	wantCode(t, ask(models.Actor{}, "OPEN", "x@example.com"), models.CodeInternal)
	// A signed-in user is told, but not what exists.
	notThere := ask(s.member, "NOWHERE", "")
	closed := ask(s.member, "HOME", "")
	wantCode(t, notThere, models.CodeNotFound)
	if closed.Error() != notThere.Error() || models.AsError(closed).Hint != models.AsError(notThere).Hint {
		t.Errorf("%v and %v", closed, notThere)
	}
	wantCode(t, ask(s.member, "ACME", ""), models.CodeConflict) // a member already
	if err := ask(s.member, "open", ""); err != nil {
		t.Error(err)
	}
	wantCode(t, ask(s.member, "OPEN", ""), models.CodeConflict)
	wantCode(t, ask(s.member, "OPEN", ""), models.CodeLimit)
	// They see their own request, and nobody else does by that; they take it back.
	mine := must[[]models.JoinOffer](t)(s.s.OwnRequests(s.ctx, s.member))
	if len(mine) != 1 || mine[0].OrgCode != "OPEN" || mine[0].Invitation.State != models.StateRequested || mine[0].Invitation.Message != "please" {
		t.Fatalf("%+v", mine)
	}
	if got := must[[]models.JoinOffer](t)(s.s.OwnRequests(s.ctx, s.admin)); len(got) != 0 {
		t.Errorf("somebody else's: %+v", got)
	}
	_, err := s.s.WithdrawInvitation(s.ctx, s.admin, "", mine[0].Invitation.ID)
	wantCode(t, err, models.CodeNotFound)
	if v := must[models.Invitation](t)(s.s.WithdrawInvitation(s.ctx, s.member, "", mine[0].Invitation.ID)); v.State != models.StateWithdrawn {
		t.Errorf("%+v", v)
	}
	_, err = s.s.WithdrawInvitation(s.ctx, s.member, "", mine[0].Invitation.ID)
	wantCode(t, err, models.CodeNotFound)
	if got := must[[]models.JoinOffer](t)(s.s.OwnRequests(s.ctx, s.member)); len(got) != 0 {
		t.Errorf("after it was taken back: %+v", got)
	}
	log := must[models.Page[models.AuditEntry]](t)(s.s.ListAudit(s.ctx, s.owner, open.ID, models.AuditQuery{Action: "invitation.withdraw"}))
	var words []string
	for _, e := range log.Items {
		words = append(words, fmt.Sprint(e.ActorEmail, " ", e.ActingAs, " ", e.Outcome))
	}
	if got := fmt.Sprint(words); got != "[mel@example.com outsider refused mel@example.com invitee done adam@example.com outsider refused]" {
		t.Errorf("the log: %s", got)
	}
	// Whoever signed up with somebody's address learns nothing about it.
	must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.owner, open.ID, models.NewInvitation{Email: "victim@example.com"}))
	k := key("squatter")
	u := must[models.User](t)(s.s.SignUp(s.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, store.NewUser{Name: "Squatter", Email: "victim@example.com", Key: &k}))
	squatter := models.Actor{UserID: u.ID, Via: models.ViaSSH, Key: k.Fingerprint}
	if u.EmailVerified {
		t.Error("an address that nobody verified is")
	}
	for _, org := range []string{"OPEN", "NOWHERE", "ACME"} {
		if err := ask(squatter, org, ""); err != nil {
			t.Errorf("%s: %v", org, err)
		}
	}
	for _, list := range []func(context.Context, models.Actor) ([]models.JoinOffer, error){s.s.OwnInvitations, s.s.OwnRequests} {
		if got := must[[]models.JoinOffer](t)(list(s.ctx, squatter)); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	}
	if got := must[[]models.OrgEntry](t)(s.s.ListOrganizations(s.ctx, squatter)); len(got) != 1 {
		t.Errorf("%+v", got)
	}
	// Admins decide with the same keys, and the mail goes to the address. A code of
	// who asked proves none.
	p := must[models.Page[models.Invitation]](t)(s.s.ListInvitations(s.ctx, s.owner, open.ID, models.InvitationQuery{Search: "new@"}))
	if len(p.Items) != 1 || p.Items[0].Origin != models.OriginJoin || p.Items[0].Name != "Some One" || p.Items[0].InviterID != "" {
		t.Fatalf("%+v", p.Items)
	}
	must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, s.owner, open.ID, p.Items[0].ID, ""))
	s.clock.Advance(models.UndoTime)
	for _, j := range s.mails() {
		if j.Invitation.Email == "new@example.com" {
			s.taken(j)
			if a, err := s.bear(j.Code, "new"); err != nil {
				t.Error(err)
			} else if me := must[store.Me](t)(s.s.Me(s.ctx, a)); me.EmailVerified {
				t.Error("the code of a request verified the address that it gave")
			}
		}
	}
	s.sound()
}

func TestSignUp(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	k := key("new")
	_, err := s.s.SignUp(s.ctx, models.Actor{Key: k.Fingerprint}, store.NewUser{Name: "New", Email: "new@example.com", Key: &k})
	wantCode(t, err, models.CodeDenied)
	s = newStage(t, func(o *store.Options) { o.SignUp = true })
	_, err = s.s.SignUp(s.ctx, models.Actor{Key: "another"}, store.NewUser{Name: "New", Email: "new@example.com", Key: &k})
	wantCode(t, err, models.CodeInternal)
	_, err = s.s.SignUp(s.ctx, models.Actor{}, store.NewUser{Name: "New", Email: "new@example.com"})
	wantCode(t, err, models.CodeInternal)
	mel := key("mel@example.com")
	_, err = s.s.SignUp(s.ctx, models.Actor{Key: mel.Fingerprint}, store.NewUser{Name: "New", Email: "new@example.com", Key: &mel})
	wantCode(t, err, models.CodeConflict)
	other := key("other")
	u := must[models.User](t)(s.s.SignUp(s.ctx, models.Actor{Key: other.Fingerprint}, store.NewUser{Name: "New", Email: "OLGA@example.com", Key: &other}))
	if u.Email != "OLGA@example.com" || u.EmailVerified {
		t.Errorf("with the address of another account: %+v", u)
	}
	u = must[models.User](t)(s.s.SignUp(s.ctx, models.Actor{Key: k.Fingerprint}, store.NewUser{Name: "New", Email: "mel@example.org", Key: &k}))
	if u.Handle != "mel-2" || u.SiteAdmin || u.EmailVerified {
		t.Errorf("%+v", u)
	}
	if n := s.number("SELECT count(*) FROM audit WHERE actor_id = '' AND outcome = 'refused'"); n != 0 {
		t.Errorf("%d entries of strangers", n)
	}
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

func TestKeys(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, err := s.s.RemoveKey(s.ctx, s.member, s.member.Key)
	wantCode(t, err, models.CodeConflict) // the last one
	second := must[models.Key](t)(s.s.AddKey(s.ctx, s.member, key("second"), ""))
	_, err = s.s.AddKey(s.ctx, s.member, key("second"), "")
	wantCode(t, err, models.CodeConflict)
	_, err = s.s.AddKey(s.ctx, s.admin, key("second"), "")
	wantCode(t, err, models.CodeConflict)
	if k := must[models.Key](t)(s.s.RenameKey(s.ctx, s.member, second.ID, " laptop ")); k.Label != "laptop" {
		t.Errorf("%+v", k)
	}
	_, err = s.s.RenameKey(s.ctx, s.member, second.ID, "lap\x1btop")
	wantCode(t, err, models.CodeInvalid)
	must[models.Key](t)(s.s.RemoveKey(s.ctx, s.member, s.member.Key))
	// The session that came in with it is over.
	_, err = s.s.Me(s.ctx, s.member)
	wantCode(t, err, models.CodeDenied)
	if id, ok, err := s.s.KeyUser(s.ctx, s.member.Key, false); ok || err != nil {
		t.Error(id, ok, err)
	}
	if id, ok, err := s.s.KeyUser(s.ctx, second.Fingerprint, false); id != s.member.UserID || !ok || err != nil {
		t.Error(id, ok, err)
	}
	for i := range models.MaxKeys {
		_, err = s.s.AddKey(s.ctx, s.admin, key(fmt.Sprint("many", i)), "")
	}
	wantCode(t, err, models.CodeLimit)
	s.sound()
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	change := func(a models.Actor, force bool, c ...models.SettingChange) error {
		_, err := s.s.UpdateSettings(s.ctx, a, s.acme, c, force)
		return err
	}
	is := func(v string) *string { return &v }
	// All or none.
	wantCode(t, change(s.owner, false, models.SettingChange{Key: models.SetMOTD, Value: "hi"}, models.SettingChange{Key: models.SetName, Value: ""}), models.CodeInvalid)
	wantCode(t, change(s.owner, false, models.SettingChange{Key: models.SetMOTD, Value: "hi"}, models.SettingChange{Key: models.SetMOTD, Value: "ho"}), models.CodeInvalid)
	if v := must[models.OrgView](t)(s.s.Organization(s.ctx, s.owner, s.acme)); v.MOTD != "" {
		t.Error("half of it was saved")
	}
	// A stale form is a conflict that shows what there is; the same value is none.
	if err := change(s.owner, false, models.SettingChange{Key: models.SetMOTD, Value: "one", Base: is("")}); err != nil {
		t.Fatal(err)
	}
	err := change(s.admin, false, models.SettingChange{Key: models.SetMOTD, Value: "two", Base: is("")})
	wantCode(t, err, models.CodeConflict)
	if !strings.Contains(err.Error(), `general.message_of_the_day is now "one"`) {
		t.Error(err)
	}
	if err := change(s.admin, false, models.SettingChange{Key: models.SetMOTD, Value: "one", Base: is("")}); err != nil {
		t.Error(err)
	}
	// Nothing that locks its author out, unless forced.
	wantCode(t, change(s.admin, false, models.SettingChange{Key: models.SetInvite, Value: "owners"}), models.CodeConflict)
	if err := change(s.admin, true, models.SettingChange{Key: models.SetInvite, Value: "owners"}); err != nil {
		t.Error(err)
	}
	s.set(s.owner, s.acme, models.SetInvite, "approval")
	must[models.Member](t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.admin.UserID, models.RoleMember))
	wantCode(t, change(s.owner, false, models.SettingChange{Key: models.SetSelfApproval, Value: "off"}), models.CodeConflict)
	must[models.Member](t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.admin.UserID, models.RoleAdmin))
	if err := change(s.owner, false, models.SettingChange{Key: models.SetSelfApproval, Value: "off"}); err != nil {
		t.Error(err)
	}
	// Codes are unique whatever their case, and an organization keeps finding itself.
	wantCode(t, change(s.owner, false, models.SettingChange{Key: models.SetCode, Value: "home"}), models.CodeConflict)
	if err := change(s.owner, false, models.SettingChange{Key: models.SetCode, Value: "acme"}); err != nil {
		t.Error(err)
	}
	if v := must[models.OrgView](t)(s.s.Organization(s.ctx, s.owner, "ACME")); v.Code != "acme" {
		t.Errorf("%+v", v)
	}
	// The personal workspace has a name, and neither a code nor invitations.
	home := must[[]models.OrgEntry](t)(s.s.ListOrganizations(s.ctx, s.owner))[0]
	for _, key := range []string{models.SetCode, models.SetInvite} {
		_, err := s.s.UpdateSettings(s.ctx, s.owner, home.ID, []models.SettingChange{{Key: key, Value: "owners"}}, true)
		wantCode(t, err, models.CodeDenied)
	}
	_, err = s.s.CreateInvitation(s.ctx, s.owner, home.ID, models.NewInvitation{Email: "x@example.com"})
	wantCode(t, err, models.CodeDenied)
	wantCode(t, s.s.Leave(s.ctx, s.owner, home.ID), models.CodeDenied)
	_, err = s.s.RemoveMember(s.ctx, s.root, home.ID, s.owner.UserID)
	wantCode(t, err, models.CodeNotFound)
	_, err = s.s.ChangeRole(s.ctx, s.root, home.ID, s.owner.UserID, models.RoleViewer)
	wantCode(t, err, models.CodeNotFound)
	s.sound()
}

func TestRemoval(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.invite(s.member, "b@example.com", models.RoleMember)
	s.set(s.owner, s.acme, models.SetInvite, "members")
	s.invite(s.member, "a@example.com", models.RoleMember)
	must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.member, s.acme, models.NewInvitation{Email: "late@example.com", TTL: time.Minute}))
	s.clock.Advance(time.Minute)
	c := must[models.Consequences](t)(s.s.RemovalConsequences(s.ctx, s.admin, s.acme, "mel@example.com"))
	did := must[models.Consequences](t)(s.s.RemoveMember(s.ctx, s.admin, s.acme, "MEL"+"@example.com"))
	c.Member, did.Member = models.Member{}, models.Member{}
	if !reflect.DeepEqual(c, did) || c.InvitationsRevoked != 1 || c.RequestsWithdrawn != 1 {
		t.Errorf("foretold %+v, done %+v", c, did)
	}
	got := map[models.InvitationState]int{}
	for _, inv := range must[models.Page[models.Invitation]](t)(s.s.ListInvitations(s.ctx, s.owner, s.acme, models.InvitationQuery{})).Items {
		if inv.InviterEmail == "mel@example.com" {
			got[inv.State]++
		}
	}
	if got[models.StateRevoked] != 1 || got[models.StateWithdrawn] != 1 || got[models.StateExpired] != 1 {
		t.Errorf("their invitations: %v", got)
	}
	_, err := s.s.Organization(s.ctx, s.member, s.acme)
	wantCode(t, err, models.CodeNotFound)
	if me := must[store.Me](t)(s.s.Me(s.ctx, s.member)); me.CurrentOrg == s.acme {
		t.Error("the current organization is one they are not in")
	}
	// They can be invited again, and come back with a new role.
	inv := s.invite(s.owner, "mel@example.com", models.RoleViewer)
	if _, _, err := s.s.AcceptCode(s.ctx, s.member, s.code(s.root, inv.ID), "", key("mel@example.com")); err != nil {
		t.Fatal(err)
	}
	if m := must[models.Member](t)(s.s.Member(s.ctx, s.owner, s.acme, "mel")); m.Role != models.RoleViewer {
		t.Errorf("%+v", m)
	}
	// An owner whose account is suspended can go while another is there.
	second := s.join(s.owner, s.acme, "second@example.com", models.RoleOwner)
	must[models.AccountDetail](t)(s.s.SuspendUser(s.ctx, s.root, "", second.UserID, ""))
	wantCode(t, s.s.Leave(s.ctx, s.owner, s.acme), models.CodeConflict) // they do not count
	must[models.Consequences](t)(s.s.RemoveMember(s.ctx, s.owner, s.acme, second.UserID))
	s.sound()
}

func TestUpdateMe(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, name := range []string{"", "\x1b[31mMel", "a\u202eb"} {
		_, err := s.s.UpdateMe(s.ctx, s.member, name)
		wantCode(t, err, models.CodeInvalid)
	}
	must[models.User](t)(s.s.UpdateMe(s.ctx, s.member, "Zoë Quxley"))
	p := must[models.Page[models.Member]](t)(s.s.ListMembers(s.ctx, s.owner, s.acme, models.MemberQuery{Search: "zoë qux"}))
	if len(p.Items) != 1 || p.Items[0].Name != "Zoë Quxley" || p.Matches != 1 {
		t.Errorf("%+v", p)
	}
	if p := must[models.Page[models.Member]](t)(s.s.ListMembers(s.ctx, s.owner, s.acme, models.MemberQuery{Search: "name of mel"})); len(p.Items) != 0 {
		t.Errorf("the old name is found: %+v", p.Items)
	}
	s.sound()
}

// Plans that the configuration no longer has give no seats away.
func TestUnknownPlan(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.exec("UPDATE organizations SET plan = 'gone' WHERE id = $1", s.acme)
	_, err := s.s.CreateInvitation(s.ctx, s.owner, s.acme, models.NewInvitation{Email: "dee@example.com"})
	wantCode(t, err, models.CodeConflict)
}

func TestWhoMayCreateOrganizations(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]models.Code{"": "", store.CreateAnyone: "", store.CreatePlan: "", store.CreateSiteAdmins: models.CodeDenied} {
		s := newStage(t, func(o *store.Options) { o.Create = true })
		if err := s.s.Close(); err != nil {
			t.Fatal(err)
		}
		s.world.s = s.open(func(o *store.Options) { o.WhoMayCreate = setting })
		_, err := s.s.CreateOrganization(s.ctx, s.member, store.NewOrganization{Name: "New", Code: "NEWORG"})
		if models.CodeOf(err) != want {
			t.Errorf("%s: %v", setting, err)
		}
		must[models.OrgView](t)(s.s.CreateOrganization(s.ctx, s.root, store.NewOrganization{Name: "Root", Code: "ROOTS"}))
		if setting == store.CreatePlan { // who is in no organization with the feature
			must[models.Consequences](t)(s.s.RemoveMember(s.ctx, s.owner, s.acme, s.member.UserID))
			s.exec("UPDATE organizations SET plan = 'explore' WHERE code = 'NEWORG'")
			_, err := s.s.CreateOrganization(s.ctx, s.member, store.NewOrganization{Name: "New", Code: "NEWER"})
			wantCode(t, err, models.CodeDenied)
		}
	}
}
