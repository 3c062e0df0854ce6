package models_test

import (
	"strings"
	"testing"
	"time"

	"muster/models"
)

// access is somebody with a role, or a site admin without one.
func access(role models.Role) models.Access {
	if role == "site" {
		return models.Access{UserID: "me", SiteAdmin: true}
	}
	return models.Access{UserID: "me", Role: role, Member: true}
}

func standing(role models.Role) models.Standing {
	return models.Standing{UserID: "them", Role: role, Active: true}
}

func check(t *testing.T, err error, want models.Code, says string) {
	t.Helper()
	if models.CodeOf(err) != want {
		t.Fatalf("error is %v, want %q", err, want)
	}
	if err == nil {
		return
	}
	e := models.AsError(err)
	if !strings.Contains(e.Message, says) {
		t.Fatalf("message %q does not say %q", e.Message, says)
	}
	if e.Hint == "" {
		t.Fatalf("%q has no hint", e.Message)
	}
}

const (
	denied   = models.CodeDenied
	conflict = models.CodeConflict
	invalid  = models.CodeInvalid
)

func TestSuspendAndReactivateByRank(t *testing.T) {
	for _, c := range []struct {
		by, whom            models.Role
		suspend, reactivate models.Code
	}{
		{"owner", "owner", "", ""}, {"owner", "admin", "", ""}, {"owner", "member", "", ""}, {"owner", "viewer", "", ""},
		{"admin", "owner", denied, denied}, {"admin", "admin", "", ""}, {"admin", "member", "", ""}, {"admin", "viewer", "", ""},
		{"member", "owner", denied, denied}, {"member", "member", denied, denied}, {"member", "viewer", denied, denied},
		{"viewer", "viewer", denied, denied}, {"site", "owner", "", ""}, {"site", "member", "", ""},
	} {
		t.Run(string(c.by+" "+c.whom), func(t *testing.T) {
			check(t, access(c.by).CheckSuspend(standing(c.whom), 2), c.suspend, "may")
			check(t, access(c.by).CheckReactivate(standing(c.whom)), c.reactivate, "may")
		})
	}
	self := models.Standing{UserID: "me", Role: "admin", Active: true}
	check(t, access("admin").CheckSuspend(self, 2), denied, "yourself")
	check(t, access("site").CheckSuspend(standing("owner"), 1), conflict, "at least one active owner")
}

func TestOnlyLastingOwnersCount(t *testing.T) {
	for _, c := range []struct {
		name   string
		m      models.Standing
		owners int
		want   models.Code
	}{
		{"the last one", standing("owner"), 1, conflict},
		{"one of two", standing("owner"), 2, ""},
		{"one who ends, beside a lasting one", models.Standing{UserID: "them", Role: "owner", Active: true, Ends: true}, 1, ""},
		{"one who is suspended", models.Standing{UserID: "them", Role: "owner"}, 1, ""},
		{"no owner", standing("admin"), 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, access("owner").CheckRemove(c.m, c.owners), c.want, "active owner")
			check(t, access("owner").CheckRoleChange(c.m, models.RoleViewer, c.owners), c.want, "active owner")
		})
	}
}

func TestMembershipEnds(t *testing.T) {
	early, late := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	self := models.Standing{UserID: "me", Role: "admin", Active: true}
	for _, c := range []struct {
		name     string
		by       models.Role
		m        models.Standing
		from, to *time.Time
		owners   int
		want     models.Code
	}{
		{"admin ends a member", "admin", standing("member"), nil, &early, 1, ""},
		{"admin clears it", "admin", standing("member"), &early, nil, 1, ""},
		{"admin ends an owner", "admin", standing("owner"), nil, &early, 2, denied},
		{"owner ends one of two", "owner", standing("owner"), nil, &early, 2, ""},
		{"owner ends the last", "owner", standing("owner"), nil, &early, 1, conflict},
		{"site admin ends the last", "site", standing("owner"), nil, &early, 1, conflict},
		{"member ends a viewer", "member", standing("viewer"), nil, &early, 1, denied},
		{"own end set", "admin", self, nil, &early, 1, ""},
		{"own end brought forward", "admin", self, &late, &early, 1, ""},
		{"own end put off", "admin", self, &early, &late, 1, denied},
		{"own end cleared", "admin", self, &early, nil, 1, denied},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, access(c.by).CheckEnd(c.m, c.from, c.to, c.owners), c.want, "")
		})
	}
}

func TestParseEnd(t *testing.T) {
	now := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]string{
		"2026-12-31": "2027-01-01T00:00:00Z", "2026-08-01": "2026-08-02T00:00:00Z",
		"2026-08-02T10:00:00+02:00": "2026-08-02T08:00:00Z", "30d": "2026-08-31T12:00:00Z", "90": "2026-08-01T12:01:30Z",
	} {
		at, err := models.ParseEnd("until", in, now)
		if err != nil || at.Format(time.RFC3339) != want {
			t.Errorf("%q is %v, %v; want %s", in, at, err, want)
		}
	}
	for _, in := range []string{"", "tomorrow", "2026-07-31", "2026-08-01T12:00:00Z", "0", "4000d", "2026-13-01", "-1d", "200000d", "99999999999d"} {
		if at, err := models.ParseEnd("until", in, now); models.CodeOf(err) != invalid {
			t.Errorf("%q is %v, %v; want invalid", in, at, err)
		}
	}
}

func TestRestoreIsCappedByRank(t *testing.T) {
	for _, c := range []struct {
		by, was, gets models.Role
		want          models.Code
	}{
		{"owner", "owner", "owner", ""}, {"owner", "viewer", "viewer", ""}, {"site", "owner", "owner", ""},
		{"admin", "owner", "admin", ""}, {"admin", "admin", "admin", ""}, {"admin", "member", "member", ""},
		{"member", "viewer", "", denied}, {"viewer", "viewer", "", denied},
	} {
		role, err := access(c.by).CheckRestore(models.RemovedMember{ID: "them", Role: c.was})
		check(t, err, c.want, "may not")
		if role != c.gets {
			t.Errorf("%s restores a former %s as %q, want %q", c.by, c.was, role, c.gets)
		}
	}
	_, err := access("owner").CheckRestore(models.RemovedMember{Email: "x@example.com", Role: "member", Left: true})
	check(t, err, denied, "left by themselves")
}

func TestWhoNominatesWhom(t *testing.T) {
	me := models.Standing{UserID: "me", Role: "owner", Active: true}
	for _, c := range []struct {
		name    string
		by      models.Access
		nominee models.Standing
		primary bool
		want    models.Code
	}{
		{"a member", access("owner"), standing("member"), true, ""},
		{"a viewer, by a co-owner", access("owner"), standing("viewer"), false, ""},
		{"a co-owner, by the primary owner", access("owner"), standing("owner"), true, ""},
		{"a co-owner, by a co-owner", access("owner"), standing("owner"), false, conflict},
		{"oneself", access("owner"), me, true, invalid},
		{"a suspended member", access("owner"), models.Standing{UserID: "them", Role: "member"}, true, conflict},
		{"by an admin", access("admin"), standing("member"), true, denied},
		{"by a member", access("member"), standing("viewer"), true, denied},
		{"by a site admin", access("site"), standing("member"), true, ""},
		{"in a personal workspace", models.Access{UserID: "me", Role: "owner", Member: true, Personal: true}, standing("member"), true, denied},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, c.by.CheckNominate(me, c.nominee, c.primary), c.want, "")
		})
	}
	for st, code := range map[models.TransferStatus]models.Code{
		models.TransferPending: "", models.TransferAccepted: models.CodeGone, models.TransferDeclined: models.CodeGone,
		models.TransferCancelled: models.CodeGone, models.TransferExpired: models.CodeGone, models.TransferVoid: models.CodeGone,
	} {
		check(t, models.Transfer{NomineeEmail: "x@example.com", Status: st}.CheckAnswer(), code, "x@example.com")
	}
}

func TestWhoDeletesAnOrganization(t *testing.T) {
	acme := models.Organization{Code: "ACME"}
	for role, want := range map[models.Role]models.Code{"owner": "", "site": "", "admin": denied, "member": denied, "viewer": denied} {
		check(t, access(role).CheckDelete(acme, " acme "), want, "delete")
	}
	for _, typed := range []string{"", "ACM", "y", "ACMEX"} {
		check(t, access("owner").CheckDelete(acme, typed), invalid, "ACME")
	}
	check(t, models.Access{UserID: "me", Role: "owner", Member: true, Personal: true}.CheckDelete(models.Organization{Code: "~ada"}, "~ada"), denied, "personal")
}

func TestWhoChangesAccounts(t *testing.T) {
	admin, site := models.User{ID: "me"}, models.User{ID: "me", SiteAdmin: true}
	them := models.User{ID: "them", Email: "them@example.com"}
	in := func(mine, theirs models.Role) models.SharedStanding {
		return models.SharedStanding{Actor: models.Access{UserID: "me", Role: mine, Member: mine != ""}, Role: theirs}
	}
	for _, c := range []struct {
		name   string
		by     models.User
		whom   models.User
		shared []models.SharedStanding
		want   models.Code
		says   string
	}{
		{"a site admin anybody", site, models.User{SiteAdmin: true}, nil, "", ""},
		{"an admin their member", admin, them, []models.SharedStanding{in("admin", "member")}, "", ""},
		{"an admin their fellow admin", admin, them, []models.SharedStanding{in("admin", "admin")}, "", ""},
		{"an admin their owner", admin, them, []models.SharedStanding{in("admin", "owner")}, denied, "ranks higher"},
		{"an owner their owner", admin, them, []models.SharedStanding{in("owner", "owner")}, "", ""},
		{"an admin of both", admin, them, []models.SharedStanding{in("admin", "member"), in("owner", "admin")}, "", ""},
		{"an admin of one of two", admin, them, []models.SharedStanding{in("owner", "member"), in("", "member")}, denied, "also in organizations"},
		{"an admin of one, member of the other", admin, them, []models.SharedStanding{in("owner", "member"), in("member", "member")}, denied, "also in organizations"},
		{"an admin a site admin", admin, models.User{ID: "them", SiteAdmin: true}, []models.SharedStanding{in("owner", "member")}, denied, "site admin"},
		{"an admin somebody without organization", admin, them, nil, denied, "none of your organizations"},
		{"a member", admin, them, []models.SharedStanding{in("member", "viewer")}, denied, "also in organizations"},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, models.CheckManageAccount(c.by, c.whom, c.shared), c.want, c.says)
		})
	}
	check(t, models.CheckGrantSiteAdmin(admin), denied, "site admin")
	check(t, models.CheckGrantSiteAdmin(site), "", "")
	check(t, models.CheckEnrol(admin, them, 0), "", "")
	check(t, models.CheckEnrol(admin, them, 1), denied, "key already")
	check(t, models.CheckEnrol(site, them, 1), "", "")
	last := models.User{Email: "ada@example.com", SiteAdmin: true, Status: models.UserActive}
	check(t, models.LastSiteAdmin(last, 1), conflict, "last active site admin")
	check(t, models.LastSiteAdmin(last, 2), "", "")
	check(t, models.LastSiteAdmin(models.User{SiteAdmin: true, Status: models.UserSuspended}, 1), "", "")
	check(t, models.LastOwnerOf(them, []string{"ACME", "BETA"}), conflict, "ACME, BETA")
	check(t, models.LastOwnerOf(them, nil), "", "")
	for _, x := range []struct {
		by      models.Access
		setting [2]string
		role    models.Role
		want    models.InvitationState
		code    models.Code
		says    string
	}{
		{access("admin"), [2]string{}, models.RoleOwner, "", denied, "grant"},
		{access("admin"), [2]string{}, models.RoleAdmin, models.StatePending, "", ""},
		{access("admin"), [2]string{models.SetInvite, "owners"}, models.RoleViewer, "", denied, "only owners"},
		{access("admin"), [2]string{models.SetSelfApproval, models.Off}, models.RoleViewer, models.StateRequested, "", ""},
		{access("member"), [2]string{models.SetInvite, "members"}, models.RoleViewer, "", denied, "may not"},
		{models.Access{UserID: "me", Role: "owner", Member: true, Personal: true}, [2]string{}, models.RoleMember, "", denied, "personal"},
	} {
		state, err := x.by.CheckAddMember(models.ParseMemberSettings(map[string]string{x.setting[0]: x.setting[1]}), x.role)
		check(t, err, x.code, x.says)
		if state != x.want {
			t.Errorf("%s to %s with %v starts as %q, want %q", x.by.Role, x.role, x.setting, state, x.want)
		}
	}
}
