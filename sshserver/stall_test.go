package sshserver

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

// floods is a command that writes more than a channel holds for a client that
// does not read.
func floods(l Limits) func(*Config) {
	return func(c *Config) {
		c.Limits = l
		c.Command = func(ctx context.Context, s *Session) int {
			if _, err := s.Out.Write(make([]byte, 8<<20)); err != nil {
				return 1
			}
			return 0
		}
	}
}

// flooded starts it with a client that has not begun to read.
func flooded(t *testing.T, h *house) (out, errOut io.Reader, wait func() int) {
	t.Helper()
	s := session(t, h.client("acme", h.known("usr_ada")))
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	errOut, err = s.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start("x"); err != nil {
		t.Fatal(err)
	}
	return out, errOut, func() int { return status(s.Wait()) }
}

// TestAReaderMayPause holds that the reader of a command's answer may be busy for
// longer than the command may work and a terminal may stall.
func TestAReaderMayPause(t *testing.T) {
	h := open(t, floods(Limits{Stall: 50 * time.Millisecond, CommandTime: 300 * time.Millisecond, CommandStall: 10 * time.Second}))
	out, _, wait := flooded(t, h)
	time.Sleep(600 * time.Millisecond)
	b, err := io.ReadAll(out)
	if st := wait(); len(b) != 8<<20 || err != nil || st != 0 {
		t.Errorf("%d bytes, %v, status %d", len(b), err, st)
	}
}

// TestAReaderThatPausesTooLongIsToldWhy holds that an answer that was cut off says
// so on standard error.
func TestAReaderThatPausesTooLongIsToldWhy(t *testing.T) {
	h := open(t, floods(Limits{CommandStall: 300 * time.Millisecond}))
	out, errOut, wait := flooded(t, h)
	time.Sleep(450 * time.Millisecond)
	go func() { _, _ = io.Copy(io.Discard, out) }()
	said, err := io.ReadAll(errOut)
	if st := wait(); st != 7 || err != nil || !strings.Contains(string(said), "nothing was read for 300ms, so the answer is incomplete") {
		t.Errorf("%q, %v, status %d", said, err, st)
	}
}

// One that never reads is thrown out in the end.
func TestAReaderThatNeverReads(t *testing.T) {
	h := open(t, floods(Limits{CommandStall: 150 * time.Millisecond}))
	_, _, _ = flooded(t, h)
	eventually(t, "it is thrown out", func() bool { return h.log.has("does not read") && h.Stats().Connections == 0 })
}
