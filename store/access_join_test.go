package store_test

import (
	"strings"
	"testing"

	"muster/models"
	"muster/store"
)

// TestSecurityIsAskedBeforeJoining holds that whom the Security settings would keep
// out does not join first and hear of it afterwards: what a code shows and what
// accepting does refuse alike, and nothing is used up.
func TestSecurityIsAskedBeforeJoining(t *testing.T) {
	t.Parallel()
	const outside = "198.51.100.1"
	rules := map[models.Requirement][]string{
		models.NeedAddress:      {models.SetIPAllowlist, "192.0.2.0/24"},
		models.NeedHardwareKey:  {models.SetHardwareKeyRequired, models.On},
		models.NeedSecondFactor: {models.SetTwoFactor, models.TwoFactorRequired},
	}
	for need, set := range rules {
		t.Run(string(need), func(t *testing.T) {
			s := newStage(t)
			known := s.join(s.root, s.org(s.root, "ELSE").ID, "kim@example.com", models.RoleMember)
			s.exec("UPDATE users SET email_verified = 1")
			forKnown, forNew := s.invite(s.owner, "kim@example.com", models.RoleMember), s.invite(s.owner, "new@example.com", models.RoleMember)
			knownCode, newCode := s.code(s.owner, forKnown.ID), s.code(s.owner, forNew.ID)
			l := must[models.JoinLink](t)(s.s.CreateLink(s.ctx, s.owner, s.acme, models.NewLink{Role: models.RoleMember, MaxUses: 5}))
			link := must[string](t)(s.s.LinkCode(s.ctx, s.owner, s.acme, l.ID))
			s.set(atTheMachine(s.owner), s.acme, set...)

			known.Address = outside
			k := key("new@example.com")
			stranger := models.Actor{Via: models.ViaSSH, Key: k.Fingerprint, KeyType: k.Type, Address: outside}
			refused := func(name string, err error) {
				t.Helper()
				if models.RequirementOf(err) != need || models.AsError(err).Hint == "" {
					t.Errorf("%s: %v, want %s", name, err, need)
				}
				if said := models.AsError(err).Message + models.AsError(err).Hint; need == models.NeedAddress && (strings.Contains(said, "ACME") || strings.Contains(said, "Acme")) {
					t.Errorf("%s names the organization: %s", name, said)
				}
			}
			for who, code := range map[string]string{"invitation": knownCode, "link": link} {
				_, err := s.s.LookupCode(s.ctx, known, code)
				refused("show "+who, err)
				_, _, err = s.s.AcceptCode(s.ctx, known, code, "", key("kim@example.com"))
				refused("accept "+who, err)
			}
			_, err := s.s.AcceptInvitation(s.ctx, known, forKnown.ID)
			refused("accept, signed in", err)
			offers := must[[]models.JoinOffer](t)(s.s.OwnInvitations(s.ctx, known))
			if need == models.NeedAddress {
				if len(offers) != 0 {
					t.Errorf("shown from outside: %+v", offers)
				}
				for _, e := range must[[]models.OrgEntry](t)(s.s.ListOrganizations(s.ctx, known)) {
					if e.Code == "ACME" {
						t.Errorf("in the switcher: %+v", e)
					}
				}
			} else if len(offers) != 1 || offers[0].Requirement != need {
				t.Errorf("offers: %+v", offers)
			}
			for _, code := range []string{newCode, link} {
				who := store.Newcomer{Name: "New", Email: "new@example.com"}
				o, err := s.s.LookupCode(s.ctx, stranger, code)
				if need == models.NeedSecondFactor { // which they set up as they join
					if e := o.Enrolment("here"); err != nil || e == nil || o.Offer.Requirement+o.Link.Requirement != need {
						t.Errorf("shown to a newcomer: %+v, %v", o, err)
					}
				} else {
					refused("show to a newcomer", err)
					if o.Offer.OrgName != "" || o.Link.OrgName != "" || o.Kind != "" || o.Enrolment("here") != nil {
						t.Errorf("refused and shown: %+v", o)
					}
				}
				_, err = s.s.AcceptCodeFor(s.ctx, stranger, code, who, k)
				refused("a newcomer", err)
			}
			// Nothing was used up, and each refusal is in the log.
			for _, id := range []string{forKnown.ID, forNew.ID} {
				if v := must[models.Invitation](t)(s.s.Invitation(s.ctx, atTheMachine(s.owner), s.acme, id)); v.State != models.StatePending {
					t.Errorf("%s is %s", v.Email, v.State)
				}
			}
			if v := must[models.JoinLink](t)(s.s.Link(s.ctx, atTheMachine(s.owner), s.acme, l.ID)); v.Uses != 0 {
				t.Errorf("%d uses", v.Uses)
			}
			if n := s.number("SELECT count(*) FROM audit WHERE org_id = $1 AND outcome = 'refused'", s.acme); n < 5 {
				t.Errorf("%d refusals in the log", n)
			}
			if n := s.number("SELECT count(*) FROM users WHERE email = 'new@example.com'"); n != 0 {
				t.Error("an account was made")
			}

			// With what is asked for, the same code works; declining works without.
			switch need {
			case models.NeedAddress:
				known.Address, stranger.Address = "192.0.2.7", "192.0.2.8"
			case models.NeedHardwareKey:
				known = s.hardware(known, "kim's token")
				k.Type = "sk-ssh-ed25519@openssh.com"
				stranger.KeyType = k.Type
			case models.NeedSecondFactor:
				s.enrol(known)
			}
			if _, err := s.s.AcceptInvitation(s.ctx, known, forKnown.ID); err != nil {
				t.Error(err)
			}
			offer, err := s.s.LookupCode(s.ctx, stranger, newCode)
			if err != nil {
				t.Error(err)
			}
			who := store.Newcomer{Name: "New"}
			if need == models.NeedSecondFactor {
				who.Code = s.phoneOf(offer).code()
			}
			if r, err := s.s.AcceptCodeFor(s.ctx, stranger, newCode, who, k); err != nil || r.Org.Requirement != "" {
				t.Errorf("%+v, %v", r, err)
			}
			decline := s.invite(atTheMachine(s.owner), "off@example.com", models.RoleMember)
			if err := s.s.DeclineCode(s.ctx, models.Actor{Via: models.ViaSSH, Key: key("off").Fingerprint, Address: outside}, s.code(atTheMachine(s.owner), decline.ID)); err != nil {
				t.Error("declining is refused:", err)
			}
			s.sound()
		})
	}
}
