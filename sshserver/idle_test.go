package sshserver

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

// TestSetIdle gives a session a limit of its own: it is warned and ended, while
// another one on the same connection goes on.
func TestSetIdle(t *testing.T) {
	sessions := make(chan *Session, 2)
	h := open(t, func(c *Config) {
		c.App = func(ctx context.Context, s *Session) int {
			sessions <- s
			return echo(ctx, s)
		}
	})
	c := h.client("acme", h.known("ada"))
	strict, free := startApp(t, c), (*terminal)(nil)
	first := soon(t, "the first app", sessions)
	free = startApp(t, c)
	soon(t, "the second app", sessions)

	const limit = 600 * time.Millisecond
	first.SetIdle(limit)
	n := soon(t, "the warning", first.Notices).(Notice)
	if n.Kind != NoticeIdle || n.Left <= 0 || n.Left > limit/6 {
		t.Errorf("the warning is %+v", n)
	}
	if !strings.Contains(n.String(), "ends in 0s") {
		t.Errorf("the warning says %q", n)
	}
	// A key starts the time anew; a second warning shows it.
	strict.press(t, "a")
	if n := soon(t, "the second warning", first.Notices).(Notice); n.Left > limit/6 {
		t.Errorf("the second warning is %+v", n)
	}
	// What is pressed elsewhere on the connection does not.
	free.press(t, "b")
	ended := make(chan error, 1)
	go func() { ended <- strict.Wait() }()
	soon(t, "the end", ended)
	if !strings.Contains(strict.errOut.String(), "there was no input for 600ms") {
		t.Errorf("the last word is %q", strict.errOut)
	}
	free.press(t, "c")
}

// TestSetIdleLeavesTheServersLimit holds what does not shorten the time.
func TestSetIdleLeavesTheServersLimit(t *testing.T) {
	sessions := make(chan *Session, 1)
	h := open(t, func(c *Config) {
		c.App = func(ctx context.Context, s *Session) int {
			sessions <- s
			return echo(ctx, s)
		}
	})
	term := startApp(t, h.client("acme", h.known("ada")))
	s := soon(t, "the app", sessions)
	timed := func() bool {
		s.idle.mu.Lock()
		defer s.idle.mu.Unlock()
		return s.idle.timer != nil
	}
	for _, same := range []time.Duration{0, -time.Second, DefaultLimits().Idle, time.Hour} {
		if s.SetIdle(same); timed() {
			t.Errorf("%s sets a limit", same)
		}
	}
	if s.SetIdle(time.Minute); !timed() {
		t.Error("a minute sets none")
	}
	if s.SetIdle(0); timed() {
		t.Error("the limit cannot be lifted")
	}
	if _, err := io.WriteString(term.in, "q"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end", func() bool { return h.Stats().Sessions == 0 })
	if s.SetIdle(time.Minute); timed() {
		t.Error("a session that has ended gets a timer")
	}
}
