package clock_test

import (
	"testing"
	"time"

	"muster/internal/clock"
)

func TestSystemIsWhatTheStoreCanKeep(t *testing.T) {
	now := clock.System()
	if now.Location() != time.UTC {
		t.Errorf("location is %v, want UTC", now.Location())
	}
	if back := time.UnixMicro(now.UnixMicro()).UTC(); back != now {
		t.Errorf("%v comes back from microseconds as %v", now, back)
	}
	if d := time.Since(now); d < 0 || d > time.Minute {
		t.Errorf("it is %v away from the machine's time", d)
	}
}

func TestManualMovesOnlyWhenTold(t *testing.T) {
	zone := time.FixedZone("x", 3600)
	m := clock.NewManual(time.Date(2026, 8, 1, 12, 0, 0, 1234, zone))
	want := time.Date(2026, 8, 1, 11, 0, 0, 1000, time.UTC)
	if got := m.Now(); got != want {
		t.Errorf("stands at %v, want %v", got, want)
	}
	if got := m.Advance(time.Hour); got != want.Add(time.Hour) || m.Now() != got {
		t.Errorf("after an hour %v, want %v", got, want.Add(time.Hour))
	}
}
