package models_test

import (
	"strings"
	"testing"

	"muster/models"
)

func TestAsk(t *testing.T) {
	open := models.Facts{Settings: models.MemberSettings{InvitePolicy: models.PolicyApproval, SelfApproval: true}, Plan: models.DefaultPlans()[models.PlanVisionary], SelfService: true}
	full, plain, closed, owners := open, open, open, open
	full.Seats = models.Seats{Used: 3, Max: 3}
	plain.Plan = models.DefaultPlans()[models.PlanTeam]
	closed.SelfService = false
	owners.Settings.InvitePolicy = models.PolicyOwners
	unpaid, unpaidMember := builtIn(models.RoleOwner), builtIn(models.RoleMember)
	unpaid.Unpaid, unpaidMember.Unpaid = true, true
	personal := builtIn(models.RoleOwner)
	personal.Personal = true
	flat := builtIn(models.RoleViewer)
	flat.Flat = true
	site := models.Access{UserID: "me", SiteAdmin: true}
	finance := holder(custom("finance", models.PermBilling))
	for _, tt := range []struct {
		name    string
		access  models.Access
		action  string
		facts   models.Facts
		allowed bool
		reach   models.Extent
		says    string // in because or rule
		helps   models.Permission
	}{
		{"admin on settings", builtIn(models.RoleAdmin), "settings", open, true, models.ExtentAll, "as an admin", ""},
		{"admin on members", builtIn(models.RoleAdmin), "members.manage", open, true, models.ExtentNotOwners, "as an admin", ""},
		{"admin on billing", builtIn(models.RoleAdmin), "billing", open, false, "", "an admin may not see and change billing", models.PermBilling},
		{"finance on billing", finance, "billing.manage", open, true, models.ExtentAll, "as the role finance", ""},
		{"finance on settings", finance, "settings", open, false, "", "the role finance may not change settings", models.PermSettings},
		{"viewer on settings", builtIn(models.RoleViewer), "settings", open, false, "", "a viewer may not", models.PermSettings},
		{"viewer on the log", builtIn(models.RoleViewer), "audit", open, false, models.ExtentOwn, "a viewer may not read", models.PermAudit},
		{"viewer invites", builtIn(models.RoleViewer), "invite", open, false, "", "a viewer may not invite", models.PermMembers},
		{"member invites", builtIn(models.RoleMember), "INVITE", open, true, models.ExtentPolicy, "decides each", ""},
		{"member proposes though seats are full", builtIn(models.RoleMember), "invite", full, true, models.ExtentPolicy, "decides each", ""},
		{"admin invites without a seat", builtIn(models.RoleAdmin), "invite", full, false, "", "all 3 seats", models.PermMembers},
		{"admin invites where owners do", builtIn(models.RoleAdmin), "invite", owners, false, "", "only owners may invite", models.PermSettings},
		{"owner invites unpaid", unpaid, "invite", open, false, "", "no payment method", models.PermBilling},
		{"member invites unpaid", unpaidMember, "invite", open, false, "", "no payment method", models.PermBilling},
		{"flat viewer on settings", flat, "settings", open, true, models.ExtentAll, "everybody is under this plan", ""},
		{"flat viewer on billing", flat, "billing", open, false, "", "an admin may not", models.PermBilling},
		{"site admin deletes", site, "delete", open, true, models.ExtentAll, "as site admin", ""},
		{"in a personal workspace", personal, "invite", open, false, "", "personal workspace", ""},
		{"roles", builtIn(models.RoleAdmin), "roles", open, true, models.ExtentNotOwners, "", ""},
		{"roles without the feature", builtIn(models.RoleAdmin), "roles", plain, false, "", "does not have custom roles", models.PermBilling},
		{"plan", builtIn(models.RoleOwner), "plan", open, true, models.ExtentAll, "", ""},
		{"plan without self-service", builtIn(models.RoleOwner), "plan", closed, false, "", "only site admins", ""},
		{"plan as an admin", builtIn(models.RoleAdmin), "plan", open, false, "", "an admin may not", models.PermBilling},
	} {
		act, err := models.FindAction(tt.action)
		if err != nil {
			t.Fatal(err)
		}
		r := tt.access.Ask(act, tt.facts)
		said := r.Rule
		if r.Allowed {
			said = r.Because
		}
		if r.Allowed != tt.allowed || r.Extent != tt.reach && r.Allowed || !strings.Contains(said, tt.says) || !tt.allowed && r.Helps != tt.helps {
			t.Errorf("%s: %+v", tt.name, r)
		}
		if !r.Allowed && (r.Rule == "" || r.Hint == "" || r.Because != "" || r.Extent != tt.reach) || r.Allowed && (r.Rule != "" || r.Because == "") {
			t.Errorf("%s is badly told: %+v", tt.name, r)
		}
	}
	seen := map[string]bool{}
	for _, a := range models.Actions() {
		for _, w := range append(a.Also, a.Name) {
			if seen[w] {
				t.Errorf("%q means two actions", w)
			}
			seen[w] = true
		}
	}
	if _, err := models.FindAction("fly\x1b"); models.CodeOf(err) != models.CodeInvalid || !strings.Contains(models.AsError(err).Hint, "invitations.create") {
		t.Errorf("%+v", models.AsError(err))
	}
}
