package api

import (
	"sync"
	"time"
)

// Rate is how often something may happen: Burst times at once, and once more each
// time that Each has passed.
type Rate struct {
	Burst int
	Each  time.Duration
}

// maxLimited is how many names a limiter keeps. Where there are more, those that
// have used least are forgotten.
const maxLimited = 10_000

// limiter holds many to one rate, each by a name (the generic cell rate algorithm:
// of each it knows only when all that it has used is free again).
type limiter struct {
	rate Rate
	mu   sync.Mutex
	free map[string]time.Time
}

func newLimiter(r Rate) *limiter { return &limiter{rate: r, free: map[string]time.Time{}} }

// wait is how long it takes until a name has one to use, 0 for now.
func (l *limiter) wait(name string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.until(name, now)
}

func (l *limiter) until(name string, now time.Time) time.Duration {
	used := max(0, l.free[name].Sub(now))
	return max(0, used+l.rate.Each-time.Duration(l.rate.Burst)*l.rate.Each)
}

// take uses one, and otherwise says how long it takes until there is one.
func (l *limiter) take(name string, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait = l.until(name, now); wait == 0 {
		l.use(name, now)
	}
	return wait
}

// spend uses one whether or not there is one.
func (l *limiter) spend(name string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until(name, now) == 0 {
		l.use(name, now)
	}
}

func (l *limiter) use(name string, now time.Time) {
	if _, known := l.free[name]; !known && len(l.free) >= maxLimited {
		l.forget(now)
	}
	at := l.free[name]
	if at.Before(now) {
		at = now
	}
	l.free[name] = at.Add(l.rate.Each)
}

// forget makes room: for all that have nothing used, and failing that for some.
func (l *limiter) forget(now time.Time) {
	for name, at := range l.free {
		if !at.After(now) {
			delete(l.free, name)
		}
	}
	for name := range l.free {
		if len(l.free) < maxLimited {
			return
		}
		delete(l.free, name)
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
