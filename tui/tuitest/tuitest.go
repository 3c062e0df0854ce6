// Package tuitest drives a terminal app the way a person does: keys go in, and
// what a terminal emulator shows is looked at. Tests read like prose:
//
//	app.Press("3").See("2 waiting").Press("a").See("approved")
//
// Each look waits for its condition, and time passes by a clock that each key
// press moves on. Only over a line, where nobody can tell when a key was taken,
// is there a short rest before one is pressed twice.
package tuitest

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/vt"

	"muster/tui/screen"
)

// patience is how long a condition may take to come true. It only matters to
// tests that fail.
const patience = 15 * time.Second

// Clock is a clock that stands still until it is moved. It is safe for
// concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that shows t.
func NewClock(t time.Time) *Clock { return &Clock{now: t} }

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Options describe the terminal.
type Options struct {
	Width, Height int    // 80×24 unless given
	Term          string // xterm-256color unless given
	Env           []string
	// Mute terminals answer no question, as many do not.
	Mute bool
	// Clock, if set, moves on by Finger before each key.
	Clock *Clock
	// Resized, if set, gives the size on to what Connect reached.
	Resized func(w, h int)
	// Mask, if set, hides what differs from run to run in kept frames. It must
	// keep the width of lines.
	Mask func(screen string) string
}

// Finger is the time between two keys of somebody who looks at the screen: it
// is longer than a dialog's guard, and no key counts as held.
const Finger = 350 * time.Millisecond

// Terminal is an emulator with an app in it. Its methods fail the test and give
// the terminal back, so that they can be chained.
type Terminal struct {
	t       testing.TB
	emu     *vt.Emulator
	mu      sync.Mutex // guards emu's screen, w and h
	w, h    int
	in      io.Writer
	clock   *Clock
	frames  chan struct{}          // has room for one: the screen changed
	resize  chan func(screen.Size) // holds what to call
	done    chan struct{}          // closed when the app has ended
	err     error                  // of the app; read after done
	copied  string
	model   *watched // nil with Connect, where nobody can tell what a key did
	resized func(w, h int)
	mute    bool
	mask    func(string) string
	pressed string // the last key over a line, and when
	at      time.Time
	drawn   time.Time // when something came last; guarded by mu
}

// New makes a terminal that shows whatever is written to it. Connect or Run
// puts an app behind it.
func New(t testing.TB, o Options) *Terminal {
	if o.Width == 0 {
		o.Width, o.Height = 80, 24
	}
	a := &Terminal{t: t, emu: vt.NewEmulator(o.Width, o.Height), w: o.Width, h: o.Height, clock: o.Clock,
		resized: o.Resized, mask: o.Mask, mute: o.Mute,
		frames: make(chan struct{}, 1), resize: make(chan func(screen.Size), 1), done: make(chan struct{})}
	a.emu.RegisterOscHandler(52, func(data []byte) bool {
		a.copied = string(data)
		return true
	})
	return a
}

// Write shows what an app sends. It is the terminal's end of the line.
func (a *Terminal) Write(b []byte) (int, error) {
	a.mu.Lock()
	n, err := a.emu.Write(b)
	a.drawn = time.Now()
	a.mu.Unlock()
	select {
	case a.frames <- struct{}{}:
	default:
	}
	return n, err
}

// Run runs a model in the terminal until it ends or the test does.
func Run(t testing.TB, m tea.Model, o Options) *Terminal {
	t.Helper()
	a := New(t, o)
	term := o.Term
	if term == "" {
		term = "xterm-256color"
	}
	keys, in := io.Pipe()
	a.in = in
	a.model = watch(m)
	answered := a.answer(in)
	ctx, cancel := context.WithCancel(context.Background())
	so := screen.Options{In: keys, Out: a, Width: a.w, Height: a.h, Resize: func(changed func(screen.Size)) { a.resize <- changed }, Term: term, Env: o.Env}
	if o.Clock != nil {
		so.Now = time.Now // frames are paced by real time
	}
	go func() {
		defer close(a.done)
		_, a.err = screen.Run(ctx, a.model, so)
	}()
	t.Cleanup(func() {
		cancel()
		_ = in.Close()
		<-a.done
		_ = keys.Close()
		a.hangUp()
		<-answered
	})
	return a
}

// Connect puts an app behind the terminal that is reached by a writer for keys
// and a reader for its screen, such as an SSH session.
func (a *Terminal) Connect(keys io.Writer, out io.Reader) *Terminal {
	a.in = keys
	a.answer(keys)
	go func() {
		defer close(a.done)
		_, a.err = io.Copy(a, out)
	}()
	a.t.Cleanup(a.hangUp)
	return a
}

// answer sends what the emulator says to questions of the app. The answers are
// queued, since the app may be the one that writes the next question.
func (a *Terminal) answer(keys io.Writer) (done chan struct{}) {
	queue := make(chan []byte, 1024)
	go func() {
		defer close(queue)
		for {
			buf := make([]byte, 256)
			n, err := a.emu.Read(buf)
			if err != nil {
				return
			}
			queue <- buf[:n]
		}
	}()
	done = make(chan struct{})
	go func() {
		defer close(done)
		for b := range queue {
			if a.mute {
				continue
			}
			_, _ = keys.Write(b) // an app that has ended takes none
		}
	}()
	return done
}

// hangUp ends the emulator's answers. Closing the emulator itself would race
// with its Read.
func (a *Terminal) hangUp() {
	if c, ok := a.emu.InputPipe().(io.Closer); ok {
		_ = c.Close()
	}
}

var named = map[string]string{
	"enter": "\r", "tab": "\t", "shift+tab": "\x1b[Z", "esc": "\x1b[27u", "backspace": "\x7f", "space": " ",
	"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
	"pgup": "\x1b[5~", "pgdown": "\x1b[6~", "delete": "\x1b[3~",
	"ctrl+enter": "\x1b[13;5u", "alt+enter": "\x1b\r",
}

// Press presses keys one after the other, by their names: "enter", "ctrl+c", "a".
func (a *Terminal) Press(keys ...string) *Terminal {
	a.t.Helper()
	for _, k := range keys {
		if a.clock != nil {
			a.clock.Advance(Finger)
		}
		s, ok := named[k]
		switch {
		case ok:
		case strings.HasPrefix(k, "ctrl+") && len(k) == 6:
			s = string(k[5] & 0x1f)
		case strings.HasPrefix(k, "alt+"):
			s = "\x1b" + k[4:]
		default:
			s = k
		}
		a.key(k, s)
	}
	return a
}

// key sends a key and waits until the app has done what it asks for.
func (a *Terminal) key(name, s string) {
	a.t.Helper()
	// Over a line, a key pressed twice must not look held down.
	if a.model == nil && a.pressed == name {
		a.mu.Lock()
		last := a.drawn // by when the first one had come, however slow the line is
		a.mu.Unlock()
		if last.Before(a.at) {
			last = a.at
		}
		time.Sleep(time.Until(last.Add(Finger / 3)))
	}
	a.act("the key "+name, s)
	a.pressed, a.at = name, time.Now()
}

// act sends what a person does, and waits until a model that runs here has
// taken it and every command that follows from it has come back, so that the
// next thing is done on a screen as a person would see it.
func (a *Terminal) act(what, s string) {
	a.t.Helper()
	a.send(s)
	if a.model == nil {
		return
	}
	deadline := time.After(patience)
	select {
	case <-a.model.taken:
	case <-a.done:
		return
	case <-deadline:
		a.t.Fatalf("the app did not take %s\n%s", what, a.Screen())
	}
	for a.model.underWay() > 0 {
		select {
		case <-a.model.back:
		case <-a.done:
			return
		case <-deadline:
			a.t.Fatalf("what %s began did not end\n%s", what, a.Screen())
		}
	}
}

// Rest waits until nothing is drawn for a moment, so that a frame that is on its
// way is not taken for the one after it.
func (a *Terminal) Rest() *Terminal {
	const quiet = 30 * time.Millisecond // longer than two frames are apart
	for {
		select {
		case <-a.frames:
		case <-time.After(quiet):
			return a
		}
	}
}

// Type types text, a key at a time.
func (a *Terminal) Type(text string) *Terminal {
	a.t.Helper()
	for _, r := range text {
		if a.clock != nil {
			a.clock.Advance(Finger)
		}
		a.key(string(r), string(r))
	}
	return a
}

// Paste pastes text, as terminals do it.
func (a *Terminal) Paste(text string) *Terminal {
	a.t.Helper()
	a.act("what was pasted", "\x1b[200~"+text+"\x1b[201~")
	return a
}

// Click clicks on the first place that shows the text.
func (a *Terminal) Click(text string) *Terminal {
	a.t.Helper()
	a.See(text)
	for y, line := range a.lines() {
		if i := strings.Index(line, text); i >= 0 {
			x := len([]rune(line[:i])) + 1
			a.act("the click on "+text, fmt.Sprintf("\x1b[<0;%d;%dM\x1b[<0;%d;%dm", x, y+1, x, y+1))
			return a
		}
	}
	return a
}

// Wait lets time pass on the clock. An app that runs here learns of it, as by
// the timers that end meanwhile.
func (a *Terminal) Wait(d time.Duration) *Terminal {
	a.t.Helper()
	a.clock.Advance(d)
	if a.model != nil {
		a.act("that time has passed", focused)
	}
	return a
}

// focused is what a terminal says when its window gets the focus, which means
// nothing to an app but that it draws again.
const focused = "\x1b[I"

// Resize gives the terminal another size.
func (a *Terminal) Resize(w, h int) *Terminal {
	a.mu.Lock()
	a.w, a.h = w, h
	a.emu.Resize(w, h)
	a.mu.Unlock()
	if a.resized != nil {
		a.resized(w, h)
		return a
	}
	changed := <-a.resize
	changed(screen.Size{Width: w, Height: h})
	a.resize <- changed
	return a
}

func (a *Terminal) send(s string) {
	a.t.Helper()
	if _, err := io.WriteString(a.in, s); err != nil {
		a.t.Fatalf("the app does not take keys any more: %v\n%s", err, a.Screen())
	}
}
