package kit

import (
	"fmt"
	"time"

	"muster/tui/host"
	"muster/tui/ui"
)

// Ago says how long ago something was, in one short word.
func Ago(now, t time.Time) string {
	return ui.Span(now.Sub(t))
}

// Until says how much time is left, rounded up: what was given two days a
// moment ago has 48 hours left.
func Until(now, t time.Time) string {
	switch d := t.Sub(now); {
	case d <= 0:
		return "over"
	case d <= time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d <= time.Hour:
		return fmt.Sprintf("%dm", int((d+time.Minute-1)/time.Minute))
	case d <= 48*time.Hour:
		return fmt.Sprintf("%dh", int((d+time.Hour-1)/time.Hour))
	default:
		return fmt.Sprintf("%dd", int((d+24*time.Hour-1)/(24*time.Hour)))
	}
}

// Date is a day as a column shows it.
func Date(h host.Host, t time.Time) string { return t.In(h.Zone).Format("2006-01-02") }

// Minute is a time as a column shows it.
func Minute(h host.Host, t time.Time) string { return t.In(h.Zone).Format("2006-01-02 15:04") }

// Moment is a time in full, with how long ago it was.
func Moment(h host.Host, t time.Time) string {
	full := t.In(h.Zone).Format("2006-01-02 15:04 MST")
	switch d := h.Now.Sub(t); {
	case d < -time.Minute:
		return full + " (in " + Until(h.Now, t) + ")"
	case d < time.Minute:
		return full + " (now)"
	default:
		return full + " (" + ui.Span(d) + " ago)"
	}
}

// MomentOr is a time in full, or what to say without one.
func MomentOr(h host.Host, t *time.Time, none string) string {
	if t == nil {
		return none
	}
	return Moment(h, *t)
}

// LastSeen says when somebody was last seen, in one short word. Whoever looks is
// seen now: it takes the store a moment to know that.
func LastSeen(h host.Host, userID string, at *time.Time) string {
	switch {
	case userID == h.Actor.Subject():
		return "now"
	case at == nil:
		return "never"
	}
	return Ago(h.Now, *at)
}

// LastSeenMinute is LastSeen to the minute, "" for never.
func LastSeenMinute(h host.Host, userID string, at *time.Time) string {
	switch {
	case userID == h.Actor.Subject():
		return Minute(h, h.Now)
	case at == nil:
		return ""
	}
	return Minute(h, *at)
}

// LastSeenMoment is lastSeen in full.
func LastSeenMoment(h host.Host, userID string, at *time.Time) string {
	if userID == h.Actor.Subject() {
		return "now"
	}
	return MomentOr(h, at, "never")
}

// NextPeriod is the one after a period that is looked over: 7, 30, 90 days.
func NextPeriod(days int) int {
	switch days {
	case 7:
		return 30
	case 30:
		return 90
	}
	return 7
}
