package store_test

import (
	"reflect"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

func TestRemoval(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.invite(s.member, "b@example.com", models.RoleMember)
	s.set(s.owner, s.acme, models.SetInvite, "members")
	s.invite(s.member, "a@example.com", models.RoleMember)
	must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.member, s.acme, models.NewInvitation{Email: "late@example.com", TTL: time.Minute}))
	s.clock.Advance(time.Minute)
	c := must[models.Consequences](t)(s.s.RemovalConsequences(s.ctx, s.admin, s.acme, "mel@example.com"))
	did := must[models.Consequences](t)(s.s.RemoveMember(s.ctx, s.admin, s.acme, "MEL"+"@example.com"))
	c.Member, did.Member = models.Member{}, models.Member{}
	if !reflect.DeepEqual(c, did) || c.InvitationsRevoked != 1 || c.RequestsWithdrawn != 1 {
		t.Errorf("foretold %+v, done %+v", c, did)
	}
	got := map[models.InvitationState]int{}
	for _, inv := range must[models.Page[models.Invitation]](t)(s.s.ListInvitations(s.ctx, s.owner, s.acme, models.InvitationQuery{})).Items {
		if inv.InviterEmail == "mel@example.com" {
			got[inv.State]++
		}
	}
	if got[models.StateRevoked] != 1 || got[models.StateWithdrawn] != 1 || got[models.StateExpired] != 1 {
		t.Errorf("their invitations: %v", got)
	}
	_, err := s.s.Organization(s.ctx, s.member, s.acme)
	wantCode(t, err, models.CodeNotFound)
	if me := must[store.Me](t)(s.s.Me(s.ctx, s.member)); me.CurrentOrg == s.acme {
		t.Error("the current organization is one they are not in")
	}
	// They can be invited again, and come back with a new role.
	inv := s.invite(s.owner, "mel@example.com", models.RoleViewer)
	if _, _, err := s.s.AcceptCode(s.ctx, s.member, s.code(s.root, inv.ID), "", key("mel@example.com")); err != nil {
		t.Fatal(err)
	}
	if m := must[models.Member](t)(s.s.Member(s.ctx, s.owner, s.acme, "mel")); m.Role != models.RoleViewer {
		t.Errorf("%+v", m)
	}
	// An owner whose account is suspended can go while another is there.
	second := s.join(s.owner, s.acme, "second@example.com", models.RoleOwner)
	must[models.AccountDetail](t)(s.s.SuspendUser(s.ctx, s.root, "", second.UserID, ""))
	wantCode(t, s.s.Leave(s.ctx, s.owner, s.acme), models.CodeConflict) // they do not count
	must[models.Consequences](t)(s.s.RemoveMember(s.ctx, s.owner, s.acme, second.UserID))
	s.sound()
}
