package store_test

import (
	"slices"
	"testing"

	"muster/models"
)

// TestOnlyTheMachineItselfIsLocal holds that an actor without an address and a key
// is held to every Security rule, unless they came by the local door
// (docs/rules.md, "Settings").
func TestOnlyTheMachineItselfIsLocal(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleOwner)
	rules := map[string]models.Requirement{
		models.SetIPAllowlist: models.NeedAddress, models.SetHardwareKeyRequired: models.NeedHardwareKey, models.SetTwoFactor: models.NeedSecondFactor,
	}
	on := map[string]string{models.SetIPAllowlist: "192.0.2.0/24", models.SetHardwareKeyRequired: models.On, models.SetTwoFactor: "required"}
	off := map[string]string{models.SetIPAllowlist: "", models.SetHardwareKeyRequired: models.Off, models.SetTwoFactor: models.Off}
	for key, requirement := range rules {
		w.set(ada, acme.ID, key, on[key])
		for _, a := range []models.Actor{
			{Via: models.ViaAPI}, {Via: models.ViaAPI, Door: models.DoorHTTP}, {Via: models.ViaSSH}, {Via: models.ViaTUI}, {Via: models.ViaTUI, Door: models.DoorSSH},
			{Via: models.ViaLocal, Door: models.DoorHTTP}, {},
		} {
			a.UserID = bob.UserID
			w.wantRequirement(a, acme.ID, requirement)
			_, err := w.s.UpdateSettings(w.ctx, a, acme.ID, []models.SettingChange{{Key: key, Value: off[key]}}, true)
			if models.RequirementOf(err) != requirement {
				t.Errorf("%s: %+v changes it: %v", key, a, err)
			}
		}
		for _, a := range []models.Actor{{Via: models.ViaLocal}, {Via: models.ViaTUI, Door: models.DoorLocal}} {
			a.UserID = bob.UserID
			w.wantRequirement(a, acme.ID, "")
		}
		w.set(ada, acme.ID, key, off[key])
	}
}

// TestWhatATokenLeadsInto holds that a token for one organization leads into no
// other, by whatever way, and that none changes Security settings.
func TestWhatATokenLeadsInto(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme, evil := w.acme(ada), w.org(ada, "EVIL")
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleOwner)
	inv, err := w.s.CreateInvitation(w.ctx, ada, evil.ID, models.NewInvitation{Email: "bob@example.com", Role: models.RoleOwner})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.AcceptInvitation(w.ctx, bob, inv.ID); err != nil {
		t.Fatal(err)
	}
	other, err := w.s.CreateInvitation(w.ctx, bob, evil.ID, models.NewInvitation{Email: "cy@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	token := bob
	for _, name := range []string{"ACME", "acme", acme.ID} {
		token.Grant = &models.Grant{Organization: name}
		if _, err := w.s.Organization(w.ctx, token, acme.ID); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_, there := w.s.Organization(w.ctx, token, evil.ID)
		_, nowhere := w.s.Organization(w.ctx, token, "org_0")
		wantCode(t, there, models.CodeNotFound)
		if there == nil || nowhere == nil || there.Error() != nowhere.Error() {
			t.Errorf("%s: %v, and for none %v", name, there, nowhere)
		}
		_, err := w.s.Invitation(w.ctx, token, "", other.ID)
		wantCode(t, err, models.CodeNotFound)
		_, err = w.s.RevokeInvitation(w.ctx, token, "", other.ID)
		wantCode(t, err, models.CodeNotFound)
	}
	for _, key := range []string{models.SetIPAllowlist, models.SetTwoFactor} {
		before := "required"
		if key == models.SetIPAllowlist {
			before = "192.0.2.0/24"
		}
		_, err := w.s.UpdateSettings(w.ctx, token, acme.ID, []models.SettingChange{{Key: key, Value: before}}, true)
		wantCode(t, err, models.CodeDenied)
	}
	if _, err := w.s.UpdateSettings(w.ctx, token, acme.ID, []models.SettingChange{{Key: models.SetMOTD, Value: "hello"}}, false); err != nil {
		t.Errorf("another setting: %v", err)
	}
	if list := must[[]models.OrgEntry](t)(w.s.ListOrganizations(w.ctx, bob)); !slices.ContainsFunc(list, func(e models.OrgEntry) bool { return e.ID == evil.ID }) {
		t.Error("without the token the other one is gone as well")
	}
}
