package store_test

import (
	"testing"

	"muster/models"
)

// docs/rules.md, "Invitations". Closed invitations are deleted from the lists and
// counted no more; the log keeps them, and what goes on is listed again.
func TestClosedInvitationsAreDeletedFromLists(t *testing.T) {
	s := newStage(t)
	s.set(s.owner, s.acme, models.SetInvite, "members")
	revoked := s.invite(s.member, "dee@example.com", models.RoleMember)
	late := s.invite(s.owner, "late@example.com", models.RoleMember)
	if _, err := s.s.DeleteInvitation(s.ctx, s.owner, s.acme, late.ID, true); models.CodeOf(err) != models.CodeConflict {
		t.Errorf("a pending one: %v", err)
	}
	must[models.Invitation](t)(s.s.RevokeInvitation(s.ctx, s.owner, s.acme, revoked.ID))
	s.clock.Advance(models.DefaultExpiry + 1)
	if _, err := s.s.DeleteInvitation(s.ctx, s.member, s.acme, late.ID, true); models.CodeOf(err) != models.CodeNotFound {
		t.Errorf("a member, of what another sent: %v", err)
	}
	listed := func(q models.InvitationQuery) (n int) {
		t.Helper()
		p := must[models.Page[models.Invitation]](t)(s.s.ListInvitations(s.ctx, s.owner, s.acme, q))
		if !q.All && (p.Matches != len(p.Items) || p.Total != len(p.Items)) {
			t.Errorf("%d rows, %d match of %d", len(p.Items), p.Matches, p.Total)
		}
		return len(p.Items)
	}
	before := listed(models.InvitationQuery{})
	must[models.Invitation](t)(s.s.DeleteInvitation(s.ctx, s.member, s.acme, revoked.ID, true))
	deleted := must[models.Invitation](t)(s.s.DeleteInvitation(s.ctx, s.owner, s.acme, late.ID, true))
	if deleted.DeletedAt == nil || deleted.State != models.StateExpired {
		t.Errorf("deleted: %+v", deleted)
	}
	if n := listed(models.InvitationQuery{}); n != before-2 {
		t.Errorf("%d are listed, want %d", n, before-2)
	}
	if n := listed(models.InvitationQuery{All: true}); n != before {
		t.Errorf("%d of all are listed, want %d", n, before)
	}
	if _, err := s.s.DeleteInvitation(s.ctx, s.owner, s.acme, late.ID, true); models.CodeOf(err) != models.CodeConflict {
		t.Errorf("twice: %v", err)
	}
	must[models.Invitation](t)(s.s.DeleteInvitation(s.ctx, s.owner, s.acme, revoked.ID, false))
	if inv := must[models.Invitation](t)(s.s.ResendInvitation(s.ctx, s.owner, s.acme, late.ID)); inv.DeletedAt != nil {
		t.Errorf("renewed, and still deleted: %+v", inv)
	}
	if n := listed(models.InvitationQuery{}); n != before {
		t.Errorf("%d are listed again, want %d", n, before)
	}
	s.sound()
}
