package clock_test

import (
	"math"
	"testing"
	"time"

	"muster/internal/clock"
)

func TestBackoff(t *testing.T) {
	b := clock.Backoff{First: 30 * time.Second, Most: time.Hour}
	for failures, want := range map[int]time.Duration{
		0: 30 * time.Second, 1: 30 * time.Second, 2: time.Minute, 3: 2 * time.Minute, 7: 32 * time.Minute,
		8: time.Hour, 9: time.Hour, math.MaxInt: time.Hour,
	} {
		if got := b.Wait(failures); got != want {
			t.Errorf("after %d failures: %s, want %s", failures, got, want)
		}
	}
	if got := (clock.Backoff{First: time.Hour, Most: time.Minute}).Wait(1); got != time.Minute {
		t.Errorf("a first wait above the longest is %s", got)
	}
}
