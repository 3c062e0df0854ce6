package models

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Feature is something that a plan has or has not.
type Feature string

// The features of plans.
const (
	FeatureWorkspaces      Feature = "workspaces"
	FeatureCustomRoles     Feature = "custom_roles"
	FeatureServiceAccounts Feature = "service_accounts"
	FeatureOrgSettings     Feature = "organization_settings"
	FeatureAuditExport     Feature = "audit_export"
	FeatureFlatRoles       Feature = "flat_roles"
)

// Plan is a tier. A limit of 0 means no limit.
type Plan struct {
	Name       string    `json:"name"`
	Personal   bool      `json:"personal"` // for personal workspaces only
	Seats      int       `json:"seats"`
	Workspaces int       `json:"workspaces"`
	Credits    int       `json:"credits"`  // a month
	APIRate    int       `json:"api_rate"` // requests a minute
	Price      string    `json:"price"`    // a label, shown as it is
	Features   []Feature `json:"features"`
}

// Has tells whether the plan has a feature.
func (p Plan) Has(f Feature) bool { return slices.Contains(p.Features, f) }

// Require refuses what the plan does not have, and says who can help.
func (p Plan) Require(f Feature) error {
	if p.Has(f) {
		return nil
	}
	return refuse("", PermBilling, "the plan %s does not have %s", p.Name, f.Label()).
		WithHint("another plan may have it, see: {plan.list}; ask an owner or a site admin")
}

var featureLabels = map[Feature]string{
	FeatureWorkspaces: "workspaces", FeatureCustomRoles: "custom roles", FeatureServiceAccounts: "service accounts",
	FeatureOrgSettings: "organization settings", FeatureAuditExport: "audit export", FeatureFlatRoles: "flat roles",
}

// Label is the feature in words.
func (f Feature) Label() string { return featureLabels[f] }

// features lists the features of plans.
func features() []Feature {
	return []Feature{FeatureWorkspaces, FeatureCustomRoles, FeatureServiceAccounts, FeatureOrgSettings, FeatureAuditExport, FeatureFlatRoles}
}

// Plans are the tiers of an installation, by name.
type Plans map[string]Plan

// The names of the plans that are shipped.
const (
	PlanExplore    = "explore"
	PlanTeam       = "team"
	PlanVisionary  = "visionary"
	PlanEnterprise = "enterprise"
)

// DefaultPlans are the tiers that are in force where the configuration names
// none. The figures are muster's own.
func DefaultPlans() Plans {
	return Plans{
		PlanExplore: {Name: PlanExplore, Personal: true, Seats: 1, Workspaces: 1, Credits: 100, APIRate: 60, Price: "free"},
		PlanTeam: {Name: PlanTeam, Seats: 50, Workspaces: 3, Credits: 5_000, APIRate: 600, Price: "per seat",
			Features: []Feature{FeatureWorkspaces, FeatureOrgSettings}},
		PlanVisionary: {Name: PlanVisionary, Seats: 500, Workspaces: 25, Credits: 50_000, APIRate: 3_000, Price: "per seat",
			Features: []Feature{FeatureWorkspaces, FeatureOrgSettings, FeatureCustomRoles, FeatureServiceAccounts}},
		PlanEnterprise: {Name: PlanEnterprise, APIRate: 12_000, Price: "by agreement",
			Features: []Feature{FeatureWorkspaces, FeatureOrgSettings, FeatureCustomRoles, FeatureServiceAccounts, FeatureAuditExport}},
	}
}

// Names lists the plans: personal ones first, then from the smallest to the
// largest by seats, workspaces and features.
func (ps Plans) Names() []string {
	names := make([]string, 0, len(ps))
	for n := range ps {
		names = append(names, n)
	}
	size := func(n int) int {
		if n == 0 { // no limit
			return math.MaxInt
		}
		return n
	}
	slices.SortFunc(names, func(x, y string) int {
		a, b := ps[x], ps[y]
		if a.Personal != b.Personal {
			if a.Personal {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(size(a.Seats), size(b.Seats)), cmp.Compare(size(a.Workspaces), size(b.Workspaces)),
			cmp.Compare(len(a.Features), len(b.Features)), cmp.Compare(x, y))
	})
	return names
}

// Find gives a plan by its name in any letter case; the error names those that
// fit a kind of organization.
func (ps Plans) Find(name string, kind OrgKind) (Plan, error) {
	p, ok := ps[strings.ToLower(strings.TrimSpace(name))]
	if ok {
		return p, nil
	}
	return p, Invalid("plan", "there is no plan %q", clip(SafeText(name), 40)).
		WithHint("plans: %s", strings.Join(ps.For(kind), ", "))
}

// For names the plans for a kind of organization.
func (ps Plans) For(kind OrgKind) []string {
	return slices.DeleteFunc(ps.Names(), func(n string) bool { return ps[n].Personal != (kind == KindPersonal) })
}

// Usage is what an organization uses of its plan.
type Usage struct {
	Members     int `json:"members"` // active ones
	Pending     int `json:"pending"` // invitations
	Workspaces  int `json:"workspaces"`
	CustomRoles int `json:"custom_roles"` // that somebody has, or an open invitation gives
	RoleHolders int `json:"custom_role_holders"`
	Services    int `json:"service_accounts"`
}

// Seats is how many seats are in use.
func (u Usage) Seats() int { return u.Members + u.Pending }

// Shortfalls says, with the numbers, for what in use the plan has no room.
func (p Plan) Shortfalls(u Usage) []string {
	var short []string
	if p.Seats > 0 && u.Seats() > p.Seats {
		short = append(short, fmt.Sprintf("it has %s, and %d are in use: %s and %s",
			Count(p.Seats, "seat"), u.Seats(), Count(u.Members, "active member"), Count(u.Pending, "pending invitation")))
	}
	if limit := p.WorkspaceLimit(); limit > 0 && u.Workspaces > limit {
		short = append(short, fmt.Sprintf("it has %s, and %d are in use", Count(limit, "workspace"), u.Workspaces))
	}
	if u.CustomRoles > 0 && !p.Has(FeatureCustomRoles) {
		short = append(short, fmt.Sprintf("it has no custom roles, and %d %s in use, by %s",
			u.CustomRoles, isAre(u.CustomRoles), Count(u.RoleHolders, "member or invitation", "members and invitations")))
	}
	if u.Services > 0 && !p.Has(FeatureServiceAccounts) {
		short = append(short, fmt.Sprintf("it has no service accounts and there %s %d", isAre(u.Services), u.Services))
	}
	return short
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// CheckPlanChange holds the rules for giving an organization another plan: site
// admins set any, owners where the installation has self-service; personal
// plans are for personal workspaces alone; and what is in use must fit, since
// nobody is ever dropped.
func (a Access) CheckPlanChange(to Plan, u Usage, selfService bool) error {
	if err := a.CheckChoosePlan(selfService); err != nil {
		return err
	}
	switch {
	case a.Personal && !to.Personal:
		return Errorf(CodeDenied, "the plan %s is for shared organizations, and this is a personal workspace", to.Name).
			WithHint("create a shared organization with it: {organization.upgrade --plan %s}", to.Name)
	case !a.Personal && to.Personal:
		return Errorf(CodeDenied, "the plan %s is for personal workspaces only", to.Name)
	}
	if short := to.Shortfalls(u); len(short) > 0 {
		return Errorf(CodeLimit, "the plan %s is too small: %s", to.Name, strings.Join(short, "; ")).
			WithHint("changing the plan removes nobody: remove members, revoke invitations or change roles first")
	}
	return nil
}

// CheckChoosePlan holds the rule of who may change the plan at all.
func (a Access) CheckChoosePlan(selfService bool) error {
	if a.SiteAdmin {
		return nil
	}
	if err := a.Require(PermBilling); err != nil {
		return err
	}
	if !selfService {
		return refuse(PermBilling, "", "only site admins change plans here").
			WithHint("the installation's option self_service_plans is off; ask a site admin")
	}
	return nil
}

// Unpaid is beneath the refusal of what has to wait for a payment method.
type Unpaid struct{}

func (Unpaid) Error() string { return "there is no payment method" }

// CheckPaid refuses what an organization without a payment method has to wait
// with, where the installation requires billing: what names it, "invite". The
// refusal is Unpaid.
func (a Access) CheckPaid(what string) error {
	if !a.Unpaid {
		return nil
	}
	e := refuse("", PermBilling, "the organization cannot %s yet: it has no payment method", what)
	e.Err = Unpaid{}
	if a.Can(PermBilling) {
		return e.WithHint("set one with: {settings.update %s=LABEL}", SetPayment)
	}
	return e.WithHint("ask an owner to set one")
}

// PlanChange is what another plan would bring, shown before it is set.
type PlanChange struct {
	From     Plan      `json:"from"`
	To       Plan      `json:"to"`
	Usage    Usage     `json:"usage"`
	Gains    []Feature `json:"gains"`
	Loses    []Feature `json:"loses"`
	Effects  []string  `json:"effects"`           // what people will notice, in words
	ReadOnly string    `json:"refused,omitempty"` // why the actor cannot make the change
}

// NewPlanChange compares two plans for an organization whose members hold these
// roles; byRole counts active members.
func NewPlanChange(from, to Plan, u Usage, byRole map[Role]int) PlanChange {
	c := PlanChange{From: from, To: to, Usage: u, Gains: []Feature{}, Loses: []Feature{}, Effects: []string{}}
	for _, f := range features() {
		if to.Has(f) && !from.Has(f) {
			c.Gains = append(c.Gains, f)
		}
		if from.Has(f) && !to.Has(f) {
			c.Loses = append(c.Loses, f)
		}
	}
	lower := byRole[RoleMember] + byRole[RoleViewer]
	people := Count(lower, "member or viewer", "members and viewers")
	if slices.Contains(c.Gains, FeatureFlatRoles) {
		e := "everybody except the owners is an admin"
		if lower > 0 {
			e += ": " + people + " may then do what admins do"
		}
		c.Effects = append(c.Effects, e+"; a later plan leaves them admins until they are given another role")
	}
	if slices.Contains(c.Loses, FeatureFlatRoles) {
		e := "everybody except the owners stays an admin until they are given another role"
		if lower > 0 {
			e += ", also " + people + " who were admins by the plan alone"
		}
		c.Effects = append(c.Effects, e)
	}
	if slices.Contains(c.Loses, FeatureOrgSettings) {
		c.Effects = append(c.Effects, "the settings of the sections members and security stay as they are and cannot be changed")
	}
	return c
}

// PlanView is a plan as one actor sees it from an organization.
type PlanView struct {
	Plan
	Current  bool   `json:"current"`
	ReadOnly string `json:"refused,omitempty"` // why it cannot be set now
}
