package models

// InvitationSort is a column that a list of invitations can be sorted by.
type InvitationSort string

// The sort columns of invitations. Status is the order of InvitationStates, and
// within a status the oldest request first and else the newest.
const (
	InvitationsByStatus  InvitationSort = "status"
	InvitationsByEmail   InvitationSort = "email"
	InvitationsBySent    InvitationSort = "sent"
	InvitationsByExpires InvitationSort = "expires"
)

// ParseInvitationSort reads a sort column; a leading - turns the order round.
// Sent sorts the newest first, expires what runs out latest.
func ParseInvitationSort(s string) (sort InvitationSort, reverse bool, err error) {
	return parseSort(s, InvitationsByStatus, InvitationsByEmail, InvitationsBySent, InvitationsByExpires)
}

// Check fills in the order that is meant without one, and refuses what is none.
func (s InvitationSort) Check() (InvitationSort, error) {
	if s == "" {
		return InvitationsByStatus, nil
	}
	_, _, err := ParseInvitationSort(string(s))
	return s, err
}
