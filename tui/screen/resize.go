package screen

import (
	"sync"
	"time"
)

// resizeGap is the least time between two sizes that reach the model: twenty a
// second.
const resizeGap = 50 * time.Millisecond

// sizes passes on a terminal's sizes, no more often than once in resizeGap.
// Only the latest counts, and it always arrives.
type sizes struct {
	send func() // tells the program to take one; may block

	mu     sync.Mutex
	latest Size
	held   bool // latest was not taken
	sent   bool // the program was told, and has not taken it
	timer  *time.Timer
	over   bool
}

// set notes a size. It never blocks.
func (s *sizes) set(size Size) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest, s.held = clamp(size), true
	s.pass()
}

// pass tells the program, unless that has to wait. s.mu is held.
func (s *sizes) pass() {
	if s.over || !s.held || s.sent || s.timer != nil {
		return
	}
	s.sent = true
	s.timer = time.AfterFunc(resizeGap, s.rested)
	go s.send()
}

func (s *sizes) rested() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer = nil
	s.pass()
}

// take gives the latest size once the program comes to it.
func (s *sizes) take() Size {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held, s.sent = false, false
	return s.latest
}

// stop ends it; sizes that come later are lost.
func (s *sizes) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	if s.timer != nil {
		s.timer.Stop()
	}
}
