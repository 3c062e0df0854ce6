package models_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/models"
)

func custom(name string, ps ...models.Permission) *models.CustomRole {
	return &models.CustomRole{ID: "role_" + name, Name: name, Scope: models.ScopeOrganization, Grants: append([]models.Permission{models.PermView}, ps...)}
}

func holder(r *models.CustomRole) models.Access {
	return models.Access{UserID: "me", OrgID: "org", Role: r.Counts(), Custom: r, Member: true}
}

func builtIn(r models.Role) models.Access {
	return models.Access{UserID: "me", OrgID: "org", Role: r, Member: true}
}

func TestPermissionTable(t *testing.T) {
	// docs/rules.md, "Roles and rights", as it is written there.
	const all, own, not, policy = models.ExtentAll, models.ExtentOwn, models.ExtentNotOwners, models.ExtentPolicy
	want := []struct {
		perm  models.Permission
		reach [4]models.Extent
	}{
		{models.PermView, [4]models.Extent{all, all, all, all}},
		{models.PermSettings, [4]models.Extent{all, all}},
		{models.PermBilling, [4]models.Extent{all}},
		{models.PermTransfer, [4]models.Extent{all}},
		{models.PermDelete, [4]models.Extent{all}},
		{models.PermMembers, [4]models.Extent{all, not}},
		{models.PermDecide, [4]models.Extent{all, all, own, own}},
		{models.PermInvite, [4]models.Extent{all, all, policy}},
		{models.PermWorkspaces, [4]models.Extent{all, all}},
		{models.PermPrompts, [4]models.Extent{all, all, all}},
		{models.PermKeysOwn, [4]models.Extent{all, all, all}},
		{models.PermKeysAll, [4]models.Extent{all, all}},
		{models.PermKeysVerify, [4]models.Extent{all, all}},
		{models.PermAudit, [4]models.Extent{all, all, own, own}},
	}
	var shown []models.Permission
	for _, w := range want {
		for i, r := range models.Roles() {
			if got := r.Extent(w.perm); got != w.reach[i] {
				t.Errorf("%s of %s reaches %q, want %q", w.perm, r, got, w.reach[i])
			}
		}
		if w.perm == models.PermPrompts {
			continue // governed, but not part of muster yet
		}
		shown = append(shown, w.perm)
	}
	var names []models.Permission
	for _, d := range models.Permissions(models.ScopeOrganization) {
		names = append(names, d.Name)
		if d.Does == "" || d.OwnersOnly != (d.Name == models.PermTransfer || d.Name == models.PermDelete) {
			t.Errorf("row %+v", d)
		}
	}
	if diff := cmp.Diff(shown, names); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestWorkspaceRoles(t *testing.T) {
	for p, line := range map[models.Permission]string{
		models.PermWorkspaceView: "aev", models.PermProjectChange: "ae", models.PermProjectManage: "a",
		models.PermWorkspaceMembers: "a", models.PermWorkspaceChange: "a", models.PermView: "",
	} {
		for _, r := range models.WorkspaceRoles() {
			if r.Can(p) != strings.Contains(line, string(r[0])) {
				t.Errorf("%s as workspace %s: %v", p, r, r.Can(p))
			}
		}
		if models.RoleOwner.Can(p) != (p == models.PermView) {
			t.Errorf("%s is no permission of organization roles", p)
		}
	}
}

func TestCustomRoleCountsAs(t *testing.T) {
	for _, tt := range []struct {
		role *models.CustomRole
		want models.Role
	}{
		{custom("looker"), models.RoleViewer},
		{custom("proposer", models.PermInvite), models.RoleMember},
		{custom("auditor", models.PermAudit), models.RoleAdmin},
		{custom("deputy", models.PermSettings, models.PermMembers, models.PermDecide, models.PermInvite, models.PermWorkspaces, models.PermAudit), models.RoleAdmin},
		// Only owners are owners, also for what nobody else may do.
		{custom("finance", models.PermBilling), models.RoleAdmin},
	} {
		if got := tt.role.Counts(); got != tt.want || tt.role.Rank() != tt.want.Rank() {
			t.Errorf("%s counts as %s, want %s", tt.role.Name, got, tt.want)
		}
	}
}

func TestAccessCan(t *testing.T) {
	finance := custom("finance", models.PermBilling)
	flatViewer, flatOwner, flatFinance := builtIn(models.RoleViewer), builtIn(models.RoleOwner), holder(finance)
	flatViewer.Flat, flatOwner.Flat, flatFinance.Flat = true, true, true
	suspended := holder(finance)
	suspended.Member = false
	flatOutsider := models.Access{UserID: "me", Flat: true}
	site := models.Access{UserID: "me", SiteAdmin: true}
	siteViewer := flatViewer
	siteViewer.SiteAdmin, siteViewer.Flat = true, false
	siteFinance := holder(finance)
	siteFinance.SiteAdmin = true
	for _, tt := range []struct {
		name   string
		access models.Access
		can    string // of settings, billing, delete, members, invite
		rank   models.Role
	}{
		{"finance", holder(finance), "-+---", models.RoleAdmin},
		{"suspended finance", suspended, "-----", ""},
		{"flat viewer", flatViewer, "+--++", models.RoleAdmin},
		{"flat owner", flatOwner, "+++++", models.RoleOwner},
		{"flat finance", flatFinance, "++-++", models.RoleAdmin},
		{"flat outsider", flatOutsider, "-----", ""},
		{"site admin", site, "+++++", models.RoleOwner},
		{"site admin who is a viewer", siteViewer, "+++++", models.RoleOwner},
		{"site admin with finance", siteFinance, "+++++", models.RoleOwner},
	} {
		for i, p := range []models.Permission{models.PermSettings, models.PermBilling, models.PermDelete, models.PermMembers, models.PermInvite} {
			if tt.access.Can(p) != (tt.can[i] == '+') || (tt.access.Require(p) == nil) != (tt.can[i] == '+') {
				t.Errorf("%s: %s is %v", tt.name, p, tt.access.Can(p))
			}
		}
		if got := tt.access.Effective(); got != tt.rank {
			t.Errorf("%s ranks as %q, want %q", tt.name, got, tt.rank)
		}
	}
	if !siteFinance.Elevated(models.PermSettings) || siteFinance.Elevated(models.PermBilling) {
		t.Error("a site admin's own custom role does not count before being site admin")
	}
}

// TestGrantTable is who may give which role: one letter a role given.
func TestGrantTable(t *testing.T) {
	deputy := custom("deputy", models.PermMembers, models.PermInvite, models.PermDecide, models.PermKeysOwn)
	hr := custom("hr", models.PermMembers)
	finance := custom("finance", models.PermBilling)
	full := custom("full", models.PermSettings, models.PermMembers, models.PermDecide, models.PermInvite, models.PermWorkspaces, models.PermAudit, models.PermBilling,
		models.PermKeysOwn, models.PermKeysAll, models.PermKeysVerify)
	flat := builtIn(models.RoleViewer)
	flat.Flat = true
	given := []models.AnyRole{models.RoleOwner, models.RoleAdmin, models.RoleMember, models.RoleViewer, deputy, hr, finance, full}
	for _, tt := range []struct {
		name   string
		access models.Access
		may    string
	}{
		{"site admin", models.Access{UserID: "me", SiteAdmin: true}, "++++++++"},
		{"owner", builtIn(models.RoleOwner), "++++++++"},
		{"admin", builtIn(models.RoleAdmin), "-+++++--"},
		{"member", builtIn(models.RoleMember), "--++----"},
		{"viewer", builtIn(models.RoleViewer), "---+----"},
		{"flat viewer", flat, "-+++++--"},
		{"deputy", holder(deputy), "--++++--"},
		{"hr", holder(hr), "---+-+--"},
		{"finance", holder(finance), "---+--+-"},
		{"full", holder(full), "-+++++++"},
		{"outsider", models.Access{UserID: "me"}, "--------"},
	} {
		for i, r := range given {
			err := tt.access.CheckGrant(r)
			if (err == nil) != (tt.may[i] == '+') {
				t.Errorf("%s gives %s: %v", tt.name, r.Label(), err)
			}
			if err != nil && (models.CodeOf(err) != models.CodeDenied || models.AsError(err).Hint == "") {
				t.Errorf("%s gives %s: %+v", tt.name, r.Label(), models.AsError(err))
			}
		}
	}
	gone := custom("old")
	gone.Gone = true
	if err := builtIn(models.RoleOwner).CheckGrant(gone); models.CodeOf(err) != models.CodeConflict {
		t.Errorf("a deleted role can be given: %v", err)
	}
	ws := &models.CustomRole{ID: "role_w", Name: "w", Scope: models.ScopeWorkspace}
	if err := builtIn(models.RoleOwner).CheckGrant(ws); models.CodeOf(err) != models.CodeInvalid {
		t.Errorf("a workspace role can be given in the organization: %v", err)
	}
}

func TestOwnRoleOnlyDownwards(t *testing.T) {
	hr, finance := custom("hr", models.PermMembers), custom("finance", models.PermBilling)
	full := custom("full", models.PermSettings, models.PermMembers, models.PermInvite)
	for _, tt := range []struct {
		name string
		has  models.Access
		flat bool
		to   models.AnyRole
		ok   bool
	}{
		{"admin to member", builtIn(models.RoleAdmin), false, models.RoleMember, true},
		{"admin to owner", builtIn(models.RoleAdmin), false, models.RoleOwner, false},
		{"member to admin", builtIn(models.RoleMember), false, models.RoleAdmin, false},
		{"viewer to admin under a flat plan", builtIn(models.RoleViewer), true, models.RoleAdmin, false},
		{"admin to hr", builtIn(models.RoleAdmin), false, hr, true},
		{"hr to admin, of the same rank", holder(hr), false, models.RoleAdmin, false},
		{"hr to finance", holder(hr), false, finance, false},
		{"full to hr", holder(full), false, hr, true},
		{"full to hr under a flat plan", holder(full), true, hr, true},
		{"hr to full under a flat plan", holder(hr), true, full, false},
		{"owner to finance", builtIn(models.RoleOwner), false, finance, true},
	} {
		tt.has.Flat = tt.flat
		m := models.Standing{UserID: "me", Role: tt.has.Role, Custom: tt.has.Custom, Active: true}
		if err := tt.has.CheckRoleChange(m, tt.to, 2); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	m := models.Standing{UserID: "me", Role: models.RoleOwner, Active: true}
	if err := builtIn(models.RoleOwner).CheckRoleChange(m, finance, 1); models.CodeOf(err) != models.CodeConflict {
		t.Errorf("the last owner takes a custom role: %v", err)
	}
}

func TestOwnersAreTouchedByOwnersAlone(t *testing.T) {
	full := custom("full", models.PermSettings, models.PermMembers, models.PermDecide, models.PermInvite, models.PermWorkspaces, models.PermAudit, models.PermBilling)
	owner := models.Standing{UserID: "you", Role: models.RoleOwner, Active: true}
	flat := builtIn(models.RoleMember)
	flat.Flat = true
	for name, a := range map[string]models.Access{"admin": builtIn(models.RoleAdmin), "full": holder(full), "flat member": flat} {
		if a.CheckRoleChange(owner, models.RoleViewer, 2) == nil || a.CheckRemove(owner, 2) == nil {
			t.Errorf("%s touches an owner", name)
		}
		if inv := (models.Invitation{Role: models.RoleOwner, State: models.StatePending}); a.CheckRevoke(inv) == nil || a.CheckDecide(models.MemberSettings{}, inv, models.RoleViewer) == nil {
			t.Errorf("%s touches an owner's invitation", name)
		}
		finance := models.Standing{UserID: "you", Role: models.RoleAdmin, Custom: custom("finance", models.PermBilling), Active: true}
		if err := a.CheckRemove(finance, 1); err != nil {
			t.Errorf("%s cannot remove somebody who is no owner: %v", name, err)
		}
	}
}

func TestDefine(t *testing.T) {
	admin, owner := builtIn(models.RoleAdmin), builtIn(models.RoleOwner)
	hr := custom("hr", models.PermMembers)
	flatHR := holder(hr)
	flatHR.Flat = true
	both := custom("hr", models.PermMembers, models.PermSettings)
	personal := owner
	personal.Personal = true
	wsRole := models.CustomRole{Name: "w", Scope: models.ScopeWorkspace, Grants: []models.Permission{models.PermWorkspaceView, models.PermProjectManage}}
	manager := holder(custom("m", models.PermMembers, models.PermWorkspaces))
	siteHR := holder(hr)
	siteHR.SiteAdmin = true
	for _, tt := range []struct {
		name   string
		access models.Access
		old    *models.CustomRole
		to     models.CustomRole
		ok     bool
	}{
		{"admin makes an auditor", admin, nil, *custom("auditor", models.PermAudit), true},
		{"admin makes finance", admin, nil, *custom("finance", models.PermBilling), false},
		{"owner makes finance", owner, nil, *custom("finance", models.PermBilling), true},
		{"member makes a looker", builtIn(models.RoleMember), nil, *custom("looker"), false},
		{"admin raises holders to billing", admin, hr, *custom("hr", models.PermMembers, models.PermBilling), false},
		{"admin takes billing away", admin, custom("finance", models.PermBilling), *custom("finance"), false},
		{"admin widens hr", admin, hr, *both, true},
		{"hr renames hr", holder(hr), hr, *custom("people", models.PermMembers), true},
		{"hr widens itself", holder(hr), hr, *both, false},
		{"hr widens itself under a flat plan", flatHR, hr, *both, false},
		{"hr widens itself as site admin", siteHR, hr, *both, true},
		{"hr narrows itself", holder(hr), hr, *custom("hr"), true},
		{"admin makes a workspace role", admin, nil, wsRole, true},
		{"hr makes a workspace role", holder(hr), nil, wsRole, false},
		{"manager of workspaces makes one", manager, nil, wsRole, true},
		{"in a personal workspace", personal, nil, *custom("looker"), false},
	} {
		err := tt.access.CheckDefine(tt.old, tt.to)
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err != nil && models.AsError(err).Hint == "" {
			t.Errorf("%s: no hint: %v", tt.name, err)
		}
	}
}

func TestRoleDraft(t *testing.T) {
	text := func(s string) *string { return &s }
	base := models.CustomRole{Scope: models.ScopeOrganization}
	r, err := models.RoleDraft{Name: text(" Auditor "), Permissions: []string{"AUDIT.read", "settings.change", "audit.read"}}.Apply(base)
	want := models.CustomRole{Name: "Auditor", Scope: models.ScopeOrganization, Grants: []models.Permission{models.PermView, models.PermSettings, models.PermAudit}}
	if diff := cmp.Diff(want, r); err != nil || diff != "" {
		t.Fatalf("%v\n%s", err, diff)
	}
	if r, err = (models.RoleDraft{Description: text("reads")}).Apply(r); err != nil || r.Name != "Auditor" || len(r.Grants) != 3 || r.Description != "reads" {
		t.Fatalf("what is left out changed: %+v, %v", r, err)
	}
	for name, d := range map[string]models.RoleDraft{
		"empty name":      {Name: text(" ")},
		"built-in name":   {Name: text("Owner")},
		"workspace name":  {Name: text("editor")},
		"name like an id": {Name: text("Role_1")},
		"hostile name":    {Name: text("a\u202eb")},
		"unknown":         {Permissions: []string{"everything"}},
		"later":           {Permissions: []string{"prompts.create"}},
		"owners only":     {Permissions: []string{"organization.delete"}},
		"wrong scope":     {Permissions: []string{"project.manage"}},
		"long":            {Description: text(strings.Repeat("x", models.MaxLongBytes+1))},
	} {
		if _, err := d.Apply(base); models.CodeOf(err) != models.CodeInvalid || models.AsError(err).Field == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	ws, err := models.RoleDraft{Permissions: []string{}}.Apply(models.CustomRole{Scope: models.ScopeWorkspace})
	if diff := cmp.Diff([]models.Permission{models.PermWorkspaceView}, ws.Grants); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestCustomRolesInvite(t *testing.T) {
	recruiter := custom("recruiter", models.PermInvite)
	chief := custom("chief", models.PermInvite, models.PermDecide)
	for _, tt := range []struct {
		policy models.InvitePolicy
		access models.Access
		want   models.InvitationState
	}{
		{models.PolicyMembers, holder(recruiter), models.StatePending},
		{models.PolicyApproval, holder(recruiter), models.StateRequested},
		{models.PolicyAdmins, holder(recruiter), ""},
		{models.PolicyApproval, holder(chief), models.StatePending},
		{models.PolicyAdmins, holder(chief), models.StatePending},
		{models.PolicyOwners, holder(chief), ""},
		{models.PolicyMembers, holder(custom("auditor", models.PermAudit)), ""},
	} {
		set := models.MemberSettings{InvitePolicy: tt.policy, SelfApproval: true}
		if got, err := tt.access.CheckInvite(set, models.RoleViewer); got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s as %s: %q, %v", tt.policy, tt.access.Custom.Name, got, err)
		}
	}
}
