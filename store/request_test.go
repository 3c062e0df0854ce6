package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

func askedOnce(a models.Actor, key, hash string) models.Actor {
	a.Request = &models.Request{Once: &models.Once{Key: key, Operation: "invitation.create", Hash: hash}}
	return a
}

// TestAChangeOnce holds that of several changes under one key one is made, however
// many processes are asked at the same time, and that the others get its answer.
func TestAChangeOnce(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	second := w.open()
	var group sync.WaitGroup
	outcomes := make([]error, 8)
	for i := range outcomes {
		s := []*store.Store{w.s, second}[i%2]
		group.Go(func() {
			_, outcomes[i] = s.CreateInvitation(w.ctx, askedOnce(ada, "k", "h"), acme.ID, models.NewInvitation{Email: "bob@example.com"})
		})
	}
	group.Wait()
	made := 0
	for _, err := range outcomes {
		var before models.AskedBefore
		switch {
		case err == nil:
			made++
		case !errors.As(err, &before) || before.Answer != nil:
			t.Errorf("%v", err)
		}
	}
	if made != 1 {
		t.Errorf("made %d times", made)
	}

	a := askedOnce(ada, "k", "h")
	if err := w.s.KeepAnswer(w.ctx, a, a.Request.Once, []byte("the answer")); err != nil {
		t.Fatal(err)
	}
	var before models.AskedBefore
	if err := second.AskedBefore(w.ctx, a, a.Request.Once); !errors.As(err, &before) || string(before.Answer) != "the answer" {
		t.Errorf("asked again: %v, %q", err, before.Answer)
	}
	// Another request, another key, another person.
	for name, x := range map[string]struct {
		a    models.Actor
		want models.Code
	}{
		"another request": {askedOnce(ada, "k", "other"), models.CodeInvalid},
		"another key":     {askedOnce(ada, "l", "h"), ""},
		"another person":  {askedOnce(models.Actor{UserID: "usr_0"}, "k", "h"), ""},
	} {
		if x.a.UserID == "usr_0" {
			x.a.UserID = w.join(ada, acme.ID, "cy@example.com", models.RoleMember).UserID
		}
		if err := w.s.AskedBefore(w.ctx, x.a, x.a.Request.Once); models.CodeOf(err) != x.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What was refused is not made, and may be tried again.
	refused := askedOnce(ada, "m", "h")
	_, err := w.s.CreateInvitation(w.ctx, refused, acme.ID, models.NewInvitation{Email: "no address"})
	wantCode(t, err, models.CodeInvalid)
	if err := w.s.AskedBefore(w.ctx, refused, refused.Request.Once); err != nil {
		t.Errorf("refused, and remembered: %v", err)
	}
	// After a day it is a new request.
	w.clock.Advance(25 * time.Hour)
	if err := w.s.AskedBefore(w.ctx, a, a.Request.Once); err != nil {
		t.Errorf("a day later: %v", err)
	}
	if _, err := w.s.CreateInvitation(w.ctx, askedOnce(ada, "k", "h"), acme.ID, models.NewInvitation{Email: "dee@example.com"}); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

// TestAnswersAreSealed holds that an answer, which may hold a code, cannot be read
// from the database.
func TestAnswersAreSealed(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	a := askedOnce(ada, "the-key", "h")
	if _, err := w.s.CreateInvitation(w.ctx, a, acme.ID, models.NewInvitation{Email: "bob@example.com"}); err != nil {
		t.Fatal(err)
	}
	if err := w.s.KeepAnswer(w.ctx, a, a.Request.Once, []byte("code-of-bob")); err != nil {
		t.Fatal(err)
	}
	db := w.raw()
	defer db.Close()
	var owner, answer string
	if err := db.QueryRowContext(w.ctx, "SELECT owner, answer FROM requests_once").Scan(&owner, &answer); err != nil {
		t.Fatal(err)
	}
	if answer == "" || strings.Contains(owner+answer, "code-of-bob") || strings.Contains(owner, "the-key") {
		t.Errorf("kept as %q of %q", answer, owner)
	}
}

// TestAChangeOfWhatIsThere holds that of changes which say what they expect only
// one is made, and that reading inside of a change neither waits nor writes.
func TestAChangeOfWhatIsThere(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	site := w.join(ada, acme.ID, "site@example.com", models.RoleMember)
	stale := models.Errorf(models.CodeConflict, "it is another")
	changing := func(name string) error {
		a := ada
		a.Request = &models.Request{Unchanged: func(ctx context.Context) error {
			// One who is refused, and a site admin: both are noted elsewhere.
			_, _ = w.s.ListAudit(ctx, site, models.InstallationLog, models.AuditQuery{})
			v, err := w.s.Organization(ctx, ada, acme.ID)
			if err == nil && v.Name != "Acme Corp" {
				err = stale
			}
			return err
		}}
		_, err := w.s.UpdateSettings(w.ctx, a, acme.ID, []models.SettingChange{{Key: models.SetName, Value: name}}, false)
		return err
	}
	var group sync.WaitGroup
	outcomes := make([]error, 6)
	for i := range outcomes {
		group.Go(func() { outcomes[i] = changing("Acme " + string(rune('A'+i))) })
	}
	group.Wait()
	made := 0
	for _, err := range outcomes {
		if err == nil {
			made++
		} else if !errors.Is(err, stale) {
			t.Errorf("%v", err)
		}
	}
	if made != 1 {
		t.Errorf("%d changes of one state", made)
	}
}

func TestATokenOfOneRequest(t *testing.T) {
	w := newWorld(t)
	w.ada()
	second := w.open()
	end := w.clock.Now().Add(time.Hour)
	if err := w.s.UseToken(w.ctx, "t", end); err != nil {
		t.Fatal(err)
	}
	wantCode(t, second.UseToken(w.ctx, "t", end), models.CodeGone)
	if err := second.UseToken(w.ctx, "u", end); err != nil {
		t.Errorf("another: %v", err)
	}
}

func TestTooManyRequestsOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("makes a thousand changes")
	}
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	var err error
	for i := 0; err == nil && i <= 1000; i++ {
		a := askedOnce(ada, strings.Repeat("k", i%60+1)+string(rune('a'+i/60)), "h")
		_, err = w.s.UpdateSettings(w.ctx, a, acme.ID, []models.SettingChange{{Key: models.SetMOTD, Value: strings.Repeat("x", i%50+1)}}, false)
	}
	wantCode(t, err, models.CodeLimit)
}
