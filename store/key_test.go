package store_test

import (
	"fmt"
	"testing"

	"muster/models"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, err := s.s.RemoveKey(s.ctx, s.member, s.member.Key)
	wantCode(t, err, models.CodeConflict) // the last one
	second := must[models.Key](t)(s.s.AddKey(s.ctx, s.member, key("second"), ""))
	_, err = s.s.AddKey(s.ctx, s.member, key("second"), "")
	wantCode(t, err, models.CodeConflict)
	if k := must[models.Key](t)(s.s.RenameKey(s.ctx, s.member, second.ID, " laptop ")); k.Label != "laptop" {
		t.Errorf("%+v", k)
	}
	_, err = s.s.RenameKey(s.ctx, s.member, second.ID, "lap\x1btop")
	wantCode(t, err, models.CodeInvalid)
	_, err = s.s.RemoveKey(s.ctx, s.member, s.member.Key)
	wantCode(t, err, models.CodeConflict) // the last that is proven
	s.exec("UPDATE user_keys SET proven_at = added_at WHERE id = $1", second.ID)
	_, err = s.s.AddKey(s.ctx, s.admin, key("second"), "")
	wantCode(t, err, models.CodeConflict)
	must[models.Key](t)(s.s.RemoveKey(s.ctx, s.member, s.member.Key))
	// The session that came in with it is over.
	_, err = s.s.Me(s.ctx, s.member)
	wantCode(t, err, models.CodeDenied)
	if id, ok, err := s.s.KeyUser(s.ctx, s.member.Key, false); ok || err != nil {
		t.Error(id, ok, err)
	}
	if id, ok, err := s.s.KeyUser(s.ctx, second.Fingerprint, false); id != s.member.UserID || !ok || err != nil {
		t.Error(id, ok, err)
	}
	for i := range models.MaxKeys {
		_, err = s.s.AddKey(s.ctx, s.admin, key(fmt.Sprint("many", i)), "")
	}
	wantCode(t, err, models.CodeLimit)
	s.sound()
}
