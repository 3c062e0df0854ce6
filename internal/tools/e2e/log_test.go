package e2e

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// serveInto starts the server once more with its log going somewhere else, and
// waits until it listens.
func (h *house) serveInto(log *os.File) (ended <-chan error) {
	h.t.Helper()
	if err := h.end(syscall.SIGTERM); err != nil {
		h.t.Fatal(err)
	}
	address := "127.0.0.1:" + h.port
	cmd := exec.Command(binary, "serve", "--listen", address, "--address", address)
	cmd.Env = h.env
	cmd.Stdout, cmd.Stderr = log, log
	must(h.t, cmd.Start())
	_ = log.Close() // this side of it
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	h.cmd = cmd
	h.t.Cleanup(func() { _ = cmd.Process.Kill() })
	eventually(h.t, "it listens", func() bool {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return false
		}
		_ = c.Close()
		return true
	})
	return done
}

// A reader of the log that has gone, or that stalls, ends nothing and holds
// nothing up: people sign in, and a stop is clean.
func TestNobodyReadsTheLog(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, r, w *os.File){
		"gone": func(t *testing.T, r, _ *os.File) { must(t, r.Close()) },
		"stalled": func(t *testing.T, r, w *os.File) {
			t.Cleanup(func() { _ = r.Close() })
			must(t, w.SetWriteDeadline(time.Now().Add(100*time.Millisecond)))
			for { // until there is no room left
				if _, err := w.Write(make([]byte, 512)); err != nil {
					if !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Fatal(err)
					}
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := founded(t)
			r, w, err := os.Pipe()
			must(t, err)
			prepare(t, r, w)
			ended := h.serveInto(w)
			for range 5 {
				h.as("ada", "acme", "whoami")
			}
			ada := h.ssh("ada", "acme", seat{})
			ada.See("1 of 1")
			must(t, h.cmd.Process.Signal(syscall.SIGTERM))
			ada.See("the server is stopping")
			ada.leaves(8)
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("the server ended with: %v", err)
				}
			case <-time.After(patience):
				t.Error("the server does not end")
			}
		})
	}
}

// A server whose terminal is closed gives notice like one that is told to stop.
func TestAHangupIsAnnounced(t *testing.T) {
	h := founded(t)
	ada := h.ssh("ada", "acme", seat{})
	ada.See("1 of 1")
	must(t, h.cmd.Process.Signal(syscall.SIGHUP))
	ada.See("the server is stopping: this session ends in")
	ada.leaves(8)
	<-h.gone
	if h.err != nil {
		t.Errorf("the server ended with: %v\n%s", h.err, h.log)
	}
}
