package e2e

import (
	"strings"
	"testing"
)

// TestSquattedAddress has somebody take the address of a person who is about to be
// invited, in the very organization. The person joins with the code from their mail
// all the same; the other one loses the address, keeps the account and is told.
func TestSquattedAddress(t *testing.T) {
	h := founded(t)
	link := h.field(h.as("ada", "acme", "invite", "link", "create", "--role", "member", "--json"), "code")
	h.key("mallory")
	h.as("mallory", "join+"+link, "accept", "--name", "The Chief", "--email", "Chief@acme.dev")
	if list := h.as("ada", "acme", "member", "list"); !strings.Contains(list, "Chief@acme.dev (not verified)") {
		t.Errorf("the list does not mark the address:\n%s", list)
	}

	inv := h.field(h.as("ada", "acme", "invite", "create", "--email", "chief@acme.dev", "--role", "admin", "--json"), "id")
	command := h.post.letter(t, "chief@acme.dev").command
	login, _, _ := strings.Cut(command[len(command)-1], "@")
	ada := h.ssh("ada", "acme", seat{w: 140, h: 40})
	ada.See("Member").Press("3").SeeLine("chief@acme.dev", "○ pending").See("sent 20") // the mail is written down
	if mine := h.as("mallory", "acme", "invite", "mine"); strings.Contains(mine, inv) {
		t.Errorf("who typed the address is shown its invitation:\n%s", mine)
	}
	h.key("chief")
	h.as("chief", login, "accept", "--name", "Chief")

	if who := h.as("chief", "acme", "whoami", "--json"); !strings.Contains(who, `"email":"chief@acme.dev"`) || !strings.Contains(who, `"email_verified":true`) {
		t.Errorf("the person invited is\n%s", who)
	}
	who := h.as("mallory", "acme", "whoami")
	if !strings.Contains(who, "Somebody else has verified the address Chief@acme.dev") || !strings.Contains(who, "@gone.invalid (not verified)") {
		t.Errorf("who typed it is told\n%s", who)
	}
	mallory := h.ssh("mallory", "acme", seat{})
	mallory.See("Your address", "Somebody else has verified the address", "Chief@acme.dev")
	if log := h.as("ada", "acme", "audit", "list", "--action", "user.address_lost", "--json"); !strings.Contains(log, "Chief@acme.dev") {
		t.Errorf("the log:\n%s", log)
	}
	list := h.as("ada", "acme", "member", "list")
	if strings.Count(strings.ToLower(list), "chief@acme.dev") != 1 || strings.Contains(strings.ToLower(list), "chief@acme.dev (not verified)") {
		t.Errorf("the list:\n%s", list)
	}
}
