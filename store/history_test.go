package store_test

import (
	"strings"
	"testing"
	"time"

	"muster/models"
)

// can is what somebody's history offers: an undo as "u", a redo as "r", the next of
// either in capitals.
func (s *stage) can(a models.Actor) string {
	s.t.Helper()
	var out []string
	for _, e := range must[[]models.HistoryEntry](s.t)(s.s.History(s.ctx, a, s.acme)) {
		word := "u"
		if e.Redo {
			word = "r"
		}
		if e.Next {
			word = strings.ToUpper(word)
		}
		out = append(out, word+" "+e.Action)
	}
	return strings.Join(out, ", ")
}

func (s *stage) wantCan(a models.Actor, want string) {
	s.t.Helper()
	if got := s.can(a); got != want {
		s.t.Errorf("history: %q, want %q", got, want)
	}
}

// What ended something for good is said, and nothing that was done before it is
// undone in its place; that takes its number.
func TestUndoAfterWhatStays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(s *stage)
		hint string
	}{
		"invitation.revoke": {func(s *stage) {
			must[models.Invitation](s.t)(s.s.RevokeInvitation(s.ctx, s.owner, s.acme, s.invite(s.owner, "dee@example.com", models.RoleMember).ID))
		}, "{invitation.create --email dee@example.com}"},
		"link.revoke": {func(s *stage) {
			l := must[models.JoinLink](s.t)(s.s.CreateLink(s.ctx, s.owner, s.acme, models.NewLink{Role: models.RoleMember, MaxUses: 1}))
			must[models.JoinLink](s.t)(s.s.RevokeLink(s.ctx, s.owner, s.acme, l.ID))
		}, "{link.create}"},
		"member.remove": {func(s *stage) {
			s.invite(s.admin, "dee@example.com", models.RoleMember)
			must[models.Consequences](s.t)(s.s.RemoveMember(s.ctx, s.owner, s.acme, s.admin.UserID))
		}, "{member.restore "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.clock.Advance(models.CommandUndoTime)
			c.do(s)
			_, err := s.s.Undo(s.ctx, s.owner, s.acme, "")
			wantCode(t, err, models.CodeConflict)
			must[models.Member](t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.member.UserID, models.RoleViewer))
			h := must[[]models.HistoryEntry](t)(s.s.History(s.ctx, s.owner, s.acme))[0]
			s.clock.Advance(time.Second)
			if name != "member.remove" { // once more, behind it
				c.do(s)
				_, err = s.s.Undo(s.ctx, s.owner, s.acme, "")
				wantCode(t, err, models.CodeConflict)
				if e := models.AsError(err); !strings.Contains(e.Message, name) || !strings.Contains(e.Hint, c.hint) || !strings.Contains(e.Hint, "{history.undo "+h.Number()+"}") {
					t.Errorf("%s; %s", e.Message, e.Hint)
				}
			}
			if got := must[models.HistoryEntry](t)(s.s.Undo(s.ctx, s.owner, s.acme, h.Number())); got.Action != "member.role" {
				t.Errorf("undone: %+v", got)
			}
		})
	}
}

func TestUndoByTheLog(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.clock.Advance(models.CommandUndoTime) // what was done before is none of it
	role := func() models.Role {
		return must[models.Member](t)(s.s.Member(s.ctx, s.owner, s.acme, "mel@example.com")).Role
	}
	s.wantCan(s.owner, "")
	_, err := s.s.Undo(s.ctx, s.owner, s.acme, "")
	wantCode(t, err, models.CodeGone)

	must[models.Member](t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.member.UserID, models.RoleViewer))
	s.set(s.owner, s.acme, models.SetJoinRequests, models.On)
	s.wantCan(s.owner, "U settings.update, u member.role")
	s.wantCan(s.admin, "") // only one's own
	undo := func() string {
		t.Helper()
		return must[models.HistoryEntry](t)(s.s.Undo(s.ctx, s.owner, s.acme, "")).Action
	}
	redo := func() string {
		t.Helper()
		return must[models.HistoryEntry](t)(s.s.Redo(s.ctx, s.owner, s.acme, "")).Action
	}
	if got := undo() + " " + undo(); got != "settings.update member.role" || role() != models.RoleMember {
		t.Errorf("undone: %s; the role is %s", got, role())
	}
	s.wantCan(s.owner, "R member.role, r settings.update")
	redo()
	if role() != models.RoleViewer {
		t.Errorf("redone to %s", role())
	}
	s.wantCan(s.owner, "U member.role, R settings.update")
	// A change of another kind leads to another state.
	must[models.Member](t)(s.s.SuspendMember(s.ctx, s.owner, s.acme, s.member.UserID, "on leave"))
	s.wantCan(s.owner, "U member.suspend, u member.role")
	undo()
	redo()
	if m := must[models.Member](t)(s.s.Member(s.ctx, s.owner, s.acme, "mel@example.com")); m.Status != models.MemberSuspended || m.SuspendReason != "on leave" {
		t.Errorf("suspended anew: %+v", m)
	}
	undo()

	// Which one is meant can be said, and somebody else's change since is not undone.
	_, err = s.s.Undo(s.ctx, s.owner, s.acme, "1")
	wantCode(t, err, models.CodeConflict)
	must[models.Member](t)(s.s.ChangeRole(s.ctx, s.admin, s.acme, s.member.UserID, models.RoleMember))
	_, err = s.s.Undo(s.ctx, s.owner, s.acme, "")
	wantCode(t, err, models.CodeConflict)
	if role() != models.RoleMember {
		t.Errorf("the role is %s", role())
	}
	s.clock.Advance(models.CommandUndoTime)
	s.wantCan(s.owner, "")
	s.verified()
}

func TestDecisionsAreUndoneByTheLog(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.clock.Advance(models.CommandUndoTime)
	req := s.invite(s.member, "dee@example.com", models.RoleMember)
	must[models.Invitation](t)(s.s.RejectInvitation(s.ctx, s.admin, s.acme, req.ID, "not now"))
	s.wantCan(s.admin, "U invitation.reject")
	must[models.HistoryEntry](t)(s.s.Undo(s.ctx, s.admin, s.acme, ""))
	s.wantCan(s.admin, "R invitation.undo")
	must[models.HistoryEntry](t)(s.s.Redo(s.ctx, s.admin, s.acme, ""))
	if v := must[models.Invitation](t)(s.s.Invitation(s.ctx, s.admin, s.acme, req.ID)); v.State != models.StateRejected || v.Reason != "not now" {
		t.Errorf("rejected anew: %+v", v)
	}
	// What the app or invite undo took back is undone as well.
	must[models.Invitation](t)(s.s.UndoDecision(s.ctx, s.admin, s.acme, req.ID))
	s.clock.Advance(time.Second)
	if got := s.can(s.admin); !strings.HasPrefix(got, "R invitation.undo") || strings.Contains(got, "u invitation.reject") {
		t.Errorf("history: %q", got)
	}
	must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, s.admin, s.acme, req.ID, ""))
	s.clock.Advance(models.UndoTime)
	s.wantCan(s.admin, "")
}

// TestThePersonConcernedHearsOfIt holds who is told, by whom and why.
func TestThePersonConcernedHearsOfIt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.drain()
	heard := func(a models.Actor, want ...string) {
		t.Helper()
		me, err := s.s.Me(s.ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range me.Notices {
			got = append(got, n.Text())
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("heard %q, want %q", got, want)
		}
		for _, n := range me.Notices {
			if err := s.s.ReadNotices(s.ctx, a, n.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	req := s.invite(s.member, "dee@example.com", models.RoleMember)
	must[models.Invitation](t)(s.s.RejectInvitation(s.ctx, s.admin, s.acme, req.ID, "not now"))
	must[models.Invitation](t)(s.s.UndoDecision(s.ctx, s.admin, s.acme, req.ID))
	heard(s.member) // it is not true any more
	must[models.Invitation](t)(s.s.RejectInvitation(s.ctx, s.admin, s.acme, req.ID, "not now"))
	name := must[models.Member](t)(s.s.Member(s.ctx, s.owner, s.acme, s.admin.UserID)).Name
	by := ", by " + name + " <adam@example.com>"
	org := must[models.OrgView](t)(s.s.Organization(s.ctx, s.owner, s.acme)).Name
	heard(s.member, "Your proposal of dee@example.com for "+org+" was rejected"+by+": not now")
	heard(s.admin)
	s.clock.Advance(models.UndoTime)
	if got := s.drain(); len(got) != 0 {
		t.Errorf("mailed after it was read: %v", got)
	}

	// A suspension that nobody heard of and its end are no news.
	must[models.Member](t)(s.s.SuspendMember(s.ctx, s.admin, s.acme, s.member.UserID, ""))
	must[models.Member](t)(s.s.ReactivateMember(s.ctx, s.admin, s.acme, s.member.UserID))
	heard(s.member)
	must[models.Member](t)(s.s.SuspendMember(s.ctx, s.admin, s.acme, s.member.UserID, "on leave"))
	heard(s.member, "You are suspended in "+org+by+": on leave")
	must[models.Consequences](t)(s.s.RemoveMemberBecause(s.ctx, s.admin, s.acme, s.member.UserID, "gone for good"))
	s.clock.Advance(models.UndoTime)
	if got := strings.Join(s.drain(), " "); got != "mel@example.com" {
		t.Errorf("mailed to %q", got)
	}
	heard(s.member, "You were removed from "+org+by+": gone for good")
	s.verified()
}
