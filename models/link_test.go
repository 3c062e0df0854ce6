package models_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/models"
)

func TestCheckLink(t *testing.T) {
	type row struct {
		policy   models.InvitePolicy
		self     bool
		role     models.Role
		grants   string // roles the link may give
		personal bool
	}
	for _, tt := range []row{
		{policy: models.PolicyMembers, self: true, role: owner, grants: "admin member viewer"},
		{policy: models.PolicyMembers, self: true, role: admin, grants: "admin member viewer"},
		{policy: models.PolicyMembers, self: true, role: member, grants: "member viewer"},
		{policy: models.PolicyMembers, self: true, role: viewer},
		{policy: models.PolicyApproval, self: true, role: owner, grants: "admin member viewer"},
		{policy: models.PolicyApproval, self: true, role: admin, grants: "admin member viewer"},
		{policy: models.PolicyApproval, self: true, role: member},
		{policy: models.PolicyApproval, self: false, role: owner},
		{policy: models.PolicyApproval, self: false, role: admin},
		{policy: models.PolicyAdmins, self: false, role: admin, grants: "admin member viewer"},
		{policy: models.PolicyAdmins, self: true, role: member},
		{policy: models.PolicyOwners, self: true, role: owner, grants: "admin member viewer"},
		{policy: models.PolicyOwners, self: true, role: admin},
		{policy: models.PolicyMembers, self: true, role: owner, personal: true},
		{policy: models.PolicyMembers, self: true},
	} {
		t.Run(fmt.Sprintf("%s self=%v %s personal=%v", tt.policy, tt.self, tt.role, tt.personal), func(t *testing.T) {
			a := models.Access{UserID: "u", Role: tt.role, Member: tt.role != "", Personal: tt.personal}
			var got []string
			for _, r := range models.Roles() {
				err := a.CheckLink(models.MemberSettings{InvitePolicy: tt.policy, SelfApproval: tt.self}, r)
				if err == nil {
					got = append(got, string(r))
				} else if models.CodeOf(err) != models.CodeDenied {
					t.Errorf("%s: %v", r, err)
				}
			}
			if g := strings.Join(got, " "); g != tt.grants {
				t.Errorf("grants %q, want %q", g, tt.grants)
			}
		})
	}
}

func TestLinkCodeAndRevoke(t *testing.T) {
	atOnce := models.MemberSettings{InvitePolicy: models.PolicyMembers, SelfApproval: true}
	for _, tt := range []struct {
		who          models.Role
		own          bool
		link         models.Role
		set          models.MemberSettings
		code, revoke bool
	}{
		{owner, false, admin, atOnce, true, true},
		{admin, false, admin, atOnce, true, true},
		{member, true, member, atOnce, true, true},
		{member, true, member, models.MemberSettings{InvitePolicy: models.PolicyAdmins}, false, true},
		{member, true, admin, atOnce, false, true}, // demoted since
		{member, false, viewer, atOnce, false, false},
		{viewer, true, viewer, atOnce, false, true},
		{"", true, viewer, atOnce, false, false},
	} {
		a := models.Access{UserID: "u", Role: tt.who, Member: tt.who != ""}
		l := models.JoinLink{Role: tt.link, CreatorID: "other"}
		if tt.own {
			l.CreatorID = "u"
		}
		if err := a.CheckLinkCode(tt.set, l); (err == nil) != tt.code {
			t.Errorf("%+v: code: %v", tt, err)
		}
		if err := a.CheckLinkRevoke(l); (err == nil) != tt.revoke {
			t.Errorf("%+v: revoke: %v", tt, err)
		}
	}
}

func TestLinkState(t *testing.T) {
	now := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	l := models.JoinLink{MaxUses: 2, ExpiresAt: now.Add(time.Second)}
	for _, tt := range []struct {
		change func(*models.JoinLink)
		want   models.LinkState
	}{
		{func(*models.JoinLink) {}, models.LinkActive},
		{func(l *models.JoinLink) { l.Uses = 1 }, models.LinkActive},
		{func(l *models.JoinLink) { l.Uses = 2 }, models.LinkUsedUp},
		{func(l *models.JoinLink) { l.ExpiresAt = now }, models.LinkExpired},
		{func(l *models.JoinLink) { l.RevokedAt = &now; l.Uses = 2 }, models.LinkRevoked},
	} {
		x := l
		tt.change(&x)
		err := x.CheckUsable(now)
		if got := x.StateAt(now); got != tt.want || (err == nil) != (tt.want == models.LinkActive) || err != nil && models.CodeOf(err) != models.CodeGone {
			t.Errorf("%+v is %s (%v), want %s", x, got, err, tt.want)
		}
	}
	for n, ok := range map[int]bool{-1: false, 0: true, 1: true, models.MaxLinkUses: true, models.MaxLinkUses + 1: false} {
		if got, err := models.CheckLinkUses("max_uses", n); (err == nil) != ok || ok && n > 0 && got != n || n == 0 && got != models.DefaultLinkUses {
			t.Errorf("%d uses: %d, %v", n, got, err)
		}
	}
}

func TestInviteLimits(t *testing.T) {
	now := time.Date(2026, 8, 1, 19, 0, 0, 0, time.UTC)
	l := models.InviteLimits{InviterOpen: 2, InviterDay: 3, OrgOpen: 4, OrgDay: 5, RecipientDay: 1}
	const tomorrow = "try again at 2026-08-02 00:00 UTC"
	for _, tt := range []struct {
		use           models.InviteUse
		to            int
		message, hint string
	}{
		{models.InviteUse{InviterOpen: 1, InviterDay: 2, OrgOpen: 3, OrgDay: 4}, 0, "", ""},
		{models.InviteUse{}, 1, "a@b.c was sent 1 invitation today, which is the limit for one address", tomorrow},
		{models.InviteUse{InviterOpen: 2}, 0, "you have 2 invitations open here, which is the limit for one person", "revoke some, or wait until some are answered or expire"},
		{models.InviteUse{InviterDay: 3}, 0, "you have sent 3 invitations here today, which is the limit for one person", tomorrow},
		{models.InviteUse{OrgOpen: 5}, 0, "the organization has 4 invitations open, which is the limit", "revoke some, or wait until some are answered or expire"},
		{models.InviteUse{OrgDay: 5}, 0, "the organization has sent 5 invitations today, which is the limit", tomorrow},
	} {
		err := l.Check(tt.use, "a@b.c", tt.to, now)
		if tt.message == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		if e := models.AsError(err); e == nil || e.Code != models.CodeLimit || e.Message != tt.message || e.Hint != tt.hint {
			t.Errorf("%+v: %+v", tt.use, e)
		}
	}
	if err := (models.InviteLimits{}).Check(models.InviteUse{InviterOpen: 1e9, InviterDay: 1e9, OrgOpen: 1e9, OrgDay: 1e9}, "a@b.c", 1e9, now); err != nil {
		t.Errorf("without limits: %v", err)
	}
	for in, want := range map[time.Time]int64{
		time.Unix(0, 0): 0, time.Unix(86399, 0): 0, time.Unix(86400, 0): 1, time.Unix(-1, 0): -1, time.Unix(-86400, 0): -1, time.Unix(-86401, 0): -2,
	} {
		if got := models.Day(in); got != want {
			t.Errorf("%s is day %d, want %d", in.UTC(), got, want)
		}
	}
}

func TestRemindAt(t *testing.T) {
	now := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	for life, want := range map[time.Duration]time.Duration{
		time.Hour: 0, 24*time.Hour - time.Second: 0, 24 * time.Hour: 18 * time.Hour, 48 * time.Hour: 36 * time.Hour, 30 * 24 * time.Hour: 540 * time.Hour,
	} {
		got := models.RemindAt(now, now.Add(life))
		if want == 0 && !got.IsZero() || want != 0 && got.Sub(now) != want {
			t.Errorf("%s: %s", life, got)
		}
	}
}
