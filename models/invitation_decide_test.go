package models_test

import (
	"testing"

	"muster/models"
)

// What an owner may do with an invitation in each of its states, in the order of
// the list: requested, pending, expired, accepted, declined, rejected, revoked,
// withdrawn.
func TestWhatAStateAllows(t *testing.T) {
	set := models.MemberSettings{InvitePolicy: models.PolicyApproval, SelfApproval: true}
	owner := models.Access{UserID: "me", Role: models.RoleOwner, Member: true}
	states := []models.InvitationState{models.StateRequested, models.StatePending, models.StateExpired, models.StateAccepted,
		models.StateDeclined, models.StateRejected, models.StateRevoked, models.StateWithdrawn}
	for _, row := range []struct {
		name, allowed string
		check         func(models.Invitation) error
	}{
		{"approve", "+-------", func(i models.Invitation) error { return owner.CheckApprove(set, i, i.Role) }},
		{"reject", "+-------", func(i models.Invitation) error { return owner.CheckReject(set, i) }},
		{"resend", "-++-----", func(i models.Invitation) error { return owner.CheckResend(set, i) }},
		{"show the code of", "-+------", func(i models.Invitation) error { return owner.CheckShowCode(set, i) }},
		{"revoke", "-+------", func(i models.Invitation) error { return owner.CheckRevoke(i) }},
		{"withdraw", "+-------", func(i models.Invitation) error { return owner.CheckWithdraw(i) }},
	} {
		for n, s := range states {
			inv := models.Invitation{Email: "eve@acme.dev", Role: models.RoleMember, State: s, Origin: models.OriginInvite, InviterID: "me"}
			if err := row.check(inv); (err == nil) != (row.allowed[n] == '+') {
				t.Errorf("%s one that is %s: %v", row.name, s, err)
			}
		}
	}
}

// Approving asks every rule that the request alone can tell, and rejecting does
// not ask for the right to give the role.
func TestApproveAndReject(t *testing.T) {
	set := models.MemberSettings{InvitePolicy: models.PolicyApproval}
	inv := models.Invitation{Email: "eve@acme.dev", Role: models.RoleMember, State: models.StateRequested, Origin: models.OriginInvite, InviterID: "them"}
	admin := models.Access{UserID: "me", Role: models.RoleAdmin, Member: true}
	if err := admin.CheckApprove(set, inv, inv.Role); err != nil {
		t.Fatal(err)
	}
	unpaid := admin
	unpaid.Unpaid = true
	own := inv
	own.InviterID = "me"
	closed := set
	closed.EmailDomains = []string{"example.org"}
	for name, err := range map[string]error{
		"without a payment method": unpaid.CheckApprove(set, inv, inv.Role),
		"of one's own":             admin.CheckApprove(set, own, inv.Role),
		"of another domain":        admin.CheckApprove(closed, inv, inv.Role),
		"above one's rank":         admin.CheckApprove(set, inv, models.RoleOwner),
		"as somebody else's":       admin.CheckWithdraw(inv),
	} {
		if err == nil {
			t.Errorf("%s goes", name)
		}
	}
	above := inv
	above.CustomRole = &models.CustomRole{ID: "rol_1", Name: "treasurer", Scope: models.ScopeOrganization, Grants: []models.Permission{models.PermBilling}}
	if admin.CheckApprove(set, above, above.Given()) == nil || admin.CheckReject(set, above) != nil {
		t.Error("an admin approves what they may not give, or cannot reject it")
	}
}
