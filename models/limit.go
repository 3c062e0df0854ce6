package models

import (
	"time"
)

// InviteLimits bound how much is sent. 0 stands for no limit. Days are those of
// UTC. Making a join link counts as sending one invitation.
type InviteLimits struct {
	InviterOpen  int // open invitations and requests of one person in one organization
	InviterDay   int // sent by one person in one organization on a day, repeated mails included
	OrgOpen      int // open invitations and requests of one organization
	OrgDay       int // sent by one organization on a day, repeated mails included
	RecipientDay int // to one address on a day, by the whole installation
}

// DefaultInviteLimits are in force where the configuration sets none. They are
// muster's own figures: a list of 5,000 addresses goes out twice a day, one
// organization cannot fill a mail server's queue for good, and nobody's mailbox
// is flooded through however many organizations.
func DefaultInviteLimits() InviteLimits {
	return InviteLimits{
		InviterOpen: 10_000, InviterDay: 10_000, OrgOpen: 20_000, OrgDay: 20_000, RecipientDay: 20,
	}
}

// Day is the number of the UTC day that a moment is in, from 1970.
func Day(t time.Time) int64 {
	const day = 24 * 60 * 60
	s := t.Unix()
	if s < 0 {
		return (s - day + 1) / day
	}
	return s / day
}

// DayStart is when the day with this number begins.
func DayStart(day int64) time.Time { return time.Unix(day*24*60*60, 0).UTC() }

// InviteUse is how much of the limits is used at a moment, for one inviter in
// one organization.
type InviteUse struct {
	InviterOpen, InviterDay, OrgOpen, OrgDay int
}

// Check refuses one more invitation than the limits allow, of which
// toRecipient went to its address today. The error names the limit and says
// when there is room again.
func (l InviteLimits) Check(u InviteUse, email string, toRecipient int, now time.Time) error {
	midnight := DayStart(Day(now) + 1)
	tomorrow := func(e *Error) error {
		return e.WithHint("try again at %s", midnight.Format("2006-01-02 15:04 UTC")).After(midnight.Sub(now))
	}
	over := func(used, most int) bool { return most > 0 && used >= most }
	const later = "revoke some, or wait until some are answered or expire"
	switch {
	case over(toRecipient, l.RecipientDay):
		return tomorrow(Errorf(CodeLimit, "%s was sent %s today, which is the limit for one address", email, Count(l.RecipientDay, "invitation")))
	case over(u.InviterOpen, l.InviterOpen):
		return Errorf(CodeLimit, "you have %s open here, which is the limit for one person", Count(l.InviterOpen, "invitation")).WithHint(later)
	case over(u.InviterDay, l.InviterDay):
		return tomorrow(Errorf(CodeLimit, "you have sent %s here today, which is the limit for one person", Count(l.InviterDay, "invitation")))
	case over(u.OrgOpen, l.OrgOpen):
		return Errorf(CodeLimit, "the organization has %s open, which is the limit", Count(l.OrgOpen, "invitation")).WithHint(later)
	case over(u.OrgDay, l.OrgDay):
		return tomorrow(Errorf(CodeLimit, "the organization has sent %s today, which is the limit", Count(l.OrgDay, "invitation")))
	}
	return nil
}
