package store_test

import (
	"testing"
	"time"

	"muster/models"
)

func (x *team) nominate(by, whom models.Actor) models.Transfer {
	x.t.Helper()
	tr, err := x.s.Nominate(x.ctx, by, x.acme, whom.UserID)
	if err != nil {
		x.t.Fatal(err)
	}
	return tr
}

func (x *team) roleOf(a models.Actor) models.Role {
	x.t.Helper()
	return x.member(a).Role
}

func TestTransferSwapsAtOnce(t *testing.T) {
	x := newTeam(t)
	if v := x.view(); v.PrimaryOwner != x.ada.UserID || v.ActiveOwners != 2 {
		t.Fatalf("a new organization: %+v", v)
	}
	var tr models.Transfer
	x.hears(x.cy.UserID, func() { tr = x.nominate(x.ada, x.cy) })
	if !tr.Primary || tr.FromEmail != "ada@example.com" || tr.NomineeEmail != "cy@example.com" || !tr.ExpiresAt.Equal(start.Add(models.TransferTime)) {
		t.Fatalf("nomination: %+v", tr)
	}
	_, err := x.s.Nominate(x.ctx, x.ada, x.acme, x.bob.UserID)
	wantCode(t, err, models.CodeConflict)

	// The nominee sees it in the switcher and the organization; others do not.
	list, err := x.s.ListOrganizations(x.ctx, x.cy)
	if err != nil || list[1].NominationID != tr.ID || list[1].NominatedBy != "ada@example.com" || list[1].AnswerUntil == nil {
		t.Errorf("the nominee's switcher: %+v, %v", list, err)
	}
	for _, c := range []struct {
		a    models.Actor
		sees int
	}{{x.cy, 1}, {x.olga, 1}, {x.ada, 1}, {x.bob, 0}, {x.vera, 0}} {
		v, err := x.s.Organization(x.ctx, c.a, x.acme)
		if err != nil || len(v.Transfers) != c.sees {
			t.Errorf("%s sees %d nominations, want %d (%v)", c.a.UserID, len(v.Transfers), c.sees, err)
		}
	}
	if mine, err := x.s.Nominations(x.ctx, x.cy); err != nil || len(mine) != 1 || !mine[0].IsNominee {
		t.Errorf("nominations: %+v, %v", mine, err)
	}

	// Nobody answers for the nominee.
	_, err = x.s.AcceptTransfer(x.ctx, x.olga, tr.ID)
	wantCode(t, err, models.CodeDenied)
	_, err = x.s.AcceptTransfer(x.ctx, x.bob, tr.ID)
	wantCode(t, err, models.CodeNotFound)
	_, err = x.s.DeclineTransfer(x.ctx, x.vera, tr.ID)
	wantCode(t, err, models.CodeNotFound)
	_, err = x.s.CancelTransfer(x.ctx, x.bob, tr.ID)
	wantCode(t, err, models.CodeNotFound)
	_, err = x.s.CancelTransfer(x.ctx, x.cy, tr.ID)
	wantCode(t, err, models.CodeDenied)

	v, err := x.s.AcceptTransfer(x.ctx, x.cy, "acme")
	if err != nil || v.Role != models.RoleOwner || v.PrimaryOwner != x.cy.UserID {
		t.Fatalf("accept: %+v, %v", v, err)
	}
	if x.roleOf(x.ada) != models.RoleAdmin || x.roleOf(x.olga) != models.RoleOwner {
		t.Error("the former owner is no admin, or the co-owner changed")
	}
	_, err = x.s.AcceptTransfer(x.ctx, x.cy, tr.ID)
	wantCode(t, err, models.CodeGone)
	_, err = x.s.AcceptTransfer(x.ctx, x.cy, "acme")
	wantCode(t, err, models.CodeGone)
	_, err = x.s.AcceptTransfer(x.ctx, x.bob, "acme")
	wantCode(t, err, models.CodeNotFound)
	x.sound()
}

func TestACoOwnerHandsOverOnlyTheirOwn(t *testing.T) {
	x := newTeam(t)
	tr := x.nominate(x.olga, x.cy)
	if tr.Primary {
		t.Error("a co-owner hands over the primary ownership")
	}
	second := x.nominate(x.ada, x.bob)
	if _, err := x.s.AcceptTransfer(x.ctx, x.cy, tr.ID); err != nil {
		t.Fatal(err)
	}
	if v := x.view(); v.PrimaryOwner != x.ada.UserID || x.roleOf(x.olga) != models.RoleAdmin {
		t.Errorf("after the co-owner's transfer: %+v", v)
	}
	if _, err := x.s.AcceptTransfer(x.ctx, x.bob, second.ID); err != nil {
		t.Fatal(err)
	}
	if v := x.view(); v.PrimaryOwner != x.bob.UserID || v.ActiveOwners != 2 {
		t.Errorf("after both: %+v", v)
	}
	x.sound()
}

func TestNominationsThatNoLongerHold(t *testing.T) {
	alone(t)
	for _, c := range []struct {
		name string
		do   func(x *team) error
		want models.Code
	}{
		{"the nominator was demoted", func(x *team) error {
			_, err := x.s.ChangeRole(x.ctx, x.ada, x.acme, x.olga.UserID, models.RoleAdmin)
			return err
		}, models.CodeGone},
		{"the nominator came back as an owner", func(x *team) error {
			if _, err := x.s.ChangeRole(x.ctx, x.ada, x.acme, x.olga.UserID, models.RoleAdmin); err != nil {
				return err
			}
			_, err := x.s.ChangeRole(x.ctx, x.ada, x.acme, x.olga.UserID, models.RoleOwner)
			return err
		}, models.CodeGone},
		{"the nominator left", func(x *team) error { return x.s.Leave(x.ctx, x.olga, x.acme) }, models.CodeGone},
		{"the nominator's account was suspended", func(x *team) error {
			_, err := x.s.SuspendUser(x.ctx, x.ada, "", x.olga.UserID, "")
			return err
		}, models.CodeGone},
		{"the nominator's account was deleted", func(x *team) error {
			_, err := x.s.DeleteUser(x.ctx, x.ada, "", x.olga.UserID, "olga@example.com")
			return err
		}, models.CodeGone},
		{"the nominee was removed", func(x *team) error {
			_, err := x.s.RemoveMember(x.ctx, x.ada, x.acme, x.cy.UserID)
			return err
		}, models.CodeNotFound}, // whoever is out hears nothing any more
		{"the nominee was suspended and came back", func(x *team) error {
			if _, err := x.s.SuspendMember(x.ctx, x.ada, x.acme, x.cy.UserID, ""); err != nil {
				return err
			}
			_, err := x.s.ReactivateMember(x.ctx, x.ada, x.acme, x.cy.UserID)
			return err
		}, models.CodeGone},
		{"the nominee is an owner by now", func(x *team) error {
			_, err := x.s.ChangeRole(x.ctx, x.ada, x.acme, x.cy.UserID, models.RoleOwner)
			return err
		}, models.CodeGone},
		{"it was cancelled by another owner", func(x *team) error {
			_, err := x.s.CancelTransfer(x.ctx, x.ada, x.view().Transfers[0].ID)
			return err
		}, models.CodeGone},
		{"it was declined", func(x *team) error { _, err := x.s.DeclineTransfer(x.ctx, x.cy, "ACME"); return err }, models.CodeGone},
		{"seven days went by", func(x *team) error { x.clock.Advance(models.TransferTime); return nil }, models.CodeGone},
		{"seven days went by and were swept", func(x *team) error {
			x.clock.Advance(models.TransferTime)
			return x.s.Sweep(x.ctx)
		}, models.CodeGone},
		{"the organization was deleted", func(x *team) error {
			_, err := x.s.DeleteOrganization(x.ctx, x.ada, x.acme, "ACME")
			return err
		}, models.CodeNotFound},
		{"the nominee's role changed", func(x *team) error {
			_, err := x.s.ChangeRole(x.ctx, x.ada, x.acme, x.cy.UserID, models.RoleViewer)
			return err
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newTeam(t)
			tr := x.nominate(x.olga, x.cy)
			if err := c.do(x); err != nil {
				t.Fatal(err)
			}
			if mine, err := x.s.Nominations(x.ctx, x.cy); err != nil || (len(mine) == 0) != (c.want != "" && c.name != "the nominee is an owner by now") {
				t.Errorf("still shown: %+v, %v", mine, err)
			}
			_, err := x.s.AcceptTransfer(x.ctx, x.cy, tr.ID)
			wantCode(t, err, c.want)
			x.sound()
		})
	}
}

func TestASiteAdminNominatesForThePrimaryOwner(t *testing.T) {
	x := newTeam(t)
	x.nominate(x.ada, x.olga) // a co-owner may be made the primary one
	if _, err := x.s.AcceptTransfer(x.ctx, x.olga, x.acme); err != nil {
		t.Fatal(err)
	}
	if err := x.s.Leave(x.ctx, x.ada, x.acme); err != nil {
		t.Fatal(err)
	}
	tr := x.nominate(x.ada, x.bob)
	if tr.FromID != x.olga.UserID || tr.NominatedBy != "ada@example.com" {
		t.Fatalf("nomination by a site admin: %+v", tr)
	}
	page, err := x.s.ListAudit(x.ctx, x.ada, x.acme, models.AuditQuery{Action: "transfer.nominate", Limit: 1})
	if err != nil || page.Items[0].ActingAs != models.AsSiteAdmin {
		t.Errorf("the log: %+v, %v", page.Items, err)
	}
	if _, err := x.s.AcceptTransfer(x.ctx, x.bob, tr.ID); err != nil {
		t.Fatal(err)
	}
	if v := x.view(); v.PrimaryOwner != x.bob.UserID || v.ActiveOwners != 1 {
		t.Errorf("after it: %+v", v)
	}
	// The one who took over is the last owner now, whatever end was set before.
	_, err = x.s.ChangeRole(x.ctx, x.bob, x.acme, x.bob.UserID, models.RoleMember)
	wantCode(t, err, models.CodeConflict)
}

func TestWhoTakesOverStaysWithoutAnEnd(t *testing.T) {
	x := newTeam(t)
	if err := x.s.Leave(x.ctx, x.olga, x.acme); err != nil {
		t.Fatal(err)
	}
	end := start.Add(time.Hour)
	if _, err := x.s.SetMemberEnd(x.ctx, x.ada, x.acme, x.cy.UserID, &end); err != nil {
		t.Fatal(err)
	}
	x.nominate(x.ada, x.cy)
	if _, err := x.s.AcceptTransfer(x.ctx, x.cy, x.acme); err != nil {
		t.Fatal(err)
	}
	x.clock.Advance(2 * time.Hour)
	x.enters(x.cy, "")
	if v := x.view(); v.ActiveOwners != 1 || v.PrimaryOwner != x.cy.UserID {
		t.Errorf("after the end that was set before: %+v", v)
	}
}

func TestThePrimaryOwnerIsFollowedByTheLongestStanding(t *testing.T) {
	alone(t)
	for name, do := range map[string]func(x *team) error{
		"leaves": func(x *team) error { return x.s.Leave(x.ctx, x.ada, x.acme) },
		"is removed": func(x *team) error {
			_, err := x.s.RemoveMember(x.ctx, x.olga, x.acme, x.ada.UserID)
			return err
		},
		"is demoted": func(x *team) error {
			_, err := x.s.ChangeRole(x.ctx, x.olga, x.acme, x.ada.UserID, models.RoleViewer)
			return err
		},
		"is suspended": func(x *team) error {
			_, err := x.s.SuspendMember(x.ctx, x.olga, x.acme, x.ada.UserID, "")
			return err
		},
		"will end": func(x *team) error {
			end := x.clock.Now().Add(time.Hour)
			_, err := x.s.SetMemberEnd(x.ctx, x.olga, x.acme, x.ada.UserID, &end)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := newTeam(t)
			x.clock.Advance(time.Hour)
			x.join(x.ada, x.acme, "zoe@example.com", models.RoleOwner)
			if err := do(x); err != nil {
				t.Fatal(err)
			}
			if v := x.view(); v.PrimaryOwner != x.olga.UserID {
				t.Errorf("the primary owner is %s, want olga %s", v.PrimaryOwner, x.olga.UserID)
			}
			page, err := x.s.ListAudit(x.ctx, x.olga, x.acme, models.AuditQuery{Action: "organization.primary"})
			if err != nil || len(page.Items) != 1 || page.Items[0].TargetID != x.olga.UserID {
				t.Errorf("the log: %+v, %v", page.Items, err)
			}
			x.sound()
		})
	}
}
