package store_test

import (
	"testing"

	"muster/models"
	"muster/store"
)

func TestWhoMayCreateOrganizations(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]models.Code{"": "", store.CreateAnyone: "", store.CreatePlan: "", store.CreateSiteAdmins: models.CodeDenied} {
		s := newStage(t, func(o *store.Options) { o.Create = true })
		if err := s.s.Close(); err != nil {
			t.Fatal(err)
		}
		s.world.s = s.open(func(o *store.Options) { o.WhoMayCreate = setting })
		_, err := s.s.CreateOrganization(s.ctx, s.member, store.NewOrganization{Name: "New", Code: "NEWORG"})
		if models.CodeOf(err) != want {
			t.Errorf("%s: %v", setting, err)
		}
		must[models.OrgView](t)(s.s.CreateOrganization(s.ctx, s.root, store.NewOrganization{Name: "Root", Code: "ROOTS"}))
		if setting == store.CreatePlan { // who is in no organization with the feature
			must[models.Consequences](t)(s.s.RemoveMember(s.ctx, s.owner, s.acme, s.member.UserID))
			s.exec("UPDATE organizations SET plan = 'explore' WHERE code = 'NEWORG'")
			_, err := s.s.CreateOrganization(s.ctx, s.member, store.NewOrganization{Name: "New", Code: "NEWER"})
			wantCode(t, err, models.CodeDenied)
		}
	}
}
