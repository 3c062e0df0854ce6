package sshserver

import (
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// gate counts connections and commands, and says no at the limits.
type gate struct {
	limits Limits
	now    func() time.Time

	mu         sync.Mutex
	handshakes int
	addresses  map[netip.Prefix]int
	admitted   int
	holders    map[string]int
	commands   map[string]bucket
}

// bucket is a token bucket: what was left of it at a time.
type bucket struct {
	left float64
	at   time.Time
}

func newGate(l Limits, now func() time.Time) *gate {
	return &gate{
		limits:    l,
		now:       now,
		addresses: make(map[netip.Prefix]int),
		holders:   make(map[string]int),
		commands:  make(map[string]bucket),
	}
}

// ticket is one connection's place in the counts. It moves from the handshakes
// to the admitted ones and is given back once.
type ticket struct {
	gate      *gate
	handshake bool
	address   netip.Prefix // zero while not counted
	holder    string       // "" before admission
}

// admit counts a connection that has not authenticated.
func (g *gate) admit() (*ticket, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.handshakes >= g.limits.Handshakes {
		return nil, false
	}
	g.handshakes++
	return &ticket{gate: g, handshake: true}, true
}

// admitFrom counts it against its address, which with a PROXY header is known
// later than the connection.
func (t *ticket) admitFrom(address netip.Addr) bool {
	g, network := t.gate, network(address)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.addresses[network] >= g.limits.HandshakesAddress {
		return false
	}
	g.addresses[network]++
	t.address = network
	return true
}

// admit moves the connection to the authenticated ones of holder. The error
// says which limit is reached.
func (t *ticket) admit(holder string) error {
	g := t.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.admitted >= g.limits.Connections {
		return fmt.Errorf("this server has all the connections it takes; try again later")
	}
	if g.holders[holder] >= g.limits.ConnectionsUser {
		return fmt.Errorf("you have %d connections open here, the most there may be; close one first", g.limits.ConnectionsUser)
	}
	t.leaveHandshake()
	g.admitted++
	g.holders[holder]++
	t.holder = holder
	return nil
}

// leave gives the place back. It is called once.
func (t *ticket) leave() {
	g := t.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	t.leaveHandshake()
	if t.holder != "" {
		g.admitted--
		decrement(g.holders, t.holder)
		t.holder = ""
	}
}

func (t *ticket) leaveHandshake() {
	if t.handshake {
		t.gate.handshakes--
		t.handshake = false
	}
	if t.address.IsValid() {
		decrement(t.gate.addresses, t.address)
		t.address = netip.Prefix{}
	}
}

func decrement[K comparable](m map[K]int, key K) {
	if m[key]--; m[key] == 0 {
		delete(m, key)
	}
}

// command takes one command of holder's rate.
func (g *gate) command(holder string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, full := g.now(), float64(g.limits.CommandsPerSecond)
	b, seen := g.commands[holder]
	if !seen {
		g.forgetFullBuckets(now)
		b = bucket{left: full, at: now}
	}
	b.left = min(full, b.left+full*now.Sub(b.at).Seconds())
	b.at = now
	allowed := b.left >= 1
	if allowed {
		b.left--
	}
	g.commands[holder] = b
	return allowed
}

// forgetFullBuckets keeps the map as small as the holders of the last second,
// looking only once it has grown.
func (g *gate) forgetFullBuckets(now time.Time) {
	if len(g.commands) < 1024 {
		return
	}
	for holder, b := range g.commands {
		if now.Sub(b.at) >= time.Second {
			delete(g.commands, holder)
		}
	}
}

// counts gives the connections before and after authentication.
func (g *gate) counts() (handshakes, admitted int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.handshakes, g.admitted
}

// network is what one party is assumed to have: an IPv4 address or an IPv6 /64.
func network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits)
	return p
}
