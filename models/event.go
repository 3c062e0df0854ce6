package models

import "strconv"

// EventQuery asks for entries of an organization's log in the order in which they
// came about.
type EventQuery struct {
	After int64 // the number of the last entry that is known, 0 for none
	Limit int
}

// ParseSeq reads the number of an entry of a log.
func ParseSeq(field, s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, Invalid(field, "%s must be the number of an event, from 0", field)
	}
	return n, nil
}
