package models_test

import (
	"fmt"
	"strings"
	"testing"

	"muster/models"
)

const (
	owner  = models.RoleOwner
	admin  = models.RoleAdmin
	member = models.RoleMember
	viewer = models.RoleViewer
)

// as is an active member with a role, whose user id is "me".
func as(r models.Role) models.Access {
	return models.Access{UserID: "me", OrgID: "org", Role: r, Member: true}
}

var (
	siteAdmin = models.Access{UserID: "me", OrgID: "org", SiteAdmin: true}
	outsider  = models.Access{UserID: "me", OrgID: "org"}
	suspended = models.Access{UserID: "me", OrgID: "org", Role: owner}
)

// actors are everybody whom a rule can meet, in the order of the columns of
// the tables below.
var actors = []struct {
	name   string
	access models.Access
}{
	{"owner", as(owner)}, {"admin", as(admin)}, {"member", as(member)}, {"viewer", as(viewer)},
	{"site admin", siteAdmin}, {"outsider", outsider}, {"suspended owner", suspended},
}

// expect compares what a rule says for every actor with a line of a table: one
// letter an actor, + for yes, - for no.
func expect(t *testing.T, name, line string, rule func(models.Access) error) {
	t.Helper()
	line = strings.ReplaceAll(line, " ", "")
	if len(line) != len(actors) {
		t.Fatalf("%s: %d letters for %d actors", name, len(line), len(actors))
	}
	for i, a := range actors {
		err := rule(a.access)
		if (err == nil) != (line[i] == '+') {
			t.Errorf("%s as %s: %v, want %c", name, a.name, err, line[i])
		}
		if err != nil {
			told(t, name+" as "+a.name, err)
		}
	}
}

// told checks the form of an error for people.
func told(t *testing.T, name string, err error) {
	t.Helper()
	e := models.AsError(err)
	if e.Code == models.CodeInternal || e.Message == "" || strings.HasSuffix(e.Message, ".") ||
		strings.Contains(e.Message, "  ") || strings.Contains(e.Message, "%!") || strings.Contains(e.Hint, "%!") {
		t.Errorf("%s: badly told: %s %q, hint %q", name, e.Code, e.Message, e.Hint)
	}
}

func TestPermissions(t *testing.T) {
	lines := map[models.Permission]string{
		models.PermView:       "++++ +--",
		models.PermSettings:   "++-- +--",
		models.PermBilling:    "+--- +--",
		models.PermTransfer:   "+--- +--",
		models.PermDelete:     "+--- +--",
		models.PermMembers:    "++-- +--",
		models.PermDecide:     "++-- +--",
		models.PermInvite:     "+++- +--",
		models.PermWorkspaces: "++-- +--",
		models.PermPrompts:    "+++- +--",
		models.PermKeysOwn:    "+++- +--",
		models.PermKeysAll:    "++-- +--",
		models.PermKeysVerify: "++-- +--",
		models.PermAudit:      "++-- +--",
		"no.such.permission":  "---- ---",
	}
	for p, line := range lines {
		expect(t, string(p), line, func(a models.Access) error { return a.Require(p) })
		for _, r := range models.Roles() {
			if r.Can(p) != (as(r).Require(p) == nil) {
				t.Errorf("%s: Can and Require disagree for %s", p, r)
			}
		}
	}
	if n := len(owner.Permissions()); n != len(lines)-1 {
		t.Errorf("the table has %d permissions, an owner %d", len(lines)-1, n)
	}
	if models.Role("root").Can(models.PermView) || models.Role("").Can(models.PermView) {
		t.Error("a role that does not exist may see the organization")
	}
}

func TestElevated(t *testing.T) {
	both := as(viewer)
	both.SiteAdmin = true
	for _, tt := range []struct {
		access models.Access
		perm   models.Permission
		want   bool
	}{
		{siteAdmin, models.PermView, true},
		{both, models.PermView, false},
		{both, models.PermMembers, true},
		{as(owner), models.PermDelete, false},
		{as(viewer), models.PermDelete, false},
	} {
		if got := tt.access.Elevated(tt.perm); got != tt.want {
			t.Errorf("%+v %s: %v, want %v", tt.access, tt.perm, got, tt.want)
		}
	}
}

func TestRanks(t *testing.T) {
	for i, r := range models.Roles() {
		if r.Rank() != 4-i || models.RoleOfRank(r.Rank()) != r {
			t.Errorf("%s has rank %d", r, r.Rank())
		}
		for _, s := range []string{string(r), strings.ToUpper(string(r)), " " + string(r) + "\n"} {
			if got, err := models.ParseRole("role", s); err != nil || got != r {
				t.Errorf("ParseRole(%q) = %q, %v", s, got, err)
			}
		}
	}
	if models.RoleOfRank(0) != "" || models.RoleOfRank(5) != "" || models.RoleOfRank(-1) != "" {
		t.Error("there is a role for a rank that none has")
	}
	for _, s := range []string{"", "root", "own er", "owner\x00", strings.Repeat("x", 1<<16), "\x1b[31mowner"} {
		_, err := models.ParseRole("role", s)
		e := models.AsError(err)
		if err == nil || e.Code != models.CodeInvalid || e.Field != "role" || len(e.Message) > 200 || strings.Contains(e.Message, "\x1b") {
			t.Errorf("ParseRole(%.20q): %+v", s, err)
		}
	}
}

func TestGrant(t *testing.T) {
	for role, line := range map[models.Role]string{
		owner:  "+--- +--",
		admin:  "++-- +--",
		member: "+++- +--",
		viewer: "++++ +--",
		"root": "---- ---",
		"":     "---- ---",
	} {
		expect(t, "grant "+string(role), line, func(a models.Access) error { return a.CheckGrant(role) })
	}
}

func TestRoleChangeOfOthers(t *testing.T) {
	// From a role, to a role, with two active owners.
	for name, line := range map[string]string{
		"owner owner": "+--- +--", "owner admin": "+--- +--", "owner member": "+--- +--", "owner viewer": "+--- +--",
		"admin owner": "+--- +--", "admin admin": "++-- +--", "admin member": "++-- +--", "admin viewer": "++-- +--",
		"member owner": "+--- +--", "member admin": "++-- +--", "member member": "++-- +--", "member viewer": "++-- +--",
		"viewer owner": "+--- +--", "viewer admin": "++-- +--", "viewer member": "++-- +--", "viewer viewer": "++-- +--",
		"admin root": "---- ---", "admin ": "---- ---",
	} {
		from, to, _ := strings.Cut(name, " ")
		m := models.Standing{UserID: "them", Role: models.Role(from), Active: true}
		expect(t, "change "+name, line, func(a models.Access) error { return a.CheckRoleChange(m, models.Role(to), 2) })
	}
}

func TestRoleChangeOfOneself(t *testing.T) {
	for _, from := range models.Roles() {
		for _, to := range models.Roles() {
			m := models.Standing{UserID: "me", Role: from, Active: true}
			err := as(from).CheckRoleChange(m, to, 2)
			if (err == nil) != (to.Rank() <= from.Rank()) {
				t.Errorf("%s makes themselves %s: %v", from, to, err)
			}
			raised := as(from)
			raised.SiteAdmin = true
			if err := raised.CheckRoleChange(m, to, 2); err != nil {
				t.Errorf("%s and site admin makes themselves %s: %v", from, to, err)
			}
		}
	}
}

func TestLastOwner(t *testing.T) {
	last := models.Standing{UserID: "them", Role: owner, Active: true}
	me := models.Standing{UserID: "me", Role: owner, Active: true}
	asleep := models.Standing{UserID: "them", Role: owner}
	for _, tt := range []struct {
		name string
		err  error
		want models.Code
	}{
		{"demote the last", siteAdmin.CheckRoleChange(last, admin, 1), models.CodeConflict},
		{"demote the last oneself", as(owner).CheckRoleChange(me, viewer, 1), models.CodeConflict},
		{"the last stays owner", as(owner).CheckRoleChange(me, owner, 1), ""},
		{"demote one of two", as(owner).CheckRoleChange(last, admin, 2), ""},
		{"demote one who does not count", as(owner).CheckRoleChange(asleep, admin, 1), ""},
		{"remove the last", siteAdmin.CheckRemove(last, 1), models.CodeConflict},
		{"remove the last oneself", as(owner).CheckRemove(me, 1), models.CodeConflict},
		{"remove one of two", as(owner).CheckRemove(last, 2), ""},
		{"remove one who does not count", as(owner).CheckRemove(asleep, 1), ""},
		{"the last leaves", as(owner).CheckLeave(me, 1), models.CodeConflict},
		{"one of two leaves", as(owner).CheckLeave(me, 2), ""},
		{"counted none", siteAdmin.CheckRemove(last, 0), models.CodeConflict},
	} {
		if got := models.CodeOf(tt.err); got != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, tt.err, tt.want)
		}
	}
}

func TestRemoveAndLeave(t *testing.T) {
	for target, line := range map[models.Role]string{
		owner:  "+--- +--",
		admin:  "++-- +--",
		member: "++-- +--",
		viewer: "++-- +--",
	} {
		m := models.Standing{UserID: "them", Role: target, Active: true}
		expect(t, "remove "+string(target), line, func(a models.Access) error { return a.CheckRemove(m, 2) })
	}
	for _, r := range models.Roles() {
		m := models.Standing{UserID: "me", Role: r, Active: true}
		if err := as(r).CheckLeave(m, 2); err != nil {
			t.Errorf("%s leaves: %v", r, err)
		}
		if err := as(r).CheckRemove(m, 2); err != nil {
			t.Errorf("%s removes themselves: %v", r, err)
		}
		home := as(r)
		home.Personal = true
		if err := home.CheckLeave(m, 2); models.CodeOf(err) != models.CodeDenied {
			t.Errorf("leaving the personal workspace: %v", err)
		}
		if err := home.CheckRemove(m, 2); models.CodeOf(err) != models.CodeDenied {
			t.Errorf("removing oneself from the personal workspace: %v", err)
		}
	}
}

func TestArticle(t *testing.T) {
	var got []string
	for _, r := range append(models.Roles(), "") {
		got = append(got, r.Article())
	}
	if s := fmt.Sprint(got); s != "[an owner an admin a member a viewer somebody without a role]" {
		t.Error(s)
	}
}
