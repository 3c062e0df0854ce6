// Package clock is where the time comes from. Everything that needs the time
// takes a func() time.Time; production passes System, a test a Manual's Now.
package clock

import (
	"sync"
	"time"
)

// System is the time of this machine in UTC, cut to microseconds: what the
// store keeps, so that a time read back equals the one written. It carries no
// monotonic reading; for measuring durations use time.Now.
func System() time.Time {
	return time.Now().UTC().Truncate(time.Microsecond)
}

// Manual is a clock that moves only when told. It is safe for concurrent use.
type Manual struct {
	mu  sync.Mutex
	now time.Time
}

// NewManual makes a clock that stands at t, in UTC and cut to microseconds.
func NewManual(t time.Time) *Manual {
	return &Manual{now: t.UTC().Truncate(time.Microsecond)}
}

// Now is the time the clock stands at.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Advance moves the clock by d, which may be negative, and gives the new time.
func (m *Manual) Advance(d time.Duration) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
	return m.now
}
