package sshserver

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"muster/models"
)

var siege = flag.Duration("siege", 3*time.Second, "how long TestTenHostileAddresses goes on; with a minute or more, every login has to take less than a second")

// from dials from an address of this machine's loopback network.
func (h *house) from(address string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: patience}
	return d.Dial("tcp", h.addr)
}

// login signs in from an address and out again.
func (h *house) login(address string, cfg *gossh.ClientConfig) error {
	raw, err := h.from(address)
	if err != nil {
		return err
	}
	defer raw.Close()
	_ = raw.SetDeadline(time.Now().Add(patience))
	c, _, _, err := gossh.NewClientConn(raw, h.addr, cfg)
	if err == nil {
		_ = c.Close()
	}
	return err
}

// needLoopback skips a test where not all of 127.0.0.0/8 is this machine.
func needLoopback(t *testing.T) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.9:0")
	if err != nil {
		t.Skip("only 127.0.0.1 is this machine")
	}
	_ = ln.Close()
}

// A hundred sockets from ten addresses that say nothing, or hang up, and come
// back at once, lock nobody out: neither those who were here before nor others.
func TestTenHostileAddresses(t *testing.T) {
	needLoopback(t)
	h := open(t, nil)
	key := h.known("usr_ada")
	ctx, cancel := context.WithCancel(context.Background())
	var hostile sync.WaitGroup
	var opened atomic.Int64
	for i := range 100 {
		hostile.Go(func() {
			buf := make([]byte, 256)
			for n := 0; ctx.Err() == nil; n++ {
				c, err := h.from(fmt.Sprintf("127.0.7.%d", i%10+1))
				if err != nil {
					<-time.After(time.Millisecond)
					continue
				}
				opened.Add(1)
				stop := context.AfterFunc(ctx, func() { _ = c.Close() })
				if (i+n)%3 == 0 { // some say half of something
					_, _ = io.WriteString(c, "SSH-2.0-x\r\n")
				}
				for err == nil { // hold it until the server has enough
					_, err = c.Read(buf)
				}
				stop()
				_ = c.Close()
				<-time.After(5 * time.Millisecond) // as over a network
			}
		})
	}
	t.Cleanup(func() { cancel(); hostile.Wait() })
	eventually(t, "the attack has begun", func() bool { return opened.Load() >= 100 })
	var times []time.Duration
	for begin, n := time.Now(), 0; time.Since(begin) < *siege; n++ {
		address := "127.0.0.1"
		if n%2 == 1 {
			address = fmt.Sprintf("127.0.8.%d", n%200+1)
		}
		at := time.Now()
		if err := h.login(address, clientConfig("acme", key)); err != nil {
			t.Fatalf("login %d, from %s: %v", n, address, err)
		}
		times = append(times, time.Since(at))
		<-time.After(20 * time.Millisecond)
	}
	slices.Sort(times)
	median, most := times[len(times)/2], times[len(times)-1]
	t.Logf("%d logins: median %s, most %s; %d hostile connections", len(times), median, most, opened.Load())
	if median > time.Second || *siege >= time.Minute && most > time.Second {
		t.Errorf("logins took %s, the longest %s", median, most)
	}
}

func address(i int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}) }

// testGate is one whose clock and chance a test moves.
func testGate(l Limits) (*gate, *fakeClock) {
	clock := &fakeClock{}
	l.HandshakeWait = 1
	g := newGate(l.withDefaults(), clock.Now)
	g.chance = func() float64 { return 1 }
	return g, clock
}

func (g *gate) mustEnter(t *testing.T, from netip.Addr) *ticket {
	t.Helper()
	ticket, err := g.admit(from)
	if err != nil {
		t.Fatalf("%s: %v", from, err)
	}
	return ticket
}

func TestPenaltiesGrow(t *testing.T) {
	g, clock := testGate(Limits{})
	bad, good := address(1), address(2)
	spoil := func() {
		t.Helper()
		one, two := g.mustEnter(t, bad), g.mustEnter(t, bad)
		one.leave(penaltyIdle)
		two.leave(penaltyIdle)
	}
	spoil()
	_, err := g.admit(bad)
	if err == nil || !strings.Contains(err.Error(), "try again in 20 seconds") {
		t.Errorf("told %v", err)
	}
	g.mustEnter(t, good).leave(0)
	clock.add(20 * time.Second)
	spoil()
	if _, err = g.admit(bad); err == nil || !strings.Contains(err.Error(), "try again in 60 seconds") {
		t.Errorf("the second time: told %v", err)
	}
	for range 10 {
		clock.add(penaltyMax)
		spoil()
	}
	if _, err = g.admit(bad); err == nil || !strings.Contains(err.Error(), "try again in 10 minutes") {
		t.Errorf("the tenth time: told %v", err)
	}
	clock.add(penaltyMax + penaltyOff + time.Second)
	spoil()
	if _, err = g.admit(bad); err == nil || !strings.Contains(err.Error(), "try again in 20 seconds") {
		t.Errorf("much later: told %v", err)
	}
}

// What happens to people now and then costs nothing.
func TestSmallPenaltiesPass(t *testing.T) {
	g, clock := testGate(Limits{})
	for range 100 { // a health check each second; a key forgotten each five
		g.mustEnter(t, address(1)).leave(penaltyLeft)
		g.mustEnter(t, address(2)).leave(penaltyFailed)
		clock.add(5 * time.Second)
	}
}

func TestKnownSourcesKeepAReserve(t *testing.T) {
	g, clock := testGate(Limits{Handshakes: 10, HandshakesKnown: 3, HandshakesAddress: 4})
	office := address(1)
	first := g.mustEnter(t, office)
	if err := first.admit("usr_ada", false); err != nil {
		t.Fatal(err)
	}
	stranger := g.mustEnter(t, address(2))
	if err := stranger.admit("stranger", true); err != nil {
		t.Fatal(err)
	}
	for i := range 7 {
		g.mustEnter(t, address(10+i))
	}
	if _, err := g.admit(address(2)); err != errFull {
		t.Errorf("a stranger's address uses the reserve: %v", err)
	}
	for range 3 {
		g.mustEnter(t, office).leave(penaltyIdle)
	}
	one, two := g.mustEnter(t, office), g.mustEnter(t, office)
	if _, err := g.admit(office); err == nil || !strings.Contains(err.Error(), "too many failed connections") {
		t.Errorf("a known address with penalties has a third place: %v", err)
	}
	one.leave(0)
	two.leave(0)
	clock.add(knownFor)
	if _, err := g.admit(office); err != errFull {
		t.Errorf("known for ever: %v", err)
	}
}

func TestEarlyDrop(t *testing.T) {
	g, _ := testGate(Limits{Handshakes: 100, HandshakesAddress: 10})
	greedy := address(1)
	for range 5 {
		g.mustEnter(t, greedy)
	}
	g.chance = func() float64 { return 0.01 }
	for i := range 45 {
		g.mustEnter(t, address(100+i))
	}
	g.mustEnter(t, greedy) // half: nobody is turned away
	if _, err := g.admit(greedy); err != errFull {
		t.Errorf("beyond half: %v", err)
	}
	g.mustEnter(t, address(2))
	g.chance = func() float64 { return 0.99 }
	g.mustEnter(t, greedy)
}

func TestFullMakesRoomForWhoHasNone(t *testing.T) {
	g, clock := testGate(Limits{Handshakes: 10, HandshakesKnown: 1, HandshakesAddress: 10})
	ended := make(chan int, 20)
	for i := range 9 {
		from := address(1) // one has five places, four have one
		if i >= 5 {
			from = address(i)
		}
		g.mustEnter(t, from).evictable(func() { ended <- i })
		clock.add(time.Millisecond)
	}
	g.mustEnter(t, address(20))
	if got := soon(t, "one is ended", ended); got != 0 {
		t.Errorf("number %d had to go", got)
	}
	if _, err := g.admit(address(20)); err != errFull {
		t.Errorf("a second place: %v", err)
	}
	for i := range 3 {
		g.mustEnter(t, address(21+i))
		soon(t, "one is ended", ended)
	}
	// All have one place now. A handshake gets its time.
	if _, err := g.admit(address(30)); err != errFull {
		t.Errorf("all are new: %v", err)
	}
	clock.add(patienceFull)
	g.mustEnter(t, address(30))
	if handshakes, _ := g.counts(); handshakes != 9 {
		t.Errorf("%d handshakes", handshakes)
	}
}

func TestSourcesAreForgotten(t *testing.T) {
	g, clock := testGate(Limits{})
	for i := range 100_000 {
		from := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		g.mustEnter(t, from).leave(penaltyLeft)
		clock.add(10 * time.Millisecond)
	}
	if n := len(g.sources); n > 2100 {
		t.Errorf("%d sources are remembered", n)
	}
	for i := range 3 * maxSources { // all at once
		from := netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)})
		g.mustEnter(t, from).leave(penaltyIdle)
	}
	if n := len(g.sources); n > 2*maxSources {
		t.Errorf("%d sources are remembered", n)
	}
}

// Who starts 22 connections at once gets the 20 there may be, and a word for the
// others.
func TestManyConnectionsOfOneUserAtOnce(t *testing.T) {
	h := open(t, func(c *Config) { c.Limits.HandshakeWait = patience })
	key := h.known("usr_ada")
	var all sync.WaitGroup
	var mu sync.Mutex
	var served []*gossh.Client
	var told []string
	for range 22 {
		all.Go(func() {
			word := ""
			cfg := clientConfig("acme", key)
			cfg.BannerCallback = func(text string) error { word += text; return nil }
			c, err := gossh.Dial("tcp", h.addr, cfg)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				told = append(told, word)
				return
			}
			served = append(served, c)
		})
	}
	all.Wait()
	for _, c := range served {
		defer c.Close()
	}
	if len(served) != 20 {
		t.Errorf("%d are served", len(served))
	}
	for _, word := range told {
		if !strings.Contains(word, "you have 20 connections open here") {
			t.Errorf("told %q", word)
		}
	}
}

func TestHealthChecksOfAProxyAreQuiet(t *testing.T) {
	h := open(t, func(c *Config) { c.ProxyFrom = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} })
	for range 50 {
		for _, check := range []string{"", "PROXY UNKNOWN\r\n", "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"} {
			c, err := net.Dial("tcp", h.addr)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(c, check)
			_ = c.(*net.TCPConn).CloseWrite()
			closed(t, c)
			_ = c.Close()
		}
	}
	if _, line := h.raw("SSH-2.0-direct\r\n"); !strings.Contains(line, "no usable PROXY header") {
		t.Errorf("a client without a header: %q", line)
	}
	if n := strings.Count(h.log.String(), "connection refused"); n != 1 {
		t.Errorf("%d warnings:\n%s", n, h.log)
	}
}

// codes is a command that knows one code, and none of all others.
func codes(_ context.Context, s *Session) int {
	if s.Login == "join+right" {
		return 0
	}
	s.WrongCode()
	return models.CodeNotFound.ExitStatus()
}

func TestWrongCodesAreSlowed(t *testing.T) {
	needLoopback(t)
	clock := &fakeClock{}
	h := open(t, func(c *Config) { c.Clock, c.Command, c.App = clock.Now, codes, codes })
	stranger := newKey(t)
	try := func(address, code string) result {
		t.Helper()
		clock.add(time.Second) // so that it is not the rate of commands
		raw, err := h.from(address)
		if err != nil {
			t.Fatal(err)
		}
		c, chans, reqs, err := gossh.NewClientConn(raw, h.addr, clientConfig("join+"+code, stranger))
		if err != nil {
			t.Fatal(err)
		}
		client := gossh.NewClient(c, chans, reqs)
		defer client.Close()
		return run(t, client, "show")
	}
	for i := range 14 {
		want := models.CodeNotFound.ExitStatus()
		if i >= 5 {
			want = models.CodeLimit.ExitStatus()
		}
		if r := try("127.0.9.1", "wrong"); r.status != want || i >= 5 && !strings.Contains(r.errOut, "too many wrong codes") {
			t.Errorf("wrong code %d: %+v", i+1, r)
		}
	}
	if r := try("127.0.9.1", "right"); r.status != 7 || !strings.Contains(r.errOut, "try again in ") {
		t.Errorf("a code from there: %+v", r)
	}
	if r := try("127.0.9.2", "right"); r.status != 0 {
		t.Errorf("somebody else: %+v", r)
	}
	clock.add(30 * time.Second)
	for range 14 { // right codes are no tries
		if r := try("127.0.9.1", "right"); r.status != 0 {
			t.Errorf("half a minute later: %+v", r)
		}
	}
}

// Wrong codes from many addresses make answers late for those that had one.
func TestWrongCodesOfAll(t *testing.T) {
	g, _ := testGate(Limits{})
	for i := range 100 {
		g.guessedWrong(fmt.Sprint("stranger ", i))
	}
	if wait, delay := g.guess("stranger 1"); wait != 0 || delay == 0 {
		t.Errorf("one of them: %s %s", wait, delay)
	}
	if wait, delay := g.guess("stranger new"); wait != 0 || delay != 0 {
		t.Errorf("somebody else: %s %s", wait, delay)
	}
	for range 1000 {
		g.guessedWrong("stranger 1")
	}
	if wait, _ := g.guess("stranger 1"); wait < 9*time.Minute || wait > 11*time.Minute {
		t.Errorf("a thousand wrong codes: %s", wait)
	}
}

// Addresses that ask over and over leave room for somebody who asks once, and
// everybody who is refused is told.
func TestJoinRequestsAreLimited(t *testing.T) {
	g, clock := testGate(Limits{})
	asked := 0
	for i := range 200 {
		if g.ask(models.Network(address(i%8)), "request+acme") == nil {
			asked++
		}
	}
	if asked == 0 || asked > 50 {
		t.Errorf("%d of 200 requests of eight addresses went through", asked)
	}
	for i := range 40 {
		if err := g.ask(models.Network(address(100+i)), "request+acme"); err != nil {
			t.Errorf("address %d, which asks once: %v", i, err)
		}
	}
	clock.add(time.Hour)
	if err := g.ask(models.Network(address(1)), "request+acme"); err != nil {
		t.Errorf("an hour later: %v", err)
	}
	if n := len(g.asked); n != 1 {
		t.Errorf("%d organizations", n)
	}
}

func TestWhoAsksTooOftenIsTold(t *testing.T) {
	h := open(t, func(c *Config) { c.SignUp = true })
	for _, login := range []string{"request+acme", "new"} {
		var r result
		for range 12 {
			c := h.client(login, newKey(t))
			r = run(t, c, "request")
			if c.Close(); r.status != 0 {
				break
			}
			<-time.After(100 * time.Millisecond) // within the rate of commands
		}
		if r.status != 7 || !strings.Contains(r.errOut, "too many attempts from your address") {
			t.Errorf("%s: %+v", login, r)
		}
	}
	// A terminal is told as well, and users are counted by the store.
	app := startApp(t, h.client("new", newKey(t)))
	if st := status(app.Wait()); st != 7 || !app.errOut.has("too many attempts from your address") {
		t.Errorf("the app: %d, %q", st, app.errOut)
	}
	if r := run(t, h.client("request+acme", h.known("usr_ada")), "request"); r.status != 0 {
		t.Errorf("a user: %+v", r)
	}
}

func TestOneAddressDoesNotFillTheLog(t *testing.T) {
	h := open(t, nil)
	h.gate.lineSum = 50 * time.Millisecond
	bad := netip.MustParseAddr("203.0.113.1")
	for range 5000 {
		h.note(bad, 4, "nonsense", "addr", bad)
	}
	h.note(address(1), 0, "somebody else")
	eventually(t, "the line that counts", func() bool { return h.log.has("lines left out") })
	text := h.log.String()
	n := strings.Count(text, "nonsense")
	if n > 60 || !strings.Contains(text, "addr=203.0.113.1 lines=") || !strings.Contains(text, "somebody else") {
		t.Errorf("%d lines of 5000:\n%s", n, text[max(0, len(text)-500):])
	}
}
