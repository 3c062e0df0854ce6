package models_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/models"
)

func TestPlanNames(t *testing.T) {
	plans := models.DefaultPlans()
	if diff := cmp.Diff([]string{"explore", "team", "visionary", "enterprise"}, plans.Names()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"team", "visionary", "enterprise"}, plans.For(models.KindShared)); diff != "" {
		t.Error(diff)
	}
	if p, err := plans.Find(" Team ", models.KindShared); err != nil || p.Name != "team" {
		t.Errorf("%+v, %v", p, err)
	}
	_, err := plans.Find("gold\x1b[2J", models.KindShared)
	if e := models.AsError(err); e.Code != models.CodeInvalid || strings.Contains(e.Message, "\x1b") || e.Hint != "plans: team, visionary, enterprise" {
		t.Errorf("%+v", e)
	}
}

func TestPlanChange(t *testing.T) {
	site := models.Access{UserID: "me", SiteAdmin: true}
	personal := builtIn(models.RoleOwner)
	personal.Personal = true
	sitePersonal := site
	sitePersonal.Personal = true
	flat := builtIn(models.RoleViewer)
	flat.Flat = true
	small := models.Plan{Name: "small", Seats: 3, Workspaces: 1}
	roomy := models.Plan{Name: "roomy", Features: []models.Feature{models.FeatureCustomRoles, models.FeatureWorkspaces}}
	solo := models.Plan{Name: "solo", Personal: true, Seats: 1}
	none := models.Usage{Members: 1}
	for _, tt := range []struct {
		name        string
		access      models.Access
		to          models.Plan
		usage       models.Usage
		selfService bool
		code        models.Code
	}{
		{"site admin", site, small, none, false, ""},
		{"owner with self-service", builtIn(models.RoleOwner), small, none, true, ""},
		{"owner without", builtIn(models.RoleOwner), small, none, false, models.CodeDenied},
		{"finance with self-service", holder(custom("finance", models.PermBilling)), small, none, true, ""},
		{"admin", builtIn(models.RoleAdmin), small, none, true, models.CodeDenied},
		{"viewer under a flat plan", flat, small, none, true, models.CodeDenied},
		{"outsider", models.Access{}, small, none, true, models.CodeDenied},
		{"shared to personal", site, solo, none, true, models.CodeDenied},
		{"personal to shared", personal, roomy, none, true, models.CodeDenied},
		{"personal to shared by a site admin", sitePersonal, roomy, none, true, models.CodeDenied},
		{"personal to personal", personal, solo, none, true, ""},
		{"just fits", site, small, models.Usage{Members: 2, Pending: 1, Workspaces: 1}, true, ""},
		{"a seat short", site, small, models.Usage{Members: 3, Pending: 1}, true, models.CodeLimit},
		{"a workspace short", site, small, models.Usage{Workspaces: 2}, true, models.CodeLimit},
		{"no workspaces beside the first", site, models.Plan{Name: "plain", Workspaces: 9}, models.Usage{Workspaces: 2}, true, models.CodeLimit},
		{"roles in use", site, small, models.Usage{CustomRoles: 1, RoleHolders: 1}, true, models.CodeLimit},
		{"no limits", site, roomy, models.Usage{Members: 1e6, Pending: 1e6, Workspaces: 1e6, CustomRoles: 50}, true, ""},
	} {
		err := tt.access.CheckPlanChange(tt.to, tt.usage, tt.selfService)
		if models.CodeOf(err) != tt.code {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	err := site.CheckPlanChange(small, models.Usage{Members: 4, Pending: 1, Workspaces: 2, CustomRoles: 2, RoleHolders: 5}, true)
	want := "the plan small is too small: it has 3 seats, and 5 are in use: 4 active members and 1 pending invitation; " +
		"it has 1 workspace, and 2 are in use; it has no custom roles, and 2 are in use, by 5 members and invitations"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestPlanEffects(t *testing.T) {
	team := models.Plan{Name: "team", Features: []models.Feature{models.FeatureOrgSettings}}
	flat := models.Plan{Name: "flat", Features: []models.Feature{models.FeatureFlatRoles}}
	roles := map[models.Role]int{models.RoleOwner: 1, models.RoleAdmin: 2, models.RoleMember: 3, models.RoleViewer: 1}
	up := models.NewPlanChange(team, flat, models.Usage{}, roles)
	if len(up.Effects) != 2 || !strings.Contains(up.Effects[0], "4 members and viewers") || !strings.Contains(up.Effects[0], "leaves them admins") || !strings.Contains(up.Effects[1], "cannot be changed") {
		t.Errorf("%q", up.Effects)
	}
	if diff := cmp.Diff([]models.Feature{models.FeatureFlatRoles}, up.Gains); diff != "" {
		t.Error(diff)
	}
	down := models.NewPlanChange(flat, team, models.Usage{}, roles)
	if len(down.Effects) != 1 || !strings.Contains(down.Effects[0], "stays an admin") || !strings.Contains(down.Effects[0], "4 members and viewers") {
		t.Errorf("%q", down.Effects)
	}
}

func TestSeatsOfPlan(t *testing.T) {
	for _, tt := range []struct {
		plan, used int
		limit      string
		max        int
		full       bool
	}{
		{0, 1000, "", 0, false}, {3, 2, "", 3, false}, {3, 3, "", 3, true}, {3, 4, "", 3, true},
		{3, 2, "2", 2, true}, {0, 2, "2", 2, true}, {3, 2, "9", 3, false}, {3, 0, "junk", 3, false},
	} {
		s := models.SeatsOf(models.Plan{Seats: tt.plan}, tt.used, map[string]string{models.SetSeatLimit: tt.limit})
		if s.Max != tt.max || (models.CodeOf(s.CheckFree()) == models.CodeLimit) != tt.full {
			t.Errorf("%+v: %+v, %v", tt, s, s.CheckFree())
		}
	}
}

func TestPaymentIsNoCardNumber(t *testing.T) {
	for _, s := range []string{
		"4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "Visa 4111.1111.1111.1111", "my card 378282246310005 ok",
		"4111 1111 1111 1111 12/27", "exp 12/27 4111 1111 1111 1111", "30569309025904", "6011000990139424", "４１１１１１１１１１１１１１１１", "٤١١١١١١١١١١١١١١١",
		"4242 4242 4242 4242 cvc 123", "5019717010103742", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "(4111)(1111)(1111)(1111)", "6304000000000000000",
	} {
		_, err := models.CheckPayment(models.SetPayment, s)
		e := models.AsError(err)
		if err == nil || e.Code != models.CodeInvalid || e.Field != models.SetPayment {
			t.Errorf("%q passed: %v", s, err)
			continue
		}
		for _, told := range []string{e.Message, e.Hint} {
			if strings.Contains(told, "1111") || strings.Contains(told, s) {
				t.Errorf("the error repeats the number: %q", told)
			}
		}
	}
	for _, s := range []string{
		"", "Visa ending 4242", "Invoice, 30 days", "cus_NffrFeUfNV2Hib", "PO 2026-000017", "4111111111111112", "Visa 4242 12/27",
		"DE89370400440532013000", "41111111111", "a4111b1111c1111d1111",
	} {
		if got, err := models.CheckPayment(models.SetPayment, s); err != nil || got != s {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
}
