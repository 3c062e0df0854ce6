package sshserver

import (
	"sync"
	"time"
)

// workTime is the time that a command may work. It stands still while the command
// waits for a person, who has a time of their own from the last key on.
type workTime struct {
	clock  func() time.Duration
	answer time.Duration
	late   func() // it has worked for too long
	silent func() // the person has not answered

	mu      sync.Mutex
	left    time.Duration
	since   time.Duration // by the clock, when it went on working
	working *time.Timer
	waiting *time.Timer // nil while it works
	over    bool
}

// startWork lets the time run.
func startWork(w *workTime) *workTime {
	w.since = w.clock()
	w.working = time.AfterFunc(w.left, w.late)
	return w
}

// wait stops the time until a key comes.
func (w *workTime) wait() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || w.waiting != nil {
		return
	}
	w.working.Stop()
	w.left = max(w.left-(w.clock()-w.since), time.Millisecond)
	w.waiting = time.AfterFunc(w.answer, w.silent)
}

// goOn lets the time run again.
func (w *workTime) goOn() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || w.waiting == nil {
		return
	}
	w.waiting.Stop()
	w.waiting = nil
	w.since = w.clock()
	w.working.Reset(w.left)
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
