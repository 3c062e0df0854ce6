package models

import "time"

// TransferTime is how long a nominee has to answer.
const TransferTime = 7 * 24 * time.Hour

// TransferStatus is where a nomination stands.
type TransferStatus string

// The states of a nomination. Void means that the nominator is no owner, or the
// nominee no member any more.
const (
	TransferPending   TransferStatus = "pending"
	TransferAccepted  TransferStatus = "accepted"
	TransferDeclined  TransferStatus = "declined"
	TransferCancelled TransferStatus = "cancelled"
	TransferExpired   TransferStatus = "expired"
	TransferVoid      TransferStatus = "void"
)

// Transfer is the nomination of a member to take an owner's place. On
// acceptance the nominee is owner and the one they follow becomes an admin. It
// moves the primary ownership if the one they follow is the primary owner.
type Transfer struct {
	ID           string         `json:"id"`
	OrgID        string         `json:"organization_id"`
	OrgCode      string         `json:"organization_code"`
	OrgName      string         `json:"organization_name"`
	FromID       string         `json:"from_id"` // the owner who hands over
	FromEmail    string         `json:"from_email"`
	FromName     string         `json:"from_name"`
	NomineeID    string         `json:"nominee_id"`
	NomineeEmail string         `json:"nominee_email"`
	NomineeName  string         `json:"nominee_name"`
	NominatedBy  string         `json:"nominated_by"` // address; a site admin may nominate in the primary owner's place
	Primary      bool           `json:"primary"`      // whether the primary ownership moves with it
	Status       TransferStatus `json:"status"`
	CreatedAt    time.Time      `json:"created_at"`
	ExpiresAt    time.Time      `json:"expires_at"`
	IsNominee    bool           `json:"mine"` // the actor is the nominee, who may accept or decline
}

// MayTransfer holds who may nominate and cancel: the permission, in a shared
// organization.
func (a Access) MayTransfer() error {
	if a.Personal {
		return Errorf(CodeDenied, "a personal workspace cannot be transferred").
			WithHint("make a shared organization from it: {organization.upgrade}")
	}
	return a.Require(PermTransfer)
}

// CheckNominate holds the rules for nominating: MayTransfer, and an active
// member who is not the owner who hands over. An owner can be nominated only
// for the primary ownership.
func (a Access) CheckNominate(from, nominee Standing, primary bool) error {
	if err := a.MayTransfer(); err != nil {
		return err
	}
	switch {
	case nominee.UserID == from.UserID:
		return Invalid("user", "the owner who transfers ownership cannot be nominated").WithHint("name another member")
	case !nominee.Active:
		return Errorf(CodeConflict, "only an active member can be nominated").WithHint("reactivate them first")
	case nominee.Role == RoleOwner && !primary:
		return Errorf(CodeConflict, "the nominee is an owner already").WithHint("lower your own role instead: {member.role}")
	}
	return nil
}

// CheckAnswer refuses to answer a nomination that is closed. The error is
// CodeGone and names the state.
func (t Transfer) CheckAnswer() error {
	why := ""
	switch t.Status {
	case TransferPending:
		return nil
	case TransferVoid:
		why = "is no longer valid: the owner or the nominee has changed since"
	case TransferExpired:
		why = "has expired"
	default:
		why = "was already " + string(t.Status)
	}
	return Errorf(CodeGone, "the nomination of %s %s", t.NomineeEmail, why).WithHint("an owner can nominate again")
}
