package sshserver

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"muster/models"
)

// raw opens a TCP connection and gives the server's first line.
func (h *house) raw(send string) (net.Conn, string) {
	h.t.Helper()
	c, err := net.Dial("tcp", h.addr)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, send); err != nil {
		h.t.Fatal(err)
	}
	line, _ := bufio.NewReader(c).ReadString('\n')
	return c, strings.TrimSpace(line)
}

// closed waits until the other side has closed.
func closed(t *testing.T, c net.Conn) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, c); err != nil {
		if e, ok := err.(net.Error); ok && e.Timeout() {
			t.Fatal("the server did not close")
		}
	}
}

func TestHandshakeLimits(t *testing.T) {
	h := open(t, func(c *Config) {
		c.Limits = Limits{Handshakes: 3, HandshakesAddress: 2, HandshakeWait: time.Millisecond}
	})
	key := h.known("usr_ada")
	first, line := h.raw("")
	if line != "SSH-2.0-muster" {
		t.Error(line)
	}
	h.raw("")
	if _, line := h.raw(""); !strings.Contains(line, "from your address") {
		t.Errorf("the third of two: %q", line)
	}
	_ = first.Close()
	eventually(t, "one place is free", func() bool { return h.Stats().Handshakes == 1 })
	// An authenticated connection holds no place.
	h.client("acme", key)
	h.client("acme", key)
	h.raw("")

	h = open(t, func(c *Config) { c.Limits = Limits{Handshakes: 2, HandshakesAddress: 5} })
	h.raw("")
	h.raw("")
	if _, line := h.raw(""); !strings.Contains(line, "too many connections are being set up") {
		t.Errorf("the third of two: %q", line)
	}
}

func TestHandshakeTime(t *testing.T) {
	back := base(t)
	h := open(t, func(c *Config) { c.Limits.Handshake = 50 * time.Millisecond })
	silent, _ := h.raw("")
	closed(t, silent)
	// One that sends something all the time.
	trickle, _ := h.raw("SSH-2.0-trickle\r\n")
	var err error
	for err == nil {
		_, err = trickle.Write([]byte{0})
		<-time.After(time.Millisecond)
	}
	closed(t, trickle)
	eventually(t, "the word in the log", func() bool { return h.log.has("it took too long") })
	_ = h.stop()
	_, _ = silent.Close(), trickle.Close()
	back()
}

func TestConnectionLimits(t *testing.T) {
	h := open(t, func(c *Config) { c.Limits = Limits{ConnectionsUser: 2, Connections: 3} })
	key, other := h.known("usr_ada"), h.known("usr_bob")
	refused := func(key gossh.Signer) string {
		told := ""
		cfg := clientConfig("acme", key)
		cfg.BannerCallback = func(text string) error { told += text; return nil }
		if c, err := gossh.Dial("tcp", h.addr, cfg); err == nil {
			c.Close()
			t.Error("came in")
		}
		return told
	}
	first := h.client("acme", key)
	h.client("acme", key)
	if told := refused(key); !strings.Contains(told, "you have 2 connections") {
		t.Errorf("told %q", told)
	}
	h.client("acme", other)
	if told := refused(other); !strings.Contains(told, "its limit of connections") {
		t.Errorf("told %q", told)
	}
	first.Close()
	eventually(t, "one place is free", func() bool { return h.Stats().Connections == 2 })
	h.client("acme", other)
}

func TestChannelLimit(t *testing.T) {
	h := open(t, nil)
	c := h.client("acme", h.known("usr_ada"))
	var apps []*terminal
	for range 4 {
		apps = append(apps, startApp(t, c))
	}
	_, err := c.NewSession()
	if refused, ok := err.(*gossh.OpenChannelError); !ok || refused.Reason != gossh.ResourceShortage {
		t.Errorf("the fifth session: %v", err)
	}
	apps[0].Close()
	eventually(t, "a place is free", func() bool {
		s, err := c.NewSession()
		if err == nil {
			s.Close()
		}
		return err == nil
	})
	apps[3].press(t, "alive")
}

func TestNetworksAreCountedAsOne(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"2001:db8::1", "2001:db8::2:0:0:1", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"fe80::1%eth0", "fe80::2%eth1", true},
	} {
		if got := models.Network(netip.MustParseAddr(c.a)) == models.Network(netip.MustParseAddr(c.b)); got != c.same {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}

func TestProxyProtocol(t *testing.T) {
	const header = "PROXY TCP4 203.0.113.7 127.0.0.1 4242 22\r\n"
	address := func(c *Config) {
		c.Command = func(_ context.Context, s *Session) int {
			fmt.Fprint(s.Out, s.RemoteAddr)
			return 0
		}
	}
	through := func(h *house, key gossh.Signer) (string, error) {
		conn, err := net.Dial("tcp", h.addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, header); err != nil {
			t.Fatal(err)
		}
		sc, chans, reqs, err := gossh.NewClientConn(conn, h.addr, clientConfig("acme", key))
		if err != nil {
			conn.Close()
			return "", err
		}
		c := gossh.NewClient(sc, chans, reqs)
		defer c.Close()
		return run(t, c, "x").out, nil
	}

	listed := open(t, func(c *Config) {
		address(c)
		c.ProxyFrom = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	if got, err := through(listed, listed.known("usr_ada")); err != nil || got != "203.0.113.7:4242" {
		t.Errorf("through the proxy: %q %v", got, err)
	}
	if _, line := listed.raw("SSH-2.0-direct\r\n"); !strings.Contains(line, "no usable PROXY header") {
		t.Errorf("a proxy without a header: %q", line)
	}

	unlisted := open(t, func(c *Config) {
		address(c)
		c.ProxyFrom = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}
	})
	if got, err := through(unlisted, unlisted.known("usr_ada")); err == nil && !strings.HasPrefix(got, "127.0.0.1:") {
		t.Errorf("a header from anybody is believed: %q", got)
	}
}

func TestIdle(t *testing.T) {
	warned := make(chan Notice, 10)
	h := open(t, func(c *Config) {
		c.Limits = Limits{Idle: 600 * time.Millisecond, IdleWarning: 300 * time.Millisecond, Keepalive: 20 * time.Millisecond}
		c.App = func(ctx context.Context, s *Session) int {
			ctx, cancel := context.WithCancelCause(ctx)
			defer cancel(nil)
			go func() { // output is no activity
				for ctx.Err() == nil {
					_, _ = s.Out.Write([]byte("."))
					<-time.After(5 * time.Millisecond)
				}
			}()
			go func() {
				for {
					select {
					case n := <-s.Notices:
						warned <- n.(Notice)
					case <-ctx.Done():
						return
					}
				}
			}()
			return echo(ctx, s)
		}
	})
	app := startApp(t, h.client("acme", h.known("usr_ada")))
	begin := time.Now()
	if n := soon(t, "the warning", warned); n.Kind != NoticeIdle || n.Left <= 0 || n.Left > 300*time.Millisecond {
		t.Errorf("%+v", n)
	}
	app.press(t, "x")
	pressed := time.Now()
	soon(t, "another warning", warned)
	if st := status(app.Wait()); st != 0 {
		t.Errorf("status %d", st)
	}
	if time.Since(pressed) < 500*time.Millisecond || time.Since(begin) < 800*time.Millisecond {
		t.Error("a key pressed did not restart the idle time")
	}
	if !app.errOut.has("there was no input for 600ms") {
		t.Errorf("told %q", app.errOut)
	}
	eventually(t, "the connection is closed", func() bool { return h.Stats().Connections == 0 })
}

func TestIdleWithoutSession(t *testing.T) {
	h := open(t, func(c *Config) { c.Limits.Idle = 50 * time.Millisecond })
	c := h.client("acme", h.known("usr_ada"))
	_ = c.Wait()
	eventually(t, "the word in the log", func() bool { return h.log.has("there was no input for 50ms") })
}

func TestLifetime(t *testing.T) {
	h := open(t, func(c *Config) { c.Limits.Lifetime = 2 * time.Second })
	app := startApp(t, h.client("acme", h.known("usr_ada")))
	if status(app.Wait()) != 0 || !app.errOut.has("which is the limit") {
		t.Errorf("told %q", app.errOut)
	}
}

func TestKeepalive(t *testing.T) {
	back := base(t)
	h := open(t, func(c *Config) { c.Limits = Limits{Keepalive: 10 * time.Millisecond} })
	key := h.known("usr_ada")
	// connect gives a client that answers probes or does not.
	connect := func(answer bool, probes *atomic.Int32) gossh.Conn {
		raw, err := net.Dial("tcp", h.addr)
		if err != nil {
			t.Fatal(err)
		}
		c, chans, reqs, err := gossh.NewClientConn(raw, h.addr, clientConfig("acme", key))
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for ch := range chans {
				_ = ch.Reject(gossh.Prohibited, "")
			}
		}()
		go func() {
			for r := range reqs {
				if r.Type == "keepalive@openssh.com" {
					probes.Add(1)
				}
				if answer {
					_ = r.Reply(false, nil)
				}
			}
		}()
		return c
	}
	var good, bad atomic.Int32
	alive := connect(true, &good)
	dead := connect(false, &bad)
	_ = dead.Wait()
	eventually(t, "the word in the log", func() bool { return h.log.has("does not answer") })
	if bad.Load() != 1 {
		t.Errorf("%d probes", bad.Load())
	}
	eventually(t, "many probes", func() bool { return good.Load() > 10 })
	if _, _, err := alive.SendRequest("still@there", true, nil); err != nil {
		t.Error(err)
	}
	_ = alive.Close()
	_ = dead.Close()
	_ = h.stop()
	back()
}

func TestStopTellsEverybody(t *testing.T) {
	back := base(t)
	seen := make(chan Notice, 10)
	working, finish := make(chan struct{}), make(chan struct{})
	h := open(t, func(c *Config) {
		c.Limits = Limits{StopNotice: 100 * time.Millisecond}
		c.App = func(ctx context.Context, s *Session) int {
			seen <- (<-s.Notices).(Notice)
			<-ctx.Done()
			return 0
		}
		c.Command = func(_ context.Context, s *Session) int {
			close(working)
			<-finish
			_, _ = io.WriteString(s.Out, "written whole")
			return 0
		}
	})
	key := h.known("usr_ada")
	app := startApp(t, h.client("acme", key))
	idle := h.client("acme", key)
	setUp, _ := h.raw("")
	done := make(chan result, 1)
	c := h.client("acme", key)
	go func() { done <- run(t, c, "work") }()
	<-working
	stopped := make(chan error, 1)
	go func() { stopped <- h.Shutdown(context.Background()) }()
	if n := soon(t, "the notice", seen); n.Kind != NoticeStopping {
		t.Errorf("%+v", n)
	}
	close(finish)
	if r := soon(t, "the command's end", done); r.out != "written whole" || r.status != 0 {
		t.Errorf("%+v", r)
	}
	if st := status(app.Wait()); st != 0 || !app.errOut.has("the server is stopping") {
		t.Errorf("status %d, told %q", st, app.errOut)
	}
	_ = idle.Wait()
	closed(t, setUp)
	_ = setUp.Close()
	if err := soon(t, "the stop", stopped); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", h.addr); err == nil {
		t.Error("still listening")
	}
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	back()
}

func TestStopDoesNotWaitForEver(t *testing.T) {
	release := make(chan struct{})
	h := open(t, func(c *Config) {
		c.Limits = Limits{StopNotice: 10 * time.Millisecond, Stop: 50 * time.Millisecond, WindDown: 20 * time.Millisecond, Stall: 20 * time.Millisecond}
		c.App = func(context.Context, *Session) int { <-release; return 0 }
	})
	h.stubborn = true
	app := startApp(t, h.client("acme", h.known("usr_ada")))
	eventually(t, "it runs", func() bool { return h.Stats().Sessions == 1 })
	if err := h.Shutdown(context.Background()); err == nil {
		t.Error("an app that does not return went unnoticed")
	}
	_ = app.Wait()
	close(release)
	eventually(t, "it returns", func() bool { return h.Stats().Sessions == 0 })
	if err := h.stop(); err == nil {
		t.Error("Serve does not tell")
	}
}

func TestCloseUserAndKey(t *testing.T) {
	h := open(t, nil)
	ada, ada2, bob := h.known("usr_ada"), h.known("usr_ada"), h.known("usr_bob")
	one, two := startApp(t, h.client("acme", ada)), startApp(t, h.client("acme", ada2))
	other := startApp(t, h.client("acme", bob))
	if got := h.Holders(); len(got) != 3 {
		t.Errorf("%d holders: %v", len(got), got)
	}
	h.CloseKey(gossh.FingerprintSHA256(ada2.PublicKey()), "this key was removed")
	if status(two.Wait()) != 0 || !two.errOut.has("this key was removed") {
		t.Errorf("told %q", two.errOut)
	}
	one.press(t, "still here")
	h.CloseUser("usr_ada", "your account was suspended")
	if status(one.Wait()) != 0 || !one.errOut.has("your account was suspended") {
		t.Errorf("told %q", one.errOut)
	}
	other.press(t, "here too")
}

func TestDefaultsAreThoseOfTheDocument(t *testing.T) {
	if got := (Limits{}).withDefaults(); got != DefaultLimits() {
		t.Errorf("%+v", got)
	}
	if got := (Limits{Idle: time.Hour, Keys: 3}).withDefaults(); got.Keys != 3 || got.IdleWarning != 50*time.Minute {
		t.Errorf("%+v", got)
	}
}

func TestServeAfterShutdown(t *testing.T) {
	s, err := New(Config{
		HostKeyPath: t.TempDir() + "/key", Directory: &directory{},
		App: echo, Command: echo,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Shutdown(context.Background()); err != nil || s.Addr() != nil {
		t.Error(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(context.Background(), ln); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		t.Error("it listens")
	}
}

func TestListenAndServe(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	log := &journal{}
	s, err := New(Config{
		Listen: "127.0.0.1:0", HostKeyPath: t.TempDir() + "/key", Directory: &directory{},
		App: echo, Command: echo, Log: slog.New(slog.NewJSONHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.ListenAndServe(ctx) }()
	eventually(t, "it listens", func() bool { return log.has(`"msg":"listening"`) })
	if c, err := net.Dial("tcp", s.Addr().String()); err != nil {
		t.Error(err)
	} else {
		_ = c.Close()
	}
	cancel()
	if err := soon(t, "it ends", served); err != nil {
		t.Error(err)
	}
}
