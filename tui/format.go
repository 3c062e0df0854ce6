package tui

import (
	"fmt"
	"strings"
	"time"

	"muster/tui/ui"
)

// zoneOf is the viewer's time zone, where the client says (TZ), else UTC.
func zoneOf(env []string) *time.Location {
	for _, kv := range env {
		if name, ok := strings.CutPrefix(kv, "TZ="); ok && plainZone(name) {
			if loc, err := time.LoadLocation(name); err == nil {
				return loc
			}
		}
	}
	return time.UTC
}

// plainZone keeps a client's word from naming any other file than one of the
// zone database.
func plainZone(name string) bool {
	return name != "" && !strings.Contains(name, "..") && !strings.HasPrefix(name, "/") && !strings.Contains(name, "\\")
}

// ago says how long ago something was, in one short word.
func ago(now, t time.Time) string {
	return span(now.Sub(t))
}

// span is a length of time in one short word; what is shorter than a minute is
// "now".
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// until says how much time is left, rounded up: what was given two days a
// moment ago has 48 hours left.
func until(now, t time.Time) string {
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

// date is a day as a column shows it.
func (a *App) date(t time.Time) string { return t.In(a.zone).Format("2006-01-02") }

// moment is a time in full, with how long ago it was.
func (a *App) moment(t time.Time) string {
	full := t.In(a.zone).Format("2006-01-02 15:04 MST")
	switch d := a.now.Sub(t); {
	case d < -time.Minute:
		return full + " (in " + until(a.now, t) + ")"
	case d < time.Minute:
		return full + " (now)"
	default:
		return full + " (" + span(d) + " ago)"
	}
}

// lastSeen says when somebody was last seen, in one short word. Whoever looks is
// seen now: it takes the store a moment to know that.
func (a *App) lastSeen(userID string, at *time.Time) string {
	switch {
	case userID == a.actor.Subject():
		return "now"
	case at == nil:
		return "never"
	}
	return ago(a.now, *at)
}

// lastSeenMoment is lastSeen in full.
func (a *App) lastSeenMoment(userID string, at *time.Time) string {
	if userID == a.actor.Subject() {
		return "now"
	}
	return a.momentOr(at, "never")
}

// count is a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return ui.Count(n, false) + " " + many
}
