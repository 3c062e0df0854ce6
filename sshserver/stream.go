package sshserver

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"muster/models"
)

// output writes to a channel for several goroutines, which the library's
// channel does not allow, and notices a client that takes nothing: when the
// window of the channel is used up, no deadline of the connection applies.
type output struct {
	stall   time.Duration
	stalled func()
	timer   *time.Timer

	// cut tells that what a command writes is cut off, since the client has not
	// read for too long; last closes the connection if it reads no more at all.
	cut  atomic.Bool
	last *time.Timer
	work *workTime // of the command; nil for an app

	mu     sync.Mutex
	closed bool
}

func newOutput(stall time.Duration, stalled func()) *output {
	return &output{stall: stall, stalled: stalled}
}

// guard runs a piece of writing under the clock. o.mu is held.
func (o *output) guard(write func()) {
	if o.timer == nil {
		o.timer = time.AfterFunc(o.stall, o.stalled)
	} else {
		o.timer.Reset(o.stall)
	}
	if o.work != nil {
		o.work.pause()
		defer o.work.goOn()
	}
	write()
	o.timer.Stop()
	if o.cut.Load() {
		o.last.Stop()
	}
}

// forCommand gives a reader of a command more time than a terminal: it may be a
// program that is busy with what it has got, and that is no time of the command. Then the output is cut off, and once
// the client reads again it gets the reason. tell is called when it is cut.
func (o *output) forCommand(stall time.Duration, work *workTime, tell func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.work = work
	closes := o.stalled
	o.stall, o.stalled = stall, func() {
		if o.cut.Load() { // not even the reason
			closes()
			return
		}
		o.last = time.AfterFunc(stall, closes)
		o.cut.Store(true)
		tell()
	}
}

// stream is one of the streams of the channel.
func (o *output) stream(w io.Writer) io.Writer { return &stream{output: o, w: w} }

// cuttable is stream for what a command writes.
func (o *output) cuttable(w io.Writer) io.Writer { return &stream{output: o, w: w, cuttable: true} }

// close ends all streams; last runs as the last thing written.
func (o *output) close(last func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.closed = true
		o.guard(last)
	}
}

// over tells that all streams are closed.
func (o *output) over() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.closed
}

type stream struct {
	*output
	w        io.Writer
	cuttable bool
}

func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	written := 0
	for written < len(p) {
		if s.closed || s.cuttable && s.cut.Load() {
			return written, io.ErrClosedPipe
		}
		var n int
		var err error
		s.guard(func() { n, err = s.w.Write(p[written:min(written+writeChunk, len(p))]) })
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// lineDelay is how long what a command wrote may wait for more: people see it
// at once, and an answer of many lines is one packet instead of as many.
const lineDelay = 20 * time.Millisecond

// buffered collects the small writes of a command. A write after the stream
// failed gives the error.
type buffered struct {
	out   *output // of the stream
	w     io.Writer
	delay time.Duration

	mu    sync.Mutex
	buf   []byte
	timer *time.Timer // nil before the first small write
	err   error
}

func (b *buffered) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.buf)+len(p) > writeChunk {
		b.send()
	}
	if b.err == nil && b.out.over() {
		b.err = io.ErrClosedPipe
	}
	if b.err != nil {
		return 0, b.err
	}
	if len(p) > writeChunk {
		var n int
		n, b.err = b.w.Write(p)
		return n, b.err
	}
	if len(b.buf) == 0 {
		if b.timer == nil {
			b.timer = time.AfterFunc(b.delay, b.flush)
		} else {
			b.timer.Reset(b.delay)
		}
	}
	b.buf = append(b.buf, p...)
	return len(p), nil
}

// flush writes what has waited.
func (b *buffered) flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.send()
}

// send is flush with b.mu held.
func (b *buffered) send() {
	if len(b.buf) == 0 {
		return
	}
	b.timer.Stop()
	if b.err == nil {
		_, b.err = b.w.Write(b.buf)
	}
	b.buf = b.buf[:0]
}

// ordered flushes what was written before it writes or reads anything else: an
// error comes after what led to it, and a question before its answer.
type ordered struct {
	before *buffered
	io.Reader
	io.Writer
}

func (o *ordered) Read(p []byte) (int, error) {
	o.before.flush()
	return o.Reader.Read(p)
}

func (o *ordered) Write(p []byte) (int, error) {
	o.before.flush()
	return o.Writer.Write(p)
}

// crlf writes \n as \r\n, for a terminal that the client has made raw.
type crlf struct {
	w io.Writer
}

func (c *crlf) Write(p []byte) (int, error) {
	text := bytes.ReplaceAll(p, []byte("\r\n"), []byte("\n"))
	if _, err := c.w.Write(bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// capped reads up to a limit, and fails where there is more.
type capped struct {
	r     io.Reader
	left  int
	limit int
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		if n, err := c.r.Read(make([]byte, 1)); n == 0 {
			return 0, err
		}
		return 0, models.Errorf(models.CodeLimit, "standard input has more than %d bytes", c.limit)
	}
	n, err := c.r.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}
