package store_test

import (
	"strings"
	"testing"

	"muster/models"
	"muster/store"
)

// Who may create an organization on which plan, under each setting of the
// installation, as a new one and by upgrading the personal workspace.
func TestThePlanOfANewOrganization(t *testing.T) {
	for name, c := range map[string]struct {
		who     string
		self    bool
		site    bool
		joined  bool // in an organization whose plan allows creating
		plan    string
		want    models.Code
		hint    string
		created string
	}{
		"anybody on the usual plan":                      {who: store.CreateAnyone, created: models.PlanTeam},
		"anybody on the usual plan by name":              {who: store.CreateAnyone, plan: "Team", created: models.PlanTeam},
		"nobody else on a larger one":                    {who: store.CreateAnyone, plan: "visionary", want: models.CodeDenied, hint: "self_service_plans"},
		"with self-service on a larger one":              {who: store.CreateAnyone, self: true, plan: "visionary", created: models.PlanVisionary},
		"a site admin on any":                            {who: store.CreateSiteAdmins, site: true, plan: "enterprise", created: models.PlanEnterprise},
		"a site admin on none that is personal":          {who: store.CreateAnyone, site: true, plan: "explore", want: models.CodeDenied},
		"nobody on a plan that there is not":             {who: store.CreateAnyone, site: true, plan: "gold", want: models.CodeInvalid, hint: "team"},
		"by plan, from nothing but a personal workspace": {who: store.CreatePlan, want: models.CodeDenied, hint: "ask a site admin to create one"},
		"by plan, as a member of one":                    {who: store.CreatePlan, joined: true, created: models.PlanTeam},
		"by plan with self-service":                      {who: store.CreatePlan, self: true, created: models.PlanTeam},
		"by plan with self-service on one that allows":   {who: store.CreatePlan, self: true, plan: "visionary", created: models.PlanVisionary},
		"by plan with self-service on one that does not": {who: store.CreatePlan, self: true, plan: "bare", want: models.CodeDenied, hint: "choose one that does: "},
		"by site admins, with self-service":              {who: store.CreateSiteAdmins, self: true, plan: "visionary", want: models.CodeDenied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			root := w.ada()
			acme := w.acme(root)
			a := root
			if !c.site {
				a = w.join(root, acme.ID, "bob@example.com", models.RoleMember)
				if !c.joined {
					must[models.Consequences](t)(w.s.RemoveMember(w.ctx, root, acme.ID, a.UserID))
				}
			}
			s := w.open(plans, func(o *store.Options) { o.WhoMayCreate, o.SelfServicePlans = c.who, c.self })
			me := must[store.Me](t)(s.Me(w.ctx, a))
			for way, make := range map[string]func(store.NewOrganization) (models.OrgView, error){
				"FRESH": func(n store.NewOrganization) (models.OrgView, error) { return s.CreateOrganization(w.ctx, a, n) },
				"UP":    func(n store.NewOrganization) (models.OrgView, error) { return s.UpgradePersonal(w.ctx, a, n) },
			} {
				v, err := make(store.NewOrganization{Name: way, Code: way, Plan: c.plan})
				if models.CodeOf(err) != c.want || v.Plan != c.created || err != nil && !strings.Contains(models.AsError(err).Hint, c.hint) {
					t.Errorf("%s: plan %q, %v (%+v)", way, v.Plan, err, models.AsError(err))
				}
				offered := false
				for _, p := range me.CreatePlans {
					offered = offered || p.Name == c.created
				}
				if (err == nil) != offered {
					t.Errorf("%s: %v, and the form offers %v (%s)", way, err, me.CreatePlans, me.NoCreate)
				}
				if (len(me.CreatePlans) == 0) != (me.NoCreate != "") {
					t.Errorf("offers %v and says %q", me.CreatePlans, me.NoCreate)
				}
			}
			w.verified()
		})
	}
}

// A cap on how many organizations a user is in holds on every way in, consumes
// nothing, and does not hold for site admins.
func TestOrganizationsPerUser(t *testing.T) {
	w := newWorld(t)
	root := w.ada()
	acme := w.acme(root)
	bob := w.join(root, acme.ID, "bob@example.com", models.RoleMember)
	other := must[models.OrgView](t)(w.s.CreateOrganization(w.ctx, root, store.NewOrganization{Name: "Other", Code: "OTHER"}))
	s := w.open(func(o *store.Options) { o.OrganizationsPerUser = 1 })
	refused := func(what string, err error) {
		t.Helper()
		if models.CodeOf(err) != models.CodeLimit || !strings.Contains(err.Error(), "the limit of this installation") {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := s.CreateOrganization(w.ctx, bob, store.NewOrganization{Name: "Bob", Code: "BOB"})
	refused("creating", err)
	if me := must[store.Me](t)(s.Me(w.ctx, bob)); !strings.Contains(me.NoCreate, "you are in 1 organization, which is the limit") {
		t.Errorf("the app says %q", me.NoCreate)
	}
	inv := must[models.Invitation](t)(s.CreateInvitation(w.ctx, root, other.ID, models.NewInvitation{Email: "bob@example.com"}))
	code := must[string](t)(s.JoinCode(w.ctx, root, other.ID, inv.ID))
	_, err = s.LookupCode(w.ctx, bob, code)
	refused("the code", err)
	_, _, err = s.AcceptCode(w.ctx, bob, code, "", key("bob@example.com"))
	refused("accepting by code", err)
	_, err = s.AcceptInvitation(w.ctx, bob, inv.ID)
	refused("accepting", err)
	if list := must[[]models.JoinOffer](t)(s.OwnInvitations(w.ctx, bob)); len(list) != 1 {
		t.Errorf("the invitation is not among %v", list)
	}
	link := must[models.JoinLink](t)(s.CreateLink(w.ctx, root, other.ID, models.NewLink{MaxUses: 2}))
	code = must[string](t)(s.LinkCode(w.ctx, root, other.ID, link.ID))
	_, err = s.AcceptCodeFor(w.ctx, bob, code, store.Newcomer{}, key("bob@example.com"))
	refused("a link", err)
	if l := must[models.JoinLink](t)(s.Link(w.ctx, root, other.ID, link.ID)); l.Uses != 0 {
		t.Errorf("a refusal used the link %d times", l.Uses)
	}
	if _, err := s.CreateOrganization(w.ctx, root, store.NewOrganization{Name: "Third", Code: "THIRD"}); err != nil {
		t.Errorf("a site admin: %v", err)
	}
	if err := s.Leave(w.ctx, bob, acme.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AcceptInvitation(w.ctx, bob, inv.ID); err != nil {
		t.Errorf("after leaving: %v", err)
	}
	w.verified()
}
