package screen

import (
	"context"
	"time"
)

// resizeGap is the least time between two sizes that reach the model: twenty a
// second.
const resizeGap = 50 * time.Millisecond

// conflate passes on sizes until ctx is done or sizes is closed, no more often
// than once in resizeGap. Only the latest counts, and it always arrives.
func conflate(ctx context.Context, sizes <-chan Size, send func(Size)) {
	if sizes == nil {
		return
	}
	var (
		latest Size
		timer  *time.Timer
		due    <-chan time.Time // set while sizes may not pass
		held   bool
	)
	for {
		select {
		case <-ctx.Done():
			if timer != nil {
				timer.Stop()
			}
			return
		case s, ok := <-sizes:
			if !ok {
				if held {
					send(latest)
				}
				return
			}
			latest, held = clamp(s), true
		case <-due:
			due = nil
		}
		if held && due == nil {
			send(latest)
			held = false
			timer = time.NewTimer(resizeGap)
			due = timer.C
		}
	}
}
