package models

import (
	"fmt"
	"strings"
)

// lostDomain is the domain of addresses that no mail goes to (RFC 2606).
const lostDomain = "gone.invalid"

// LostAddress is the address of an account whose own one somebody else has
// verified since, until it gets another.
func LostAddress(handle string) string { return handle + "@" + lostDomain }

// IsLostAddress tells an address of LostAddress.
func IsLostAddress(email string) bool { return strings.HasSuffix(NormEmail(email), "@"+lostDomain) }

// MaskEmail shows of an address as much as its owner needs to know it by, for who
// may be somebody else: its first letter and the domain.
func MaskEmail(email string) string {
	local, domain, ok := strings.Cut(email, "@")
	if !ok || local == "" {
		return "…"
	}
	return local[:1] + "…@" + domain
}

// NotVerified marks an address that nobody has verified.
const NotVerified = "not verified"

// ShownEmail is an address as people are shown it.
func ShownEmail(email string, verified bool) string {
	if email == "" {
		return email
	}
	return email + UnverifiedMark(verified)
}

// UnverifiedMark goes behind an address.
func UnverifiedMark(verified bool) string {
	if verified {
		return ""
	}
	return " (" + NotVerified + ")"
}

// ShownCreator is the creator's address as people are shown it.
func (l JoinLink) ShownCreator() string { return ShownEmail(l.CreatorEmail, l.CreatorVerified) }

// ShownEmail is the user's address as people are shown it.
func (u User) ShownEmail() string { return ShownEmail(u.Email, u.EmailVerified) }

// ShownEmail is the member's address as people are shown it. One that was invited is
// what somebody invited, whosever it is.
func (m Member) ShownEmail() string {
	return ShownEmail(m.Email, m.EmailVerified || m.Status == MemberInvited)
}

// ShownEmail is the member's address as people are shown it.
func (m WorkspaceMember) ShownEmail() string { return ShownEmail(m.Email, m.EmailVerified) }

// ShownInviter is the inviter's address as people are shown it.
func (inv Invitation) ShownInviter() string {
	return ShownEmail(inv.InviterEmail, inv.InviterVerified)
}

// AmbiguousAddress refuses to guess which of several accounts an address means
// that none of them has verified.
func AmbiguousAddress(email string, ids []string) error {
	return Errorf(CodeConflict, "%d accounts have the address %s, and none has verified it: %s", len(ids), SafeText(email), strings.Join(ids, ", ")).
		WithHint("name the one you mean by its id")
}

// CheckVerify holds the rule for who may say that an address is a user's.
func CheckVerify(actor, target User) error {
	switch {
	case !actor.SiteAdmin:
		return Errorf(CodeDenied, "only a site admin may verify an address").
			WithHint("the code of a mailed invitation verifies it too; else ask a site admin of this installation")
	case target.EmailVerified:
		return Errorf(CodeConflict, "the address %s is verified already", target.Email)
	case IsLostAddress(target.Email):
		return Errorf(CodeConflict, "%s cannot receive mail", target.Email).WithHint("change the address first: {user.edit}")
	}
	return nil
}

// LostNotice tells somebody that their address is another account's now.
func LostNotice(email string) string {
	return fmt.Sprintf("Somebody else has verified the address %s, so it was removed from your account. Nothing else has changed; ask an admin to set another address.", email)
}
