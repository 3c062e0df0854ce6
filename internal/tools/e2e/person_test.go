package e2e

import (
	"io"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/termios"
	"github.com/creack/pty"

	"muster/tui/tuitest"
)

// person sits at a terminal in which a program runs.
type person struct {
	*tuitest.Terminal
	t    *testing.T
	raw  *journal      // all that came to the terminal
	tty  *os.File      // the program's side of the pseudo-terminal
	was  any           // its modes before
	is   any           // and after; read after gone
	gone chan struct{} // closed when the program has ended
	err  error         // how; read after gone
}

// seat describes a terminal.
type seat struct {
	w, h int      // 80×24 unless given
	term string   // xterm-256color unless given
	env  []string // of the program, besides
	host bool     // ssh asks whether the host key is the right one
	keys []string // offered before one's own
}

// ssh opens the app with somebody's key: OpenSSH's client in a terminal.
func (h *house) ssh(who, login string, s seat) *person {
	h.t.Helper()
	return h.client(who, s, login+"@127.0.0.1")
}

// mailed runs the command of a mail as it stands there.
func (h *house) mailed(who string, l letter, s seat) *person {
	h.t.Helper()
	return h.client(who, s, l.command[1:]...)
}

func (h *house) client(who string, s seat, args ...string) *person {
	h.t.Helper()
	options := h.options(who)
	if s.host { // the first value of an option counts
		options = append([]string{"-o", "StrictHostKeyChecking=ask", "-o", "UserKnownHostsFile=" + h.path("known_by_"+who)}, options...)
	}
	for i := len(s.keys) - 1; i >= 0; i-- {
		options = append([]string{"-i", h.path(s.keys[i])}, options...)
	}
	options = append(options, "-o", "SendEnv=NO_COLOR COLORTERM TZ")
	return h.sit(s, "ssh", append(options, args...)...)
}

// local opens the app on this machine's database.
func (h *house) local(s seat, args ...string) *person {
	h.t.Helper()
	s.env = append(s.env, h.env...)
	return h.sit(s, binary, args...)
}

// sit runs a program in a terminal until it or the test ends.
func (h *house) sit(s seat, name string, args ...string) *person {
	h.t.Helper()
	if s.w == 0 {
		s.w, s.h = 80, 24
	}
	if s.term == "" {
		s.term = "xterm-256color"
	}
	p := &person{t: h.t, raw: &journal{}, gone: make(chan struct{})}
	master, tty, err := pty.Open()
	must(h.t, err)
	p.tty = tty
	size := func(w, h int) {
		_ = pty.Setsize(master, &pty.Winsize{Cols: uint16(w), Rows: uint16(h)}) // a closed one has no size
	}
	size(s.w, s.h)
	p.was, err = termios.GetTermios(int(tty.Fd()))
	must(h.t, err)

	cmd := exec.Command(name, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + h.path("home"), "GORACE=" + os.Getenv("GORACE")}, s.env...)
	cmd.Env = append(cmd.Env, "TERM="+s.term)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = controlling()
	must(h.t, cmd.Start())
	go func() {
		defer close(p.gone)
		p.err = cmd.Wait()
		p.is, _ = termios.GetTermios(int(tty.Fd()))
		_ = tty.Close() // which ends the reader, once it has all
	}()
	p.Terminal = tuitest.New(h.t, tuitest.Options{Width: s.w, Height: s.h, Resized: size, Mask: mask})
	p.Connect(master, io.TeeReader(ends{master}, p.raw))
	h.t.Cleanup(func() {
		select {
		case <-p.gone:
		default:
			_ = cmd.Process.Kill()
			<-p.gone
		}
		_ = master.Close()
	})
	return p
}

// ends gives a pseudo-terminal whose program is gone the end of a file.
type ends struct{ f *os.File }

func (e ends) Read(b []byte) (int, error) {
	n, err := e.f.Read(b)
	if err != nil {
		err = io.EOF
	}
	return n, err
}

// leaves waits until the program has ended, and wants the terminal's modes to
// be those it began with. Where the app and the server both end a session, who
// is first decides between several statuses.
func (p *person) leaves(status ...int) {
	p.t.Helper()
	p.Ends()
	<-p.gone
	if got := exitCode(p.err); !slices.Contains(status, got) {
		p.t.Errorf("exit status %d, want one of %d\n%s", got, status, p.Screen())
	}
	if !reflect.DeepEqual(p.was, p.is) {
		p.t.Errorf("the terminal's modes are %+v, were %+v", p.is, p.was)
	}
}

// restored wants every mode of the terminal that the app switched on to be off
// again.
func (p *person) restored() {
	p.t.Helper()
	raw := p.raw.String()
	for _, mode := range []string{"1049", "25", "2004", "1002", "1006", "2026"} {
		on, off := "\x1b[?"+mode+"h", "\x1b[?"+mode+"l"
		if mode == "25" { // the cursor is what is hidden
			on, off = off, on
		}
		if strings.LastIndex(raw, on) > strings.LastIndex(raw, off) {
			p.t.Errorf("mode %s stays on", mode)
		}
	}
}

// within runs something, and wants it to be done in time.
func within(t *testing.T, what string, bound time.Duration, do func()) {
	t.Helper()
	start := time.Now()
	do()
	took := time.Since(start)
	t.Logf("%s: %s", what, took.Round(time.Millisecond))
	if took > bound*slack() {
		t.Errorf("%s took %s, want %s", what, took, bound)
	}
}

// mask hides what differs from run to run: times, ids, fingerprints, ports.
func mask(screen string) string {
	for _, m := range masks {
		screen = m.pattern.ReplaceAllStringFunc(screen, func(s string) string {
			if m.fill == "" {
				return m.keep
			}
			return m.keep + strings.Repeat(m.fill, ansi.StringWidth(s)-ansi.StringWidth(m.keep))
		})
	}
	return screen
}

var masks = []struct {
	pattern    *regexp.Regexp
	keep, fill string
}{
	// A dialog may lie over the start of a date. When somebody was last seen is
	// written behind, and stands behind the date in a list.
	{regexp.MustCompile(`[\d-]*\d-\d\d +(never|now|1m)\b|[\d-]*\d-\d\d( \d\d:\d\d UTC( \((now|1m ago)\))?)?|\bnever( {21})?|\bnow  |\b\d\d:\d\d\b`), "", "#"},
	// What was said goes after a while.
	{regexp.MustCompile(`(?m) ✓ [^│\n]*$`), "", ""},
	// Who else is here is known a moment later.
	{regexp.MustCompile(` ● \d+ others? here `), "", "─"},
	{regexp.MustCompile(`4[78]h( left)?`), "", "#"},
	{regexp.MustCompile(`SHA256:[A-Za-z0-9+/]+`), "SHA256:", "#"},
	{regexp.MustCompile(`\b(usr|org|inv|key)_[0-9a-v]+`), "", "#"},
}
