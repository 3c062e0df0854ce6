package store_test

import (
	"testing"

	"muster/models"
	"muster/store"
)

func TestSignUp(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	k := key("new")
	_, err := s.s.SignUp(s.ctx, models.Actor{Key: k.Fingerprint}, store.NewUser{Name: "New", Email: "new@example.com", Key: &k})
	wantCode(t, err, models.CodeDenied)
	s = newStage(t, func(o *store.Options) { o.SignUp = true })
	_, err = s.s.SignUp(s.ctx, models.Actor{Key: "another"}, store.NewUser{Name: "New", Email: "new@example.com", Key: &k})
	wantCode(t, err, models.CodeInternal)
	_, err = s.s.SignUp(s.ctx, models.Actor{}, store.NewUser{Name: "New", Email: "new@example.com"})
	wantCode(t, err, models.CodeInternal)
	mel := key("mel@example.com")
	_, err = s.s.SignUp(s.ctx, models.Actor{Key: mel.Fingerprint}, store.NewUser{Name: "New", Email: "new@example.com", Key: &mel})
	wantCode(t, err, models.CodeConflict)
	other := key("other")
	u := must[models.User](t)(s.s.SignUp(s.ctx, models.Actor{Key: other.Fingerprint}, store.NewUser{Name: "New", Email: "OLGA@example.com", Key: &other}))
	if u.Email != "OLGA@example.com" || u.EmailVerified {
		t.Errorf("with the address of another account: %+v", u)
	}
	u = must[models.User](t)(s.s.SignUp(s.ctx, models.Actor{Key: k.Fingerprint}, store.NewUser{Name: "New", Email: "mel@example.org", Key: &k}))
	if u.Handle != "mel-2" || u.SiteAdmin || u.EmailVerified {
		t.Errorf("%+v", u)
	}
	if n := s.number("SELECT count(*) FROM audit WHERE actor_id = '' AND outcome = 'refused'"); n != 0 {
		t.Errorf("%d entries of strangers", n)
	}
	s.sound()
}

func TestUpdateMe(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, name := range []string{"", "\x1b[31mMel", "a\u202eb"} {
		_, err := s.s.UpdateMe(s.ctx, s.member, name)
		wantCode(t, err, models.CodeInvalid)
	}
	must[models.User](t)(s.s.UpdateMe(s.ctx, s.member, "Zoë Quxley"))
	p := must[models.Page[models.Member]](t)(s.s.ListMembers(s.ctx, s.owner, s.acme, models.MemberQuery{Search: "zoë qux"}))
	if len(p.Items) != 1 || p.Items[0].Name != "Zoë Quxley" || p.Matches != 1 {
		t.Errorf("%+v", p)
	}
	if p := must[models.Page[models.Member]](t)(s.s.ListMembers(s.ctx, s.owner, s.acme, models.MemberQuery{Search: "name of mel"})); len(p.Items) != 0 {
		t.Errorf("the old name is found: %+v", p.Items)
	}
	s.sound()
}
