package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

func TestWhoAnInvitationIsFor(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	inv := s.invite(s.owner, "Dee@Example.com", models.RoleMember)
	code := s.code(s.owner, inv.ID)
	// A key whose user has another address: nothing is consumed.
	_, _, err := s.s.AcceptCode(s.ctx, s.root, code, "", models.PublicKey{})
	wantCode(t, err, models.CodeConflict) // signed in at the machine of the database, which needs no key
	_, _, err = s.s.AcceptCode(s.ctx, models.Actor{}, code, "Dee", models.PublicKey{})
	wantCode(t, err, models.CodeInternal)
	_, _, err = s.s.AcceptCode(s.ctx, models.Actor{Key: "k"}, code, "Dee", key("another"))
	wantCode(t, err, models.CodeInternal) // not the key of the session
	mel := s.member
	_, _, err = s.s.AcceptCode(s.ctx, mel, code, "", key("mel@example.com"))
	wantCode(t, err, models.CodeConflict)
	wantCode(t, s.s.DeclineCode(s.ctx, mel, code), models.CodeConflict)
	wantCode(t, s.s.DeclineCode(s.ctx, models.Actor{Key: mel.Key}, code), models.CodeConflict) // the key is known by now
	_, _, err = s.s.AcceptCode(s.ctx, models.Actor{Key: mel.Key}, code, "Mel", key("mel@example.com"))
	wantCode(t, err, models.CodeConflict)
	// An unknown key needs a good name, and a bad one leaves no account.
	for _, name := range []string{"", "\x1b[31mDee", strings.Repeat("x", 65)} {
		_, err = s.bear(code, name)
		wantCode(t, err, models.CodeInvalid)
	}
	if n := s.number("SELECT count(*) FROM users WHERE email_norm = 'dee@example.com'"); n != 0 {
		t.Error("a refused name leaves an account")
	}
	dee, err := s.bear(code, "Dee")
	if err != nil {
		t.Fatal(err)
	}
	me := must[store.Me](t)(s.s.Me(s.ctx, dee))
	if me.Email != "Dee@Example.com" || me.CurrentOrg != s.acme || me.Keys != 1 || me.Handle != "dee" {
		t.Errorf("%+v", me)
	}
	// The owner, who is no site admin, looked the code up: it proves no address.
	if me.EmailVerified {
		t.Error("the address is verified by a code that the inviter had seen")
	}
	elsewhere := must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.root, "HOME", models.NewInvitation{Email: "dee@example.com"}))
	if got := must[[]models.JoinOffer](t)(s.s.OwnInvitations(s.ctx, dee)); len(got) != 0 {
		t.Errorf("an address that is not verified finds %+v", got)
	}
	_, err = s.s.AcceptInvitation(s.ctx, dee, elsewhere.ID)
	wantCode(t, err, models.CodeNotFound)
	_, err = s.s.DeclineInvitation(s.ctx, dee, elsewhere.ID)
	wantCode(t, err, models.CodeNotFound)
	// A code from the mail proves it.
	for _, j := range s.mails() {
		if j.ID == elsewhere.ID {
			s.taken(j)
			if _, _, err := s.s.AcceptCode(s.ctx, dee, j.Code, "", key("of Dee")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if me := must[store.Me](t)(s.s.Me(s.ctx, dee)); !me.EmailVerified {
		t.Error("the mail's code did not verify the address")
	}
	third := must[models.OrgView](t)(s.s.CreateOrganization(s.ctx, s.root, store.NewOrganization{Name: "Third", Code: "THIRD"}))
	offer := must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.root, third.ID, models.NewInvitation{Email: "dee@example.com", Role: models.RoleAdmin}))
	list := must[[]models.OrgEntry](t)(s.s.ListOrganizations(s.ctx, dee))
	if last := list[len(list)-1]; last.Relation != models.RelInvited || last.InvitationID != offer.ID || list[0].Relation != models.RelPersonal {
		t.Errorf("switcher: %+v", list)
	}
	if v := must[models.OrgView](t)(s.s.AcceptInvitation(s.ctx, dee, offer.ID)); v.Role != models.RoleAdmin || v.Code != "THIRD" {
		t.Errorf("%+v", v)
	}
	s.sound()
}

func TestAcceptingAsAMember(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	inv := s.invite(s.owner, "dee@example.com", models.RoleAdmin)
	code := s.code(s.owner, inv.ID)
	dee, err := s.bear(code, "dee")
	if err != nil {
		t.Fatal(err)
	}
	must[models.Member](t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, dee.UserID, models.RoleViewer))
	must[models.AccountDetail](t)(s.s.VerifyUser(s.ctx, s.root, "", dee.UserID))
	_, err = s.s.CreateInvitation(s.ctx, s.owner, s.acme, models.NewInvitation{Email: "DEE@example.com"})
	wantCode(t, err, models.CodeConflict)
	// Even one that came to be open is closed without a change of role.
	inv = s.invite(s.owner, "other@example.com", models.RoleAdmin)
	code = s.code(s.owner, inv.ID)
	s.exec("UPDATE invitations SET email = 'dee@example.com', email_norm = 'dee@example.com' WHERE id = $1", inv.ID)
	if f := must[store.CodeOffer](t)(s.s.LookupCode(s.ctx, dee, code)); !f.Offer.AlreadyMember || f.Offer.Known == nil {
		t.Errorf("%+v", f)
	}
	_, v, err := s.s.AcceptCode(s.ctx, dee, code, "", key("of dee"))
	if err != nil || v.Role != models.RoleViewer {
		t.Errorf("%+v, %v", v, err)
	}
	if inv = must[models.Invitation](t)(s.s.Invitation(s.ctx, s.owner, s.acme, inv.ID)); inv.State != models.StateAccepted {
		t.Errorf("%+v", inv)
	}
	s.sound()
}

// Everything is checked again when it comes to joining.
func TestCheckedAgainAtAcceptance(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before func(*stage)
		by     func(*stage) models.Actor
		role   models.Role
		after  func(*stage)
		want   models.Code
	}{
		"nothing changed": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(*stage) {}, ""},
		"the inviter was demoted below the role": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleAdmin, func(s *stage) {
			must[models.Member](s.t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.admin.UserID, models.RoleMember))
		}, models.CodeGone},
		"the inviter is a viewer": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleViewer, func(s *stage) {
			must[models.Member](s.t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.admin.UserID, models.RoleViewer))
		}, models.CodeGone},
		"the inviter was removed": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(s *stage) {
			must[models.Consequences](s.t)(s.s.RemoveMember(s.ctx, s.owner, s.acme, s.admin.UserID))
		}, models.CodeGone},
		"the inviter's account is suspended": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(s *stage) {
			must[models.AccountDetail](s.t)(s.s.SuspendUser(s.ctx, s.root, "", s.admin.UserID, ""))
		}, models.CodeGone},
		"the policy became owners": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(s *stage) {
			s.set(s.owner, s.acme, models.SetInvite, "owners")
		}, models.CodeGone},
		"the policy became approval": {func(s *stage) { s.set(s.owner, s.acme, models.SetInvite, "members") }, func(s *stage) models.Actor { return s.member }, models.RoleMember, func(s *stage) {
			s.set(s.owner, s.acme, models.SetInvite, "approval")
		}, models.CodeGone},
		"self-approval was switched off": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(s *stage) {
			s.set(s.owner, s.acme, models.SetSelfApproval, "off")
		}, ""},
		"the domain was closed": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(s *stage) {
			s.set(s.owner, s.acme, models.SetDomains, "acme.dev")
		}, models.CodeGone},
		"no seat is left": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(s *stage) {
			for i := range 46 {
				s.invite(s.owner, fmt.Sprintf("p%d@example.com", i), models.RoleMember)
			}
			_, err := s.s.CreateInvitation(s.ctx, s.owner, s.acme, models.NewInvitation{Email: "late@example.com"})
			wantCode(s.t, err, models.CodeLimit)
		}, ""},
		"it was revoked": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(s *stage) {
			s.exec("UPDATE invitations SET reason = reason WHERE 1 = 0")
			id := must[models.Page[models.Invitation]](s.t)(s.s.ListInvitations(s.ctx, s.owner, s.acme, models.InvitationQuery{Search: "dee"})).Items[0].ID
			must[models.Invitation](s.t)(s.s.RevokeInvitation(s.ctx, s.owner, s.acme, id))
		}, models.CodeGone},
		"the organization was deleted": {nil, func(s *stage) models.Actor { return s.admin }, models.RoleMember, func(s *stage) {
			must[models.OrgConsequences](s.t)(s.s.DeleteOrganization(s.ctx, s.owner, s.acme, "ACME"))
		}, models.CodeNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			if tt.before != nil {
				tt.before(s)
			}
			inv := s.invite(tt.by(s), "dee@example.com", tt.role)
			code := s.code(s.root, inv.ID)
			tt.after(s)
			_, err := s.bear(code, "dee")
			if models.CodeOf(err) != tt.want {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if err != nil && (strings.Contains(err.Error(), "olga") || strings.Contains(err.Error(), "acme.dev")) {
				t.Errorf("the invitee is told too much: %v", err)
			}
			n := s.number("SELECT count(*) FROM memberships WHERE email = 'dee@example.com' AND org_id = $1", s.acme)
			if (n == 1) != (tt.want == "") {
				t.Errorf("%d memberships", n)
			}
			s.sound()
		})
	}
}

// Whoever sends an invitation again takes the place of an inviter who may no
// longer invite, if they could send it themselves.
func TestTakingTheInvitersPlace(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	inv := s.invite(s.admin, "dee@example.com", models.RoleMember)
	code := s.code(s.root, inv.ID)
	s.clock.Advance(48 * time.Hour)
	must[models.Member](t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.admin.UserID, models.RoleViewer))
	inv = must[models.Invitation](t)(s.s.ResendInvitation(s.ctx, s.owner, s.acme, inv.ID))
	if inv.InviterEmail != "olga@example.com" {
		t.Errorf("%+v", inv)
	}
	if _, err := s.bear(code, "dee"); err != nil {
		t.Error(err)
	}
	must[models.Member](t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.admin.UserID, models.RoleAdmin))
	second := s.join(s.owner, s.acme, "second@example.com", models.RoleAdmin)
	inv = s.invite(s.admin, "eve@example.com", models.RoleMember)
	s.clock.Advance(48 * time.Hour)
	s.set(s.owner, s.acme, models.SetInvite, "owners")
	_, err := s.s.ResendInvitation(s.ctx, second, s.acme, inv.ID)
	wantCode(t, err, models.CodeDenied)
	s.set(s.owner, s.acme, models.SetInvite, "approval", models.SetSelfApproval, "off")
	must[models.Member](t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.admin.UserID, models.RoleViewer))
	_, err = s.s.RegenerateInvitation(s.ctx, second, s.acme, inv.ID)
	wantCode(t, err, models.CodeDenied)
	// Renewing one's own is inviting again, which here needs a second person.
	own := s.invite(second, "fay@example.com", models.RoleMember)
	if own.State != models.StateRequested {
		t.Fatalf("%+v", own)
	}
	_, err = s.s.ApproveInvitation(s.ctx, second, s.acme, own.ID, "")
	wantCode(t, err, models.CodeDenied)
	must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, s.owner, s.acme, own.ID, ""))
	s.clock.Advance(48 * time.Hour)
	must[models.Invitation](t)(s.s.ResendInvitation(s.ctx, second, s.acme, own.ID)) // somebody approved it once
	s.sound()
}
