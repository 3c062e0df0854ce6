package op

import (
	"strconv"
	"strings"
	"time"

	"muster/models"
)

// between reads a period.
func between(now time.Time, from, until string) (a, b time.Time, err error) {
	if a, err = parseTime(now, "from", from); err == nil {
		b, err = parseTime(now, "until", until)
	}
	return a, b, err
}

// parseTime reads a date, a time, or how long ago something was.
func parseTime(now time.Time, field, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if n, err := strconv.ParseUint(s[:len(s)-1], 10, 16); err == nil && units[s[len(s)-1]] > 0 {
		return now.Add(-time.Duration(n) * units[s[len(s)-1]]), nil
	}
	return time.Time{}, models.Invalid(field, "%s %q is not a time: 2026-08-01, 2026-08-01T14:00:00Z, or a number with m, h, d or w, for that long ago", field, s)
}

// cutLast cuts a name at its last dot.
func cutLast(name string) (before, after string, found bool) {
	i := strings.LastIndex(name, ".")
	if i < 0 {
		return "", name, false
	}
	return name[:i], name[i+1:], true
}
