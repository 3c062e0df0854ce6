package store_test

import (
	"testing"

	"muster/models"
)

// Leaving and declining ownership work for whom the Security settings keep out;
// nothing else does.
func TestLeavingAndDecliningAlwaysWork(t *testing.T) {
	for _, rule := range [][2]string{{models.SetTwoFactor, "required"}, {models.SetIPAllowlist, "198.51.100.0/24"}, {models.SetHardwareKeyRequired, "on"}} {
		x := newTeam(t)
		for _, a := range []*models.Actor{&x.cy, &x.bob} {
			a.Via, a.Address = models.ViaSSH, "192.0.2.1"
		}
		offer := must[models.Transfer](t)(x.s.Nominate(x.ctx, x.ada, x.acme, x.bob.UserID))
		x.force(x.ada, x.acme, rule[0], rule[1])
		_, err := x.s.AcceptTransfer(x.ctx, x.bob, offer.ID)
		if models.RequirementOf(err) == "" {
			t.Errorf("%s: accepting: %v", rule[0], err)
		}
		if _, err := x.s.RemoveMember(x.ctx, x.bob, x.acme, x.cy.UserID); models.RequirementOf(err) == "" {
			t.Errorf("%s: removing: %v", rule[0], err)
		}
		if v, err := x.s.DeclineTransfer(x.ctx, x.bob, offer.ID); err != nil || v.Status != models.TransferDeclined {
			t.Errorf("%s: declining: %+v, %v", rule[0], v, err)
		}
		if err := x.s.Leave(x.ctx, x.cy, x.acme); err != nil {
			t.Errorf("%s: leaving: %v", rule[0], err)
		}
		x.sound()
	}
}

// force saves a setting even where it keeps its author out.
func (x *team) force(a models.Actor, org, key, value string) {
	x.t.Helper()
	if _, err := x.s.UpdateSettings(x.ctx, a, org, []models.SettingChange{{Key: key, Value: value}}, true); err != nil {
		x.t.Fatal(err)
	}
}
