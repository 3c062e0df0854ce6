// Package jobs does in the background what falls due by itself: mails that are
// to leave, memberships that end, deleted organizations that are purged.
package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"muster/internal/clock"
	"muster/store"
)

// backoff is the wait of a job whose run failed.
var backoff = clock.Backoff{First: time.Second, Most: time.Minute}

// atLeast is the time between two runs that no signal asked for, should a job
// name a time that has passed, again and again.
const atLeast = time.Second

// Job is one kind of work. Its state is in the store, so that any number of
// workers, in this process and others, may run the same job at the same time.
type Job struct {
	Name string // as the log calls it
	// Run does what is due and says when there is more to do: the zero time if
	// nothing is known to fall due.
	Run func(ctx context.Context) (next time.Time, err error)
	// Signal says that something falls due earlier than Run said; nil for a job
	// that needs none.
	Signal <-chan struct{}
	// Longest bounds the sleep between two runs; 0 is no bound.
	Longest time.Duration

	end func() // closes Signal's source
}

// On gives a job the signals of a subscription, which its worker closes.
func (j Job) On(s *store.Subscription) Job {
	j.Signal, j.end = s.C, s.Close
	return j
}

// Worker runs jobs. Its fields are set once, before its first use.
type Worker struct {
	Jobs  []Job
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time // time.After outside of tests
	Log   *slog.Logger
}

// Start runs each job as often as it is due, until ctx ends or wait is called,
// which returns when what was under way has ended. Jobs do not wait for each
// other: a mail server that does not answer keeps no membership from ending.
func (w *Worker) Start(ctx context.Context) (wait func()) {
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	for _, j := range w.Jobs {
		running.Go(func() {
			if j.end != nil {
				defer j.end()
			}
			w.run(ctx, j)
		})
	}
	return func() {
		stop()
		running.Wait()
	}
}

func (w *Worker) run(ctx context.Context, j Job) {
	failures := 0
	for ctx.Err() == nil {
		next, err := j.Run(ctx)
		if ctx.Err() != nil {
			return
		}
		var timer <-chan time.Time
		if err != nil {
			failures++
			wait := backoff.Wait(failures)
			w.Log.Error("a job failed", "job", j.Name, "error", err, "again", wait)
			timer = w.After(wait)
		} else {
			failures = 0
			timer = w.sleep(next, j.Longest)
		}
		select {
		case <-ctx.Done():
		case <-j.Signal:
		case <-timer:
		}
	}
}

// sleep is a timer for the next run, nil where only a signal ends the sleep.
func (w *Worker) sleep(next time.Time, longest time.Duration) <-chan time.Time {
	if next.IsZero() {
		if longest == 0 {
			return nil
		}
		return w.After(longest)
	}
	wait := max(next.Sub(w.Now()), atLeast)
	if longest > 0 {
		wait = min(wait, longest)
	}
	return w.After(wait)
}
