package sshserver

import (
	"sync"
	"time"
)

// workTime is the time that a command may work. It stands still while the command
// waits for its client: for a person, who has a time of their own from the last
// key on, or for a reader of what it writes.
type workTime struct {
	clock  func() time.Duration
	answer time.Duration
	late   func() // it has worked for too long
	silent func() // the person has not answered

	mu      sync.Mutex
	left    time.Duration
	since   time.Duration // by the clock, when it went on working
	waits   int           // for how much it waits; 0 while it works
	working *time.Timer
	waiting *time.Timer // for a key; nil while it does not
	over    bool
}

// startWork lets the time run.
func startWork(w *workTime) *workTime {
	w.since = w.clock()
	w.working = time.AfterFunc(w.left, w.late)
	return w
}

// pause stops the time.
func (w *workTime) pause() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waits++; w.waits == 1 && !w.over {
		w.working.Stop()
		w.left = max(w.left-(w.clock()-w.since), time.Millisecond)
	}
}

// goOn lets the time run again.
func (w *workTime) goOn() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waits--; w.waits == 0 && !w.over {
		w.since = w.clock()
		w.working.Reset(w.left)
	}
}

// ask stops the time until a key comes, for which the person has theirs.
func (w *workTime) ask() {
	w.pause()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.waiting = time.AfterFunc(w.answer, w.silent)
	}
}

// answered is the end of ask.
func (w *workTime) answered() {
	w.mu.Lock()
	if w.waiting != nil {
		w.waiting.Stop()
		w.waiting = nil
	}
	w.mu.Unlock()
	w.goOn()
}

// stop ends it.
func (w *workTime) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.working.Stop()
	if w.waiting != nil {
		w.waiting.Stop()
	}
}
