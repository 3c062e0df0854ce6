package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

func limited(l models.InviteLimits) func(*store.Options) {
	return func(o *store.Options) { roomy(o); o.Limits = &l }
}

func (w *world) invite(a models.Actor, org, email string) error {
	_, err := w.s.CreateInvitation(w.ctx, a, org, models.NewInvitation{Email: email})
	return err
}

// wantLimit holds that the refusal names the limit, and says when there is room
// again.
func wantLimit(t *testing.T, err error, message, hint string) {
	t.Helper()
	wantCode(t, err, models.CodeLimit)
	if e := models.AsError(err); !strings.Contains(e.Message, message) || !strings.Contains(e.Hint, hint) {
		t.Errorf("%q, hint %q; want %q, hint %q", e.Message, e.Hint, message, hint)
	} else if healed := strings.Contains(e.Hint, "UTC"); healed != (e.Wait > 0) || e.Wait > 24*time.Hour {
		t.Errorf("%q: waiting for %v helps", e.Message, e.Wait)
	}
}

func TestLimitsOnInviting(t *testing.T) {
	alone(t)
	for name, tt := range map[string]struct {
		limits        models.InviteLimits
		message, hint string
		free          func(w *world, ada models.Actor, org string) // makes room again
	}{
		"inviter, open": {models.InviteLimits{InviterOpen: 3}, "you have 3 invitations open", "revoke some", func(w *world, ada models.Actor, org string) {
			p, _ := w.s.ListInvitations(w.ctx, ada, org, models.InvitationQuery{})
			if _, err := w.s.RevokeInvitation(w.ctx, ada, org, p.Items[0].ID); err != nil {
				w.t.Fatal(err)
			}
		}},
		"inviter, day": {models.InviteLimits{InviterDay: 3}, "you have sent 3 invitations", "2026-08-02 00:00 UTC", func(w *world, _ models.Actor, _ string) { w.clock.Advance(12 * time.Hour) }},
		"organization, open": {models.InviteLimits{OrgOpen: 3}, "the organization has 3 invitations open", "expire", func(w *world, _ models.Actor, _ string) {
			w.clock.Advance(models.DefaultExpiry)
		}},
		"organization, day": {models.InviteLimits{OrgDay: 3}, "the organization has sent 3 invitations today", "2026-08-02 00:00 UTC", func(w *world, _ models.Actor, _ string) { w.clock.Advance(12 * time.Hour) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, limited(tt.limits))
			ada := w.ada()
			acme := w.acme(ada)
			for i := range 3 {
				if err := w.invite(ada, acme.ID, fmt.Sprintf("p%d@example.com", i)); err != nil {
					t.Fatal(err)
				}
			}
			wantLimit(t, w.invite(ada, acme.ID, "more@example.com"), tt.message, tt.hint)
			if r := w.imports(ada, acme.ID, "more@example.com", store.ImportOptions{}); r.Failed != 1 {
				t.Errorf("import: %s", summary(r))
			} else {
				wantLimit(t, r.Results[0].Err, tt.message, tt.hint)
			}
			tt.free(w, ada, acme.ID)
			if err := w.invite(ada, acme.ID, "more@example.com"); err != nil {
				t.Errorf("with room again: %v", err)
			}
			w.verified()
		})
	}
}

func TestLimitsWithinOneImport(t *testing.T) {
	w := newWorld(t, limited(models.InviteLimits{InviterDay: 150}))
	ada := w.ada()
	acme := w.acme(ada)
	var list strings.Builder
	for i := range 350 {
		fmt.Fprintf(&list, "p%d@example.com\n", i)
	}
	dry := w.imports(ada, acme.ID, list.String(), store.ImportOptions{DryRun: true})
	r := w.imports(ada, acme.ID, list.String(), store.ImportOptions{})
	if summary(r) != "150 done, 0 skipped, 200 failed" || outcomes(dry) != outcomes(r) {
		t.Errorf("%s; dry run: %s", summary(r), summary(dry))
	}
}

// TestLimitPerRecipient holds over all organizations and kinds of sending.
func TestLimitPerRecipient(t *testing.T) {
	w := newWorld(t, limited(models.InviteLimits{RecipientDay: 3}))
	ada := w.ada()
	acme := w.acme(ada)
	other, err := w.s.CreateOrganization(w.ctx, ada, store.NewOrganization{Name: "Other", Code: "OTHER"})
	if err != nil {
		t.Fatal(err)
	}
	inv, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "Bob@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.RegenerateInvitation(w.ctx, ada, "", inv.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.invite(ada, other.ID, "bob@example.com"); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(models.ResendPause)
	_, err = w.s.ResendInvitation(w.ctx, ada, "", inv.ID)
	wantLimit(t, err, "bob@example.com was sent 3 invitations today"[3:], "2026-08-02 00:00 UTC")
	if err := w.invite(ada, other.ID, "cy@example.com"); err != nil {
		t.Errorf("another address: %v", err)
	}
	w.clock.Advance(12 * time.Hour)
	if _, err = w.s.ResendInvitation(w.ctx, ada, "", inv.ID); err != nil {
		t.Errorf("on the next day: %v", err)
	}
}

// TestLimitsHoldBeside invites through several processes at once.
func TestLimitsHoldBeside(t *testing.T) {
	for name, l := range map[string]models.InviteLimits{
		"inviter, open": {InviterOpen: 5}, "inviter, day": {InviterDay: 5}, "organization, open": {OrgOpen: 5}, "organization, day": {OrgDay: 5},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, limited(l))
			ada := w.ada()
			acme := w.acme(ada)
			stores := []*store.Store{w.s, w.open(limited(l)), w.open(limited(l))}
			var wg sync.WaitGroup
			var mu sync.Mutex
			sent := 0
			for i := range 24 {
				wg.Go(func() {
					_, err := stores[i%3].CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: fmt.Sprintf("p%d@example.com", i)})
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						sent++
					} else if models.CodeOf(err) != models.CodeLimit {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if sent != 5 {
				t.Errorf("%d sent", sent)
			}
		})
	}
}
