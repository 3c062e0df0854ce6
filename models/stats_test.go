package models_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"muster/models"
)

func TestPeriods(t *testing.T) {
	at := time.Date(2026, 8, 5, 13, 0, 0, 0, time.UTC) // a Wednesday
	for p, want := range map[models.StatsPeriod][2]string{
		models.PeriodDay:   {"2026-08-05", "2026-08-06"},
		models.PeriodWeek:  {"2026-08-03", "2026-08-10"},
		models.PeriodMonth: {"2026-08-01", "2026-09-01"},
	} {
		if got := [2]string{p.Start(at).Format(time.DateOnly), p.Next(at).Format(time.DateOnly)}; got != want {
			t.Errorf("%s: %v, want %v", p, got, want)
		}
	}
	sunday, monday := time.Date(2026, 8, 2, 0, 0, 0, 0, time.UTC), time.Date(2026, 8, 3, 0, 0, 0, 0, time.UTC)
	if models.PeriodWeek.Start(sunday).Day() != 27 || models.PeriodWeek.Start(monday) != monday {
		t.Error("weeks do not begin on Monday")
	}
	if p, err := models.ParsePeriod("period", " Month "); p != models.PeriodMonth || err != nil {
		t.Error(p, err)
	}
	if _, err := models.ParsePeriod("period", "year"); models.CodeOf(err) != models.CodeInvalid {
		t.Error(err)
	}
}

func TestStatsQuery(t *testing.T) {
	now := time.Date(2026, 8, 5, 13, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		q                 models.StatsQuery
		from, until, rows string
	}{
		{models.StatsQuery{}, "2026-05-18", "2026-08-06", "12"},
		{models.StatsQuery{Period: models.PeriodDay}, "2026-07-25", "2026-08-06", "12"},
		{models.StatsQuery{Period: models.PeriodMonth}, "2025-09-01", "2026-08-06", "12"},
		{models.StatsQuery{Period: models.PeriodMonth, From: time.Date(2026, 6, 15, 9, 0, 0, 0, time.UTC), Until: time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)}, "2026-06-15", "2026-08-01", "2"},
	} {
		q, err := tt.q.Check(now)
		if err != nil {
			t.Fatal(err)
		}
		r := q.Report(nil)
		if got := q.From.Format(time.DateOnly) + q.Until.Format(time.DateOnly) + fmt.Sprint(len(r.Items)); got != tt.from+tt.until+tt.rows {
			t.Errorf("%+v: %s", tt.q, got)
		}
		if r.Items[0].Until != q.Until || r.Items[len(r.Items)-1].From != q.From {
			t.Errorf("%+v: rows from %s to %s", tt.q, r.Items[len(r.Items)-1].From, r.Items[0].Until)
		}
	}
	for _, q := range []models.StatsQuery{{From: now.AddDate(0, 0, 2)}, {From: now, Until: now.AddDate(0, 0, -1)}, {From: now.AddDate(-11, 0, 0)}} {
		if _, err := q.Check(now); models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

func TestSummarize(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 8, d, 0, 0, 0, 0, time.UTC) }
	days := []models.DayCounts{
		{Day: models.Day(day(1)), States: map[models.InvitationState]int{models.StateAccepted: 1, models.StateRevoked: 1}, Waits: models.Waits{60: 1}},
		{Day: models.Day(day(2)), States: map[models.InvitationState]int{models.StateAccepted: 2, models.StateDeclined: 1, models.StateExpired: 1, models.StatePending: 2}, Waits: models.Waits{10: 1, 3600: 1}},
		{Day: models.Day(day(3)), States: map[models.InvitationState]int{models.StatePending: 9}},
	}
	s := models.Summarize(day(1), day(3), days)
	if got := fmt.Sprint(s.Sent, s.Accepted, s.Declined, s.Expired, s.Revoked, s.Pending, *s.Rate, *s.MedianWait); got != "8 3 1 1 1 2 0.375 60" {
		t.Error(got)
	}
	if s = models.Summarize(day(4), day(9), days); s.Sent != 0 || s.Rate != nil || s.MedianWait != nil {
		t.Errorf("nothing sent: %+v", s)
	}
}

func TestRoundWait(t *testing.T) {
	for in, want := range map[int64]int64{-5: 0, 0: 0, 7: 7, 99: 99, 100: 100, 109: 100, 119: 110, 999: 990, 1000: 1000, 12345: 12000, 2_591_999: 2_500_000} {
		if got := models.RoundWait(in); got != want {
			t.Errorf("%d is %d, want %d", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Int64Range(0, 30*24*3600), 1, 200).Draw(t, "waits")
		w := models.Waits{}
		for _, x := range all {
			w[models.RoundWait(x)]++
		}
		slices.Sort(all)
		exact := all[(len(all)-1)/2]
		if got := *w.Median(); got > exact || float64(exact) > float64(got)*1.1+1 {
			t.Fatalf("median %d, exactly %d", got, exact)
		}
	})
}

func TestAuditChanges(t *testing.T) {
	for _, tt := range []struct{ before, after, want string }{
		{"", "", "[]"},
		{`{"role":"member"}`, `{"role":"admin"}`, "[{role member admin}]"},
		{`{"role":"member","email":"a@b.c"}`, `{"role":"admin","email":"a@b.c"}`, "[{role member admin}]"},
		{"", `{"b":1,"a":true}`, "[{a  true} {b  1}]"},
		{`{"a":null,"n":12}`, "", "[{a  } {n 12 }]"},
		{`{"list":[1, 2]}`, `{"list":[2]}`, "[{list [1,2] [2]}]"},
		{"not JSON", `{"a":1}`, `[{ not JSON {"a":1}}]`},
		{`[1]`, "", "[{ [1] }]"},
	} {
		e := models.AuditEntry{Before: tt.before, After: tt.after}
		if got := fmt.Sprint(e.Changes()); got != tt.want {
			t.Errorf("%s → %s: %s, want %s", tt.before, tt.after, got, tt.want)
		}
	}
}
