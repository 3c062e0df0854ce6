package memory

import (
	"testing"
	"time"
)

// A server gives memory back once, after work and when it rests, and never for
// more than a small part of the time.
func TestRest(t *testing.T) {
	now, allocated, freed, tasks := time.Unix(0, 0), uint64(0), 0, 10
	const pause = 100 * time.Millisecond
	r := &rest{allocated: func() uint64 { return allocated }, tasks: func() int { return tasks }, now: func() time.Time { return now }}
	r.free = func() {
		freed++
		now = now.Add(pause)
		allocated += 4096
	}
	look := func(alloc uint64, want int, what string) {
		t.Helper()
		now = now.Add(restLook)
		allocated += alloc
		if r.look(); freed != want {
			t.Fatalf("%s: memory was given back %d times, want %d", what, freed, want)
		}
	}
	look(restWorth, 0, "at work")
	look(restAlloc, 0, "still at work")
	look(0, 1, "at rest")
	for range 2 * restShare {
		look(1000, 1, "little happened since")
	}
	tasks += restTasks
	look(1000, 1, "sessions have come")
	tasks -= restTasks
	look(restAlloc, 1, "they are going")
	look(0, 2, "they have gone")
	for range 2 * restShare {
		look(1000, 2, "nobody went since")
	}
	look(2*restWorth, 2, "at work again")
	look(0, 3, "at rest again")
	for begin := now; freed < 4; {
		look(2*restWorth, 3, "at work")
		if r.look(); freed == 4 && now.Sub(begin) < restShare*pause {
			t.Fatalf("memory was given back again after %s", now.Sub(begin))
		}
	}
}
