package store

import (
	"fmt"
	"strings"

	"muster/models"
)

// What numbers stand for in SQL: states of invitations and roles, by their order
// in lists. They are written into the text of a query, since a parameter would
// not find a partial index.
const (
	stateRequested = "1"
	statePending   = "2"
	lastOpenState  = statePending // states up to here are open

	orderOwner = "1"
	orderAdmin = "2"
)

// roleName is the name of a role in a query, from its order.
func roleName(column string) string {
	var b strings.Builder
	b.WriteString("CASE " + column)
	for _, r := range models.Roles() {
		fmt.Fprintf(&b, " WHEN %d THEN '%s'", roleOrder(r), r)
	}
	return b.String() + " END"
}
