package store_test

import (
	"testing"

	"muster/models"
	"muster/store"
)

// An account made directly in an organization is held like an invitation.
func TestDirectAccountsAreHeldLikeInvitations(t *testing.T) {
	few := func(o *store.Options) { o.Limits = &models.InviteLimits{OrgDay: 3} }
	for name, c := range map[string]struct {
		option func(*store.Options)
		set    func(s *stage)
		by     func(s *stage) models.Actor
		role   models.Role
		want   models.Code
		asks   bool // the same as a request
	}{
		"as it comes":                      {nil, nil, admins, "", "", false},
		"only owners invite":               {nil, policy("owners"), admins, "", models.CodeDenied, false},
		"only owners invite, by one":       {nil, policy("owners"), owners, "", "", false},
		"a second person is wanted":        {nil, secondPerson, admins, "", "", true},
		"of an owner, too":                 {nil, secondPerson, owners, models.RoleOwner, "", true},
		"of a site admin, too":             {nil, secondPerson, func(s *stage) models.Actor { return s.root }, models.RoleAdmin, "", true},
		"above the rank":                   {nil, secondPerson, admins, models.RoleOwner, models.CodeDenied, false},
		"outside of the domains":           {nil, func(s *stage) { s.set(s.owner, s.acme, models.SetDomains, "acme.dev") }, admins, "", models.CodeInvalid, false},
		"no seat":                          {nil, func(s *stage) { s.set(s.owner, s.acme, models.SetSeatLimit, "3") }, admins, "", models.CodeLimit, false},
		"no seat for a request":            {nil, func(s *stage) { secondPerson(s); s.set(s.owner, s.acme, models.SetSeatLimit, "3") }, admins, "", "", true},
		"the limit of a day":               {few, func(s *stage) { s.invite(s.owner, "one@example.com", models.RoleMember) }, admins, "", models.CodeLimit, false},
		"a role that the plan has not":     {flatPlan, func(s *stage) { s.plan(s.root, s.acme, "flat") }, admins, models.RoleViewer, models.CodeDenied, false},
		"the default role of a flat plan":  {flatPlan, func(s *stage) { s.plan(s.root, s.acme, "flat") }, admins, "", "", false},
		"a member, whom the policy allows": {nil, policy("members"), func(s *stage) models.Actor { return s.member }, "", models.CodeDenied, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := []func(*store.Options){}
			if c.option != nil {
				options = append(options, c.option)
			}
			s := newStage(t, options...)
			if c.set != nil {
				c.set(s)
			}
			n := models.NewAccount{Email: "new@example.com", Name: "New", Org: "ACME", Role: c.role}
			d, e, err := s.s.CreateUser(s.ctx, c.by(s), n)
			wantCode(t, err, c.want)
			asked := d.Request != nil
			if asked != c.asks || asked && (e != nil || d.Request.State != models.StateRequested) {
				t.Errorf("asks: %+v, %+v", d.Request, e)
			}
			made := s.number("SELECT count(*) FROM users WHERE email = 'new@example.com'")
			if (made == 1) != (err == nil && !c.asks) {
				t.Errorf("%d accounts", made)
			}
			// Inviting them gives the same answer, but for whom only the direct way is closed to.
			inv, also := s.s.CreateInvitation(s.ctx, c.by(s), s.acme, models.NewInvitation{Email: "other@example.com", Role: c.role})
			if c.by(s) != s.member && (models.CodeOf(also) != c.want || also == nil && (inv.State == models.StateRequested) != c.asks) {
				t.Errorf("inviting: %s, %v", inv.State, also)
			}
			if asked {
				approver := s.owner
				if c.by(s) == s.owner {
					approver = s.root
				}
				if name == "no seat for a request" {
					s.set(s.owner, s.acme, models.SetSeatLimit, "")
				}
				must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, approver, s.acme, d.Request.ID, ""))
			}
			s.sound()
		})
	}
}

func policy(who string) func(*stage) {
	return func(s *stage) { s.set(s.owner, s.acme, models.SetInvite, who) }
}

func secondPerson(s *stage) { s.set(s.owner, s.acme, models.SetSelfApproval, models.Off) }

// What has expired blocks nothing, whether or not anything has written it down: what
// is seen decides.
func TestWhatExpiredBlocksNothing(t *testing.T) {
	s := newStage(t)
	s.plan(s.root, s.acme, models.PlanEnterprise)
	s.role(s.owner, s.acme, "auditor", "audit.read")
	must[models.RoleView](t)(s.s.CreateRole(s.ctx, s.owner, s.acme, models.ScopeWorkspace, models.RoleDraft{Name: ptr("tester"), Permissions: []string{"workspace.view"}}))
	must[models.WorkspaceView](t)(s.s.CreateWorkspace(s.ctx, s.owner, s.acme, models.NewWorkspace{Name: "Lab"}))
	s.set(s.owner, s.acme, models.SetSeatLimit, "5")
	for email, n := range map[string]models.NewInvitation{
		"one@example.com": {Role: "auditor"},
		"two@example.com": {Role: models.RoleMember, Workspaces: []models.WorkspaceGrant{{Workspace: "Lab", Role: "tester"}}},
	} {
		n.Email, n.TTL = email, models.MinExpiry
		must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.owner, s.acme, n))
	}
	blocked := func(want bool, what string, err error) {
		t.Helper()
		if (err != nil) != want {
			t.Errorf("%s: %v", what, err)
		}
	}
	toTeam := func() error {
		c := must[models.PlanChange](t)(s.s.PlanPreview(s.ctx, s.root, s.acme, models.PlanTeam))
		if c.ReadOnly != "" {
			return models.Errorf(models.CodeLimit, "%s", c.ReadOnly)
		}
		return nil
	}
	inviteOne := func() error {
		return second(s.s.CreateInvitation(s.ctx, s.owner, s.acme, models.NewInvitation{Email: "one@example.com"}))
	}
	blocked(true, "a role", second(s.s.DeleteRole(s.ctx, s.owner, s.acme, "auditor")))
	blocked(true, "a role of workspaces", second(s.s.DeleteRole(s.ctx, s.owner, s.acme, "tester")))
	blocked(true, "the plan", toTeam())
	blocked(true, "the address", inviteOne())
	blocked(true, "a seat", second(s.s.CreateInvitation(s.ctx, s.owner, s.acme, models.NewInvitation{Email: "three@example.com"})))
	if c := must[models.WorkspaceConsequences](t)(s.s.WorkspaceConsequences(s.ctx, s.owner, s.acme, "Lab")); c.Invitations != 1 {
		t.Errorf("the workspace: %+v", c)
	}

	s.clock.Advance(models.MinExpiry) // and nothing has swept since
	for what, name := range map[string]string{"the role": "auditor", "the role of workspaces": "tester"} {
		if v := must[models.RoleView](t)(s.s.Role(s.ctx, s.owner, s.acme, name)); v.Invitations != 0 {
			t.Errorf("%s is shown with %d invitations", what, v.Invitations)
		}
	}
	if c := must[models.WorkspaceConsequences](t)(s.s.WorkspaceConsequences(s.ctx, s.owner, s.acme, "Lab")); c.Invitations != 0 {
		t.Errorf("the workspace: %+v", c)
	}
	if c := must[models.Consequences](t)(s.s.RemovalConsequences(s.ctx, s.owner, s.acme, s.admin.UserID)); c.InvitationsClosed+c.InvitationsRevoked != 0 {
		t.Errorf("removing: %+v", c)
	}
	blocked(false, "the plan", toTeam())
	blocked(false, "a role", second(s.s.DeleteRole(s.ctx, s.owner, s.acme, "auditor")))
	blocked(false, "a role of workspaces", second(s.s.DeleteRole(s.ctx, s.owner, s.acme, "tester")))
	blocked(false, "the workspace", second(s.s.DeleteWorkspace(s.ctx, s.owner, s.acme, "Lab", "Lab")))
	blocked(false, "the address", inviteOne())
	blocked(false, "a seat", second(s.s.CreateInvitation(s.ctx, s.owner, s.acme, models.NewInvitation{Email: "three@example.com"})))
	if n := s.number("SELECT count(*) FROM invitations WHERE state_order = 3"); n != 1 { // that whose address was invited anew
		t.Errorf("%d are written down as expired", n)
	}
	s.sound()
}

// Nor does a membership that has ended keep an invitation from being renewed.
func TestAMembershipThatEndedBlocksNoRenewal(t *testing.T) {
	s := newStage(t)
	inv := must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.owner, s.acme, models.NewInvitation{Email: "zoe@example.com", TTL: models.MinExpiry}))
	s.clock.Advance(2 * models.MinExpiry)
	_, link := s.link(s.owner, s.acme, models.NewLink{})
	zoe, _, err := s.use(s.s, link, "zoe@example.com")
	if err != nil {
		t.Fatal(err)
	}
	must[models.AccountDetail](t)(s.s.VerifyUser(s.ctx, s.root, "", zoe.ID))
	end := s.clock.Now().Add(models.MinExpiry)
	must[models.Member](t)(s.s.SetMemberEnd(s.ctx, s.owner, s.acme, zoe.ID, &end))
	_, err = s.s.RegenerateInvitation(s.ctx, s.owner, s.acme, inv.ID)
	wantCode(t, err, models.CodeConflict)
	s.clock.Advance(2 * models.MinExpiry) // and nothing has swept since
	must[models.Invitation](t)(s.s.RegenerateInvitation(s.ctx, s.owner, s.acme, inv.ID))
	s.sound()
}
