package main

import (
	"context"

	"muster/internal/jobs"
	"muster/store"
)

// start runs jobs in the background until ctx ends. The function it gives waits
// for what is under way.
func (c *cli) start(ctx context.Context, work ...jobs.Job) (wait func()) {
	return (&jobs.Worker{Jobs: work, Now: c.env.Now, After: c.env.After, Log: c.log}).Start(ctx)
}

func (c *cli) janitor(s *store.Store) jobs.Job {
	return jobs.Janitor(s, c.log).On(s.SweepDue())
}
