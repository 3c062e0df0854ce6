package sshserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// neighbour is an innocent session that has to go on whatever the others do.
func neighbour(t *testing.T, h *house) (check func()) {
	t.Helper()
	c := h.client("acme", h.known("usr_innocent"))
	app := startApp(t, c)
	n := 0
	return func() {
		t.Helper()
		n++
		app.press(t, fmt.Sprintf("fine%d.", n))
	}
}

// besieged runs an attack, which has to end by itself, and looks whether
// everything is as before.
func besieged(t *testing.T, change func(*Config), attack func(t *testing.T, h *house)) {
	t.Helper()
	back := base(t)
	h := open(t, change)
	check := neighbour(t, h)
	check()
	quiet := base(t)
	attack(t, h)
	check()
	quiet()
	check()
	if got := h.Stats(); got != (Stats{Connections: 1, Sessions: 1}) {
		t.Errorf("left over: %+v", got)
	}
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	back()
}

// plug is a connection whose reading can be stopped: the kernel's buffers fill.
type plug struct {
	net.Conn
	mu      sync.Mutex
	stopped bool
	gone    chan struct{}
	once    sync.Once
}

func (p *plug) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
}

func (p *plug) Read(b []byte) (int, error) {
	if p.isStopped() {
		<-p.gone
		return 0, net.ErrClosed
	}
	n, err := p.Conn.Read(b)
	if p.isStopped() { // this read had begun before
		<-p.gone
		return 0, net.ErrClosed
	}
	return n, err
}

func (p *plug) isStopped() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stopped
}

func (p *plug) Close() error {
	p.once.Do(func() { close(p.gone) })
	return p.Conn.Close()
}

// through connects over a connection of the test's making.
func (h *house) through(wrap func(net.Conn) net.Conn, login string, key gossh.Signer) *gossh.Client {
	h.t.Helper()
	raw, err := net.Dial("tcp", h.addr)
	if err != nil {
		h.t.Fatal(err)
	}
	c, chans, reqs, err := gossh.NewClientConn(wrap(raw), h.addr, clientConfig(login, key))
	if err != nil {
		h.t.Fatal(err)
	}
	return gossh.NewClient(c, chans, reqs)
}

// flood is an app that writes until it cannot.
func flood(_ context.Context, s *Session) int {
	for {
		if _, err := s.Out.Write(make([]byte, 64<<10)); err != nil {
			return 0
		}
	}
}

func floodFor(user string) func(context.Context, *Session) int {
	return func(ctx context.Context, s *Session) int {
		if s.UserID == user {
			return flood(ctx, s)
		}
		return echo(ctx, s)
	}
}

func TestHostileSilence(t *testing.T) {
	besieged(t, func(c *Config) { c.Limits.Handshake = 100 * time.Millisecond }, func(t *testing.T, h *house) {
		for _, hello := range []string{"", "SSH-2.0-x\r\n", "SSH-2.0-x\r\n\x00\x00"} {
			c, _ := h.raw(hello)
			closed(t, c)
			_ = c.Close()
		}
	})
}

func TestHostileGarbage(t *testing.T) {
	besieged(t, func(c *Config) { c.Limits.Handshake = 500 * time.Millisecond }, func(t *testing.T, h *house) {
		noise := make([]byte, 64<<10)
		_, _ = rand.Read(noise)
		for _, hello := range []string{
			"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "SSH-1.5-old\r\n", strings.Repeat("x", 4096),
			strings.Repeat("\r\n", 2000), "SSH-2.0-x\r\n\xff\xff\xff\xff\xff\xff", "SSH-2.0-x\r\n" + string(noise), string(noise),
		} {
			c, err := net.Dial("tcp", h.addr)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(c, hello)
			closed(t, c)
			_ = c.Close()
		}
	})
}

func TestHostileNeverAuthenticates(t *testing.T) {
	besieged(t, nil, func(t *testing.T, h *house) {
		keys := make([]gossh.Signer, 60)
		for i := range keys {
			keys[i] = newKey(t)
		}
		for range 5 {
			if _, err := h.dial("acme", keys...); err == nil {
				t.Error("came in")
			}
		}
	})
}

func TestHostileChannelFlood(t *testing.T) {
	for _, kind := range []string{"session", "direct-tcpip"} {
		t.Run(kind, func(t *testing.T) {
			besieged(t, nil, func(t *testing.T, h *house) {
				c := h.client("acme", h.known("usr_mallory"))
				opened := 0
				for range 1000 {
					_, reqs, err := c.OpenChannel(kind, nil)
					var refused *gossh.OpenChannelError
					switch {
					case err == nil:
						opened++
						go gossh.DiscardRequests(reqs)
					case !errors.As(err, &refused):
						t.Fatal(err)
					}
				}
				if opened > 4 {
					t.Errorf("%d channels", opened)
				}
				if n := strings.Count(h.log.String(), "channel refused"); n > 10 {
					t.Errorf("%d lines in the log", n)
				}
				_ = c.Close()
			})
		})
	}
	t.Run("without reading the answers", func(t *testing.T) {
		besieged(t, func(c *Config) { c.Limits.Stall = 300 * time.Millisecond }, func(t *testing.T, h *house) {
			var p *plug
			c := h.through(func(raw net.Conn) net.Conn { p = &plug{Conn: raw, gone: make(chan struct{})}; return p },
				"acme", h.known("usr_mallory"))
			p.stop()
			var all sync.WaitGroup
			eventually(t, "it is thrown out", func() bool {
				for range 500 { // the buffers hold the answers to thousands
					all.Go(func() { _, _, _ = c.OpenChannel("session", nil) })
				}
				return h.Stats().Connections == 1
			})
			if !h.log.has("does not read the answers") {
				t.Error("for another reason")
			}
			_ = c.Close()
			all.Wait()
		})
	})
}

func TestHostileRequests(t *testing.T) {
	str := func(s ...string) []byte { return gossh.Marshal(struct{ A, B string }{s[0], s[1]}) }
	for name, payload := range map[string][]byte{
		"window-change": gossh.Marshal(struct{ W, H, X, Y uint32 }{80, 24, 0, 0}),
		"env":           str("LANG", strings.Repeat("x", 200)),
		"pty-req":       []byte("nonsense"),
		"signal":        str("USR1", ""),
		"break":         nil,
		"nonsense":      make([]byte, 30<<10),
	} {
		t.Run(name, func(t *testing.T) {
			besieged(t, nil, func(t *testing.T, h *house) {
				c := h.client("acme", h.known("usr_mallory"))
				app := startApp(t, c)
				for range 3000 {
					if _, err := app.SendRequest(name, false, payload); err != nil {
						t.Fatal(err)
					}
				}
				app.press(t, "through") // it was all read, and the app goes on
				_ = c.Close()
			})
		})
	}
	t.Run("before anything starts", func(t *testing.T) {
		besieged(t, nil, func(t *testing.T, h *house) {
			c := h.client("acme", h.known("usr_mallory"))
			s := session(t, c)
			for i := range 3000 {
				_, _ = s.SendRequest("env", false, str(fmt.Sprint("LANG", i), "x"))
				_, _ = s.SendRequest("env", false, str("LANG", fmt.Sprint(i)))
			}
			if err := s.Run("x"); err != nil {
				t.Error(err)
			}
			_ = c.Close()
		})
	})
}

func TestHostileCommand(t *testing.T) {
	besieged(t, nil, func(t *testing.T, h *house) {
		key := h.known("usr_mallory")
		c := h.client("acme", key)
		if r := run(t, c, strings.Repeat("a", 64<<10+1)); r.status != 7 {
			t.Errorf("%+v", r.status)
		}
		if r := run(t, c, strings.Repeat("a ", 32<<10)); r.status != 0 {
			t.Errorf("%+v", r.status)
		}
		_ = session(t, c).Start(strings.Repeat("a", 1<<20)) // more than a packet
		_ = c.Wait()
	})
}

func TestHostileStdin(t *testing.T) {
	for name, command := range map[string]func(context.Context, *Session) int{
		"read": func(_ context.Context, s *Session) int {
			if _, err := io.Copy(io.Discard, s.In); err == nil {
				t.Error("all of it was read")
			}
			return 7
		},
		"not read": func(context.Context, *Session) int { return 7 },
	} {
		t.Run(name, func(t *testing.T) {
			besieged(t, func(c *Config) { c.Command = command }, func(t *testing.T, h *house) {
				c := h.client("acme", h.known("usr_mallory"))
				s := session(t, c)
				s.Stdin = endless{}
				if st := status(s.Run("x")); st != 7 {
					t.Error(st)
				}
				_ = c.Close()
			})
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestHostileErrorStream(t *testing.T) {
	besieged(t, nil, func(t *testing.T, h *house) {
		c := h.client("acme", h.known("usr_mallory"))
		ch, reqs, err := c.OpenChannel("session", nil)
		if err != nil {
			t.Fatal(err)
		}
		go gossh.DiscardRequests(reqs)
		_, _ = ch.Stderr().Write([]byte("x"))
		_ = c.Wait()
	})
}

func TestHostileNeverReads(t *testing.T) {
	change := func(c *Config) {
		c.Limits.Stall = 200 * time.Millisecond
		c.App = floodFor("usr_mallory")
	}
	t.Run("the connection", func(t *testing.T) {
		besieged(t, change, func(t *testing.T, h *house) {
			var p *plug
			c := h.through(func(raw net.Conn) net.Conn { p = &plug{Conn: raw, gone: make(chan struct{})}; return p },
				"acme", h.known("usr_mallory"))
			ch, reqs, err := c.OpenChannel("session", nil)
			if err != nil {
				t.Fatal(err)
			}
			go gossh.DiscardRequests(reqs)
			_, _ = ch.SendRequest("pty-req", false, gossh.Marshal(struct {
				Term       string
				W, H, X, Y uint32
				Modes      string
			}{"xterm", 80, 24, 0, 0, ""}))
			p.stop()
			_, _ = ch.SendRequest("shell", false, nil)
			eventually(t, "it is thrown out", func() bool { return h.log.has("does not read") && h.Stats().Connections == 1 })
			_ = c.Close()
		})
	})
	t.Run("the channel", func(t *testing.T) {
		besieged(t, change, func(t *testing.T, h *house) {
			c := h.client("acme", h.known("usr_mallory"))
			ch, reqs, err := c.OpenChannel("session", nil)
			if err != nil {
				t.Fatal(err)
			}
			go gossh.DiscardRequests(reqs)
			_, _ = ch.SendRequest("pty-req", true, gossh.Marshal(struct {
				Term       string
				W, H, X, Y uint32
				Modes      string
			}{"xterm", 80, 24, 0, 0, ""}))
			_, _ = ch.SendRequest("shell", true, nil)
			_ = c.Wait() // its window fills, and that is it
			if !h.log.has("does not read") {
				t.Error("closed for something else")
			}
		})
	})
}

func TestSlowReaderIsServed(t *testing.T) {
	const size, stall = 2 << 20, time.Second
	h := open(t, func(c *Config) {
		c.Limits.Stall = stall
		c.Command = func(_ context.Context, s *Session) int {
			_, _ = s.Out.Write(make([]byte, size))
			return 0
		}
	})
	c := h.through(func(raw net.Conn) net.Conn { return slow{raw} }, "acme", h.known("usr_ada"))
	defer c.Close()
	begin := time.Now()
	if r := run(t, c, "x"); len(r.out) != size || r.status != 0 {
		t.Errorf("%d bytes, status %d", len(r.out), r.status)
	}
	if time.Since(begin) < 2*stall {
		t.Error("it was not slow")
	}
}

// slow takes a little at a time.
type slow struct{ net.Conn }

func (s slow) Read(b []byte) (int, error) {
	<-time.After(5 * time.Millisecond)
	return s.Conn.Read(b[:min(len(b), 4<<10)])
}

// A client that closes a channel and keeps the connection must leave nothing
// running, though the app sees neither input nor a failed write.
func TestHostileClosesChannelOnly(t *testing.T) {
	ended := make(chan error, 100)
	besieged(t, func(c *Config) {
		c.App = func(ctx context.Context, s *Session) int {
			if s.UserID != "usr_mallory" {
				return echo(ctx, s)
			}
			<-ctx.Done()
			ended <- context.Cause(ctx)
			return 0
		}
	}, func(t *testing.T, h *house) {
		c := h.client("acme", h.known("usr_mallory"))
		for range 50 {
			app := startApp(t, c)
			_ = app.Close()
			if err := soon(t, "the app's end", ended); !errors.Is(err, errHangup) {
				t.Error(err)
			}
		}
		eventually(t, "only the neighbour runs", func() bool { return h.Stats().Sessions == 1 })
		if h.Stats().Connections != 2 {
			t.Error("the connection was closed")
		}
		_ = c.Close()
	})
}

// One that does not confirm the end of its session is not waited for.
func TestHostileKeepsChannelOpen(t *testing.T) {
	besieged(t, func(c *Config) { c.Limits.Stall = 100 * time.Millisecond }, func(t *testing.T, h *house) {
		var p *plug
		c := h.through(func(raw net.Conn) net.Conn { p = &plug{Conn: raw, gone: make(chan struct{})}; return p },
			"acme", h.known("usr_mallory"))
		app := startApp(t, c)
		app.press(t, "x")
		p.stop() // the end of the session is never seen, so never confirmed
		_, _ = app.in.Write([]byte("q"))
		eventually(t, "it is thrown out", func() bool { return h.Stats().Connections == 1 })
		_ = c.Close()
	})
}

func TestHostileVanishes(t *testing.T) {
	besieged(t, func(c *Config) { c.Limits.Keepalive = 20 * time.Millisecond }, func(t *testing.T, h *house) {
		var p *plug
		c := h.through(func(raw net.Conn) net.Conn { p = &plug{Conn: raw, gone: make(chan struct{})}; return p },
			"acme", h.known("usr_mallory"))
		app := startApp(t, c)
		app.press(t, "x")
		p.stop() // no answer any more, and no end of the connection either
		eventually(t, "it is given up", func() bool { return h.log.has("does not answer") && h.Stats().Connections == 1 })
		_ = c.Close()
	})
}
