// Package id makes the identifiers of everything the store keeps.
package id

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// The extended-hex alphabet of RFC 4648 section 7 keeps the order of the bytes
// in the order of the text, which the ordinary base32 alphabet does not.
var encoding = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// encodedLen is the length of 16 bytes in base32 without padding.
const encodedLen = 26

const (
	maxRandA = 1<<12 - 1 // the 12 bits between version and variant
	maxRandB = 1<<62 - 1 // the 62 bits after the variant
)

// Generator makes ids: a prefix, an underscore and a version 7 UUID (RFC 9562)
// in lower-case base32hex, 26 characters. Compared as text, ids with the same
// prefix sort by the time they were made, and those of one Generator in the
// order they were made, even within a millisecond or when the clock steps
// back. They are unique but not secret. A Generator is safe for concurrent use.
type Generator struct {
	now  func() time.Time
	rand io.Reader

	mu sync.Mutex
	ms uint64 // milliseconds since 1970 of the last id
	a  uint16 // its 12 and 62 random bits
	b  uint64
}

// NewGenerator makes a Generator that takes the time from now and its
// randomness from rand, in production crypto/rand.Reader.
func NewGenerator(now func() time.Time, rand io.Reader) *Generator {
	return &Generator{now: now, rand: rand}
}

// New makes the next id with this prefix, such as "org" for "org_…". It panics
// if the source of randomness fails, since an id that may repeat is worse than
// a stop.
func (g *Generator) New(prefix string) string {
	u := g.next()
	return prefix + "_" + encoding.EncodeToString(u[:])
}

func (g *Generator) next() [16]byte {
	var random [10]byte
	ms := uint64(max(g.now().UnixMilli(), 0))

	g.mu.Lock()
	defer g.mu.Unlock()
	if _, err := io.ReadFull(g.rand, random[:]); err != nil {
		panic(fmt.Sprintf("id: no randomness: %v", err))
	}
	if ms > g.ms {
		g.seed(ms, random)
	} else {
		g.step(random)
	}

	var u [16]byte
	binary.BigEndian.PutUint64(u[:8], g.ms<<16|7<<12|uint64(g.a))
	binary.BigEndian.PutUint64(u[8:], 0b10<<62|g.b)
	return u
}

func (g *Generator) seed(ms uint64, random [10]byte) {
	g.ms = ms
	g.a = binary.BigEndian.Uint16(random[:2]) & maxRandA
	g.b = binary.BigEndian.Uint64(random[2:]) & maxRandB
}

// step goes on from the last id within the same millisecond by a random amount
// (RFC 9562 section 6.2, method 2), so that the next id is greater and still
// can't be guessed from the last. When the random bits are used up it borrows
// from the next millisecond.
func (g *Generator) step(random [10]byte) {
	g.b += 1 + uint64(binary.BigEndian.Uint32(random[:4]))
	if g.b <= maxRandB {
		return
	}
	g.b &= maxRandB
	if g.a < maxRandA {
		g.a++
		return
	}
	g.seed(g.ms+1, random)
}

// Valid says whether s has the form of an id with this prefix. It does not say
// that such a thing exists.
func Valid(s, prefix string) bool {
	rest, ok := strings.CutPrefix(s, prefix+"_")
	if !ok || len(rest) != encodedLen {
		return false
	}
	b, err := encoding.DecodeString(rest)
	if err != nil || b[6]>>4 != 7 || b[8]>>6 != 0b10 {
		return false
	}
	// The last character has two spare bits, and one id has one spelling; the
	// decoder also skips line ends, which this refuses too.
	return encoding.EncodeToString(b) == rest
}
