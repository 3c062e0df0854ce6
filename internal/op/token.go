package op

import (
	"slices"
	"strings"

	"muster/models"
)

// forPeople are the operations, or nouns of some, that no token does whatever it
// says: they change who can act at all, and what they make would outlive the token.
func forPeople() []string {
	return []string{
		"key.add", "key.remove", "key.rename", "key.pair", "second_factor.enrol", "second_factor.confirm", "second_factor.disable",
		"second_factor.recovery", "second_factor.reset", "transfer.nominate", "transfer.accept", "organization.delete", "organization.purge",
		"user.enrol", "user.delete",
	}
}

// ForPeople tells whether an operation is none for a token. Its preview is.
func (r *Row) ForPeople() bool { return slices.Contains(forPeople(), r.Name) }

// byToken refuses an operation that the actor's token does not cover.
func byToken(a models.Actor, name, does string) error {
	if a.Grant == nil {
		return nil
	}
	if slices.Contains(forPeople(), name) {
		does, _, _ = strings.Cut(does, ";")
		return a.CheckPerson(does)
	}
	return a.CheckGrant(name)
}
