package sshserver

import (
	"bytes"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// hoard keeps what is written until it is let go, in one piece.
type hoard struct {
	net.Conn
	mu   sync.Mutex
	hold bool
	kept bytes.Buffer
}

func (h *hoard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.hold {
		return h.kept.Write(b)
	}
	return h.Conn.Write(b)
}

func (h *hoard) keep() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hold = true
}

func (h *hoard) letGo() {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, _ = h.Conn.Write(h.kept.Bytes())
}

// The library's reader goroutine is blocked for ever when the one that takes
// its packets stops early; see drain.go.
func TestReadAheadDoesNotLeak(t *testing.T) {
	t.Run("while authenticating", func(t *testing.T) {
		besieged(t, nil, func(t *testing.T, h *house) {
			for range 20 {
				raw, err := net.Dial("tcp", h.addr)
				if err != nil {
					t.Fatal(err)
				}
				burst := &hoard{Conn: raw}
				cfg := clientConfig("acme", newKey(t))
				cfg.AuthCallback = func(c *gossh.ClientAuthContext) (gossh.AuthMethod, error) {
					burst.keep()
					for range 60 { // a server's message, which ends the handshake
						_ = c.Metadata.(gossh.ServerPreAuthConn).SendAuthBanner("x")
					}
					burst.letGo()
					return nil, net.ErrClosed
				}
				if _, _, _, err := gossh.NewClientConn(burst, h.addr, cfg); err == nil {
					t.Error("came in")
				}
				_ = raw.Close()
			}
		})
	})
	t.Run("once in", func(t *testing.T) {
		besieged(t, nil, func(t *testing.T, h *house) {
			key := h.known("usr_mallory")
			for range 20 {
				var burst *hoard
				c := h.through(func(raw net.Conn) net.Conn { burst = &hoard{Conn: raw}; return burst }, "acme", key)
				ch, reqs, err := c.OpenChannel("session", nil)
				if err != nil {
					t.Fatal(err)
				}
				go gossh.DiscardRequests(reqs)
				burst.keep()
				// A packet larger than any may be ends the connection.
				_, _, _ = c.SendRequest(strings.Repeat("x", 300<<10), false, nil)
				for range 60 {
					_, _ = ch.SendRequest("env", false, nil)
					_, _, _ = c.SendRequest("x", false, nil)
				}
				burst.letGo()
				_ = c.Wait()
			}
		})
	})
}

func TestPace(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	var p pace
	go func() {
		_, _ = client.Write(make([]byte, 1000))
		_ = client.Close()
	}()
	read := func(patience time.Duration) (int, error) {
		total := 0
		for {
			n, err := p.read(server, make([]byte, 4096), patience)
			total += n
			if err != nil {
				return total, err
			}
		}
	}
	p.wrote(make([]byte, 700)) // a key exchange message: no pacing yet
	if n, err := p.read(server, make([]byte, 100), patience); n != 100 || err != nil {
		t.Error(n, err)
	}
	p.wrote([]byte{0, 0, 0, 12, 10, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	for range 2 {
		if n, err := read(time.Millisecond); n != paceBytes || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(n, err)
		}
		p.wrote(make([]byte, 52))
	}
	waiting := make(chan int)
	go func() {
		n, _ := read(patience)
		waiting <- n
	}()
	eventually(t, "the reader waits", func() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.answer != nil })
	p.finish()
	if n := soon(t, "the rest", waiting); n != 900-2*paceBytes {
		t.Error(n)
	}
}
