package models

import (
	"fmt"
	"time"
)

// Count is a number with its noun; without a plural one it gets an s.
func Count(n int, noun string, plural ...string) string {
	if n != 1 {
		if len(plural) > 0 {
			noun = plural[0]
		} else {
			noun += "s"
		}
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// Span is a length of time in the largest unit of which there are at least two:
// "2 days", "36 hours", "90 seconds". It rounds within the next smaller unit, so
// that what was to take 48 hours ten seconds ago still takes two days.
func Span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d.Round(time.Hour) >= 2*day:
		return Count(int(d.Round(time.Hour)/day), "day")
	case d.Round(time.Minute) >= 2*time.Hour:
		return Count(int(d.Round(time.Minute)/time.Hour), "hour")
	case d.Round(time.Second) >= 2*time.Minute:
		return Count(int(d.Round(time.Second)/time.Minute), "minute")
	}
	return Count(int(d/time.Second), "second")
}

// Ago is a time in relation to now: "2 days ago", "in 36 hours", "now".
func Ago(now, t time.Time) string {
	d := now.Sub(t)
	switch {
	case d > -time.Second && d < time.Second:
		return "now"
	case d < 0:
		return "in " + Span(-d)
	}
	return Span(d) + " ago"
}
