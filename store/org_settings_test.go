package store_test

import (
	"strings"
	"testing"

	"muster/models"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	change := func(a models.Actor, force bool, c ...models.SettingChange) error {
		_, err := s.s.UpdateSettings(s.ctx, a, s.acme, c, force)
		return err
	}
	is := func(v string) *string { return &v }
	// All or none.
	wantCode(t, change(s.owner, false, models.SettingChange{Key: models.SetMOTD, Value: "hi"}, models.SettingChange{Key: models.SetName, Value: ""}), models.CodeInvalid)
	wantCode(t, change(s.owner, false, models.SettingChange{Key: models.SetMOTD, Value: "hi"}, models.SettingChange{Key: models.SetMOTD, Value: "ho"}), models.CodeInvalid)
	if v := must[models.OrgView](t)(s.s.Organization(s.ctx, s.owner, s.acme)); v.MOTD != "" {
		t.Error("half of it was saved")
	}
	// A stale form is a conflict that shows what there is; the same value is none.
	if err := change(s.owner, false, models.SettingChange{Key: models.SetMOTD, Value: "one", Base: is("")}); err != nil {
		t.Fatal(err)
	}
	err := change(s.admin, false, models.SettingChange{Key: models.SetMOTD, Value: "two", Base: is("")})
	wantCode(t, err, models.CodeConflict)
	if !strings.Contains(err.Error(), `general.message_of_the_day is now "one"`) {
		t.Error(err)
	}
	if err := change(s.admin, false, models.SettingChange{Key: models.SetMOTD, Value: "one", Base: is("")}); err != nil {
		t.Error(err)
	}
	// Nothing that locks its author out, unless forced.
	wantCode(t, change(s.admin, false, models.SettingChange{Key: models.SetInvite, Value: "owners"}), models.CodeConflict)
	if err := change(s.admin, true, models.SettingChange{Key: models.SetInvite, Value: "owners"}); err != nil {
		t.Error(err)
	}
	s.set(s.owner, s.acme, models.SetInvite, "approval")
	must[models.Member](t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.admin.UserID, models.RoleMember))
	wantCode(t, change(s.owner, false, models.SettingChange{Key: models.SetSelfApproval, Value: "off"}), models.CodeConflict)
	must[models.Member](t)(s.s.ChangeRole(s.ctx, s.owner, s.acme, s.admin.UserID, models.RoleAdmin))
	if err := change(s.owner, false, models.SettingChange{Key: models.SetSelfApproval, Value: "off"}); err != nil {
		t.Error(err)
	}
	// Codes are unique whatever their case, and an organization keeps finding itself.
	wantCode(t, change(s.owner, false, models.SettingChange{Key: models.SetCode, Value: "home"}), models.CodeConflict)
	if err := change(s.owner, false, models.SettingChange{Key: models.SetCode, Value: "acme"}); err != nil {
		t.Error(err)
	}
	if v := must[models.OrgView](t)(s.s.Organization(s.ctx, s.owner, "ACME")); v.Code != "acme" {
		t.Errorf("%+v", v)
	}
	// The personal workspace has a name, and neither a code nor invitations.
	home := must[[]models.OrgEntry](t)(s.s.ListOrganizations(s.ctx, s.owner))[0]
	for _, key := range []string{models.SetCode, models.SetInvite} {
		_, err := s.s.UpdateSettings(s.ctx, s.owner, home.ID, []models.SettingChange{{Key: key, Value: "owners"}}, true)
		wantCode(t, err, models.CodeDenied)
	}
	_, err = s.s.CreateInvitation(s.ctx, s.owner, home.ID, models.NewInvitation{Email: "x@example.com"})
	wantCode(t, err, models.CodeDenied)
	wantCode(t, s.s.Leave(s.ctx, s.owner, home.ID), models.CodeDenied)
	_, err = s.s.RemoveMember(s.ctx, s.root, home.ID, s.owner.UserID)
	wantCode(t, err, models.CodeNotFound)
	_, err = s.s.ChangeRole(s.ctx, s.root, home.ID, s.owner.UserID, models.RoleViewer)
	wantCode(t, err, models.CodeNotFound)
	s.sound()
}
