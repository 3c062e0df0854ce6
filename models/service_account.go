package models

import (
	"slices"
	"strings"
	"time"
)

// ServiceStatus says whether a service account may act.
type ServiceStatus string

// The states of a service account.
const (
	ServiceActive   ServiceStatus = "active"
	ServiceDisabled ServiceStatus = "disabled"
)

// ServiceIDPrefix begins the id of every service account, and so no name may.
const ServiceIDPrefix = "svc_"

// ServiceAccount is a program that belongs to an organization: it has a role like
// a member, and acts with API keys alone. It takes no seat.
type ServiceAccount struct {
	ID          string         `json:"id"`
	OrgID       string         `json:"organization_id"`
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Role        Role           `json:"role"`        // with a custom role, what it counts as
	CustomRole  *CustomRole    `json:"custom_role"` // null for a built-in role
	Status      ServiceStatus  `json:"status"`
	Workspaces  []ServicePlace `json:"workspaces"` // that it was added to
	Keys        int            `json:"keys"`       // working ones
	CreatorID   string         `json:"creator_id"`
	Creator     string         `json:"created_by"` // address
	CreatedAt   time.Time      `json:"created_at"`
	CreatorLeft bool           `json:"creator_left"`
	NoChange    string         `json:"no_change,omitempty"` // why the actor may not change it
}

// ServicePlace is a workspace of a service account.
type ServicePlace struct {
	ID   string        `json:"id"`
	Name string        `json:"name"`
	Role WorkspaceRole `json:"role"`
}

// Given is the role that the service account has.
func (s ServiceAccount) Given() AnyRole { return given(s.Role, s.CustomRole) }

// NewService is what is asked for when making a service account.
type NewService struct {
	Name        string
	Description string
	Role        Role     // built-in or custom, by name or id; "" is viewer
	Workspaces  []string // workspace or workspace=role
}

// ServiceChange is what to change of a service account; nil leaves it as it is.
type ServiceChange struct {
	Name        *string
	Description *string
	Role        *Role
	Status      *ServiceStatus
	Workspaces  *[]string // all of them: those left out are lost
}

// Empty tells whether nothing is to be changed.
func (c ServiceChange) Empty() bool {
	return c.Name == nil && c.Description == nil && c.Role == nil && c.Status == nil && c.Workspaces == nil
}

// ServiceQuery asks for a page of service accounts, by name.
type ServiceQuery struct {
	Search string
	Terms  Terms // beside Search
	Status ServiceStatus
	Limit  int
	After  string
	Before string
}

// ServiceConsequences is what removing a service account brings about.
type ServiceConsequences struct {
	ID      string         `json:"id"` // of the service account
	Service ServiceAccount `json:"service"`
	Keys    int            `json:"keys_revoked"` // working ones that stop
}

// ParseServiceStatus reads a status; "" is any.
func ParseServiceStatus(s string) (ServiceStatus, error) {
	v := ServiceStatus(strings.ToLower(strings.TrimSpace(s)))
	if v == "" || slices.Contains([]ServiceStatus{ServiceActive, ServiceDisabled}, v) {
		return v, nil
	}
	return "", Invalid("status", "status %q is not one of active, disabled", clip(SafeText(s), 20))
}

// CheckService holds the rules for making a service account with a role, and for
// changing or removing one that has it.
func (a Access) CheckService(role AnyRole) error {
	if a.Personal {
		return Errorf(CodeDenied, "a personal workspace has no service accounts").
			WithHint("create a shared organization: {organization.create}")
	}
	if err := a.Require(PermKeysAll); err != nil {
		return err
	}
	if role == AnyRole(RoleOwner) {
		return Invalid("role", "a service account is never an owner").WithHint("roles: admin, member, viewer, or a custom one")
	}
	return a.CheckGrant(role)
}

// CheckServiceName reads the name of a service account.
func CheckServiceName(name string) (string, error) {
	name, err := CheckName("name", name)
	if err == nil && strings.HasPrefix(strings.ToLower(name), ServiceIDPrefix) {
		err = Invalid("name", "name %q means something else: choose another", name).
			WithHint("names that begin with %s are taken", ServiceIDPrefix)
	}
	return name, err
}
