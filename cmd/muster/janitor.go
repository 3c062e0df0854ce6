package main

import (
	"context"

	"muster/internal/janitor"
	"muster/store"
)

// startJanitor lets what is due at a set time happen in the background until
// ctx ends. The function it gives waits for what is being done.
func (c *cli) startJanitor(ctx context.Context, s *store.Store) (wait func()) {
	ctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	due := s.SweepDue()
	go func() {
		defer close(done)
		defer due.Close()
		(&janitor.Janitor{House: s, Now: c.env.Now, After: c.env.After, Log: c.log}).Run(ctx, due.C)
	}()
	return func() {
		stop()
		<-done
	}
}
