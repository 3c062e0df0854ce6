package store_test

import (
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// docs/rules.md, "Users and keys". Whoever is invited into the installation brings in a
// key with a code that is in the mail alone, which verifies the address.
func TestInvitedIntoTheInstallation(t *testing.T) {
	s := newStage(t)
	if _, err := s.s.InviteUser(s.ctx, s.owner, models.NewAccount{Email: "new@example.com", Name: "New"}); models.CodeOf(err) != models.CodeDenied {
		t.Errorf("an owner invites into the installation: %v", err)
	}
	mailOf := func(email string) store.MailJob {
		t.Helper()
		for _, j := range must[[]store.MailJob](t)(s.s.ClaimMail(s.ctx, 10, time.Minute)) {
			if j.To == email {
				return j
			}
		}
		t.Fatalf("there is no mail for %s", email)
		return store.MailJob{}
	}
	for email, byServer := range map[string]bool{"mailed@example.com": true, "folder@example.com": false} {
		d := must[models.AccountDetail](t)(s.s.InviteUser(s.ctx, s.root, models.NewAccount{Email: email, Name: "New", SiteAdmin: byServer}))
		if d.SiteAdmin != byServer || d.EmailVerified || len(d.Organizations) != 0 {
			t.Errorf("%s: %+v", email, d)
		}
		j := mailOf(email)
		if j.Kind != store.MailNotice || j.Notice.Kind != models.NoticeInvited || len(j.Code) != 26 || !j.Expires.Equal(s.clock.Now().Add(models.EnrolmentTime)) {
			t.Fatalf("%s gets %+v", email, j)
		}
		j.ByServer = byServer
		if err := s.s.MailSent(s.ctx, j); err != nil {
			t.Fatal(err)
		}
		k := key(email)
		u, _, err := s.s.AcceptCode(s.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, j.Code, "", k)
		if err != nil || u.ID != d.ID {
			t.Fatalf("%s brings in a key: %+v, %v", email, u, err)
		}
		if u := must[store.Me](t)(s.s.Me(s.ctx, models.Actor{UserID: u.ID, Via: models.ViaSSH, Key: k.Fingerprint})).User; u.EmailVerified != byServer {
			t.Errorf("%s is verified: %v", email, u.EmailVerified)
		}
		if n := s.number("SELECT count(*) FROM audit WHERE before || after || reason || target_label LIKE '%" + strings.ToLower(j.Code) + "%'"); n != 0 {
			t.Error("the log has the code")
		}
	}
	// A code that was replaced leaves no more.
	d := must[models.AccountDetail](t)(s.s.InviteUser(s.ctx, s.root, models.NewAccount{Email: "late@example.com", Name: "Late"}))
	if _, _, err := s.s.EnrolUser(s.ctx, s.root, "", d.ID); err != nil {
		t.Fatal(err)
	}
	for _, j := range must[[]store.MailJob](t)(s.s.ClaimMail(s.ctx, 10, time.Minute)) {
		if j.To == d.Email {
			t.Error("the mail with the code that was replaced leaves")
		}
	}
}
