// Package logging keeps a log from holding up whoever writes it.
package logging

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// maxQueued is how many bytes may wait for a reader. What comes beyond that is
// lost, and counted.
const maxQueued = 1 << 20

// closeTime is how long Close waits for a reader.
const closeTime = time.Second

// Writer passes lines on to a slower writer. Write never blocks and never
// fails: where the reader at the other end stalls or has gone, lines are lost,
// and the first that gets through after that is one that counts them.
type Writer struct {
	out  io.Writer
	lost func(lines int) // writes that line to out

	mu      sync.Mutex
	changed *sync.Cond
	queue   [][]byte
	bytes   int // in queue
	missing int // lines lost since the last count
	busy    bool
	closed  bool
}

// New makes a logger whose lines go through a Writer. The handler is made for
// the writer it is given.
func New(out io.Writer, handler func(io.Writer) slog.Handler) (*slog.Logger, *Writer) {
	direct := slog.New(handler(out))
	w := &Writer{out: out, lost: func(n int) { direct.Warn("lines of the log were lost", "lines", n) }}
	w.changed = sync.NewCond(&w.mu)
	go w.run()
	return slog.New(handler(w)), w
}

// Write takes one line.
func (w *Writer) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.bytes+len(line) > maxQueued {
		w.missing++
		return len(line), nil
	}
	w.queue = append(w.queue, append([]byte(nil), line...))
	w.bytes += len(line)
	w.changed.Broadcast()
	return len(line), nil
}

// run writes what waits, until Close.
func (w *Writer) run() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		for len(w.queue) == 0 && !w.closed {
			w.changed.Wait()
		}
		if len(w.queue) == 0 {
			return
		}
		line, missing := w.queue[0], w.missing
		w.queue, w.bytes = w.queue[1:], w.bytes-len(w.queue[0])
		w.missing, w.busy = 0, true
		w.mu.Unlock()
		_, err := w.out.Write(line)
		if err == nil && missing > 0 {
			w.lost(missing)
		}
		w.mu.Lock()
		if w.busy = false; err != nil {
			w.missing += missing + 1
		}
		w.changed.Broadcast()
	}
}

// Close waits a moment for what was written to be read. What is written later is
// lost.
func (w *Writer) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.changed.Broadcast()
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.changed.Broadcast()
	})()
	for (w.busy || len(w.queue) > 0) && ctx.Err() == nil {
		w.changed.Wait()
	}
}
