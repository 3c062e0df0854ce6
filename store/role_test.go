package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// company is an organization with custom roles and one person for each role.
type company struct {
	*world
	org    string
	site   models.Actor // a site admin who is no member
	people map[string]models.Actor
}

// grants are the permissions of the roles in a company, written down apart from
// the tables of models.
var grants = map[string]string{
	"owner": "organization.view settings.change billing.manage organization.transfer organization.delete members.manage " +
		"invitations.decide invitations.create workspaces.manage api_keys.create api_keys.manage api_keys.verify audit.read",
	"admin": "organization.view settings.change members.manage invitations.decide invitations.create workspaces.manage " +
		"api_keys.create api_keys.manage api_keys.verify audit.read",
	"member":  "organization.view invitations.create api_keys.create",
	"viewer":  "organization.view",
	"deputy":  "organization.view members.manage invitations.decide invitations.create api_keys.create",
	"finance": "organization.view billing.manage members.manage invitations.create invitations.decide",
	"auditor": "organization.view audit.read",
}

var customRoles = []string{"deputy", "finance", "auditor"}

func perms(role string) []string { return strings.Fields(grants[role]) }

func within(role string, of []string) bool {
	return !slices.ContainsFunc(perms(role), func(p string) bool { return !slices.Contains(of, p) })
}

func (w *world) plan(site models.Actor, org, name string) {
	w.t.Helper()
	if _, err := w.s.SetPlan(w.ctx, site, org, name); err != nil {
		w.t.Fatalf("plan %s: %v", name, err)
	}
}

func (w *world) role(a models.Actor, org, name string, permissions ...string) models.RoleView {
	w.t.Helper()
	v, err := w.s.CreateRole(w.ctx, a, org, models.ScopeOrganization, models.RoleDraft{Name: &name, Permissions: permissions})
	if err != nil {
		w.t.Fatalf("role %s: %v", name, err)
	}
	return v
}

func newCompany(t *testing.T, options ...func(*store.Options)) *company {
	w := newWorld(t, options...)
	c := &company{world: w, site: w.ada(), people: map[string]models.Actor{}}
	c.org = w.acme(c.site).ID
	w.plan(c.site, c.org, models.PlanEnterprise)
	owner := w.join(c.site, c.org, "owner@example.com", models.RoleOwner)
	c.people["owner"] = owner
	for _, name := range customRoles {
		w.role(owner, c.org, name, perms(name)...)
	}
	for role := range grants {
		if role != "owner" {
			c.people[role] = w.join(owner, c.org, role+"@example.com", models.Role(role))
		}
	}
	if err := w.s.Leave(w.ctx, c.site, c.org); err != nil {
		t.Fatal(err)
	}
	return c
}

// may is what somebody may do, as can-i says.
func (c *company) may(a models.Actor) (list []string) {
	c.t.Helper()
	answers, err := c.s.CanIAll(c.ctx, a, c.org)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, r := range answers {
		if _, ok := models.FindPermission(models.Permission(r.Action)); ok && r.Allowed {
			list = append(list, r.Action)
		}
	}
	return list
}

func TestEverybodyMayWhatTheirRoleSays(t *testing.T) {
	c := newCompany(t)
	for role, a := range c.people {
		if got, want := strings.Join(c.may(a), " "), perms(role); !sameWords(got, want) {
			t.Errorf("%s may %s, want %s", role, got, want)
		}
	}
	if got := c.may(c.site); !sameWords(strings.Join(got, " "), perms("owner")) {
		t.Errorf("a site admin may %s", got)
	}
	v, err := c.s.Organization(c.ctx, c.people["finance"], c.org)
	if err != nil || v.CustomRole == nil || v.CustomRole.Name != "finance" || v.Role != models.RoleAdmin || v.Access("x").Can(models.PermSettings) {
		t.Errorf("%+v, %v", v, err)
	}
	c.verified()
}

func sameWords(got string, want []string) bool {
	words := strings.Fields(got)
	slices.Sort(words)
	sorted := slices.Clone(want)
	slices.Sort(sorted)
	return slices.Equal(words, sorted)
}

func TestCustomRoleLife(t *testing.T) {
	c := newCompany(t)
	owner, admin := c.people["owner"], c.people["admin"]
	_, err := c.s.CreateRole(c.ctx, admin, c.org, models.ScopeOrganization, models.RoleDraft{Name: ptr("DEPUTY")})
	wantCode(t, err, models.CodeConflict)
	_, err = c.s.UpdateRole(c.ctx, admin, c.org, "admin", models.RoleDraft{Description: ptr("x")})
	wantCode(t, err, models.CodeDenied)
	_, err = c.s.UpdateRole(c.ctx, admin, c.org, "nobody", models.RoleDraft{Description: ptr("x")})
	wantCode(t, err, models.CodeNotFound)
	_, err = c.s.UpdateRole(c.ctx, admin, c.org, "finance", models.RoleDraft{Description: ptr("x")})
	wantCode(t, err, models.CodeDenied)
	wantCode(t, second(c.s.DeleteRole(c.ctx, admin, c.org, "finance")), models.CodeDenied)

	// What a member had can be given back by the name RoleRef has for it.
	m, err := c.s.Member(c.ctx, owner, c.org, "auditor@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.s.ChangeRole(c.ctx, owner, c.org, m.ID, models.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	if m, err = c.s.ChangeRole(c.ctx, owner, c.org, m.ID, m.RoleRef()); err != nil || m.Given().Label() != "auditor" {
		t.Fatalf("%+v, %v", m, err)
	}

	// Editing moves everybody who has it, and the counters.
	v, err := c.s.UpdateRole(c.ctx, owner, c.org, "auditor", models.RoleDraft{Name: ptr("Reader"), Permissions: []string{}})
	if err != nil || v.CountsAs != models.RoleViewer || v.Members != 1 {
		t.Fatalf("%+v, %v", v, err)
	}
	m, err = c.s.Member(c.ctx, owner, c.org, "auditor@example.com")
	if err != nil || m.Role != models.RoleViewer || m.CustomRole == nil || m.CustomRole.Name != "Reader" {
		t.Fatalf("%+v, %v", m, err)
	}
	c.counted()
	if got := c.may(c.people["auditor"]); !sameWords(strings.Join(got, " "), []string{"organization.view"}) {
		t.Errorf("after the edit they may %s", got)
	}
	page, err := c.s.ListMembers(c.ctx, owner, c.org, models.MemberQuery{Role: "reader"})
	if err != nil || len(page.Items) != 1 || page.Matches != 1 || page.Items[0].Email != "auditor@example.com" {
		t.Fatalf("%+v, %v", page, err)
	}

	// In use by a member and by an invitation.
	inv, err := c.s.CreateInvitation(c.ctx, owner, c.org, models.NewInvitation{Email: "new@example.com", Role: models.Role(v.ID)})
	if err != nil || inv.CustomRole == nil || inv.Given().Label() != "Reader" {
		t.Fatalf("%+v, %v", inv, err)
	}
	err = second(c.s.DeleteRole(c.ctx, owner, c.org, "Reader"))
	wantCode(t, err, models.CodeConflict)
	if want := "the role Reader is in use by 1 member and 1 open invitation: auditor@example.com, new@example.com"; err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
	if _, err := c.s.ChangeRole(c.ctx, owner, c.org, "auditor@example.com", models.RoleViewer); err != nil {
		t.Fatal(err)
	}
	wantCode(t, second(c.s.DeleteRole(c.ctx, owner, c.org, "Reader")), models.CodeConflict)
	c.clock.Advance(models.MaxExpiry)
	if _, err := c.s.ListInvitations(c.ctx, owner, c.org, models.InvitationQuery{}); err != nil {
		t.Fatal(err)
	}
	if err := second(c.s.DeleteRole(c.ctx, owner, c.org, "Reader")); err != nil {
		t.Fatal(err)
	}
	// The expired invitation knows what it was for, and cannot come back as
	// anything else.
	got, err := c.s.Invitation(c.ctx, owner, c.org, inv.ID)
	if err != nil || got.Given().Label() != "Reader" || !got.CustomRole.Gone {
		t.Fatalf("%+v, %v", got, err)
	}
	_, err = c.s.ResendInvitation(c.ctx, owner, c.org, inv.ID)
	wantCode(t, err, models.CodeConflict)
	_, err = c.s.ChangeRole(c.ctx, owner, c.org, "auditor@example.com", models.Role(v.ID))
	wantCode(t, err, models.CodeInvalid)
	c.counted()
	c.verified()
}

// counted holds the counters to the rows.
func (c *company) counted() {
	c.t.Helper()
	roles, err := c.s.Roles(c.ctx, c.people["owner"], c.org)
	if err != nil {
		c.t.Fatal(err)
	}
	v, err := c.s.Organization(c.ctx, c.people["owner"], c.org)
	if err != nil {
		c.t.Fatal(err)
	}
	page, err := c.s.ListMembers(c.ctx, c.people["owner"], c.org, models.MemberQuery{Limit: models.MaxLimit})
	if err != nil {
		c.t.Fatal(err)
	}
	has, counts := map[string]int{}, map[models.Role]int{}
	for _, m := range page.Items {
		has[m.Given().Label()]++
		counts[m.Role]++
	}
	for _, r := range roles {
		if r.Scope == models.ScopeOrganization && r.Members != has[r.Name] {
			c.t.Errorf("role %s says %d members, there are %d", r.Name, r.Members, has[r.Name])
		}
	}
	for _, r := range models.Roles() {
		if v.Members.ByRole[r] != counts[r] {
			c.t.Errorf("%d count as %s, there are %d", v.Members.ByRole[r], r, counts[r])
		}
	}
}

func TestInvitationsCarryCustomRoles(t *testing.T) {
	c := newCompany(t)
	owner := c.people["owner"]
	c.set(owner, c.org, models.SetInvite, "approval", models.SetSelfApproval, "off")
	inv, err := c.s.CreateInvitation(c.ctx, owner, c.org, models.NewInvitation{Email: "x@example.com", Role: "Auditor"})
	if err != nil {
		t.Fatal(err)
	}
	inv, err = c.s.ApproveInvitation(c.ctx, c.people["admin"], c.org, inv.ID, "member")
	if err != nil || inv.CustomRole != nil || inv.Role != models.RoleMember {
		t.Fatalf("approved with another role: %+v, %v", inv, err)
	}
	inv, err = c.s.UndoDecision(c.ctx, c.people["admin"], c.org, inv.ID)
	if err != nil || inv.CustomRole == nil || inv.CustomRole.Name != "auditor" || len(inv.CustomRole.Grants) != 2 {
		t.Fatalf("undone: %+v, %v", inv, err)
	}
	// The role asked for is deleted while another is being given.
	if inv, err = c.s.ApproveInvitation(c.ctx, c.people["admin"], c.org, inv.ID, "deputy"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.s.ChangeRole(c.ctx, owner, c.org, "auditor@example.com", models.RoleViewer); err != nil {
		t.Fatal(err)
	}
	if err := second(c.s.DeleteRole(c.ctx, owner, c.org, "auditor")); err != nil {
		t.Fatal(err)
	}
	inv, err = c.s.UndoDecision(c.ctx, c.people["admin"], c.org, inv.ID)
	if err != nil || !inv.CustomRole.Gone || inv.Role != models.RoleViewer {
		t.Fatalf("undone after the role was deleted: %+v, %v", inv, err)
	}
	_, err = c.s.ApproveInvitation(c.ctx, c.people["admin"], c.org, inv.ID, "")
	wantCode(t, err, models.CodeConflict)
	if inv, err = c.s.ApproveInvitation(c.ctx, c.people["admin"], c.org, inv.ID, "Deputy"); err != nil {
		t.Fatal(err)
	}
	dee := c.accept(c.people["admin"], inv)
	if got := c.may(dee); !sameWords(strings.Join(got, " "), perms("deputy")) {
		t.Errorf("joined, they may %s", got)
	}
	// Out, and what is kept of it gives nobody more than a viewer by itself.
	if _, err := c.s.RemoveMember(c.ctx, owner, c.org, dee.UserID); err != nil {
		t.Fatal(err)
	}
	c.counted()
	c.verified()
}

func TestRolesNeedThePlan(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada) // team has no custom roles
	_, err := w.s.CreateRole(w.ctx, ada, acme.ID, models.ScopeOrganization, models.RoleDraft{Name: ptr("x")})
	wantCode(t, err, models.CodeDenied)
	if want := "the plan team does not have custom roles"; err.Error() != want {
		t.Errorf("%v", err)
	}
	w.plan(ada, acme.ID, models.PlanVisionary)
	w.role(ada, acme.ID, "unused")
	w.plan(ada, acme.ID, models.PlanTeam)
	_, err = w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "x@example.com", Role: "unused"})
	wantCode(t, err, models.CodeDenied)
	if err := second(w.s.DeleteRole(w.ctx, ada, acme.ID, "unused")); err != nil {
		t.Errorf("an unused role stays for ever: %v", err)
	}
	me, err := w.s.Me(w.ctx, ada)
	if err != nil {
		t.Fatal(err)
	}
	list, err := w.s.ListOrganizations(w.ctx, ada)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Relation == models.RelPersonal {
			_, err = w.s.CreateRole(w.ctx, ada, e.ID, models.ScopeOrganization, models.RoleDraft{Name: ptr("x")})
			wantCode(t, err, models.CodeDenied)
		}
	}
	if me.CurrentOrg != acme.ID {
		t.Errorf("current is %s", me.CurrentOrg)
	}
	w.verified()
}

func TestOutsidersSeeNoRolesAndPlans(t *testing.T) {
	c := newCompany(t)
	out := c.accept(c.people["owner"], func() models.Invitation {
		inv, err := c.s.CreateInvitation(c.ctx, c.people["owner"], c.org, models.NewInvitation{Email: "out@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		return inv
	}())
	if err := c.s.Leave(c.ctx, out, c.org); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"roles":   second(c.s.Roles(c.ctx, out, c.org)),
		"role":    second(c.s.Role(c.ctx, out, c.org, "deputy")),
		"create":  second(c.s.CreateRole(c.ctx, out, c.org, models.ScopeOrganization, models.RoleDraft{Name: ptr("x")})),
		"update":  second(c.s.UpdateRole(c.ctx, out, c.org, "deputy", models.RoleDraft{Name: ptr("x")})),
		"delete":  second(c.s.DeleteRole(c.ctx, out, c.org, "deputy")),
		"can-i":   second(c.s.CanI(c.ctx, out, c.org, "invite")),
		"plans":   second(c.s.Plans(c.ctx, out, c.org)),
		"preview": second(c.s.PlanPreview(c.ctx, out, c.org, "team")),
		"plan":    second(c.s.SetPlan(c.ctx, out, c.org, "team")),
		"setting": second(c.s.Setting(c.ctx, out, c.org, models.SetPayment)),
	} {
		if models.CodeOf(err) != models.CodeNotFound || err.Error() != "there is no such organization" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestCanISaysWhoCanHelp(t *testing.T) {
	c := newCompany(t)
	r, err := c.s.CanI(c.ctx, c.people["viewer"], c.org, "billing")
	if err != nil || r.Allowed || len(r.Helpers) != 2 || r.Helpers[0].Email != "owner@example.com" || r.Helpers[1].Email != "finance@example.com" {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = c.s.CanI(c.ctx, c.people["finance"], c.org, "settings")
	if err != nil || r.Allowed || len(r.Helpers) != 2 || r.Helpers[1].Email != "admin@example.com" {
		t.Errorf("%+v, %v", r, err)
	}
	before, err := c.s.ListAudit(c.ctx, c.people["owner"], c.org, models.AuditQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.s.CanIAll(c.ctx, c.people["viewer"], c.org); err != nil {
		t.Fatal(err)
	}
	after, err := c.s.ListAudit(c.ctx, c.people["owner"], c.org, models.AuditQuery{})
	if err != nil || after.Items[0].Seq != before.Items[0].Seq {
		t.Errorf("asking left an entry: %v", err)
	}
	_, err = c.s.CanI(c.ctx, c.people["viewer"], c.org, "fly")
	wantCode(t, err, models.CodeInvalid)
}

func TestCustomRolesThroughTheLifeOfMembers(t *testing.T) {
	c := newCompany(t)
	owner := c.people["owner"]
	// An owner by transfer is an owner and nothing else.
	if _, err := c.s.Nominate(c.ctx, owner, c.org, "finance@example.com"); err != nil {
		t.Fatal(err)
	}
	v, err := c.s.AcceptTransfer(c.ctx, c.people["finance"], c.org)
	if err != nil || v.Role != models.RoleOwner || v.CustomRole != nil {
		t.Fatalf("%+v, %v", v, err)
	}
	owner = c.people["finance"]
	c.people["owner"] = owner
	c.counted()
	// Back with the role they had, or as a viewer where that is gone or more
	// than who restores may give.
	for _, who := range []string{"auditor", "deputy"} {
		if _, err := c.s.RemoveMember(c.ctx, owner, c.org, who+"@example.com"); err != nil {
			t.Fatal(err)
		}
	}
	if m, err := c.s.RestoreMember(c.ctx, owner, c.org, "auditor@example.com"); err != nil || m.Given().Label() != "auditor" {
		t.Errorf("%+v, %v", m, err)
	}
	if err := second(c.s.DeleteRole(c.ctx, owner, c.org, "deputy")); err != nil {
		t.Fatal(err)
	}
	if m, err := c.s.RestoreMember(c.ctx, owner, c.org, "deputy@example.com"); err != nil || m.Given().Label() != "viewer" {
		t.Errorf("%+v, %v", m, err)
	}
	c.counted()
	// Nor does a role come back that the plan has lost meanwhile.
	if _, err := c.s.RemoveMember(c.ctx, owner, c.org, "auditor@example.com"); err != nil {
		t.Fatal(err)
	}
	c.exec("UPDATE organizations SET plan = $1 WHERE id = $2", models.PlanTeam, c.org)
	former := must[models.Page[models.RemovedMember]](t)(c.s.RemovedMembers(c.ctx, owner, c.org, models.RemovedQuery{Search: "auditor"}))
	if len(former.Items) != 1 || former.Items[0].RestoreRole != models.RoleViewer || former.Items[0].CustomRole != nil {
		t.Errorf("%+v", former.Items)
	}
	if m, err := c.s.RestoreMember(c.ctx, owner, c.org, "auditor@example.com"); err != nil || m.CustomRole != nil || m.Given().Label() != "viewer" {
		t.Errorf("%+v, %v", m, err)
	}
	c.counted()
	// A purge takes the roles along.
	if _, err := c.s.DeleteOrganization(c.ctx, owner, c.org, "ACME"); err != nil {
		t.Fatal(err)
	}
	c.clock.Advance(models.RestoreTime + time.Hour)
	if r, err := c.s.Purge(c.ctx); err != nil || len(r.Organizations) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	c.verified()
}
