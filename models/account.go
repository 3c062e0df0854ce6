package models

import (
	"strings"
	"time"
)

// Account is a user as those see it who administer users: the whole
// installation for site admins, their own organization for its admins.
type Account struct {
	User
	SuspendedAt   *time.Time `json:"suspended_at"`
	SuspendedBy   string     `json:"suspended_by,omitempty"` // address
	SuspendReason string     `json:"suspend_reason,omitempty"`
	// Organizations are the shared ones the user belongs to, by name, at most
	// MaxAccountOrgs. For an organization's admin only that organization.
	Organizations []AccountOrg `json:"organizations"`
}

// MaxAccountOrgs is how many organizations a list shows with each user.
const MaxAccountOrgs = 20

// AccountOrg is one organization of a user.
type AccountOrg struct {
	ID      string       `json:"id"`
	Code    string       `json:"code"`
	Name    string       `json:"name"`
	Role    Role         `json:"role"`
	Custom  string       `json:"custom_role,omitempty"` // its name
	Status  MemberStatus `json:"status"`
	Primary bool         `json:"primary_owner"`
}

// AccountAction is something that can be done with a user.
type AccountAction string

// The actions on users.
const (
	AccountEdit       AccountAction = "edit"
	AccountSiteAdmin  AccountAction = "site_admin"
	AccountSuspend    AccountAction = "suspend"
	AccountReactivate AccountAction = "reactivate"
	AccountDelete     AccountAction = "delete"
	AccountEnrol      AccountAction = "enrol"
	AccountVerify     AccountAction = "verify"
)

// AccountDetail is one user with what the actor may do with it.
type AccountDetail struct {
	Account
	Keys           int        `json:"keys"`
	KeyUsedAt      *time.Time `json:"key_used_at"`     // when any of them signed in last
	Sessions       int        `json:"sessions"`        // open ones
	EnrolmentUntil *time.Time `json:"enrolment_until"` // while a one-time code for a key is out
	// WhyNot says for each action that the actor may not do why. What is not in
	// it may be done.
	WhyNot map[AccountAction]string `json:"why_not,omitempty"`
	// Request is what waits for somebody's approval where an account was to be made
	// that needs it. Then there is no user yet.
	Request *Invitation `json:"request,omitempty"`
}

// Enrolment is a one-time code by which a user brings in a key. The code is
// secret, shown once and stored nowhere.
type Enrolment struct {
	Code      string    `json:"code"`
	ExpiresAt time.Time `json:"expires_at"`
}

// AccountConsequences is what deleting a user brings about, shown before it is
// done.
type AccountConsequences struct {
	User               User `json:"user"`
	Sessions           int  `json:"sessions"`            // open ones that end
	Keys               int  `json:"keys"`                // that are freed
	InvitationsRevoked int  `json:"invitations_revoked"` // pending ones they sent, on nobody else's approval
	// InvitationsReturned counts pending ones that they approved, which need a new
	// decision.
	InvitationsReturned int          `json:"invitations_returned"`
	RequestsWithdrawn   int          `json:"requests_withdrawn"` // proposals that still wait
	InvitationsClosed   int          `json:"invitations_closed"` // open ones to their address in those organizations, and requests of it
	Organizations       []AccountOrg `json:"organizations"`      // shared ones they are taken out of
}

// AccountSort is a column that a list of users can be sorted by.
type AccountSort string

// The sort columns of users.
const (
	AccountByEmail    AccountSort = "email"
	AccountByName     AccountSort = "name"
	AccountByCreated  AccountSort = "created"
	AccountByLastSeen AccountSort = "last_seen"
)

// ParseAccountSort reads a sort column; a leading - turns the order round.
// Times sort newest first.
func ParseAccountSort(s string) (sort AccountSort, reverse bool, err error) {
	return parseSort(s, AccountByEmail, AccountByName, AccountByCreated, AccountByLastSeen)
}

// EnrolmentTime is how long the one-time code of a new account holds.
const EnrolmentTime = 48 * time.Hour

// NewAccount is what a user made by an administrator starts from.
type NewAccount struct {
	Email     string
	Name      string
	SiteAdmin bool
	Org       string // id or code; only site admins may leave it out
	Role      Role   // in Org, a built-in one or a custom one by name or id; "" is its default role
	Key       *PublicKey
}

// AccountChange is what to change of a user; nil leaves it as it is.
type AccountChange struct {
	Email     *string
	Name      *string
	SiteAdmin *bool
	Code      string // of the actor's second factor, for the own address
}

// AccountQuery asks for a page of users.
type AccountQuery struct {
	Search     string
	Org        string // id or code; only site admins may leave it out
	Role       Role   // in Org, or without one in any shared organization
	Status     UserStatus
	SiteAdmins bool // only site admins, whether or not they belong to any organization
	// NoOrganization keeps to those who are in no shared organization.
	NoOrganization bool
	Seen           Period
	Terms          Terms // beside Search
	Sort           AccountSort
	Reverse        bool
	Limit          int
	After          string
	Before         string
}

// CheckScope refuses to look in one organization for who is in none.
func (q AccountQuery) CheckScope() error {
	if q.NoOrganization && (q.Org != "" || q.Role != "") {
		return Errorf(CodeUsage, "users in no organization cannot be filtered by organization or role").
			WithHint("leave out the organization and the role; only site admins can list these users")
	}
	return nil
}

// SharedStanding is one organization that a user belongs to: what the actor may
// do there, and the user's role.
type SharedStanding struct {
	Actor  Access
	Role   Role
	Custom *CustomRole
}

// CheckManageAccount holds the rule for who may change an account. Site admins
// may. An organization's owners and admins may where every shared organization
// of the user is one of theirs, the user may do no more than they may in any,
// and the user is no site admin. They are told which of it fails, and nothing
// about organizations they have no part of.
func CheckManageAccount(actor User, target User, shared []SharedStanding) error {
	if actor.SiteAdmin {
		return nil
	}
	const help = "ask a site admin of this installation"
	if target.SiteAdmin {
		return Errorf(CodeDenied, "%s is a site admin: only site admins can change that account", target.Email).WithHint(help)
	}
	if len(shared) == 0 {
		return Errorf(CodeDenied, "%s is in none of your organizations", target.Email).WithHint(help)
	}
	for _, s := range shared {
		if !s.Actor.Can(PermMembers) {
			return Errorf(CodeDenied, "%s is also in organizations that you do not administer", target.Email).
				WithHint("remove them from yours with {member.remove}, or %s", help)
		}
		if role := given(s.Role, s.Custom); s.Actor.CheckGrant(role) != nil {
			return Errorf(CodeDenied, "%s ranks higher than you: %s may not change the account of %s",
				target.Email, s.Actor.article(), role.Article()).WithHint("ask an owner, or a site admin")
		}
	}
	return nil
}

// CheckGrantSiteAdmin holds the rule that only site admins make site admins, or
// take it back.
func CheckGrantSiteAdmin(actor User) error {
	if actor.SiteAdmin {
		return nil
	}
	return Errorf(CodeDenied, "only a site admin may add or remove site admins").
		WithHint("ask a site admin of this installation")
}

// LastSiteAdmin refuses to lose the last active site admin. active is counted
// in the same transaction.
func LastSiteAdmin(target User, active int) error {
	if target.SiteAdmin && target.Status == UserActive && active <= 1 {
		return Errorf(CodeConflict, "%s is the last active site admin", target.Email).
			WithHint("make somebody else a site admin first: {user.update USER --site-admin on}")
	}
	return nil
}

// LastOwnerOf refuses to lose somebody without whom organizations would have no
// active owner, and names these.
func LastOwnerOf(target User, codes []string) error {
	if len(codes) == 0 {
		return nil
	}
	return Errorf(CodeConflict, "%s is the last active owner of %s", target.Email, strings.Join(codes, ", ")).
		WithHint("make somebody else an owner there first, or delete the organization")
}

// CheckAddMember holds the rules for making somebody a member directly: the
// permission to manage members, and whatever an invitation has to pass. It says
// in which state an invitation in its place would start.
func (a Access) CheckAddMember(s MemberSettings, role AnyRole) (InvitationState, error) {
	if a.Personal {
		return "", personalInvites()
	}
	if err := a.Require(PermMembers); err != nil {
		return "", err
	}
	return a.CheckInvite(s, role)
}

// CheckEnrol holds the rule for giving out a code that attaches a key to an
// account: whoever holds it becomes that user, so an organization's admins can
// do so only for an account that no key has signed in to yet. keys are those
// that have.
func CheckEnrol(actor, target User, keys int) error {
	if actor.SiteAdmin || keys == 0 {
		return nil
	}
	return Errorf(CodeDenied, "%s has a key already", target.Email).
		WithHint("they can pair a new machine with {key.pair}; for a lost key, ask a site admin")
}
