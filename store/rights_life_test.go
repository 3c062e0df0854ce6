package store_test

import (
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// lifeRows are the methods by which memberships, organizations and accounts
// begin and end. ref is a member who belongs to no other organization.
var lifeRows = []row{
	{"SuspendMember", "++dd n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.SuspendMember(w.ctx, a, org, ref, "why")
		return err
	}},
	{"ReactivateMember who is active", "ccdd ncdd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.ReactivateMember(w.ctx, a, org, ref)
		return err
	}},
	{"SetMemberEnd", "++dd n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		end := w.clock.Now().Add(time.Hour)
		_, err := w.s.SetMemberEnd(w.ctx, a, org, ref, &end)
		return err
	}},
	{"RemovedMembers", "++dd n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.RemovedMembers(w.ctx, a, org, models.RemovedQuery{})
		return err
	}},
	{"RestoreMember who is one", "ccdd ncdd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.RestoreMember(w.ctx, a, org, ref)
		return err
	}},
	{"AddMember", "dddd n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.AddMember(w.ctx, a, org, "out@example.com", models.RoleViewer)
		return err
	}},
	{"Nominate", "+ddd n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.Nominate(w.ctx, a, org, ref)
		return err
	}},
	{"AcceptTransfer of nobody", "nnnn nnnd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.AcceptTransfer(w.ctx, a, org)
		return err
	}},
	{"DeclineTransfer of nobody", "nnnn nnnd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.DeclineTransfer(w.ctx, a, org)
		return err
	}},
	{"CancelTransfer of nobody", "nnnn nnnd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.CancelTransfer(w.ctx, a, org)
		return err
	}},
	{"DeletionConsequences", "+ddd n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.DeletionConsequences(w.ctx, a, org)
		return err
	}},
	{"DeleteOrganization", "+ddd n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.DeleteOrganization(w.ctx, a, org, "ACME")
		return err
	}},
	{"Users of it", "++dd n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.Users(w.ctx, a, models.AccountQuery{Org: org})
		return err
	}},
	{"User", "++dd n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.User(w.ctx, a, org, ref)
		return err
	}},
	{"CreateUser", "++dd n+dd D", 4, func(w *world, a models.Actor, org, id, ref string) error {
		_, _, err := w.s.CreateUser(w.ctx, a, models.NewAccount{Email: "new@example.com", Name: "New", Org: org})
		return err
	}},
	{"CreateUser as an owner", "+ddd n+dd D", 4, func(w *world, a models.Actor, org, id, ref string) error {
		_, _, err := w.s.CreateUser(w.ctx, a, models.NewAccount{Email: "new@example.com", Name: "New", Org: org, Role: models.RoleOwner})
		return err
	}},
	{"CreateUser as a site admin", "dddd n+dd D", 4, func(w *world, a models.Actor, org, id, ref string) error {
		_, _, err := w.s.CreateUser(w.ctx, a, models.NewAccount{Email: "new@example.com", Name: "New", Org: org, SiteAdmin: true})
		return err
	}},
	{"EditUser", "++dd n+dd D", 2, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.EditUser(w.ctx, a, org, ref, models.AccountChange{Name: ptr("Other")})
		return err
	}},
	{"EditUser to a site admin", "dddd n+dd D", 2, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.EditUser(w.ctx, a, org, ref, models.AccountChange{SiteAdmin: ptr(true)})
		return err
	}},
	{"SuspendUser", "++dd n+dd D", 2, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.SuspendUser(w.ctx, a, org, ref, "")
		return err
	}},
	{"ReactivateUser who is active", "ccdd ncdd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.ReactivateUser(w.ctx, a, org, ref)
		return err
	}},
	{"VerifyUser whose address is verified", "dddd ncdd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.VerifyUser(w.ctx, a, org, ref)
		return err
	}},
	{"UserDeletionConsequences", "++dd n+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.UserDeletionConsequences(w.ctx, a, org, ref)
		return err
	}},
	{"DeleteUser", "++dd n+dd D", 3, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.DeleteUser(w.ctx, a, org, ref, ref)
		return err
	}},
	{"EnrolUser who has a key", "dddd n+dd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, _, err := w.s.EnrolUser(w.ctx, a, org, ref)
		return err
	}},
}

// siteRows are for site admins, whatever the organization.
var siteRows = []row{
	{"RestoreOrganization that is there", "dddd ncdd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.RestoreOrganization(w.ctx, a, org)
		return err
	}},
	{"RestoreOrganization that was deleted", "nnnn n+nd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.RestoreOrganization(w.ctx, a, "DEAD")
		return err
	}},
	{"PurgeOrganization that is there", "dddd ncdd D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.PurgeOrganization(w.ctx, a, org, "ACME")
		return err
	}},
	{"PurgeOrganization that was deleted", "nnnn n+nd D", 2, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.PurgeOrganization(w.ctx, a, "DEAD", "dead")
		return err
	}},
	{"OrganizationRow", "nnnn n+nd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.OrganizationRow(w.ctx, a, org)
		return err
	}},
	{"AllOrganizations", "dddd d+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.AllOrganizations(w.ctx, a, models.OrgQuery{})
		return err
	}},
	{"Users", "dddd d+dd D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.Users(w.ctx, a, models.AccountQuery{})
		return err
	}},
	{"EditUser anywhere", "dddd d+dd D", 2, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.EditUser(w.ctx, a, "", ref, models.AccountChange{Name: ptr("Other")})
		return err
	}},
	{"Nominations", "++++ +++d D", 0, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.Nominations(w.ctx, a)
		return err
	}},
	{"UpgradePersonal", "++++ +++d D", 1, func(w *world, a models.Actor, org, id, ref string) error {
		_, err := w.s.UpgradePersonal(w.ctx, a, store.NewOrganization{Name: "Up", Code: "UP"})
		return err
	}},
}

func TestRightsOverLife(t *testing.T) {
	alone(t)
	c := newCast(t)
	for _, r := range append(append([]row{}, lifeRows...), siteRows...) {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			refused, changed := c.thaw(t), 0
			for i, who := range columns {
				want := strings.ReplaceAll(r.line, " ", "")[i]
				w := refused
				if want == '+' && r.entries > 0 {
					if changed++; spared(changed) {
						continue
					}
					w = c.thaw(t)
				}
				w.t = t
				check(t, w, who, r, c.actors[who], c.acme, "", "tim@example.com", want)
			}
		})
	}
}

// What is not there, was deleted, or belongs to others is not there for anybody.
func TestRightsOverLifeElsewhere(t *testing.T) {
	alone(t)
	c := newCast(t)
	for _, who := range []string{"owner", "outsider", "site admin"} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			w := c.thaw(t)
			for name, org := range map[string]string{"deleted": c.dead, "never made": "org_06f7k2v9s1tk70000000000000", "hostile": "\x1b[31m' OR 1=1 --"} {
				for _, r := range lifeRows {
					check(t, w, "organization "+name, r, c.actors[who], org, "", "tim@example.com", 'n')
				}
			}
		})
	}
	t.Run("somebody else's member", func(t *testing.T) {
		t.Parallel()
		w := c.thaw(t)
		for _, r := range lifeRows {
			if strings.Contains(r.name, "CreateUser") || r.name == "AddMember" || strings.Contains(r.name, "nobody") || r.entries == 0 && !strings.HasPrefix(r.name, "User") ||
				r.name == "DeleteOrganization" || r.name == "Users of it" {
				continue
			}
			check(t, w, "owner", r, c.actors["owner"], c.acme, "", "out@example.com", 'N')
		}
	})
}
