package store_test

import (
	"testing"

	"muster/models"
)

// TestAFreshCodeForAWayIn holds that adding a key, pairing a machine and the own
// address want a code with the change itself.
func TestAFreshCodeForAWayIn(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleAdmin)
	n := 0
	tries := map[string]func(code string) error{
		"AddKey": func(code string) error {
			n++
			_, err := w.s.AddKey(w.ctx, bob, key(string(rune('a'+n))+" key"), code)
			return err
		},
		"CreatePairing": func(code string) error { _, _, err := w.s.CreatePairing(w.ctx, bob, code); return err },
		"EditUser": func(code string) error {
			n++
			_, err := w.s.EditUser(w.ctx, bob, acme.ID, bob.UserID, models.AccountChange{Email: ptr(string(rune('a'+n)) + "@example.com"), Code: code})
			return err
		},
	}
	for name, try := range tries {
		if err := try(""); err != nil {
			t.Errorf("%s where nobody asks for a second factor: %v", name, err)
		}
	}
	w.set(ada, acme.ID, models.SetTwoFactor, models.TwoFactorRequired)
	for name, try := range tries {
		if err := try(""); models.RequirementOf(err) != models.NeedSecondFactor {
			t.Errorf("%s without a second factor where one is required: %v", name, err)
		}
	}
	phone, recovery := w.enrol(bob)
	wrong := w.number("SELECT count(*) FROM second_factor_failures")
	for name, try := range tries {
		w.clock.Advance(models.SecondFactorWindow) // what was wrong before is forgotten
		wantCode(t, try(""), models.CodeDenied)
		wantCode(t, try(phone.at(9)), models.CodeDenied)
		if err := try(phone.code()); err != nil {
			t.Errorf("%s with a code: %v", name, err)
		}
		wantCode(t, try(phone.code()), models.CodeDenied) // it was used
	}
	if got := w.number("SELECT count(*) FROM second_factor_failures") - wrong; got == 0 {
		t.Error("wrong codes are not counted")
	}
	w.clock.Advance(models.SecondFactorWindow)
	if err := tries["CreatePairing"](recovery[0]); err != nil {
		t.Errorf("with a recovery code: %v", err)
	}
	// Changing anything else of oneself does not ask, nor does anybody at the
	// machine.
	if _, err := w.s.EditUser(w.ctx, bob, acme.ID, bob.UserID, models.AccountChange{Name: ptr("Bobby")}); err != nil && models.RequirementOf(err) == "" {
		t.Error(err)
	}
	if _, _, err := w.s.CreatePairing(w.ctx, atTheMachine(bob), ""); err != nil {
		t.Error(err)
	}
	w.verified()
}
