package store_test

import (
	"strings"
	"testing"

	"muster/models"
	"muster/store"
)

func ptr[T any](v T) *T { return &v }

func (x *team) user(ref string) models.AccountDetail {
	x.t.Helper()
	d, err := x.s.User(x.ctx, x.ada, "", ref)
	if err != nil {
		x.t.Fatal(err)
	}
	return d
}

// enrolled brings the key of a name into an account with its code.
func (x *team) enrolled(e *models.Enrolment, name string) (models.Actor, error) {
	x.t.Helper()
	k := key(name)
	u, _, err := x.s.AcceptCode(x.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, e.Code, "", k)
	return models.Actor{UserID: u.ID, Via: models.ViaSSH, Key: k.Fingerprint}, err
}

func TestCreatingUsersDirectly(t *testing.T) {
	x := newTeam(t)
	k := key("dee")
	d, e, err := x.s.CreateUser(x.ctx, x.ada, models.NewAccount{Email: "dee@example.com", Name: "Dee", Org: "acme", Role: models.RoleAdmin, Key: &k})
	if err != nil || e != nil || d.Keys != 1 || d.EmailVerified || d.SiteAdmin || len(d.Organizations) != 1 || d.Organizations[0].Role != models.RoleAdmin {
		t.Fatalf("with a key: %+v, %+v, %v", d, e, err)
	}
	dee := models.Actor{UserID: d.ID, Via: models.ViaSSH, Key: k.Fingerprint}
	x.enters(dee, "")
	if list, err := x.s.ListOrganizations(x.ctx, dee); err != nil || len(list) != 2 || list[0].Relation != models.RelPersonal {
		t.Errorf("the new user's switcher: %+v, %v", list, err)
	}

	// Site admins make accounts without an organization, and site admins.
	d, e, err = x.s.CreateUser(x.ctx, x.ada, models.NewAccount{Email: "root@example.com", Name: "Root", SiteAdmin: true})
	if err != nil || e == nil || d.Keys != 0 || !d.SiteAdmin || d.EnrolmentUntil == nil || len(d.Organizations) != 0 {
		t.Fatalf("without a key: %+v, %+v, %v", d, e, err)
	}
	if f, err := x.s.LookupCode(x.ctx, models.Actor{Via: models.ViaSSH, Key: key("root").Fingerprint}, e.Code); err != nil || f.User.ID != d.ID {
		t.Errorf("the code shows %+v, %v", f, err)
	}
	root, err := x.enrolled(e, "root")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.AllOrganizations(x.ctx, root, models.OrgQuery{}); err != nil {
		t.Error(err)
	}
	_, err = x.enrolled(e, "thief")
	wantCode(t, err, models.CodeGone)

	for _, c := range []struct {
		name string
		by   models.Actor
		n    models.NewAccount
		want models.Code
	}{
		{"a member's, by a site admin", x.ada, models.NewAccount{Email: "DEE@example.com", Name: "D", Org: x.acme}, models.CodeConflict},
		{"a member's, by an admin", x.bob, models.NewAccount{Email: "DEE@example.com", Name: "D", Org: x.acme}, models.CodeConflict},
		{"one that is verified, by a site admin", x.ada, models.NewAccount{Email: "CY@example.com", Name: "D"}, models.CodeConflict},
		{"no organization, by an owner", x.olga, models.NewAccount{Email: "a@example.com", Name: "A"}, models.CodeDenied},
		{"site admin, by an owner", x.olga, models.NewAccount{Email: "a@example.com", Name: "A", Org: x.acme, SiteAdmin: true}, models.CodeDenied},
		{"an owner, by an admin", x.bob, models.NewAccount{Email: "a@example.com", Name: "A", Org: x.acme, Role: models.RoleOwner}, models.CodeDenied},
		{"by a member", x.cy, models.NewAccount{Email: "a@example.com", Name: "A", Org: x.acme, Role: models.RoleViewer}, models.CodeDenied},
		{"in a foreign organization", root, models.NewAccount{Email: "a@example.com", Name: "A", Org: "nosuch"}, models.CodeNotFound},
		{"a bad address", x.bob, models.NewAccount{Email: "nonsense", Name: "A", Org: x.acme}, models.CodeInvalid},
		{"a name that moves the cursor", x.bob, models.NewAccount{Email: "a@example.com", Name: "A\x1b[1A", Org: x.acme}, models.CodeInvalid},
		{"a key that somebody has", x.bob, models.NewAccount{Email: "a@example.com", Name: "A", Org: x.acme, Key: &models.PublicKey{Type: k.Type, Fingerprint: x.cy.Key, Wire: k.Wire}}, models.CodeConflict},
	} {
		if _, _, err := x.s.CreateUser(x.ctx, c.by, c.n); models.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if p, err := x.s.Users(x.ctx, x.ada, models.AccountQuery{}); err != nil || p.Total != 7 || len(p.Items) != 7 {
		t.Errorf("users: %d, %v", p.Total, err)
	}
	x.sound()
}

func TestAnAdminsAccountsAreNotVerified(t *testing.T) {
	x := newTeam(t)
	beta, err := x.s.CreateOrganization(x.ctx, x.ada, store.NewOrganization{Name: "Beta", Code: "BETA"})
	if err != nil {
		t.Fatal(err)
	}
	inv, err := x.s.CreateInvitation(x.ctx, x.ada, beta.ID, models.NewInvitation{Email: "boss@example.com", Role: models.RoleOwner})
	if err != nil {
		t.Fatal(err)
	}
	// Whoever administers any organization can make an account with an address
	// that is not theirs. It must not collect what is meant for the address.
	k := key("mallory")
	d, _, err := x.s.CreateUser(x.ctx, x.bob, models.NewAccount{Email: "boss@example.com", Name: "Boss", Org: x.acme, Key: &k})
	if err != nil || d.EmailVerified {
		t.Fatalf("%+v, %v", d, err)
	}
	mallory := models.Actor{UserID: d.ID, Via: models.ViaSSH, Key: k.Fingerprint}
	if mine, err := x.s.OwnInvitations(x.ctx, mallory); err != nil || len(mine) != 0 {
		t.Errorf("invitations shown: %+v, %v", mine, err)
	}
	_, err = x.s.AcceptInvitation(x.ctx, mallory, inv.ID)
	wantCode(t, err, models.CodeNotFound)
	// The same by editing the address of a verified member.
	if _, err := x.s.EditUser(x.ctx, x.bob, x.acme, x.cy.UserID, models.AccountChange{Email: ptr("chief@example.com")}); err != nil {
		t.Fatal(err)
	}
	if x.user(x.cy.UserID).EmailVerified {
		t.Error("an address set by an organization's admin counts as verified")
	}
}

func TestEditLeavesOutWhatIsLeftOut(t *testing.T) {
	x := newTeam(t)
	d, err := x.s.EditUser(x.ctx, x.ada, "", "cy@example.com", models.AccountChange{Name: ptr("Cyrus")})
	if err != nil || d.Name != "Cyrus" || d.Email != "cy@example.com" || d.SiteAdmin {
		t.Fatalf("%+v, %v", d, err)
	}
	inv, err := x.s.CreateInvitation(x.ctx, x.ada, x.acme, models.NewInvitation{Email: "cyrus@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	d, err = x.s.EditUser(x.ctx, x.ada, "", x.cy.UserID, models.AccountChange{Email: ptr("Cyrus@example.com")})
	if err != nil || d.Name != "Cyrus" || d.Email != "Cyrus@example.com" || d.EmailVerified {
		t.Fatalf("%+v, %v", d, err)
	}
	if d, err = x.s.VerifyUser(x.ctx, x.ada, "", x.cy.UserID); err != nil || !d.EmailVerified {
		t.Fatalf("%+v, %v", d, err)
	}
	if got, err := x.s.Invitation(x.ctx, x.ada, x.acme, inv.ID); err != nil || got.State != models.StateRevoked {
		t.Errorf("the invitation of the new address still holds a seat: %+v, %v", got, err)
	}
	if p, err := x.s.ListMembers(x.ctx, x.bob, x.acme, models.MemberQuery{Search: "cyrus@"}); err != nil || len(p.Items) != 1 {
		t.Errorf("the member list does not find the new address: %+v, %v", p, err)
	}
	if p, err := x.s.ListMembers(x.ctx, x.bob, x.acme, models.MemberQuery{Search: "cy@"}); err != nil || len(p.Items) != 0 {
		t.Errorf("the member list still finds the old address: %+v, %v", p, err)
	}
	_, err = x.s.EditUser(x.ctx, x.ada, "", x.cy.UserID, models.AccountChange{Email: ptr("BOB@example.com")})
	wantCode(t, err, models.CodeConflict)
	before, err := x.s.ListAudit(x.ctx, x.ada, x.acme, models.AuditQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.EditUser(x.ctx, x.ada, "", x.cy.UserID, models.AccountChange{Name: ptr("Cyrus")}); err != nil {
		t.Fatal(err)
	}
	after, err := x.s.ListAudit(x.ctx, x.ada, x.acme, models.AuditQuery{})
	if err != nil || after.Items[0].Seq != before.Items[0].Seq {
		t.Errorf("an edit that changes nothing is in the log: %v", err)
	}
	x.sound()
}

func TestSiteAdminsAreMadeByTheirLike(t *testing.T) {
	x := newTeam(t)
	_, err := x.s.EditUser(x.ctx, x.olga, x.acme, x.bob.UserID, models.AccountChange{SiteAdmin: ptr(true)})
	wantCode(t, err, models.CodeDenied)
	_, err = x.s.EditUser(x.ctx, x.ada, "", x.ada.UserID, models.AccountChange{SiteAdmin: ptr(false)})
	wantCode(t, err, models.CodeConflict)
	x.hears(x.bob.UserID, func() {
		if d, err := x.s.EditUser(x.ctx, x.ada, "", x.bob.UserID, models.AccountChange{SiteAdmin: ptr(true)}); err != nil || !d.SiteAdmin {
			t.Fatalf("%+v, %v", d, err)
		}
	})
	// Bob is a site admin now, whom no owner touches, and who may do it himself.
	_, err = x.s.SuspendUser(x.ctx, x.olga, x.acme, x.bob.UserID, "")
	wantCode(t, err, models.CodeDenied)
	if d, err := x.s.EditUser(x.ctx, x.ada, "", x.ada.UserID, models.AccountChange{SiteAdmin: ptr(false)}); err != nil || d.SiteAdmin {
		t.Fatalf("%+v, %v", d, err)
	}
	_, err = x.s.Users(x.ctx, x.ada, models.AccountQuery{})
	wantCode(t, err, models.CodeDenied)
	_, err = x.s.EditUser(x.ctx, x.bob, "", x.bob.UserID, models.AccountChange{SiteAdmin: ptr(false)})
	wantCode(t, err, models.CodeConflict)
	p, err := x.s.Users(x.ctx, x.bob, models.AccountQuery{SiteAdmins: true})
	if err != nil || len(p.Items) != 1 || p.Items[0].ID != x.bob.UserID {
		t.Errorf("global administrators: %+v, %v", p, err)
	}
}

func TestASuspendedUserIsOutEverywhere(t *testing.T) {
	x := newTeam(t)
	x.hears(x.cy.UserID, func() {
		d, err := x.s.SuspendUser(x.ctx, x.bob, x.acme, "cy@example.com", "lost laptop")
		if err != nil || d.Status != models.UserSuspended || d.SuspendReason != "lost laptop" || d.SuspendedBy != "bob@example.com" || d.SuspendedAt == nil {
			t.Fatalf("%+v, %v", d, err)
		}
	})
	_, err := x.s.Me(x.ctx, x.cy)
	wantCode(t, err, models.CodeDenied)
	if !strings.Contains(err.Error(), "lost laptop") {
		t.Errorf("the reason is not told: %v", err)
	}
	if m := x.member(x.cy); m.AccountStatus != models.UserSuspended || m.Status != models.MemberActive {
		t.Errorf("the member list: %+v", m)
	}
	page, err := x.s.ListAudit(x.ctx, x.olga, x.acme, models.AuditQuery{Action: "user.suspend"})
	if err != nil || len(page.Items) != 1 {
		t.Errorf("the organization's log: %+v, %v", page, err)
	}
	_, err = x.s.SuspendUser(x.ctx, x.ada, "", x.cy.UserID, "")
	wantCode(t, err, models.CodeConflict)
	_, _, err = x.s.EnrolUser(x.ctx, x.ada, "", x.cy.UserID)
	wantCode(t, err, models.CodeConflict)
	if d, err := x.s.ReactivateUser(x.ctx, x.bob, x.acme, x.cy.UserID); err != nil || d.Status != models.UserActive || d.SuspendReason != "" {
		t.Fatalf("%+v, %v", d, err)
	}
	x.enters(x.cy, "")

	// Neither oneself, nor the last owner, nor the last site admin.
	for _, c := range []struct {
		by   models.Actor
		whom models.Actor
		want models.Code
		says string
	}{
		{x.ada, x.ada, models.CodeDenied, "your own"},
		{x.bob, x.olga, models.CodeDenied, "ranks higher"},
		{x.olga, x.ada, models.CodeDenied, "site admin"},
	} {
		_, err := x.s.SuspendUser(x.ctx, c.by, x.acme, c.whom.UserID, "")
		wantCode(t, err, c.want)
		if !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v does not say %q", err, c.says)
		}
		_, err = x.s.DeleteUser(x.ctx, c.by, x.acme, c.whom.UserID, "whatever")
		wantCode(t, err, c.want)
	}
	beta, err := x.s.CreateOrganization(x.ctx, x.cy, store.NewOrganization{Name: "Beta", Code: "BETA"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = x.s.SuspendUser(x.ctx, x.ada, "", x.cy.UserID, "")
	wantCode(t, err, models.CodeConflict)
	_, err = x.s.DeleteUser(x.ctx, x.ada, "", x.cy.UserID, "cy@example.com")
	wantCode(t, err, models.CodeConflict)
	if !strings.Contains(err.Error(), "BETA") {
		t.Errorf("the organization is not named: %v", err)
	}
	d := x.user(x.cy.UserID)
	if d.WhyNot[models.AccountDelete] != err.Error() || d.WhyNot[models.AccountEdit] != "" || d.WhyNot[models.AccountReactivate] == "" {
		t.Errorf("why not: %+v", d.WhyNot)
	}
	// Bob administers one of Cy's two organizations only.
	_, err = x.s.SuspendUser(x.ctx, x.bob, x.acme, x.cy.UserID, "")
	wantCode(t, err, models.CodeDenied)
	if strings.Contains(err.Error(), "BETA") || strings.Contains(err.Error(), beta.ID) {
		t.Errorf("an admin learns of a foreign organization: %v", err)
	}
	x.sound()
}

func TestDeletingAUser(t *testing.T) {
	x := newTeam(t)
	inv, err := x.s.CreateInvitation(x.ctx, x.bob, x.acme, models.NewInvitation{Email: "dee@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	beta, err := x.s.CreateOrganization(x.ctx, x.ada, store.NewOrganization{Name: "Beta", Code: "BETA"})
	if err != nil {
		t.Fatal(err)
	}
	x.set(x.ada, beta.ID, models.SetJoinRequests, "on")
	if err := x.s.RequestToJoin(x.ctx, x.bob, store.JoinRequest{OrgCode: "beta"}); err != nil {
		t.Fatal(err)
	}
	list, err := x.s.ListOrganizations(x.ctx, x.bob)
	if err != nil {
		t.Fatal(err)
	}
	personal := list[0].ID
	c, err := x.s.UserDeletionConsequences(x.ctx, x.ada, "", "bob@example.com")
	if err != nil || c.Keys != 1 || c.InvitationsRevoked != 1 || len(c.Organizations) != 1 {
		t.Fatalf("consequences: %+v, %v", c, err)
	}
	_, err = x.s.DeleteUser(x.ctx, x.ada, "", x.bob.UserID, "bob")
	wantCode(t, err, models.CodeInvalid)
	x.hears(x.bob.UserID, func() {
		if _, err := x.s.DeleteUser(x.ctx, x.ada, "", x.bob.UserID, "Bob@example.com"); err != nil {
			t.Fatal(err)
		}
	})
	_, err = x.s.Me(x.ctx, x.bob)
	wantCode(t, err, models.CodeNotFound)
	if _, ok, err := x.s.KeyUser(x.ctx, x.bob.Key, false); ok || err != nil {
		t.Errorf("the key is still somebody's: %v", err)
	}
	if got, err := x.s.Invitation(x.ctx, x.ada, x.acme, inv.ID); err != nil || got.State != models.StateRevoked || got.InviterEmail != "bob@example.com" {
		t.Errorf("what they sent: %+v, %v", got, err)
	}
	if v, err := x.s.Organization(x.ctx, x.ada, beta.ID); err != nil || v.Invites[models.StateRequested] != 0 {
		t.Errorf("what they asked for: %+v, %v", v, err)
	}
	_, err = x.s.Organization(x.ctx, x.ada, personal)
	wantCode(t, err, models.CodeNotFound)
	page, err := x.s.ListAudit(x.ctx, x.olga, x.acme, models.AuditQuery{Actor: "bob@example.com"})
	if err != nil || len(page.Items) == 0 || page.Items[0].ActorEmail != "bob@example.com" || page.Items[0].ActorID != x.bob.UserID {
		t.Errorf("the log does not know them any more: %+v, %v", page, err)
	}
	if p, err := x.s.RemovedMembers(x.ctx, x.olga, x.acme, models.RemovedQuery{}); err != nil || len(p.Items) != 0 {
		t.Errorf("former members: %+v, %v", p, err)
	}
	x.sound()
	for _, c := range x.s.Health(x.ctx) {
		if !c.OK {
			t.Errorf("%s: %s", c.Name, c.Note)
		}
	}

	// Address and key are free for a new account.
	bob := x.join(x.ada, x.acme, "bob@example.com", models.RoleMember)
	if bob.UserID == x.bob.UserID {
		t.Error("the new account has the old id")
	}
}

func TestFormerUsersAreNamedAsSuch(t *testing.T) {
	x := newTeam(t)
	if _, err := x.s.RemoveMember(x.ctx, x.bob, x.acme, x.cy.UserID); err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.DeleteUser(x.ctx, x.ada, "", x.bob.UserID, "bob@example.com"); err != nil {
		t.Fatal(err)
	}
	p, err := x.s.RemovedMembers(x.ctx, x.olga, x.acme, models.RemovedQuery{})
	if err != nil || len(p.Items) != 1 || p.Items[0].RemovedBy != models.DeletedUser {
		t.Errorf("%+v, %v", p.Items, err)
	}
}

func TestEnrolment(t *testing.T) {
	x := newTeam(t)
	d, e, err := x.s.CreateUser(x.ctx, x.bob, models.NewAccount{Email: "dee@example.com", Name: "Dee", Org: x.acme})
	if err != nil || e == nil || d.Organizations[0].Role != models.RoleMember {
		t.Fatalf("%+v, %v", d, err)
	}
	// A second code ends the first.
	_, second, err := x.s.EnrolUser(x.ctx, x.bob, x.acme, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = x.enrolled(e, "dee")
	wantCode(t, err, models.CodeNotFound)
	// Who gave it out must still be able to.
	if _, err := x.s.ChangeRole(x.ctx, x.ada, x.acme, x.bob.UserID, models.RoleMember); err != nil {
		t.Fatal(err)
	}
	_, err = x.enrolled(second, "dee")
	wantCode(t, err, models.CodeGone)
	if _, err := x.s.ChangeRole(x.ctx, x.ada, x.acme, x.bob.UserID, models.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	dee, err := x.enrolled(second, "dee")
	if err != nil || dee.UserID != d.ID {
		t.Fatal(err)
	}
	x.enters(dee, "")
	// Once there is a key, only a site admin brings in another for somebody.
	_, _, err = x.s.EnrolUser(x.ctx, x.bob, x.acme, d.ID)
	wantCode(t, err, models.CodeDenied)
	_, third, err := x.s.EnrolUser(x.ctx, x.ada, "", d.ID)
	if err != nil {
		t.Fatal(err)
	}
	x.clock.Advance(models.EnrolmentTime)
	_, err = x.enrolled(third, "dee2")
	wantCode(t, err, models.CodeGone)
}
