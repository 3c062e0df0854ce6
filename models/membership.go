package models

import "time"

// RestoreTime is how long somebody who was taken out, and an organization that
// was deleted, can be brought back.
const RestoreTime = 30 * 24 * time.Hour

// DeletedUser stands where only the id of somebody who was deleted remains.
const DeletedUser = "former user"

// CheckSuspend holds the rules for suspending a member: the permission, only
// owners touch owners, not oneself, never without an active owner.
func (a Access) CheckSuspend(m Standing, activeOwners int) error {
	if err := a.Require(PermMembers); err != nil {
		return err
	}
	if err := a.touch(m); err != nil {
		return err
	}
	if m.UserID == a.UserID {
		return Errorf(CodeDenied, "you cannot suspend yourself").WithHint("you may leave instead: {member.leave}")
	}
	return lastOwner(m, activeOwners)
}

// CheckReactivate holds the rules for ending a suspension. The store sees to
// the free seat.
func (a Access) CheckReactivate(m Standing) error {
	if err := a.Require(PermMembers); err != nil {
		return err
	}
	return a.touch(m)
}

// CheckEnd holds the rules for setting the time at which a membership ends by
// itself, nil for none: the permission, only owners touch owners, the own one
// only brought forward, and one active owner stays without an end.
func (a Access) CheckEnd(m Standing, from, to *time.Time, activeOwners int) error {
	if err := a.Require(PermMembers); err != nil {
		return err
	}
	if err := a.touch(m); err != nil {
		return err
	}
	if m.UserID == a.UserID && !a.SiteAdmin {
		if to == nil && from != nil || to != nil && from != nil && to.After(*from) {
			return Errorf(CodeDenied, "you may end your own membership earlier, not later").
				WithHint("ask another owner or admin")
		}
	}
	if to == nil {
		return nil
	}
	if err := lastOwner(m, activeOwners); err != nil {
		return AsError(err).WithHint("make somebody else an owner first; at least one owner must have no end date")
	}
	return nil
}

// CheckRestore says with which role somebody who was taken out comes back: the
// former one, capped by what whoever restores may do.
func (a Access) CheckRestore(f RemovedMember) (AnyRole, error) {
	none := Role("")
	if err := a.Require(PermMembers); err != nil {
		return none, err
	}
	if f.Left {
		return none, Errorf(CodeDenied, "%s left by themselves, so they cannot be restored", f.Email).
			WithHint("invite them again: {invitation.create --email %s}", f.Email)
	}
	if f.CustomRole != nil && a.CheckGrant(f.CustomRole) == nil {
		return f.CustomRole, nil
	}
	for _, r := range Roles() {
		// A custom role that the actor may not give leaves no more than a viewer.
		if r.Rank() <= f.Role.Rank() && (f.CustomRole == nil || r == RoleViewer) && a.CheckGrant(r) == nil {
			return r, nil
		}
	}
	return none, a.CheckGrant(RoleViewer)
}

// RemovedMember is somebody who was a member until less than RestoreTime ago.
// Its id is the user's.
type RemovedMember struct {
	ID              string       `json:"id"`
	OrgID           string       `json:"organization_id"`
	Email           string       `json:"email"`
	EmailVerified   bool         `json:"email_verified"`
	Name            string       `json:"name"`
	Handle          string       `json:"handle"`
	Role            Role         `json:"role"` // held until then
	CustomRole      *CustomRole  `json:"custom_role"`
	Status          MemberStatus `json:"status"` // held until then; a suspension comes back with them
	JoinedAt        time.Time    `json:"joined_at"`
	InvitedBy       string       `json:"invited_by"`
	RemovedAt       time.Time    `json:"removed_at"`
	RemovedBy       string       `json:"removed_by"` // address, DeletedUser, or empty where the membership ended by itself
	Left            bool         `json:"left"`       // of their own accord
	RestorableUntil time.Time    `json:"restorable_until"`
	RestoreRole     Role         `json:"restore_role,omitempty"` // the role that the actor would restore, by name
	WhyNot          string       `json:"why_not,omitempty"`      // why the actor cannot restore; empty if they can
}

// CheckBringBack holds the rules for bringing somebody back in a role, beside
// CheckRestore: those of inviting them at once, the payment method and the allowed
// domains. The store sees to seats and limits.
func (a Access) CheckBringBack(s MemberSettings, email string, role AnyRole) error {
	state, err := a.CheckInvite(s, role)
	if err != nil {
		return err
	}
	if state != StatePending {
		return Errorf(CodeDenied, "restoring somebody needs another person's approval here, as your invitations do").
			WithHint("invite them, for somebody else to approve: {invitation.create --email %s}", email)
	}
	if err := a.CheckPaid("add members"); err != nil {
		return err
	}
	return s.CheckEmailDomain(email)
}

// Account is what of their account an invitation may be to.
func (f RemovedMember) Account() User {
	return User{ID: f.ID, Email: f.Email, EmailVerified: f.EmailVerified}
}

// Restored is somebody who was brought back, with what came back and what did not.
type Restored struct {
	Member
	Workspaces []WorkspaceMembership `json:"workspaces"`
	// NotRestored says of each part of what they had why it did not come back.
	NotRestored []string `json:"not_restored"`
}

// CheckJoin refuses to come back by a code to somebody who was taken out, or who
// left while suspended, unless it was granted after that: somebody who decided
// anew has let them in. A join link is granted to nobody in particular, so never.
func (f RemovedMember) CheckJoin(org string, granted time.Time) error {
	if f.RemovedAt.IsZero() || f.Left && f.Status != MemberSuspended || !granted.IsZero() && !granted.Before(f.RemovedAt) {
		return nil
	}
	how := "you were removed from"
	if f.Left {
		how = "you left, while suspended,"
	}
	return Errorf(CodeDenied, "%s %s, so an owner or admin has to let you back in", how, org).
		WithHint("ask an owner or admin to restore you, or to invite you again")
}

// Given is the role they had.
func (f RemovedMember) Given() AnyRole { return given(f.Role, f.CustomRole) }

// RemovedQuery asks for a page of former members, who went last first.
type RemovedQuery struct {
	Search string
	Terms  Terms // beside Search
	Limit  int
	After  string
	Before string
}

// maxEnd is how far ahead the end of a membership can lie.
const maxEnd = 10 * 366 * 24 * time.Hour

// CheckEndTime checks the time at which a membership is to end.
func CheckEndTime(field string, at, now time.Time) error {
	if !at.After(now) {
		return Invalid(field, "%s must be in the future", field).WithHint("to end it now, remove the member")
	}
	if at.Sub(now) > maxEnd {
		return Invalid(field, "%s must be within ten years", field)
	}
	return nil
}

// ParseEnd reads the end of a membership: a date (its end in UTC, so that the
// day itself is included), a time in RFC 3339, or a span of time from now like
// 30d.
func ParseEnd(field, s string, now time.Time) (time.Time, error) {
	if at, err := time.Parse(time.DateOnly, s); err == nil {
		at = at.AddDate(0, 0, 1)
		return at, CheckEndTime(field, at, now)
	}
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		at = at.UTC().Truncate(time.Microsecond)
		return at, CheckEndTime(field, at, now)
	}
	d, err := ParseSpan(field, s)
	if err != nil {
		return time.Time{}, Invalid(field, "%s %q is not a time: a date like 2026-12-31, a time like 2026-12-31T18:00:00Z, or a span like 30d", field, clip(SafeText(s), 30))
	}
	at := now.Add(d)
	return at, CheckEndTime(field, at, now)
}
