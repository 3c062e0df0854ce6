package store_test

import (
	"slices"
	"strings"
	"testing"

	"muster/models"
	"muster/store"
)

// cast is an organization with everybody whom a method can meet.
type cast struct {
	template
	acme, home, dead string
	actors           map[string]models.Actor
	pending, request string // invitations of ACME: sent by the owner, proposed by the member
	foreign          string // one of another organization
}

// In the order of the columns of the tables below.
var columns = []string{"owner", "admin", "member", "viewer", "outsider", "site admin", "suspended member", "suspended user", "stranger"}

func newCast(t *testing.T) *cast {
	t.Helper()
	w := newWorld(t)
	c := &cast{actors: map[string]models.Actor{}}
	root := w.ada()
	home := must[models.OrgView](t)(w.s.CreateOrganization(w.ctx, root, store.NewOrganization{Name: "Home", Code: "HOME"}))
	owner := w.join(root, home.ID, "olga@example.com", models.RoleMember)
	acme := w.acme(owner)
	dead := must[models.OrgView](t)(w.s.CreateOrganization(w.ctx, owner, store.NewOrganization{Name: "Dead", Code: "DEAD"}))
	c.acme, c.home, c.dead = acme.ID, home.ID, dead.ID
	c.actors["site admin"] = root
	c.actors["owner"] = owner
	c.actors["second owner"] = w.join(owner, acme.ID, "otto@example.com", models.RoleOwner)
	c.actors["admin"] = w.join(owner, acme.ID, "adam@example.com", models.RoleAdmin)
	c.actors["member"] = w.join(owner, acme.ID, "mel@example.com", models.RoleMember)
	c.actors["viewer"] = w.join(owner, acme.ID, "vic@example.com", models.RoleViewer)
	c.actors["target"] = w.join(owner, acme.ID, "tim@example.com", models.RoleMember)
	c.actors["suspended member"] = w.join(owner, acme.ID, "sue@example.com", models.RoleOwner)
	c.actors["suspended user"] = w.join(owner, acme.ID, "sam@example.com", models.RoleOwner)
	c.actors["outsider"] = w.join(root, home.ID, "out@example.com", models.RoleMember)
	c.actors["stranger"] = models.Actor{Via: models.ViaSSH, Key: key("nobody").Fingerprint}
	c.pending = must[models.Invitation](t)(w.s.CreateInvitation(w.ctx, owner, acme.ID, models.NewInvitation{Email: "pen@example.com"})).ID
	c.request = must[models.Invitation](t)(w.s.CreateInvitation(w.ctx, c.actors["member"], acme.ID, models.NewInvitation{Email: "req@example.com"})).ID
	c.foreign = must[models.Invitation](t)(w.s.CreateInvitation(w.ctx, root, home.ID, models.NewInvitation{Email: "for@example.com"})).ID
	w.exec("UPDATE memberships SET status = 'suspended' WHERE email = 'sue@example.com' AND org_id = $1", acme.ID)
	w.exec("UPDATE member_counts SET n = n - 1 WHERE org_id = $1 AND role_order = 1 AND status = 'active'", acme.ID)
	w.exec("INSERT INTO member_counts VALUES ($1, 1, 'suspended', 1)", acme.ID)
	w.exec("UPDATE users SET status = 'suspended' WHERE email = 'sam@example.com'")
	w.exec("UPDATE memberships SET account = 'suspended' WHERE email = 'sam@example.com'")
	must[models.OrgConsequences](t)(w.s.DeleteOrganization(w.ctx, owner, dead.ID, "DEAD"))
	w.clock.Advance(models.ResendPause)
	c.template = w.freeze()
	return c
}

// A method, what happens for each column, and how many entries in the log a
// success makes. + is done, d denied, n not found, c conflict, g gone; a capital
// letter is a refusal that the log does not have, since nobody known asked, or
// nothing is hidden.
type row struct {
	name    string
	line    string
	entries int
	call    func(w *world, a models.Actor, org, id, ref string) error
}

var inOrganization = []row{
	{"Organization", "++++ n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.Organization(w.ctx, a, org)
		return err
	}},
	{"FindOrganization", "++++ n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.FindOrganization(w.ctx, a, org, "organization.show")
		return err
	}},
	{"SwitchOrganization", "++++ n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.SwitchOrganization(w.ctx, a, org)
		return err
	}},
	{"ListMembers", "++++ n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.ListMembers(w.ctx, a, org, models.MemberQuery{})
		return err
	}},
	{"ListMembers search", "++++ n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.ListMembers(w.ctx, a, org, models.MemberQuery{Search: "tim"})
		return err
	}},
	{"Member", "++++ n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.Member(w.ctx, a, org, ref)
		return err
	}},
	{"RemovalConsequences", "++dd n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.RemovalConsequences(w.ctx, a, org, ref)
		return err
	}},
	{"LeaveConsequences", "++++ nN+d D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.LeaveConsequences(w.ctx, a, org)
		return err
	}},
	{"ListInvitations", "++++ n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.ListInvitations(w.ctx, a, org, models.InvitationQuery{})
		return err
	}},
	{"Settings", "++++ n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.Settings(w.ctx, a, org)
		return err
	}},
	{"ListAudit", "++++ n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.ListAudit(w.ctx, a, org, models.AuditQuery{})
		return err
	}},
	{"VerifyAudit", "++dd n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.VerifyAudit(w.ctx, a, org)
		return err
	}},
	{"CreateInvitation", "+++d n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.CreateInvitation(w.ctx, a, org, models.NewInvitation{Email: "new@example.com"})
		return err
	}},
	{"CreateInvitation of an owner", "+ddd n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.CreateInvitation(w.ctx, a, org, models.NewInvitation{Email: "new@example.com", Role: models.RoleOwner})
		return err
	}},
	{"ChangeRole", "++dd n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.ChangeRole(w.ctx, a, org, ref, models.RoleViewer)
		return err
	}},
	{"ChangeRole to owner", "+ddd n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.ChangeRole(w.ctx, a, org, ref, models.RoleOwner)
		return err
	}},
	{"RemoveMember", "++dd n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.RemoveMember(w.ctx, a, org, ref)
		return err
	}},
	{"RemoveMemberBecause", "++dd n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.RemoveMemberBecause(w.ctx, a, org, ref, "left")
		return err
	}},
	{"Leave", "++++ nN+d D", 1, func(w *world, a models.Actor, org, id, ref string) error { return w.s.Leave(w.ctx, a, org) }},
	{"UpdateSettings", "++dd n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.UpdateSettings(w.ctx, a, org, []models.SettingChange{{Key: models.SetMOTD, Value: "hello"}}, false)
		return err
	}},
}

// pending is what can be done with an invitation that the owner sent.
var withPending = []row{
	{"Invitation", "++nn n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.Invitation(w.ctx, a, org, id)
		return err
	}},
	{"ResendInvitation", "++nn n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.ResendInvitation(w.ctx, a, org, id)
		return err
	}},
	{"RegenerateInvitation", "++nn n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.RegenerateInvitation(w.ctx, a, org, id)
		return err
	}},
	{"RevokeInvitation", "++nn n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.RevokeInvitation(w.ctx, a, org, id)
		return err
	}},
	{"JoinCode", "++nn n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.JoinCode(w.ctx, a, org, id)
		return err
	}},
	{"ApproveInvitation", "ccnn ncdd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.ApproveInvitation(w.ctx, a, org, id, "")
		return err
	}},
	{"UndoDecision", "ggnn ngdd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.UndoDecision(w.ctx, a, org, id)
		return err
	}},
	{"AcceptInvitation", "nnnn nnnd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.AcceptInvitation(w.ctx, a, id)
		return err
	}},
	{"DeclineInvitation", "nnnn nnnd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.DeclineInvitation(w.ctx, a, id)
		return err
	}},
}

var withRequest = []row{
	{"Invitation", "+++n n+dd D", 0, withPending[0].call},
	{"ApproveInvitation", "++dn n+dd D", 1, withPending[5].call},
	{"ApproveInvitation as admin", "++dn n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.ApproveInvitation(w.ctx, a, org, id, models.RoleAdmin)
		return err
	}},
	{"ApproveInvitation as owner", "+ddn n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.ApproveInvitation(w.ctx, a, org, id, models.RoleOwner)
		return err
	}},
	{"RejectInvitation", "++dn n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.RejectInvitation(w.ctx, a, org, id, "no")
		return err
	}},
	{"WithdrawInvitation", "dd+n nddd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.WithdrawInvitation(w.ctx, a, org, id)
		return err
	}},
	{"ResendInvitation", "ccdn ncdd D", 1, withPending[1].call},
	{"JoinCode", "ccdn ncdd D", 1, withPending[4].call},
	{"RevokeInvitation", "cccn ncdd D", 1, withPending[3].call},
	{"AcceptInvitation", "nnnn nnnd D", 1, withPending[7].call},
	{"DeleteInvitation", "cccn ncdd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.DeleteInvitation(w.ctx, a, org, id, true)
		return err
	}},
}

// On the own account. A suspended member has one, a suspended user has lost it.
var onOneself = []row{
	{"Me", "++++ +++d D", 0, func(w *world, a models.Actor, org, id, ref string) error { _, err := w.s.Me(w.ctx, a); return err }},
	{"UpdateMe", "++++ +++d D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.UpdateMe(w.ctx, a, "Another Name")
		return err
	}},
	{"ListKeys", "++++ +++d D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.ListKeys(w.ctx, a)
		return err
	}},
	{"AddKey", "++++ +++d D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.AddKey(w.ctx, a, key("another"), "")
		return err
	}},
	{"AddKey of another", "cccc cccd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.AddKey(w.ctx, a, key("tim@example.com"), "")
		return err
	}},
	{"KeyChallenge", "++++ +++d D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.KeyChallenge(w.ctx, a, "SHA256:host")
		return err
	}},
	{"ReadNotices", "++++ +++d D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		return w.s.ReadNotices(w.ctx, a, "ntc_00000000000000000000000000")
	}},
	{"RenameKey of another", "NNNN NNNd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.RenameKey(w.ctx, a, key("tim@example.com").Fingerprint, "mine")
		return err
	}},
	{"RemoveKey of another", "NNNN NNNd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.RemoveKey(w.ctx, a, key("tim@example.com").Fingerprint)
		return err
	}},
	{"CreatePairing", "++++ +++d D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, _, err := w.s.CreatePairing(w.ctx, a, "")
		return err
	}},
	{"Sessions", "++++ +++d D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.Sessions(w.ctx, a)
		return err
	}},
	{"OwnInvitations", "++++ +++d D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.OwnInvitations(w.ctx, a)
		return err
	}},
	{"ListOrganizations", "++++ +++d D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.ListOrganizations(w.ctx, a)
		return err
	}},
	{"CreateOrganization", "++++ +++d D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.CreateOrganization(w.ctx, a, store.NewOrganization{Name: "Own", Code: "OWN"})
		return err
	}},
	{"CreateOrganization with a taken code", "cccc cccd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.CreateOrganization(w.ctx, a, store.NewOrganization{Name: "Own", Code: "acme"})
		return err
	}},
	{"LookupCode of nobody", "NNNN NNNd N", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.LookupCode(w.ctx, a, "aaaaaaaaaaaaaaaaaaaaaaaaaa")
		return err
	}},
	{"DeclineCode of nobody", "NNNN NNNd N", 1, func(w *world, a models.Actor, org, id, ref string) error {
		return w.s.DeclineCode(w.ctx, a, "aaaaaaaaaaaaaaaaaaaaaaaaaa")
	}},
}

func TestRights(t *testing.T) {
	alone(t)
	c := newCast(t)
	for _, table := range []struct {
		name string
		rows []row
		id   string
	}{{"", inOrganization, ""}, {"pending ", withPending, c.pending}, {"request ", withRequest, c.request}, {"own ", onOneself, ""}} {
		for _, r := range table.rows {
			t.Run(table.name+r.name, func(t *testing.T) {
				t.Parallel()
				refused, changed := c.thaw(t), 0 // refusals leave nothing, so they can share a world
				for i, who := range columns {
					want := strings.ReplaceAll(r.line, " ", "")[i]
					w, r := refused, r
					if want == '+' && (r.entries > 0 || r.name == "SwitchOrganization") {
						if changed++; spared(changed) {
							continue
						}
						w = c.thaw(t)
					}
					if r.name == "Leave" && (who == "member" || who == "owner") {
						r.entries++ // for the invitation that falls with them
					}
					if r.name == "Leave" && who == "owner" {
						r.entries++ // for the primary ownership that passes on
					}
					w.t = t
					check(t, w, who, r, c.actors[who], c.acme, table.id, "tim@example.com", want)
				}
				refused.verified()
			})
		}
	}
}

// What is not there, or elsewhere, is not there for anybody.
func TestRightsElsewhere(t *testing.T) {
	alone(t)
	c := newCast(t)
	nowhere := "org_06f7k2v9s1tk70000000000000"
	for _, who := range []string{"owner", "outsider", "site admin"} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			w := c.thaw(t)
			for name, org := range map[string]string{"deleted": c.dead, "never made": nowhere, "hostile": "\x1b[31m' OR 1=1 --"} {
				for _, r := range inOrganization {
					check(t, w, "organization "+name, r, c.actors[who], org, "", "tim@example.com", 'n')
				}
			}
			for name, at := range map[string][2]string{
				"of another organization": {c.acme, c.foreign}, "of a deleted one": {c.dead, c.pending}, "never made": {c.acme, "inv_06f7k2v9s1tk70000000000000"},
				"never made anywhere": {"", "inv_06f7k2v9s1tk70000000000000"},
			} {
				for _, r := range withPending[:7] {
					check(t, w, "invitation "+name, r, c.actors[who], at[0], at[1], "", 'n')
				}
			}
		})
	}
	t.Run("by id alone", func(t *testing.T) {
		t.Parallel()
		w := c.thaw(t)
		for i, r := range withPending[:7] {
			check(t, w, "viewer", r, c.actors["viewer"], "", c.foreign, "", 'n')
			if n := w.number("SELECT count(*) FROM audit WHERE org_id = $1 AND outcome = 'refused'", c.home); n != int64(i+1) {
				t.Errorf("after %s the organization whose invitation was touched has %d entries about it", r.name, n)
			}
		}
	})
	t.Run("somebody else's member", func(t *testing.T) {
		t.Parallel()
		w := c.thaw(t)
		for _, r := range inOrganization {
			if slices.Contains([]string{"Member", "RemovalConsequences", "ChangeRole", "ChangeRole to owner", "RemoveMember"}, r.name) {
				check(t, w, "owner", r, c.actors["owner"], c.acme, "", "out@example.com", 'N')
			}
		}
	})
}

// check calls a method in a world of its own and compares every table before
// and after.
func check(t *testing.T, w *world, who string, r row, a models.Actor, org, id, ref string, want byte) {
	t.Helper()
	db := w.raw()
	defer db.Close()
	afresh(t, db)
	before := dump(t, db)
	err := r.call(w, a, org, id, ref)
	after := dump(t, db)
	codes := map[byte]models.Code{'+': "", 'd': models.CodeDenied, 'n': models.CodeNotFound, 'c': models.CodeConflict, 'g': models.CodeGone}
	letter := want
	if want >= 'A' && want <= 'Z' {
		letter += 'a' - 'A'
	}
	if models.CodeOf(err) != codes[letter] {
		t.Errorf("%s as %s: %v, want %q", r.name, who, err, codes[letter])
	}
	added := len(after["audit"]) - len(before["audit"])
	diff := changed(before, after)
	if want == '+' && r.entries == 0 && who == "site admin" {
		added, diff = besidesReading(t, db, added, diff)
	}
	switch {
	case want == '+':
		if added != r.entries {
			t.Errorf("%s as %s: %d entries in the log, want %d", r.name, who, added, r.entries)
		}
		if r.entries == 0 && !strings.HasPrefix(r.name, "Switch") && len(diff) > 0 {
			t.Errorf("%s as %s: reading changed %v", r.name, who, diff)
		}
		for _, flaw := range flaws(t, db, w.clock.Now(), models.DefaultPlans()) {
			t.Errorf("%s as %s: %s", r.name, who, flaw)
		}
		if r.entries > 0 {
			w.verified()
		}
	case want >= 'a':
		// The mark is for those who follow the log.
		diff = slices.DeleteFunc(diff, func(table string) bool { return table == "changes" })
		if added != 1 || !slices.Equal(diff, []string{"audit", "audit_heads", "refusals"}) {
			t.Errorf("%s as %s: the refusal made %d entries in the log and changed %v", r.name, who, added, diff)
		}
		if got := texts(t, db, "SELECT outcome FROM audit ORDER BY rowid DESC LIMIT 1"); got[0] != "refused" {
			t.Errorf("%s as %s: the log says it was %s", r.name, who, got[0])
		}
	default:
		if len(diff) > 0 {
			t.Errorf("%s as %s: the refusal changed %v", r.name, who, diff)
		}
	}
}
