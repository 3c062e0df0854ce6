package store_test

import (
	"testing"
	"time"

	"muster/models"
)

// An invitation holds a custom role until its time has passed, whether or not
// anybody has looked since.
func TestAnExpiredInvitationHoldsNoRole(t *testing.T) {
	c := newCompany(t)
	owner := c.people["owner"]
	c.role(owner, c.org, "helper", "organization.view")
	if _, err := c.s.CreateInvitation(c.ctx, owner, c.org, models.NewInvitation{Email: "new@example.com", Role: "helper", TTL: time.Minute}); err != nil {
		t.Fatal(err)
	}
	open := func() int { return must[models.RoleView](t)(c.s.Role(c.ctx, owner, c.org, "helper")).Invitations }
	wantCode(t, second(c.s.DeleteRole(c.ctx, owner, c.org, "helper")), models.CodeConflict)
	if open() != 1 {
		t.Errorf("%d open invitations", open())
	}
	c.clock.Advance(time.Minute)
	if open() != 0 {
		t.Errorf("%d open invitations after it expired", open())
	}
	if err := second(c.s.DeleteRole(c.ctx, owner, c.org, "helper")); err != nil {
		t.Errorf("an expired invitation: %v", err)
	}
	c.sound()
}
