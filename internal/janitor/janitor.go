// Package janitor lets what is to happen at a set time happen: memberships that
// end, nominations that run out, deleted organizations that are purged.
package janitor

import (
	"context"
	"log/slog"
	"time"

	"muster/store"
)

const (
	// longest is how long the janitor sleeps at most, for what has no time of
	// its own and for clocks that are set.
	longest = time.Hour
	// firstPause and longPause bound the wait after errors of the store.
	firstPause = time.Second
	longPause  = 5 * time.Minute
)

// House is the part of the store that is kept in order. Several janitors, in
// this process and others, may work at the same time.
type House interface {
	Sweep(ctx context.Context) error
	Purge(ctx context.Context) (store.PurgeReport, error)
	NextSweep(ctx context.Context) (at time.Time, ok bool, err error)
}

// Janitor keeps a house in order. Its fields are set once, before its first use.
type Janitor struct {
	House House
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time // time.After outside of tests
	Log   *slog.Logger
}

// Run does what is due, then sleeps until the next time or a signal on due, and
// so on until ctx ends. Errors of the store are logged and tried again.
func (j *Janitor) Run(ctx context.Context, due <-chan struct{}) {
	pause := firstPause
	for ctx.Err() == nil {
		at, some, err := j.Once(ctx)
		wait := longest
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			j.Log.Error("cannot do what is due", "error", err)
			wait = pause
			pause = min(2*pause, longPause)
		default:
			pause = firstPause
			if some {
				// At least a moment, should the store name a time that has passed.
				wait = min(max(at.Sub(j.Now()), firstPause), longest)
			}
		}
		select {
		case <-ctx.Done():
		case <-due:
		case <-j.After(wait):
		}
	}
}

// Once does what is due now and says when there is more to do.
func (j *Janitor) Once(ctx context.Context) (at time.Time, some bool, err error) {
	if err := j.House.Sweep(ctx); err != nil {
		return at, false, err
	}
	r, err := j.House.Purge(ctx)
	for _, code := range r.Organizations {
		j.Log.Info("purged a deleted organization", "code", code)
	}
	if err != nil {
		return at, false, err
	}
	return j.House.NextSweep(ctx)
}
