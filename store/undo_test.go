package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"muster/models"
)

// A change is one by somebody, who makes it in a certain way.
type (
	change func(as) error
	as     func(models.Actor) models.Actor
)

func plainly(a models.Actor) models.Actor { return a }

// recording notes what the change writes into the log.
func recording(b *models.Base) as {
	return func(a models.Actor) models.Actor { a.Record = b; return a }
}

// on expects what was noted to be the last word.
func on(b *models.Base) as {
	return func(a models.Actor) models.Actor { a.Base = b; return a }
}

// What somebody else has changed since is not taken back: of each kind of change
// that can be undone, with who did what as the reason. Their own later changes
// stand in nobody's way, nor do those of something else.
func TestUndoOnABase(t *testing.T) {
	x := newTeam(t)
	end := x.clock.Now().Add(48 * time.Hour)
	later := x.clock.Now().Add(96 * time.Hour)
	role := func(a models.Actor, r models.Role) change {
		return func(with as) error {
			_, err := x.s.ChangeRole(x.ctx, with(a), x.acme, x.vera.UserID, r)
			return err
		}
	}
	suspend := func(a models.Actor, why string) change {
		return func(with as) error {
			_, err := x.s.SuspendMember(x.ctx, with(a), x.acme, x.vera.UserID, why)
			return err
		}
	}
	reactivate := func(a models.Actor) change {
		return func(with as) error {
			_, err := x.s.ReactivateMember(x.ctx, with(a), x.acme, x.vera.UserID)
			return err
		}
	}
	ends := func(a models.Actor, at *time.Time) change {
		return func(with as) error {
			_, err := x.s.SetMemberEnd(x.ctx, with(a), x.acme, x.vera.UserID, at)
			return err
		}
	}
	set := func(a models.Actor, key, value string) change {
		return func(with as) error {
			_, err := x.s.UpdateSettings(x.ctx, with(a), x.acme, []models.SettingChange{{Key: key, Value: value}}, false)
			return err
		}
	}
	all := func(list ...change) change {
		return func(with as) error {
			for _, f := range list {
				if err := f(with); err != nil {
					return err
				}
			}
			return nil
		}
	}
	plan := func(a models.Actor, name string) change {
		return func(with as) error {
			_, err := x.s.SetPlan(x.ctx, with(a), x.acme, name)
			return err
		}
	}
	for name, c := range map[string]struct {
		do, other, undo change
		reason          string // "" where nothing stands in the way
	}{
		"role":                {role(x.bob, models.RoleMember), role(x.olga, models.RoleAdmin), role(x.bob, models.RoleViewer), "olga@example.com has changed vera@example.com since: role is now admin"},
		"role and back":       {role(x.bob, models.RoleMember), all(role(x.olga, models.RoleAdmin), role(x.olga, models.RoleMember)), role(x.bob, models.RoleViewer), "olga@example.com has changed"},
		"role, own":           {role(x.bob, models.RoleMember), role(x.bob, models.RoleAdmin), role(x.bob, models.RoleViewer), ""},
		"role, another thing": {role(x.bob, models.RoleMember), ends(x.olga, &end), role(x.bob, models.RoleViewer), ""},
		"suspension":          {suspend(x.bob, "SECRETA"), all(reactivate(x.olga), suspend(x.olga, "SECRETB")), reactivate(x.bob), "olga@example.com has changed vera@example.com since"},
		"suspension ended":    {suspend(x.bob, ""), reactivate(x.olga), reactivate(x.bob), "status is now active"},
		"end":                 {ends(x.bob, &end), ends(x.olga, &later), ends(x.bob, nil), "olga@example.com has changed vera@example.com since: ends_at"},
		"name":                {set(x.bob, models.SetName, "Bob's"), set(x.olga, models.SetName, "Olga's"), set(x.bob, models.SetName, "Acme"), "olga@example.com has changed ACME since: name is now Olga's"},
		"another setting":     {set(x.bob, models.SetName, "Bob's"), set(x.olga, models.SetDescription, "d"), set(x.bob, models.SetName, "Acme"), ""},
		"plan":                {plan(x.ada, "visionary"), set(x.olga, models.SetDescription, "e"), plan(x.ada, "team"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			x.t = t
			defer func() {
				x.clock.Advance(time.Second)
				_, _ = x.s.ReactivateMember(x.ctx, x.olga, x.acme, x.vera.UserID)
				_, _ = x.s.ChangeRole(x.ctx, x.olga, x.acme, x.vera.UserID, models.RoleViewer)
				_, _ = x.s.SetMemberEnd(x.ctx, x.olga, x.acme, x.vera.UserID, nil)
			}()
			var base models.Base
			if err := c.do(recording(&base)); err != nil {
				t.Fatal(err)
			}
			if err := c.other(plainly); err != nil {
				t.Fatal(err)
			}
			before := x.member(x.vera)
			err := c.undo(on(&base))
			if c.reason == "" {
				wantCode(t, err, "")
				return
			}
			wantCode(t, err, models.CodeConflict)
			if e := models.AsError(err); !strings.Contains(e.Message, c.reason) || strings.Contains(e.Message, "SECRET") {
				t.Errorf("%q, want %q", e.Message, c.reason)
			}
			after := x.member(x.vera)
			if after.Role != before.Role || after.Status != before.Status || microsDiffer(after.EndsAt, before.EndsAt) {
				t.Errorf("changed all the same: %+v, was %+v", after, before)
			}
		})
	}
	x.t = t
	// Whoever was taken out meanwhile hears nothing of what others did.
	var base models.Base
	if err := role(x.bob, models.RoleMember)(recording(&base)); err != nil {
		t.Fatal(err)
	}
	if err := role(x.olga, models.RoleAdmin)(plainly); err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.RemoveMember(x.ctx, x.olga, x.acme, x.bob.UserID); err != nil {
		t.Fatal(err)
	}
	err := role(x.bob, models.RoleViewer)(on(&base))
	wantCode(t, err, models.CodeNotFound)
	x.sound()
}

func microsDiffer(a, b *time.Time) bool {
	return (a == nil) != (b == nil) || a != nil && !a.Equal(*b)
}

// A change that fails leaves nothing to base taking it back on.
func TestABaseHoldsOnlyWhatWasDone(t *testing.T) {
	x := newTeam(t)
	var base models.Base
	_, err := x.s.ChangeRole(x.ctx, recording(&base)(x.vera), x.acme, x.cy.UserID, models.RoleViewer)
	wantCode(t, err, models.CodeDenied)
	_, err = x.s.ChangeRole(x.ctx, x.olga, x.acme, x.cy.UserID, models.RoleAdmin)
	wantCode(t, errors.Join(err), "")
	_, err = x.s.ChangeRole(x.ctx, on(&base)(x.bob), x.acme, x.cy.UserID, models.RoleMember)
	wantCode(t, err, "")
}
