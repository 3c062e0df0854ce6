package store_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"muster/models"
)

// standing is an invitation of dee@example.com for which somebody stands, with
// who may lose the right to grant it.
type standing struct {
	*stage
	sponsor models.Actor
	inv     models.Invitation
	code    string
}

// sentBy is an invitation that an admin sent, approvedBy one that a member
// proposed and an admin approved. Olga, the owner, stays what she is.
func sentBy(s *stage) *standing {
	second := s.join(s.owner, s.acme, "two@example.com", models.RoleAdmin)
	inv := s.invite(second, "dee@example.com", models.RoleMember)
	return &standing{s, second, inv, s.code(s.root, inv.ID)}
}

func approvedBy(s *stage) *standing {
	second := s.join(s.owner, s.acme, "two@example.com", models.RoleAdmin)
	inv := s.invite(s.member, "dee@example.com", models.RoleMember)
	must[models.Invitation](s.t)(s.s.ApproveInvitation(s.ctx, second, s.acme, inv.ID, ""))
	return &standing{s, second, inv, s.code(s.root, inv.ID)}
}

// answers checks that the code, accepting it and the list say the same.
func (s *standing) answers(want models.InvitationState) {
	s.t.Helper()
	inv := must[models.Invitation](s.t)(s.s.Invitation(s.ctx, s.root, s.acme, s.inv.ID))
	page := must[models.Page[models.Invitation]](s.t)(s.s.ListInvitations(s.ctx, s.root, s.acme, models.InvitationQuery{Search: "dee@"}))
	if inv.State != want || len(page.Items) != 1 || page.Items[0].State != want {
		s.t.Errorf("it is shown as %s and listed as %+v, want %s", inv.State, page.Items, want)
	}
	k := key("of dee")
	dee := models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}
	_, shown := s.s.LookupCode(s.ctx, dee, s.code)
	_, accepted := s.bear(s.code, "dee")
	if want == models.StatePending {
		if shown != nil || accepted != nil {
			s.t.Errorf("shown: %v, accepted: %v", shown, accepted)
		}
		return
	}
	for what, err := range map[string]error{"shown": shown, "accepted": accepted} {
		if models.CodeOf(err) != models.CodeGone {
			s.t.Errorf("%s: %v", what, err)
		}
		if err != nil && want == models.StateRequested && !strings.Contains(err.Error(), "waits for a new decision") {
			s.t.Errorf("%s: %v", what, err)
		}
	}
	if n := s.number("SELECT count(*) FROM memberships WHERE email = 'dee@example.com'"); n != 0 {
		s.t.Errorf("%d memberships", n)
	}
	if want != models.StateRequested {
		return
	}
	if inv.ReturnedAt == nil || !strings.Contains(inv.Reason, "two@example.com") || inv.DecidedBy != "" {
		s.t.Errorf("the queue does not say why: %+v", inv)
	}
	if mail := s.number("SELECT count(*) FROM outbox WHERE state = 'queued' AND invitation_id = $1", s.inv.ID); mail != 0 {
		s.t.Error("the mail of it still leaves")
	}
}

// lossOfRight are the ways in which a sponsor loses the right to grant, and what
// becomes of what they sent and of what they approved.
var lossOfRight = map[string]struct {
	lose           func(s *standing)
	sent, approved models.InvitationState
}{
	"a lower role": {func(s *standing) {
		must[models.Member](s.t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.sponsor.UserID, models.RoleViewer))
	}, models.StateRequested, models.StateRequested},
	"suspended": {func(s *standing) {
		must[models.Member](s.t)(s.s.SuspendMember(s.ctx, s.owner, s.acme, s.sponsor.UserID, "why"))
	}, models.StateRequested, models.StateRequested},
	"removed": {func(s *standing) {
		must[models.Consequences](s.t)(s.s.RemoveMember(s.ctx, s.owner, s.acme, s.sponsor.UserID))
	}, models.StateRevoked, models.StateRequested},
	"left": {func(s *standing) {
		if err := s.s.Leave(s.ctx, s.sponsor, s.acme); err != nil {
			s.t.Fatal(err)
		}
	}, models.StateRevoked, models.StateRequested},
	"the membership ended": {func(s *standing) {
		end := s.clock.Now().Add(time.Minute)
		must[models.Member](s.t)(s.s.SetMemberEnd(s.ctx, s.owner, s.acme, s.sponsor.UserID, &end))
		s.clock.Advance(2 * time.Minute)
		if err := s.s.Sweep(s.ctx); err != nil {
			s.t.Fatal(err)
		}
	}, models.StateRevoked, models.StateRequested},
	"the account was suspended": {func(s *standing) {
		must[models.AccountDetail](s.t)(s.s.SuspendUser(s.ctx, s.root, "", s.sponsor.UserID, ""))
	}, models.StateRequested, models.StateRequested},
	"the account was deleted": {func(s *standing) {
		must[models.AccountConsequences](s.t)(s.s.DeleteUser(s.ctx, s.root, "", s.sponsor.UserID, "two@example.com"))
	}, models.StateRevoked, models.StateRequested},
	"the policy became owners": {func(s *standing) {
		s.set(s.owner, s.acme, models.SetInvite, "owners")
	}, models.StateRequested, models.StateRequested},
	"the domain was closed": {func(s *standing) {
		s.set(s.owner, s.acme, models.SetDomains, "acme.dev")
	}, models.StateRequested, models.StateRequested},
	"a higher role": {func(s *standing) {
		must[models.Member](s.t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.sponsor.UserID, models.RoleOwner))
	}, models.StatePending, models.StatePending},
	"the policy became admins": {func(s *standing) {
		s.set(s.owner, s.acme, models.SetInvite, "admins")
	}, models.StatePending, models.StatePending},
	"self-approval was switched off": {func(s *standing) {
		s.set(s.owner, s.acme, models.SetSelfApproval, "off")
	}, models.StatePending, models.StatePending},
	"who proposed was removed": {func(s *standing) {
		must[models.Consequences](s.t)(s.s.RemoveMember(s.ctx, s.owner, s.acme, s.member.UserID))
	}, models.StatePending, models.StatePending},
	"who proposed became a viewer": {func(s *standing) {
		must[models.Member](s.t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.member.UserID, models.RoleViewer))
	}, models.StatePending, models.StatePending},
}

// Somebody stands behind every invitation: who approved it, or else who sent it.
// When they could no longer grant it, it needs a new decision at once.
func TestSponsors(t *testing.T) {
	t.Parallel()
	for name, tt := range lossOfRight {
		for how, start := range map[string]func(*stage) *standing{"sent": sentBy, "approved": approvedBy} {
			want := tt.sent
			if how == "approved" {
				want = tt.approved
			}
			t.Run(how+", "+name, func(t *testing.T) {
				t.Parallel()
				s := start(newStage(t))
				seats := must[models.OrgView](t)(s.s.Organization(s.ctx, s.root, s.acme)).Seats.Used
				people := s.number("SELECT count(*) FROM memberships WHERE org_id = $1 AND status = 'active'", s.acme)
				tt.lose(s)
				people -= s.number("SELECT count(*) FROM memberships WHERE org_id = $1 AND status = 'active'", s.acme)
				if want != models.StatePending {
					people++
				}
				if now := must[models.OrgView](t)(s.s.Organization(s.ctx, s.root, s.acme)).Seats.Used; int64(seats-now) != people {
					t.Errorf("%d seats became free, want %d", seats-now, people)
				}
				s.answers(want)
				s.sound()
				if want != models.StateRequested || name == "the domain was closed" {
					return
				}
				// A new decision makes a new code, and the old one stays dead.
				must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, s.owner, s.acme, s.inv.ID, ""))
				if _, err := s.bear(s.code, "dee"); models.CodeOf(err) != models.CodeNotFound {
					t.Errorf("the old code: %v", err)
				}
				if _, err := s.bear(s.stage.code(s.root, s.inv.ID), "dee"); err != nil {
					t.Error(err)
				}
				s.sound()
			})
		}
	}
}

// What somebody approved in a role of their own goes back in the role that was
// asked for.
func TestApproverOfAnOwnerRemoved(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	two := s.join(s.owner, s.acme, "two@example.com", models.RoleOwner)
	inv := s.invite(s.member, "dee@example.com", models.RoleMember)
	must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, two, s.acme, inv.ID, models.RoleOwner))
	x := &standing{s, two, inv, s.code(s.root, inv.ID)}
	c := must[models.Consequences](t)(s.s.RemovalConsequences(s.ctx, s.owner, s.acme, two.UserID))
	if c.InvitationsReturned != 1 || c.InvitationsRevoked != 0 {
		t.Errorf("foretold: %+v", c)
	}
	must[models.Consequences](t)(s.s.RemoveMember(s.ctx, s.owner, s.acme, two.UserID))
	x.answers(models.StateRequested)
	if inv := must[models.Invitation](t)(s.s.Invitation(s.ctx, s.admin, s.acme, inv.ID)); inv.Role != models.RoleMember {
		t.Errorf("it asks for %s", inv.Role)
	}
	s.sound()
}

// A site admin who stands behind an invitation somewhere stands until they are
// one no more.
func TestSiteAdminAsSponsor(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	two := s.join(s.root, must[models.OrgView](t)(s.s.Organization(s.ctx, s.root, "HOME")).ID, "two@example.com", models.RoleMember)
	must[models.AccountDetail](t)(s.s.EditUser(s.ctx, s.root, "", two.UserID, models.AccountChange{SiteAdmin: ptr(true)}))
	inv := s.invite(two, "dee@example.com", models.RoleMember)
	x := &standing{s, two, inv, s.code(s.root, inv.ID)}
	must[models.AccountDetail](t)(s.s.EditUser(s.ctx, s.root, "", two.UserID, models.AccountChange{SiteAdmin: ptr(false)}))
	x.answers(models.StateRequested)
	s.sound()
}

// A custom role stands as long as the plan has it, and its holder as long as it
// allows them to decide.
func TestCustomRolesAndSponsors(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.plan(s.root, s.acme, models.PlanEnterprise)
	s.role(s.owner, s.acme, "auditor", "audit.read")
	s.role(s.owner, s.acme, "desk", "invitations.decide", "invitations.create", "audit.read")
	inv := s.invite(s.owner, "dee@example.com", "auditor")
	x := &standing{s, s.owner, inv, s.code(s.root, inv.ID)}
	s.exec("UPDATE organizations SET plan = 'team' WHERE id = $1", s.acme) // as a configuration that takes it away
	for what, err := range map[string]error{
		"shown":    second(s.s.LookupCode(s.ctx, models.Actor{Via: models.ViaSSH, Key: key("of dee").Fingerprint}, x.code)),
		"accepted": second(s.bear(x.code, "dee")),
		"resent":   second(s.s.RegenerateInvitation(s.ctx, s.owner, s.acme, inv.ID)),
		"resent late": func() error {
			s.clock.Advance(49 * time.Hour)
			return second(s.s.RegenerateInvitation(s.ctx, s.owner, s.acme, inv.ID))
		}(),
	} {
		if err == nil {
			t.Errorf("%s outside of the plan", what)
		}
	}
}

// TestDemotionAgainstAcceptance runs both at once from two processes: nobody is
// ever a member in a role that nobody stood behind when they joined.
func TestDemotionAgainstAcceptance(t *testing.T) {
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	s := newStage(t)
	other := s.open()
	two := s.join(s.owner, s.acme, "two@example.com", models.RoleOwner)
	for range rounds {
		inv := s.invite(s.member, "dee@example.com", models.RoleMember)
		must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, two, s.acme, inv.ID, models.RoleAdmin))
		code := s.code(s.root, inv.ID)
		var wg sync.WaitGroup
		var dee models.Actor
		var demoted, joined error
		wg.Go(func() {
			_, demoted = other.ChangeRole(s.ctx, s.owner, s.acme, two.UserID, models.RoleViewer)
		})
		wg.Go(func() { dee, joined = s.bear(code, "dee") })
		wg.Wait()
		if demoted != nil {
			t.Fatal(demoted)
		}
		after := must[models.Invitation](t)(s.s.Invitation(s.ctx, s.root, s.acme, inv.ID))
		switch {
		case joined == nil && after.State == models.StateAccepted:
			// Of the two entries, that of the acceptance is the first.
			if n := s.number("SELECT count(*) FROM audit j JOIN audit r ON r.org_id = j.org_id WHERE j.action = 'invitation.accept' AND j.target_id = $1 AND r.action = 'member.role' AND r.seq < j.seq AND r.at >= $2",
				inv.ID, microsOf(inv.CreatedAt)); n != 0 {
				t.Fatal("joined after the approver was demoted")
			}
			must[models.Consequences](t)(s.s.RemoveMember(s.ctx, s.owner, s.acme, dee.UserID))
		case models.CodeOf(joined) == models.CodeGone && after.State == models.StateRequested:
			must[models.Invitation](t)(s.s.RejectInvitation(s.ctx, s.owner, s.acme, inv.ID, ""))
		default:
			t.Fatalf("joined: %v, and it is %s", joined, after.State)
		}
		must[models.Member](t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, two.UserID, models.RoleOwner))
		s.clock.Advance(time.Minute)
		s.exec("DELETE FROM invitation_quotas")
	}
	s.sound()
}

func microsOf(at time.Time) int64 { return at.UnixMicro() }
