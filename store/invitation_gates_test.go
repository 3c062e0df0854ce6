package store_test

import (
	"slices"
	"strings"
	"testing"

	"muster/models"
	"muster/store"
)

// flatPlan adds a plan with flat roles.
func flatPlan(o *store.Options) {
	plans := models.DefaultPlans()
	p := plans[models.PlanTeam]
	p.Name, p.Features = "flat", append(slices.Clone(p.Features), models.FeatureFlatRoles)
	plans[p.Name] = p
	o.Plans = plans
}

// TestGatesOnEveryWayIn holds that what an organization's plan, billing and
// settings forbid is forbidden by invitation, import and join link alike. For
// each the letters are: + done, p proposed, d denied, l limit, i invalid,
// c conflict, g gone.
func TestGatesOnEveryWayIn(t *testing.T) {
	alone(t)
	required := func(o *store.Options) { o.BillingRequired = true }
	fewSeats := func(o *store.Options) {
		plans := models.DefaultPlans()
		p := plans[models.PlanTeam]
		p.Seats = 5
		plans[models.PlanTeam] = p
		o.Plans = plans
	}
	limited := func(o *store.Options) { o.Limits = &models.InviteLimits{InviterDay: 5} }
	unknownPlan := func(w *world, ada models.Actor, org string) {
		w.exec("UPDATE organizations SET plan = 'gone' WHERE id = $1", org)
	}
	flat := func(w *world, ada models.Actor, org string) { w.plan(ada, org, "flat") }
	for _, c := range []struct {
		name   string
		option func(*store.Options)
		set    func(w *world, ada models.Actor, org string)
		by     string // who invites
		role   models.Role
		// invitation, dry run, import, making a link, joining by one made before
		want string
	}{
		{"nothing", nil, nil, "owner", "", "+++++"},
		{"members propose", nil, nil, "member", "", "pppd+"},
		{"viewers invite nobody", nil, nil, "viewer", "", "dddd+"},
		{"no payment method", required, func(w *world, ada models.Actor, org string) { w.set(ada, org, models.SetPayment, "") }, "owner", "", "ddddc"},
		{"a plan that is gone", nil, unknownPlan, "owner", "", "ccc+c"},
		{"no seat in the plan", fewSeats, nil, "owner", "", "lll+l"},
		{"no seat under the owners' limit", nil, func(w *world, ada models.Actor, org string) { w.set(ada, org, models.SetSeatLimit, "5") }, "owner", "", "lll+l"},
		{"a proposal holds no seat", fewSeats, nil, "member", "", "pppdl"},
		{"another domain", nil, func(w *world, ada models.Actor, org string) { w.set(ada, org, models.SetDomains, "other.org") }, "owner", "", "iii+i"},
		{"the limit of a day", limited, nil, "owner", "", "llll+"},
		{"only owners invite", nil, func(w *world, ada models.Actor, org string) { w.set(ada, org, models.SetInvite, "owners") }, "admin", "", "dddd+"},
		{"only admins invite", nil, func(w *world, ada models.Actor, org string) { w.set(ada, org, models.SetInvite, "admins") }, "member", "", "dddd+"},
		{"members invite", nil, func(w *world, ada models.Actor, org string) { w.set(ada, org, models.SetInvite, "members") }, "member", "", "+++++"},
		{"self-approval is off", nil, func(w *world, ada models.Actor, org string) { w.set(ada, org, models.SetSelfApproval, "off") }, "owner", "", "pppd+"},
		{"above oneself", nil, nil, "admin", models.RoleOwner, "dddd+"},
		{"owners by address alone", nil, nil, "owner", models.RoleOwner, "+++d+"},
		{"a role that there is not", nil, nil, "owner", "king", "iiii+"},
		{"flat roles make members admins", flatPlan, flat, "member", models.RoleAdmin, "++++g"},
		{"flat roles make nobody an owner", flatPlan, flat, "member", models.RoleOwner, "ddddg"},
		{"flat roles leave no other role", flatPlan, flat, "owner", models.RoleMember, "ddddg"},
		{"flat roles are the default", flatPlan, flat, "owner", "", "++++g"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			options := []func(*store.Options){}
			if c.option != nil {
				options = append(options, c.option)
			}
			w := newWorld(t, options...)
			ada := w.ada()
			acme := w.acme(ada)
			w.set(ada, acme.ID, models.SetPayment, "Visa ending 4242")
			by := map[string]models.Actor{"owner": ada}
			for _, role := range []models.Role{models.RoleAdmin, models.RoleMember, models.RoleViewer} {
				by[string(role)] = w.join(ada, acme.ID, string(role)+"@example.com", role)
			}
			_, code := w.link(ada, acme.ID, models.NewLink{})
			w.join(ada, acme.ID, "fifth@example.com", models.RoleMember)
			if c.set != nil {
				c.set(w, ada, acme.ID)
			}
			actor := by[c.by]
			before := w.number("SELECT count(*) FROM invitations")
			imported := func(dry bool, email string) (string, error) {
				r, err := w.s.ImportInvitations(w.ctx, actor, acme.ID, []models.ImportRow{{Line: 1, Email: email, Role: c.role}}, store.ImportOptions{DryRun: dry})
				if err != nil || r.Results[0].Err != nil {
					if err == nil {
						err = r.Results[0].Err
					}
					return "", err
				}
				return string(r.Results[0].State), nil
			}
			ways := []struct {
				name string
				try  func() (string, error)
			}{
				{"invitation", func() (string, error) {
					inv, err := w.s.CreateInvitation(w.ctx, actor, acme.ID, models.NewInvitation{Email: "one@example.com", Role: c.role})
					return string(inv.State), err
				}},
				{"dry run", func() (string, error) { return imported(true, "two@example.com") }},
				{"import", func() (string, error) { return imported(false, "two@example.com") }},
				{"link", func() (string, error) {
					_, err := w.s.CreateLink(w.ctx, actor, acme.ID, models.NewLink{Role: c.role})
					return "", err
				}},
				{"by a link", func() (string, error) { _, _, err := w.use(w.s, code, "three@example.com"); return "", err }},
			}
			codes := map[models.Code]string{models.CodeDenied: "d", models.CodeLimit: "l", models.CodeInvalid: "i", models.CodeConflict: "c", models.CodeGone: "g", "": "+"}
			got, said, made := "", map[string]string{}, int64(0)
			for _, way := range ways {
				state, err := way.try()
				letter := codes[models.CodeOf(err)]
				if state == string(models.StateRequested) {
					letter = "p"
				}
				if err == nil && (way.name == "invitation" || way.name == "import") {
					made++
				}
				got += letter
				if err != nil {
					said[way.name] = err.Error()
				}
			}
			if got != c.want {
				t.Errorf("%s, want %s: %q", got, c.want, said)
			}
			if n := w.number("SELECT count(*) FROM invitations") - before; n != made {
				t.Errorf("%d invitations were made, want %d", n, made)
			}
			if said["import"] != said["dry run"] || strings.ReplaceAll(said["import"], "two@", "one@") != said["invitation"] {
				t.Errorf("the same refusal in other words: %q", said)
			}
			if !strings.Contains(c.name, "plan that is gone") {
				w.verified()
			}
		})
	}
}
