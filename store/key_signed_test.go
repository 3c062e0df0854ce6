package store_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"muster/internal/sshkey"
	"muster/models"
)

const hostKey = "SHA256:of the host"

// signingKey makes a key that can sign.
func signingKey(t *testing.T) (models.PublicKey, func(text string) []byte) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	public, err := sshkey.Check(signer.PublicKey(), "laptop")
	if err != nil {
		t.Fatal(err)
	}
	return public, func(text string) []byte {
		sig, err := sshsig.Sign(strings.NewReader(text), signer, sshsig.HashSHA512, sshkey.Namespace)
		if err != nil {
			t.Fatal(err)
		}
		return sshsig.Armor(sig)
	}
}

// TestASignedKey holds that a key is proven by a signature that names the account,
// the installation and the time, and by no other.
func TestASignedKey(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	k, sign := signingKey(t)
	must[models.Key](t)(s.s.AddKey(s.ctx, s.admin, k, ""))
	must[models.Key](t)(s.s.AddKey(s.ctx, s.member, k, "")) // pasted before
	c := must[models.KeyChallenge](t)(s.s.KeyChallenge(s.ctx, s.member, hostKey))
	if left := c.ExpiresAt.Sub(s.clock.Now()); left < time.Hour || left > 2*time.Hour {
		t.Errorf("a challenge holds for %s", left)
	}
	sig := sign(c.Text + "\n")
	for name, try := range map[string]func() error{
		"by somebody else": func() error { _, err := s.s.AddSignedKey(s.ctx, s.owner, sig, nil, hostKey, ""); return err },
		"on another server": func() error {
			_, err := s.s.AddSignedKey(s.ctx, s.member, sig, nil, "SHA256:of another", "")
			return err
		},
		"over something else": func() error {
			_, err := s.s.AddSignedKey(s.ctx, s.member, sign("something else"), nil, hostKey, "")
			return err
		},
		"by a stranger": func() error {
			_, err := s.s.AddSignedKey(s.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, sig, nil, hostKey, "")
			return err
		},
	} {
		if err := try(); models.CodeOf(err) != models.CodeDenied {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, proven := s.holds(s.member, k.Fingerprint); proven {
		t.Fatal("proven by nothing")
	}
	got := must[models.Key](t)(s.s.AddSignedKey(s.ctx, s.member, sig, ptr("desk"), hostKey, ""))
	if got.ProvenAt == nil || got.Label != "desk" {
		t.Errorf("%+v", got)
	}
	if id, ok, err := s.s.KeyUser(s.ctx, k.Fingerprint, true); id != s.member.UserID || !ok || err != nil {
		t.Error(id, ok, err)
	}
	s.lost(s.admin, k.Fingerprint)
	_, err := s.s.AddSignedKey(s.ctx, s.member, sig, nil, hostKey, "")
	wantCode(t, err, models.CodeConflict) // it is yours already

	// Where a code of the second factor is wanted, a signature does not replace it.
	k, sign = signingKey(t)
	phone, _ := s.enrol(s.member)
	sig = sign(c.Text)
	_, err = s.s.AddSignedKey(s.ctx, s.member, sig, nil, hostKey, "")
	wantCode(t, err, models.CodeDenied)
	must[models.Key](t)(s.s.AddSignedKey(s.ctx, s.member, sig, nil, hostKey, phone.code()))
	// Nor does it hold for ever.
	k, sign = signingKey(t)
	s.clock.Advance(2 * time.Hour)
	_, err = s.s.AddSignedKey(s.ctx, s.member, sign(c.Text), nil, hostKey, phone.code())
	wantCode(t, err, models.CodeDenied)
	if has, _ := s.holds(s.member, k.Fingerprint); has {
		t.Error("added by a signature that was too late")
	}
	s.sound()
}

// TestASiteAdminsPlainKey holds that the rights over the whole installation want a
// second factor where any organization requires one, and a code of it where the
// site admin has one.
func TestASiteAdminsPlainKey(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	thief := models.Actor{UserID: s.root.UserID, Via: models.ViaSSH, Key: key("ada").Fingerprint, Address: "198.51.100.1"}
	calls := map[string]func() error{
		"Users":            func() error { _, err := s.s.Users(s.ctx, thief, models.AccountQuery{}); return err },
		"User":             func() error { _, err := s.s.User(s.ctx, thief, "", s.member.UserID); return err },
		"AllOrganizations": func() error { _, err := s.s.AllOrganizations(s.ctx, thief, models.OrgQuery{}); return err },
		"OrganizationRow":  func() error { _, err := s.s.OrganizationRow(s.ctx, thief, s.acme); return err },
		"ListAudit": func() error {
			_, err := s.s.ListAudit(s.ctx, thief, models.InstallationLog, models.AuditQuery{})
			return err
		},
		"Users of one":      func() error { _, err := s.s.Users(s.ctx, thief, models.AccountQuery{Org: "HOME"}); return err },
		"EnrolUser":         func() error { _, _, err := s.s.EnrolUser(s.ctx, thief, "", s.member.UserID); return err },
		"EnrolUser in one":  func() error { _, _, err := s.s.EnrolUser(s.ctx, thief, "HOME", s.owner.UserID); return err },
		"ResetSecondFactor": func() error { _, err := s.s.ResetSecondFactor(s.ctx, thief, s.member.UserID); return err },
		"EditUser": func() error {
			_, err := s.s.EditUser(s.ctx, thief, "", s.member.UserID, models.AccountChange{SiteAdmin: ptr(true)})
			return err
		},
		"SuspendUser": func() error { _, err := s.s.SuspendUser(s.ctx, thief, "", s.member.UserID, ""); return err },
		"CreateUser": func() error {
			k := key("the thief's own")
			_, _, err := s.s.CreateUser(s.ctx, thief, models.NewAccount{Email: "eve@example.com", Name: "Eve", SiteAdmin: true, Key: &k})
			return err
		},
		"RestoreOrganization": func() error { _, err := s.s.RestoreOrganization(s.ctx, thief, s.acme); return err },
		"AddKey":              func() error { _, err := s.s.AddKey(s.ctx, thief, key("the thief's own"), ""); return err },
	}
	refused := func(when string) {
		t.Helper()
		for name, call := range calls {
			err := call()
			if models.RequirementOf(err) != models.NeedSecondFactor && !strings.Contains(models.AsError(err).Message, "two-factor code") {
				t.Errorf("%s %s: %v", name, when, err)
			}
		}
	}
	if _, err := s.s.Users(s.ctx, thief, models.AccountQuery{}); err != nil {
		t.Error("where nobody asks for a second factor:", err)
	}
	s.set(atTheMachine(s.owner), s.acme, models.SetTwoFactor, models.TwoFactorRequired)
	refused("without a second factor")
	root := s.root
	root.Via, root.Key, root.Address = models.ViaSSH, thief.Key, "192.0.2.1"
	s.enrol(root)
	refused("with one, and no code given from there")
	if _, err := s.s.Users(s.ctx, root, models.AccountQuery{}); err != nil {
		t.Error("with a code:", err)
	}
	if _, err := s.s.Users(s.ctx, atTheMachine(s.root), models.AccountQuery{}); err != nil {
		t.Error("at the machine:", err)
	}
	s.sound()
}
