package store_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"muster/models"
	"muster/store"
)

func (w *world) stats(a models.Actor, org string) models.InvitationStats {
	w.t.Helper()
	r, err := w.s.InvitationStats(w.ctx, a, org, models.StatsQuery{Period: models.PeriodMonth})
	if err != nil {
		w.t.Fatal(err)
	}
	return r.Total
}

func TestInvitationStats(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	cy := w.join(ada, acme.ID, "cy@example.com", models.RoleMember)
	w.clock.Advance(24 * time.Hour)

	create := func(email string) models.Invitation {
		inv, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: email})
		if err != nil {
			t.Fatal(err)
		}
		return inv
	}
	fast, slow, no, gone := create("fast@example.com"), create("slow@example.com"), create("no@example.com"), create("gone@example.com")
	create("late@example.com")
	w.clock.Advance(time.Minute)
	w.accept(ada, fast)
	code, _ := w.s.JoinCode(w.ctx, ada, "", no.ID)
	if err := w.s.DeclineCode(w.ctx, models.Actor{Via: models.ViaSSH, Key: "SHA256:x"}, code); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.RevokeInvitation(w.ctx, ada, "", gone.ID); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(3*time.Hour - time.Minute)
	w.accept(ada, slow)
	// A request does not count until it is approved, nor when that is undone.
	req, err := w.s.CreateInvitation(w.ctx, cy, acme.ID, models.NewInvitation{Email: "dee@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(20 * time.Hour) // the next day
	for _, step := range []func() (models.Invitation, error){
		func() (models.Invitation, error) { return w.s.ApproveInvitation(w.ctx, ada, "", req.ID, "") },
		func() (models.Invitation, error) { return w.s.UndoDecision(w.ctx, ada, "", req.ID) },
	} {
		if _, err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.stats(ada, acme.ID); got.Sent != 6 || got.Pending != 1 {
		t.Errorf("before the approval: %+v", got)
	}
	if _, err := w.s.ApproveInvitation(w.ctx, ada, "", req.ID, ""); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(30 * time.Hour) // late has expired, which nobody wrote down yet

	r, err := w.s.InvitationStats(w.ctx, ada, acme.ID, models.StatsQuery{Period: models.PeriodDay, From: start})
	if err != nil {
		t.Fatal(err)
	}
	show := func(s models.InvitationStats) string {
		text := fmt.Sprint(s.From.Format("02"), ": ", s.Sent, " ", s.Accepted, " ", s.Declined, " ", s.Expired, " ", s.Revoked, " ", s.Pending)
		if s.Rate != nil && s.MedianWait != nil {
			text += fmt.Sprintf(" %.2f %d", *s.Rate, *s.MedianWait)
		}
		return text
	}
	got := []string{show(r.Total)}
	for _, x := range r.Items {
		got = append(got, show(x))
	}
	want := []string{"01: 7 3 1 1 1 1 0.43 60", "04: 0 0 0 0 0 0", "03: 1 0 0 0 0 1", "02: 5 2 1 1 1 0 0.40 60", "01: 1 1 0 0 0 0 1.00 0"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	_, err = w.s.InvitationStats(w.ctx, cy, acme.ID, models.StatsQuery{})
	wantCode(t, err, models.CodeDenied)

	// Renewing an expired one moves it back to pending, in its own day.
	p, _ := w.s.ListInvitations(w.ctx, ada, acme.ID, models.InvitationQuery{States: []models.InvitationState{models.StateExpired}})
	if _, err := w.s.ResendInvitation(w.ctx, ada, "", p.Items[0].ID); err != nil {
		t.Fatal(err)
	}
	if s := w.stats(ada, acme.ID); s.Sent != 7 || s.Expired != 0 || s.Pending != 2 {
		t.Errorf("after the renewal: %+v", s)
	}
	w.verified()
}

func TestOverview(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	vi := w.join(ada, acme.ID, "vi@example.com", models.RoleViewer)
	w.clock.Advance(48 * time.Hour)
	if _, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "x@example.com"}); err != nil {
		t.Fatal(err)
	}
	_, err := w.s.CreateInvitation(w.ctx, vi, acme.ID, models.NewInvitation{Email: "y@example.com"})
	wantCode(t, err, models.CodeDenied) // an attempt is no activity

	v, err := w.s.Overview(w.ctx, vi, acme.ID, 7)
	if err != nil {
		t.Fatal(err)
	}
	if v.Seats.Used != 3 || v.Seats.Max != 50 || v.Members.ByRole[models.RoleViewer] != 1 || v.Pending != 1 || v.Requested != 0 || v.Invitations.Sent != 2 || v.Invitations.Accepted != 1 {
		t.Errorf("%+v", v)
	}
	var days []string
	for _, d := range v.Days {
		days = append(days, fmt.Sprint(d.Date, " ", d.Changes, " ", d.Joined, " ", d.Invited))
	}
	// On the first day the organization was made, vi invited, the code looked at, and vi joined.
	if got := strings.Join(days, "\n"); got != "2026-07-28 0 0 0\n2026-07-29 0 0 0\n2026-07-30 0 0 0\n2026-07-31 0 0 0\n2026-08-01 4 2 1\n2026-08-02 0 0 0\n2026-08-03 1 0 1" {
		t.Errorf("days:\n%s", got)
	}
	for _, n := range []int{-1, 1, models.MinOverviewDays - 1, models.MaxOverviewDays + 1} {
		_, err := w.s.Overview(w.ctx, vi, acme.ID, n)
		wantCode(t, err, models.CodeInvalid)
	}
	if v, err = w.s.Overview(w.ctx, vi, acme.ID, 0); err != nil || len(v.Days) != models.DefaultOverviewDays {
		t.Errorf("%d days, %v", len(v.Days), err)
	}
}

// db opens the database beside the store, to look at what is kept.
func (w *world) db() *sql.DB {
	w.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(w.dir, store.DatabaseFile))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = db.Close() })
	return db
}

func rowsOf(t testing.TB, db *sql.DB, query string) (out []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var org, key string
		var day, n int64
		if err := rows.Scan(&org, &day, &key, &n); err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(org, " ", day, " ", key, " ", n))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestDailyNumbersAreThoseOfTheRows does things at random and counts the rows
// afterwards, in the way in which the migration counts those of an old database.
func TestDailyNumbersAreThoseOfTheRows(t *testing.T) {
	alone(t)
	w := newWorld(t, roomy)
	ada := w.ada()
	acme := w.acme(ada)
	cy := w.join(ada, acme.ID, "cy@example.com", models.RoleMember)
	db := w.db()
	r := rand.New(rand.NewPCG(1, 2))
	n := 0
	for step := range 300 {
		switch r.IntN(4) {
		case 0:
			w.clock.Advance(time.Duration(r.Int64N(int64(30 * time.Hour))))
		case 1:
			n++
			if err := w.invite([]models.Actor{ada, cy}[r.IntN(2)], acme.ID, fmt.Sprintf("p%d@example.com", n)); err != nil {
				t.Fatal(err)
			}
		case 2:
			n += 2
			w.imports(ada, acme.ID, fmt.Sprintf("p%d@example.com\np%d@example.com\n", n-1, n), store.ImportOptions{})
		default:
			p, err := w.s.ListInvitations(w.ctx, ada, acme.ID, models.InvitationQuery{Limit: 20})
			if err != nil {
				t.Fatal(err)
			}
			// Whether a step is allowed does not matter here.
			switch inv := p.Items[r.IntN(len(p.Items))]; r.IntN(6) {
			case 0:
				_, _ = w.s.ApproveInvitation(w.ctx, ada, "", inv.ID, "")
			case 1:
				_, _ = w.s.UndoDecision(w.ctx, ada, "", inv.ID)
			case 2:
				_, _ = w.s.RejectInvitation(w.ctx, ada, "", inv.ID, "")
			case 3:
				_, _ = w.s.ResendInvitation(w.ctx, ada, "", inv.ID)
			case 4:
				_, _ = w.s.RevokeInvitation(w.ctx, ada, "", inv.ID)
			default:
				if code, err := w.s.JoinCode(w.ctx, ada, "", inv.ID); err == nil {
					k := key(inv.Email)
					_, _, _ = w.s.AcceptCode(w.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, code, "X", k)
				}
			}
		}
		if step%10 != 9 {
			continue
		}
		for kept, counted := range map[string]string{
			"SELECT org_id, day, state_order, n FROM invitation_days WHERE n > 0 ORDER BY 1, 2, 3":   "SELECT org_id, pending_at / 86400000000, state_order, count(*) FROM invitations WHERE pending_at > 0 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
			"SELECT org_id, day, kind, n FROM activity_days WHERE kind <> 'joined' ORDER BY 1, 2, 3": "SELECT org_id, at / 86400000000, action, count(*) FROM audit WHERE outcome = 'done' AND via <> 'system' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
			"SELECT org_id, 0, '', sum(n) FROM invitation_waits GROUP BY 1":                          "SELECT org_id, 0, '', count(*) FROM invitations WHERE state_order = 4 GROUP BY 1",
			"SELECT '', day, '', sum(n) FROM activity_days WHERE kind = 'joined' GROUP BY day":       "SELECT '', joined_at / 86400000000, '', count(*) FROM memberships GROUP BY 2",
		} {
			if d := cmp.Diff(rowsOf(t, db, counted), rowsOf(t, db, kept)); d != "" {
				t.Fatalf("after step %d, %s: rows (-), numbers (+)\n%s", step, kept, d)
			}
		}
	}
}

// TestMigrationCountsWhatWasBefore brings the numbers of a database back to
// nothing and lets the migration's own statements count them again.
func TestMigrationCountsWhatWasBefore(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	for _, wait := range []time.Duration{0, 99 * time.Second, 17 * time.Minute, 5 * time.Hour, 29 * time.Hour} {
		inv, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: fmt.Sprintf("w%d@example.com", wait), TTL: 48 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(wait)
		w.accept(ada, inv)
	}
	if err := w.invite(ada, acme.ID, "open@example.com"); err != nil {
		t.Fatal(err)
	}
	before, beforeOverview := w.stats(ada, acme.ID), w.overview(ada, acme.ID)
	remind := rowsOf(t, w.db(), "SELECT id, remind_at, '', pending_at FROM invitations ORDER BY id")
	if err := w.s.Close(); err != nil {
		t.Fatal(err)
	}
	var undo []string
	for _, table := range []string{"join_links", "invitation_quotas", "notices", "activity_days", "invitation_days", "invitation_waits"} {
		undo = append(undo, "DROP TABLE "+table)
	}
	undo = append(undo, "DROP INDEX invitations_remind", "DROP INDEX audit_label", "DROP INDEX audit_behalf", "ALTER TABLE invitations DROP COLUMN pending_at", "ALTER TABLE invitations DROP COLUMN remind_at")
	migration, err := os.ReadFile("internal/db/migrations/0005_invitations.sql")
	if err != nil {
		t.Fatal(err)
	}
	db := w.db()
	for _, q := range append(undo, string(migration)) {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	w.s = w.open()
	if d := cmp.Diff(before, w.stats(ada, acme.ID)); d != "" {
		t.Errorf("statistics:\n%s", d)
	}
	if d := cmp.Diff(beforeOverview, w.overview(ada, acme.ID)); d != "" {
		t.Errorf("overview:\n%s", d)
	}
	if d := cmp.Diff(rowsOf(t, w.db(), "SELECT id, CASE WHEN state_order = 2 THEN remind_at ELSE 0 END, '', pending_at FROM invitations ORDER BY id"), remind); d != "" {
		t.Errorf("reminders:\n%s", d)
	}
}

func (w *world) overview(a models.Actor, org string) models.Overview {
	w.t.Helper()
	v, err := w.s.Overview(w.ctx, a, org, 30)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// TestNobodyCountsTheRequestsOfOthers holds that members learn of requests only
// what concerns their own (docs/rules.md, "Roles and rights").
func TestNobodyCountsTheRequestsOfOthers(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleAdmin)
	cy := w.join(ada, acme.ID, "cy@example.com", models.RoleMember)
	dee := w.join(ada, acme.ID, "dee@example.com", models.RoleMember)
	for _, n := range []string{"one", "two", "three"} {
		inv, err := w.s.CreateInvitation(w.ctx, cy, acme.ID, models.NewInvitation{Email: n + "@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		if n == "three" {
			if _, err := w.s.RejectInvitation(w.ctx, bob, acme.ID, inv.ID, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := w.s.CreateInvitation(w.ctx, dee, acme.ID, models.NewInvitation{Email: "four@example.com"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who                        string
		a                          models.Actor
		requested, rejected, total int
	}{{"an admin", bob, 3, 1, 7}, {"who proposed two", cy, 2, 0, -1}, {"who proposed one", dee, 1, 0, -1}} {
		v, err := w.s.Organization(w.ctx, c.a, acme.ID)
		if err != nil || v.Invites[models.StateRequested] != c.requested || v.Invites[models.StateRejected] != c.rejected || v.Invites[models.StateAccepted] != 3 {
			t.Errorf("%s counts %v, %v", c.who, v.Invites, err)
		}
		if v.Seats.Used != 4 {
			t.Errorf("%s: %+v", c.who, v.Seats)
		}
		o, err := w.s.Overview(w.ctx, c.a, acme.ID, 0)
		if err != nil || o.Requested != c.requested {
			t.Errorf("%s sees in the overview %d, %v", c.who, o.Requested, err)
		}
		p, err := w.s.ListInvitations(w.ctx, c.a, acme.ID, models.InvitationQuery{})
		if err != nil || p.Total != c.total {
			t.Errorf("%s: a list of %d, %v", c.who, p.Total, err)
		}
	}
}
