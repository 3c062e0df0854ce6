package store_test

import (
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// TestWhoMaySignInNoMore signals at each thing that ends sessions, and tells
// which and why; nothing of it is an attempt that belongs in the log.
func TestWhoMaySignInNoMore(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleMember)
	spare := must[models.Key](t)(w.s.AddKey(w.ctx, bob, key("spare"), ""))
	sub := w.s.Subscribe(store.TopicSignIn)
	defer sub.Close()
	entries := w.number("SELECT count(*) FROM audit")
	ends := func(fingerprint string, code models.Code, why string) {
		t.Helper()
		soon(t, sub, time.Second)
		err := w.s.CheckSignIn(w.ctx, bob.UserID, fingerprint)
		if models.CodeOf(err) != code || !strings.Contains(models.AsError(err).Message, why) {
			t.Errorf("%v, want %s: %s", err, code, why)
		}
	}
	goesOn := func(fingerprint string) {
		t.Helper()
		if err := w.s.CheckSignIn(w.ctx, bob.UserID, fingerprint); err != nil {
			t.Error(err)
		}
	}
	goesOn(spare.Fingerprint)
	if n := w.number("SELECT count(*) FROM audit"); n != entries {
		t.Errorf("looking wrote %d entries", n-entries)
	}
	must[models.Key](t)(w.s.RemoveKey(w.ctx, bob, spare.ID))
	ends(spare.Fingerprint, models.CodeDenied, "was removed")
	goesOn(bob.Key)
	must[models.AccountDetail](t)(w.s.SuspendUser(w.ctx, ada, "", "bob@example.com", "lost laptop"))
	ends(bob.Key, models.CodeDenied, "suspended: lost laptop")
	must[models.AccountDetail](t)(w.s.ReactivateUser(w.ctx, ada, "", "bob@example.com"))
	goesOn(bob.Key)
	silent(t, sub, "somebody who may sign in again")
	if _, err := w.s.DeleteUser(w.ctx, ada, "", "bob@example.com", "bob@example.com"); err != nil {
		t.Fatal(err)
	}
	ends(bob.Key, models.CodeNotFound, "no longer exists")
}
