package sshserver

import (
	"fmt"
	"muster/models"
	"sync"
	"time"
)

// idleLimit is a session's own limit on idling, below that of the connection.
type idleLimit struct {
	mu     sync.Mutex
	limit  time.Duration // 0 for none
	last   time.Duration // age of the connection at the last activity in this session
	warned bool          // since then
	timer  *time.Timer   // nil without a limit
	over   bool          // the session has ended
}

// warnAfter is when the warning comes: a sixth before the end, as for the
// server's own limit.
func warnAfter(limit time.Duration) time.Duration { return limit - limit/6 }

// SetIdle ends this session after limit without a call of Activity, with a
// Notice a sixth of it before. It may be called at any time, such as when the
// app shows something else. 0, and what is not below Limits.Idle, leaves it to
// that. A session that has idled too long already gets the warning first.
func (s *Session) SetIdle(limit time.Duration) {
	if limit < 0 || limit >= s.conn.srv.limits.Idle {
		limit = 0
	}
	age, i := s.conn.age(), &s.idle
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.over || limit == i.limit {
		return
	}
	i.limit, i.warned = limit, false
	if i.timer != nil {
		i.timer.Stop()
		i.timer = nil
	}
	if limit > 0 {
		i.last = max(i.last, age-warnAfter(limit))
		i.timer = time.AfterFunc(i.next(age), s.idled)
	}
}

// next is how long the timer may sleep. i.mu is held.
func (i *idleLimit) next(age time.Duration) time.Duration {
	at := i.last + i.limit
	if !i.warned {
		at = i.last + warnAfter(i.limit)
	}
	return max(at-age, time.Millisecond)
}

// active notes that something was pressed. The timer finds out by itself.
func (i *idleLimit) active(age time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last, i.warned = age, false
}

func (i *idleLimit) stop() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.over = true
	if i.timer != nil {
		i.timer.Stop()
	}
}

// idled warns or ends when it is time, and else sleeps on.
func (s *Session) idled() {
	age, i := s.conn.age(), &s.idle
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.over || i.timer == nil {
		return
	}
	switch idle := age - i.last; {
	case idle >= i.limit:
		s.cancel(&Ended{Reason: fmt.Sprintf("there was no input for %s", models.Span(i.limit))})
		return
	case idle >= warnAfter(i.limit) && !i.warned:
		i.warned = true
		s.notify(Notice{Kind: NoticeIdle, Left: i.limit - idle})
	}
	i.timer.Reset(i.next(age))
}
