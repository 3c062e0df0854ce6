package store_test

import (
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// claimed is a key that two members have pasted and nobody has proven.
func claimed(t *testing.T) (s *stage, k models.PublicKey) {
	s, k = newStage(t), key("victim@example.com")
	for _, a := range []models.Actor{s.member, s.admin} {
		if got := must[models.Key](t)(s.s.AddKey(s.ctx, a, k, "")); got.ProvenAt != nil {
			t.Fatal("a pasted key is proven")
		}
	}
	return s, k
}

// holds tells whether the key is in somebody's account, and proven.
func (s *stage) holds(a models.Actor, fingerprint string) (has, proven bool) {
	s.t.Helper()
	for _, k := range must[[]models.Key](s.t)(s.s.ListKeys(s.ctx, a)) {
		if k.Fingerprint == fingerprint {
			return true, k.ProvenAt != nil
		}
	}
	return false, false
}

// lost asks for the notice and the entry that tell of a key taken off.
func (s *stage) lost(a models.Actor, fingerprint string) {
	s.t.Helper()
	if has, _ := s.holds(a, fingerprint); has {
		s.t.Errorf("%s still has the key", a.UserID)
	}
	me := must[store.Me](s.t)(s.s.Me(s.ctx, a))
	if len(me.Notices) != 1 || me.Notices[0].Kind != models.NoticeKeyLost {
		s.t.Fatalf("notices of %s: %+v", a.UserID, me.Notices)
	}
	if n := s.number("SELECT count(*) FROM audit WHERE action = 'key.remove' AND outcome = 'done' AND before LIKE '%' || $1 || '%'", a.UserID); n != 1 {
		s.t.Errorf("%d entries for %s", n, a.UserID)
	}
	if err := s.s.ReadNotices(s.ctx, a, me.Notices[0].ID); err != nil {
		s.t.Error(err)
	}
	if me := must[store.Me](s.t)(s.s.Me(s.ctx, a)); len(me.Notices) != 0 {
		s.t.Errorf("told twice: %+v", me.Notices)
	}
}

// TestTwoPastesSignInToNeither holds that a key which two accounts claim opens
// neither, and still joins as somebody new.
func TestTwoPastesSignInToNeither(t *testing.T) {
	t.Parallel()
	s, k := claimed(t)
	_, ok, err := s.s.KeyUser(s.ctx, k.Fingerprint, false)
	if ok {
		t.Error("the key signs in to one of two accounts that claim it")
	}
	wantCode(t, err, models.CodeConflict)
	if id, ok, err := s.s.KeyUser(s.ctx, k.Fingerprint, true); ok || err != nil {
		t.Error(id, ok, err)
	}
	// Taking one back leaves the other.
	if _, err := s.s.RemoveKey(s.ctx, s.admin, k.Fingerprint); err != nil {
		t.Fatal(err)
	}
	if id, ok, err := s.s.KeyUser(s.ctx, k.Fingerprint, false); id != s.member.UserID || !ok || err != nil {
		t.Error(id, ok, err)
	}
	s.sound()
}

// TestWhoProvesAKeyHasIt tries every way to prove a key that others have pasted.
func TestWhoProvesAKeyHasIt(t *testing.T) {
	t.Parallel()
	stranger := models.Actor{Via: models.ViaSSH, Key: key("victim@example.com").Fingerprint, Address: "192.0.2.9"}
	for name, prove := range map[string]func(s *stage, k models.PublicKey) (userID string){
		"an invitation": func(s *stage, k models.PublicKey) string {
			return s.join(s.owner, s.acme, k.Label, models.RoleMember).UserID
		},
		"a join link": func(s *stage, k models.PublicKey) string {
			l := must[models.JoinLink](s.t)(s.s.CreateLink(s.ctx, s.owner, s.acme, models.NewLink{Role: models.RoleMember, MaxUses: 2}))
			code := must[string](s.t)(s.s.LinkCode(s.ctx, s.owner, s.acme, l.ID))
			r, err := s.s.AcceptCodeFor(s.ctx, stranger, code, store.Newcomer{Name: "Vic", Email: k.Label}, k)
			u := r.User
			if err != nil {
				s.t.Fatal(err)
			}
			return u.ID
		},
		"sign-up": func(s *stage, k models.PublicKey) string {
			return must[models.User](s.t)(s.s.SignUp(s.ctx, stranger, store.NewUser{Name: "Vic", Email: k.Label, Key: &k})).ID
		},
		"a join request": func(s *stage, k models.PublicKey) string {
			s.set(s.owner, s.acme, models.SetJoinRequests, models.On)
			if err := s.s.RequestToJoin(s.ctx, stranger, store.JoinRequest{OrgCode: "ACME", Email: k.Label, Name: "Vic"}); err != nil {
				s.t.Fatal(err)
			}
			page := must[models.Page[models.Invitation]](s.t)(s.s.ListInvitations(s.ctx, s.owner, s.acme, models.InvitationQuery{}))
			inv := must[models.Invitation](s.t)(s.s.ApproveInvitation(s.ctx, s.owner, s.acme, page.Items[0].ID, ""))
			u, _, err := s.s.AcceptCode(s.ctx, stranger, s.code(s.owner, inv.ID), "Vic", k)
			if err != nil {
				s.t.Fatal(err)
			}
			return u.ID
		},
		"a pairing code": func(s *stage, k models.PublicKey) string {
			code, _, err := s.s.CreatePairing(s.ctx, s.owner, "")
			if err == nil {
				_, _, err = s.s.AcceptCode(s.ctx, stranger, code, "", k)
			}
			if err != nil {
				s.t.Fatal(err)
			}
			return s.owner.UserID
		},
		"a code of an administrator": func(s *stage, k models.PublicKey) string {
			d, e, err := s.s.CreateUser(s.ctx, s.root, models.NewAccount{Email: k.Label, Name: "Vic"})
			if err == nil {
				_, _, err = s.s.AcceptCode(s.ctx, stranger, e.Code, "", k)
			}
			if err != nil {
				s.t.Fatal(err)
			}
			return d.ID
		},
		"a session": func(s *stage, k models.PublicKey) string {
			// Let in while one account alone claimed it.
			a := s.owner
			must[models.Key](s.t)(s.s.AddKey(s.ctx, a, k, ""))
			a.Key = k.Fingerprint
			s.s.OpenSession(a).End()
			for range 50 { // it is written behind
				if _, proven := s.holds(s.owner, k.Fingerprint); proven {
					break
				}
				time.Sleep(100 * time.Millisecond)
			}
			return a.UserID
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, func(o *store.Options) { o.SignUp = true })
			k := key("victim@example.com")
			for _, a := range []models.Actor{s.member, s.admin} {
				must[models.Key](t)(s.s.AddKey(s.ctx, a, k, ""))
			}
			holder := prove(s, k)
			if id, ok, err := s.s.KeyUser(s.ctx, k.Fingerprint, true); id != holder || !ok || err != nil {
				t.Error(id, ok, err)
			}
			s.lost(s.member, k.Fingerprint)
			s.lost(s.admin, k.Fingerprint)
			_, err := s.s.AddKey(s.ctx, s.member, k, "")
			wantCode(t, err, models.CodeConflict)
			s.sound()
		})
	}
}

// TestAClaimOfAnAdministrator holds that a key given with a new account is a claim
// like any other, and that the account's administrator can give a code for it.
func TestAClaimOfAnAdministrator(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	k := key("victim@example.com")
	must[models.Key](t)(s.s.AddKey(s.ctx, s.member, k, ""))
	d, _, err := s.s.CreateUser(s.ctx, s.owner, models.NewAccount{Email: "vic@example.com", Name: "Vic", Org: s.acme, Key: &k})
	if err != nil {
		t.Fatal("a pasted key keeps an account from being made:", err)
	}
	if _, _, err := s.s.KeyUser(s.ctx, k.Fingerprint, false); models.CodeOf(err) != models.CodeConflict {
		t.Error(err)
	}
	_, e, err := s.s.EnrolUser(s.ctx, s.owner, s.acme, d.ID)
	if err != nil {
		t.Fatal("no code for an account that nobody has signed in to:", err)
	}
	if _, _, err := s.s.AcceptCode(s.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, e.Code, "", k); err != nil {
		t.Fatal(err)
	}
	if id, ok, err := s.s.KeyUser(s.ctx, k.Fingerprint, true); id != d.ID || !ok || err != nil {
		t.Error(id, ok, err)
	}
	s.lost(s.member, k.Fingerprint)
	// Proven, it needs a site admin.
	_, _, err = s.s.EnrolUser(s.ctx, s.owner, s.acme, d.ID)
	wantCode(t, err, models.CodeDenied)
	// A site admin's own key proves nothing for the accounts they make.
	root := key("ada")
	_, _, err = s.s.CreateUser(s.ctx, s.root, models.NewAccount{Email: "eve@example.com", Name: "Eve", Key: &root})
	if err == nil {
		if id, _, err := s.s.KeyUser(s.ctx, root.Fingerprint, true); id != "" {
			t.Error("the site admin's key went to an account that they made", err)
		}
	}
	s.sound()
}
