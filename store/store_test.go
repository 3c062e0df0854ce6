package store_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"muster/internal/clock"
	"muster/internal/tools/fresh"
	"muster/models"
	"muster/store"
)

// world is a store on a real file, with a clock that moves when told.
type world struct {
	t     testing.TB
	ctx   context.Context
	s     *store.Store
	dir   string
	clock *clock.Manual
}

var start = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

// newWorld has a new database that is a copy, as most tests do not ask how it is made.
func newWorld(t testing.TB, options ...func(*store.Options)) *world {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if postgresDSN == "" {
		fresh.Database(t, dir)
	}
	return worldIn(t, dir, options...)
}

// worldIn has a database that the store makes, if there is none in the directory.
func worldIn(t testing.TB, dir string, options ...func(*store.Options)) *world {
	t.Helper()
	w := &world{t: t, ctx: context.Background(), dir: dir, clock: clock.NewManual(start)}
	w.s = w.open(append(options, func(o *store.Options) { o.Create = true })...)
	return w
}

// open opens the same database once more, like another process would.
func (w *world) open(options ...func(*store.Options)) *store.Store {
	w.t.Helper()
	o := store.Options{Dir: w.dir, DSN: database(w.t, w.dir, ""), Now: w.clock.Now}
	for _, f := range options {
		f(&o)
	}
	s, err := store.Open(w.ctx, o)
	if err != nil {
		w.t.Fatalf("open: %v", err)
	}
	w.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			w.t.Errorf("close: %v", err)
		}
	})
	return s
}

func key(name string) models.PublicKey {
	sum := sha256.Sum256([]byte(name))
	wire := append([]byte("\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"), sum[:]...) // RFC 8709, section 4
	return models.PublicKey{Type: "ssh-ed25519", Fingerprint: "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:]), Wire: wire, Label: name}
}

// ada makes the first user, a site admin, and gives her as an actor.
func (w *world) ada() models.Actor {
	w.t.Helper()
	k := key("ada")
	u, err := w.s.Init(w.ctx, store.NewUser{Name: "Ada Lovelace", Email: "ada@example.com", Key: &k})
	if err != nil {
		w.t.Fatalf("init: %v", err)
	}
	return confirmed(models.Actor{UserID: u.ID, Via: models.ViaLocal})
}

// confirmed is somebody who has confirmed all that makes owners.
func confirmed(a models.Actor) models.Actor {
	a.OwnerConfirmed = true
	return a
}

// acme makes an organization that actor owns.
func (w *world) acme(actor models.Actor) models.OrgView {
	w.t.Helper()
	v, err := w.s.CreateOrganization(w.ctx, actor, store.NewOrganization{Name: "Acme Corp", Code: "ACME"})
	if err != nil {
		w.t.Fatalf("create organization: %v", err)
	}
	return v
}

// join brings a new person into an organization by an invitation of inviter.
func (w *world) join(inviter models.Actor, org, email string, role models.Role) models.Actor {
	w.t.Helper()
	inv, err := w.s.CreateInvitation(w.ctx, inviter, org, models.NewInvitation{Email: email, Role: role})
	if err != nil {
		w.t.Fatalf("invite %s: %v", email, err)
	}
	return w.accept(inviter, inv)
}

// accept joins with the code of an invitation, as the mail brings it, and a new key.
func (w *world) accept(inviter models.Actor, inv models.Invitation) models.Actor {
	w.t.Helper()
	code, err := w.s.JoinCode(w.ctx, inviter, "", inv.ID)
	if err != nil {
		w.t.Fatalf("code: %v", err)
	}
	w.mailed(inv.ID)
	k := key(inv.Email)
	u, _, err := w.s.AcceptCode(w.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, code, "Name of "+inv.Email, k)
	if err != nil {
		w.t.Fatalf("accept as %s: %v", inv.Email, err)
	}
	return confirmed(models.Actor{UserID: u.ID, Via: models.ViaSSH, Key: k.Fingerprint, Address: "192.0.2.1"})
}

func (w *world) set(actor models.Actor, org string, pairs ...string) {
	w.t.Helper()
	var changes []models.SettingChange
	for i := 0; i < len(pairs); i += 2 {
		changes = append(changes, models.SettingChange{Key: pairs[i], Value: pairs[i+1]})
	}
	if _, err := w.s.UpdateSettings(w.ctx, actor, org, changes, true); err != nil {
		w.t.Fatalf("settings: %v", err)
	}
}

func wantCode(t testing.TB, err error, code models.Code) {
	t.Helper()
	if got := models.CodeOf(err); got != code {
		t.Fatalf("error is %q (%v), want %q", got, err, code)
	}
	var e *models.Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("error is not for people: %v", err)
	}
}

func (w *world) verified() {
	w.t.Helper()
	reports, err := w.s.VerifyAll(w.ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range reports {
		if !r.OK {
			w.t.Errorf("chain %q: entry %d: %s", r.OrgID, r.Broken, r.Why)
		}
	}
}

func TestTheMainJob(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	if acme.Role != models.RoleOwner || acme.Members.Active != 1 || acme.Seats.Used != 1 {
		t.Fatalf("new organization: %+v", acme)
	}

	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleAdmin)
	cy := w.join(ada, acme.ID, "cy@example.com", models.RoleMember)

	dee, err := w.s.CreateInvitation(w.ctx, cy, acme.ID, models.NewInvitation{Email: "dee@example.com"})
	if err != nil || dee.State != models.StateRequested || dee.ExpiresAt != nil {
		t.Fatalf("proposal: %+v, %v", dee, err)
	}
	page, err := w.s.ListInvitations(w.ctx, bob, acme.ID, models.InvitationQuery{})
	if err != nil || len(page.Items) != 3 || page.Items[0].ID != dee.ID {
		t.Fatalf("the queue does not begin with what waits: %+v, %v", page, err)
	}
	dee, err = w.s.ApproveInvitation(w.ctx, bob, acme.ID, dee.ID, "")
	if err != nil || dee.State != models.StatePending || dee.DecidedBy != "bob@example.com" {
		t.Fatalf("approve: %+v, %v", dee, err)
	}
	if _, err := w.s.ApproveInvitation(w.ctx, ada, acme.ID, dee.ID, ""); models.CodeOf(err) != models.CodeConflict || err.Error() != "the invitation of dee@example.com is already approved by bob@example.com" {
		t.Fatalf("second decision: %v", err)
	}

	mails := func() (to []string) {
		jobs, err := w.s.ClaimMail(w.ctx, 10, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range jobs {
			if err := w.s.MailSent(w.ctx, j); err != nil {
				t.Fatal(err)
			}
			if j.Kind == store.MailInvitation {
				to = append(to, j.To)
			}
		}
		return to
	}
	if got := fmt.Sprint(mails()); got != "[]" {
		t.Fatalf("mails before the undo time has passed: %s", got)
	}
	w.clock.Advance(models.UndoTime)
	if got := fmt.Sprint(mails()); got != "[dee@example.com]" {
		t.Fatalf("mails after the undo time: %s", got)
	}
	deeActor := w.accept(bob, dee)

	if _, err := w.s.RemoveMember(w.ctx, ada, acme.ID, "cy@example.com"); err != nil {
		t.Fatal(err)
	}
	_, err = w.s.Organization(w.ctx, cy, acme.ID)
	wantCode(t, err, models.CodeNotFound)
	if v, err := w.s.Organization(w.ctx, deeActor, "acme"); err != nil || v.Members.Active != 3 {
		t.Fatalf("after all: %+v, %v", v, err)
	}
	w.verified()
}
