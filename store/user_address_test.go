package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// label makes an account that merely typed an address, outside of ACME.
func (s *stage) label(name, email string) models.Actor {
	s.t.Helper()
	k := key(name)
	u := must[models.User](s.t)(s.s.SignUp(s.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, store.NewUser{Name: name, Email: email, Key: &k}))
	return models.Actor{UserID: u.ID, Via: models.ViaSSH, Key: k.Fingerprint}
}

func (s *stage) me(a models.Actor) models.User {
	s.t.Helper()
	return must[store.Me](s.t)(s.s.Me(s.ctx, a)).User
}

// letter takes the code that the mail server has taken for an address.
func (s *stage) letter(email string) string {
	s.t.Helper()
	s.clock.Advance(models.UndoTime)
	for _, j := range s.mails() {
		if models.NormEmail(j.To) == models.NormEmail(email) {
			s.taken(j)
			return j.Code
		}
	}
	s.t.Fatalf("no mail to %s", email)
	return ""
}

func openStage(t *testing.T) *stage {
	return newStage(t, func(o *store.Options) { o.SignUp = true })
}

// TestSquatterKeepsNobodyOut has somebody type the address of who is about to be
// invited, by each path there is, and an invitation come about by each path: who
// reads the mail joins, and the other one loses the address and keeps the account.
func TestSquatterKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	const email = "victim@example.com"
	squats := map[string]func(s *stage) models.Actor{
		"open sign-up": func(s *stage) models.Actor { return s.label("squatter", "Victim@example.com") },
		"join link": func(s *stage) models.Actor {
			_, code := s.link(s.owner, s.acme, models.NewLink{Role: models.RoleViewer})
			k := key("squatter")
			r, err := s.s.AcceptCodeFor(s.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, code, store.Newcomer{Name: "squatter", Email: email}, k)
			u := r.User
			if err != nil {
				s.t.Fatal(err)
			}
			return models.Actor{UserID: u.ID, Via: models.ViaSSH, Key: k.Fingerprint}
		},
		"user create": func(s *stage) models.Actor {
			k := key("squatter")
			d, _, err := s.s.CreateUser(s.ctx, s.admin, models.NewAccount{Email: email, Name: "squatter", Org: s.acme, Key: &k})
			if err != nil {
				s.t.Fatal(err)
			}
			return models.Actor{UserID: d.ID, Via: models.ViaSSH, Key: k.Fingerprint}
		},
		"a code passed on": func(s *stage) models.Actor {
			inv := must[models.Invitation](s.t)(s.s.CreateInvitation(s.ctx, s.root, "HOME", models.NewInvitation{Email: email}))
			code := must[string](s.t)(s.s.JoinCode(s.ctx, s.root, "HOME", inv.ID))
			for _, j := range s.mails() {
				s.taken(j)
			}
			a, err := s.bear(code, "squatter")
			if err != nil {
				s.t.Fatal(err)
			}
			return a
		},
	}
	invites := map[string]func(s *stage){
		"direct": func(s *stage) { s.invite(s.owner, email, models.RoleAdmin) },
		"import": func(s *stage) {
			r := s.imports(s.owner, s.acme, "email,role\n"+email+",admin\n", store.ImportOptions{})
			if r.Done != 1 {
				s.t.Fatal(outcomes(r))
			}
		},
		"approved": func(s *stage) {
			inv := s.invite(s.member, email, models.RoleMember)
			must[models.Invitation](s.t)(s.s.ApproveInvitation(s.ctx, s.owner, s.acme, inv.ID, models.RoleAdmin))
		},
		"resent": func(s *stage) {
			inv := s.invite(s.owner, email, models.RoleAdmin)
			s.clock.Advance(72 * time.Hour)
			must[models.Invitation](s.t)(s.s.ResendInvitation(s.ctx, s.owner, s.acme, inv.ID))
		},
		"regenerated": func(s *stage) {
			inv := s.invite(s.owner, email, models.RoleAdmin)
			s.code(s.owner, inv.ID) // seen, which the next code does not inherit
			must[models.Invitation](s.t)(s.s.RegenerateInvitation(s.ctx, s.owner, s.acme, inv.ID))
		},
	}
	for how, squat := range squats {
		for by, invite := range invites {
			t.Run(how+", "+by, func(t *testing.T) {
				t.Parallel()
				s := openStage(t)
				squatter := squat(s)
				if s.me(squatter).EmailVerified {
					t.Fatal("the address that was typed counts as verified")
				}
				invite(s)
				if got := must[[]models.JoinOffer](t)(s.s.OwnInvitations(s.ctx, squatter)); len(got) != 0 {
					t.Fatalf("who typed the address finds %+v", got)
				}
				victim, err := s.bear(s.letter(email), "victim")
				if err != nil {
					t.Fatal(err)
				}
				if me := s.me(victim); me.Email != email || !me.EmailVerified {
					t.Errorf("the invited person is %+v", me)
				}
				lost := s.me(squatter)
				if lost.EmailVerified || models.NormEmail(lost.EmailLost) != email || !models.IsLostAddress(lost.Email) {
					t.Errorf("the squatter is %+v", lost)
				}
				if n := s.number("SELECT count(*) FROM audit WHERE org_id = '' AND action = 'user.address_lost' AND target_id = $1 AND acting_as = 'system'", squatter.UserID); n != 1 {
					t.Errorf("%d entries for the site admins", n)
				}
				if m := must[models.Member](t)(s.s.Member(s.ctx, s.owner, s.acme, email)); m.ID != victim.UserID || m.Role != models.RoleAdmin {
					t.Errorf("the address means %+v", m)
				}
				// The account goes on with another address.
				must[models.AccountDetail](t)(s.s.EditUser(s.ctx, s.root, "", squatter.UserID, models.AccountChange{Email: ptr("other@example.com")}))
				if me := s.me(squatter); me.EmailLost != "" || me.Email != "other@example.com" || me.EmailVerified {
					t.Errorf("with another address: %+v", me)
				}
				s.sound()
			})
		}
	}
}

// TestWhatProvesAnAddress has an invitation accepted with its code in every state
// that the code can be in.
func TestWhatProvesAnAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(s *stage, inv models.Invitation) string
		want bool
	}{
		"mailed": {func(s *stage, inv models.Invitation) string { return s.letter(inv.Email) }, true},
		"written to the folder": {func(s *stage, inv models.Invitation) string {
			j := s.mails()[0]
			if err := s.s.MailSent(s.ctx, j); err != nil {
				s.t.Fatal(err)
			}
			return j.Code
		}, false},
		"never sent": {func(s *stage, inv models.Invitation) string { return s.code(s.owner, inv.ID) }, false},
		"mailed, and looked up": {func(s *stage, inv models.Invitation) string {
			code := s.letter(inv.Email)
			s.code(s.owner, inv.ID)
			return code
		}, false},
		"mailed, and looked up by a site admin": {func(s *stage, inv models.Invitation) string {
			s.code(s.root, inv.ID)
			return s.letter(inv.Email)
		}, false},
		"an older code was mailed": {func(s *stage, inv models.Invitation) string {
			s.letter(inv.Email)
			must[models.Invitation](s.t)(s.s.RegenerateInvitation(s.ctx, s.owner, s.acme, inv.ID))
			return s.mails()[0].Code
		}, false},
		"the new code was mailed": {func(s *stage, inv models.Invitation) string {
			s.code(s.owner, inv.ID)
			must[models.Invitation](s.t)(s.s.RegenerateInvitation(s.ctx, s.owner, s.acme, inv.ID))
			return s.letter(inv.Email)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			for _, j := range s.mails() { // of those who joined before
				s.taken(j)
			}
			a, err := s.bear(c.do(s, s.invite(s.owner, "dee@example.com", models.RoleViewer)), "dee")
			if err != nil {
				t.Fatal(err)
			}
			if me := s.me(a); me.Email != "dee@example.com" || me.EmailVerified != c.want {
				t.Errorf("%+v, want verified %t", me, c.want)
			}
			s.sound()
		})
	}
}

// A join request proves nothing, whoever passes its code on, nor does it after
// somebody else has taken its sponsor's place.
func TestJoinRequestProvesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.set(s.owner, s.acme, models.SetJoinRequests, "on")
	k := key("stranger")
	stranger := models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}
	if err := s.s.RequestToJoin(s.ctx, stranger, store.JoinRequest{OrgCode: "ACME", Email: "ceo@example.com", Name: "Chief"}); err != nil {
		t.Fatal(err)
	}
	p := must[models.Page[models.Invitation]](t)(s.s.ListInvitations(s.ctx, s.owner, s.acme, models.InvitationQuery{Search: "ceo@"}))
	inv := must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, s.admin, s.acme, p.Items[0].ID, ""))
	if p.Items[0].InviterVerified {
		t.Error("the address that a stranger typed counts as verified")
	}
	must[models.Member](t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.admin.UserID, models.RoleViewer))
	must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, s.owner, s.acme, inv.ID, ""))
	a, err := s.bear(s.letter("ceo@example.com"), "stranger")
	if err != nil {
		t.Fatal(err)
	}
	if s.me(a).EmailVerified {
		t.Error("the code of a join request proved the address that a stranger typed")
	}
	must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.root, "HOME", models.NewInvitation{Email: "ceo@example.com", Role: models.RoleOwner}))
	if got := must[[]models.JoinOffer](t)(s.s.OwnInvitations(s.ctx, a)); len(got) != 0 {
		t.Errorf("it opens %+v", got)
	}
	s.sound()
}

// Who has verified an address keeps it, and who proves it with another key is
// told to pair. A code that proves nothing tells nothing.
func TestVerifiedAddressStays(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	inv := must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.root, "HOME", models.NewInvitation{Email: "mel@example.com"}))
	code := s.letter("mel@example.com")
	_, err := s.bear(code, "new laptop")
	if e := models.AsError(err); e == nil || e.Code != models.CodeConflict || !strings.Contains(e.Hint, "pair") {
		t.Errorf("with another key: %v", err)
	}
	must[string](t)(s.s.JoinCode(s.ctx, s.root, "HOME", inv.ID))
	a, err := s.bear(code, "new laptop")
	if err != nil || s.me(a).EmailVerified {
		t.Errorf("with a code that was looked up: %+v, %v", s.me(a), err)
	}
	if me := s.me(s.member); me.Email != "mel@example.com" || !me.EmailVerified {
		t.Errorf("the holder is %+v", me)
	}
	// The member proves nothing more: the other one stays as it is.
	_, err = s.s.VerifyUser(s.ctx, s.root, "", a.UserID)
	wantCode(t, err, models.CodeConflict)
	s.sound()
}

// Nobody who may not know it is told whether an address has an account.
func TestAnswersTellNoAddress(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(s *stage, email, link string) error{
		"user create": func(s *stage, email, _ string) error {
			_, _, err := s.s.CreateUser(s.ctx, s.admin, models.NewAccount{Email: email, Name: "X", Org: s.acme})
			return err
		},
		"user edit": func(s *stage, email, _ string) error {
			d, _, err := s.s.CreateUser(s.ctx, s.admin, models.NewAccount{Email: "other@example.com", Name: "X", Org: s.acme})
			if err == nil {
				_, err = s.s.EditUser(s.ctx, s.admin, s.acme, d.ID, models.AccountChange{Email: &email})
			}
			return err
		},
		"sign-up": func(s *stage, email, _ string) error {
			k := key("X")
			_, err := s.s.SignUp(s.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, store.NewUser{Name: "X", Email: email, Key: &k})
			return err
		},
		"join link": func(s *stage, email, link string) error {
			k := key("X")
			_, err := s.s.AcceptCodeFor(s.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, link, store.Newcomer{Name: "X", Email: email}, k)
			return err
		},
		"join request": func(s *stage, email, _ string) error {
			k := key("X")
			return s.s.RequestToJoin(s.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, store.JoinRequest{OrgCode: "ACME", Email: email, Name: "X"})
		},
		"invitation": func(s *stage, email, _ string) error {
			_, err := s.s.CreateInvitation(s.ctx, s.admin, s.acme, models.NewInvitation{Email: email})
			return err
		},
		"a code that was passed on": func(s *stage, email, _ string) error {
			inv := s.invite(s.admin, email, models.RoleViewer)
			_, err := s.bear(s.code(s.admin, inv.ID), "X")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, email := range []string{"known@example.com", "never@example.com"} {
				s := openStage(t)
				known := s.label("known", "known@example.com")
				must[models.AccountDetail](t)(s.s.VerifyUser(s.ctx, s.root, "", known.UserID))
				s.set(s.owner, s.acme, models.SetJoinRequests, "on")
				_, link := s.link(s.owner, s.acme, models.NewLink{Role: models.RoleViewer})
				if err := call(s, email, link); err != nil {
					t.Errorf("%s: %v", email, err)
				}
				if me := s.me(known); me.Email != "known@example.com" || !me.EmailVerified {
					t.Errorf("the holder is %+v", me)
				}
				s.sound()
			}
		})
	}
}

// An address that could mean two accounts is refused with their ids, wherever one
// can be given; once one has verified it, it means that one.
func TestAmbiguousAddress(t *testing.T) {
	t.Parallel()
	s := openStage(t)
	_, link := s.link(s.owner, s.acme, models.NewLink{Role: models.RoleViewer, MaxUses: 2})
	var twins []models.Actor
	for _, name := range []string{"first", "second"} {
		k := key(name)
		r, err := s.s.AcceptCodeFor(s.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, link, store.Newcomer{Name: name, Email: "twin@example.com"}, k)
		u := r.User
		if err != nil {
			t.Fatal(err)
		}
		twins = append(twins, models.Actor{UserID: u.ID, Via: models.ViaSSH, Key: k.Fingerprint})
	}
	lookups := map[string]func() (string, error){
		"member show": func() (string, error) {
			m, err := s.s.Member(s.ctx, s.owner, s.acme, "Twin@example.com")
			return m.ID, err
		},
		"user show": func() (string, error) {
			d, err := s.s.User(s.ctx, s.root, "", "twin@example.com")
			return d.ID, err
		},
		"user show in an organization": func() (string, error) {
			d, err := s.s.User(s.ctx, s.admin, s.acme, "twin@example.com")
			return d.ID, err
		},
		"--as": func() (string, error) {
			u, err := s.s.UserByRef(s.ctx, "twin@example.com")
			return u.ID, err
		},
		"two-factor reset": func() (string, error) {
			_, err := s.s.ResetSecondFactor(s.ctx, models.Actor{UserID: s.root.UserID, Via: models.ViaLocal}, "twin@example.com")
			if models.CodeOf(err) == models.CodeConflict && !strings.Contains(err.Error(), "accounts have") {
				return twins[1].UserID, nil // has none to reset
			}
			return twins[1].UserID, err
		},
		"audit list": func() (string, error) {
			_, err := s.s.ListAudit(s.ctx, s.owner, s.acme, models.AuditQuery{Actor: "twin@example.com"})
			return twins[1].UserID, err
		},
	}
	for name, look := range lookups {
		_, err := look()
		wantCode(t, err, models.CodeConflict)
		for _, a := range twins {
			if err == nil || !strings.Contains(err.Error(), a.UserID) {
				t.Errorf("%s does not name %s: %v", name, a.UserID, err)
			}
		}
	}
	_, err := s.s.RemoveMember(s.ctx, s.owner, s.acme, "twin@example.com")
	wantCode(t, err, models.CodeConflict)
	if m := must[models.Member](t)(s.s.Member(s.ctx, s.owner, s.acme, twins[0].UserID)); m.EmailVerified {
		t.Errorf("%+v", m)
	}
	must[models.AccountDetail](t)(s.s.VerifyUser(s.ctx, s.root, "", twins[1].UserID))
	for name, look := range lookups {
		if name == "two-factor reset" {
			continue
		}
		if id, err := look(); err != nil || id != twins[1].UserID {
			t.Errorf("%s finds %s, %v", name, id, err)
		}
	}
	s.sound()
}

// Two former members with one address are told apart by their ids.
func TestAmbiguousFormerMember(t *testing.T) {
	t.Parallel()
	s := openStage(t)
	_, link := s.link(s.owner, s.acme, models.NewLink{Role: models.RoleViewer, MaxUses: 2})
	var ids []string
	for _, name := range []string{"first", "second"} {
		k := key(name)
		r, err := s.s.AcceptCodeFor(s.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, link, store.Newcomer{Name: name, Email: "twin@example.com"}, k)
		u := r.User
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, u.ID)
	}
	inv := s.invite(s.owner, "twin@example.com", models.RoleViewer) // neither keeps the person out
	for _, id := range ids {
		if _, err := s.s.RemoveMember(s.ctx, s.owner, s.acme, id); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.s.RestoreMember(s.ctx, s.owner, s.acme, "twin@example.com")
	wantCode(t, err, models.CodeConflict)
	if m := must[models.Restored](t)(s.s.RestoreMember(s.ctx, s.owner, s.acme, ids[1])); m.ID != ids[1] {
		t.Errorf("%+v", m)
	}
	// Nor does bringing one back close what waits for the person.
	if v := must[models.Invitation](t)(s.s.Invitation(s.ctx, s.owner, s.acme, inv.ID)); v.State != models.StatePending {
		t.Errorf("the invitation is %s", v.State)
	}
	s.sound()
}

// Who bears a code of somebody else's is shown a masked address.
func TestWrongRecipientIsToldAMaskedAddress(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	inv := s.invite(s.owner, "secret.person@example.com", models.RoleViewer)
	code := s.code(s.owner, inv.ID)
	f := must[store.CodeOffer](t)(s.s.LookupCode(s.ctx, s.member, code))
	_, _, accept := s.s.AcceptCode(s.ctx, s.member, code, "", key("mel@example.com"))
	decline := s.s.DeclineCode(s.ctx, s.member, code)
	for what, text := range map[string]string{"show": fmt.Sprintf("%+v", f), "accept": fmt.Sprint(accept, models.AsError(accept).Hint), "decline": fmt.Sprint(decline, models.AsError(decline).Hint)} {
		if strings.Contains(text, "secret.person") || !strings.Contains(text, "s…@example.com") {
			t.Errorf("%s says %s", what, text)
		}
	}
	wantCode(t, accept, models.CodeConflict)
	wantCode(t, decline, models.CodeConflict)
	if f := must[store.CodeOffer](t)(s.s.LookupCode(s.ctx, models.Actor{Via: models.ViaSSH, Key: "nobody's"}, code)); f.Offer.Invitation.Email != "secret.person@example.com" {
		t.Errorf("a new key is shown %s, which its account would have", f.Offer.Invitation.Email)
	}
}

// The log marks who acted under an address that nobody had verified, and the mark
// is part of the chain.
func TestLogMarksUnverifiedActors(t *testing.T) {
	t.Parallel()
	s := openStage(t)
	a := s.label("squatter", "ceo@example.com")
	must[models.OrgView](t)(s.s.CreateOrganization(s.ctx, a, store.NewOrganization{Name: "Mine", Code: "MINE"}))
	for _, c := range []struct {
		by   models.Actor
		org  string
		want string
	}{{a, "MINE", "ceo@example.com (not verified)"}, {s.owner, s.acme, "olga@example.com"}} {
		p := must[models.Page[models.AuditEntry]](t)(s.s.ListAudit(s.ctx, c.by, c.org, models.AuditQuery{Action: "organization.create"}))
		if len(p.Items) != 1 || p.Items[0].ShownActor() != c.want {
			t.Errorf("%+v, want %s", p.Items, c.want)
		}
	}
	inv := must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, a, "MINE", models.NewInvitation{Email: "dee@example.com"}))
	if inv = must[models.Invitation](t)(s.s.Invitation(s.ctx, a, "MINE", inv.ID)); inv.InviterVerified {
		t.Error("the inviter's address counts as verified")
	}
	for _, j := range s.mails() {
		if j.ID == inv.ID && j.Invitation.InviterVerified {
			t.Error("the mail names it")
		}
	}
	s.exec("UPDATE audit SET actor_unverified = 0 WHERE actor_unverified = 1 AND org_id = $1", inv.OrgID)
	if r := must[models.ChainReport](t)(s.s.VerifyAudit(s.ctx, a, "MINE")); r.OK {
		t.Error("taking the mark off breaks no chain")
	}
}
