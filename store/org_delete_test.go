package store_test

import (
	"fmt"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

func TestADeletedOrganizationIsGoneForEverybody(t *testing.T) {
	x := newTeam(t)
	inv, err := x.s.CreateInvitation(x.ctx, x.ada, x.acme, models.NewInvitation{Email: "dee@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	code, err := x.s.JoinCode(x.ctx, x.ada, x.acme, inv.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []models.Actor{x.bob, x.cy, x.vera} {
		_, err := x.s.DeleteOrganization(x.ctx, a, x.acme, "ACME")
		wantCode(t, err, models.CodeDenied)
		_, err = x.s.DeletionConsequences(x.ctx, a, x.acme)
		wantCode(t, err, models.CodeDenied)
	}
	_, err = x.s.DeleteOrganization(x.ctx, x.olga, x.acme, "acmee")
	wantCode(t, err, models.CodeInvalid)
	c, err := x.s.DeletionConsequences(x.ctx, x.olga, x.acme)
	if err != nil || c.Members != 5 || c.Invitations != 1 || !c.RestorableUntil.Equal(start.Add(models.RestoreTime)) {
		t.Fatalf("consequences: %+v, %v", c, err)
	}
	other := x.open()
	sub := other.Subscribe(x.acme)
	defer sub.Close()
	if _, err := x.s.DeleteOrganization(x.ctx, x.olga, x.acme, "acme"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-sub.C:
	case <-time.After(10 * time.Second):
		t.Fatal("another process did not hear of it")
	}

	for _, a := range []models.Actor{x.ada, x.olga, x.bob, x.cy} {
		x.enters(a, models.CodeNotFound)
		if list, err := x.s.ListOrganizations(x.ctx, a); err != nil || len(list) != 1 {
			t.Errorf("the switcher: %+v, %v", list, err)
		}
	}
	stranger := models.Actor{Via: models.ViaSSH, Key: key("dee").Fingerprint}
	_, err = x.s.LookupCode(x.ctx, stranger, code)
	wantCode(t, err, models.CodeNotFound)
	_, _, err = x.s.AcceptCode(x.ctx, stranger, code, "Dee", key("dee"))
	wantCode(t, err, models.CodeNotFound)
	x.clock.Advance(time.Minute)
	if jobs, err := x.s.ClaimMail(x.ctx, 10, time.Minute); err != nil || len(jobs) != 0 {
		t.Errorf("mails leave a deleted organization: %+v, %v", jobs, err)
	}
	_, err = x.s.CreateOrganization(x.ctx, x.bob, store.NewOrganization{Name: "Other", Code: "Acme"})
	wantCode(t, err, models.CodeConflict)

	// Only a site admin sees it, and brings it back.
	for _, a := range []models.Actor{x.olga, x.bob} {
		_, err = x.s.RestoreOrganization(x.ctx, a, "ACME")
		wantCode(t, err, models.CodeNotFound)
	}
	gone, err := x.s.AllOrganizations(x.ctx, x.ada, models.OrgQuery{Deleted: true})
	if err != nil || len(gone.Items) != 1 || gone.Total != 1 || gone.Items[0].DeletedBy != "olga@example.com" || gone.Items[0].RestorableUntil == nil {
		t.Fatalf("deleted ones: %+v, %v", gone, err)
	}
	v, err := x.s.RestoreOrganization(x.ctx, x.ada, "acme")
	if err != nil || v.Members.Total != 5 || v.PrimaryOwner != x.ada.UserID {
		t.Fatalf("restore: %+v, %v", v, err)
	}
	x.enters(x.cy, "")
	if _, err := x.s.LookupCode(x.ctx, stranger, code); err != nil {
		t.Errorf("the code after the restore: %v", err)
	}
	_, err = x.s.RestoreOrganization(x.ctx, x.ada, "acme")
	wantCode(t, err, models.CodeConflict)
	_, err = x.s.RestoreOrganization(x.ctx, x.bob, "acme")
	wantCode(t, err, models.CodeDenied)
	x.sound()
}

func TestPurgeRemovesRowsAndKeepsTheChains(t *testing.T) {
	x := newTeam(t)
	for i := range 5 {
		if _, err := x.s.CreateInvitation(x.ctx, x.ada, x.acme, models.NewInvitation{Email: fmt.Sprintf("p%d@example.com", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := x.s.RemoveMember(x.ctx, x.ada, x.acme, x.vera.UserID); err != nil {
		t.Fatal(err)
	}
	x.nominate(x.ada, x.cy)
	if _, err := x.s.DeleteOrganization(x.ctx, x.ada, x.acme, "ACME"); err != nil {
		t.Fatal(err)
	}
	if at, ok, err := x.s.NextSweep(x.ctx); err != nil || !ok || at.After(start.Add(models.RestoreTime)) {
		t.Errorf("next sweep: %v %v %v", at, ok, err)
	}
	x.clock.Advance(models.RestoreTime - time.Second)
	if r, err := x.s.Purge(x.ctx); err != nil || len(r.Organizations) != 0 {
		t.Fatalf("purged too early: %+v, %v", r, err)
	}
	x.clock.Advance(time.Second)
	_, err := x.s.RestoreOrganization(x.ctx, x.ada, "acme")
	wantCode(t, err, models.CodeGone)
	r, err := x.s.Purge(x.ctx)
	if err != nil || len(r.Organizations) != 1 || r.Organizations[0] != "ACME" {
		t.Fatalf("purge: %+v, %v", r, err)
	}
	if r, err := x.s.Purge(x.ctx); err != nil || len(r.Organizations) != 0 {
		t.Fatalf("purged twice: %+v, %v", r, err)
	}
	x.sound()
	reports, err := x.s.VerifyAll(x.ctx)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range reports {
		found = found || r.OrgID == x.acme && r.Entries > 10
	}
	if !found {
		t.Error("the chain of the purged organization is gone")
	}
	all, err := x.s.AllOrganizations(x.ctx, x.ada, models.OrgQuery{Deleted: true})
	if err != nil || len(all.Items) != 0 || all.Total != 0 {
		t.Errorf("after the purge: %+v, %v", all, err)
	}
	if v, err := x.s.CreateOrganization(x.ctx, x.bob, store.NewOrganization{Name: "Acme again", Code: "ACME"}); err != nil || v.Members.Total != 1 {
		t.Errorf("the code is not free: %v", err)
	}
	for _, c := range x.s.Health(x.ctx) {
		if !c.OK {
			t.Errorf("%s: %s", c.Name, c.Note)
		}
	}
}

func TestAnOrganizationComesBackWithAnOwner(t *testing.T) {
	x := newTeam(t)
	beta, err := x.s.CreateOrganization(x.ctx, x.bob, store.NewOrganization{Name: "Beta", Code: "BETA"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.DeleteOrganization(x.ctx, x.bob, beta.ID, "BETA"); err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.DeleteUser(x.ctx, x.ada, "", x.bob.UserID, "bob@example.com"); err != nil {
		t.Fatal(err)
	}
	v, err := x.s.RestoreOrganization(x.ctx, x.ada, "beta")
	if err != nil || v.Role != models.RoleOwner || v.PrimaryOwner != x.ada.UserID || v.Members.Total != 1 {
		t.Fatalf("restore without an owner: %+v, %v", v, err)
	}
	x.sound()
}

func TestThePersonalWorkspaceStays(t *testing.T) {
	x := newTeam(t)
	list, err := x.s.ListOrganizations(x.ctx, x.cy)
	if err != nil {
		t.Fatal(err)
	}
	mine := list[0]
	wantCode(t, x.s.Leave(x.ctx, x.cy, mine.ID), models.CodeDenied)
	_, err = x.s.DeleteOrganization(x.ctx, x.cy, mine.ID, mine.Code)
	wantCode(t, err, models.CodeDenied)
	_, err = x.s.Nominate(x.ctx, x.cy, mine.ID, x.cy.UserID)
	wantCode(t, err, models.CodeDenied)
	end := start.Add(time.Hour)
	_, err = x.s.SetMemberEnd(x.ctx, x.cy, mine.ID, x.cy.UserID, &end)
	wantCode(t, err, models.CodeConflict)

	x.set(x.cy, mine.ID, models.SetDescription, "mine alone", models.SetAccent, "cyan")
	v, err := x.s.UpgradePersonal(x.ctx, x.cy, store.NewOrganization{Name: "Cy Works"})
	if err != nil || v.Kind != models.KindShared || v.Code != "CY-WORKS" || v.Description != "mine alone" || v.Accent != "cyan" || v.Role != models.RoleOwner {
		t.Fatalf("upgrade: %+v, %v", v, err)
	}
	if list, err = x.s.ListOrganizations(x.ctx, x.cy); err != nil || len(list) != 3 || list[0].ID != mine.ID || !list[1].Current || !list[1].Primary {
		t.Errorf("the switcher: %+v, %v", list, err)
	}
	_, err = x.s.UpgradePersonal(x.ctx, x.cy, store.NewOrganization{Name: "Again", Code: "cy-works"})
	wantCode(t, err, models.CodeConflict)
}

func TestTheListOfAllOrganizations(t *testing.T) {
	x := newTeam(t)
	for _, n := range []store.NewOrganization{{Name: "Ümlaut", Code: "UML"}, {Name: "beta", Code: "BETA", Description: "second of its kind"}, {Name: "Alpha", Code: "ZED"}} {
		x.clock.Advance(time.Minute)
		if _, err := x.s.CreateOrganization(x.ctx, x.bob, n); err != nil {
			t.Fatal(err)
		}
	}
	codes := func(q models.OrgQuery) string {
		out := ""
		for {
			p, err := x.s.AllOrganizations(x.ctx, x.ada, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range p.Items {
				out += o.Code + " "
			}
			if p.Next == "" {
				return out
			}
			q.After = p.Next
		}
	}
	for _, c := range []struct {
		q    models.OrgQuery
		want string
	}{
		{models.OrgQuery{}, "ACME BETA UML ZED "},
		{models.OrgQuery{Sort: models.OrgByCode, Reverse: true}, "ZED UML BETA ACME "},
		{models.OrgQuery{Sort: models.OrgByName}, "ACME ZED BETA UML "},
		{models.OrgQuery{Sort: models.OrgByMembers}, "ACME ZED BETA UML "},
		{models.OrgQuery{Sort: models.OrgByCreated}, "ZED BETA UML ACME "},
		{models.OrgQuery{Sort: models.OrgByCreated, Reverse: true}, "ACME UML BETA ZED "},
		{models.OrgQuery{Search: "SECOND of"}, "BETA "},
		{models.OrgQuery{Search: "ü"}, "UML "},
		{models.OrgQuery{Plan: models.PlanEnterprise}, ""},
	} {
		for _, limit := range []int{0, 1, 2} {
			c.q.Limit = limit
			if got := codes(c.q); got != c.want {
				t.Errorf("%+v: %s, want %s", c.q, got, c.want)
			}
		}
	}
	x.set(x.bob, "BETA", models.SetName, "Gamma")
	if got := codes(models.OrgQuery{Search: "gamma"}); got != "BETA " {
		t.Errorf("after a rename: %s", got)
	}
	p, err := x.s.AllOrganizations(x.ctx, x.ada, models.OrgQuery{Limit: 1})
	if err != nil || p.Total != 4 || p.Items[0].Members != 5 || p.Items[0].PrimaryOwner != "ada@example.com" {
		t.Errorf("%+v, %v", p, err)
	}
	_, err = x.s.AllOrganizations(x.ctx, x.olga, models.OrgQuery{})
	wantCode(t, err, models.CodeDenied)
	if o, err := x.s.OrganizationRow(x.ctx, x.ada, "uml"); err != nil || o.Name != "Ümlaut" {
		t.Errorf("%+v, %v", o, err)
	}
	_, err = x.s.OrganizationRow(x.ctx, x.olga, "uml")
	wantCode(t, err, models.CodeNotFound)
}
