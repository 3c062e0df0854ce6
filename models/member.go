package models

import (
	"time"
)

// MemberStatus says whether a membership is in force.
type MemberStatus string

// The states of a membership.
const (
	MemberActive    MemberStatus = "active"
	MemberSuspended MemberStatus = "suspended"
	// MemberInvited is a pending invitation that a list of members shows as a row.
	MemberInvited MemberStatus = "invited"
)

// MemberStatuses lists what a row of a list of members can be.
func MemberStatuses() []MemberStatus {
	return []MemberStatus{MemberActive, MemberSuspended, MemberInvited}
}

// Member is a user's membership in one organization. Its id is the user's; in a list
// that shows who is invited too, theirs is that of the invitation.
type Member struct {
	ID            string       `json:"id"`
	OrgID         string       `json:"organization_id"`
	Email         string       `json:"email"`
	EmailVerified bool         `json:"email_verified"`
	Name          string       `json:"name"`
	Handle        string       `json:"handle"`
	Role          Role         `json:"role"`        // with a custom role, what it counts as
	CustomRole    *CustomRole  `json:"custom_role"` // null for a built-in role
	Status        MemberStatus `json:"status"`
	JoinedAt      time.Time    `json:"joined_at,omitzero"` // left out for who is invited
	LastSeenAt    *time.Time   `json:"last_seen_at"`
	InvitedBy     string       `json:"invited_by"` // the inviter's address, or empty

	Primary       bool       `json:"primary_owner"`
	AccountStatus UserStatus `json:"account_status,omitempty"` // suspended for one who cannot sign in at all
	EndsAt        *time.Time `json:"ends_at"`                  // when the membership ends by itself
	SuspendedAt   *time.Time `json:"suspended_at"`
	SuspendedBy   string     `json:"suspended_by,omitempty"` // address
	SuspendReason string     `json:"suspend_reason,omitempty"`
	ExpiresAt     *time.Time `json:"expires_at,omitempty"` // of the invitation, for who is invited
}

// CheckMember says that somebody who is invited is no member yet.
func (m Member) CheckMember() error {
	if m.Status != MemberInvited {
		return nil
	}
	return Errorf(CodeConflict, "%s is invited and not a member yet", m.Email).WithHint("see the invitation with {invitation.show}")
}

// Account is what of their account an invitation may be to.
func (m Member) Account() User {
	return User{ID: m.ID, Email: m.Email, EmailVerified: m.EmailVerified}
}

// Standing is the member as the rules want it.
func (m Member) Standing() Standing {
	return Standing{UserID: m.ID, Role: m.Role, Custom: m.CustomRole,
		Active: m.Status == MemberActive && m.AccountStatus != UserSuspended, Ends: m.EndsAt != nil}
}

// Given is the role the member has.
func (m Member) Given() AnyRole { return given(m.Role, m.CustomRole) }

// RoleRef names the role as ChangeRole takes it: a custom one by its id.
func (m Member) RoleRef() Role {
	if m.CustomRole != nil {
		return Role(m.CustomRole.ID)
	}
	return m.Role
}

func given(r Role, c *CustomRole) AnyRole {
	if c != nil {
		return c
	}
	return r
}

// Consequences is what removing a member brings about, shown before it is done.
type Consequences struct {
	Member              Member `json:"member"`
	Sessions            int    `json:"sessions"`             // open ones that leave the organization
	InvitationsRevoked  int    `json:"invitations_revoked"`  // pending ones they sent, on nobody else's approval
	InvitationsReturned int    `json:"invitations_returned"` // pending ones they approved, which need a new decision
	RequestsWithdrawn   int    `json:"requests_withdrawn"`   // proposals that still wait
	LinksRevoked        int    `json:"links_revoked"`        // join links of theirs that still let somebody in
	OrganizationsRemain int    `json:"organizations_remain"` // others they stay in, the personal one not counted
	InvitationsClosed   int    `json:"invitations_closed"`   // open ones to their address, and requests of it
	PersonalKeys        int    `json:"personal_keys"`        // API keys of theirs that stop
	// OrganizationKeys are keys they made that live on, of the organization and of
	// service accounts; admins look after them.
	OrganizationKeys []KeyName `json:"organization_keys"`
	// Workspaces are those they were added to and lose. Only restoring them brings
	// these back.
	Workspaces []WorkspaceMembership `json:"workspaces"`
}

// MemberSort is a column that a list of members can be sorted by.
type MemberSort string

// The sort columns of members.
const (
	SortEmail    MemberSort = "email"
	SortName     MemberSort = "name"
	SortRole     MemberSort = "role"
	SortStatus   MemberSort = "status"
	SortJoined   MemberSort = "joined"
	SortLastSeen MemberSort = "last_seen"
)

// MemberSorts lists the sort columns.
func MemberSorts() []MemberSort {
	return []MemberSort{SortEmail, SortName, SortRole, SortStatus, SortJoined, SortLastSeen}
}

// ParseMemberSort reads a sort column; a leading - turns the order round. Role
// sorts owners first, times newest first.
func ParseMemberSort(s string) (sort MemberSort, reverse bool, err error) {
	return parseSort(s, MemberSorts()...)
}

// Page is one page of a list. Next and Prev are cursors for the pages after
// and before, empty where there is none.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
	Prev  string `json:"-"`
	// Total is how many there are without any search or filter. Matches is how
	// many there are with them, counted up to MatchesCap. Either is -1 where it
	// is not known, or not for the actor to know.
	Total   int `json:"-"`
	Matches int `json:"-"`
}

// LastPage as Before asks for the end of a list.
const LastPage = "last"

// MatchesCap is where counting the rows of a search stops: "1000+" tells a
// reader as much as any larger number.
const MatchesCap = 1000

// Pages hold 50 items unless asked, 500 at most.
const (
	DefaultLimit = 50
	MaxLimit     = 500
)

// CheckLimit gives the size of a page: n, or DefaultLimit for 0.
func CheckLimit(n int) (int, error) {
	switch {
	case n == 0:
		return DefaultLimit, nil
	case n < 1 || n > MaxLimit:
		return 0, Invalid("limit", "limit must be from 1 to %d", MaxLimit)
	}
	return n, nil
}

// MemberQuery asks for a page of members. After and Before are cursors of an
// earlier page; at most one is set.
type MemberQuery struct {
	Search string // part of an address, a name or a handle, in any letter case
	Role   Role   // a built-in role, or the name or id of a custom one
	Status MemberStatus
	// Invited also lists who is invited, as rows with that status: all pending
	// invitations for who decides on them, their own for everybody else. With
	// MemberInvited as Status there is nobody else in the list.
	Invited bool
	// InactiveSince keeps to members who were last seen before this time, or
	// joined before it and were never seen. Zero for all.
	InactiveSince time.Time
	SeenSince     time.Time // seen at this time or after it
	NotRoles      []Role
	InvitedBy     string // part of the address
	Joined        Period
	Terms         Terms // beside Search

	Sort    MemberSort
	Reverse bool
	Limit   int
	After   string
	Before  string
}

// Unfiltered tells whether nothing but a search narrows the list.
func (q MemberQuery) Unfiltered() bool {
	return q.Role == "" && q.Status == "" && !q.Invited && q.InactiveSince.IsZero() && q.SeenSince.IsZero() && len(q.NotRoles) == 0 &&
		q.InvitedBy == "" && q.Joined.IsZero() && q.Terms.None()
}
