package sshserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"muster/models"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// writeChunk is how much of a write has to go out within Limits.Stall.
const writeChunk = 4 << 10

// writeBuffer is the kernel's part of what a client has not read.
const writeBuffer = 64 << 10

// maxRefusing is how many refusals may wait to be sent: a client that reads has
// none waiting.
const maxRefusing = 32

// maxLoggedRefusals keeps one connection from filling the log.
const maxLoggedRefusals = 5

// Ended is the cause of a session's context when the server ended it.
type Ended struct {
	Reason string // one line for the person
}

func (e *Ended) Error() string { return e.Reason }

// errHangup is the cause when the client left.
var errHangup = errors.New("the client left")

// conn is one TCP connection, from accept to close, below the SSH protocol and
// above it: it puts deadlines on writes and keeps the sessions' clock.
type conn struct {
	net.Conn
	srv    *Server
	id     string
	remote netip.AddrPort
	ssh    ssh.Context // of the library; holds the *gossh.ServerConn later
	ctx    context.Context
	cancel context.CancelCauseFunc
	ticket *ticket
	user   *holder // whose limits count; nil until authenticated
	auth   authentication
	pace   pace

	started  time.Duration
	activity atomic.Int64 // time since started of the last one
	warned   atomic.Bool  // of idling, since the last activity
	failed   atomic.Bool  // a key was refused, or too many

	mu       sync.Mutex
	identity *identity // nil until authenticated
	login    string
	running  map[*Session]struct{}
	channels int
	refused  int // channels
	refusing int // of those, not yet told
	ending   bool
	closed   bool
	timer    *time.Timer   // wake; nil until authenticated
	force    *time.Timer   // closes an ending connection; nil before
	packets  <-chan []byte // decrypted and not yet taken; nil before authentication begins
	probing  bool          // a keepalive has no answer yet
	misses   int
	probeAt  time.Duration
}

func newConn(s *Server, ctx ssh.Context, raw net.Conn, remote netip.AddrPort, t *ticket) *conn {
	c := &conn{
		Conn:    raw,
		srv:     s,
		id:      s.newID(),
		remote:  remote,
		ssh:     ctx,
		ticket:  t,
		started: s.cfg.Clock(),
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	return c
}

// SetDeadline is for the library, which sets and clears one for handshakes.
// Writes have their own, which clearing must not take away.
func (c *conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// Read is paced until authentication begins.
func (c *conn) Read(p []byte) (int, error) {
	return c.pace.read(c.Conn, p, c.srv.limits.Handshake)
}

// authenticating is told when authentication begins.
func (c *conn) authenticating(library gossh.ServerPreAuthConn) {
	packets := incomingPackets(library)
	c.mu.Lock()
	closed := c.closed
	c.packets = packets
	c.mu.Unlock()
	if closed {
		go drain(packets)
	}
	c.pace.finish()
}

// Write gives every piece its own deadline, so that a slow client is served and
// one that takes nothing is closed. The library keeps a failed write to itself
// and goes on reading, so it closes here.
func (c *conn) Write(p []byte) (int, error) {
	c.pace.wrote(p)
	written := 0
	for written < len(p) {
		end := min(written+writeChunk, len(p))
		_ = c.SetWriteDeadline(time.Now().Add(c.srv.limits.Stall))
		n, err := c.Conn.Write(p[written:end])
		written += n
		if err != nil {
			c.close("the client does not read")
			return written, err
		}
	}
	return written, nil
}

// Close is for the library, which closes when the client is gone or the
// handshake failed.
func (c *conn) Close() error {
	c.close("")
	return nil
}

// close ends the connection at once. Sessions see their context end.
func (c *conn) close(reason string) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed = true
	for _, t := range []*time.Timer{c.timer, c.force} {
		if t != nil {
			t.Stop()
		}
	}
	id, packets := c.identity, c.packets
	c.mu.Unlock()

	if id != nil || reason != "" {
		c.note(slog.LevelInfo, "connection closed", "conn", c.id, "addr", c.remote.String(), "reason", reason,
			"duration", c.age().Round(time.Millisecond))
	}
	c.cancel(errHangup)
	_ = c.Conn.Close()
	c.pace.finish()
	if packets != nil {
		go drain(packets)
	}
	c.ticket.leave(c.penalty())
	c.srv.remove(c)
}

// note logs a line that the client caused.
func (c *conn) note(level slog.Level, msg string, args ...any) {
	c.srv.note(c.remote.Addr(), level, msg, args...)
}

// penalty is what a connection costs its network that did not authenticate.
func (c *conn) penalty() time.Duration {
	switch {
	case c.srv.isStopping():
		return 0
	case c.age() >= c.srv.limits.Handshake*9/10:
		return penaltyIdle
	case c.failed.Load():
		return penaltyFailed
	}
	return penaltyLeft
}

func (c *conn) age() time.Duration { return c.srv.cfg.Clock() - c.started }

// who is the identity, nil until authenticated.
func (c *conn) who() *identity {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.identity
}

// authenticated starts the connection's clock.
func (c *conn) authenticated(id *identity, login string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.identity, c.login = id, login
	c.active()
	c.probeAt = c.age() + c.srv.limits.Keepalive
	if !c.closed {
		c.timer = time.AfterFunc(c.untilNext(), c.wake)
	}
}

func (c *conn) active() {
	c.activity.Store(int64(c.age()))
	c.warned.Store(false)
}

// untilNext is how long the clock may sleep. c.mu is held.
func (c *conn) untilNext() time.Duration {
	l, age := c.srv.limits, c.age()
	last := time.Duration(c.activity.Load())
	next := min(l.Lifetime, c.probeAt, last+l.Idle)
	if !c.warned.Load() {
		next = min(next, last+l.IdleWarning)
	}
	return max(next-age, time.Millisecond)
}

// wake does what is due: lifetime, idling, keepalive.
func (c *conn) wake() {
	l, age := c.srv.limits, c.age()
	idle := age - time.Duration(c.activity.Load())
	switch {
	case age >= l.Lifetime:
		c.end(fmt.Sprintf("this connection was open for %s, which is the limit", models.Span(l.Lifetime)))
		return
	case idle >= l.Idle:
		c.end(fmt.Sprintf("there was no input for %s", models.Span(l.Idle)))
		return
	case idle >= l.IdleWarning && c.warned.CompareAndSwap(false, true):
		c.notify(Notice{Kind: NoticeIdle, Left: l.Idle - idle})
	}
	c.mu.Lock()
	probe := false
	if age >= c.probeAt {
		c.probeAt = age + l.Keepalive
		if c.probing {
			c.misses++
		}
		probe, c.probing = !c.probing, true
	}
	dead := c.misses >= l.KeepaliveMisses
	if !c.closed && !c.ending && !dead {
		c.timer.Reset(c.untilNext())
	}
	c.mu.Unlock()
	switch {
	case dead:
		c.close("the client does not answer")
	case probe:
		c.probe()
	}
}

// probe asks the client whether it is there, in the words of OpenSSH, and waits
// for the answer or the end of the connection.
func (c *conn) probe() {
	sc, ok := c.ssh.Value(ssh.ContextKeyConn).(*gossh.ServerConn)
	if !ok {
		return
	}
	if _, _, err := sc.SendRequest("keepalive@openssh.com", true, nil); err != nil {
		return
	}
	c.mu.Lock()
	c.probing, c.misses = false, 0
	c.mu.Unlock()
}

// notify tells every running session, and says whether there is one.
func (c *conn) notify(n Notice) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := range c.running {
		s.notify(n)
	}
	return len(c.running) > 0
}

// end ends every session with a reason and then the connection: at once where
// nothing runs, when the client has seen its sessions close, or by force.
func (c *conn) end(reason string) {
	c.mu.Lock()
	if c.closed || c.ending {
		c.mu.Unlock()
		return
	}
	c.ending = true
	nothing := c.channels == 0
	if !nothing {
		c.force = time.AfterFunc(c.srv.limits.WindDown, func() { c.close(reason) })
	}
	cause := &Ended{Reason: reason}
	for s := range c.running {
		s.cancel(cause)
	}
	c.mu.Unlock()
	if nothing {
		c.close(reason)
	}
}

// openChannel counts a session channel, which is refused beyond the limit.
func (c *conn) openChannel() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending || c.channels >= c.srv.limits.Channels {
		return false
	}
	c.channels++
	return true
}

func (c *conn) closeChannel() {
	c.mu.Lock()
	c.channels--
	over := c.ending && c.channels == 0
	c.mu.Unlock()
	if over {
		c.close("its sessions were ended")
	}
}

// refuse rejects a channel. The library runs one goroutine for each that a
// client asks for, so a client that does not read the answers is closed before
// those pile up.
func (c *conn) refuse(ch gossh.NewChannel, why gossh.RejectionReason, text string) {
	c.mu.Lock()
	c.refused++
	c.refusing++
	logged, nuisance := c.refused <= maxLoggedRefusals, c.refusing > maxRefusing
	c.mu.Unlock()
	if nuisance {
		c.close("the client opens channels and does not read the answers")
		return
	}
	if logged {
		c.note(slog.LevelWarn, "channel refused", "conn", c.id, "reason", text)
	}
	_ = ch.Reject(why, text)
	c.mu.Lock()
	c.refusing--
	c.mu.Unlock()
}

// start registers a session that begins to run, unless the connection ends.
func (c *conn) start(s *Session) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending || c.closed {
		return false
	}
	if c.running == nil {
		c.running = make(map[*Session]struct{})
	}
	c.running[s] = struct{}{}
	c.active()
	c.srv.began()
	return true
}

func (c *conn) finished(s *Session) {
	c.mu.Lock()
	delete(c.running, s)
	c.active()
	c.mu.Unlock()
}

func (s *Server) began() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions++
	s.work.Add(1)
}

func (s *Server) over() {
	s.mu.Lock()
	s.sessions--
	s.mu.Unlock()
	s.work.Done()
}
