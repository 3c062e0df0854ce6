// Package memory looks after the memory of a process that serves many for long.
package memory

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
// back is worth its while once much was allocated, or many sessions ended, since
// the last time.
const (
	restLook  = 500 * time.Millisecond
	restAlloc = 512 << 10 // bytes in restLook
	restWorth = 8 << 20   // bytes since memory was given back
	restTasks = 100       // goroutines that have ended since, some five a session
	restShare = 20        // it takes one part of so many of the time at most
)

// reserve is how much may be allocated, in bytes, before the collector runs a
// first time. By itself it runs for each four megabytes in a small heap, which
// are some forty pages of a list, and doubles the time of every twentieth page.
const reserve = 64 << 20

// rest gives memory back.
type rest struct {
	allocated func() uint64 // bytes since the start of the process
	tasks     func() int    // goroutines
	free      func()
	now       func() time.Time

	seen  uint64    // allocated at the last look
	freed uint64    // allocated when memory was given back
	most  int       // goroutines since then
	next  time.Time // not before
}

// Manage looks after the memory of a server until ctx ends or the returned
// function is called. It measures with the clock that only goes forward.
func Manage(ctx context.Context) (stop func()) {
	ctx, stop = context.WithCancel(ctx)
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	r := &rest{
		allocated: func() uint64 {
			metrics.Read(sample)
			return sample[0].Value.Uint64()
		},
		tasks: runtime.NumGoroutine,
		free: func() {
			runtime.GC() // one collection halves stacks that are too deep, so one more than is needed to free
			debug.FreeOSMemory()
		},
		now: time.Now,
	}
	go func() {
		// The collector waits until as much has been allocated as is in use, and
		// this counts as in use. It is never written to, so it takes no memory.
		ballast := make([]byte, reserve)
		defer runtime.KeepAlive(ballast)
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
	n, tasks, begin := r.allocated(), r.tasks(), r.now()
	quiet := n-r.seen < restAlloc
	r.seen = n
	r.most = max(r.most, tasks)
	worth := n-r.freed >= restWorth || r.most-tasks >= restTasks
	if !quiet || !worth || begin.Before(r.next) {
		return
	}
	r.free()
	r.most = tasks
	r.freed = r.allocated()
	r.seen = r.freed
	end := r.now()
	r.next = end.Add(restShare * end.Sub(begin))
}
