package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

func TestJoinRequests(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(o *store.Options) { o.SignUp = true })
	open := must[models.OrgView](t)(s.s.CreateOrganization(s.ctx, s.owner, store.NewOrganization{Name: "Open", Code: "OPEN"}))
	s.set(s.owner, open.ID, models.SetJoinRequests, "on")
	ask := func(a models.Actor, org, email string) error {
		return s.s.RequestToJoin(s.ctx, a, store.JoinRequest{OrgCode: org, Email: email, Name: "Some One", Message: "please"})
	}
	stranger := func(name string) models.Actor {
		return models.Actor{Via: models.ViaSSH, Key: key(name).Fingerprint, Address: "198.51.100.7"}
	}
	// To a stranger everything looks the same, and so does what it leaves behind.
	shapes := map[string][]string{}
	for _, org := range []string{"OPEN", "ACME", "NOWHERE", "~olga", "\x1b[31m"} {
		for _, email := range []string{"new@example.com", "olga@example.com", "adam@example.com"} {
			db := s.raw()
			before := dump(t, db)
			if err := ask(stranger(org+email), org, email); err != nil {
				t.Errorf("%s for %s: %v", org, email, err)
			}
			shapes[org+" "+email] = changed(before, dump(t, db))
			_ = db.Close()
		}
	}
	for name, tables := range shapes {
		want := "[join_attempts]"
		if name == "OPEN new@example.com" || name == "OPEN adam@example.com" { // the organization's own, of which no stranger sees anything
			want = "[activity_days audit audit_heads changes invitation_counts invitations join_attempts organizations]"
		}
		if fmt.Sprint(tables) != want {
			t.Errorf("%s changes %v", name, tables)
		}
	}
	// Bad input is told; the sixth try of a day is refused, whatever it is for.
	wantCode(t, ask(stranger("x"), "OPEN", "not an address"), models.CodeInvalid)
	for i := range 5 {
		if err := ask(stranger("often"), []string{"OPEN", "NOWHERE"}[i%2], fmt.Sprintf("often%d@example.com", i)); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, ask(stranger("often"), "NOWHERE", "often@example.com"), models.CodeLimit)
	s.clock.Advance(24*time.Hour - time.Microsecond)
	wantCode(t, ask(stranger("often"), "OPEN", "often@example.com"), models.CodeLimit)
	s.clock.Advance(time.Microsecond)
	if err := ask(stranger("often"), "OPEN", "often@example.com"); err != nil {
		t.Error(err)
	}
	wantCode(t, ask(models.Actor{}, "OPEN", "x@example.com"), models.CodeInternal)
	// A signed-in user is told, but not what exists.
	notThere := ask(s.member, "NOWHERE", "")
	closed := ask(s.member, "HOME", "")
	wantCode(t, notThere, models.CodeNotFound)
	if closed.Error() != notThere.Error() || models.AsError(closed).Hint != models.AsError(notThere).Hint {
		t.Errorf("%v and %v", closed, notThere)
	}
	wantCode(t, ask(s.member, "ACME", ""), models.CodeConflict) // a member already
	if err := ask(s.member, "open", ""); err != nil {
		t.Error(err)
	}
	wantCode(t, ask(s.member, "OPEN", ""), models.CodeConflict)
	wantCode(t, ask(s.member, "OPEN", ""), models.CodeLimit)
	// They see their own request, and nobody else does by that; they take it back.
	mine := must[[]models.JoinOffer](t)(s.s.OwnRequests(s.ctx, s.member))
	if len(mine) != 1 || mine[0].OrgCode != "OPEN" || mine[0].Invitation.State != models.StateRequested || mine[0].Invitation.Message != "please" {
		t.Fatalf("%+v", mine)
	}
	if got := must[[]models.JoinOffer](t)(s.s.OwnRequests(s.ctx, s.admin)); len(got) != 0 {
		t.Errorf("somebody else's: %+v", got)
	}
	_, err := s.s.WithdrawInvitation(s.ctx, s.admin, "", mine[0].Invitation.ID)
	wantCode(t, err, models.CodeNotFound)
	if v := must[models.Invitation](t)(s.s.WithdrawInvitation(s.ctx, s.member, "", mine[0].Invitation.ID)); v.State != models.StateWithdrawn {
		t.Errorf("%+v", v)
	}
	_, err = s.s.WithdrawInvitation(s.ctx, s.member, "", mine[0].Invitation.ID)
	wantCode(t, err, models.CodeNotFound)
	if got := must[[]models.JoinOffer](t)(s.s.OwnRequests(s.ctx, s.member)); len(got) != 0 {
		t.Errorf("after it was taken back: %+v", got)
	}
	log := must[models.Page[models.AuditEntry]](t)(s.s.ListAudit(s.ctx, s.owner, open.ID, models.AuditQuery{Action: "invitation.withdraw"}))
	var words []string
	for _, e := range log.Items {
		words = append(words, fmt.Sprint(e.ActorEmail, " ", e.ActingAs, " ", e.Outcome))
	}
	if got := fmt.Sprint(words); got != "[mel@example.com outsider refused mel@example.com invitee done adam@example.com outsider refused]" {
		t.Errorf("the log: %s", got)
	}
	// Whoever signed up with somebody's address learns nothing about it.
	must[models.Invitation](t)(s.s.CreateInvitation(s.ctx, s.owner, open.ID, models.NewInvitation{Email: "victim@example.com"}))
	k := key("squatter")
	u := must[models.User](t)(s.s.SignUp(s.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, store.NewUser{Name: "Squatter", Email: "victim@example.com", Key: &k}))
	squatter := models.Actor{UserID: u.ID, Via: models.ViaSSH, Key: k.Fingerprint}
	if u.EmailVerified {
		t.Error("an address that nobody verified is")
	}
	for _, org := range []string{"OPEN", "NOWHERE", "ACME"} {
		if err := ask(squatter, org, ""); err != nil {
			t.Errorf("%s: %v", org, err)
		}
	}
	for _, list := range []func(context.Context, models.Actor) ([]models.JoinOffer, error){s.s.OwnInvitations, s.s.OwnRequests} {
		if got := must[[]models.JoinOffer](t)(list(s.ctx, squatter)); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	}
	if got := must[[]models.OrgEntry](t)(s.s.ListOrganizations(s.ctx, squatter)); len(got) != 1 {
		t.Errorf("%+v", got)
	}
	// Admins decide with the same keys, and the mail goes to the address. A code of
	// who asked proves none.
	p := must[models.Page[models.Invitation]](t)(s.s.ListInvitations(s.ctx, s.owner, open.ID, models.InvitationQuery{Search: "new@"}))
	if len(p.Items) != 1 || p.Items[0].Origin != models.OriginJoin || p.Items[0].Name != "Some One" || p.Items[0].InviterID != "" {
		t.Fatalf("%+v", p.Items)
	}
	must[models.Invitation](t)(s.s.ApproveInvitation(s.ctx, s.owner, open.ID, p.Items[0].ID, ""))
	s.clock.Advance(models.UndoTime)
	for _, j := range s.mails() {
		if j.Invitation.Email == "new@example.com" {
			s.taken(j)
			if a, err := s.bear(j.Code, "new"); err != nil {
				t.Error(err)
			} else if me := must[store.Me](t)(s.s.Me(s.ctx, a)); me.EmailVerified {
				t.Error("the code of a request verified the address that it gave")
			}
		}
	}
	s.sound()
}
