// Package rate holds somebody or something to how often it may do a thing.
package rate

import "time"

// Rate is how often something may happen: Burst times at once, and once more each
// time that Each has passed.
type Rate struct {
	Burst int
	Each  time.Duration
}

// Per is a rate of n in a time, all of them at once if need be.
func Per(n int, d time.Duration) Rate { return Rate{Burst: n, Each: max(1, d/time.Duration(n))} }

// Bucket is what was used of a rate, by the generic cell rate algorithm: all there
// is to know is when everything will be free again. The zero Bucket is unused. It is
// not safe for use by several goroutines at once.
//
// Its time is that of a clock that begins anywhere. One that never goes back is best:
// going back by an hour is an hour to wait.
type Bucket struct{ free time.Duration }

// Until is how long it takes until everything is free again.
func (b *Bucket) Until(now time.Duration) time.Duration { return max(0, b.free-now) }

// Unused tells whether everything is free.
func (b *Bucket) Unused(now time.Duration) bool { return b.Until(now) == 0 }

// Left is how many there are to take.
func (b *Bucket) Left(now time.Duration, r Rate) int {
	return max(0, r.Burst-int((b.Until(now)+r.Each-1)/r.Each))
}

// Wait is how long it takes until there is one to take, 0 for now.
func (b *Bucket) Wait(now time.Duration, r Rate) time.Duration {
	return max(0, b.Until(now)-time.Duration(r.Burst-1)*r.Each)
}

// Take uses one if there is one, and otherwise says how long it takes until there is.
func (b *Bucket) Take(now time.Duration, r Rate) (wait time.Duration) {
	if wait = b.Wait(now, r); wait == 0 {
		b.Reserve(now, r)
	}
	return wait
}

// Reserve uses one in any case, and says how long its turn is away.
func (b *Bucket) Reserve(now time.Duration, r Rate) (wait time.Duration) {
	wait = b.Wait(now, r)
	b.free = now + b.Until(now) + r.Each
	return wait
}

// Limit lets no more than so many be used.
func (b *Bucket) Limit(now time.Duration, r Rate, most int) {
	b.free = min(b.free, now+time.Duration(most)*r.Each)
}
