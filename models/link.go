package models

import "time"

// LinkState is where a join link stands.
type LinkState string

// The states of a join link.
const (
	LinkActive  LinkState = "active"
	LinkUsedUp  LinkState = "used_up"
	LinkExpired LinkState = "expired"
	LinkRevoked LinkState = "revoked"
)

// JoinLink lets everybody who has its code join, up to a number of uses. It
// never holds the code, which is derived from the id.
type JoinLink struct {
	ID              string     `json:"id"`
	OrgID           string     `json:"organization_id"`
	OrgCode         string     `json:"-"`
	OrgName         string     `json:"-"`
	Label           string     `json:"label"` // what it is for, may be empty
	Role            Role       `json:"role"`
	State           LinkState  `json:"status"`
	MaxUses         int        `json:"max_uses"`
	Uses            int        `json:"uses"`
	CreatorID       string     `json:"creator_id"`
	CreatorName     string     `json:"creator_name"`
	CreatorEmail    string     `json:"creator_email"`
	CreatorVerified bool       `json:"creator_email_verified"`
	CreatedAt       time.Time  `json:"created_at"`
	ExpiresAt       time.Time  `json:"expires_at"`
	LastUsedAt      *time.Time `json:"last_used_at"`
	RevokedAt       *time.Time `json:"revoked_at"`
	RevokedBy       string     `json:"revoked_by"` // address
	// NoCode and NoRevoke say why the actor may not see the code or revoke the
	// link; empty if they may.
	NoCode   string `json:"no_code,omitempty"`
	NoUse    string `json:"no_use,omitempty"` // why it lets nobody in although it is active
	NoRevoke string `json:"no_revoke,omitempty"`
}

// NewLink is what is asked for when making a join link.
type NewLink struct {
	Label   string
	Role    Role          // "" is the organization's default role
	MaxUses int           // 0 is DefaultLinkUses
	TTL     time.Duration // 0 is the organization's setting for invitations
}

// LinkQuery asks for a page of join links, the newest first.
type LinkQuery struct {
	Search string // part of the label, or of the name or address of who made it
	Terms  Terms  // beside Search
	Active bool   // only those that still let somebody in
	Limit  int
	After  string
	Before string
}

// LinkOffer is what somebody who holds the code of a join link is shown.
type LinkOffer struct {
	OrgID           string    `json:"organization_id"`
	OrgName         string    `json:"organization_name"`
	OrgCode         string    `json:"organization_code"`
	Role            Role      `json:"role"`
	CreatorName     string    `json:"creator_name"`
	CreatorEmail    string    `json:"creator_email"`
	CreatorVerified bool      `json:"creator_email_verified"`
	ExpiresAt       time.Time `json:"expires_at"`
	// EmailDomains are the domains one of which the address must have; none
	// allows all.
	EmailDomains []string `json:"email_domains"`
	// Known is the user of the key, nil for a key nobody has. Who is not known
	// gives a name and an address.
	Known *User `json:"user"`
	// AlreadyMember says that accepting changes nothing and uses nothing.
	AlreadyMember bool `json:"already_member"`
	// Requirement says what a newcomer has to set up before they can join.
	Requirement     Requirement `json:"barrier,omitempty"`
	RequirementText string      `json:"barrier_text,omitempty"`
}

// Bounds of join links. A link lets in whoever has it, so it is kept smaller
// than what can be invited by address.
const (
	DefaultLinkUses = 10
	MaxLinkUses     = 1000
	MaxActiveLinks  = 50 // in one organization
)

// CheckLinkUses gives the number of uses of a link: n, or the default for 0.
func CheckLinkUses(field string, n int) (int, error) {
	if n == 0 {
		return DefaultLinkUses, nil
	}
	if n < 1 || n > MaxLinkUses {
		return 0, Invalid(field, "%s must be from 1 to %d", field, MaxLinkUses)
	}
	return n, nil
}

// StateAt is the state of the link at a moment.
func (l JoinLink) StateAt(now time.Time) LinkState {
	switch {
	case l.RevokedAt != nil:
		return LinkRevoked
	case l.Uses >= l.MaxUses:
		return LinkUsedUp
	case !l.ExpiresAt.After(now):
		return LinkExpired
	}
	return LinkActive
}

// CheckUsable refuses a link that lets nobody in any more.
func (l JoinLink) CheckUsable(now time.Time) error {
	why := ""
	switch l.StateAt(now) {
	case LinkRevoked:
		why = "was revoked"
	case LinkUsedUp:
		why = "has no uses left"
	case LinkExpired:
		why = "has expired"
	default:
		return nil
	}
	return Errorf(CodeGone, "this join link %s", why).WithHint("ask %s for a new one", l.CreatorEmail)
}

// CheckLink holds the rules for making a join link. They hold again for its
// creator whenever somebody joins by it: the policy, at once and without
// anybody's approval, and rank. Owners are invited by address only.
func (a Access) CheckLink(s MemberSettings, role Role) error {
	if role == RoleOwner && !a.Personal {
		return Errorf(CodeDenied, "a join link cannot make owners").
			WithHint("invite an owner by address: {invitation.create --role owner}")
	}
	if err := a.CheckFlat(role); err != nil {
		return err
	}
	state, err := a.CheckInvite(s, role)
	if err != nil {
		return err
	}
	if state != StatePending {
		return Errorf(CodeDenied, "a join link lets people join without approval, and your invitations need approval here").
			WithHint("the settings members.who_may_invite and members.self_approval decide it; ask %s", ownerOrAdmin)
	}
	return nil
}

// CheckLinkCode holds the rules for seeing the code of a link: deciders, and
// whoever made it while they could make it again.
func (a Access) CheckLinkCode(s MemberSettings, l JoinLink) error {
	if l.CreatorID == a.UserID && a.CheckLink(s, l.Role) == nil {
		return nil
	}
	if err := a.Require(PermDecide); err != nil {
		return err
	}
	return a.CheckGrant(l.Role)
}

// CheckLinkRevoke holds the rules for revoking a link: deciders, and whoever
// made it.
func (a Access) CheckLinkRevoke(l JoinLink) error {
	if l.CreatorID == a.UserID && a.Effective() != "" {
		return nil
	}
	return a.Require(PermDecide)
}
