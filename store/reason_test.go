package store_test

import (
	"encoding/json"
	"strings"
	"testing"

	"muster/models"
)

// The reason of a suspension is for the person and for those who may decide;
// others see that somebody is suspended, and not why, wherever they look.
func TestReasonsOfSuspensionsArePrivate(t *testing.T) {
	x := newTeam(t)
	_, err := x.s.SuspendMember(x.ctx, x.bob, x.acme, x.vera.UserID, "SECRETREASON")
	wantCode(t, err, "")
	for name, c := range map[string]struct {
		a     models.Actor
		known bool
	}{"owner": {x.olga, true}, "admin": {x.bob, true}, "site admin": {x.ada, true}, "member": {x.cy, false}} {
		page, err := x.s.ListMembers(x.ctx, c.a, x.acme, models.MemberQuery{})
		wantCode(t, err, "")
		found := must[models.Page[models.Member]](t)(x.s.ListMembers(x.ctx, c.a, x.acme, models.MemberQuery{Search: "secretreason"}))
		one := must[models.Member](t)(x.s.Member(x.ctx, c.a, x.acme, x.vera.UserID))
		for what, v := range map[string]any{"list": page.Items, "show": one} {
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "SECRETREASON") != c.known {
				t.Errorf("%s, %s: known %v", name, what, !c.known)
			}
		}
		if len(found.Items) != 0 {
			t.Errorf("%s finds it by the reason", name)
		}
		if one.Status != models.MemberSuspended {
			t.Errorf("%s: %+v", name, one)
		}
	}
	// The person is told, and the log knows.
	_, err = x.s.Organization(x.ctx, x.vera, x.acme)
	wantCode(t, err, models.CodeDenied)
	if !strings.Contains(models.AsError(err).Message, "SECRETREASON") {
		t.Errorf("they hear %v", err)
	}
	if n := x.number("SELECT count(*) FROM audit WHERE org_id = $1 AND after LIKE '%SECRETREASON%'", x.acme); n != 1 {
		t.Errorf("%d entries", n)
	}
}

// The reason of a rejection is for who proposed and for those who may decide, in the
// list and by itself; nobody else sees the proposal.
func TestReasonsOfRejectionsReachTheProposer(t *testing.T) {
	s := newStage(t)
	inv := s.invite(s.member, "dee@example.com", models.RoleMember)
	must[models.Invitation](t)(s.s.RejectInvitation(s.ctx, s.admin, s.acme, inv.ID, "SECRETREASON"))
	dee := s.join(s.owner, s.acme, "dee@example.com", models.RoleMember)
	other := s.join(s.owner, s.acme, "other@example.com", models.RoleMember)
	for name, c := range map[string]struct {
		a     models.Actor
		known bool
	}{"who proposed": {s.member, true}, "owner": {s.owner, true}, "admin": {s.admin, true}, "site admin": {s.root, true}, "who was proposed": {dee, false}, "member": {other, false}} {
		page := must[models.Page[models.Invitation]](t)(s.s.ListInvitations(s.ctx, c.a, s.acme, models.InvitationQuery{}))
		one, err := s.s.Invitation(s.ctx, c.a, s.acme, inv.ID)
		if (err == nil) != c.known {
			t.Errorf("%s: %v", name, err)
		}
		for what, v := range map[string]any{"list": page.Items, "show": one} {
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "SECRETREASON") != c.known {
				t.Errorf("%s, %s: known %v", name, what, !c.known)
			}
		}
	}
	own := must[[]models.JoinOffer](t)(s.s.OwnInvitations(s.ctx, dee))
	if len(own) != 0 {
		t.Errorf("%+v", own)
	}
}
