package jobs

import (
	"context"
	"log/slog"
	"time"

	"muster/store"
)

// longestSleep of the janitor is for what has no time of its own, and for
// clocks that are set.
const longestSleep = time.Hour

// Calendar is the part of the store in which time alone brings something about.
type Calendar interface {
	Sweep(ctx context.Context) error
	Purge(ctx context.Context) (store.PurgeReport, error)
	NextSweep(ctx context.Context) (at time.Time, ok bool, err error)
}

// Janitor ends memberships whose end has come and nominations that ran out, and
// purges organizations that were deleted long enough ago.
func Janitor(c Calendar, log *slog.Logger) Job {
	return Job{
		Name:    "janitor",
		Longest: longestSleep,
		Run: func(ctx context.Context) (next time.Time, err error) {
			if err := c.Sweep(ctx); err != nil {
				return next, err
			}
			r, err := c.Purge(ctx)
			for _, code := range r.Organizations {
				log.Info("purged a deleted organization", "code", code)
			}
			if err != nil {
				return next, err
			}
			next, _, err = c.NextSweep(ctx)
			return next, err
		},
	}
}
