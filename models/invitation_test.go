package models_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/models"
)

// policyLine gives, for owner, admin, member and viewer who invite in a role,
// what happens: p for pending at once, r for a request, - for a refusal.
func TestWhoMayInvite(t *testing.T) {
	for name, line := range map[string]string{
		// policy, self-approval, role asked for: owner admin member viewer, site admin outsider suspended
		"members on member":   "ppp- p--",
		"members on viewer":   "ppp- p--",
		"members on admin":    "pp-- p--",
		"members on owner":    "p--- p--",
		"members off member":  "ppp- p--", // nobody's approval is asked for, so there is none to give oneself
		"approval on member":  "ppr- p--",
		"approval on viewer":  "ppr- p--",
		"approval on admin":   "pp-- p--",
		"approval on owner":   "p--- p--",
		"approval off member": "rrr- r--",
		"approval off admin":  "rr-- r--",
		"approval off owner":  "r--- r--",
		"admins on member":    "pp-- p--",
		"admins off member":   "pp-- p--",
		"admins on owner":     "p--- p--",
		"owners on viewer":    "p--- p--",
		"owners on owner":     "p--- p--",
		"owners off member":   "p--- p--",
		"nonsense on member":  "p--- p--", // a policy that is not known is the strictest
		"members on root":     "---- ---",
	} {
		w := strings.Fields(name)
		set := models.MemberSettings{InvitePolicy: models.InvitePolicy(w[0]), SelfApproval: w[1] == "on"}
		line = strings.ReplaceAll(line, " ", "")
		for i, a := range actors {
			state, err := a.access.CheckInvite(set, models.Role(w[2]))
			got := byte('-')
			switch {
			case err != nil:
				told(t, name+" as "+a.name, err)
			case state == models.StatePending:
				got = 'p'
			case state == models.StateRequested:
				got = 'r'
			}
			if got != line[i] {
				t.Errorf("%s as %s: %c (%v), want %c", name, a.name, got, err, line[i])
			}
			home := a.access
			home.Personal = true
			if _, err := home.CheckInvite(set, models.Role(w[2])); models.CodeOf(err) != models.CodeDenied {
				t.Errorf("%s as %s in a personal workspace: %v", name, a.name, err)
			}
		}
	}
}

func TestDecide(t *testing.T) {
	// Policy, role asked for, role given.
	for name, line := range map[string]string{
		"approval member member": "++-- +--",
		"approval member admin":  "++-- +--",
		"approval member owner":  "+--- +--",
		"approval admin viewer":  "++-- +--",
		"approval owner viewer":  "+--- +--",
		"approval owner owner":   "+--- +--",
		"members member member":  "++-- +--",
		"admins member member":   "++-- +--",
		"owners member member":   "+--- +--",
		"owners viewer viewer":   "+--- +--",
		"approval member root":   "---- ---",
	} {
		w := strings.Fields(name)
		set := models.MemberSettings{InvitePolicy: models.InvitePolicy(w[0]), SelfApproval: true}
		inv := models.Invitation{Role: models.Role(w[1]), InviterID: "them", Origin: models.OriginInvite}
		expect(t, name, line, func(a models.Access) error { return a.CheckDecide(set, inv, models.Role(w[2])) })
	}
}

func TestSelfApproval(t *testing.T) {
	for _, tt := range []struct {
		inviter string
		origin  models.Origin
		on      bool
		want    models.Code
	}{
		{"me", models.OriginInvite, false, models.CodeDenied},
		{"me", models.OriginInvite, true, ""},
		{"them", models.OriginInvite, false, ""},
		{"me", models.OriginJoin, false, ""},
	} {
		for _, a := range []models.Access{as(owner), as(admin), siteAdmin} {
			err := a.CheckSelfApproval(models.MemberSettings{SelfApproval: tt.on}, models.Invitation{InviterID: tt.inviter, Origin: tt.origin})
			if models.CodeOf(err) != tt.want {
				t.Errorf("%+v as %+v: %v", tt, a, err)
			}
		}
	}
}

func TestManageAndRevoke(t *testing.T) {
	// Who sent it, policy, role of the invitation: may manage, may revoke.
	for name, lines := range map[string][2]string{
		"them approval member": {"++-- +--", "++-- +--"},
		"them approval admin":  {"++-- +--", "++-- +--"},
		"them approval owner":  {"+--- +--", "+--- +--"},
		"them members member":  {"++-- +--", "++-- +--"},
		"them owners member":   {"++-- +--", "++-- +--"},
		"me approval member":   {"++-- +--", "++++ +++"},
		"me members member":    {"+++- +--", "++++ +++"},
		"me members viewer":    {"+++- +--", "++++ +++"},
		"me members admin":     {"++-- +--", "++++ +++"},
		"me members owner":     {"+--- +--", "+--- +--"},
		"me owners owner":      {"+--- +--", "+--- +--"},
	} {
		w := strings.Fields(name)
		set := models.MemberSettings{InvitePolicy: models.InvitePolicy(w[1]), SelfApproval: true}
		inv := models.Invitation{InviterID: w[0], Role: models.Role(w[2]), Origin: models.OriginInvite, State: models.StatePending}
		expect(t, "manage "+name, lines[0], func(a models.Access) error { return a.CheckManage(set, inv) })
		expect(t, "revoke "+name, lines[1], func(a models.Access) error { return a.CheckRevoke(inv) })
		// Somebody who asked to join is not the sender of their invitation.
		inv.Origin = models.OriginJoin
		inv.Role = member
		expect(t, "manage own join request "+name, "++-- +--", func(a models.Access) error { return a.CheckManage(set, inv) })
		expect(t, "revoke own join request "+name, "++-- +--", func(a models.Access) error { return a.CheckRevoke(inv) })
	}
}

func TestStateMachine(t *testing.T) {
	steps := map[models.InvitationState]string{ // the states each can become, in the order of the list
		//                       req pen exp acc dec rej rev wit
		models.StateRequested: "-+---+-+",
		models.StatePending:   "+-+++-+-",
		models.StateExpired:   "-+------",
		models.StateAccepted:  "--------",
		models.StateDeclined:  "--------",
		models.StateRejected:  "+-------",
		models.StateRevoked:   "--------",
		models.StateWithdrawn: "--------",
	}
	all := models.InvitationStates()
	if len(all) != 8 || len(steps) != 8 {
		t.Fatal("there are not eight states")
	}
	for _, from := range all {
		for i, to := range all {
			want := steps[from][i] == '+'
			if from.CanBecome(to) != want {
				t.Errorf("%s to %s: %v", from, to, !want)
			}
			inv := models.Invitation{Email: "dee@example.com", State: from, DecidedBy: "bob@example.com"}
			err := inv.CheckStep(to)
			if (err == nil) != want {
				t.Errorf("step from %s to %s: %v", from, to, err)
			}
			if err == nil {
				continue
			}
			code := models.CodeGone
			if from.Open() {
				code = models.CodeConflict
			}
			if models.CodeOf(err) != code {
				t.Errorf("step from %s to %s: code %s, want %s", from, to, models.CodeOf(err), code)
			}
			told(t, fmt.Sprintf("%s to %s", from, to), err)
		}
		if from.CanBecome("lost") || models.InvitationState("lost").CanBecome(from) {
			t.Error("a state outside the machine is reached")
		}
		if got, err := models.ParseInvitationState(strings.ToUpper(string(from)) + " "); err != nil || got != from {
			t.Errorf("parse %s: %s, %v", from, got, err)
		}
	}
	for i, s := range all {
		if s.Rank() != i+1 || s.Open() != (i < 2) {
			t.Errorf("%s: rank %d, open %v", s, s.Rank(), s.Open())
		}
	}
	if _, err := models.ParseInvitationState("lost"); models.CodeOf(err) != models.CodeInvalid {
		t.Error(err)
	}
}

func TestFate(t *testing.T) {
	for state, want := range map[models.InvitationState]string{
		models.StateRequested: "waiting for approval",
		models.StatePending:   "already approved by bob@example.com",
		models.StateExpired:   "expired",
		models.StateAccepted:  "already accepted",
		models.StateDeclined:  "already declined",
		models.StateRejected:  "already rejected by bob@example.com",
		models.StateRevoked:   "already revoked by bob@example.com",
		models.StateWithdrawn: "already withdrawn",
	} {
		if got := (models.Invitation{State: state, DecidedBy: "bob@example.com"}).Outcome(); got != want {
			t.Errorf("%s: %q, want %q", state, got, want)
		}
	}
	if got := (models.Invitation{State: models.StatePending}).Outcome(); got != "already pending" {
		t.Error(got)
	}
}

func TestExpiry(t *testing.T) {
	const day = 24 * time.Hour
	for s, want := range map[string]time.Duration{
		"60": time.Minute, "60s": time.Minute, "1m": time.Minute, " 1H ": time.Hour, "3600": time.Hour, "2d": 2 * day,
		"30d": 30 * day, "720h": 30 * day, "2592000": 30 * day, "43200m": 30 * day, "061": 61 * time.Second,
	} {
		if got, err := models.ParseExpiry("expiry", s); err != nil || got != want {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{
		"", "s", "d", "59", "59s", "0", "0d", "31d", "721h", "2592001", "-1d", "+1d", "1.5h", "1e3", "1w", "1h30m", "１h", "1 h", "1h\x00",
		"213504d", // wraps round to 25 minutes
		"2147483647d", "2147483648", "99999999999999999999d", strings.Repeat("9", 1000),
	} {
		got, err := models.ParseExpiry("expiry", s)
		e := models.AsError(err)
		if err == nil || e.Code != models.CodeInvalid || e.Field != "expiry" || len(e.Message) > 200 {
			t.Errorf("%.30q: %v, %v", s, got, err)
		}
	}
	for d, want := range map[time.Duration]string{time.Minute: "1m", 61 * time.Second: "61", time.Hour: "1h", 90 * time.Minute: "90m", 2 * day: "2d", 25 * time.Hour: "25h"} {
		if got := models.FormatExpiry(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestEmailDomains(t *testing.T) {
	some := models.MemberSettings{EmailDomains: []string{"example.com", "acme.dev"}}
	for email, ok := range map[string]bool{
		"a@example.com": true, "a@EXAMPLE.com": true, "a@acme.dev": true,
		"a@sub.example.com": false, "a@notexample.com": false, "a@example.com.evil.org": false, "a@com": false, "example.com@evil.org": false,
	} {
		if err := some.CheckEmailDomain(email); (err == nil) != ok {
			t.Errorf("%s: %v", email, err)
		}
		if err := (models.MemberSettings{}).CheckEmailDomain(email); err != nil {
			t.Errorf("%s without domains: %v", email, err)
		}
	}
}

func TestCanUndo(t *testing.T) {
	for _, s := range models.InvitationStates() {
		want := slices.Contains([]models.InvitationState{models.StatePending, models.StateRejected}, s)
		if (models.Invitation{State: s}).CanUndo() != want {
			t.Errorf("%s: undo is %v", s, !want)
		}
		if want && !s.CanBecome(models.StateRequested) {
			t.Errorf("%s can be undone but has no way back", s)
		}
	}
}
