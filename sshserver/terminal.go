package sshserver

import (
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	gossh "golang.org/x/crypto/ssh"
)

// allowedEnv are the variables a client may set.
var allowedEnv = [...]string{"LANG", "COLORTERM", "NO_COLOR", "TZ"}

// setEnv takes an env request.
func (s *Session) setEnv(payload []byte) bool {
	var p struct{ Name, Value string }
	l := s.conn.srv.limits
	if gossh.Unmarshal(payload, &p) != nil || s.envSet >= l.EnvVars || len(p.Value) > l.EnvBytes ||
		!slices.Contains(allowedEnv[:], p.Name) || strings.ContainsFunc(p.Value, notPrintable) {
		return false
	}
	if s.Env == nil {
		s.Env = make(map[string]string, len(allowedEnv))
	}
	s.Env[p.Name] = p.Value
	s.envSet++
	return true
}

func notPrintable(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }

// setPTY takes a pty-req. There is no terminal device behind it: the client has
// one, and the app draws for it.
func (s *Session) setPTY(payload []byte) bool {
	var p struct {
		Term                            string
		Width, Height, PixelsX, PixelsY uint32
		Modes                           string
	}
	if s.HasPTY || gossh.Unmarshal(payload, &p) != nil || len(p.Term) > s.conn.srv.limits.TermBytes ||
		strings.ContainsFunc(p.Term, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return false
	}
	size := s.clamp(p.Width, p.Height)
	s.HasPTY, s.Term, s.Width, s.Height = true, p.Term, size.Width, size.Height
	s.resize.init(s.conn.srv.limits.ResizeInterval)
	return true
}

// windowChange takes a window-change request.
func (s *Session) windowChange(payload []byte) bool {
	var p struct{ Width, Height, PixelsX, PixelsY uint32 }
	if !s.HasPTY || gossh.Unmarshal(payload, &p) != nil {
		return false
	}
	s.resize.set(s.clamp(p.Width, p.Height))
	return true
}

// clamp keeps a size within the limits. Zero means that the client does not
// know, as under a script.
func (s *Session) clamp(width, height uint32) Size {
	l := s.conn.srv.limits
	fit := func(n uint32, usual, most int) int {
		if n == 0 {
			n = uint32(usual)
		}
		return int(min(n, uint32(most)))
	}
	return Size{Width: fit(width, 80, l.Width), Height: fit(height, 24, l.Height)}
}

// signal takes a signal request: what ends a program ends the session.
func (s *Session) signal(payload []byte) bool {
	var p struct{ Name string }
	if gossh.Unmarshal(payload, &p) != nil {
		return false
	}
	switch p.Name {
	case "INT", "TERM", "HUP", "QUIT", "KILL":
		s.cancel(errHangup)
		return true
	}
	return false
}

// resizer hands out the latest size, not more often than once in an interval,
// and never blocks the one who sets it.
type resizer struct {
	mu       sync.Mutex
	interval time.Duration
	changed  func(Size) // nil until somebody wants to know
	next     Size
	timer    *time.Timer // runs while a size was handed out less than interval ago
	waiting  bool        // next is to be handed out
	stopped  bool
}

func (r *resizer) init(interval time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.interval = interval
}

func (r *resizer) on(changed func(Size)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changed = changed
	r.put()
}

func (r *resizer) set(size Size) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next, r.waiting = size, true
	r.put()
}

// put hands out next if it is time to. r.mu is held.
func (r *resizer) put() {
	if r.stopped || !r.waiting || r.changed == nil || r.timer != nil {
		return
	}
	r.waiting = false
	r.timer = time.AfterFunc(r.interval, r.rested)
	r.changed(r.next)
}

func (r *resizer) rested() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timer = nil
	r.put()
}

func (r *resizer) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	if r.timer != nil {
		r.timer.Stop()
	}
}
