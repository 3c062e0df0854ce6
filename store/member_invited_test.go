package store_test

import (
	"slices"
	"testing"
	"time"

	"muster/models"
)

// docs/rules.md, "Members". Who is invited stands in the list of members where it is
// asked for, in every order, whichever way the list is read.
func TestInvitedPeopleAmongMembers(t *testing.T) {
	w, g := crowd(t, 200)
	now := time.Now()
	members := must[models.Page[models.Member]](t)(w.s.ListMembers(w.ctx, g.owner, g.org, models.MemberQuery{Limit: models.MaxLimit})).Items
	pending := must[models.Page[models.Invitation]](t)(w.s.ListInvitations(w.ctx, g.owner, g.org,
		models.InvitationQuery{States: []models.InvitationState{models.StatePending}, Limit: models.MaxLimit})).Items
	if len(pending) < 10 {
		t.Fatalf("only %d invitations are pending", len(pending))
	}
	for filter, fits := range map[string]struct {
		member  func(models.Member) bool
		invited func(models.Invitation) bool
	}{
		"status:invited": {nil, func(models.Invitation) bool { return true }},
		"status:active,suspended,invited": {
			func(models.Member) bool { return true }, func(models.Invitation) bool { return true }},
		"status:suspended,invited role:admin": {
			func(m models.Member) bool { return m.Status == models.MemberSuspended && m.Role == models.RoleAdmin },
			func(i models.Invitation) bool { return i.Role == models.RoleAdmin }},
		"status:active,invited -role:member": {
			func(m models.Member) bool { return m.Status == models.MemberActive && m.Role != models.RoleMember },
			func(i models.Invitation) bool { return i.Role != models.RoleMember }},
		"status:active,invited joined:>1d": {
			func(m models.Member) bool {
				return m.Status == models.MemberActive && m.JoinedAt.Before(now.AddDate(0, 0, -1))
			}, nil},
		"-status:suspended": {func(m models.Member) bool { return m.Status == models.MemberActive }, nil},
	} {
		var want []string
		for _, m := range members {
			if fits.member != nil && fits.member(m) {
				want = append(want, m.ID)
			}
		}
		for _, i := range pending {
			if fits.invited != nil && fits.invited(i) {
				want = append(want, i.ID)
			}
		}
		slices.Sort(want)
		for _, sort := range models.MemberSorts() {
			for _, reverse := range []bool{false, true} {
				q, err := models.MemberQuery{Sort: sort, Reverse: reverse, Limit: 17}.Filter(filter, now)
				if err != nil {
					t.Fatal(err)
				}
				got, back := walkBoth(t, func(after, before string) (models.Page[models.Member], error) {
					q.After, q.Before = after, before
					return w.s.ListMembers(w.ctx, g.owner, g.org, q)
				}, func(m models.Member) string { return m.ID })
				if !slices.Equal(got, back) {
					t.Errorf("%s by %s: other rows on the way back", filter, sort)
				}
				q.After, q.Before = "", models.LastPage
				last := must[models.Page[models.Member]](t)(w.s.ListMembers(w.ctx, g.owner, g.org, q)).Items
				for i, m := range last {
					if m.ID != got[len(got)-len(last)+i] {
						t.Fatalf("%s by %s: the last page is another", filter, sort)
					}
				}
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("%s by %s: %d rows, want %d", filter, sort, len(got), len(want))
				}
			}
		}
	}
}

// Who may not decide sees there whom they invited themselves, and nobody else; and
// the row of an invitation is shown to those alone.
func TestMembersSeeWhomTheyInvited(t *testing.T) {
	s := newStage(t)
	s.set(s.owner, s.acme, models.SetInvite, "members")
	own := s.invite(s.member, "own@example.com", models.RoleMember)
	other := s.invite(s.owner, "other@example.com", models.RoleMember)
	asked := s.invite(s.member, "late@example.com", models.RoleMember)
	must[models.Invitation](t)(s.s.RevokeInvitation(s.ctx, s.member, s.acme, asked.ID))
	see := func(a models.Actor) (ids []string) {
		for _, m := range must[models.Page[models.Member]](t)(s.s.ListMembers(s.ctx, a, s.acme, models.MemberQuery{Status: models.MemberInvited})).Items {
			if m.Status != models.MemberInvited || m.ExpiresAt == nil || !m.JoinedAt.IsZero() || m.CheckMember() == nil {
				t.Errorf("%s is shown as %+v", m.Email, m)
			}
			ids = append(ids, m.ID)
		}
		return ids
	}
	if got := see(s.member); len(got) != 1 || got[0] != own.ID {
		t.Errorf("a member sees %q, want their own %s", got, own.ID)
	}
	if got := see(s.owner); len(got) != 2 {
		t.Errorf("the owner sees %q", got)
	}
	if m, err := s.s.Member(s.ctx, s.member, s.acme, own.ID); err != nil || m.Email != "own@example.com" || m.Role != models.RoleMember {
		t.Errorf("their own row: %+v, %v", m, err)
	}
	for _, id := range []string{other.ID, asked.ID} {
		if _, err := s.s.Member(s.ctx, s.member, s.acme, id); models.CodeOf(err) != models.CodeNotFound {
			t.Errorf("the row of another, or of a revoked one: %v", err)
		}
	}
	if _, err := s.s.ChangeRole(s.ctx, s.owner, s.acme, own.ID, models.RoleViewer); models.CodeOf(err) != models.CodeNotFound {
		t.Errorf("a role for who is invited: %v", err)
	}
}
