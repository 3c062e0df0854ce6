package store_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"muster/models"
	"muster/store"
)

// soon waits for a signal and fails when none comes within a bound that is far
// above what it should take.
func soon(t *testing.T, sub *store.Subscription, within time.Duration) time.Duration {
	t.Helper()
	from := time.Now()
	select {
	case <-sub.C:
	case <-time.After(within):
		t.Fatalf("no signal within %v", within)
	}
	return time.Since(from)
}

func silent(t *testing.T, sub *store.Subscription, what string) {
	t.Helper()
	select {
	case <-sub.C:
		t.Errorf("a signal for %s", what)
	default:
	}
}

func TestFeedWithinAProcess(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	other := must[models.OrgView](t)(w.s.CreateOrganization(w.ctx, ada, store.NewOrganization{Name: "Other", Code: "OTHER"}))
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleMember)
	one, two, his := w.s.Subscribe(acme.ID), w.s.Subscribe(other.ID), w.s.Subscribe(bob.UserID)
	defer one.Close()
	defer two.Close()
	defer his.Close()
	// By the time a change is answered the signal is there.
	w.set(ada, acme.ID, models.SetMOTD, "hello")
	soon(t, one, 0+time.Nanosecond*1e9)
	silent(t, two, "another organization")
	silent(t, his, "a user whom it does not concern")
	// Many changes are one signal.
	for i := range 5 {
		w.set(ada, acme.ID, models.SetMOTD, fmt.Sprint("hello ", i))
	}
	soon(t, one, time.Second)
	silent(t, one, "changes that were signalled together")
	// A refusal and a look change nothing for anybody.
	if _, err := w.s.ChangeRole(w.ctx, bob, acme.ID, "ada@example.com", models.RoleViewer); err == nil {
		t.Fatal("not refused")
	}
	must[models.OrgView](t)(w.s.Organization(w.ctx, bob, acme.ID))
	silent(t, one, "a refusal")
	if _, err := w.s.RemoveMember(w.ctx, ada, acme.ID, "bob@example.com"); err != nil {
		t.Fatal(err)
	}
	soon(t, his, time.Second)
	soon(t, one, time.Second)
	// Other topics from now on.
	one.SetTopics(other.ID)
	w.set(ada, acme.ID, models.SetMOTD, "bye")
	silent(t, one, "a topic given up")
	w.set(ada, other.ID, models.SetMOTD, "bye")
	soon(t, one, time.Second)
	one.Close()
	one.Close()
	one.SetTopics(acme.ID)
	w.set(ada, acme.ID, models.SetMOTD, "closed")
	silent(t, one, "a closed subscription")
}

// A change of another process is seen within half a second, and never lost.
func TestFeedBetweenProcesses(t *testing.T) {
	t.Parallel()
	w := liveWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleAdmin)
	sub, mine := w.s.Subscribe(acme.ID), w.s.Subscribe(bob.UserID)
	defer sub.Close()
	defer mine.Close()
	p := workers(t, w.dir, 1)
	for i := range 6 {
		race(t, p, task{Op: "role", Actor: ada, Org: acme.ID, Ref: bob.UserID, Role: models.Roles()[1+i%2]})
		if i == 0 {
			continue // it was an admin already
		}
		if took := soon(t, sub, 5*time.Second); took > 500*time.Millisecond {
			t.Logf("the signal took %v", took) // a busy machine
		}
		soon(t, mine, 5*time.Second)
		silent(t, sub, "the same change")
	}
}

// Subscribers that query after each signal end with the last state, whatever
// the timing of two processes that write at once.
func TestFeedLosesNothing(t *testing.T) {
	t.Parallel()
	w := liveWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	w.exec("UPDATE organizations SET plan = 'enterprise' WHERE id = $1", acme.ID)
	const each, listeners = 40, 8
	var group sync.WaitGroup
	bad := make(chan string, listeners)
	for range listeners {
		sub := w.s.Subscribe(acme.ID)
		group.Go(func() {
			defer sub.Close()
			for {
				v, err := w.s.Organization(w.ctx, ada, acme.ID)
				if err != nil {
					bad <- err.Error()
					return
				}
				if v.Invites[models.StatePending] == 2*each {
					return
				}
				select {
				case <-sub.C:
				case <-time.After(20 * time.Second):
					bad <- fmt.Sprintf("stuck at %d of %d", v.Invites[models.StatePending], 2*each)
					return
				}
			}
		})
	}
	p := workers(t, w.dir, 1)
	group.Go(func() {
		for i := range each {
			if _, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: fmt.Sprintf("here%d@example.com", i)}); err != nil {
				bad <- err.Error()
			}
		}
	})
	for i := range each {
		if n := tally(race(t, p, task{Op: "invite", Actor: ada, Org: acme.ID, Ref: fmt.Sprint("there", i, "-"), Times: 1})); n[""] != 1 {
			t.Fatal(n)
		}
	}
	group.Wait()
	close(bad)
	for what := range bad {
		t.Error(what)
	}
}

// After a restore the marks of the backup are behind those that were seen.
func TestFeedAfterARestore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	file := filepath.Join(t.TempDir(), "backup")
	if err := w.s.Backup(w.ctx, file); err != nil {
		t.Fatal(err)
	}
	sub := w.s.Subscribe(acme.ID)
	defer sub.Close()
	for i := range 5 {
		w.set(ada, acme.ID, models.SetMOTD, fmt.Sprint(i))
	}
	soon(t, sub, time.Second)
	other := w.open()
	second := other.Subscribe(acme.ID)
	defer second.Close()
	if err := store.Restore(w.ctx, w.dir, file); err != nil {
		t.Fatal(err)
	}
	soon(t, sub, 5*time.Second)
	soon(t, second, 5*time.Second)
	if v := must[models.OrgView](t)(w.s.Organization(w.ctx, ada, acme.ID)); v.MOTD != "" {
		t.Errorf("the message is %q", v.MOTD)
	}
	// And signals go on.
	w.set(ada, acme.ID, models.SetMOTD, "after")
	soon(t, sub, time.Second)
	soon(t, second, 5*time.Second)
}

func TestCloseLeavesNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	s := w.open()
	for range 20 {
		a, b := s.Subscribe(acme.ID), s.Subscribe(ada.UserID)
		a.Close()
		b.Close()
	}
	open := s.Subscribe(acme.ID)
	ended := s.OpenSession(ada)
	ended.End()
	ended.End()
	_ = s.OpenSession(ada) // never ended
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open.Close()
	late := s.Subscribe(acme.ID)
	late.Close()
	if n := w.number("SELECT count(*) FROM sessions"); n != 0 {
		t.Errorf("%d sessions of a closed store are open", n)
	}
	if err := w.s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleMember)
	w.clock.Advance(time.Hour)
	sub := w.s.Subscribe(bob.UserID)
	defer sub.Close()
	session := w.s.OpenSession(bob)
	soon(t, sub, 10*time.Second)
	session.Show(acme.ID)
	list := must[[]store.Session](t)(w.s.Sessions(w.ctx, bob))
	if len(list) != 1 || list[0].Via != models.ViaSSH || list[0].Address != "192.0.2.1" || list[0].Key != bob.Key || !list[0].Since.Equal(w.clock.Now()) {
		t.Errorf("sessions: %+v", list)
	}
	if got := must[[]store.Session](t)(w.s.Sessions(w.ctx, ada)); len(got) != 0 {
		t.Errorf("another's sessions: %+v", got)
	}
	m := must[models.Member](t)(w.s.Member(w.ctx, ada, acme.ID, "bob@example.com"))
	if m.LastSeenAt == nil || !m.LastSeenAt.Equal(w.clock.Now()) {
		t.Errorf("last seen %v", m.LastSeenAt)
	}
	if keys := must[[]models.Key](t)(w.s.ListKeys(w.ctx, bob)); keys[0].LastUsedAt == nil {
		t.Error("the key was never used")
	}
	// It counts what the list of who is here does.
	for range 100 {
		if here := must[[]store.Presence](t)(w.s.Here(w.ctx, ada, acme.ID)); len(here) == 1 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if c := must[models.Consequences](t)(w.s.RemovalConsequences(w.ctx, ada, acme.ID, "bob@example.com")); c.Sessions != 1 {
		t.Errorf("consequences: %+v", c)
	}
	session.End()
	soon(t, sub, 10*time.Second)
	if list := must[[]store.Session](t)(w.s.Sessions(w.ctx, bob)); len(list) != 0 {
		t.Errorf("after its end: %+v", list)
	}
	w.clock.Advance(time.Hour)
	w.s.OpenSession(bob).End() // as a command's, over before it is written
	soon(t, sub, 10*time.Second)
	m = must[models.Member](t)(w.s.Member(w.ctx, ada, acme.ID, "bob@example.com"))
	if m.LastSeenAt == nil || !m.LastSeenAt.Equal(w.clock.Now()) {
		t.Errorf("last seen %v with a short session", m.LastSeenAt)
	}
	if n := w.number("SELECT count(*) FROM sessions"); n != 0 {
		t.Errorf("%d sessions are left of a short one", n)
	}
	w.sound()
}

// TestFeedLag holds that a feed which is behind is seen to be so, and one that has
// caught up is not.
func TestFeedLag(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	lag := func() time.Duration { return must[time.Duration](t)(w.s.FeedLag(w.ctx)) }
	other := w.open()
	change := func(i int) {
		t.Helper()
		if _, err := other.UpdateSettings(w.ctx, ada, acme.ID, []models.SettingChange{{Key: models.SetMOTD, Value: fmt.Sprint("hello ", i)}}, false); err != nil {
			t.Fatal(err)
		}
	}
	change(0)
	if lag() != 0 {
		t.Error("behind, where nobody listens")
	}
	sub := w.s.Subscribe(acme.ID)
	defer sub.Close()
	behind := false
	for i := range 20 { // the poller may be quicker
		change(i + 1)
		lag()
		w.clock.Advance(time.Second)
		behind = behind || lag() > 0
		soon(t, sub, 5*time.Second)
	}
	if !behind {
		t.Error("changes of another process were never seen to wait")
	}
	for end := time.Now().Add(5 * time.Second); lag() != 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not catch up")
		}
	}
}
