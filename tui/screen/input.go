package screen

import (
	"bytes"
	"runtime/debug"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

const (
	// escTimeout is how long an escape byte waits for what would make it the
	// start of a sequence instead of the escape key.
	escTimeout = 50 * time.Millisecond

	// answerTimeout is how long the rest of a started sequence is waited for.
	// It is dropped then, since half an answer of the terminal is no key.
	answerTimeout = time.Second

	maxPaste    = 64 << 10 // bytes; the rest of a longer paste is dropped
	maxSequence = 512      // bytes; a longer sequence is dropped to its end

	readSize = 1 << 10
)

const pasteEnd = "\x1b[201~"

// decoder turns a terminal's bytes into Bubble Tea's events. It cuts the
// stream into single complete sequences, whatever the reads they arrived in,
// and leaves their meaning to ultraviolet's EventDecoder, which needs no table
// of its own for that. What it holds is bounded, whatever is sent.
type decoder struct {
	emit    func(ev uv.Event) // called with mu held, in the order of input
	onInput func()
	fail    func(err error) // takes a panic

	mu      sync.Mutex
	pending []byte // the start of a sequence that is not complete
	paste   []byte // what was pasted so far
	state   inputState
	timer   *time.Timer
	fed     uint64 // counts calls of feed, to tell a late timer
	closed  bool
}

// inputState is where in the stream of input the decoder stands.
type inputState uint8

const (
	ground     inputState = iota
	pasting               // within a bracketed paste
	skipCSI               // within a CSI sequence that is too long
	skipString            // within an OSC, DCS, APC, PM or SOS string that is too long
)

// feed decodes b and what was pending before it.
func (d *decoder) feed(b []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.recover()
	if d.closed {
		return
	}
	if d.timer != nil {
		d.timer.Stop()
	}
	d.fed++
	if len(d.pending) > 0 {
		b = append(d.pending, b...)
	}
	n := d.scan(b, false)
	if n == len(b) {
		d.pending = nil
		return
	}
	d.pending = bytes.Clone(b[n:])
	d.wait()
}

// close ends the input: what is pending is decoded as far as it goes.
func (d *decoder) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.recover()
	if d.timer != nil {
		d.timer.Stop()
	}
	if !d.closed {
		d.closed = true
		d.scan(d.pending, true)
		d.pending = nil
	}
}

// wait arms the timer for what is pending. Within a paste there is none: its
// end is waited for as long as it takes.
func (d *decoder) wait() {
	if d.state == pasting {
		return
	}
	timeout := answerTimeout
	if p := d.pending; p[0] == ansi.ESC && (len(p) <= 2 || p[len(p)-1] == '$') {
		timeout = escTimeout
	}
	fed := d.fed
	d.timer = time.AfterFunc(timeout, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		defer d.recover()
		if d.closed || d.fed != fed {
			return
		}
		d.scan(d.pending, true)
		d.pending, d.state = nil, ground
	})
}

// recover keeps a panic over one terminal's input from ending the process.
func (d *decoder) recover() {
	if r := recover(); r != nil {
		d.closed = true
		d.fail(&PanicError{Value: r, Stack: debug.Stack()})
	}
}

// scan decodes the complete sequences at the start of b and gives how many
// bytes it is done with. With expired nothing more is coming.
func (d *decoder) scan(b []byte, expired bool) int {
	done := 0
	for done < len(b) {
		rest, state := b[done:], d.state
		var n int
		switch state {
		case pasting:
			n = d.scanPaste(rest)
		case skipCSI, skipString:
			n = d.skip(rest)
		default:
			var keep bool
			n, keep = d.token(rest, expired)
			if keep {
				d.decode(rest[:n])
			}
		}
		if n == 0 && d.state == state {
			break
		}
		done += n
	}
	return done
}

// token gives the length of the sequence at the start of b, 0 if more bytes
// are needed to tell, and whether it has a meaning.
func (d *decoder) token(b []byte, expired bool) (n int, keep bool) {
	switch c := b[0]; {
	case c == ansi.ESC:
		return d.escape(b, expired)
	case c < utf8.RuneSelf:
		return 1, true
	case !utf8.FullRune(b):
		if expired {
			return len(b), false
		}
		return 0, false
	}
	r, size := utf8.DecodeRune(b)
	if r == utf8.RuneError || r < 0xa0 {
		return size, false
	}
	cluster, _ := ansi.FirstGraphemeCluster(b[:min(len(b), maxCluster)], ansi.GraphemeWidth)
	n = len(cluster)
	for n > size && !utf8.Valid(b[:n]) {
		n--
	}
	return n, true
}

// escape is token for what begins with an escape byte.
func (d *decoder) escape(b []byte, expired bool) (n int, keep bool) {
	if len(b) == 1 {
		return either(expired, 1), expired
	}
	switch c := b[1]; c {
	case '[':
		return d.csi(b, expired)
	case 'O':
		return ss3(b, expired)
	case ']', 'P', '_', '^', 'X':
		return d.str(b, expired)
	case ansi.ESC:
		// Two escapes are alt with the sequence that follows, or just two.
		if len(b) == 2 {
			return either(expired, 1), expired
		}
		switch b[2] {
		case '[':
			n, keep = d.csi(b[1:], expired)
		case 'O':
			n, keep = ss3(b[1:], expired)
		default:
			return 1, true
		}
		if n == 0 || d.state != ground {
			return n, false
		}
		return n + 1, keep
	default:
		if c < utf8.RuneSelf {
			return 2, true
		}
		n, keep = d.token(b[1:], expired)
		if n == 0 {
			return 0, false
		}
		return n + 1, keep
	}
}

func either(ok bool, n int) int {
	if ok {
		return n
	}
	return 0
}

// csi is token for ESC [.
func (d *decoder) csi(b []byte, expired bool) (n int, keep bool) {
	if len(b) == 2 {
		return either(expired, 2), expired
	}
	if b[2] == '[' { // the Linux console's F1 to F5
		if len(b) == 3 {
			return either(expired, 3), false
		}
		return 4, true
	}
	i := 2
	for i < len(b) && b[i] >= 0x20 && b[i] < 0x40 {
		i++
	}
	switch {
	case i > maxSequence:
		d.state = skipCSI
		return i, false
	case i == len(b) && !expired:
		return 0, false
	case i < len(b) && b[i] >= 0x40 && b[i] < 0x7f:
		n = i + 1
		if b[i] == 'M' && i == 2 { // an X10 mouse report: three bytes more
			if n+3 > len(b) {
				return either(expired, len(b)), false
			}
			n += 3
		}
		// Win32 input mode is never asked for, and its repeat counts would
		// make one sequence into 65,535 keys.
		return n, b[i] != '_'
	case b[i-1] == '$': // how urxvt ends a shifted key
		return i, true
	default:
		return i, false
	}
}

// ss3 is token for ESC O.
func ss3(b []byte, expired bool) (n int, keep bool) {
	i := 2
	for i < len(b) && i < 6 && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	switch {
	case i == len(b) && !expired:
		return 0, false
	case i == len(b):
		return i, i == 2
	case b[i] > 0x20 && b[i] < 0x7f:
		return i + 1, true
	case i == 2: // alt+O, then something else
		return i, true
	default:
		return i, false
	}
}

// str is token for the strings: OSC, DCS, APC, PM and SOS.
func (d *decoder) str(b []byte, expired bool) (n int, keep bool) {
	if len(b) == 2 {
		return either(expired, 2), expired
	}
	n, complete := stringEnd(b, 2, b[1] == ']')
	switch {
	case complete:
		return n, true
	case n < len(b)-1: // cancelled by an escape that starts something else
		return n, false
	case len(b) > maxSequence:
		d.state = skipString
		return n, false
	default:
		return either(expired, len(b)), false
	}
}

// stringEnd looks from i on for the end of a string, which bell may be too. It
// gives the position after it; or, if the string goes on or is cancelled,
// where to look again.
func stringEnd(b []byte, i int, bell bool) (n int, complete bool) {
	for ; i < len(b); i++ {
		switch b[i] {
		case ansi.BEL:
			if bell {
				return i + 1, true
			}
		case ansi.CAN, ansi.SUB:
			return i + 1, true
		case ansi.ESC:
			if i+1 < len(b) && b[i+1] == '\\' {
				return i + 2, true
			}
			return i, false
		}
	}
	return i, false
}

// skip passes over a sequence that is too long.
func (d *decoder) skip(b []byte) int {
	if d.state == skipCSI {
		for i, c := range b {
			if c < 0x20 || c >= 0x7f {
				d.state = ground
				return i
			}
			if c >= 0x40 {
				d.state = ground
				return i + 1
			}
		}
		return len(b)
	}
	n, complete := stringEnd(b, 0, true)
	if complete || n < len(b)-1 {
		d.state = ground
	}
	return n
}

// scanPaste collects a bracketed paste.
func (d *decoder) scanPaste(b []byte) int {
	i := bytes.Index(b, []byte(pasteEnd))
	if i >= 0 {
		d.collect(b[:i])
		d.state = ground
		text := strings.ToValidUTF8(string(d.paste), "")
		d.paste = nil
		d.send(uv.PasteEvent{Content: strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)}, true)
		return i + len(pasteEnd)
	}
	n := len(b)
	for k := min(len(pasteEnd)-1, n); k > 0; k-- {
		if string(b[n-k:]) == pasteEnd[:k] {
			n -= k
			break
		}
	}
	d.collect(b[:n])
	return n
}

func (d *decoder) collect(b []byte) {
	d.paste = append(d.paste, b[:min(len(b), maxPaste-len(d.paste))]...)
}

// decode gives a complete sequence its meaning.
func (d *decoder) decode(b []byte) {
	if len(b) == 4 && string(b[:3]) == "\x1b[[" {
		if b[3] >= 'A' && b[3] <= 'E' {
			d.send(uv.KeyPressEvent{Code: uv.KeyF1 + rune(b[3]-'A')}, true)
		}
		return
	}
	var dec uv.EventDecoder
	for len(b) > 0 {
		n, ev := dec.Decode(b)
		if n <= 0 {
			return
		}
		b = b[min(n, len(b)):]
		d.event(ev)
	}
}

// event passes on what a person did and the answers that were asked for.
// Everything else a terminal may send, such as window sizes and clipboard
// contents, is dropped: nobody asked.
func (d *decoder) event(ev uv.Event) {
	switch ev := ev.(type) {
	case uv.MultiEvent:
		for _, e := range ev {
			d.event(e)
		}
	case uv.KeyPressEvent:
		ev.Text = typed(ev.Text)
		d.send(ev, true)
	case uv.KeyReleaseEvent:
		ev.Text = typed(ev.Text)
		d.send(ev, true)
	case uv.MouseClickEvent, uv.MouseReleaseEvent, uv.MouseWheelEvent, uv.MouseMotionEvent:
		d.send(ev, true)
	case uv.PasteStartEvent:
		d.state = pasting
	case uv.BackgroundColorEvent:
		if ev.Color != nil {
			d.send(ev, false)
		}
	case uv.ForegroundColorEvent:
		if ev.Color != nil {
			d.send(ev, false)
		}
	case uv.FocusEvent, uv.BlurEvent, uv.KeyboardEnhancementsEvent, uv.ModeReportEvent:
		d.send(ev, false)
	}
}

// typed is the text of a key, without what the kitty protocol would let a
// terminal put there: control characters.
func typed(s string) string {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return ""
	}
	return s
}

func (d *decoder) send(ev uv.Event, person bool) {
	if person && d.onInput != nil {
		d.onInput()
	}
	d.emit(ev)
}
