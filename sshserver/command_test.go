package sshserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/models"
)

func TestCommandLimits(t *testing.T) {
	clock := &fakeClock{}
	h := open(t, func(c *Config) {
		c.Clock = clock.Now
		c.Limits = Limits{CommandBytes: 100, StdinBytes: 1000, CommandTime: 50 * time.Millisecond}
		c.Command = func(ctx context.Context, s *Session) int {
			switch s.Args[0] {
			case "count":
				b, err := io.ReadAll(s.In)
				fmt.Fprintf(s.Out, "%d %s", len(b), models.CodeOf(err))
				return models.CodeOf(err).ExitStatus()
			case "sleep":
				<-ctx.Done()
				return 0
			}
			return 0
		}
	})
	key := h.known("usr_ada")
	c := h.client("acme", key)

	t.Run("length", func(t *testing.T) {
		if r := run(t, c, strings.Repeat("a", 100)); r.status != 0 {
			t.Errorf("%+v", r)
		}
		if r := run(t, c, strings.Repeat("a", 101)); r.status != 7 || !strings.Contains(r.errOut, "100 bytes") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("words", func(t *testing.T) {
		if r := run(t, c, `a "b`); r.status != 2 || !strings.Contains(r.errOut, "unclosed") || !strings.Contains(r.errOut, "hint:") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("standard input", func(t *testing.T) {
		for _, x := range []struct {
			bytes int
			want  result
		}{{0, result{out: "0 ", status: 1}}, {1000, result{out: "1000 ", status: 1}}, {1001, result{out: "1000 limit", status: 7}}} {
			s := session(t, c)
			var out bytes.Buffer
			s.Stdin, s.Stdout = bytes.NewReader(make([]byte, x.bytes)), &out
			if st := status(s.Run("count")); out.String() != x.want.out || st != x.want.status {
				t.Errorf("%d bytes: %q, status %d", x.bytes, out.String(), st)
			}
			s.Close()
		}
	})
	t.Run("time", func(t *testing.T) {
		if r := run(t, c, "sleep"); r.status != 7 || !strings.Contains(r.errOut, "50ms") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("rate", func(t *testing.T) {
		clock.add(time.Second)
		for i := range 10 {
			if r := run(t, c, "x"); r.status != 0 {
				t.Fatalf("command %d: %+v", i, r)
			}
		}
		// The same user on another connection.
		if r := run(t, h.client("acme", key), "x"); r.status != 7 || !strings.Contains(r.errOut, "10 commands a second") {
			t.Errorf("%+v", r)
		}
		if r := run(t, h.client("acme", h.known("usr_bob")), "x"); r.status != 0 {
			t.Errorf("somebody else: %+v", r)
		}
		clock.add(100 * time.Millisecond)
		if r := run(t, c, "x"); r.status != 0 {
			t.Errorf("a tenth of a second later: %+v", r)
		}
	})
}

type fakeClock struct {
	mu  sync.Mutex
	now time.Duration
}

func (c *fakeClock) Now() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += d
}

func TestBucketsAreForgotten(t *testing.T) {
	clock := &fakeClock{}
	g := newGate(DefaultLimits(), clock.Now)
	for i := range 5000 {
		if !g.command(fmt.Sprint("usr_", i)) {
			t.Fatal("refused the first command")
		}
		clock.add(time.Millisecond)
	}
	if n := len(g.holders); n > 1100 {
		t.Errorf("%d buckets for 1000 users of the last second", n)
	}
}

// What a command writes is seen before it waits for an answer, and before a
// pause.
func TestCommandOutput(t *testing.T) {
	asked, waiting := make(chan struct{}), make(chan struct{})
	h := open(t, func(c *Config) {
		c.Command = func(_ context.Context, s *Session) int {
			for i := range 3 {
				fmt.Fprintf(s.Out, "line %d\n", i)
			}
			if s.Args[0] == "ask" {
				b := make([]byte, 3)
				n, err := io.ReadFull(s.In, b)
				fmt.Fprintf(s.Out, "%s %v\n", b[:n], err)
			}
			if s.Args[0] == "pause" {
				close(waiting)
				<-asked
			}
			fmt.Fprint(s.Out, strings.Repeat("x", 2*writeChunk), "\n")
			return 0
		}
	})
	c := h.client("acme", h.known("usr_ada"))
	tail := strings.Repeat("x", 2*writeChunk) + "\n"
	for _, line := range []string{"plain", "ask", "pause"} {
		s, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		in, err := s.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		var out journal
		s.Stdout = &out
		if err = s.Start(line); err != nil {
			t.Fatal(err)
		}
		want := "line 0\nline 1\nline 2\n"
		if line == "pause" {
			soon(t, "the command runs", waiting)
		}
		if line != "plain" {
			eventually(t, "what was written is there", func() bool { return out.String() == want })
		}
		switch line {
		case "ask":
			if _, err = io.WriteString(in, "yes"); err != nil {
				t.Fatal(err)
			}
			want += "yes <nil>\n"
		case "pause":
			close(asked)
		}
		if st := status(s.Wait()); st != 0 || out.String() != want+tail {
			t.Errorf("%s: status %d, output %q…", line, st, out.String()[:min(len(out.String()), 60)])
		}
	}
}

// Small writes go out together, large ones at once and as they are.
func TestBuffered(t *testing.T) {
	var got []string
	w := writerFunc(func(p []byte) (int, error) {
		got = append(got, string(p))
		return len(p), nil
	})
	b := &buffered{out: newOutput(time.Minute, nil), w: w, delay: time.Hour}
	large := strings.Repeat("x", writeChunk+1)
	for _, s := range []string{"a", "b", large, "c", large[:writeChunk], "d"} {
		if n, err := io.WriteString(b, s); n != len(s) || err != nil {
			t.Fatal(n, err)
		}
	}
	b.flush()
	b.flush()
	if want := []string{"ab", large, "c", large[:writeChunk], "d"}; !slices.Equal(got, want) {
		t.Errorf("written in pieces of %d, want %d", len(got), len(want))
	}
	b.w = writerFunc(func([]byte) (int, error) { return 0, io.ErrClosedPipe })
	_, _ = io.WriteString(b, "lost")
	b.flush()
	if _, err := io.WriteString(b, "late"); err == nil {
		t.Error("a write after a failed one succeeded")
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// A command that does not listen to its context is left behind, and its client
// is not.
func TestStubbornCommand(t *testing.T) {
	release := make(chan struct{})
	h := open(t, func(c *Config) {
		c.Limits = Limits{CommandTime: 10 * time.Millisecond, WindDown: 10 * time.Millisecond}
		c.Command = func(_ context.Context, s *Session) int {
			<-release
			if _, err := s.Out.Write([]byte("late")); !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("writing after the end: %v", err)
			}
			return 0
		}
	})
	c := h.client("acme", h.known("usr_ada"))
	if r := run(t, c, "x"); r.status != 7 || r.out != "" || !strings.Contains(r.errOut, "may take") {
		t.Errorf("%+v", r)
	}
	if h.Stats().Sessions != 1 {
		t.Error("what still runs is not counted")
	}
	close(release)
	eventually(t, "it returns", func() bool { return h.Stats().Sessions == 0 })
}
