package models

import (
	"slices"
	"strings"
	"time"
)

// StatsPeriod is the length of the rows of statistics.
type StatsPeriod string

// The periods. Weeks begin on Monday; all are those of UTC.
const (
	PeriodDay   StatsPeriod = "day"
	PeriodWeek  StatsPeriod = "week"
	PeriodMonth StatsPeriod = "month"
)

// ParsePeriod reads a period in any letter case.
func ParsePeriod(field, s string) (StatsPeriod, error) {
	p := StatsPeriod(strings.ToLower(strings.TrimSpace(s)))
	if !slices.Contains([]StatsPeriod{PeriodDay, PeriodWeek, PeriodMonth}, p) {
		return "", Invalid(field, "%s %q is not one of day, week, month", field, clip(SafeText(s), 20))
	}
	return p, nil
}

// Start is when the period that holds t begins.
func (p StatsPeriod) Start(t time.Time) time.Time {
	d := DayStart(Day(t))
	switch p {
	case PeriodWeek:
		return d.AddDate(0, 0, -(int(d.Weekday())+6)%7)
	case PeriodMonth:
		return d.AddDate(0, 0, 1-d.Day())
	}
	return d
}

// Next is when the period after the one that holds t begins.
func (p StatsPeriod) Next(t time.Time) time.Time {
	switch s := p.Start(t); p {
	case PeriodWeek:
		return s.AddDate(0, 0, 7)
	case PeriodMonth:
		return s.AddDate(0, 1, 0)
	default:
		return s.AddDate(0, 0, 1)
	}
}

// StatsQuery asks for statistics of the invitations that became pending from
// From on and before Until, both at the start of a day in UTC.
type StatsQuery struct {
	Period StatsPeriod // "" is week
	From   time.Time   // zero: twelve periods back
	Until  time.Time   // zero: now
}

// maxStatsDays bounds how far statistics reach: ten years.
const maxStatsDays = 3660

// statsPeriods is how many periods are shown when nothing else is asked for.
const statsPeriods = 12

// Check fills in what was left out and refuses what cannot be answered.
func (q StatsQuery) Check(now time.Time) (StatsQuery, error) {
	if q.Period == "" {
		q.Period = PeriodWeek
	}
	if q.Until.IsZero() {
		q.Until = DayStart(Day(now) + 1)
	}
	if q.From.IsZero() {
		q.From = q.Period.Start(q.Until.Add(-time.Second))
		for range statsPeriods - 1 {
			q.From = q.Period.Start(q.From.Add(-time.Second))
		}
	}
	q.From, q.Until = DayStart(Day(q.From)), DayStart(Day(q.Until.Add(24*time.Hour-time.Microsecond)))
	switch days := Day(q.Until) - Day(q.From); {
	case days < 1:
		return q, Invalid("until", "until must be after from")
	case days > maxStatsDays:
		return q, Invalid("from", "statistics cover at most %d days", maxStatsDays)
	}
	return q, nil
}

// InvitationStats are numbers about the invitations that became pending in a
// period, as they stand now.
type InvitationStats struct {
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"` // the first moment after the period
	Sent     int       `json:"sent"`
	Accepted int       `json:"accepted"`
	Declined int       `json:"declined"`
	Expired  int       `json:"expired"`
	Revoked  int       `json:"revoked"`
	Pending  int       `json:"pending"` // still open
	// Rate is the part of those sent that was accepted, from 0 to 1; nil if none
	// was sent.
	Rate *float64 `json:"acceptance_rate"`
	// MedianWait is the median time from sending to acceptance in seconds, to
	// two digits; nil if none was accepted.
	MedianWait *int64 `json:"median_seconds_to_accept"`
}

// Waits counts times to acceptance by RoundWait.
type Waits map[int64]int

// RoundWait rounds seconds down to two digits. Times to acceptance are kept in
// this form, so that a few hundred counters stand for any number of them.
func RoundWait(seconds int64) int64 {
	unit := int64(1)
	for seconds/unit >= 100 {
		unit *= 10
	}
	return max(seconds, 0) / unit * unit
}

// Median is the middle of the times, the lower one of two; nil for none.
func (w Waits) Median() *int64 {
	total := 0
	keys := make([]int64, 0, len(w))
	for k, n := range w {
		total += n
		keys = append(keys, k)
	}
	slices.Sort(keys)
	seen := 0
	for _, k := range keys {
		if seen += w[k]; total > 0 && 2*seen >= total {
			return &k
		}
	}
	return nil
}

// DayCounts are the invitations that became pending on one day, by where they
// stand now.
type DayCounts struct {
	Day    int64
	States map[InvitationState]int
	Waits  Waits
}

// Summarize adds days up into one row.
func Summarize(from, until time.Time, days []DayCounts) InvitationStats {
	s := InvitationStats{From: from, Until: until}
	waits := Waits{}
	for _, d := range days {
		if d.Day < Day(from) || d.Day >= Day(until) {
			continue
		}
		for st, n := range d.States {
			s.Sent += n
			switch st {
			case StateAccepted:
				s.Accepted += n
			case StateDeclined:
				s.Declined += n
			case StateExpired:
				s.Expired += n
			case StateRevoked:
				s.Revoked += n
			case StatePending:
				s.Pending += n
			}
		}
		for k, n := range d.Waits {
			waits[k] += n
		}
	}
	if s.Sent > 0 {
		r := float64(s.Accepted) / float64(s.Sent)
		s.Rate = &r
	}
	s.MedianWait = waits.Median()
	return s
}

// StatsReport is the answer to a StatsQuery: one row for each period, the
// latest first, and all of them in one.
type StatsReport struct {
	Period StatsPeriod       `json:"period"`
	Total  InvitationStats   `json:"total"`
	Items  []InvitationStats `json:"items"`
}

// Report makes the rows of a checked query.
func (q StatsQuery) Report(days []DayCounts) StatsReport {
	r := StatsReport{Period: q.Period, Total: Summarize(q.From, q.Until, days), Items: []InvitationStats{}}
	for from := q.From; from.Before(q.Until); {
		until := q.Period.Next(from)
		if until.After(q.Until) {
			until = q.Until
		}
		r.Items = append(r.Items, Summarize(from, until, days))
		from = until
	}
	slices.Reverse(r.Items)
	return r
}

// Overview is what every member may know of an organization in numbers.
type Overview struct {
	From        time.Time        `json:"from"`
	Until       time.Time        `json:"until"`
	Seats       Seats            `json:"seats"`
	Members     MemberCounts     `json:"members"`
	Requested   int              `json:"requested"` // wait for a decision
	Pending     int              `json:"pending"`
	Expired     int              `json:"expired"`
	Invitations *InvitationStats `json:"invitations"` // sent in these days; nil in a personal workspace
	Days        []DayActivity    `json:"days"`        // every day from From on, the oldest first
}

// DayActivity is one day of a chart.
type DayActivity struct {
	Date    string `json:"date"`    // 2006-01-02
	Changes int    `json:"changes"` // everything that people did
	Joined  int    `json:"joined"`  // who became a member
	Invited int    `json:"invited"` // invitations that became pending
}

// Overviews reach over 7 to 366 days, 30 unless asked.
const (
	DefaultOverviewDays = 30
	MinOverviewDays     = 7
	MaxOverviewDays     = 366
)

// CheckOverviewDays gives the number of days: n, or the default for 0.
func CheckOverviewDays(n int) (int, error) {
	switch {
	case n == 0:
		return DefaultOverviewDays, nil
	case n < MinOverviewDays || n > MaxOverviewDays:
		return 0, Invalid("days", "days must be from %d to %d", MinOverviewDays, MaxOverviewDays)
	}
	return n, nil
}
