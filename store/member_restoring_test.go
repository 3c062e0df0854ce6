package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// A suspension, an end and workspaces survive removal and restoration.
func TestRestoringBringsBackWhatTheyHad(t *testing.T) {
	s := newStage(t)
	s.plan(s.root, s.acme, models.PlanEnterprise)
	for _, name := range []string{"Design", "Research", "Sales"} {
		must[models.WorkspaceView](t)(s.s.CreateWorkspace(s.ctx, s.owner, s.acme, models.NewWorkspace{Name: name}))
	}
	must[models.RoleView](t)(s.s.CreateRole(s.ctx, s.owner, s.acme, models.ScopeWorkspace, models.RoleDraft{Name: ptr("tester"), Permissions: []string{"workspace.view"}}))
	for name, role := range map[string]models.WorkspaceRole{"Design": models.WorkspaceEditor, "Research": "tester", "Sales": models.WorkspaceViewer} {
		must[models.WorkspaceMember](t)(s.s.AddWorkspaceMember(s.ctx, s.owner, s.acme, name, s.member.UserID, role))
	}
	end := s.clock.Now().Add(48 * time.Hour)
	must[models.Member](t)(s.s.SetMemberEnd(s.ctx, s.owner, s.acme, s.member.UserID, &end))
	must[models.Member](t)(s.s.SuspendMember(s.ctx, s.admin, s.acme, s.member.UserID, "on leave"))
	seats := must[models.OrgView](t)(s.s.Organization(s.ctx, s.owner, s.acme)).Seats.Used
	must[models.Consequences](t)(s.s.RemoveMember(s.ctx, s.owner, s.acme, s.member.UserID))
	gone := must[models.Page[models.RemovedMember]](t)(s.s.RemovedMembers(s.ctx, s.admin, s.acme, models.RemovedQuery{}))
	if len(gone.Items) != 1 || gone.Items[0].Status != models.MemberSuspended {
		t.Errorf("listed as %+v", gone.Items)
	}

	// One workspace is gone meanwhile, and one role of workspaces.
	must[models.WorkspaceConsequences](t)(s.s.DeleteWorkspace(s.ctx, s.owner, s.acme, "Sales", "Sales"))
	if _, err := s.s.DeleteRole(s.ctx, s.owner, s.acme, "tester"); err != nil {
		t.Fatal(err)
	}
	r := must[models.Restored](t)(s.s.RestoreMember(s.ctx, s.admin, s.acme, s.member.UserID))
	if r.Status != models.MemberSuspended || r.SuspendReason != "on leave" || r.SuspendedBy != "adam@example.com" || r.SuspendedAt == nil {
		t.Errorf("back as %+v", r.Member)
	}
	if r.EndsAt == nil || !r.EndsAt.Equal(end) {
		t.Errorf("their end is %v, want %v", r.EndsAt, end)
	}
	if len(r.Workspaces) != 1 || r.Workspaces[0].Name != "Design" || r.Workspaces[0].Role != models.WorkspaceEditor {
		t.Errorf("back in %+v", r.Workspaces)
	}
	if want := []string{"the workspace Research, as tester: the role no longer exists", "the workspace Sales, as viewer: it was deleted"}; !slices.Equal(r.NotRestored, want) {
		t.Errorf("not restored: %q, want %q", r.NotRestored, want)
	}
	if now := must[models.OrgView](t)(s.s.Organization(s.ctx, s.owner, s.acme)).Seats.Used; now != seats {
		t.Errorf("%d seats, before %d", now, seats)
	}
	if _, err := s.s.Organization(s.ctx, s.member, s.acme); models.CodeOf(err) != models.CodeDenied || !strings.Contains(err.Error(), "on leave") {
		t.Errorf("they come in: %v", err)
	}
	must[models.Member](t)(s.s.ReactivateMember(s.ctx, s.admin, s.acme, s.member.UserID))
	w := must[models.WorkspaceView](t)(s.s.Workspace(s.ctx, s.member, s.acme, "Design"))
	if w.Role != models.WorkspaceEditor {
		t.Errorf("in Design they are %s", w.Role)
	}
	s.sound()
}

// Restoring passes what inviting would have to pass, and gives no more than the
// plan and the rank of whoever restores allow.
func TestRestoringPassesTheGates(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(s *stage)
		by   func(s *stage) models.Actor
		want models.Code
		as   string
		lost []string
	}{
		"nothing in the way": {func(*stage) {}, admins, "", "member", nil},
		"the policy became owners": {func(s *stage) { s.set(s.owner, s.acme, models.SetInvite, "owners") },
			admins, models.CodeDenied, "", nil},
		"the policy became owners, by one": {func(s *stage) { s.set(s.owner, s.acme, models.SetInvite, "owners") },
			owners, "", "member", nil},
		"self-approval was switched off": {func(s *stage) { s.set(s.owner, s.acme, models.SetSelfApproval, "off") },
			admins, models.CodeDenied, "", nil},
		"the domain was closed": {func(s *stage) { s.set(s.owner, s.acme, models.SetDomains, "acme.dev") },
			admins, models.CodeInvalid, "", nil},
		"no seat is left": {func(s *stage) { s.set(s.owner, s.acme, models.SetSeatLimit, "2") },
			admins, models.CodeLimit, "", nil},
		"above the rank": {func(s *stage) {
			must[models.Restored](s.t)(s.s.RestoreMember(s.ctx, s.owner, s.acme, s.member.UserID))
			must[models.Member](s.t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.member.UserID, models.RoleOwner))
			must[models.Consequences](s.t)(s.s.RemoveMember(s.ctx, s.owner, s.acme, s.member.UserID))
		}, admins, "", "admin", []string{"the role owner: an admin may not grant the role owner"}},
		"flat roles": {func(s *stage) { s.plan(s.root, s.acme, "flat") },
			admins, "", "admin", []string{"the role member: under this plan everybody except the owners is an admin, and nobody can have the role member",
				"the workspace Design, as viewer: under this plan everybody except the owners is an admin, and nobody can have the role viewer"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, flatPlan)
			must[models.WorkspaceView](t)(s.s.CreateWorkspace(s.ctx, s.owner, s.acme, models.NewWorkspace{Name: "Design"}))
			must[models.WorkspaceMember](t)(s.s.AddWorkspaceMember(s.ctx, s.owner, s.acme, "Design", s.member.UserID, models.WorkspaceViewer))
			must[models.Consequences](t)(s.s.RemoveMember(s.ctx, s.owner, s.acme, s.member.UserID))
			c.set(s)
			listed := must[models.Page[models.RemovedMember]](t)(s.s.RemovedMembers(s.ctx, c.by(s), s.acme, models.RemovedQuery{}))
			r, err := s.s.RestoreMember(s.ctx, c.by(s), s.acme, s.member.UserID)
			wantCode(t, err, c.want)
			if why := listed.Items[0].WhyNot; (why != "") != (err != nil) && c.want != models.CodeLimit {
				t.Errorf("listed with %q, restored with %v", why, err)
			}
			if err == nil && (r.Given().Label() != c.as || !slices.Equal(r.NotRestored, append([]string{}, c.lost...))) {
				t.Errorf("back as %s without %q", r.Given().Label(), r.NotRestored)
			}
			s.sound()
		})
	}
}

func admins(s *stage) models.Actor { return s.admin }

func owners(s *stage) models.Actor { return s.owner }

// Whoever was taken out comes back by a decision alone: not by a link, a code or a
// request that they still know.
func TestWhoWasTakenOutStaysOut(t *testing.T) {
	for name, c := range map[string]struct {
		out  func(s *stage)
		back bool
	}{
		"removed": {func(s *stage) {
			must[models.Consequences](s.t)(s.s.RemoveMember(s.ctx, s.owner, s.acme, s.member.UserID))
		}, false},
		"the membership ended": {func(s *stage) {
			end := s.clock.Now().Add(time.Minute)
			must[models.Member](s.t)(s.s.SetMemberEnd(s.ctx, s.owner, s.acme, s.member.UserID, &end))
			s.clock.Advance(2 * time.Minute)
		}, false},
		"left": {func(s *stage) {
			if err := s.s.Leave(s.ctx, s.member, s.acme); err != nil {
				s.t.Fatal(err)
			}
		}, true},
		"left while suspended": {func(s *stage) {
			must[models.Member](s.t)(s.s.SuspendMember(s.ctx, s.owner, s.acme, s.member.UserID, ""))
			if err := s.s.Leave(s.ctx, s.member, s.acme); err != nil {
				s.t.Fatal(err)
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.set(s.owner, s.acme, models.SetJoinRequests, "on")
			_, link := s.link(s.owner, s.acme, models.NewLink{TTL: 24 * time.Hour})
			// An invitation to another address of theirs, known before.
			inv := s.invite(s.owner, "mel2@example.com", models.RoleMember)
			code := s.code(s.root, inv.ID)
			s.clock.Advance(time.Second)
			c.out(s)
			s.exec("UPDATE users SET email = 'mel2@example.com', email_norm = 'mel2@example.com' WHERE id = $1", s.member.UserID)
			k := key("mel@example.com")
			mel := s.member
			mel.Via, mel.Key = models.ViaSSH, k.Fingerprint
			list := must[[]models.JoinOffer](t)(s.s.OwnInvitations(s.ctx, mel))
			for what, code := range map[string]string{"link": link, "code": code} {
				_, shown := s.s.LookupCode(s.ctx, mel, code)
				if (shown == nil) != c.back || shown != nil && models.CodeOf(shown) != models.CodeDenied {
					t.Errorf("the %s shows: %v", what, shown)
				}
				if c.back {
					continue
				}
				if _, err := s.s.AcceptCodeFor(s.ctx, mel, code, store.Newcomer{Name: "Mel", Email: "mel2@example.com"}, k); err == nil || err.Error() != shown.Error() {
					t.Errorf("the %s shows %v, and is accepted: %v", what, shown, err)
				}
			}
			if (len(list) == 1) != c.back {
				t.Errorf("%d invitations wait for them", len(list))
			}
			if c.back {
				return
			}
			// Asking anew and a new invitation need somebody's decision, and work.
			must[models.Invitation](t)(s.s.RevokeInvitation(s.ctx, s.owner, s.acme, inv.ID))
			if err := s.s.RequestToJoin(s.ctx, mel, store.JoinRequest{OrgCode: "ACME"}); err != nil {
				t.Fatal(err)
			}
			asked := must[models.Page[models.Invitation]](t)(s.s.ListInvitations(s.ctx, s.owner, s.acme, models.InvitationQuery{States: []models.InvitationState{models.StateRequested}}))
			must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, s.owner, s.acme, asked.Items[0].ID, ""))
			if _, err := s.s.AcceptInvitation(s.ctx, mel, asked.Items[0].ID); err != nil {
				t.Error(err)
			}
		})
	}
}

// Removing somebody closes what is open for their address, says so before, and
// writes it into the log.
func TestRemovalClosesWhatIsOpenForTheirAddress(t *testing.T) {
	s := newStage(t)
	s.set(s.owner, s.acme, models.SetJoinRequests, "on")
	// An account whose address nobody has verified.
	_, home := s.link(s.root, must[models.OrgView](t)(s.s.Organization(s.ctx, s.root, "HOME")).ID, models.NewLink{})
	u, _, err := s.use(s.s, home, "fay@example.com")
	if err != nil {
		t.Fatal(err)
	}
	k := key("fay@example.com")
	outsider := models.Actor{UserID: u.ID, Via: models.ViaSSH, Key: k.Fingerprint}
	if err := s.s.RequestToJoin(s.ctx, outsider, store.JoinRequest{OrgCode: "ACME"}); err != nil {
		t.Fatal(err)
	}
	asked := must[models.Page[models.Invitation]](t)(s.s.ListInvitations(s.ctx, s.owner, s.acme, models.InvitationQuery{States: []models.InvitationState{models.StateRequested}})).Items[0]
	// In by a link while the request waits.
	_, link := s.link(s.owner, s.acme, models.NewLink{})
	fay := outsider
	if _, err := s.s.AcceptCodeFor(s.ctx, fay, link, store.Newcomer{Name: "Mel", Email: "mel2@example.com"}, k); err != nil {
		t.Fatal(err)
	}
	c := must[models.Consequences](t)(s.s.RemovalConsequences(s.ctx, s.owner, s.acme, fay.UserID))
	if c.InvitationsClosed != 1 {
		t.Errorf("foretold: %+v", c)
	}
	must[models.Consequences](t)(s.s.RemoveMember(s.ctx, s.owner, s.acme, fay.UserID))
	if got := must[models.Invitation](t)(s.s.Invitation(s.ctx, s.owner, s.acme, asked.ID)); got.State != models.StateRejected || got.Reason != "they were removed from the organization" {
		t.Errorf("their request is %s: %s", got.State, got.Reason)
	}
	if n := s.number("SELECT count(*) FROM audit WHERE action = 'invitation.reject' AND target_id = $1", asked.ID); n != 1 {
		t.Errorf("%d entries", n)
	}
	s.sound()
}

// A suspended member may leave, and does nothing else.
func TestSuspendedMembersMayLeave(t *testing.T) {
	s := newStage(t)
	must[models.Member](t)(s.s.SuspendMember(s.ctx, s.owner, s.acme, s.member.UserID, "on leave"))
	if _, err := s.s.FindOrganization(s.ctx, s.member, "ACME", "member.leave"); err != nil {
		t.Errorf("a command does not find it: %v", err)
	}
	for _, action := range []string{"organization.show", "member.remove", "transfer.decline"} {
		if _, err := s.s.FindOrganization(s.ctx, s.member, "ACME", action); models.CodeOf(err) != models.CodeDenied {
			t.Errorf("%s: %v", action, err)
		}
	}
	if err := s.s.Leave(s.ctx, s.member, s.acme); err != nil {
		t.Fatal(err)
	}
	if n := s.number("SELECT count(*) FROM audit WHERE action = 'member.leave' AND outcome = 'done' AND actor_id = $1", s.member.UserID); n != 1 {
		t.Errorf("%d entries", n)
	}
	_, err := s.s.RestoreMember(s.ctx, s.owner, s.acme, s.member.UserID)
	wantCode(t, err, models.CodeDenied)
	s.sound()
}
