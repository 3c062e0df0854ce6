package models

import (
	"time"
)

// OrgRow is one organization in the list of all, which site admins see.
type OrgRow struct {
	Organization
	Members         int        `json:"members"`       // active and suspended
	PrimaryOwner    string     `json:"primary_owner"` // address, or empty
	DeletedAt       *time.Time `json:"deleted_at"`
	DeletedBy       string     `json:"deleted_by,omitempty"` // address
	RestorableUntil *time.Time `json:"restorable_until"`     // of a deleted one
}

// OrgSort is a column that the list of all organizations can be sorted by.
type OrgSort string

// The sort columns of organizations.
const (
	OrgByCode    OrgSort = "code"
	OrgByName    OrgSort = "name"
	OrgByMembers OrgSort = "members"
	OrgByCreated OrgSort = "created"
)

// ParseOrgSort reads a sort column; a leading - turns the order round. Members
// sort the largest, times the newest first.
func ParseOrgSort(s string) (sort OrgSort, reverse bool, err error) {
	return parseSort(s, OrgByCode, OrgByName, OrgByMembers, OrgByCreated)
}

// OrgQuery asks for a page of all shared organizations.
type OrgQuery struct {
	Search  string // part of a code, name or description
	Terms   Terms  // beside Search
	Plan    string
	Deleted bool // only those that were deleted and can be restored; else only living ones
	Sort    OrgSort
	Reverse bool
	Limit   int
	After   string
	Before  string
}

// OrgConsequences is what deleting an organization brings about, shown before
// it is done.
type OrgConsequences struct {
	Organization    Organization `json:"organization"`
	Members         int          `json:"members"`
	Sessions        int          `json:"sessions"`    // open ones of members
	Invitations     int          `json:"invitations"` // pending ones, whose codes stop working
	Requests        int          `json:"requests"`
	RestorableUntil time.Time    `json:"restorable_until"`
}

// CheckDelete holds the rules for deleting an organization: the permission, a
// shared one, and its code typed as confirmation.
func (a Access) CheckDelete(o Organization, typed string) error {
	if err := a.MayDelete(); err != nil {
		return err
	}
	if NormCode(typed) != NormCode(o.Code) {
		return Invalid("confirm", "confirm must be the code of the organization, %s", o.Code).
			WithHint("it is deleted for everybody at once")
	}
	return nil
}

// MayDelete is CheckDelete before anything was typed.
func (a Access) MayDelete() error {
	if a.Personal {
		return Errorf(CodeDenied, "a personal workspace cannot be deleted on its own").
			WithHint("it goes with the account")
	}
	return a.Require(PermDelete)
}

// OnlySiteAdmin refuses what only site admins do. what completes "may …".
func OnlySiteAdmin(u User, what string) error {
	if u.SiteAdmin {
		return nil
	}
	return refuse("", "", "only a site admin may %s", what).WithHint("ask a site admin of this installation")
}
