package store_test

import (
	"testing"

	"muster/models"
)

// Nothing of a personal workspace is shown to anybody else, switched to or
// changed, site admins included: not by id, not by code, not in its log.
func TestPersonalWorkspacesAreClosed(t *testing.T) {
	x := newTeam(t)
	home := must[[]models.OrgEntry](t)(x.s.ListOrganizations(x.ctx, x.cy))[0]
	if home.Relation != models.RelPersonal {
		t.Fatalf("%+v", home)
	}
	diary := must[models.Project](t)(x.s.CreateProject(x.ctx, x.cy, home.ID, "", models.NewProject{Name: "Diary"}))
	entries := x.number("SELECT count(*) FROM audit WHERE org_id = $1", home.ID)
	name := "Mine"
	for who, a := range map[string]models.Actor{"site admin": x.ada, "owner elsewhere": x.olga} {
		for _, ref := range []string{home.ID, home.Code} {
			for what, do := range map[string]func() error{
				"show":     func() error { _, err := x.s.Organization(x.ctx, a, ref); return err },
				"switch":   func() error { _, err := x.s.SwitchOrganization(x.ctx, a, ref); return err },
				"settings": func() error { _, err := x.s.Settings(x.ctx, a, ref); return err },
				"rename": func() error {
					_, err := x.s.UpdateSettings(x.ctx, a, ref, []models.SettingChange{{Key: models.SetName, Value: name}}, true)
					return err
				},
				"plan":    func() error { _, err := x.s.SetPlan(x.ctx, a, ref, "explore"); return err },
				"log":     func() error { _, err := x.s.ListAudit(x.ctx, a, ref, models.AuditQuery{}); return err },
				"members": func() error { _, err := x.s.ListMembers(x.ctx, a, ref, models.MemberQuery{}); return err },
				"project": func() error { _, err := x.s.Project(x.ctx, a, ref, "", diary.ID); return err },
				"by id":   func() error { _, err := x.s.Project(x.ctx, a, "", "", diary.ID); return err },
				"users":   func() error { _, err := x.s.Users(x.ctx, a, models.AccountQuery{Org: ref}); return err },
				"delete":  func() error { _, err := x.s.DeleteOrganization(x.ctx, a, ref, home.Code); return err },
				"invite": func() error {
					_, err := x.s.CreateInvitation(x.ctx, a, ref, models.NewInvitation{Email: "n@example.com"})
					return err
				},
				"account": func() error {
					_, _, err := x.s.CreateUser(x.ctx, a, models.NewAccount{Email: "n@example.com", Name: "N", Org: ref})
					return err
				},
			} {
				if err := do(); models.CodeOf(err) != models.CodeNotFound {
					t.Errorf("%s, %s by %s: %v", who, what, ref, err)
				}
			}
		}
	}
	if n := x.number("SELECT count(*) FROM audit WHERE org_id = $1", home.ID); n != entries {
		t.Errorf("others' tries wrote %d entries into its log", n-entries)
	}
	if _, err := x.s.Organization(x.ctx, x.cy, home.ID); err != nil {
		t.Error(err)
	}
	all := must[models.Page[models.OrgRow]](t)(x.s.AllOrganizations(x.ctx, x.ada, models.OrgQuery{}))
	for _, o := range all.Items {
		if o.ID == home.ID {
			t.Error("listed among all organizations")
		}
	}
	u := must[models.AccountDetail](t)(x.s.User(x.ctx, x.ada, "", x.cy.UserID))
	for _, o := range u.Organizations {
		if o.Code == home.Code {
			t.Error("shown with the user")
		}
	}
}
