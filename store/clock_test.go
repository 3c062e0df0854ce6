package store_test

import (
	"testing"
	"time"

	"muster/models"
)

// aged is a stage with one of each thing that ends by itself within two minutes.
type aged struct {
	*stage
	inv      models.Invitation
	code     string // of the invitation
	link     string
	pairing  string
	transfer models.Transfer
	temp     models.Actor // whose membership ends
	start    time.Time
}

func newAged(t *testing.T) *aged {
	x := &aged{stage: newStage(t)}
	x.temp = x.join(x.owner, x.acme, "temp@example.com", models.RoleMember)
	x.start = x.clock.Now()
	end := x.clock.Now().Add(2 * time.Minute)
	must[models.Member](t)(x.s.SetMemberEnd(x.ctx, x.owner, x.acme, x.temp.UserID, &end))
	x.inv = must[models.Invitation](t)(x.s.CreateInvitation(x.ctx, x.owner, x.acme, models.NewInvitation{Email: "dee@example.com", TTL: 2 * time.Minute}))
	x.code = x.stage.code(x.root, x.inv.ID)
	_, x.link = x.stage.link(x.owner, x.acme, models.NewLink{TTL: 2 * time.Minute})
	x.transfer = must[models.Transfer](t)(x.s.Nominate(x.ctx, x.owner, x.acme, x.admin.UserID))
	x.clock.Advance(models.TransferTime - time.Minute) // all but the nomination is over
	var err error
	if x.pairing, _, err = x.s.CreatePairing(x.ctx, x.member, ""); err != nil {
		t.Fatal(err)
	}
	x.clock.Advance(20 * time.Minute)
	return x
}

// stayEnded checks that all of it is over.
func (x *aged) stayEnded() {
	x.t.Helper()
	stranger := models.Actor{Via: models.ViaSSH, Key: key("of dee").Fingerprint}
	for what, code := range map[string]string{"invitation": x.code, "link": x.link, "pairing": x.pairing} {
		if _, err := x.s.LookupCode(x.ctx, stranger, code); models.CodeOf(err) != models.CodeGone {
			x.t.Errorf("the %s shows: %v", what, err)
		}
		if _, err := x.bear(code, "dee"); models.CodeOf(err) != models.CodeGone {
			x.t.Errorf("the %s is accepted: %v", what, err)
		}
	}
	if inv := must[models.Invitation](x.t)(x.s.Invitation(x.ctx, x.owner, x.acme, x.inv.ID)); inv.State != models.StateExpired {
		x.t.Errorf("the invitation is %s", inv.State)
	}
	if _, err := x.s.AcceptTransfer(x.ctx, x.admin, x.transfer.ID); models.CodeOf(err) != models.CodeGone {
		x.t.Errorf("the nomination is accepted: %v", err)
	}
	if _, err := x.s.Organization(x.ctx, x.temp, x.acme); models.CodeOf(err) != models.CodeNotFound {
		x.t.Errorf("the membership that ended: %v", err)
	}
}

// What has expired stays so when the clock goes back, and what is made after that
// holds as long as it should.
func TestTheClockGoesBack(t *testing.T) {
	for name, between := range map[string]func(*aged){
		"in the same process":      func(*aged) {},
		"in one that comes later":  func(x *aged) { x.s.Close(); x.s = x.open() },
		"and nobody had looked":    nil,
		"by a day, then by a week": func(x *aged) { x.clock.Advance(-24 * time.Hour); x.stayEnded() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newAged(t)
			if between != nil {
				must[models.Page[models.Invitation]](t)(x.s.ListInvitations(x.ctx, x.owner, x.acme, models.InvitationQuery{})) // reads alone
				between(x)
			} else {
				must[models.Invitation](t)(x.s.CreateInvitation(x.ctx, x.owner, x.acme, models.NewInvitation{Email: "other@example.com"}))
			}
			x.clock.Advance(x.start.Add(30 * time.Second).Sub(x.clock.Now()))
			x.stayEnded()
			inv := must[models.Invitation](t)(x.s.CreateInvitation(x.ctx, x.owner, x.acme, models.NewInvitation{Email: "new@example.com", TTL: time.Hour}))
			if left := inv.ExpiresAt.Sub(x.clock.Now()); left != time.Hour {
				t.Errorf("a new one holds for %s", left)
			}
			x.clock.Advance(50 * time.Minute)
			if _, err := x.bear(x.stage.code(x.owner, inv.ID), "new"); err != nil {
				t.Error(err)
			}
			x.sound()
		})
	}
}

// Of two processes that find the clock set back, one sees to it: what was made since
// is not judged by what the other remembers.
func TestTwoProcessesFindTheClockSetBack(t *testing.T) {
	x := newStage(t)
	other := x.open()
	x.clock.Advance(24 * time.Hour)
	must[models.OrgView](t)(other.Organization(x.ctx, x.owner, x.acme))
	must[models.OrgView](t)(x.s.Organization(x.ctx, x.owner, x.acme))
	x.clock.Advance(-23 * time.Hour)
	inv := must[models.Invitation](t)(x.s.CreateInvitation(x.ctx, x.owner, x.acme, models.NewInvitation{Email: "new@example.com", TTL: time.Hour}))
	got := must[models.Invitation](t)(other.Invitation(x.ctx, x.owner, x.acme, inv.ID))
	if got.State != models.StatePending {
		t.Errorf("the other process finds it %s", got.State)
	}
	if _, err := other.ResendInvitation(x.ctx, x.owner, x.acme, inv.ID); models.CodeOf(err) != models.CodeLimit {
		t.Errorf("sending it at once: %v", err)
	}
	x.sound()
}

// A clock that is adjusted by moments makes time stand still.
func TestTheClockIsAdjusted(t *testing.T) {
	x := newStage(t)
	before := x.invite(x.owner, "dee@example.com", models.RoleMember)
	x.clock.Advance(-3 * time.Second)
	after := x.invite(x.owner, "fay@example.com", models.RoleMember)
	if after.CreatedAt.Before(before.CreatedAt) {
		t.Errorf("%s is before %s", after.CreatedAt, before.CreatedAt)
	}
	if n := x.number("SELECT turns FROM clock"); n != 0 {
		t.Errorf("%d turns", n)
	}
}
