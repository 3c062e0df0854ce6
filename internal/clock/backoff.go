package clock

import "time"

// Backoff is how long to wait after failures in a row: First, then twice as
// long each time, up to Most.
type Backoff struct{ First, Most time.Duration }

// Wait is the wait after so many failures in a row, of which there is one at
// least.
func (b Backoff) Wait(failures int) time.Duration {
	wait := b.First
	for range failures - 1 {
		if wait >= b.Most/2 {
			return b.Most
		}
		wait *= 2
	}
	return min(wait, b.Most)
}
