package store_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"muster/models"
	"muster/store"
)

// sums adds up what the entries of one actor in one chain say was refused: those
// in full, and those that are counted in one that sums up.
func sums(t testing.TB, w *world, org, actorID string) (full, summed, entries int64) {
	t.Helper()
	for _, line := range texts(t, w.raw(), "SELECT action || ' ' || after FROM audit WHERE org_id = $1 AND actor_id = $2 AND outcome = 'refused' ORDER BY seq", org, actorID) {
		action, after, _ := strings.Cut(line, " ")
		entries++
		if action != "attempt.more" {
			full++
			continue
		}
		var more struct {
			Attempts int64
			Actions  map[string]int64
		}
		if err := json.Unmarshal([]byte(after), &more); err != nil {
			t.Fatal(err)
		}
		for _, n := range more.Actions {
			more.Attempts -= n
			summed += n
		}
		if more.Attempts != 0 {
			t.Errorf("the actions do not add up: %s", after)
		}
	}
	return full, summed, entries
}

// Somebody in no part of an organization fills its log no more than a member does.
func TestRefusedTriesAreBounded(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	home := must[models.OrgView](t)(s.s.CreateOrganization(s.ctx, s.root, store.NewOrganization{Name: "Other", Code: "OTHER"})).ID
	out := s.join(s.root, home, "out@example.com", models.RoleMember)
	due := s.s.SweepDue()
	defer due.Close()
	for name, a := range map[string]models.Actor{"outsider": out, "member": s.member} {
		tries(s.world, a, s.acme, 10)
		if len(due.C) != 0 {
			t.Errorf("%s: nothing is to be summed up yet", name)
		}
		tries(s.world, a, s.acme, 37)
		select {
		case <-due.C:
		default:
			t.Errorf("%s: the janitor does not hear of what it is to sum up", name)
		}
		if full, summed, _ := sums(t, s.world, s.acme, a.UserID); full != 10 || summed != 0 {
			t.Errorf("%s: %d entries in full, %d summed up", name, full, summed)
		}
	}
	last := s.clock.Now()
	if at, ok, err := s.s.NextSweep(s.ctx); err != nil || !ok || !at.Equal(last.Add(time.Hour)) {
		t.Errorf("the next sweep is at %v, %v, %v", at, ok, err)
	}
	s.clock.Advance(time.Hour)
	if err := s.s.Sweep(s.ctx); err != nil {
		t.Fatal(err)
	}
	page := must[models.Page[models.AuditEntry]](t)(s.s.ListAudit(s.ctx, s.owner, s.acme, models.AuditQuery{Action: "attempt.more"}))
	if len(page.Items) != 2 {
		t.Fatalf("%d entries sum up, want one of each actor", len(page.Items))
	}
	for _, e := range page.Items {
		if e.Outcome != models.OutcomeRefused || e.ActorEmail == "" || e.Via != models.ViaSSH || e.Address != "192.0.2.1" ||
			e.Reason != "and 37 more until "+last.Format("2006-01-02 15:04:05 UTC") || !strings.Contains(e.After, `"invitation.stats":37`) {
			t.Errorf("it says %+v", e)
		}
	}
	if _, ok, err := s.s.NextSweep(s.ctx); err != nil || ok {
		t.Errorf("another sweep is due: %v, %v", ok, err)
	}
	// The next hour begins with entries in full, and members see their own.
	tries(s.world, s.member, s.acme, 1)
	own := must[models.Page[models.AuditEntry]](t)(s.s.ListAudit(s.ctx, s.member, s.acme, models.AuditQuery{Limit: 2}))
	if own.Items[0].Action != "invitation.stats" || own.Items[1].Action != "attempt.more" {
		t.Errorf("a member sees %+v", own.Items)
	}
	s.sound()
}

// What is refused where there is no organization is bounded likewise, in the
// installation's chain, so that the two are not told apart.
func TestTriesOfWhatIsNotThereAreBounded(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for i := range 30 {
		_, err := s.s.Organization(s.ctx, s.member, fmt.Sprintf("GUESS%d", i))
		wantCode(t, err, models.CodeNotFound)
	}
	if n := s.number("SELECT count(*) FROM audit WHERE org_id = '' AND outcome = 'refused' AND actor_id = $1", s.member.UserID); n != 10 {
		t.Errorf("%d entries", n)
	}
	s.clock.Advance(2 * time.Hour)
	_, err := s.s.Organization(s.ctx, s.member, "GUESS")
	wantCode(t, err, models.CodeNotFound)
	if full, summed, _ := sums(t, s.world, "", s.member.UserID); full != 11 || summed != 20 {
		t.Errorf("%d in full, %d summed up", full, summed)
	}
	s.sound()
}

// Whatever is tried, by whom and when: in each hour and chain an actor has ten
// entries and one more, all of it is counted, and every chain verifies.
func TestRefusedTriesAddUp(t *testing.T) {
	alone(t)
	x := newEstate(t)
	rapid.Check(t, func(rt *rapid.T) {
		w := x.thaw(t)
		defer w.s.Close()
		actors := []models.Actor{x.actors["outsider"], x.actors["viewer"]}
		orgs := []string{x.acme.org, x.home.org}
		begin := w.clock.Now()
		tried, before := map[string]int64{}, map[string]int64{}
		for _, a := range actors {
			for _, org := range orgs {
				_, _, before[a.UserID+org] = sums(t, w, org, a.UserID)
			}
		}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			a := rapid.SampledFrom(actors).Draw(rt, "actor")
			org := rapid.SampledFrom(orgs).Draw(rt, "organization")
			n := rapid.IntRange(0, 25).Draw(rt, "tries")
			for range n {
				if _, err := w.s.InvitationStats(w.ctx, a, org, models.StatsQuery{}); err == nil {
					n--
				}
			}
			tried[a.UserID+org] += int64(n)
			w.clock.Advance(time.Duration(rapid.IntRange(0, 90).Draw(rt, "minutes")) * time.Minute)
			if rapid.Bool().Draw(rt, "sweep") {
				if err := w.s.Sweep(w.ctx); err != nil {
					rt.Fatal(err)
				}
			}
		}
		w.clock.Advance(time.Hour)
		if err := w.s.Sweep(w.ctx); err != nil {
			rt.Fatal(err)
		}
		hours := int64(w.clock.Now().Sub(begin)/time.Hour) + 1
		for _, a := range actors {
			for _, org := range orgs {
				id := a.UserID + org
				full, summed, entries := sums(t, w, org, a.UserID)
				if full+summed-before[id] != tried[id] {
					rt.Errorf("%d in full and %d summed up of %d tries", full-before[id], summed, tried[id])
				}
				if entries-before[id] > 11*hours {
					rt.Errorf("%d entries in %d hours", entries-before[id], hours)
				}
			}
		}
		w.verified()
	})
}
