package store_test

import (
	"strings"
	"testing"

	"muster/models"
	"muster/store"
)

// A site admin puts an account into an organization as far as an invitation
// could have let it in, and the person is told.
func TestAddMember(t *testing.T) {
	w := newWorld(t)
	root := w.ada()
	acme := w.acme(root)
	home := must[models.OrgView](t)(w.s.CreateOrganization(w.ctx, root, store.NewOrganization{Name: "Home", Code: "HOME"}))
	bob := w.join(root, home.ID, "bob@example.com", models.RoleMember)
	w.join(root, home.ID, "cy@example.com", models.RoleMember)
	inv := must[models.Invitation](t)(w.s.CreateInvitation(w.ctx, root, acme.ID, models.NewInvitation{Email: "bob@example.com"}))
	add := func(ref string, role models.Role, want models.Code, hint string) {
		t.Helper()
		_, err := w.s.AddMember(w.ctx, root, acme.ID, ref, role)
		if models.CodeOf(err) != want || err != nil && !strings.Contains(err.Error()+models.AsError(err).Hint, hint) {
			t.Errorf("%s as %s: %v, want %q", ref, role, err, want)
		}
	}
	add("nobody@example.com", "", models.CodeNotFound, "no such user")
	add("bob@example.com", "captain", models.CodeInvalid, "captain")
	w.set(root, acme.ID, models.SetDomains, "acme.dev")
	add("bob@example.com", "", models.CodeInvalid, "acme.dev")
	w.set(root, acme.ID, models.SetDomains, "")
	w.set(root, acme.ID, models.SetSeatLimit, "1")
	add("bob@example.com", "", models.CodeLimit, "seat")
	w.set(root, acme.ID, models.SetSeatLimit, "")
	must[models.AccountDetail](t)(w.s.SuspendUser(w.ctx, root, "", "cy@example.com", ""))
	add("cy@example.com", "", models.CodeConflict, "suspended")

	m := must[models.Member](t)(w.s.AddMember(w.ctx, root, acme.ID, "BOB@example.com", models.RoleAdmin))
	if m.Role != models.RoleAdmin || m.InvitedBy != "ada@example.com" {
		t.Errorf("%+v", m)
	}
	add("bob@example.com", "", models.CodeConflict, "already")
	if v := must[models.Invitation](t)(w.s.Invitation(w.ctx, root, acme.ID, inv.ID)); v.State.Open() {
		t.Errorf("their invitation is still %s", v.State)
	}
	me := must[store.Me](t)(w.s.Me(w.ctx, bob))
	if len(me.Notices) != 1 || !strings.Contains(me.Notices[0].Text(), "member of Acme") || me.CurrentOrg != home.ID {
		t.Errorf("they are told %v, in %s", me.Notices, me.CurrentOrg)
	}
	page := must[models.Page[models.AuditEntry]](t)(w.s.ListAudit(w.ctx, root, acme.ID, models.AuditQuery{Action: "member.add"}))
	if e := page.Items[0]; e.ActingAs != models.AsSiteAdmin || e.TargetLabel != "bob@example.com" {
		t.Errorf("%+v", e)
	}
	w.verified()
}

// Where a second person has to stand behind every invitation, a site admin
// proposes like everybody else.
func TestAddMemberNeedsNoSecondPerson(t *testing.T) {
	w := newWorld(t)
	root := w.ada()
	acme := w.acme(root)
	w.join(root, acme.ID, "olga@example.com", models.RoleOwner)
	home := must[models.OrgView](t)(w.s.CreateOrganization(w.ctx, root, store.NewOrganization{Name: "Home", Code: "HOME"}))
	w.join(root, home.ID, "bob@example.com", models.RoleMember)
	w.set(root, acme.ID, models.SetSelfApproval, models.Off)
	_, err := w.s.AddMember(w.ctx, root, acme.ID, "bob@example.com", "")
	wantCode(t, err, models.CodeDenied)
	if !strings.Contains(err.Error(), "another person") {
		t.Error(err)
	}
}

func TestUsersInNoOrganization(t *testing.T) {
	w := newWorld(t)
	root := w.ada()
	acme := w.acme(root)
	bob := w.join(root, acme.ID, "bob@example.com", models.RoleAdmin)
	w.join(root, acme.ID, "cy@example.com", models.RoleMember)
	must[models.Consequences](t)(w.s.RemoveMember(w.ctx, root, acme.ID, "cy@example.com"))
	list := func(q models.AccountQuery) (emails []string) {
		q.NoOrganization = true
		for _, u := range must[models.Page[models.Account]](t)(w.s.Users(w.ctx, root, q)).Items {
			emails = append(emails, u.Email)
		}
		return emails
	}
	if got := list(models.AccountQuery{}); strings.Join(got, " ") != "cy@example.com" {
		t.Errorf("in no organization: %v", got)
	}
	if got := list(models.AccountQuery{Search: "bob"}); len(got) != 0 {
		t.Errorf("found %v", got)
	}
	must[models.OrgConsequences](t)(w.s.DeleteOrganization(w.ctx, root, acme.ID, "ACME"))
	if got := list(models.AccountQuery{Limit: 2}); len(got) != 2 {
		t.Errorf("after the organization was deleted: %v", got)
	}
	for _, q := range []models.AccountQuery{{Org: acme.ID}, {Role: models.RoleAdmin}} {
		must[models.OrgRow](t)(w.s.OrganizationRow(w.ctx, root, "ACME"))
		q.NoOrganization = true
		if q.Org != "" {
			must[models.OrgView](t)(w.s.RestoreOrganization(w.ctx, root, "ACME"))
		}
		_, err := w.s.Users(w.ctx, root, q)
		wantCode(t, err, models.CodeUsage)
	}
	_, err := w.s.Users(w.ctx, bob, models.AccountQuery{NoOrganization: true})
	wantCode(t, err, models.CodeDenied)
}

// A deleted organization is purged at once with its code, leaves its log, and
// its code is free.
func TestPurgeAtOnce(t *testing.T) {
	w := newWorld(t)
	root := w.ada()
	acme := w.acme(root)
	owner := w.join(root, acme.ID, "olga@example.com", models.RoleOwner)
	must[models.Invitation](t)(w.s.CreateInvitation(w.ctx, owner, acme.ID, models.NewInvitation{Email: "x@example.com"}))
	_, err := w.s.PurgeOrganization(w.ctx, root, "ACME", "ACME")
	wantCode(t, err, models.CodeConflict)
	must[models.OrgConsequences](t)(w.s.DeleteOrganization(w.ctx, owner, acme.ID, "ACME"))
	_, err = w.s.PurgeOrganization(w.ctx, root, "ACME", "ACM")
	wantCode(t, err, models.CodeInvalid)
	_, err = w.s.PurgeOrganization(w.ctx, owner, "ACME", "ACME")
	wantCode(t, err, models.CodeNotFound)
	if o := must[models.Organization](t)(w.s.PurgeOrganization(w.ctx, root, "acme", "acme")); o.ID != acme.ID {
		t.Errorf("purged %+v", o)
	}
	_, err = w.s.RestoreOrganization(w.ctx, root, acme.ID)
	wantCode(t, err, models.CodeNotFound)
	if n := w.number("SELECT count(*) FROM audit WHERE action = 'organization.purge' AND outcome = 'done' AND actor_id = $1", root.UserID); n != 2 {
		t.Errorf("%d entries by the site admin, want one in each chain", n)
	}
	if n := w.number("SELECT count(*) FROM invitations") + w.number("SELECT n FROM installation_counts WHERE name = 'organizations_deleted'"); n != 0 {
		t.Errorf("%d rows or counts are left", n)
	}
	w.acme(root)
	w.verified()
}
