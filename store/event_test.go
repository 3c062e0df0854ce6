package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// follower is somebody who follows the events of an organization.
type follower struct {
	t      testing.TB
	events chan models.AuditEntry
	idle   chan struct{}
	end    chan error
}

func (w *world) follow(ctx context.Context, s *store.Store, a models.Actor, org string, after *int64) *follower {
	f := &follower{w.t, make(chan models.AuditEntry), make(chan struct{}, 10), make(chan error, 1)}
	go func() {
		f.end <- s.FollowEvents(ctx, a, org, after, func(e models.AuditEntry) error {
			select {
			case f.events <- e:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}, func() error {
			f.idle <- struct{}{}
			return nil
		})
	}()
	select {
	case <-f.idle:
	case err := <-f.end:
		f.end <- err
	case <-time.After(10 * time.Second):
		w.t.Fatal("it does not begin")
	}
	return f
}

func (f *follower) next(action string) models.AuditEntry {
	f.t.Helper()
	select {
	case e := <-f.events:
		if e.Action != action {
			f.t.Fatalf("%s came, and not %s", e.Action, action)
		}
		return e
	case err := <-f.end:
		f.t.Fatalf("it ended before %s: %v", action, err)
	case <-time.After(10 * time.Second):
		f.t.Fatalf("no %s came", action)
	}
	return models.AuditEntry{}
}

// ended gives why there is no more. That another key was refused is written a moment
// later, and may come in between.
func (f *follower) ended() error {
	f.t.Helper()
	select {
	case err := <-f.end:
		return err
	case e := <-f.events:
		if e.Action == "api_key.use" {
			return f.ended()
		}
		f.t.Fatalf("%s came after the end", e.Action)
	case <-time.After(10 * time.Second):
		f.t.Fatal("it does not end")
	}
	return nil
}

// TestEventsInOrder holds that the pages of events are the whole log, the oldest
// first, and for members their own part of it.
func TestEventsInOrder(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleMember)
	read := func(a models.Actor) (seqs []int64, actors map[string]bool) {
		t.Helper()
		actors = map[string]bool{}
		for q := (models.EventQuery{Limit: 3}); ; {
			p := must[models.Page[models.AuditEntry]](t)(w.s.ListEvents(w.ctx, a, acme.ID, q))
			for _, e := range p.Items {
				seqs, actors[e.ActorID] = append(seqs, e.Seq), true
			}
			if p.Next == "" {
				return seqs, actors
			}
			n, err := models.ParseSeq("after", p.Next)
			if err != nil {
				t.Fatal(err)
			}
			q.After = n
		}
	}
	all, _ := read(ada)
	for i, seq := range all {
		if seq != int64(i+1) {
			t.Fatalf("event %d has the number %d", i, seq)
		}
	}
	if n := w.number("SELECT count(*) FROM audit WHERE org_id = $1", acme.ID); int64(len(all)) != n {
		t.Errorf("%d events, the log has %d entries", len(all), n)
	}
	if own, actors := read(bob); len(own) == 0 || len(actors) != 1 || !actors[bob.UserID] {
		t.Errorf("a member reads %d events, of %v", len(own), actors)
	}
}

// TestFollowingEvents holds that a follower gets each event as it comes, from this
// process and another, refused attempts too, and goes on where they stopped.
func TestFollowingEvents(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleMember)
	ctx, leave := context.WithCancel(w.ctx)
	defer leave()
	f := w.follow(ctx, w.s, ada, acme.ID, nil)
	w.set(ada, acme.ID, models.SetMOTD, "hello")
	first := f.next("settings.update")
	if _, err := w.s.ChangeRole(w.ctx, bob, acme.ID, "ada@example.com", models.RoleViewer); models.CodeOf(err) != models.CodeDenied {
		t.Fatalf("a member changes the role of an owner: %v", err)
	}
	if e := f.next("member.role"); e.Outcome != models.OutcomeRefused || e.Seq != first.Seq+1 {
		t.Errorf("then came %+v", e)
	}
	other := must[*store.Store](t)(store.Open(w.ctx, store.Options{Dir: w.dir, DSN: database(t, w.dir, ""), Now: w.clock.Now}))
	defer other.Close()
	if _, err := other.ChangeRole(w.ctx, ada, acme.ID, "bob@example.com", models.RoleViewer); err != nil {
		t.Fatal(err)
	}
	last := f.next("member.role")
	leave()
	if err := f.ended(); !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	ctx, leave = context.WithCancel(w.ctx)
	defer leave()
	f = w.follow(ctx, w.s, ada, acme.ID, &first.Seq)
	f.next("member.role")
	if e := f.next("member.role"); e.Hash != last.Hash {
		t.Errorf("going on, the last is %+v", e)
	}
}

// TestFollowersLoseTheirRights holds that who is demoted gets no more than their
// own events, and who is removed none at all.
func TestFollowersLoseTheirRights(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	eve := w.join(ada, acme.ID, "eve@example.com", models.RoleAdmin)
	f := w.follow(w.ctx, w.s, eve, acme.ID, nil)
	w.set(ada, acme.ID, models.SetMOTD, "one")
	f.next("settings.update")
	if _, err := w.s.ChangeRole(w.ctx, ada, acme.ID, "eve@example.com", models.RoleMember); err != nil {
		t.Fatal(err)
	}
	w.set(ada, acme.ID, models.SetMOTD, "two")
	if _, err := w.s.ChangeRole(w.ctx, eve, acme.ID, "ada@example.com", models.RoleViewer); err == nil {
		t.Fatal("a member changes the role of an owner")
	}
	if e := f.next("member.role"); e.ActorID != eve.UserID {
		t.Errorf("a member gets what %s did", e.ActorEmail)
	}
	from := time.Now()
	if _, err := w.s.RemoveMember(w.ctx, ada, acme.ID, "eve@example.com"); err != nil {
		t.Fatal(err)
	}
	if err := f.ended(); models.CodeOf(err) != models.CodeNotFound {
		t.Errorf("it ended with %v", err)
	}
	if took := time.Since(from); took > time.Second {
		t.Errorf("it ended after %s", took)
	}
}
