package store

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// flushTimeout bounds one write behind.
const flushTimeout = 10 * time.Second

// behind is what a log needs that timers write, behind the changes it collects.
type behind struct {
	mu      sync.Mutex
	closed  bool
	working sync.WaitGroup
}

// background makes a timer's function, which stop waits for. It does nothing once
// the log is closed.
func (b *behind) background(log *slog.Logger, failure string, work func(context.Context) error) func() {
	return func() {
		b.mu.Lock()
		if b.closed {
			b.mu.Unlock()
			return
		}
		b.working.Add(1)
		b.mu.Unlock()
		defer b.working.Done()
		writeBehind(log, failure, work)
	}
}

// stop closes the log and waits for what is being written. Where left, which is
// asked under the lock, says that there is more, last writes it.
func (b *behind) stop(log *slog.Logger, failure string, left func() bool, last func(context.Context) error, timers ...**time.Timer) {
	b.mu.Lock()
	b.closed = true
	for _, t := range timers {
		if *t != nil {
			(*t).Stop()
		}
	}
	more := left()
	b.mu.Unlock()
	b.working.Wait()
	if more {
		writeBehind(log, failure, last)
	}
}

// writeBehind does work within flushTimeout, and logs that it failed.
func writeBehind(log *slog.Logger, failure string, work func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if err := work(ctx); err != nil {
		log.Warn(failure, "err", err)
	}
}
