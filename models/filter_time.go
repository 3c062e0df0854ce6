package models

import (
	"strings"
	"time"
)

// Period is a stretch of time: from From on and before Until. A zero time is no
// bound.
type Period struct{ From, Until time.Time }

// IsZero tells whether nothing bounds it.
func (p Period) IsZero() bool { return p.From.IsZero() && p.Until.IsZero() }

// WhenHelp is what ParseWhen reads, for people.
const WhenHelp = "<7d, >30d, 2026-08-01, 2026-08 or 2026-08-01..2026-08-15"

// ParseWhen reads when something was: how long ago it is, less (<7d, 7d) or more
// (>30d); a day, a month or a year; before (<) or after (>) one of them; or from
// one to another, with .. between them. Days are those of UTC.
func ParseWhen(field, s string, now time.Time) (p Period, err error) {
	bad := Invalid(field, "%s %q is not a time: %s", field, clip(SafeText(s), 30), WhenHelp)
	if from, until, ok := strings.Cut(s, ".."); ok {
		a, okFrom := calendar(from)
		b, okUntil := calendar(until)
		if from == "" && until == "" || from != "" && !okFrom || until != "" && !okUntil {
			return p, bad
		}
		p = Period{a.From, b.Until}
		if !p.From.IsZero() && !p.Until.IsZero() && !p.From.Before(p.Until) {
			return p, Invalid(field, "%s %q ends before it starts", field, clip(SafeText(s), 30))
		}
		return p, nil
	}
	sign, rest := "", s
	if s != "" && (s[0] == '<' || s[0] == '>') {
		sign, rest = s[:1], s[1:]
	}
	if c, ok := calendar(rest); ok {
		switch sign {
		case "<":
			return Period{Until: c.From}, nil
		case ">":
			return Period{From: c.Until}, nil
		}
		return c, nil
	}
	weeks := strings.HasSuffix(rest, "w")
	span, err := ParseSpan(field, strings.Replace(rest, "w", "d", 1))
	if err != nil || rest == "" || isDigits(rest) {
		return p, bad
	}
	if weeks {
		span = min(span, 1<<59) * 7
	}
	at := now.Add(-span)
	if at.Year() < 1 {
		return p, bad
	}
	if sign == ">" {
		return Period{Until: at}, nil
	}
	return Period{From: at}, nil
}

// calendar reads a day, a month or a year, or a moment, which lasts a second.
func calendar(s string) (Period, bool) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return Period{t.UTC(), t.UTC().Add(time.Second)}, true
	}
	for _, f := range []struct {
		layout              string
		years, months, days int
	}{{time.DateOnly, 0, 0, 1}, {"2006-01", 0, 1, 0}, {"2006", 1, 0, 0}} {
		if t, err := time.Parse(f.layout, s); err == nil {
			return Period{t, t.AddDate(f.years, f.months, f.days)}, true
		}
	}
	return Period{}, false
}
