package sshserver

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"muster/internal/rate"
	"muster/models"
)

// gate counts connections, commands and tries, and says no at the limits.
type gate struct {
	limits Limits
	clock  func() time.Duration
	chance func() float64 // from 0 to 1

	lineSum time.Duration

	mu       sync.Mutex
	sources  map[netip.Prefix]*source
	sweepAt  int                  // sources, to look for what can be forgotten
	pending  map[*ticket]struct{} // connections that have not authenticated
	queued   int                  // those that wait for a place among them
	headers  int                  // those that still owe a PROXY header
	admitted int
	holders  map[string]*holder
	asked    map[string]*rate.Bucket // join requests, by organization
	guessed  rate.Bucket             // wrong codes, of all
}

// holder is whom authenticated connections and their sessions are counted
// against: a user, or all strangers of one network.
type holder struct {
	conns    int
	commands rate.Bucket
	guessed  rate.Bucket // wrong codes
	keys     rate.Bucket // pressed, in all sessions together
	frames   rate.Bucket // drawn, the same
}

func newGate(l Limits, clock func() time.Duration) *gate {
	return &gate{
		limits:  l,
		clock:   clock,
		chance:  rand.Float64,
		lineSum: lineSum,
		sources: make(map[netip.Prefix]*source),
		sweepAt: 1024,
		pending: make(map[*ticket]struct{}),
		holders: make(map[string]*holder),
		asked:   make(map[string]*rate.Bucket),
	}
}

// ticket is one connection's place in the counts. It moves from the pending to
// the admitted ones and is given back once.
type ticket struct {
	gate   *gate
	source *source
	since  time.Duration
	evict  func() // closes the connection; nil until there is one
	gone   bool   // it had to make room
	holder *holder
}

// refusal is why a connection is not taken, in words for the client.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	errFull   refusal = "too many connections are being set up; try again in a moment"
	errSource refusal = "too many connections from your address are being set up; try again in a moment"
)

// admit gives a connection that has not authenticated its place. One whose
// source has all its places taken waits for a while, so that many who start at
// once are served one after the other.
func (g *gate) admit(address netip.Addr) (*ticket, error) {
	deadline := time.Now().Add(g.limits.HandshakeWait)
	for first := true; ; first = false {
		t, turn, err := g.tryAdmit(models.Network(address), first)
		if turn == nil {
			return t, err
		}
		timer := time.NewTimer(time.Until(deadline))
		select {
		case <-turn:
			timer.Stop()
		case <-timer.C:
			if !g.giveUp(models.Network(address), turn) {
				continue // it was this one's turn just now
			}
			return nil, errSource
		}
	}
}

// tryAdmit gives a ticket, the reason why there is none, or what to wait for.
func (g *gate) tryAdmit(network netip.Prefix, first bool) (*ticket, chan struct{}, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, s := g.clock(), g.source(network)
	if left := s.refused(now); left > 0 && !(s.isKnown(now) && s.handshakes < g.knownRoom()) {
		return nil, nil, refusal(fmt.Sprintf("too many failed connections from your address; try again in %s", inWords(left)))
	}
	if s.handshakes >= g.limits.HandshakesAddress {
		if g.queued >= g.limits.Handshakes || len(s.queue) >= 2*g.limits.HandshakesAddress {
			s.penalize(now, penaltyFlood)
			return nil, nil, errSource
		}
		turn := make(chan struct{})
		if first {
			s.queue = append(s.queue, turn)
		} else {
			s.queue = append([]chan struct{}{turn}, s.queue...)
		}
		g.queued++
		return nil, turn, nil
	}
	room := g.limits.Handshakes
	if !s.isKnown(now) {
		room -= g.limits.HandshakesKnown
		if g.crowded(s) {
			return nil, nil, errFull
		}
	}
	if len(g.pending) >= room && !g.makeRoom(s, now) {
		return nil, nil, errFull
	}
	t := &ticket{gate: g, source: s, since: now}
	s.handshakes++
	g.pending[t] = struct{}{}
	return t, nil, nil
}

// makeRoom ends another connection for the sake of a source that has none.
func (g *gate) makeRoom(s *source, now time.Duration) bool {
	if s.handshakes > 0 {
		return false
	}
	t := g.victim(now)
	if t == nil {
		return false
	}
	t.gone = true
	t.source.penalize(now, penaltyLeft)
	evict := t.evict
	t.leavePending()
	go evict() // it gives its ticket back, which needs the lock
	return true
}

// giveUp takes a waiting one out of the queue. It is false if its turn came.
func (g *gate) giveUp(network netip.Prefix, turn chan struct{}) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.source(network)
	for i, q := range s.queue {
		if q == turn {
			s.queue = append(s.queue[:i], s.queue[i+1:]...)
			g.queued--
			s.penalize(g.clock(), penaltyFlood)
			return true
		}
	}
	return false
}

// evictable says how to close the connection while it has not authenticated.
func (t *ticket) evictable(evict func()) {
	t.gate.mu.Lock()
	defer t.gate.mu.Unlock()
	t.evict = evict
}

// admit moves the connection to the authenticated ones of a holder. The error
// says which limit is reached.
func (t *ticket) admit(name string, stranger bool) error {
	g := t.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.holder(name)
	if t.gone {
		return errFull
	}
	if g.admitted >= g.limits.Connections {
		return fmt.Errorf("this server has reached its limit of connections; try again later")
	}
	if h.conns >= g.limits.ConnectionsUser {
		return fmt.Errorf("you have %d connections open here, which is the limit; close one first", g.limits.ConnectionsUser)
	}
	if !stranger {
		t.source.known = g.clock() + knownFor
	}
	t.leavePending()
	g.admitted++
	h.conns++
	t.holder = h
	return nil
}

// leave gives the place back, with the penalty for how a connection ended that
// did not authenticate. It is called once.
func (t *ticket) leave(penalty time.Duration) {
	g := t.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.holder != nil {
		g.admitted--
		t.holder.conns--
		t.holder = nil
		return
	}
	if !t.gone {
		t.source.penalize(g.clock(), penalty)
	}
	t.leavePending()
}

func (t *ticket) leavePending() {
	g, s := t.gate, t.source
	if _, ok := g.pending[t]; !ok {
		return
	}
	delete(g.pending, t)
	s.handshakes--
	if len(s.queue) > 0 {
		close(s.queue[0])
		s.queue = s.queue[1:]
		g.queued--
	}
}

// holder finds or makes the entry of a holder. g.mu is held.
func (g *gate) holder(name string) *holder {
	h := g.holders[name]
	if h == nil {
		g.forgetHolders()
		h = &holder{}
		g.holders[name] = h
	}
	return h
}

// forgetHolders keeps the map as small as the holders that are here or were a
// moment ago, looking only once it has grown.
func (g *gate) forgetHolders() {
	if len(g.holders) < 1024 {
		return
	}
	now := g.clock()
	for name, h := range g.holders {
		if h.conns == 0 && h.commands.Unused(now) && h.guessed.Unused(now) {
			delete(g.holders, name)
		}
	}
}

// command takes one command of a holder's rate.
func (g *gate) command(name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.holder(name)
	return h.commands.Take(g.clock(), rate.Per(g.limits.CommandsPerSecond, time.Second)) == 0
}

// key uses one of the keys of a holder, and says how long it has to wait.
func (g *gate) key(h *holder) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return h.keys.Reserve(g.clock(), perUser(g.limits.KeysPerSecond))
}

// frame does the same for a frame.
func (g *gate) frame(h *holder) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return h.frames.Reserve(g.clock(), perUser(g.limits.FramesPerSecond))
}

func perUser(n int) rate.Rate {
	return rate.Rate{Burst: max(1, n/2), Each: time.Second / time.Duration(n)}
}

// header counts a connection that still owes a PROXY header.
func (g *gate) header() (done func(), ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.headers >= g.limits.Handshakes {
		return nil, false
	}
	g.headers++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.headers--
	}, true
}

// counts gives the connections before and after authentication.
func (g *gate) counts() (handshakes, admitted int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.pending), g.admitted
}

// inWords writes a time to wait so that a person can act on it.
func inWords(d time.Duration) string {
	d = max(d.Round(time.Second), time.Second)
	switch {
	case d == time.Second:
		return "a second"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d seconds", d/time.Second)
	}
	return fmt.Sprintf("%d minutes", (d+time.Minute-1)/time.Minute)
}
