package api

import (
	"sync"
	"time"

	"muster/internal/rate"
)

// Rate is how often something may happen.
type Rate = rate.Rate

// maxLimited is how many names a limiter keeps. Where there are more, those that
// have used least are forgotten.
const maxLimited = 10_000

// limiter holds many to one rate, each by a name.
type limiter struct {
	rate  Rate
	since time.Time
	mu    sync.Mutex
	used  map[string]rate.Bucket
}

func newLimiter(r Rate, now time.Time) *limiter {
	return &limiter{rate: r, since: now, used: map[string]rate.Bucket{}}
}

// wait is how long it takes until a name has one to use, 0 for now.
func (l *limiter) wait(name string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.used[name]
	return b.Wait(now.Sub(l.since), l.rate)
}

// take uses one, and otherwise says how long it takes until there is one.
func (l *limiter) take(name string, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := now.Sub(l.since)
	b, known := l.used[name]
	if !known && len(l.used) >= maxLimited {
		l.forget(at)
	}
	wait = b.Take(at, l.rate)
	l.used[name] = b
	return wait
}

// forget makes room: for all that have nothing used, and failing that for some.
func (l *limiter) forget(now time.Duration) {
	for name, b := range l.used {
		if b.Unused(now) {
			delete(l.used, name)
		}
	}
	for name := range l.used {
		if len(l.used) < maxLimited {
			return
		}
		delete(l.used, name)
	}
}

// atOnce counts what each is doing at the moment.
type atOnce struct {
	most int
	mu   sync.Mutex
	now  map[string]int
}

// begin tells whether there is room for one more, which end makes free again.
func (o *atOnce) begin(name string) (end func(), ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.now[name] >= o.most {
		return nil, false
	}
	if o.now == nil {
		o.now = map[string]int{}
	}
	o.now[name]++
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.now[name]--; o.now[name] == 0 {
			delete(o.now, name)
		}
	}, true
}
