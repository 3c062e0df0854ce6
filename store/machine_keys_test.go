package store_test

import (
	"encoding/base64"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"muster/models"
)

// keyOf is the fingerprint of a user's first proven key, or the user's id where
// there is none.
func (w *world) keyOf(userID string) string {
	var f string
	if err := w.raw().QueryRow("SELECT fingerprint FROM user_keys WHERE user_id = $1 AND proven_at > 0 ORDER BY added_at, id LIMIT 1", userID).Scan(&f); err != nil {
		return userID
	}
	return f
}

// proven lets everybody have signed in with the key that they were made with.
func (w *world) proven() { w.exec("UPDATE user_keys SET proven_at = added_at WHERE proven_at = 0") }

// held gives what an export says of a key, by the times in which it counts.
func (w *world) held(a models.Actor, org, fingerprint string) (list []models.HeldKey) {
	w.t.Helper()
	x := must[models.KeyExport](w.t)(w.s.OrgKeys(w.ctx, a, org, models.KeyQuery{}))
	for _, k := range x.Keys {
		if k.Fingerprint == fingerprint {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(a, b models.HeldKey) int { return a.ValidAfter.Compare(b.ValidAfter) })
	return list
}

// TestWhenAKeyCounts takes a member through everything that ends and begins the
// time in which their key counts (docs/rules.md, "Machines and git").
func TestWhenAKeyCounts(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	w.proven()
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleMember)
	bobs := w.keyOf(bob.UserID)
	pass := func() time.Time { w.clock.Advance(time.Hour); return w.clock.Now() }
	var want []time.Time // from, until, from, …
	check := func(reason string) {
		t.Helper()
		list := w.held(ada, acme.ID, bobs)
		var have []time.Time
		for _, k := range list {
			have = append(have, k.ValidAfter)
			if k.ValidBefore != nil {
				have = append(have, *k.ValidBefore)
			}
		}
		if !slices.EqualFunc(have, want, time.Time.Equal) {
			t.Fatalf("it counted from and until %v, want %v", have, want)
		}
		last := list[len(list)-1]
		if last.Ended != reason {
			t.Fatalf("it has ended because %q, want %q", last.Ended, reason)
		}
	}
	want = append(want, w.held(ada, acme.ID, bobs)[0].ValidAfter)
	check("")

	want = append(want, pass())
	must[models.Member](t)(w.s.SuspendMember(w.ctx, ada, acme.ID, bob.UserID, ""))
	check(models.EndedSuspended)
	want = append(want, pass())
	must[models.Member](t)(w.s.ReactivateMember(w.ctx, ada, acme.ID, bob.UserID))
	check("")

	want = append(want, pass())
	must[models.AccountDetail](t)(w.s.SuspendUser(w.ctx, ada, "", bob.UserID, ""))
	check(models.EndedSuspended)
	pass()
	must[models.AccountDetail](t)(w.s.ReactivateUser(w.ctx, ada, "", bob.UserID))
	want = append(want, w.clock.Now())
	check("")

	want = append(want, pass())
	must[models.Consequences](t)(w.s.RemoveMember(w.ctx, ada, acme.ID, bob.UserID))
	check(models.EndedMember)
	want = append(want, pass())
	must[models.Restored](t)(w.s.RestoreMember(w.ctx, ada, acme.ID, bob.UserID))
	check("")

	// The time that an end brings counts before it has come, and without the janitor.
	end := w.clock.Now().Add(48 * time.Hour)
	must[models.Member](t)(w.s.SetMemberEnd(w.ctx, ada, acme.ID, bob.UserID, &end))
	want = append(want, end)
	check("")
	w.clock.Advance(49 * time.Hour)
	check(models.EndedMember)
	if err := w.s.Sweep(w.ctx); err != nil {
		t.Fatal(err)
	}
	check(models.EndedMember)

	// What is left of somebody who was deleted is what they signed.
	must[models.AccountConsequences](t)(w.s.DeleteUser(w.ctx, ada, "", bob.UserID, "bob@example.com"))
	check(models.EndedMember)
}

func TestKeysOfAnOrganization(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	w.proven()
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleMember)
	bobs := w.keyOf(bob.UserID)

	pasted := must[models.Key](t)(w.s.AddKey(w.ctx, bob, key("pasted"), ""))
	if list := w.held(ada, acme.ID, pasted.Fingerprint); len(list) > 0 {
		t.Error("a key that was only pasted counts")
	}
	if x := must[models.KeyExport](t)(w.s.OrgKeys(w.ctx, bob, acme.ID, models.KeyQuery{Roles: []string{"OWNER"}})); len(x.Keys) != 1 || x.Keys[0].UserID != ada.UserID {
		t.Errorf("the owner's keys are %v", x.Keys)
	}
	one := must[models.KeyExport](t)(w.s.OrgKeys(w.ctx, bob, acme.ID, models.KeyQuery{}))
	w.clock.Advance(time.Minute)
	two := must[models.KeyExport](t)(w.s.OrgKeys(w.ctx, bob, acme.ID, models.KeyQuery{Unless: one.Version}))
	if two.Version != one.Version || two.Keys != nil {
		t.Errorf("nothing has changed, and the version %s is %s with %d keys", one.Version, two.Version, len(two.Keys))
	}

	// Whom the Security settings keep out has no login, and signs on.
	w.set(ada, acme.ID, models.SetTwoFactor, models.TwoFactorRequired)
	local := models.Actor{UserID: ada.UserID, Via: models.ViaLocal}
	if k := w.held(local, acme.ID, bobs)[0]; k.NoLogin == "" || k.OpensAt(w.clock.Now()) {
		t.Errorf("a member without a second factor logs in: %+v", k)
	}
	w.set(local, acme.ID, models.SetTwoFactor, models.Off)

	must[models.RevokedKey](t)(w.s.RevokeOrgKey(w.ctx, ada, acme.ID, bobs, "stolen"))
	x := must[models.KeyExport](t)(w.s.OrgKeys(w.ctx, bob, acme.ID, models.KeyQuery{}))
	if len(w.held(ada, acme.ID, bobs)) != 0 || len(x.Revoked) != 1 || x.Revoked[0].Fingerprint != bobs {
		t.Errorf("the revoked key counts, or is not listed as such: %+v", x)
	}
	wantCode(t, second(w.s.RevokeOrgKey(w.ctx, ada, acme.ID, bobs, "")), models.CodeConflict)
	wantCode(t, second(w.s.IssueCertificate(w.ctx, bob, acme.ID, models.CertificateRequest{Key: bobs})), models.CodeDenied)
}

// Only owners revoke owners' keys, and everybody their own.
func TestWhoRevokesKeys(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	w.proven()
	admin := w.join(ada, acme.ID, "adam@example.com", models.RoleAdmin)
	viewer := w.join(ada, acme.ID, "vic@example.com", models.RoleViewer)
	wantCode(t, second(w.s.RevokeOrgKey(w.ctx, admin, acme.ID, w.keyOf(ada.UserID), "")), models.CodeDenied)
	wantCode(t, second(w.s.RevokeOrgKey(w.ctx, viewer, acme.ID, w.keyOf(admin.UserID), "")), models.CodeDenied)
	must[models.RevokedKey](t)(w.s.RevokeOrgKey(w.ctx, viewer, acme.ID, w.keyOf(viewer.UserID), ""))
	must[models.RevokedKey](t)(w.s.RevokeOrgKey(w.ctx, ada, acme.ID, w.keyOf(ada.UserID), ""))
}

// TestCertificates takes a certificate through what revokes it.
func TestCertificates(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	w.proven()
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleMember)
	issue := func() models.Certificate {
		t.Helper()
		return must[models.Certificate](t)(w.s.IssueCertificate(w.ctx, bob, acme.ID, models.CertificateRequest{Key: w.keyOf(bob.UserID)}))
	}
	revoked := func() (all []uint64) {
		for _, c := range must[models.KeyExport](t)(w.s.OrgKeys(w.ctx, ada, acme.ID, models.KeyQuery{})).Certificates {
			all = append(all, c.Serials...)
		}
		return all
	}
	c := issue()
	if want := []string{"user:bob", "role:member"}; !slices.Equal(c.Principals, want) || c.ExpiresAt.Sub(c.IssuedAt).Round(time.Second) != models.CertificateTime {
		t.Errorf("it names %v until %s", c.Principals, c.ExpiresAt)
	}
	pub, _, _, _, err := ssh.ParseAuthorizedKey([]byte(c.Certificate))
	if err != nil {
		t.Fatal(err)
	}
	cert := pub.(*ssh.Certificate)
	x := must[models.KeyExport](t)(w.s.OrgKeys(w.ctx, ada, acme.ID, models.KeyQuery{}))
	current := x.Authorities[slices.IndexFunc(x.Authorities, func(a models.Authority) bool { return a.State == models.AuthorityCurrent })]
	if want := "ssh-ed25519 " + base64.StdEncoding.EncodeToString(cert.SignatureKey.Marshal()); current.Key != want {
		t.Errorf("it is signed by %s, and the authority is %s", want, current.Key)
	}
	frozen := w.freeze()
	for name, change := range map[string]func(){
		"role":      func() { must[models.Member](t)(w.s.ChangeRole(w.ctx, ada, acme.ID, bob.UserID, models.RoleViewer)) },
		"suspended": func() { must[models.Member](t)(w.s.SuspendMember(w.ctx, ada, acme.ID, bob.UserID, "")) },
		"removed": func() {
			must[models.Consequences](t)(w.s.RemoveMember(w.ctx, ada, acme.ID, bob.UserID))
		},
		"ended": func() {
			end := w.clock.Now().Add(time.Hour)
			must[models.Member](t)(w.s.SetMemberEnd(w.ctx, ada, acme.ID, bob.UserID, &end))
			w.clock.Advance(2 * time.Hour)
		},
		"key revoked": func() {
			must[models.RevokedKey](t)(w.s.RevokeOrgKey(w.ctx, ada, acme.ID, c.Fingerprint, ""))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w = frozen.thaw(t)
			change()
			if have := revoked(); !slices.Equal(have, []uint64{c.Serial}) {
				t.Errorf("revoked are %v, want %d", have, c.Serial)
			}
		})
	}
	w = frozen.thaw(t)
	if have := revoked(); len(have) > 0 {
		t.Errorf("revoked are %v, and nothing has happened", have)
	}
	// Back after a break, nobody has the certificate from before.
	must[models.Member](t)(w.s.SuspendMember(w.ctx, ada, acme.ID, bob.UserID, ""))
	w.clock.Advance(time.Second)
	must[models.Member](t)(w.s.ReactivateMember(w.ctx, ada, acme.ID, bob.UserID))
	w.clock.Advance(time.Second)
	next := issue()
	if have := revoked(); !slices.Equal(have, []uint64{c.Serial}) || next.Serial != c.Serial+1 {
		t.Errorf("revoked are %v, and the new one is %d", have, next.Serial)
	}
	// What has expired needs no revoking.
	w.clock.Advance(models.MaxCertificateTime)
	if have := revoked(); len(have) > 0 {
		t.Errorf("revoked are %v, all expired", have)
	}
}

func TestTheLifeOfACertificate(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	w.proven()
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleMember)
	ask := models.CertificateRequest{Key: w.keyOf(bob.UserID), Life: 25 * time.Hour}
	wantCode(t, second(w.s.IssueCertificate(w.ctx, bob, acme.ID, ask)), models.CodeInvalid)
	end := w.clock.Now().Add(time.Hour)
	must[models.Member](t)(w.s.SetMemberEnd(w.ctx, ada, acme.ID, bob.UserID, &end))
	ask.Life = 24 * time.Hour
	if c := must[models.Certificate](t)(w.s.IssueCertificate(w.ctx, bob, acme.ID, ask)); c.ExpiresAt.After(end) {
		t.Errorf("it holds until %s, and the membership until %s", c.ExpiresAt, end)
	}
}

func TestAnotherAuthority(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	w.proven()
	list := func() (current, next, previous string) {
		for _, a := range must[models.KeyExport](t)(w.s.OrgKeys(w.ctx, ada, acme.ID, models.KeyQuery{})).Authorities {
			switch a.State {
			case models.AuthorityCurrent:
				current = a.Key
			case models.AuthorityNext:
				next = a.Key
			case models.AuthorityPrevious:
				previous = a.Key
			}
		}
		return current, next, previous
	}
	current, next, previous := list()
	if current == "" || next == "" || current == next || previous != "" {
		t.Fatalf("the keys are %q, %q and before %q", current, next, previous)
	}
	must[models.KeyExport](t)(w.s.RotateAuthority(w.ctx, ada, acme.ID, false))
	if c, _, p := list(); c != next || p != current {
		t.Error("the next key does not sign, or the one before is not trusted any more")
	}
	wantCode(t, second(w.s.RotateAuthority(w.ctx, ada, acme.ID, false)), models.CodeConflict)
	w.clock.Advance(models.AuthorityOverlap)
	if _, _, p := list(); p != "" {
		t.Error("the one before is still trusted")
	}
	must[models.KeyExport](t)(w.s.RotateAuthority(w.ctx, ada, acme.ID, true))
	if _, _, p := list(); p != "" {
		t.Error("the one before is trusted, and was to end at once")
	}
}
