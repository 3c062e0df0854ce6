package logging_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"muster/internal/logging"
)

// reader is at the other end of a log: it reads, stalls or is gone.
type reader struct {
	mu   sync.Mutex
	text bytes.Buffer
	gone bool
	wait chan struct{} // nil, or what a write waits for
	held chan struct{} // told once a write waits
}

func (r *reader) Write(p []byte) (int, error) {
	r.mu.Lock()
	wait := r.wait
	r.mu.Unlock()
	if wait != nil {
		select {
		case r.held <- struct{}{}:
		default:
		}
		<-wait
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return 0, errors.New("broken pipe")
	}
	return r.text.Write(p)
}

func (r *reader) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

func text(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) }

// eventually waits for the log to hold something.
func eventually(t *testing.T, r *reader, want string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !strings.Contains(r.String(), want); {
		if time.Now().After(end) {
			t.Fatalf("%q never came:\n%s", want, r)
		}
		<-time.After(time.Millisecond)
	}
}

func TestLinesArriveInOrder(t *testing.T) {
	defer goleak.VerifyNone(t)
	r := &reader{}
	log, w := logging.New(r, text)
	for i := range 100 {
		log.Info("line", "n", i)
	}
	w.Close()
	lines := strings.Split(strings.TrimSpace(r.String()), "\n")
	if len(lines) != 100 || !strings.HasSuffix(lines[0], " n=0") || !strings.HasSuffix(lines[99], " n=99") {
		t.Errorf("%d lines:\n%s", len(lines), r)
	}
}

// A reader that stalls holds nobody up, and hears later how much it missed.
func TestStalledReader(t *testing.T) {
	defer goleak.VerifyNone(t)
	r := &reader{wait: make(chan struct{})}
	log, w := logging.New(r, text)
	long := strings.Repeat("x", 1000)
	for range 5000 { // five times what may wait; a writer that blocks ends here
		log.Info(long)
	}
	begin := time.Now()
	w.Close()
	if d := time.Since(begin); d > 10*time.Second {
		t.Errorf("closing took %s", d)
	}
	close(r.wait)
	eventually(t, r, "lines of the log were lost")
}

func TestStalledReaderComesBack(t *testing.T) {
	r := &reader{wait: make(chan struct{}), held: make(chan struct{}, 1)}
	log, w := logging.New(r, text)
	defer w.Close()
	log.Info("the one that it stalls on")
	<-r.held // so that all that is lost is lost after it
	long := strings.Repeat("x", 1000)
	for range 5000 {
		log.Info(long)
	}
	close(r.wait)
	eventually(t, r, "lines of the log were lost")
	log.Info("all is well")
	eventually(t, r, "all is well")
	got := r.String()
	if kept := strings.Count(got, long); kept < 500 || kept > 1100 {
		t.Errorf("%d lines were kept", kept)
	}
	if strings.Count(got, "were lost") != 1 {
		t.Errorf("the loss is not told once:\n%s", got[len(got)-500:])
	}
}

func TestReaderGone(t *testing.T) {
	defer goleak.VerifyNone(t)
	r := &reader{gone: true}
	log, w := logging.New(r, text)
	for range 1000 {
		log.Info("nobody reads this")
	}
	w.Close()
	if r.String() != "" {
		t.Error(r)
	}
}
