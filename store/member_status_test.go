package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// team is ACME with an owner, an admin, a member and a viewer. Ada, the first
// user, is the owner and a site admin.
type team struct {
	*world
	acme                     string
	ada, olga, bob, cy, vera models.Actor
}

func newTeam(t *testing.T, options ...func(*store.Options)) *team {
	t.Helper()
	w := newWorld(t, options...)
	x := &team{world: w, ada: w.ada()}
	x.acme = w.acme(x.ada).ID
	x.olga = w.join(x.ada, x.acme, "olga@example.com", models.RoleOwner)
	x.bob = w.join(x.ada, x.acme, "bob@example.com", models.RoleAdmin)
	x.cy = w.join(x.ada, x.acme, "cy@example.com", models.RoleMember)
	x.vera = w.join(x.ada, x.acme, "vera@example.com", models.RoleViewer)
	return x
}

func (x *team) enters(a models.Actor, want models.Code) {
	x.t.Helper()
	_, err := x.s.Organization(x.ctx, a, x.acme)
	wantCode(x.t, err, want)
}

func (x *team) member(a models.Actor) models.Member {
	x.t.Helper()
	m, err := x.s.Member(x.ctx, x.ada, x.acme, a.UserID)
	if err != nil {
		x.t.Fatal(err)
	}
	return m
}

func (x *team) view() models.OrgView {
	x.t.Helper()
	v, err := x.s.Organization(x.ctx, x.ada, x.acme)
	if err != nil {
		x.t.Fatal(err)
	}
	return v
}

// hears runs do and waits until the subscription of a topic has its signal.
func (x *team) hears(topic string, do func()) {
	x.t.Helper()
	sub := x.s.Subscribe(topic)
	defer sub.Close()
	do()
	select {
	case <-sub.C:
	case <-time.After(10 * time.Second):
		x.t.Fatalf("no signal on %s", topic)
	}
}

func TestSuspendedMembersAreOutAtOnce(t *testing.T) {
	x := newTeam(t)
	before := x.view().Seats.Used
	x.hears(x.cy.UserID, func() {
		m, err := x.s.SuspendMember(x.ctx, x.bob, x.acme, "cy@example.com", "on leave")
		if err != nil || m.Status != models.MemberSuspended || m.SuspendedBy != "bob@example.com" || m.SuspendReason != "on leave" || m.SuspendedAt == nil {
			t.Fatalf("suspend: %+v, %v", m, err)
		}
	})
	_, err := x.s.ListMembers(x.ctx, x.cy, x.acme, models.MemberQuery{})
	wantCode(t, err, models.CodeDenied)
	if !strings.Contains(err.Error(), "on leave") {
		t.Errorf("the reason is not told: %v", err)
	}
	if list, err := x.s.ListOrganizations(x.ctx, x.cy); err != nil || len(list) != 2 || list[0].Relation != models.RelPersonal || !list[0].Current ||
		list[1].Requirement != models.NotSuspended || !strings.Contains(list[1].RequirementText, "on leave") || list[1].Role != "" {
		t.Errorf("the switcher of a suspended member: %+v, %v", list, err)
	}
	if got := x.view(); got.Seats.Used != before-1 || got.Members.Suspended != 1 {
		t.Errorf("seats %d of before %d, suspended %d", got.Seats.Used, before, got.Members.Suspended)
	}
	_, err = x.s.SuspendMember(x.ctx, x.bob, x.acme, x.cy.UserID, "")
	wantCode(t, err, models.CodeConflict)
	_, err = x.s.SuspendMember(x.ctx, x.bob, x.acme, x.olga.UserID, "")
	wantCode(t, err, models.CodeDenied)
	_, err = x.s.SuspendMember(x.ctx, x.bob, x.acme, x.vera.UserID, "a\x1b[2Jb")
	wantCode(t, err, models.CodeInvalid)

	m, err := x.s.ReactivateMember(x.ctx, x.bob, x.acme, x.cy.UserID)
	if err != nil || m.Status != models.MemberActive || m.SuspendReason != "" || m.SuspendedAt != nil {
		t.Fatalf("reactivate: %+v, %v", m, err)
	}
	x.enters(x.cy, "")
	_, err = x.s.ReactivateMember(x.ctx, x.bob, x.acme, x.cy.UserID)
	wantCode(t, err, models.CodeConflict)
	x.sound()
}

func TestReactivatingAndRestoringNeedASeat(t *testing.T) {
	plans := models.DefaultPlans()
	plan := plans[models.PlanTeam]
	plan.Seats = 5
	plans[models.PlanTeam] = plan
	x := newTeam(t, func(o *store.Options) { o.Plans = plans })
	if _, err := x.s.SuspendMember(x.ctx, x.ada, x.acme, x.cy.UserID, ""); err != nil {
		t.Fatal(err)
	}
	inv, err := x.s.CreateInvitation(x.ctx, x.ada, x.acme, models.NewInvitation{Email: "dee@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = x.s.ReactivateMember(x.ctx, x.ada, x.acme, x.cy.UserID)
	wantCode(t, err, models.CodeLimit)
	if _, err := x.s.RevokeInvitation(x.ctx, x.ada, x.acme, inv.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.ReactivateMember(x.ctx, x.ada, x.acme, x.cy.UserID); err != nil {
		t.Fatal(err)
	}

	if _, err := x.s.RemoveMember(x.ctx, x.ada, x.acme, x.vera.UserID); err != nil {
		t.Fatal(err)
	}
	// An open invitation of the same address gives its seat to the restored.
	if _, err := x.s.CreateInvitation(x.ctx, x.ada, x.acme, models.NewInvitation{Email: "VERA@example.com"}); err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.RestoreMember(x.ctx, x.ada, x.acme, "vera@example.com"); err != nil {
		t.Fatal(err)
	}
	if v := x.view(); v.Seats.Used != 5 || v.Invites[models.StatePending] != 0 {
		t.Errorf("after the restore: %+v", v)
	}
	if _, err := x.s.RemoveMember(x.ctx, x.ada, x.acme, x.vera.UserID); err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.CreateInvitation(x.ctx, x.ada, x.acme, models.NewInvitation{Email: "eve@example.com"}); err != nil {
		t.Fatal(err)
	}
	_, err = x.s.RestoreMember(x.ctx, x.ada, x.acme, "vera@example.com")
	wantCode(t, err, models.CodeLimit)
	x.sound()
}

func TestAMembershipEndsByItself(t *testing.T) {
	x := newTeam(t)
	end := start.Add(48 * time.Hour)
	m, err := x.s.SetMemberEnd(x.ctx, x.bob, x.acme, x.cy.UserID, &end)
	if err != nil || m.EndsAt == nil || !m.EndsAt.Equal(end) {
		t.Fatalf("set the end: %+v, %v", m, err)
	}
	at, ok, err := x.s.NextSweep(x.ctx)
	if err != nil || !ok || !at.Equal(end) {
		t.Fatalf("next sweep: %v, %v, %v", at, ok, err)
	}
	if _, err := x.s.CreateInvitation(x.ctx, x.cy, x.acme, models.NewInvitation{Email: "dee@example.com"}); err != nil {
		t.Fatal(err)
	}
	x.clock.Advance(48*time.Hour - time.Second)
	x.enters(x.cy, "")
	x.clock.Advance(time.Second)

	// In force before anybody writes it down, on every way in.
	x.enters(x.cy, models.CodeNotFound)
	if list, err := x.s.ListOrganizations(x.ctx, x.cy); err != nil || len(list) != 1 {
		t.Errorf("the switcher: %+v, %v", list, err)
	}
	if me, err := x.s.Me(x.ctx, x.cy); err != nil || me.CurrentOrg == x.acme {
		t.Errorf("the current organization: %+v, %v", me, err)
	}
	_, err = x.s.CreateInvitation(x.ctx, x.cy, x.acme, models.NewInvitation{Email: "eve@example.com"})
	wantCode(t, err, models.CodeNotFound)

	x.hears(x.cy.UserID, func() {
		if err := x.s.Sweep(x.ctx); err != nil {
			t.Fatal(err)
		}
	})
	if _, ok, err := x.s.NextSweep(x.ctx); ok || err != nil {
		t.Errorf("after the sweep something is still set: %v", err)
	}
	page, err := x.s.ListAudit(x.ctx, x.ada, x.acme, models.AuditQuery{Action: "member.ended"})
	if err != nil || len(page.Items) != 1 || page.Items[0].ActingAs != models.AsSystem || page.Items[0].TargetID != x.cy.UserID {
		t.Fatalf("the log: %+v, %v", page.Items, err)
	}
	if v := x.view(); v.Members.Active != 4 || v.Invites[models.StateRequested] != 0 {
		t.Errorf("counts: %+v", v)
	}
	if _, err := x.s.RestoreMember(x.ctx, x.bob, x.acme, "cy@example.com"); err != nil {
		t.Fatal(err)
	}
	x.enters(x.cy, "")
	if m := x.member(x.cy); m.EndsAt != nil {
		t.Errorf("a restored member still has an end: %v", m.EndsAt)
	}
	x.sound()
}

func TestWhoEndedCanBeInvitedAgainWithoutASweep(t *testing.T) {
	x := newTeam(t)
	end := start.Add(time.Hour)
	if _, err := x.s.SetMemberEnd(x.ctx, x.bob, x.acme, x.cy.UserID, &end); err != nil {
		t.Fatal(err)
	}
	// Invited before the end, so that the code is accepted after it.
	x.clock.Advance(time.Hour)
	inv, err := x.s.CreateInvitation(x.ctx, x.bob, x.acme, models.NewInvitation{Email: "cy@example.com", Role: models.RoleViewer})
	if err != nil {
		t.Fatal(err)
	}
	code, err := x.s.JoinCode(x.ctx, x.bob, x.acme, inv.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, v, err := x.s.AcceptCode(x.ctx, x.cy, code, "", key("cy@example.com")); err != nil || v.Role != models.RoleViewer {
		t.Fatalf("%+v, %v", v, err)
	}
	x.sound()
}

func TestTheLastLastingOwnerStays(t *testing.T) {
	x := newTeam(t)
	end := start.Add(time.Hour)
	if _, err := x.s.SetMemberEnd(x.ctx, x.ada, x.acme, x.olga.UserID, &end); err != nil {
		t.Fatal(err)
	}
	// Olga is an owner for another hour, so Ada alone keeps ACME alive.
	_, err := x.s.SetMemberEnd(x.ctx, x.ada, x.acme, x.ada.UserID, &end)
	wantCode(t, err, models.CodeConflict)
	_, err = x.s.ChangeRole(x.ctx, x.olga, x.acme, x.ada.UserID, models.RoleAdmin)
	wantCode(t, err, models.CodeConflict)
	_, err = x.s.SuspendMember(x.ctx, x.olga, x.acme, x.ada.UserID, "")
	wantCode(t, err, models.CodeConflict)
	_, err = x.s.RemoveMember(x.ctx, x.olga, x.acme, x.ada.UserID)
	wantCode(t, err, models.CodeConflict)
	wantCode(t, x.s.Leave(x.ctx, x.ada, x.acme), models.CodeConflict)

	if _, err := x.s.SetMemberEnd(x.ctx, x.ada, x.acme, x.olga.UserID, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.ChangeRole(x.ctx, x.olga, x.acme, x.ada.UserID, models.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	if v := x.view(); v.PrimaryOwner != x.olga.UserID {
		t.Errorf("the primary owner is %s", v.PrimaryOwner)
	}
	past := start.Add(-time.Second)
	_, err = x.s.SetMemberEnd(x.ctx, x.ada, x.acme, x.cy.UserID, &past)
	wantCode(t, err, models.CodeInvalid)
}

func TestRestoreGivesTheFormerRoleUpToTheOwn(t *testing.T) {
	x := newTeam(t)
	for _, a := range []models.Actor{x.olga, x.cy} {
		if _, err := x.s.RemoveMember(x.ctx, x.ada, x.acme, a.UserID); err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(time.Minute)
	}
	if err := x.s.Leave(x.ctx, x.vera, x.acme); err != nil {
		t.Fatal(err)
	}
	p, err := x.s.RemovedMembers(x.ctx, x.bob, x.acme, models.RemovedQuery{})
	if err != nil || len(p.Items) != 3 {
		t.Fatalf("former members: %+v, %v", p.Items, err)
	}
	vera, cy, olga := p.Items[0], p.Items[1], p.Items[2]
	if !vera.Left || vera.WhyNot == "" || cy.Left || cy.WhyNot != "" || cy.RemovedBy != "ada@example.com" ||
		olga.Role != models.RoleOwner || olga.RestoreRole != models.RoleAdmin {
		t.Errorf("vera %+v\ncy %+v\nolga %+v", vera, cy, olga)
	}
	first, err := x.s.RemovedMembers(x.ctx, x.bob, x.acme, models.RemovedQuery{Limit: 2})
	if err != nil || len(first.Items) != 2 || first.Next == "" {
		t.Fatalf("first page: %+v, %v", first, err)
	}
	second, err := x.s.RemovedMembers(x.ctx, x.bob, x.acme, models.RemovedQuery{Limit: 2, After: first.Next})
	if err != nil || len(second.Items) != 1 || second.Items[0].ID != olga.ID || second.Next != "" || second.Prev == "" {
		t.Fatalf("second page: %+v, %v", second, err)
	}
	if found, err := x.s.RemovedMembers(x.ctx, x.bob, x.acme, models.RemovedQuery{Search: "OLGA"}); err != nil || len(found.Items) != 1 {
		t.Errorf("search: %+v, %v", found, err)
	}
	_, err = x.s.RemovedMembers(x.ctx, x.cy, x.acme, models.RemovedQuery{})
	wantCode(t, err, models.CodeNotFound)

	joined := start
	m, err := x.s.RestoreMember(x.ctx, x.bob, x.acme, olga.Email)
	if err != nil || m.Role != models.RoleAdmin || !m.JoinedAt.Equal(joined) || m.InvitedBy != "ada@example.com" {
		t.Fatalf("restore a former owner: %+v, %v", m, err)
	}
	_, err = x.s.RestoreMember(x.ctx, x.bob, x.acme, olga.Email)
	wantCode(t, err, models.CodeConflict)
	_, err = x.s.RestoreMember(x.ctx, x.bob, x.acme, vera.Email)
	wantCode(t, err, models.CodeDenied)
	_, err = x.s.RestoreMember(x.ctx, x.bob, x.acme, "nobody@example.com")
	wantCode(t, err, models.CodeNotFound)
	x.clock.Advance(models.RestoreTime)
	_, err = x.s.RestoreMember(x.ctx, x.bob, x.acme, cy.Email)
	wantCode(t, err, models.CodeGone)
	if _, err := x.s.Purge(x.ctx); err != nil {
		t.Fatal(err)
	}
	_, err = x.s.RestoreMember(x.ctx, x.bob, x.acme, cy.Email)
	wantCode(t, err, models.CodeNotFound)
	x.sound()
}

func TestInactiveMembers(t *testing.T) {
	x := newTeam(t)
	x.clock.Advance(40 * 24 * time.Hour)
	dee := x.join(x.ada, x.acme, "dee@example.com", models.RoleMember)
	other := x.open() // sessions are written when their process closes
	other.OpenSession(x.cy)
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	since := x.clock.Now().Add(-30 * 24 * time.Hour)
	emails := func(q models.MemberQuery) string {
		q.InactiveSince = since
		p, err := x.s.ListMembers(x.ctx, x.ada, x.acme, q)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, m := range p.Items {
			name, _, _ := strings.Cut(m.Email, "@")
			out = append(out, name)
		}
		return strings.Join(out, " ")
	}
	if got := emails(models.MemberQuery{}); got != "ada bob olga vera" {
		t.Errorf("inactive: %s (dee %s joined later, cy was seen)", got, dee.UserID)
	}
	if got := emails(models.MemberQuery{Role: models.RoleAdmin}); got != "bob" {
		t.Errorf("inactive admins: %s", got)
	}
	if got := emails(models.MemberQuery{Search: "ver"}); got != "vera" {
		t.Errorf("inactive and found: %s", got)
	}
	if m := x.member(x.cy); m.LastSeenAt == nil || !m.LastSeenAt.Equal(x.clock.Now()) {
		t.Errorf("last seen: %v", m.LastSeenAt)
	}
}

// Whose membership has ended is in no list of members and in that of former
// ones from the moment on, and reading those writes nothing.
func TestEndedInLists(t *testing.T) {
	alone(t)
	x := newTeam(t)
	end := x.clock.Now().Add(time.Hour)
	must[models.Member](t)(x.s.SetMemberEnd(x.ctx, x.ada, x.acme, "cy@example.com", &end))
	look := func() (s string) {
		t.Helper()
		members := must[models.Page[models.Member]](t)(x.s.ListMembers(x.ctx, x.ada, x.acme, models.MemberQuery{}))
		for _, m := range members.Items {
			s += m.Handle + " "
		}
		former := must[models.Page[models.RemovedMember]](t)(x.s.RemovedMembers(x.ctx, x.ada, x.acme, models.RemovedQuery{}))
		for _, m := range former.Items {
			s += "-" + m.Handle + string(m.RestoreRole) + " "
		}
		v := must[models.OrgView](t)(x.s.Organization(x.ctx, x.ada, x.acme))
		return s + fmt.Sprint(members.Total, members.Matches, v.Members, v.Seats.Used)
	}
	before := look()
	x.clock.Advance(time.Hour)
	was := dump(t, x.raw())
	ended := look()
	if diff := changed(was, dump(t, x.raw())); len(diff) > 0 {
		t.Errorf("reading changed %v", diff)
	}
	if before == ended || !strings.Contains(ended, "-cymember") {
		t.Errorf("before %s, after %s", before, ended)
	}
	if err := x.s.Sweep(x.ctx); err != nil {
		t.Fatal(err)
	}
	if swept := look(); swept != ended {
		t.Errorf("written down it is %s, before %s", swept, ended)
	}
	x.sound()
}
