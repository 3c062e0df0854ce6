package models

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseSpan reads a span of time: seconds as a bare number, or a number with s,
// m, h or d.
func ParseSpan(field, s string) (time.Duration, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	unit := time.Second
	num := s
	if n := len(s); n > 0 {
		switch s[n-1] {
		case 's':
			num = s[:n-1]
		case 'm':
			num, unit = s[:n-1], time.Minute
		case 'h':
			num, unit = s[:n-1], time.Hour
		case 'd':
			num, unit = s[:n-1], 24*time.Hour
		}
	}
	n, err := strconv.ParseInt(num, 10, 32)
	if err != nil || n < 0 || !isDigits(num) {
		return 0, Invalid(field, "%s %q is not a time: seconds, or a number with s, m, h or d, like 3600, 1h or 2d", field, clip(SafeText(s), 20))
	}
	if n > int64(math.MaxInt64/unit) { // a large number of days would wrap round
		return math.MaxInt64, nil
	}
	return time.Duration(n) * unit, nil
}

// FormatExpiry is the shortest form that ParseExpiry reads back.
func FormatExpiry(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0:
		return strconv.FormatInt(int64(d/(24*time.Hour)), 10) + "d"
	case d%time.Hour == 0:
		return strconv.FormatInt(int64(d/time.Hour), 10) + "h"
	case d%time.Minute == 0:
		return strconv.FormatInt(int64(d/time.Minute), 10) + "m"
	}
	return strconv.FormatInt(int64(d/time.Second), 10)
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
