package store_test

import (
	"path/filepath"
	"testing"

	"muster/models"
	"muster/store"
)

// TestOldAddresses opens a database of before addresses were labels: who was verified
// stays so, but for who joined by a request to join, which had verified the address
// that they typed.
func TestOldAddresses(t *testing.T) {
	s := newStage(t)
	s.set(s.owner, s.acme, models.SetJoinRequests, "on")
	k := key("stranger")
	if err := s.s.RequestToJoin(s.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, store.JoinRequest{OrgCode: "ACME", Email: "ceo@example.com", Name: "Chief"}); err != nil {
		t.Fatal(err)
	}
	p := must[models.Page[models.Invitation]](t)(s.s.ListInvitations(s.ctx, s.owner, s.acme, models.InvitationQuery{Search: "ceo@"}))
	must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, s.owner, s.acme, p.Items[0].ID, ""))
	code := s.code(s.owner, p.Items[0].ID)
	s.mailed(p.Items[0].ID)
	s.exec("UPDATE invitations SET typed = 0 WHERE id = $1", p.Items[0].ID) // which proved it then
	stranger, err := s.bear(code, "stranger")
	if err != nil {
		t.Fatal(err)
	}
	old := &world{t: t, ctx: s.ctx, clock: s.clock, dir: filepath.Join(t.TempDir(), "old")}
	makeOld(t, filepath.Join(s.dir, store.DatabaseFile), old.dir, "0015_addresses.sql")

	old.s = old.open()
	for ref, want := range map[string]bool{"ceo@example.com": false, "ada@example.com": true, "mel@example.com": true} {
		if m := must[models.AccountDetail](t)(old.s.User(s.ctx, s.root, "", ref)); m.EmailVerified != want {
			t.Errorf("%s is verified: %t", ref, m.EmailVerified)
		}
	}
	if m := must[models.Member](t)(old.s.Member(s.ctx, s.owner, s.acme, "mel@example.com")); !m.EmailVerified {
		t.Errorf("the membership says %+v", m)
	}
	if _, err := old.s.VerifyUser(s.ctx, s.root, "", stranger.UserID); err != nil {
		t.Error(err)
	}
	old.verified()
	for what, query := range map[string]string{
		"what is unique of an address": "SELECT count(*) FROM users WHERE email_key <> CASE email_verified WHEN 1 THEN email_norm ELSE id END",
		"marks of memberships":         "SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.email_verified <> u.email_verified",
	} {
		if n := old.number(query); n != 0 {
			t.Errorf("%s: %d rows", what, n)
		}
	}
}
