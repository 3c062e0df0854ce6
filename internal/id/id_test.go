package id_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"muster/internal/clock"
	"muster/internal/id"
)

var start = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

// repeat is a source of randomness that gives one byte for ever.
type repeat byte

func (r repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}

// decode reads the id back bit by bit, independently of the package's encoder.
func decode(t *testing.T, s string) uuid.UUID {
	t.Helper()
	const alphabet = "0123456789abcdefghijklmnopqrstuv"
	_, text, _ := strings.Cut(s, "_")
	if len(text) != 26 {
		t.Fatalf("%q has %d characters after the prefix, want 26", s, len(text))
	}
	var u uuid.UUID
	for i := range 128 {
		v := strings.IndexByte(alphabet, text[i/5])
		if v < 0 {
			t.Fatalf("%q has %q outside the alphabet", s, text[i/5])
		}
		if v&(16>>(i%5)) != 0 {
			u[i/8] |= 128 >> (i % 8)
		}
	}
	return u
}

func TestNewIsAVersion7UUIDOfItsTime(t *testing.T) {
	for _, r := range []io.Reader{rand.Reader, repeat(0), repeat(0xff)} {
		g := id.NewGenerator(clock.NewManual(start).Now, r)
		s := g.New("org")
		if !strings.HasPrefix(s, "org_") || !id.Valid(s, "org") {
			t.Fatalf("%q is not a valid org id", s)
		}
		u := decode(t, s)
		if u.Version() != 7 || u.Variant() != uuid.RFC4122 {
			t.Errorf("%v: version %d, variant %v", u, u.Version(), u.Variant())
		}
		sec, nsec := u.Time().UnixTime()
		if got := time.Unix(sec, nsec); got.UnixMilli() != start.UnixMilli() {
			t.Errorf("%v carries %v, want %v", u, got.UTC(), start)
		}
	}
}

func TestOrderHoldsWhateverTheClockDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := clock.NewManual(start)
		// 0xff uses up the random bits at once; 0 steps by the least amount.
		source := rapid.SampledFrom([]io.Reader{rand.Reader, repeat(0), repeat(0xff)}).Draw(t, "source")
		g := id.NewGenerator(c.Now, source)
		last := ""
		for _, d := range rapid.SliceOfN(rapid.IntRange(-5, 5), 1, 200).Draw(t, "steps") {
			c.Advance(time.Duration(d) * time.Millisecond)
			s := g.New("x")
			if s <= last {
				t.Fatalf("%s follows %s", s, last)
			}
			if !id.Valid(s, "x") {
				t.Fatalf("%q is not valid", s)
			}
			last = s
		}
	})
}

func TestLaterSortsAfterEarlierFromAnotherProcess(t *testing.T) {
	c := clock.NewManual(start)
	early := id.NewGenerator(c.Now, repeat(0xff)).New("x")
	c.Advance(time.Millisecond)
	if late := id.NewGenerator(c.Now, repeat(0)).New("x"); late <= early {
		t.Errorf("%s, a millisecond later, does not follow %s", late, early)
	}
}

func TestConcurrentUseNeverRepeats(t *testing.T) {
	g := id.NewGenerator(clock.NewManual(start).Now, rand.Reader)
	const workers, each = 8, 1000
	made := make([][]string, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for range each {
				made[w] = append(made[w], g.New("x"))
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, ids := range made {
		for i, s := range ids {
			if seen[s] {
				t.Fatalf("%s came twice", s)
			}
			seen[s] = true
			if i > 0 && s <= ids[i-1] {
				t.Fatalf("one goroutine got %s after %s", s, ids[i-1])
			}
		}
	}
	if len(seen) != workers*each {
		t.Errorf("%d ids, want %d", len(seen), workers*each)
	}
}

func TestNoRandomnessStops(t *testing.T) {
	for name, r := range map[string]io.Reader{
		"broken": iotest.ErrReader(errors.New("broken")),
		"short":  bytes.NewReader(make([]byte, 9)),
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("an id was made without randomness")
				}
			}()
			id.NewGenerator(clock.System, r).New("x")
		})
	}
}

func TestValid(t *testing.T) {
	good := id.NewGenerator(clock.NewManual(start).Now, repeat(0x5a)).New("inv")
	body := strings.TrimPrefix(good, "inv_")
	for name, tt := range map[string]struct {
		s    string
		want bool
	}{
		"good":              {good, true},
		"another prefix":    {"org_" + body, false},
		"longer prefix":     {"xinv_" + body, false},
		"no prefix":         {body, false},
		"empty":             {"", false},
		"only prefix":       {"inv_", false},
		"short":             {good[:len(good)-1], false},
		"long":              {good + "0", false},
		"upper case":        {strings.ToUpper(good), false},
		"outside alphabet":  {good[:len(good)-2] + "z0", false},
		"line end":          {good[:len(good)-1] + "\n", false},
		"spare bits set":    {good[:len(good)-1] + "1", false},
		"all zero":          {"inv_" + strings.Repeat("0", 26), false},
		"not even encoding": {"inv_" + strings.Repeat("é", 13), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := id.Valid(tt.s, "inv"); got != tt.want {
				t.Errorf("Valid(%q) = %v, want %v", tt.s, got, tt.want)
			}
		})
	}
}
