package models_test

import (
	"testing"

	"muster/models"
)

func TestWhatARowTells(t *testing.T) {
	active := models.User{ID: "them", Email: "eve@acme.dev", Status: models.UserActive}
	suspended := active
	suspended.Status = models.UserSuspended
	self := active
	self.ID = "me"
	for _, row := range []struct {
		action                      models.AccountAction
		active, suspended, yourself models.Code
	}{
		{models.AccountSuspend, "", models.CodeConflict, models.CodeDenied},
		{models.AccountReactivate, models.CodeConflict, "", models.CodeConflict},
		{models.AccountDelete, "", "", models.CodeDenied},
		{models.AccountEdit, "", "", ""},
		{models.AccountEnrol, "", "", ""},
	} {
		for _, c := range []struct {
			name string
			u    models.User
			want models.Code
		}{{"an active", active, row.active}, {"a suspended", suspended, row.suspended}, {"one's own", self, row.yourself}} {
			if err := row.action.CheckRow("me", c.u); models.CodeOf(err) != c.want {
				t.Errorf("%s of %s account: %v, want %q", row.action, c.name, err, c.want)
			}
		}
	}
	for _, s := range []models.MemberStatus{models.MemberActive, models.MemberSuspended} {
		for _, to := range []models.MemberStatus{models.MemberActive, models.MemberSuspended} {
			if err := (models.Member{Email: "eve@acme.dev", Status: s}).CheckStatus(to); (err != nil) != (s == to) {
				t.Errorf("from %s to %s: %v", s, to, err)
			}
		}
	}
}
