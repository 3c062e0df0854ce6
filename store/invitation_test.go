package store_test

import (
	"fmt"
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
