package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// A server that has come to rest gives back what its sessions needed to start
// and to draw: the collector leaves as much free as is in use, and stacks as
// deep as they ever were. It is at rest when it allocates little, and giving
// back is worth its while once much was allocated since the last time.
const (
	restLook  = 500 * time.Millisecond
	restAlloc = 512 << 10 // bytes in restLook
	restWorth = 8 << 20   // bytes since memory was given back
	restShare = 20        // it takes one part of so many of the time at most
)

// rest gives memory back.
type rest struct {
	allocated func() uint64 // bytes since the start of the process
	free      func()
	now       func() time.Time

	seen  uint64    // allocated at the last look
	freed uint64    // allocated when memory was given back
	next  time.Time // not before
}

// startRest looks after the memory of a server until ctx ends or the returned
// function is called.
func startRest(ctx context.Context, now func() time.Time) (stop func()) {
	ctx, stop = context.WithCancel(ctx)
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	r := &rest{
		allocated: func() uint64 {
			metrics.Read(sample)
			return sample[0].Value.Uint64()
		},
		free: func() {
			runtime.GC() // one collection halves stacks that are too deep, so one more than is needed to free
			debug.FreeOSMemory()
		},
		now: now,
	}
	go func() {
		tick := time.NewTicker(restLook)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				r.look()
			}
		}
	}()
	return stop
}

// look gives memory back if it is time to.
func (r *rest) look() {
	n, begin := r.allocated(), r.now()
	quiet := n-r.seen < restAlloc
	r.seen = n
	if !quiet || n-r.freed < restWorth || begin.Before(r.next) {
		return
	}
	r.free()
	r.freed = r.allocated()
	r.seen = r.freed
	end := r.now()
	r.next = end.Add(restShare * end.Sub(begin))
}
