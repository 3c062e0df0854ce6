package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// asks has a stranger from an address ask ACME for membership.
func (s *stage) asks(address, name string) {
	s.t.Helper()
	a := models.Actor{Via: models.ViaSSH, Key: key(name).Fingerprint, Address: address}
	if err := s.s.RequestToJoin(s.ctx, a, store.JoinRequest{OrgCode: "ACME", Email: name + "@example.com", Name: name}); err != nil {
		s.t.Fatal(err)
	}
	s.clock.Advance(time.Millisecond)
}

// waits lists which requests wait, by address, the oldest first.
func (s *stage) waits() []string {
	s.t.Helper()
	return texts(s.t, s.raw(), "SELECT email FROM invitations WHERE org_id = $1 AND state_order = 1 ORDER BY list_at, id", s.acme)
}

// A flood of join requests displaces itself: whoever asks once from elsewhere
// waits in the queue, whether they came before it, amid it or after it.
func TestAFloodOfRequestsDisplacesItself(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.set(s.owner, s.acme, models.SetJoinRequests, "on")
	s.asks("192.0.2.77", "early")
	for i := range 250 {
		s.asks(fmt.Sprintf("198.51.100.%d", i%8), fmt.Sprintf("flood%d", i))
		if i == 100 {
			s.asks("2001:db8:1::1", "amid")
		}
	}
	s.asks("203.0.113.5", "honest")
	list := s.waits()
	if len(list) != 200 || list[0] != "early@example.com" {
		t.Errorf("%d wait, first %s", len(list), list[0])
	}
	for _, name := range []string{"early", "amid", "honest"} {
		if !strings.Contains(strings.Join(list, " "), name+"@") {
			t.Errorf("%s does not wait", name)
		}
	}
	// What gave way is shown as that, by nobody's decision, and logged.
	page := must[models.Page[models.Invitation]](t)(s.s.ListInvitations(s.ctx, s.owner, s.acme, models.InvitationQuery{States: []models.InvitationState{models.StateWithdrawn}, Limit: 100}))
	if len(page.Items) != 53 || !strings.Contains(page.Items[0].Reason, "it made room for others: 200 requests were waiting, 25 of them from the same network") {
		t.Errorf("%d gave way: %+v", len(page.Items), page.Items[0])
	}
	if n := s.number("SELECT count(*) FROM audit WHERE action = 'invitation.withdraw' AND via = 'system' AND org_id = $1", s.acme); n != 53 {
		t.Errorf("%d entries of what gave way", n)
	}
	// An IPv6 network is a /64, and one of many networks loses its oldest.
	for i := range 60 {
		s.asks(fmt.Sprintf("2001:db8:2::%x", i+1), fmt.Sprintf("six%d", i))
	}
	if list := strings.Join(s.waits(), " "); strings.Contains(list, "six0@") || !strings.Contains(list, "six59@") || !strings.Contains(list, "amid@") || !strings.Contains(list, "early@") {
		t.Errorf("they wait: %s", list)
	}
	s.sound()
}

// Who has a verified address waits apart from strangers, so that no flood of these
// is in the way, and is told where too many wait.
func TestRequestsOfAccountsHaveARoomOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	other := must[models.OrgView](t)(s.s.CreateOrganization(s.ctx, s.root, store.NewOrganization{Name: "Other", Code: "OTHER"})).ID
	bob, cy := s.join(s.root, other, "bob@example.com", models.RoleMember), s.join(s.root, other, "cy@example.com", models.RoleMember)
	s.exec("UPDATE users SET email_verified = 1")
	s.set(s.owner, s.acme, models.SetJoinRequests, "on")
	for i := range 200 {
		s.asks(fmt.Sprintf("198.51.%d.1", i), fmt.Sprintf("flood%d", i))
	}
	if err := s.s.RequestToJoin(s.ctx, bob, store.JoinRequest{OrgCode: "ACME"}); err != nil {
		t.Errorf("with an account: %v", err)
	}
	// Proposals of members take none of it.
	s.exec("UPDATE invitations SET source = '' WHERE org_id = $1 AND state_order = 1", s.acme)
	err := s.s.RequestToJoin(s.ctx, cy, store.JoinRequest{OrgCode: "ACME"})
	if models.CodeOf(err) != models.CodeLimit || models.AsError(err).Hint == "" {
		t.Errorf("where 200 with an account wait: %v", err)
	}
	s.exec("UPDATE invitations SET origin = 'invite' WHERE org_id = $1 AND state_order = 1", s.acme)
	if err := s.s.RequestToJoin(s.ctx, cy, store.JoinRequest{OrgCode: "ACME"}); err != nil {
		t.Errorf("where members have proposed 200: %v", err)
	}
}
