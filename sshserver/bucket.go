package sshserver

import "time"

// rate is how often something may happen: burst times at once, and a second's
// worth each second after that.
type rate struct {
	burst     float64
	perSecond float64
}

// bucket is what somebody has used of a rate. The zero bucket is unused.
type bucket struct {
	used float64
	at   time.Duration // of the server's clock
}

// leak lets go of what has been used long enough ago.
func (b *bucket) leak(now time.Duration, r rate) {
	b.used = max(0, b.used-r.perSecond*(now-b.at).Seconds())
	b.at = now
}

// take uses one of the rate, if there is one.
func (b *bucket) take(now time.Duration, r rate) bool {
	b.leak(now, r)
	if b.used+1 > r.burst {
		return false
	}
	b.used++
	return true
}

// reserve uses one of the rate in any case, and says how long its turn is away.
func (b *bucket) reserve(now time.Duration, r rate) time.Duration {
	b.leak(now, r)
	b.used++
	return r.wait(b.used - r.burst)
}

// untilFree is how long it takes until there is one to take.
func (b *bucket) untilFree(now time.Duration, r rate) time.Duration {
	b.leak(now, r)
	return r.wait(b.used + 1 - r.burst)
}

// unused tells whether nothing is left of what was used.
func (b *bucket) unused(now time.Duration, r rate) bool {
	b.leak(now, r)
	return b.used == 0
}

// wait is how long it takes until n are free again.
func (r rate) wait(n float64) time.Duration {
	if n <= 0 {
		return 0
	}
	return time.Duration(n / r.perSecond * float64(time.Second))
}
