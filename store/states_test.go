package store

import (
	"fmt"
	"testing"

	"muster/models"
)

func TestOrdersInSQLAreThoseOfTheDomain(t *testing.T) {
	for order, state := range map[string]models.InvitationState{stateRequested: models.StateRequested, statePending: models.StatePending} {
		if fmt.Sprint(stateOrder(state)) != order {
			t.Errorf("%s has the order %d, not %s", state, stateOrder(state), order)
		}
	}
	for _, state := range models.InvitationStates() {
		if open := state == models.StateRequested || state == models.StatePending; open != (fmt.Sprint(stateOrder(state)) <= lastOpenState) {
			t.Errorf("%s is wrong about the states up to %s", state, lastOpenState)
		}
	}
	for order, role := range map[string]models.Role{orderOwner: models.RoleOwner, orderAdmin: models.RoleAdmin} {
		if fmt.Sprint(roleOrder(role)) != order {
			t.Errorf("%s has the order %d, not %s", role, roleOrder(role), order)
		}
	}
}
