package screen

import (
	"sync"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
)

// answerPause is how long after a question a program that ends stays for the
// answer. What came later would be typed into the person's shell.
const answerPause = 500 * time.Millisecond

// questions counts those a terminal was asked and has not answered. Terminals
// answer in order, so those that only some answer need no count: they are
// between others.
type questions struct {
	mu    sync.Mutex
	open  int
	asked time.Time     // the last one
	none  chan struct{} // closed when open becomes 0; nil while it is
}

func (q *questions) ask(now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open == 0 {
		q.none = make(chan struct{})
	}
	q.open++
	q.asked = now
}

// heard takes an event that may be an answer.
func (q *questions) heard(ev uv.Event) {
	switch ev.(type) {
	case uv.ModeReportEvent, uv.BackgroundColorEvent, uv.ForegroundColorEvent:
	default:
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open == 0 {
		return
	}
	if q.open--; q.open == 0 {
		close(q.none)
	}
}

// wait waits until all is answered, answerPause after the last question, or
// until gone is closed.
func (q *questions) wait(now time.Time, gone <-chan struct{}) {
	q.mu.Lock()
	open, none, left := q.open, q.none, answerPause-now.Sub(q.asked)
	q.mu.Unlock()
	if open == 0 || left <= 0 {
		return
	}
	t := time.NewTimer(min(left, answerPause))
	defer t.Stop()
	select {
	case <-none:
	case <-t.C:
	case <-gone:
	}
}
