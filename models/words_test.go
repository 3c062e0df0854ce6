package models_test

import (
	"testing"
	"time"

	"muster/models"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                "0s",
		600 * time.Millisecond:           "600ms",
		time.Second:                      "1 second",
		60 * time.Second:                 "60 seconds",
		119 * time.Second:                "119 seconds",
		2 * time.Minute:                  "2 minutes",
		30 * time.Minute:                 "30 minutes",
		59*time.Minute + 59*time.Second:  "59 minutes",
		2*time.Hour - 10*time.Second:     "2 hours",
		2*time.Hour - time.Minute:        "119 minutes",
		24 * time.Hour:                   "24 hours",
		47 * time.Hour:                   "47 hours",
		48*time.Hour - 10*time.Second:    "2 days",
		30*24*time.Hour - 10*time.Second: "30 days",
	} {
		if got := models.Span(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{models.Count(1, "seat"), "1 seat"}, {models.Count(0, "seat"), "0 seats"}, {models.Count(2, "seat"), "2 seats"},
		{models.Count(1, "person", "people"), "1 person"}, {models.Count(3, "person", "people"), "3 people"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}
