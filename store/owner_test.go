package store_test

import (
	"errors"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// Nobody becomes an owner unconfirmed, whatever the path; unconfirmed it changes
// nothing and is no refused attempt, and other roles need no confirmation.
func TestBecomingAnOwnerIsConfirmed(t *testing.T) {
	x := newTeam(t)
	unconfirmed := func(a models.Actor) models.Actor { a.OwnerConfirmed = false; return a }
	plain := unconfirmed(x.ada)
	propose := func(email string) string {
		i, err := x.s.CreateInvitation(x.ctx, x.cy, x.acme, models.NewInvitation{Email: email, Role: models.RoleMember})
		return must[models.Invitation](t)(i, err).ID
	}
	gone := x.join(x.ada, x.acme, "gone@example.com", models.RoleOwner)
	_, err := x.s.RemoveMember(x.ctx, x.ada, x.acme, gone.UserID)
	wantCode(t, err, "")
	request := propose("req@example.com")
	old := must[models.Invitation](t)(x.s.CreateInvitation(x.ctx, x.ada, x.acme, models.NewInvitation{Email: "old@example.com", Role: models.RoleOwner, TTL: time.Minute}))
	x.clock.Advance(2 * time.Minute)
	invite := func(role models.Role, email string) func(models.Actor) error {
		return func(ada models.Actor) error {
			_, err := x.s.CreateInvitation(x.ctx, ada, x.acme, models.NewInvitation{Email: email, Role: role})
			return err
		}
	}
	for name, do := range map[string]func(models.Actor) error{
		"role": func(ada models.Actor) error {
			_, err := x.s.ChangeRole(x.ctx, ada, x.acme, x.bob.UserID, models.RoleOwner)
			return err
		},
		"invite": invite(models.RoleOwner, "new@example.com"),
		"approve": func(ada models.Actor) error {
			_, err := x.s.ApproveInvitation(x.ctx, ada, x.acme, request, models.RoleOwner)
			return err
		},
		"regenerate": func(ada models.Actor) error {
			_, err := x.s.RegenerateInvitation(x.ctx, ada, x.acme, old.ID)
			return err
		},
		"import": func(ada models.Actor) error {
			list, err := models.ParseImport([]byte("email,role\na1@example.com,member\na2@example.com,Owner\n"))
			if err != nil {
				return err
			}
			_, err = x.s.ImportInvitations(x.ctx, ada, x.acme, list.Rows, store.ImportOptions{})
			return err
		},
		"restore": func(ada models.Actor) error {
			_, err := x.s.RestoreMember(x.ctx, ada, x.acme, gone.UserID)
			return err
		},
		"direct account": func(ada models.Actor) error {
			_, _, err := x.s.CreateUser(x.ctx, ada, models.NewAccount{Email: "direct@example.com", Name: "D", Org: x.acme, Role: models.RoleOwner})
			return err
		},
		"transfer": func(ada models.Actor) error {
			_, err := x.s.Nominate(x.ctx, ada, x.acme, x.vera.UserID)
			return err
		},
	} {
		before := x.number("SELECT count(*) FROM audit")
		err := do(plain)
		if !errors.Is(err, models.MakesOwner{}) {
			t.Errorf("%s: %v, want it unconfirmed", name, err)
		}
		if n := x.number("SELECT count(*) FROM audit"); n != before {
			t.Errorf("%s: %d entries for asking", name, n-before)
		}
		if err := do(x.ada); err != nil {
			t.Errorf("%s, confirmed: %v", name, err)
		}
	}
	_, err = x.s.AcceptTransfer(x.ctx, unconfirmed(x.vera), x.acme)
	if !errors.Is(err, models.MakesOwner{}) {
		t.Errorf("accepting a nomination: %v", err)
	}
	wantCode(t, invite(models.RoleAdmin, "adm@example.com")(plain), "")
	// Whoever may not is refused, not asked.
	_, err = x.s.ChangeRole(x.ctx, unconfirmed(x.vera), x.acme, x.cy.UserID, models.RoleOwner)
	wantCode(t, err, models.CodeDenied)
	x.sound()
}
