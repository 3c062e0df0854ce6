package main

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// rest is how long nothing has to come for a frame to be complete.
const rest = 30 * time.Millisecond

// terminal is an SSH session with the app, as a terminal that answers what it is
// asked has it.
type terminal struct {
	client *gossh.Client
	in     io.WriteCloser
	mu     sync.Mutex // guards in
	chunks chan chunk // nil once nobody looks
	bytes  atomic.Int64
	begin  time.Time
	// onBytes, if set, is told when something came.
	onBytes atomic.Pointer[chan time.Time]
	rows    time.Time // when the first rows of a list were there; read after a frame
	until   int       // bytes up to then
}

type chunk struct {
	at   time.Time
	data []byte
}

func dial(addr string, p person, login string) (*gossh.Client, error) {
	return gossh.Dial("tcp", addr, &gossh.ClientConfig{
		User: login, Auth: []gossh.AuthMethod{gossh.PublicKeys(p.signer)},
		HostKeyCallback: gossh.InsecureIgnoreHostKey(), Timeout: 20 * time.Second,
	})
}

// open connects and starts the app. With watch, every piece of output is kept
// for frame; else it is counted only.
func open(addr string, p person, w, h int, watch bool) (*terminal, error) {
	s := &terminal{begin: time.Now()}
	if watch {
		s.chunks = make(chan chunk, 1024)
	}
	var err error
	if s.client, err = dial(addr, p, "acme"); err != nil {
		return nil, err
	}
	session, err := s.client.NewSession()
	if err != nil {
		return nil, err
	}
	if s.in, err = session.StdinPipe(); err != nil {
		return nil, err
	}
	session.Stdout = s
	if err = session.RequestPty("xterm-256color", h, w, gossh.TerminalModes{}); err != nil {
		return nil, err
	}
	return s, session.Shell()
}

// The questions of the app and what a terminal with a dark background that
// knows synchronized output answers.
var answers = []struct{ question, answer []byte }{
	{[]byte("\x1b[?2026$p"), []byte("\x1b[?2026;2$y")},
	{[]byte("\x1b]11;?"), []byte("\x1b]11;rgb:0000/0000/0000\x1b\\")},
}

// Write takes what the app draws.
func (s *terminal) Write(b []byte) (int, error) {
	now := time.Now()
	s.bytes.Add(int64(len(b)))
	for _, a := range answers {
		if bytes.Contains(b, a.question) {
			go s.send(a.answer)
		}
	}
	if c := s.onBytes.Load(); c != nil {
		select {
		case *c <- now:
		default:
		}
	}
	if s.chunks != nil {
		s.chunks <- chunk{now, bytes.Clone(b)}
	}
	return len(b), nil
}

func (s *terminal) send(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.in.Write(b) // a closed session is noticed by who waits for its frame
}

// frame waits for output until it rests, and gives when it began and ended and
// what it was.
func (s *terminal) frame() (first, last time.Time, data []byte, err error) {
	wait := 10 * time.Second
	for {
		select {
		case c := <-s.chunks:
			if data == nil {
				first = c.at
			}
			last, data = c.at, append(data, c.data...)
			if s.rows.IsZero() && bytes.Contains(data, []byte("@dev.example.com")) {
				s.rows, s.until = c.at, len(data)
			}
			wait = rest
		case <-time.After(wait):
			if data == nil {
				err = fmt.Errorf("no frame came")
			}
			return first, last, data, err
		}
	}
}

// press sends a key and gives how long its frame took, and its size.
func (s *terminal) press(key string) (time.Duration, int, error) {
	begin := time.Now()
	s.send([]byte(key))
	_, last, data, err := s.frame()
	return last.Sub(begin), len(data), err
}

func (s *terminal) close() { _ = s.client.Close() }
