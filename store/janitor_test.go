package store_test

import (
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// A configuration that lowers a plan takes rights from whoever stands behind
// invitations: they go back to the queue in the first sweep of a process that has
// it, which is at once.
func TestPlansLoweredInTheConfiguration(t *testing.T) {
	t.Parallel()
	plans := models.DefaultPlans()
	lower := models.DefaultPlans()
	p := lower[models.PlanEnterprise]
	p.Features = nil
	lower[models.PlanEnterprise] = p
	gone := models.DefaultPlans()
	delete(gone, models.PlanEnterprise)
	for name, later := range map[string]func(*store.Options){
		"lowered":  func(o *store.Options) { o.Plans = lower },
		"gone":     func(o *store.Options) { o.Plans = gone },
		"the same": func(o *store.Options) { o.Plans = plans },
		"only its limits": func(o *store.Options) {
			o.Plans = models.DefaultPlans()
			p := o.Plans[models.PlanEnterprise]
			p.Seats = 500
			o.Plans[models.PlanEnterprise] = p
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			must[models.PlanChange](t)(s.s.SetPlan(s.ctx, s.root, s.acme, models.PlanEnterprise))
			must[models.RoleView](t)(s.s.CreateRole(s.ctx, s.owner, s.acme, models.ScopeOrganization, models.RoleDraft{Name: ptr("helper"), Permissions: []string{"organization.view"}}))
			inv := s.invite(s.admin, "dee@example.com", "helper")
			if err := s.s.Sweep(s.ctx); err != nil { // with the configuration as it was
				t.Fatal(err)
			}
			state := func() models.InvitationState {
				return must[models.Invitation](t)(s.s.Invitation(s.ctx, s.owner, s.acme, inv.ID)).State
			}
			if got := state(); got != models.StatePending {
				t.Fatalf("it begins as %s", got)
			}
			second := s.open(later)
			for range 2 {
				if err := second.Sweep(s.ctx); err != nil {
					t.Fatal(err)
				}
			}
			want := models.StateRequested
			if name == "the same" || name == "only its limits" {
				want = models.StatePending
			}
			if got := state(); got != want {
				t.Errorf("it is %s, want %s", got, want)
			}
			returned := texts(t, s.raw(), "SELECT via || ' ' || acting_as || ' ' || reason || after FROM audit WHERE action = 'invitation.return'")
			if (len(returned) == 1) != (want == models.StateRequested) || len(returned) == 1 && !strings.HasPrefix(returned[0], "system system ") {
				t.Errorf("the log has %q", returned)
			}
			s.sound()
		})
	}
}

// Whoever's membership ended stands behind nothing from that moment on: the first
// change concerning such an invitation finds it back in the queue, with or without
// a janitor.
func TestAnEndedSponsorIsNoticedByTheNextChange(t *testing.T) {
	t.Parallel()
	s := approvedBy(newStage(t))
	end := s.clock.Now().Add(time.Hour)
	must[models.Member](t)(s.s.SetMemberEnd(s.ctx, s.owner, s.acme, s.sponsor.UserID, &end))
	s.clock.Advance(time.Hour)
	v := must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, s.owner, s.acme, s.inv.ID, ""))
	if v.State != models.StatePending || v.DecidedBy != "olga@example.com" {
		t.Errorf("it is %s, by %s", v.State, v.DecidedBy)
	}
	got := texts(t, s.raw(), "SELECT action FROM audit WHERE org_id = $1 ORDER BY seq DESC LIMIT 3", s.acme)
	if strings.Join(got, " ") != "invitation.approve invitation.return member.ended" {
		t.Errorf("the log ends with %q", got)
	}
	s.sound()
}

// The janitor sleeps until the next thing ends. It is woken only by what ends
// before that, whichever change brought it about.
func TestTheJanitorHearsOfWhatEndsFirst(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	due := s.s.SweepDue()
	defer due.Close()
	woken := func() bool {
		select {
		case <-due.C:
			return true
		default:
			return false
		}
	}
	var seen time.Duration
	step := func(what string, want time.Duration, signal bool, do func()) {
		t.Helper()
		now := s.clock.Now()
		do()
		if got := woken(); got != signal {
			t.Errorf("%s: woken: %t", what, got)
		}
		at, ok, err := s.s.NextSweep(s.ctx)
		if err != nil || !ok || at.Sub(now) != want {
			t.Errorf("%s: the next sweep is in %v (%t), %v, want %v", what, at.Sub(now), ok, err, want)
		}
		seen = at.Sub(now)
	}
	invite := func(email string, ttl time.Duration) func() {
		return func() {
			must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.admin, s.acme, models.NewInvitation{Email: email, Role: models.RoleMember, TTL: ttl}))
		}
	}
	var asked models.Invitation
	step("the first", 48*time.Hour, true, invite("a@example.com", 0))
	step("a later one", 48*time.Hour, false, invite("b@example.com", 49*time.Hour))
	step("an earlier one", time.Hour, true, invite("c@example.com", time.Hour))
	step("a request", time.Hour, false, func() {
		asked = must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.member, s.acme, models.NewInvitation{Email: "d@example.com", TTL: time.Minute}))
	})
	step("approved", time.Minute, true, func() {
		must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, s.admin, s.acme, asked.ID, ""))
	})
	step("revoked", time.Hour, false, func() {
		must[models.Invitation](t)(s.s.RevokeInvitation(s.ctx, s.admin, s.acme, asked.ID))
	})
	s.set(s.owner, s.acme, models.SetExpiry, "2m")
	step("imported", 2*time.Minute, true, func() {
		must[models.ImportReport](t)(s.s.ImportInvitations(s.ctx, s.admin, s.acme, []models.ImportRow{{Line: 1, Email: "e@example.com"}, {Line: 2, Email: "f@example.com"}}, store.ImportOptions{}))
	})
	s.clock.Advance(seen)
	if err := s.s.Sweep(s.ctx); err != nil {
		t.Fatal(err)
	}
	if n := s.number("SELECT count(*) FROM audit WHERE action = 'invitation.expire'"); n != 2 {
		t.Errorf("%d ran out", n)
	}
	step("swept", 58*time.Minute, false, func() {})
	// An organization that was deleted ends nothing but itself; restored, it does.
	step("deleted", models.RestoreTime, true, func() {
		if err := second(s.s.DeleteOrganization(s.ctx, s.owner, s.acme, "ACME")); err != nil {
			t.Fatal(err)
		}
	})
	step("restored", 58*time.Minute, true, func() {
		must[models.OrgView](t)(s.s.RestoreOrganization(s.ctx, s.root, s.acme))
	})
	s.sound()
}

// NextSweep is one step along an index however many invitations are pending.
func TestNextSweepUsesTheIndexOfExpiry(t *testing.T) {
	t.Parallel()
	if postgresDSN != "" {
		t.Skip("the plan is now SQLite's")
	}
	s := newStage(t)
	rows, err := s.raw().Query("EXPLAIN QUERY PLAN " + store.NextExpiry)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, detail)
	}
	if got := strings.Join(steps, "; "); !strings.Contains(got, "USING INDEX invitations_due") || strings.Contains(got, "B-TREE") {
		t.Errorf("it is found by %s", got)
	}
}
