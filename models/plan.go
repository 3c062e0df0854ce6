package models

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
