package e2e

import "testing"

// TestALoginNameThatIsNobodysIsSaid: the app opens the organization chosen last under a
// login name that is none of the person's, a typo or what once was a code, and says so.
func TestALoginNameThatIsNobodysIsSaid(t *testing.T) {
	h := founded(t)
	h.as("ada", "ada", "switch", "ACME")
	ada := h.ssh("ada", "acmee", seat{w: 140, h: 40})
	ada.See("no organization acmee for you: showing ACME", "owner").Press("q")
	ada.leaves(0)
	h.as("ada", "acme", "org", "update", "--code", "ACORN")
	ada = h.ssh("ada", "acme", seat{w: 140, h: 40})
	ada.See("no organization acme for you: showing ACORN", "owner").Press("q")
	ada.leaves(0)
}
