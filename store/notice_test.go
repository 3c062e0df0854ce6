package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// post claims what is due and answers that it was sent; it gives kinds and
// addresses.
func (w *world) post() string {
	w.t.Helper()
	var out []string
	for {
		jobs, err := w.s.ClaimMail(w.ctx, 3, time.Minute)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(jobs) == 0 {
			slices.Sort(out)
			return strings.Join(out, ", ")
		}
		for _, j := range jobs {
			if (j.Kind == store.MailAccepted || j.Kind == store.MailReturned || j.Kind == store.MailNotice) != (j.Code == "") {
				w.t.Errorf("%s to %s: code %q", j.Kind, j.To, j.Code)
			}
			out = append(out, fmt.Sprintf("%s to %s", j.Kind, j.To))
			if j.Kind == store.MailNotice {
				out[len(out)-1] = fmt.Sprintf("%s to %s", j.Notice.Kind, j.To)
			}
			if err := w.s.MailSent(w.ctx, j); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

func (w *world) wantPost(want string) {
	w.t.Helper()
	if got := w.post(); got != want {
		w.t.Errorf("mails: %q, want %q", got, want)
	}
}

func TestReminder(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	inv, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "dee@example.com", TTL: 48 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "short@example.com", TTL: 23 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	w.wantPost("invitation to dee@example.com, invitation to short@example.com")
	if at, ok, err := w.s.NextMail(w.ctx); err != nil || !ok || !at.Equal(start.Add(36*time.Hour)) {
		t.Fatalf("next mail at %s, %v, %v", at, ok, err)
	}
	// Sending it again restarts the clock of the reminder as well.
	w.clock.Advance(35 * time.Hour)
	if _, err := w.s.ResendInvitation(w.ctx, ada, "", inv.ID); err != nil {
		t.Fatal(err)
	}
	w.wantPost("invitation to dee@example.com")
	w.clock.Advance(36*time.Hour - time.Second)
	w.wantPost("")
	w.clock.Advance(time.Second)
	w.wantPost("reminder to dee@example.com")
	// Once, whatever comes after it.
	if _, err := w.s.ResendInvitation(w.ctx, ada, "", inv.ID); err != nil {
		t.Fatal(err)
	}
	w.wantPost("invitation to dee@example.com")
	w.clock.Advance(47 * time.Hour)
	w.wantPost("")
	if _, ok, err := w.s.NextMail(w.ctx); ok || err != nil {
		t.Errorf("something is still due: %v", err)
	}
	w.verified()
}

func TestReminderOnlyForWhatIsOpen(t *testing.T) {
	for name, end := range map[string]func(w *world, ada models.Actor, inv models.Invitation){
		"revoked": func(w *world, ada models.Actor, inv models.Invitation) {
			if _, err := w.s.RevokeInvitation(w.ctx, ada, "", inv.ID); err != nil {
				w.t.Fatal(err)
			}
		},
		"accepted": func(w *world, ada models.Actor, inv models.Invitation) {
			w.accept(ada, inv)
			w.wantPost("accepted to ada@example.com, joined to dee@example.com")
		},
		"switched off": func(w *world, ada models.Actor, inv models.Invitation) {
			w.set(ada, inv.OrgID, models.SetReminders, models.Off)
		},
		"by somebody who may no longer invite": func(w *world, ada models.Actor, inv models.Invitation) {
			bob := w.join(ada, inv.OrgID, "bob@example.com", models.RoleOwner)
			if _, err := w.s.ChangeRole(w.ctx, bob, inv.OrgID, ada.UserID, models.RoleViewer); err != nil {
				w.t.Fatal(err)
			}
			w.wantPost("accepted to ada@example.com, joined to bob@example.com")
			if _, err := w.s.EditUser(w.ctx, ada, "", bob.UserID, models.AccountChange{SiteAdmin: ptr(true)}); err != nil {
				w.t.Fatal(err)
			}
			if _, err := w.s.EditUser(w.ctx, bob, "", ada.UserID, models.AccountChange{SiteAdmin: ptr(false)}); err != nil {
				w.t.Fatal(err)
			}
			w.wantPost("returned to ada@example.com")
		},
		"to a domain that is closed by now": func(w *world, ada models.Actor, inv models.Invitation) {
			w.set(ada, inv.OrgID, models.SetDomains, "other.org")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ada := w.ada()
			acme := w.acme(ada)
			inv, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "dee@example.com", TTL: 48 * time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			w.wantPost("invitation to dee@example.com")
			end(w, ada, inv)
			w.clock.Advance(37 * time.Hour)
			w.wantPost("")
			if _, ok, err := w.s.NextMail(w.ctx); ok || err != nil {
				t.Errorf("something is still due: %v", err)
			}
		})
	}
}

func TestWordOnAcceptance(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleAdmin)
	w.wantPost("accepted to ada@example.com, joined to bob@example.com")

	// The one who invited is told, not the one who approved.
	cy := w.join(bob, acme.ID, "cy@example.com", models.RoleMember)
	w.post()
	req, err := w.s.CreateInvitation(w.ctx, cy, acme.ID, models.NewInvitation{Email: "dee@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if req, err = w.s.ApproveInvitation(w.ctx, bob, "", req.ID, ""); err != nil {
		t.Fatal(err)
	}
	w.accept(bob, req)
	w.wantPost("accepted to cy@example.com, joined to dee@example.com")

	// Nobody who has left since hears what goes on inside.
	w.set(ada, acme.ID, models.SetInvite, "members")
	eve, err := w.s.CreateInvitation(w.ctx, cy, acme.ID, models.NewInvitation{Email: "eve@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	w.accept(cy, eve)
	if _, err := w.s.RemoveMember(w.ctx, ada, acme.ID, cy.UserID); err != nil {
		t.Fatal(err)
	}
	w.wantPost("joined to eve@example.com")

	// The switch.
	w.set(ada, acme.ID, models.SetAcceptance, models.Off)
	w.join(ada, acme.ID, "fay@example.com", models.RoleMember)
	w.wantPost("joined to fay@example.com")

	// A week later it is no news any more.
	w.set(ada, acme.ID, models.SetAcceptance, models.On)
	w.join(ada, acme.ID, "gus@example.com", models.RoleMember)
	w.clock.Advance(8 * 24 * time.Hour)
	w.wantPost("")
	w.verified()
}

func TestNoticesThatFail(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	w.join(ada, acme.ID, "bob@example.com", models.RoleAdmin)
	w.exec("DELETE FROM user_notices")
	claim := func() store.MailJob {
		t.Helper()
		jobs, err := w.s.ClaimMail(w.ctx, 5, time.Minute)
		if err != nil || len(jobs) != 1 || jobs[0].Kind != store.MailAccepted || jobs[0].JoinedEmail != "bob@example.com" {
			t.Fatalf("%+v, %v", jobs, err)
		}
		return jobs[0]
	}
	first := claim()
	if err := w.s.MailFailed(w.ctx, first, "try later", false); err != nil {
		t.Fatal(err)
	}
	w.wantPost("")
	w.clock.Advance(30 * time.Second)
	second := claim()
	if second.Attempt != 2 || second.ID != first.ID {
		t.Errorf("second try: %+v", second)
	}
	// No answer comes: somebody else gets it when the lease is over, and a late
	// answer to the first claim changes nothing.
	w.clock.Advance(time.Minute)
	third := claim()
	if err := w.s.MailSent(w.ctx, second); err != nil {
		t.Fatal(err)
	}
	if err := w.s.MailFailed(w.ctx, third, "no such box", true); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(24 * time.Hour)
	w.wantPost("")

	// Where no mail is set up there is nothing to send.
	w.join(ada, acme.ID, "cy@example.com", models.RoleAdmin)
	w.exec("DELETE FROM user_notices")
	jobs, err := w.s.ClaimMail(w.ctx, 5, time.Minute)
	if err != nil || len(jobs) != 1 {
		t.Fatal(jobs, err)
	}
	if err := w.s.MailImpossible(w.ctx, jobs[0]); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := w.s.NextMail(w.ctx); ok || err != nil {
		t.Errorf("something is still due: %v", err)
	}
}
