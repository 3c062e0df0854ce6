package sshserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

func TestWhatRuns(t *testing.T) {
	h := open(t, func(c *Config) {
		c.App = func(_ context.Context, s *Session) int {
			fmt.Fprintf(s.Out, "app %d×%d %s\n", s.Width, s.Height, s.Term)
			return 3
		}
		c.Command = func(_ context.Context, s *Session) int {
			fmt.Fprintf(s.Out, "command %q pty %v\n", s.Args, s.HasPTY)
			fmt.Fprintf(s.Err, "to stderr\n")
			return 5
		}
	})
	key := h.known("usr_ada")
	c := h.client("acme", key)
	for _, x := range []struct {
		name, line string
		pty        bool
		want       result
	}{
		{"terminal, no command", "", true, result{out: "app 80×24 xterm\n", status: 3}},
		{"terminal, blank command", "  ", true, result{out: "app 80×24 xterm\n", status: 3}},
		{"command", "a 'b c'", false, result{out: "command [\"a\" \"b c\"] pty false\n", errOut: "to stderr\n", status: 5}},
		{"command, terminal", "a", true, result{out: "command [\"a\"] pty true\r\n", errOut: "to stderr\r\n", status: 5}},
		{"neither", "", false, result{errOut: help, status: 2}},
		{"blank command", " \t", false, result{errOut: help, status: 2}},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := session(t, c)
			defer s.Close()
			var out, errOut bytes.Buffer
			s.Stdout, s.Stderr = &out, &errOut
			if x.pty {
				if err := s.RequestPty("xterm", 24, 80, nil); err != nil {
					t.Fatal(err)
				}
			}
			var err error
			if x.line == "" {
				if err = s.Shell(); err == nil {
					err = s.Wait()
				}
			} else {
				err = s.Run(x.line)
			}
			if got := (result{out.String(), errOut.String(), status(err)}); got != x.want {
				t.Errorf("%+v, want %+v", got, x.want)
			}
		})
	}
}

func TestOpenSSHWhatRuns(t *testing.T) {
	h := open(t, func(c *Config) {
		c.App = func(_ context.Context, s *Session) int {
			fmt.Fprintf(s.Out, "app for %s\r\n", s.UserID)
			return 3
		}
	})
	path, key := fileKey(t)
	h.dir.add("usr_ada", key)
	for _, x := range []struct {
		option  string
		command []string
		out     string
		status  int
	}{
		{"-tt", nil, "app for usr_ada\r\n", 3},
		{"-T", nil, "", 2},
		{"-T", []string{"member", "role", "'bob b'", `"admin"`}, "member\nrole\nbob b\nadmin\n", 0},
		{"-tt", []string{"whoami"}, "whoami\r\n", 0},
		{"-T", []string{`oh "no`}, "", 2},
	} {
		r := h.openSSH([]string{"-i", path, x.option}, "acme", x.command...)
		if r.out != x.out || r.status != x.status {
			t.Errorf("%s %q: %+v", x.option, x.command, r)
		}
	}
}

func TestSessionKnowsItsClient(t *testing.T) {
	got := make(chan *Session, 1)
	h := open(t, func(c *Config) {
		c.Command = func(_ context.Context, s *Session) int { got <- s; return 0 }
	})
	key := h.known("usr_ada")
	c := h.client("acme", key)
	run(t, c, "x")
	s := <-got
	if s.UserID != "usr_ada" || s.Login != "acme" || s.KeyType != "ssh-ed25519" ||
		!bytes.Equal(s.Key, key.PublicKey().Marshal()) || s.Fingerprint != gossh.FingerprintSHA256(key.PublicKey()) ||
		s.RemoteAddr.String() != c.LocalAddr().String() || len(s.ID) != 16 || s.HasPTY {
		t.Errorf("%+v", s)
	}
	run(t, c, "x")
	if other := <-got; other.ID == s.ID {
		t.Error("two sessions have one id")
	}
}

func TestPanicEndsOneSession(t *testing.T) {
	h := open(t, func(c *Config) {
		c.App = func(ctx context.Context, s *Session) int {
			b := make([]byte, 1)
			if _, err := s.In.Read(b); err == nil && b[0] == 'p' {
				panic("boom")
			}
			return echo(ctx, s)
		}
	})
	key := h.known("usr_ada")
	c := h.client("acme", key)
	other, neighbour := startApp(t, h.client("acme", key)), startApp(t, c)
	_, _ = other.in.Write([]byte("x"))
	_, _ = neighbour.in.Write([]byte("x"))
	victim := startApp(t, c)
	_, _ = victim.in.Write([]byte("p"))
	if st := status(victim.Wait()); st != 1 || !victim.errOut.has("went wrong") || victim.errOut.has("boom") {
		t.Errorf("status %d, told %q", st, victim.errOut)
	}
	if !h.log.has("boom") || !h.log.has("session_test.go") {
		t.Error("the panic is not logged whole")
	}
	other.press(t, "still")
	neighbour.press(t, "here")
}

func TestTerminalSize(t *testing.T) {
	sizes := make(chan Size, 100)
	started := make(chan struct{})
	h := open(t, func(c *Config) {
		c.Limits.ResizeInterval = 20 * time.Millisecond
		c.App = func(ctx context.Context, s *Session) int {
			sizes <- Size{s.Width, s.Height}
			s.OnResize(func(size Size) { sizes <- size })
			close(started)
			<-ctx.Done()
			return 0
		}
	})
	c := h.client("acme", h.known("usr_ada"))
	s := session(t, c)
	if err := s.RequestPty("xterm", 1<<20, 0, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	if first := <-sizes; first != (Size{80, 200}) {
		t.Errorf("starts with %v", first)
	}
	<-started
	begin := time.Now()
	for i := range 3000 {
		if err := s.WindowChange(i%200+1, i%500+1); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.WindowChange(1<<30, 77); err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		n++
		if size := soon(t, "the last size", sizes); size == (Size{77, 200}) {
			break
		}
	}
	if most := int(time.Since(begin)/(20*time.Millisecond)) + 2; n > most {
		t.Errorf("%d sizes in %v, at most %d", n, time.Since(begin), most)
	}
}

func TestEnvironment(t *testing.T) {
	got := make(chan *Session, 1)
	h := open(t, func(c *Config) {
		c.Command = func(_ context.Context, s *Session) int { got <- s; return 0 }
	})
	c := h.client("acme", h.known("usr_ada"))
	s := session(t, c)
	for _, x := range []struct {
		name, value string
		ok          bool
	}{
		{"LANG", "de_DE.UTF-8", true},
		{"TZ", strings.Repeat("x", 256), true},
		{"TZ", strings.Repeat("x", 257), false},
		{"COLORTERM", "a\x1b[2J", false},
		{"NO_COLOR", "\xff", false},
		{"LD_PRELOAD", "x", false},
		{"MUSTER_ORG", "x", false},
		{"lang", "x", false},
		{"COLORTERM", "truecolor", true},
		{"NO_COLOR", "", true},
		{"LANG", "1", true}, {"LANG", "2", true}, {"LANG", "3", true}, {"LANG", "4", true},
		{"LANG", "5", false},
	} {
		if err := s.Setenv(x.name, x.value); (err == nil) != x.ok {
			t.Errorf("%s=%q: %v", x.name, x.value, err)
		}
	}
	if err := s.Run("x"); err != nil {
		t.Fatal(err)
	}
	env := (<-got).Env
	if len(env) != 4 || env["LANG"] != "4" || env["COLORTERM"] != "truecolor" || len(env["TZ"]) != 256 {
		t.Errorf("%q", env)
	}
}

func TestTermIsLimited(t *testing.T) {
	h := open(t, nil)
	c := h.client("acme", h.known("usr_ada"))
	for term, ok := range map[string]bool{
		strings.Repeat("x", 64): true, strings.Repeat("x", 65): false, "a b": false, "x\x1b[2J": false, "": true,
	} {
		s := session(t, c)
		if err := s.RequestPty(term, 24, 80, nil); (err == nil) != ok {
			t.Errorf("TERM %q: %v", term, err)
		}
		s.Close()
	}
}

func TestRefused(t *testing.T) {
	h := open(t, nil)
	key := h.known("usr_ada")
	c := h.client("acme", key)
	for _, name := range []string{"direct-tcpip", "direct-streamlocal@openssh.com", "x11", "auth-agent@openssh.com", "tun@openssh.com", "anything"} {
		_, _, err := c.OpenChannel(name, nil)
		var refused *gossh.OpenChannelError
		if !errors.As(err, &refused) || refused.Reason != gossh.Prohibited {
			t.Errorf("channel %s: %v", name, err)
		}
	}
	for _, name := range []string{"tcpip-forward", "cancel-tcpip-forward", "streamlocal-forward@openssh.com", "hostkeys-prove-00@openssh.com"} {
		if ok, _, err := c.SendRequest(name, true, nil); ok || err != nil {
			t.Errorf("request %s: %v %v", name, ok, err)
		}
	}
	ch, reqs, err := c.OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	go gossh.DiscardRequests(reqs)
	str := func(s string) []byte { return gossh.Marshal(struct{ S string }{s}) }
	for _, r := range []struct {
		name    string
		payload []byte
	}{
		{"auth-agent-req@openssh.com", nil}, {"x11-req", nil},
		{"subsystem", str("sftp")}, {"subsystem", str("netconf")},
		{"exec", []byte{1, 2}}, {"pty-req", []byte{0}}, {"env", []byte{9}}, {"window-change", nil}, {"signal", str("USR1")},
	} {
		if ok, err := ch.SendRequest(r.name, true, r.payload); ok || err != nil {
			t.Errorf("%s %q: %v %v", r.name, r.payload, ok, err)
		}
	}
	if ok, err := ch.SendRequest("exec", true, str("whoami")); !ok || err != nil {
		t.Errorf("exec: %v %v", ok, err)
	}
	if ok, err := ch.SendRequest("exec", true, str("whoami")); ok {
		t.Errorf("a second exec: %v %v", ok, err)
	}
	for _, line := range []string{"scp -t /tmp", "/usr/lib/openssh/sftp-server", "rsync --server . /"} {
		if r := run(t, c, line); r.status != 2 || !strings.Contains(r.errOut, "does not copy files") {
			t.Errorf("%s: %+v", line, r)
		}
	}
}

func TestSignalEndsSession(t *testing.T) {
	h := open(t, nil)
	app := startApp(t, h.client("acme", h.known("usr_ada")))
	app.press(t, "abc")
	if err := app.Signal(gossh.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if st := status(app.Wait()); st != 0 {
		t.Error(st)
	}
}

func TestManySessionsAtOnce(t *testing.T) {
	back := base(t)
	h := open(t, func(c *Config) { c.Limits = Limits{HandshakesAddress: 200, Handshakes: 200} })
	const people = 100
	keys := make([]gossh.Signer, people)
	for i := range keys {
		keys[i] = h.known(fmt.Sprint("usr_", i))
	}
	var all sync.WaitGroup
	for i := range people {
		all.Go(func() {
			c, err := h.dial("acme", keys[i])
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			word := fmt.Sprintf("word-%d", i)
			if r := run(t, c, word); r.out != word+"\n" {
				t.Errorf("%d: %+v", i, r)
			}
			startApp(t, c).press(t, word)
		})
	}
	all.Wait()
	eventually(t, "all are gone", func() bool { return h.Stats() == Stats{} })
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	back()
}

func TestNoticesKeepTheNewest(t *testing.T) {
	s := &Session{notices: make(chan fmt.Stringer, 4)}
	for i := range 10 {
		s.notify(Notice{Left: time.Duration(i)})
	}
	var got []time.Duration
	for range 4 {
		got = append(got, (<-s.notices).(Notice).Left)
	}
	if !slices.Equal(got, []time.Duration{6, 7, 8, 9}) {
		t.Error(got)
	}
}
