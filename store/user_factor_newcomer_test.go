package store_test

import (
	"strings"
	"testing"

	"muster/internal/totp"
	"muster/models"
	"muster/store"
)

// phoneOf is the authenticator app of a newcomer who was shown what a code offers.
func (w *world) phoneOf(f store.CodeOffer) authenticator {
	w.t.Helper()
	e := f.Enrolment("muster.example.com")
	if e == nil {
		w.t.Fatalf("there is nothing to set up: %+v", f)
	}
	return w.phone(*e)
}

// Who has no account sets their second factor up as they join, before anything of
// the organization is theirs: by an invitation as by a link. Refused, nothing is
// used up and nothing is kept.
func TestANewcomerSetsUpASecondFactor(t *testing.T) {
	t.Parallel()
	for _, kind := range []store.CodeKind{store.CodeInvitation, store.CodeLink} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			var code string
			if kind == store.CodeInvitation {
				code = s.code(s.owner, s.invite(s.owner, "new@example.com", models.RoleMember).ID)
			} else {
				l := must[models.JoinLink](t)(s.s.CreateLink(s.ctx, s.owner, s.acme, models.NewLink{Role: models.RoleMember, MaxUses: 5}))
				code = must[string](t)(s.s.LinkCode(s.ctx, s.owner, s.acme, l.ID))
			}
			k, other := key("of new"), key("of another")
			stranger := func(k models.PublicKey) models.Actor {
				return models.Actor{Via: models.ViaSSH, Key: k.Fingerprint, KeyType: k.Type, Address: "192.0.2.7"}
			}
			look := func(k models.PublicKey) store.CodeOffer {
				return must[store.CodeOffer](t)(s.s.LookupCode(s.ctx, stranger(k), code))
			}
			if look(k).Enrolment("here") != nil {
				t.Error("a second factor is offered where none is required")
			}
			s.set(atTheMachine(s.owner), s.acme, models.SetTwoFactor, models.TwoFactorRequired)
			// It is the same as often as they look, and another key's is another.
			phone := s.phoneOf(look(k))
			if s.phoneOf(look(k)).code() != phone.code() || s.phoneOf(look(other)).code() == phone.code() {
				t.Error("what is shown does not belong to code and key")
			}

			accept := func(first string) (store.Accepted, error) {
				return s.s.AcceptCodeFor(s.ctx, stranger(k), code, store.Newcomer{Name: "New", Email: "new@example.com", Code: first}, k)
			}
			for name, first := range map[string]string{"none": "", "another key's": s.phoneOf(look(other)).code(), "an old one": phone.at(-3), "nonsense": "abc"} {
				_, err := accept(first)
				wantCode(t, err, models.CodeDenied)
				if hint := models.AsError(err).Hint; !strings.Contains(hint, "{code.show}") || !strings.Contains(hint, "nothing was used up") {
					t.Errorf("%s: the hint is %q", name, hint)
				}
			}
			for _, q := range []string{"SELECT count(*) FROM users WHERE name = 'New'", "SELECT count(*) FROM second_factors", "SELECT count(*) FROM recovery_codes"} {
				if n := s.number(q); n != 0 {
					t.Errorf("%s gives %d", q, n)
				}
			}

			r, err := accept(phone.code())
			if err != nil || r.Org.ID != s.acme || r.Org.Requirement != "" || len(r.Recovery) != models.RecoveryCodes {
				t.Fatalf("%+v, %v", r, err)
			}
			in := stranger(k)
			in.UserID = r.User.ID
			s.wantRequirement(in, s.acme, "")
			f := must[models.SecondFactor](t)(s.s.SecondFactor(s.ctx, in))
			if !f.Enrolled || f.VerifiedUntil == nil || f.Recovery != models.RecoveryCodes {
				t.Errorf("it stands so: %+v", f)
			}
			if got := s.number("SELECT count(*) FROM audit WHERE action = 'second_factor.confirm' AND actor_id = $1", r.User.ID); got != 1 {
				t.Errorf("%d entries", got)
			}
			// From elsewhere it is asked for, and no code counts twice.
			away := in
			away.Address = "198.51.100.7"
			s.wantRequirement(away, s.acme, models.NeedSecondFactor)
			wantCode(t, s.verify(away, phone.code()), models.CodeDenied)
			s.clock.Advance(totp.Step)
			if err := s.verify(away, phone.code()); err != nil {
				t.Error(err)
			}
			if err := s.verify(away, r.Recovery[0]); err != nil {
				t.Error(err)
			}
			// Who has an account sets it up there.
			_, err = s.s.AcceptCodeFor(s.ctx, in, code, store.Newcomer{Code: phone.code()}, k)
			wantCode(t, err, models.CodeConflict)

			// Whoever comes with the key after the account has given it up is shown
			// another one: the account still has the first.
			s.clock.Advance(totp.Step)
			spare := s.hardware(in, "spare")
			s.clock.Advance(totp.Step)
			if err := s.verify(spare, phone.code()); err != nil {
				t.Error(err)
			}
			must[models.Key](t)(s.s.RemoveKey(s.ctx, spare, k.Fingerprint))
			if kind == store.CodeLink {
				if again := s.phoneOf(look(k)); again.code() == phone.code() {
					t.Error("the key that was given up shows the second factor of the account")
				}
			}
			s.sound()
		})
	}
}

// A hardware key that counts as the second factor needs no app to join with.
func TestAHardwareKeyThatCountsNeedsNoApp(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	code := s.code(s.owner, s.invite(s.owner, "new@example.com", models.RoleMember).ID)
	s.set(atTheMachine(s.owner), s.acme, models.SetTwoFactor, models.TwoFactorRequired, models.SetHardwareKeyCounts, models.On)
	k := key("of new")
	k.Type = "sk-ssh-ed25519@openssh.com"
	a := models.Actor{Via: models.ViaSSH, Key: k.Fingerprint, KeyType: k.Type, Address: "192.0.2.7"}
	if f := must[store.CodeOffer](t)(s.s.LookupCode(s.ctx, a, code)); f.Enrolment("here") != nil || f.Offer.Requirement != "" {
		t.Errorf("offered: %+v", f)
	}
	if r, err := s.s.AcceptCodeFor(s.ctx, a, code, store.Newcomer{Name: "New"}, k); err != nil || r.Org.Requirement != "" || r.Recovery != nil {
		t.Errorf("%+v, %v", r, err)
	}
	s.sound()
}
