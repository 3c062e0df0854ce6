package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"muster/models"
	"muster/store"
)

func plans(o *store.Options) {
	o.Plans = models.DefaultPlans()
	o.Plans["flat"] = models.Plan{Name: "flat", Seats: 20, Workspaces: 1, Features: []models.Feature{models.FeatureFlatRoles, models.FeatureOrgSettings, models.FeatureCustomRoles}}
	o.Plans["bare"] = models.Plan{Name: "bare", Seats: 20, Workspaces: 1}
	o.Plans["tiny"] = models.Plan{Name: "tiny", Seats: 3, Features: []models.Feature{models.FeatureOrgSettings}}
}

func TestWhoSetsPlans(t *testing.T) {
	c := newCompany(t, plans)
	selfService := c.open(plans, func(o *store.Options) { o.SelfServicePlans = true })
	for role, a := range c.people {
		_, err := c.s.SetPlan(c.ctx, a, c.org, models.PlanVisionary)
		wantCode(t, err, models.CodeDenied)
		_, err = selfService.SetPlan(c.ctx, a, c.org, models.PlanVisionary)
		if want := role == "owner" || role == "finance"; (err == nil) != want || err != nil && models.CodeOf(err) != models.CodeDenied {
			t.Errorf("%s: %v", role, err)
		}
	}
	_, err := c.s.SetPlan(c.ctx, c.site, c.org, "explore")
	wantCode(t, err, models.CodeDenied)
	_, err = c.s.SetPlan(c.ctx, c.site, c.org, "gold")
	wantCode(t, err, models.CodeInvalid)
	list, err := c.s.ListOrganizations(c.ctx, c.people["member"])
	if err != nil {
		t.Fatal(err)
	}
	_, err = selfService.SetPlan(c.ctx, c.people["member"], list[0].ID, models.PlanTeam)
	wantCode(t, err, models.CodeDenied)
	if !strings.Contains(models.AsError(err).Hint, "{organization.upgrade --plan team}") {
		t.Errorf("upgrading a personal workspace leads nowhere: %+v", models.AsError(err))
	}
	page, err := c.s.ListAudit(c.ctx, c.people["owner"], c.org, models.AuditQuery{Action: "plan.set", Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	done, refused := 0, 0
	for _, e := range page.Items {
		if e.Outcome == models.OutcomeDone {
			done++
		} else {
			refused++
		}
	}
	// At the start by the site admin, then once; the second of the two who may
	// found it set already.
	if done != 2 || refused != len(c.people)+len(c.people)-2+1 {
		t.Errorf("%d done, %d refused", done, refused)
	}
	c.verified()
}

func TestLoweringIsRefusedWithTheNumbers(t *testing.T) {
	c := newCompany(t, plans)
	owner := c.people["owner"]
	if _, err := c.s.CreateInvitation(c.ctx, owner, c.org, models.NewInvitation{Email: "x@example.com", Role: "auditor"}); err != nil {
		t.Fatal(err)
	}
	_, err := c.s.SetPlan(c.ctx, c.site, c.org, "tiny")
	wantCode(t, err, models.CodeLimit)
	want := "the plan tiny is too small: it has 3 seats, and 8 are in use: 7 active members and 1 pending invitation; " +
		"it has no custom roles, and 3 are in use, by 4 members and invitations"
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
	preview, err := c.s.PlanPreview(c.ctx, owner, c.org, "tiny")
	if err != nil || preview.Usage.Seats() != 8 || preview.ReadOnly == "" {
		t.Errorf("%+v, %v", preview, err)
	}
	v, err := c.s.Organization(c.ctx, owner, c.org)
	if err != nil || v.Members.Active != 7 || v.Plan != models.PlanEnterprise {
		t.Errorf("somebody was dropped: %+v, %v", v, err)
	}
	// What ran out uses nothing.
	c.clock.Advance(models.MaxExpiry)
	for _, who := range []string{"deputy", "finance", "auditor"} {
		if _, err := c.s.ChangeRole(c.ctx, owner, c.org, who+"@example.com", models.RoleViewer); err != nil {
			t.Fatal(err)
		}
	}
	for _, who := range []string{"deputy", "finance", "auditor", "viewer"} {
		if _, err := c.s.RemoveMember(c.ctx, owner, c.org, who+"@example.com"); err != nil {
			t.Fatal(err)
		}
	}
	change, err := c.s.SetPlan(c.ctx, c.site, c.org, "Tiny")
	if err != nil || change.To.Name != "tiny" {
		t.Fatalf("%+v, %v", change, err)
	}
	_, err = c.s.CreateInvitation(c.ctx, owner, c.org, models.NewInvitation{Email: "y@example.com"})
	wantCode(t, err, models.CodeLimit)
	c.verified()
}

func TestFlatRolesComeAndGo(t *testing.T) {
	c := newCompany(t, plans)
	before := map[string][]string{}
	for role, a := range c.people {
		before[role] = c.may(a)
	}
	preview, err := c.s.PlanPreview(c.ctx, c.people["viewer"], c.org, "flat")
	if err != nil || len(preview.Effects) == 0 || !strings.Contains(preview.Effects[0], "everybody except the owners is an admin") {
		t.Fatalf("%+v, %v", preview, err)
	}
	c.plan(c.site, c.org, "flat")
	for role, a := range c.people {
		want := perms("admin")
		switch role {
		case "owner":
			want = perms("owner")
		case "finance":
			want = append(perms("admin"), "billing.manage")
		}
		if got := c.may(a); !sameWords(strings.Join(got, " "), want) {
			t.Errorf("flat, %s may %s", role, got)
		}
		if v, err := c.s.Organization(c.ctx, a, c.org); err != nil || !v.Flat || v.Effective != map[bool]models.Role{true: "owner", false: "admin"}[role == "owner"] {
			t.Errorf("flat, %s: %+v, %v", role, v, err)
		}
	}
	viewer := c.people["viewer"]
	inv, err := c.s.CreateInvitation(c.ctx, viewer, c.org, models.NewInvitation{Email: "x@example.com"})
	if err != nil || inv.State != models.StatePending {
		t.Errorf("a viewer under a flat plan: %+v, %v", inv, err)
	}
	c.set(viewer, c.org, models.SetMOTD, "hello")
	// What is the owners' stays the owners'.
	for name, err := range map[string]error{
		"an owner's role":       second(c.s.ChangeRole(c.ctx, viewer, c.org, "owner@example.com", models.RoleViewer)),
		"removing an owner":     second(c.s.RemoveMember(c.ctx, viewer, c.org, "owner@example.com")),
		"making an owner":       second(c.s.ChangeRole(c.ctx, viewer, c.org, "member@example.com", models.RoleOwner)),
		"the own role":          second(c.s.ChangeRole(c.ctx, viewer, c.org, "viewer@example.com", models.RoleAdmin)),
		"billing":               second(c.s.Setting(c.ctx, viewer, c.org, models.SetPayment)),
		"plan":                  second(c.s.SetPlan(c.ctx, viewer, c.org, "team")),
		"the own role's rights": second(c.s.UpdateRole(c.ctx, c.people["auditor"], c.org, "auditor", models.RoleDraft{Permissions: perms("deputy")})),
		"finance":               second(c.s.ChangeRole(c.ctx, viewer, c.org, "member@example.com", "finance")),
	} {
		if models.CodeOf(err) != models.CodeDenied {
			t.Errorf("flat, a viewer and %s: %v", name, err)
		}
	}
	code, err := c.s.JoinCode(c.ctx, c.people["owner"], c.org, inv.ID)
	if err != nil {
		t.Fatal(err)
	}
	// Another plan leaves everybody an admin, those with a custom role too.
	if preview, err = c.s.PlanPreview(c.ctx, c.people["owner"], c.org, models.PlanEnterprise); err != nil || len(preview.Effects) == 0 || !strings.Contains(preview.Effects[0], "stays an admin") {
		t.Fatalf("%+v, %v", preview, err)
	}
	c.plan(c.site, c.org, models.PlanEnterprise)
	for role, a := range c.people {
		want := perms("admin")
		if role == "owner" {
			want = perms("owner")
		}
		if got := c.may(a); !sameWords(strings.Join(got, " "), want) {
			t.Errorf("after, %s may %s, want %s", role, got, want)
		}
		if m, err := c.s.Member(c.ctx, c.site, c.org, a.UserID); err != nil || m.CustomRole != nil || (m.Role == models.RoleOwner) != (role == "owner") || role != "owner" && m.Role != models.RoleAdmin {
			t.Errorf("after, %s is %+v, %v", role, m, err)
		}
	}
	// The viewer stands behind what they sent.
	k := key("x@example.com")
	if _, _, err = c.s.AcceptCode(c.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, code, "X", k); err != nil {
		t.Error(err)
	}
	// Until they are given another role.
	if _, err := c.s.ChangeRole(c.ctx, c.people["owner"], c.org, viewer.UserID, models.RoleViewer); err != nil {
		t.Error(err)
	}
	if got := c.may(viewer); !sameWords(strings.Join(got, " "), before["viewer"]) {
		t.Errorf("a viewer again may %s", got)
	}
	c.verified()
}

// TestPlanLoweringAgainstInvitations runs both from two processes at once: what
// is in use never goes beyond the plan, whoever comes first.
func TestPlanLoweringAgainstInvitations(t *testing.T) {
	w := newWorld(t, plans)
	ada := w.ada()
	second := w.open(plans)
	for round := range 12 {
		v, err := w.s.CreateOrganization(w.ctx, ada, store.NewOrganization{Name: "Acme", Code: fmt.Sprintf("ACME%d", round)})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		start := make(chan struct{})
		results := make(chan error, 8)
		run := func(f func() error) {
			wg.Add(1)
			go func() {
				defer wg.Done()
				<-start
				results <- f()
			}()
		}
		for i := range 6 {
			s := []*store.Store{w.s, second}[i%2]
			run(func() error {
				_, err := s.CreateInvitation(w.ctx, ada, v.ID, models.NewInvitation{Email: fmt.Sprintf("p%d@example.com", i)})
				return err
			})
		}
		run(func() error { _, err := second.SetPlan(w.ctx, ada, v.ID, "tiny"); return err })
		run(func() error { _, err := w.s.SetPlan(w.ctx, ada, v.ID, "tiny"); return err })
		close(start)
		wg.Wait()
		close(results)
		for err := range results {
			if err != nil && models.CodeOf(err) != models.CodeLimit {
				t.Errorf("round %d: %v", round, err)
			}
		}
		if v, err = w.s.Organization(w.ctx, ada, v.ID); err != nil {
			t.Fatal(err)
		}
		if v.Seats.Max > 0 && v.Seats.Used > v.Seats.Max {
			t.Fatalf("round %d: plan %s, seats %+v", round, v.Plan, v.Seats)
		}
		if v.Plan != "tiny" && v.Seats.Used <= 3 {
			t.Errorf("round %d: the plan stayed %s with %d seats in use", round, v.Plan, v.Seats.Used)
		}
	}
	w.verified()
}

func TestSettingsNeedThePlan(t *testing.T) {
	c := newCompany(t, plans)
	for _, who := range customRoles {
		if _, err := c.s.ChangeRole(c.ctx, c.people["owner"], c.org, who+"@example.com", models.RoleViewer); err != nil {
			t.Fatal(err)
		}
	}
	c.set(c.people["admin"], c.org, models.SetInvite, "admins")
	c.plan(c.site, c.org, "bare")
	list, err := c.s.Settings(c.ctx, c.people["admin"], c.org)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		switch section, _, _ := strings.Cut(v.Key, "."); section {
		case "general", "api":
			if v.ReadOnly != "" {
				t.Errorf("%s: %s", v.Key, v.ReadOnly)
			}
		case "members", "security":
			if v.ReadOnly != "the plan bare does not have organization settings" {
				t.Errorf("%s: %s", v.Key, v.ReadOnly)
			}
		default:
			t.Errorf("an admin sees %s", v.Key)
		}
	}
	_, err = c.s.UpdateSettings(c.ctx, c.people["owner"], c.org, []models.SettingChange{{Key: models.SetInvite, Value: "members"}}, true)
	wantCode(t, err, models.CodeDenied)
	// What was set stays in force.
	_, err = c.s.CreateInvitation(c.ctx, c.people["member"], c.org, models.NewInvitation{Email: "x@example.com"})
	wantCode(t, err, models.CodeDenied)
	c.verified()
}

func TestBillingIsTheOwners(t *testing.T) {
	c := newCompany(t, plans)
	owner, admin := c.people["owner"], c.people["admin"]
	keys := func(a models.Actor) (billing []string) {
		list, err := c.s.Settings(c.ctx, a, c.org)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range list {
			if strings.HasPrefix(v.Key, "billing.") {
				billing = append(billing, v.Key)
			}
		}
		return billing
	}
	for role, a := range c.people {
		want := 0
		if role == "owner" || role == "finance" {
			want = 6
		}
		if got := keys(a); len(got) != want {
			t.Errorf("%s sees %s", role, got)
		}
		_, err := c.s.Setting(c.ctx, a, c.org, models.SetPayment)
		_, err2 := c.s.UpdateSettings(c.ctx, a, c.org, []models.SettingChange{{Key: models.SetPayment, Value: "Visa of " + role}}, false)
		if (err == nil) != (want > 0) || (err2 == nil) != (want > 0) || want == 0 && (models.CodeOf(err) != models.CodeDenied || models.CodeOf(err2) != models.CodeDenied) {
			t.Errorf("%s and the payment method: %v, %v", role, err, err2)
		}
	}
	for _, bad := range []struct {
		key, value string
		code       models.Code
	}{
		{models.SetPayment, "4111 1111 1111 1111", models.CodeInvalid},
		{models.SetPaymentRef, "4111-1111-1111-1111", models.CodeInvalid},
		{models.SetSeatLimit, "6", models.CodeLimit},
		{models.SetSeatLimit, "many", models.CodeInvalid},
		{models.SetCredits, "9", models.CodeDenied},
		{models.SetPlan, "team", models.CodeDenied}, // no self-service
	} {
		_, err := c.s.UpdateSettings(c.ctx, owner, c.org, []models.SettingChange{{Key: bad.key, Value: bad.value}}, false)
		if models.CodeOf(err) != bad.code {
			t.Errorf("%s = %q: %v", bad.key, bad.value, err)
		}
	}
	c.set(owner, c.org, models.SetSeatLimit, "7", models.SetPaymentRef, "cus_secret")
	_, err := c.s.CreateInvitation(c.ctx, owner, c.org, models.NewInvitation{Email: "x@example.com"})
	wantCode(t, err, models.CodeLimit)
	if !strings.Contains(err.Error(), "the owners allow") {
		t.Errorf("%v", err)
	}
	c.set(owner, c.org, models.SetSeatLimit, "")
	if _, err := c.s.CreateInvitation(c.ctx, owner, c.org, models.NewInvitation{Email: "x@example.com"}); err != nil {
		t.Error(err)
	}
	// Admins read the log, and find no billing in it.
	page, err := c.s.ListAudit(c.ctx, admin, c.org, models.AuditQuery{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Items {
		if all := fmt.Sprint(e.Before, e.After, e.Reason, e.TargetLabel); strings.Contains(all, "Visa") || strings.Contains(all, "cus_secret") || strings.Contains(all, "1111") {
			t.Errorf("the log tells: %s", all)
		}
	}
	// A plan by the settings obeys the same rules.
	selfService := c.open(plans, func(o *store.Options) { o.SelfServicePlans = true })
	_, err = selfService.UpdateSettings(c.ctx, owner, c.org, []models.SettingChange{{Key: models.SetPlan, Value: "tiny"}}, true)
	wantCode(t, err, models.CodeLimit)
	_, err = selfService.UpdateSettings(c.ctx, owner, c.org, []models.SettingChange{{Key: models.SetPlan, Value: "Visionary"}}, true)
	if v, err2 := c.s.Organization(c.ctx, owner, c.org); err != nil || err2 != nil || v.Plan != models.PlanVisionary {
		t.Errorf("%+v, %v, %v", v, err, err2)
	}
	c.verified()
}

func TestBillingRequired(t *testing.T) {
	required := func(o *store.Options) { o.BillingRequired = true }
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleAdmin)
	cy := w.join(ada, acme.ID, "cy@example.com", models.RoleMember)
	proposal, err := w.s.CreateInvitation(w.ctx, cy, acme.ID, models.NewInvitation{Email: "dee@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	pending, err := w.s.CreateInvitation(w.ctx, bob, acme.ID, models.NewInvitation{Email: "eve@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	old, err := w.s.CreateInvitation(w.ctx, bob, acme.ID, models.NewInvitation{Email: "old@example.com", TTL: models.MinExpiry})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(2 * models.MinExpiry)
	w.s = w.open(required)

	if v, err := w.s.Organization(w.ctx, cy, acme.ID); err != nil || !v.Unpaid {
		t.Errorf("%+v, %v", v, err)
	}
	refused := func() map[string]error {
		return map[string]error{
			"create":  second(w.s.CreateInvitation(w.ctx, bob, acme.ID, models.NewInvitation{Email: "x@example.com"})),
			"propose": second(w.s.CreateInvitation(w.ctx, cy, acme.ID, models.NewInvitation{Email: "y@example.com"})),
			"approve": second(w.s.ApproveInvitation(w.ctx, bob, acme.ID, proposal.ID, "")),
			"renew":   second(w.s.ResendInvitation(w.ctx, bob, acme.ID, old.ID)),
			"site":    second(w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "z@example.com"})),
		}
	}
	for name, err := range refused() {
		if models.CodeOf(err) != models.CodeDenied || !strings.Contains(err.Error(), "no payment method") || models.AsError(err).Hint == "" {
			t.Errorf("%s: %+v", name, models.AsError(err))
		}
	}
	// Who was invited before still comes in, and deciding against is possible.
	w.accept(bob, pending)
	rejected, err := w.s.RejectInvitation(w.ctx, bob, acme.ID, proposal.ID, "")
	if err != nil {
		t.Error(err)
	}
	if _, err := w.s.UndoDecision(w.ctx, bob, acme.ID, rejected.ID); err != nil {
		t.Error(err)
	}
	w.set(ada, acme.ID, models.SetPayment, "Invoice")
	for name, err := range refused() {
		if err != nil {
			t.Errorf("%s with a payment method: %v", name, err)
		}
	}
	w.verified()
}

func TestAPlanThatIsGoneLetsNobodyIn(t *testing.T) {
	w := newWorld(t, plans)
	ada := w.ada()
	acme := w.acme(ada)
	w.plan(ada, acme.ID, "bare")
	w.s = w.open() // a configuration without that plan
	_, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "x@example.com"})
	wantCode(t, err, models.CodeConflict)
	if _, err := w.s.Plans(w.ctx, ada, acme.ID); err != nil {
		t.Error(err)
	}
	w.plan(ada, acme.ID, models.PlanTeam)
	if _, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "x@example.com"}); err != nil {
		t.Error(err)
	}
}

// Plans that the configuration no longer has give no seats away.
func TestUnknownPlan(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.exec("UPDATE organizations SET plan = 'gone' WHERE id = $1", s.acme)
	_, err := s.s.CreateInvitation(s.ctx, s.owner, s.acme, models.NewInvitation{Email: "dee@example.com"})
	wantCode(t, err, models.CodeConflict)
}
