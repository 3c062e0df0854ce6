package sshserver

import (
	"math"
	"net/netip"
	"time"

	"muster/internal/rate"
)

// source is what the server knows of one network that clients come from: an
// IPv4 address or an IPv6 /64. It is forgotten once nothing of it matters.
type source struct {
	network    netip.Prefix
	handshakes int             // connections that have a place and have not authenticated
	queue      []chan struct{} // those that wait for a place, longest first

	penalty time.Duration // until when, of the clock
	shut    bool          // the penalty was long enough to refuse; so until it is over
	shuts   int           // how often that was, which makes every further penalty longer
	known   time.Duration // until when it is one that people sign in from

	asked rate.Bucket // join requests and sign-ups
	lines rate.Bucket // of the log
	left  int         // lines left out since the last that said so
}

// Penalties, in the way of OpenSSH's PerSourcePenalties: each adds to what is
// left of those before, and a source is refused once that is penaltyMin, until
// all of it has passed.
const (
	penaltyIdle   = 10 * time.Second // took all the time there is and did not sign in
	penaltyFailed = 2 * time.Second  // offered keys and none was good
	penaltyLeft   = time.Second      // left before it came to that
	penaltyFlood  = time.Second      // connected though all its places were taken

	penaltyMin = 15 * time.Second
	penaltyMax = 10 * time.Minute
	penaltyOff = time.Hour // after this long without one, the next begins small
)

const (
	// knownFor is how long a source is known after somebody signed in from it.
	knownFor = 24 * time.Hour
	// maxSources bounds the memory that hostile ones can take. Beyond it no new
	// source is remembered, so none is penalized either.
	maxSources = 1 << 15
)

// source finds or makes the entry of a network. g.mu is held.
func (g *gate) source(network netip.Prefix) *source {
	s := g.sources[network]
	if s == nil {
		if len(g.sources) >= g.sweepAt {
			g.sweep()
		}
		s = &source{network: network}
		g.sources[network] = s
	}
	return s
}

// sweep forgets the sources of which nothing matters any more. g.mu is held.
func (g *gate) sweep() {
	now := g.clock()
	for network, s := range g.sources {
		if g.idle(s, now) {
			delete(g.sources, network)
		}
	}
	for network, s := range g.sources {
		if len(g.sources) < maxSources {
			break
		}
		if s.handshakes == 0 && len(s.queue) == 0 && s.left == 0 && !s.isKnown(now) {
			delete(g.sources, network)
		}
	}
	g.sweepAt = max(1024, 2*len(g.sources))
}

func (g *gate) idle(s *source, now time.Duration) bool {
	return s.handshakes == 0 && len(s.queue) == 0 && s.left == 0 && !s.isKnown(now) &&
		(s.shuts == 0 || now > s.penalty+penaltyOff) && now >= s.penalty &&
		s.asked.Unused(now) && s.lines.Unused(now)
}

func (s *source) isKnown(now time.Duration) bool { return now < s.known }

// penalize adds to a source's penalty.
func (s *source) penalize(now, d time.Duration) {
	if now > s.penalty+penaltyOff {
		s.shuts = 0
	}
	d <<= min(s.shuts, 6)
	s.penalty = min(max(s.penalty, now)+d, now+penaltyMax)
	if !s.shut && s.penalty-now >= penaltyMin {
		s.shut = true
		s.shuts++
	}
}

// knownRoom is how many connections at once a known source sets up while it is
// penalized: of the people behind one address, few misbehave.
func (g *gate) knownRoom() int { return max(1, g.limits.HandshakesAddress/2) }

// refused is how long a source is still refused.
func (s *source) refused(now time.Duration) time.Duration {
	if now >= s.penalty {
		s.shut = false
	}
	if !s.shut {
		return 0
	}
	return s.penalty - now
}

// crowded decides by chance whether to turn a connection away early: from half
// of all places on, the likelier the fewer there are and the more of them this
// source has. A source that has none is never turned away by chance.
func (g *gate) crowded(s *source) bool {
	half := g.limits.Handshakes / 2
	over := float64(len(g.pending)-half) / float64(g.limits.Handshakes-half)
	share := float64(s.handshakes) / float64(g.limits.HandshakesAddress)
	return over > 0 && g.chance() < math.Min(over, 1)*share
}

// victim is the connection that makes room for one of a source that has none:
// the oldest one of the source that has most places. A source's only one gets
// the time that a handshake takes. It is nil if there is none to be ended.
func (g *gate) victim(now time.Duration) *ticket {
	var found *ticket
	for t := range g.pending {
		if t.evict == nil || t.source.handshakes == 1 && now-t.since < patienceFull {
			continue
		}
		if found == nil || t.source.handshakes > found.source.handshakes ||
			t.source.handshakes == found.source.handshakes && t.since < found.since {
			found = t
		}
	}
	return found
}

// patienceFull is how long a source's only connection may take to sign in while
// all places are taken and others want in.
const patienceFull = time.Second
