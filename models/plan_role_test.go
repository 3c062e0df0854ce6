package models_test

import (
	"strings"
	"testing"
	"time"

	"muster/models"
)

func TestFlatRoles(t *testing.T) {
	auditor := &models.CustomRole{ID: "role_1", Name: "auditor", Scope: models.ScopeOrganization}
	without := models.Plan{Name: "team"}
	custom := models.Plan{Name: "enterprise", Features: []models.Feature{models.FeatureCustomRoles}}
	both := models.Plan{Name: "flat", Features: []models.Feature{models.FeatureCustomRoles, models.FeatureFlatRoles}}
	for role, want := range map[models.AnyRole]string{ // without, custom, both
		models.RoleOwner: "+++", models.RoleAdmin: "+++", models.RoleMember: "++-", models.RoleViewer: "++-", auditor: "-+-",
	} {
		got := ""
		for _, p := range []models.Plan{without, custom, both} {
			err := p.CheckRole(models.Access{Flat: p.Has(models.FeatureFlatRoles)}, role)
			if err == nil {
				got += "+"
				continue
			}
			got += "-"
			if models.CodeOf(err) != models.CodeDenied || p.Name == "flat" && !strings.Contains(err.Error(), "everybody except the owners is an admin") {
				t.Errorf("%s under %s: %v", role.Label(), p.Name, err)
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", role.Label(), got, want)
		}
	}
	set := models.MemberSettings{DefaultRole: models.RoleViewer}
	flat := models.Access{Flat: true}
	if a, b := flat.DefaultRole(set), (models.Access{}).DefaultRole(set); a != models.RoleAdmin || b != models.RoleViewer {
		t.Errorf("the default is %s, and elsewhere %s", a, b)
	}
}

func TestWhyAnInvitationIsBack(t *testing.T) {
	at := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	back := models.Invitation{State: models.StateRequested, ReturnedAt: &at, Reason: "ada can no longer approve it: a viewer may not"}
	if got, want := back.Why(), "back for a new decision: ada can no longer approve it: a viewer may not"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := (models.Invitation{State: models.StateRejected, Reason: "no"}).Why(); got != "no" {
		t.Errorf("%q", got)
	}
}
