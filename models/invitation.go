package models

import (
	"slices"
	"strings"
	"time"
)

// InvitationState is where an invitation stands.
type InvitationState string

// The states of an invitation, in the order in which a list shows them.
const (
	StateRequested InvitationState = "requested"
	StatePending   InvitationState = "pending"
	StateExpired   InvitationState = "expired"
	StateAccepted  InvitationState = "accepted"
	StateDeclined  InvitationState = "declined"
	StateRejected  InvitationState = "rejected"
	StateRevoked   InvitationState = "revoked"
	StateWithdrawn InvitationState = "withdrawn"
)

// InvitationStates lists the states in the order of a list: what waits for a
// decision first.
func InvitationStates() []InvitationState {
	return []InvitationState{StateRequested, StatePending, StateExpired, StateAccepted,
		StateDeclined, StateRejected, StateRevoked, StateWithdrawn}
}

// Rank is the place of a state in a list, from 1; 0 for no state.
func (s InvitationState) Rank() int { return slices.Index(InvitationStates(), s) + 1 }

// Open tells whether an invitation in this state keeps its address from being
// invited a second time.
func (s InvitationState) Open() bool { return s == StateRequested || s == StatePending }

// ParseInvitationState reads a state in any letter case.
func ParseInvitationState(s string) (InvitationState, error) {
	st := InvitationState(strings.ToLower(strings.TrimSpace(s)))
	if st.Rank() == 0 {
		return "", Invalid("status", "status %q is not one of requested, pending, expired, accepted, declined, rejected, revoked, withdrawn", clip(SafeText(s), 20))
	}
	return st, nil
}

// next is the state machine. Going back from pending or rejected to requested
// is the undo of a decision; from expired to pending is a renewal.
var next = map[InvitationState][]InvitationState{
	StateRequested: {StatePending, StateRejected, StateWithdrawn},
	StatePending:   {StateAccepted, StateDeclined, StateRevoked, StateExpired, StateRequested},
	StateRejected:  {StateRequested},
	StateExpired:   {StatePending},
}

// CanBecome tells whether the state machine has this step.
func (s InvitationState) CanBecome(to InvitationState) bool { return slices.Contains(next[s], to) }

// CheckStep refuses a step that the state machine does not have. Its code is
// gone for invitations that ended and conflict for the others.
func (inv Invitation) CheckStep(to InvitationState) error {
	if inv.State.CanBecome(to) {
		return nil
	}
	code := CodeGone
	if inv.State.Open() {
		code = CodeConflict
	}
	e := Errorf(code, "the invitation of %s is %s", inv.Email, inv.Outcome())
	switch inv.State {
	case StateRequested:
		return e.WithHint("it waits for an owner or admin to approve it")
	case StatePending:
		return e.WithHint("it can be resent, regenerated or revoked")
	case StateExpired:
		return e.WithHint("resend renews it")
	case StateAccepted:
		return e
	}
	return e.WithHint("invite the address again")
}

// Outcome is the state in words, with who decided, for messages.
func (inv Invitation) Outcome() string {
	word := string(inv.State)
	switch inv.State {
	case StateRequested:
		word = "waiting for approval"
		if inv.ReturnedAt != nil {
			word = "waiting for a new decision"
		}
	case StatePending:
		word = "already pending"
	case StateAccepted, StateDeclined, StateRejected, StateRevoked, StateWithdrawn:
		word = "already " + word
	}
	if inv.DecidedBy != "" && (inv.State == StatePending || inv.State == StateRejected || inv.State == StateRevoked) {
		if inv.State == StatePending {
			word = "already approved"
		}
		word += " by " + inv.DecidedBy
	}
	return word
}

// Origin is how an invitation came about.
type Origin string

// The origins.
const (
	OriginInvite Origin = "invite"       // a member invites or proposes somebody
	OriginJoin   Origin = "join_request" // somebody asks to join
)

// DeliveryState says what became of the mail of an invitation.
type DeliveryState string

// The states of delivery.
const (
	DeliveryNone    DeliveryState = "none"    // no mail yet, or no mail set up: copy the join command
	DeliveryQueued  DeliveryState = "queued"  // waits for its time, or for the next try
	DeliverySent    DeliveryState = "sent"    // taken by the mail server, or written to the folder
	DeliveryFailed  DeliveryState = "failed"  // given up; Error says why
	DeliveryStopped DeliveryState = "stopped" // cancelled before it left
)

// Delivery is the state of an invitation's mail.
type Delivery struct {
	State    DeliveryState `json:"state"`
	Error    string        `json:"error,omitempty"`
	Attempts int           `json:"attempts"`
	At       *time.Time    `json:"at"` // when it was sent, or is tried next
}

// Invitation is one address on its way into an organization. It never holds
// the code, which is derived from the id and the generation.
type Invitation struct {
	ID              string          `json:"id"`
	OrgID           string          `json:"organization_id"`
	OrgCode         string          `json:"-"` // where a change of one invitation is answered
	OrgName         string          `json:"-"`
	Email           string          `json:"email"`
	Name            string          `json:"name"`        // what an applicant calls themselves, or whoever invited calls them; may be empty
	Role            Role            `json:"role"`        // with a custom role, what it counts as
	CustomRole      *CustomRole     `json:"custom_role"` // null for a built-in role
	State           InvitationState `json:"status"`
	Origin          Origin          `json:"origin"`
	Message         string          `json:"message"`
	InviterID       string          `json:"inviter_id"`
	InviterName     string          `json:"inviter_name"`
	InviterEmail    string          `json:"inviter_email"`
	InviterVerified bool            `json:"inviter_email_verified"` // whether the address is the inviter's, today
	DecidedBy       string          `json:"decided_by"`             // address of who approved, rejected or revoked
	DecidedAt       *time.Time      `json:"decided_at"`
	Reason          string          `json:"reason"`
	ReturnedAt      *time.Time      `json:"returned_at"` // when it went back to the queue, as nobody stood behind it any more; Reason says why
	TTL             time.Duration   `json:"-"`           // as asked for; 0 is the organization's setting
	CreatedAt       time.Time       `json:"created_at"`
	ExpiresAt       *time.Time      `json:"expires_at"` // nil until approved
	ClosedAt        *time.Time      `json:"closed_at"`
	AcceptedBy      string          `json:"accepted_by"`          // user id
	DeletedAt       *time.Time      `json:"deleted_at,omitempty"` // when it was deleted from the lists
	UndoUntil       *time.Time      `json:"undo_until"`           // until when the last decision can be undone
	Delivery        Delivery        `json:"delivery"`
	// Workspaces are those that the invitation leads into. One that is deleted
	// meanwhile is left out.
	Workspaces []WorkspaceMembership `json:"workspaces"`
	Generation int                   `json:"generation"` // counts regenerated codes, from 1
}

// Given is the role the invitation gives.
func (inv Invitation) Given() AnyRole { return given(inv.Role, inv.CustomRole) }

// Bounds of how long an invitation holds (docs/rules.md, "Invitations").
const (
	MinExpiry     = 60 * time.Second
	MaxExpiry     = 30 * 24 * time.Hour
	DefaultExpiry = 48 * time.Hour
)

// UndoTime is how long a decision can be undone, and how long the mail of an
// approval waits.
const UndoTime = 10 * time.Second

// ResendPause is how long after one mail the next can be asked for.
const ResendPause = time.Minute

// A reminder leaves when three quarters of an invitation's time have passed, if
// that is a day or more.
const minReminded = 24 * time.Hour

// RemindAt is when an invitation that starts or starts anew now is due for its
// reminder; zero for none.
func RemindAt(now, expires time.Time) time.Time {
	life := expires.Sub(now)
	if life < minReminded {
		return time.Time{}
	}
	return now.Add(life / 4 * 3)
}

// ParseExpiry reads how long an invitation holds, as ParseSpan does. It must be
// from 60 seconds to 30 days.
func ParseExpiry(field, s string) (time.Duration, error) {
	d, err := ParseSpan(field, s)
	if err != nil {
		return 0, err
	}
	if d < MinExpiry || d > MaxExpiry {
		return 0, Invalid(field, "%s must be from 60 seconds to 30 days", field)
	}
	return d, nil
}

// InvitePolicy says who may invite.
type InvitePolicy string

// The policies.
const (
	PolicyMembers  InvitePolicy = "members"  // anyone but viewers, at once
	PolicyApproval InvitePolicy = "approval" // members propose, owners and admins decide
	PolicyAdmins   InvitePolicy = "admins"
	PolicyOwners   InvitePolicy = "owners"
)

// invitePolicies lists the policies.
func invitePolicies() []InvitePolicy {
	return []InvitePolicy{PolicyMembers, PolicyApproval, PolicyAdmins, PolicyOwners}
}

// InvitesAtOnce tells whether the actor's invitations need nobody's approval
// under these settings. It holds the policy, and the rule of self-approval: an
// organization that switched it off wants a second person behind every
// invitation of its admins while members can propose as well. Whoever may
// decide invitations counts as an admin here, also with a custom role.
func (a Access) InvitesAtOnce(s MemberSettings) bool {
	if !a.Can(PermInvite) {
		return false
	}
	switch s.InvitePolicy {
	case PolicyMembers:
		return true
	case PolicyApproval:
		return a.Can(PermDecide) && s.SelfApproval
	case PolicyAdmins:
		return a.Can(PermDecide)
	}
	return a.Effective() == RoleOwner
}

// CheckInvite says in which state an invitation of the actor starts, or why
// there can be none.
func (a Access) CheckInvite(s MemberSettings, role AnyRole) (InvitationState, error) {
	if a.Personal {
		return "", personalInvites()
	}
	if err := a.Require(PermInvite); err != nil {
		return "", err
	}
	if err := a.CheckGrant(role); err != nil {
		return "", err
	}
	if a.InvitesAtOnce(s) {
		return StatePending, nil
	}
	if s.InvitePolicy == PolicyApproval {
		return StateRequested, nil
	}
	who := "owners and admins"
	if s.InvitePolicy == PolicyOwners {
		who = "owners"
	}
	return "", refuse(PermInvite, PermSettings, "only %s may invite here", who).
		WithHint("the setting members.who_may_invite decides it; ask one of the %s", who)
}

// CheckNewInvitation says in which state an invitation of the actor would start
// now, or why there can be none: what CheckInvite asks, and then payment and a
// seat. A request takes no seat.
func (a Access) CheckNewInvitation(s MemberSettings, role AnyRole, seats Seats) (InvitationState, error) {
	state, err := a.CheckInvite(s, role)
	if err == nil {
		err = a.CheckPaid("invite")
	}
	if err == nil && state == StatePending {
		err = seats.CheckFree()
	}
	return state, err
}

func personalInvites() *Error {
	return Errorf(CodeDenied, "a personal workspace has no invitations").
		WithHint("create a shared organization: {organization.create}")
}

// CheckDecide holds the rules for approving and rejecting: the permission, the
// policy, rank, only owners for owner invitations, and self-approval.
func (a Access) CheckDecide(s MemberSettings, inv Invitation, role AnyRole) error {
	if err := a.Require(PermDecide); err != nil {
		return err
	}
	if err := a.checkOwnerInvitation(inv.Role); err != nil {
		return err
	}
	if err := a.CheckGrant(role); err != nil {
		return err
	}
	if s.InvitePolicy == PolicyOwners && a.Effective() != RoleOwner {
		return Errorf(CodeDenied, "only owners decide here").
			WithHint("the setting members.who_may_invite is %s; ask an owner", PolicyOwners)
	}
	return nil
}

// CheckSponsor holds the rule that somebody stands behind every invitation: the
// actor, who approved it or else sent it, could still grant it. Where the
// organization switched self-approval off meanwhile it wants a second person for
// new invitations; that does not void those that were made before.
func (a Access) CheckSponsor(s MemberSettings, inv Invitation, approved bool) error {
	if a.Effective() == "" {
		return Errorf(CodeDenied, "they are no longer an active member")
	}
	if approved {
		if err := a.CheckDecide(s, inv, inv.Given()); err != nil {
			return err
		}
		return s.CheckEmailDomain(inv.Email)
	}
	s.SelfApproval = true
	state, err := a.CheckInvite(s, inv.Given())
	if err != nil {
		return err
	}
	if state != StatePending {
		return Errorf(CodeDenied, "%s may only propose here", a.article()).
			WithHint("the setting members.who_may_invite decides it")
	}
	return s.CheckEmailDomain(inv.Email)
}

// CheckSelfApproval refuses to approve what one proposed oneself where the
// organization wants a second person.
func (a Access) CheckSelfApproval(s MemberSettings, inv Invitation) error {
	if inv.InviterID == a.UserID && inv.Origin == OriginInvite && !s.SelfApproval {
		return Errorf(CodeDenied, "your own proposal needs somebody else's approval here").
			WithHint("the setting members.self_approval is off; ask another owner or admin")
	}
	return nil
}

// CheckManage holds the rules for resend, regenerate and the join command:
// deciders, and whoever sent it while they may still invite at once.
func (a Access) CheckManage(s MemberSettings, inv Invitation) error {
	own := inv.InviterID == a.UserID && inv.Origin == OriginInvite && a.InvitesAtOnce(s)
	if !own {
		if err := a.Require(PermDecide); err != nil {
			return err
		}
	}
	if err := a.checkOwnerInvitation(inv.Role); err != nil {
		return err
	}
	return a.CheckGrant(inv.Given())
}

// CheckRevoke holds the rules for revoking: deciders, and whoever sent it. Only
// owners revoke an owner's invitation, even one that an admin now demoted sent.
func (a Access) CheckRevoke(inv Invitation) error {
	if own := inv.InviterID == a.UserID && inv.Origin == OriginInvite; !own {
		if err := a.Require(PermDecide); err != nil {
			return err
		}
	}
	if err := a.checkOwnerInvitation(inv.Role); err != nil {
		return err
	}
	return inv.CheckStep(StateRevoked)
}

// checkOwnerInvitation holds the rule that only owners touch owner invitations.
func (a Access) checkOwnerInvitation(role Role) error {
	if role == RoleOwner && a.Effective() != RoleOwner {
		return Errorf(CodeDenied, "only an owner may change an owner's invitation").WithHint("ask an owner")
	}
	return nil
}

// CheckEmailDomain refuses an address outside the allowed domains, if any are
// set. A domain allows itself, not the domains under it.
func (s MemberSettings) CheckEmailDomain(email string) error {
	if len(s.EmailDomains) == 0 {
		return nil
	}
	_, domain, _ := strings.Cut(NormEmail(email), "@")
	if slices.Contains(s.EmailDomains, domain) {
		return nil
	}
	return Invalid("email", "email must end in @%s", strings.Join(s.EmailDomains, " or @")).
		WithHint("the setting members.email_domains allows these only; an owner or admin can change it")
}

// InvitationQuery asks for a page of invitations, in the order of
// InvitationStates, the oldest request first and else the newest first.
type InvitationQuery struct {
	States []InvitationState // none is all
	Search string            // part of an address or a name
	Own    bool              // only those the actor sent
	All    bool              // those that were deleted from the list too
	Role   Role              // a built-in role, or the name or id of a custom one
	By     string            // part of the address or name of the inviter
	Sent   Period
	Terms  Terms // beside Search

	Sort    InvitationSort
	Reverse bool
	Limit   int
	After   string
	Before  string
}

// NewInvitation is what is asked for when inviting.
type NewInvitation struct {
	Email   string
	Name    string        // may be empty
	Role    Role          // a built-in role, or the name or id of a custom one; "" is the organization's default
	TTL     time.Duration // 0 is the organization's setting
	Message string

	Workspaces []WorkspaceGrant // to add the person to on acceptance, at most MaxWorkspaceGrants
}

// JoinOffer is what somebody who holds a code is shown before they accept.
type JoinOffer struct {
	Invitation Invitation `json:"invitation"`
	OrgName    string     `json:"organization_name"`
	OrgCode    string     `json:"organization_code"`
	// Known is the user of the key, nil for a key nobody has.
	Known *User `json:"user"`
	// AlreadyMember says that accepting closes the invitation and changes no role.
	AlreadyMember bool `json:"already_member"`
	// Requirement says which rule of the organization refuses the acceptance, or
	// what a newcomer has to set up before it.
	Requirement     Requirement `json:"barrier,omitempty"`
	RequirementText string      `json:"barrier_text,omitempty"`
}

// Result is the outcome for one row of a bulk action.
type Result struct {
	ID    string `json:"id"`
	Label string `json:"label"` // what the row is called: an address
	Err   error  `json:"-"`
}

// CanUndo tells whether the last decision is of a kind that can be undone.
func (inv Invitation) CanUndo() bool {
	return inv.State == StatePending || inv.State == StateRejected
}
