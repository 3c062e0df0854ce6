package sshserver

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// busy is an app that takes a while to draw each key.
func busy(keys, drawn *atomic.Int64) func(context.Context, *Session) int {
	return func(ctx context.Context, s *Session) int {
		b := make([]byte, 512)
		for {
			n, err := s.In.Read(b)
			if err != nil {
				return 0
			}
			for range n {
				if s.Activity(); ctx.Err() != nil {
					return 0
				}
				keys.Add(1)
				for end := time.Now().Add(2 * time.Millisecond); time.Now().Before(end); {
				}
				if _, err := s.Out.Write([]byte("frame")); err != nil {
					return 0
				}
				drawn.Add(1)
			}
		}
	}
}

// A user with 80 screens whose keys never end gets what a person can press, and
// somebody else's commands are answered as if there were no such user.
func TestOneUserCostsOthersNothing(t *testing.T) {
	var keys, drawn atomic.Int64
	greedyApp := busy(&keys, &drawn)
	limits := Limits{KeysPerSecond: 100, FramesPerSecond: 60}
	h := open(t, func(c *Config) {
		c.Limits = limits
		c.App = greedyApp
	})
	greedy, other := h.known("usr_greedy"), h.known("usr_other")
	var feeders sync.WaitGroup
	begin := time.Now()
	stop := make(chan struct{})
	for range 20 {
		c := h.client("acme", greedy)
		for range 4 {
			app := startApp(t, c)
			feeders.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					if _, err := io.WriteString(app.in, "jjjjjjjj"); err != nil {
						return
					}
					<-time.After(time.Millisecond)
				}
			})
		}
	}
	eventually(t, "the first burst is over", func() bool { return keys.Load() > int64(limits.KeysPerSecond/2) })
	c := h.client("acme", other)
	var slow int
	const commands = 20
	for range commands {
		at := time.Now()
		if r := run(t, c, "x"); r.status != 0 {
			t.Fatalf("%+v", r)
		}
		if time.Since(at) > 100*time.Millisecond {
			slow++
		}
		<-time.After(110 * time.Millisecond) // within the rate of commands
	}
	// A machine that does other things as well is slow now and then.
	if slow > commands/2 {
		t.Errorf("%d of %d commands of somebody else took more than 100 ms", slow, commands)
	}
	took := time.Since(begin).Seconds()
	for what, got := range map[string]struct{ n, perSecond float64 }{
		"keys":   {float64(keys.Load()), float64(limits.KeysPerSecond)},
		"frames": {float64(drawn.Load()), float64(limits.FramesPerSecond)},
	} {
		// The burst, the rate, and one for each screen that waits for its turn.
		if most := got.perSecond/2 + got.perSecond*took + 80; got.n > most {
			t.Errorf("%.0f %s in %.1f s, at most %.0f", got.n, what, took, most)
		}
	}
	if drawn.Load() < 60 {
		t.Errorf("the greedy user saw %d frames", drawn.Load())
	}
	close(stop)
	_ = h.stop()
	feeders.Wait()
}

// Whoever waits for a turn ends with the session.
func TestWaitingForATurnEnds(t *testing.T) {
	var keys, drawn atomic.Int64
	app := busy(&keys, &drawn)
	h := open(t, func(c *Config) { c.Limits.KeysPerSecond, c.Limits.FramesPerSecond, c.App = 1, 1, app })
	term := startApp(t, h.client("acme", h.known("usr_ada")))
	if _, err := io.WriteString(term.in, "jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it waits", func() bool { return keys.Load() > 0 })
	begin := time.Now()
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("the stop took %s", d)
	}
}

// A stop takes no longer than the limit, whatever sessions do.
func TestStopTakesNoLongerThanTheLimit(t *testing.T) {
	release := make(chan struct{})
	h := open(t, func(c *Config) {
		c.Limits = Limits{StopNotice: 100 * time.Millisecond, Stop: time.Second, Stall: time.Minute, WindDown: time.Minute}
		c.App = func(context.Context, *Session) int { <-release; return 0 }
	})
	h.stubborn = true
	app := startApp(t, h.client("acme", h.known("usr_ada")))
	eventually(t, "it runs", func() bool { return h.Stats().Sessions == 1 })
	begin := time.Now()
	if h.Shutdown(context.Background()) == nil {
		t.Error("an app that does not return went unnoticed")
	}
	if d := time.Since(begin); d > 3*time.Second {
		t.Errorf("the stop took %s", d)
	}
	_ = app.Wait()
	close(release)
	eventually(t, "it returns", func() bool { return h.Stats().Sessions == 0 })
}
