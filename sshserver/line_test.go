package sshserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"muster/models"
)

// typing is a lineReader on what somebody types, and what they see.
func typing(in io.Reader) (*lineReader, *strings.Builder) {
	seen := &strings.Builder{}
	return &lineReader{in: in, echo: seen, asking: func() {}, typed: func() {}}, seen
}

// screen is what is left on a line of a terminal after some output.
func screenOf(shown string) string {
	var line []rune
	for _, r := range shown {
		if r == '\b' {
			line = line[:len(line)-1]
			continue
		}
		line = append(line, r)
	}
	return strings.TrimRight(string(line), " ")
}

func TestLinesAreEdited(t *testing.T) {
	for name, x := range map[string]struct{ typed, want, shown string }{
		"enter":               {"y\r", "y\n", "y\n"},
		"enter as newline":    {"y\n", "y\n", "y\n"},
		"both":                {"y\r\nn\r\n", "y\nn\n", "y\nn\n"},
		"backspace":           {"yx\x7f\r", "y\n", "yx\b \b\n"},
		"backspace of BS":     {"yx\b\r", "y\n", "yx\b \b\n"},
		"more than there is":  {"x\x7f\x7f\x7fy\r", "y\n", "x\b \by\n"},
		"accent":              {"ae\u0301\x7f\r", "a\n", "ae\u0301\b \b\n"},
		"wide":                {"a日\x7f\r", "a\n", "a日\b \b\b \b\n"},
		"the whole line":      {"no way\x15yes\r", "yes\n", "no way" + strings.Repeat("\b \b", 6) + "yes\n"},
		"a word":              {"one two \x17\r", "one \n", "one two " + strings.Repeat("\b \b", 4) + "\n"},
		"arrows":              {"a\x1b[D\x1b[1;5C\x1bOPb\x1bxc\r", "abc\n", "abc\n"},
		"escape before enter": {"y\x1b\r", "y\n", "y\n"},
		"controls":            {"a\x00\x01\x0b\u009bb\r", "ab\n", "ab\n"},
		"no text":             {"a\xff\xfeb\r", "ab\n", "ab\n"},
		"ctrl+d":              {"q1@x.example\rq2@x.example\r\x04", "q1@x.example\nq2@x.example\n", "q1@x.example\nq2@x.example\n\n"},
		"ctrl+d in a line":    {"open\x04more\r", "open", "open\n"},
		"closed":              {"one\rtwo", "one\ntwo", "one\ntwo"},
		"half a character":    {"a\xe6\x97", "a", "a"},
		"table":               {"a\tb\r", "a\tb\n", "a b\n"},
		"nothing":             {"", "", ""},
	} {
		for how, split := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader} {
			l, seen := typing(split(strings.NewReader(x.typed)))
			got, err := io.ReadAll(l)
			if err != nil || string(got) != x.want || screenOf(seen.String()) != screenOf(x.shown) {
				t.Errorf("%s, %s: %q, %v, shown %q", name, how, got, err, seen)
			}
			if how == "whole" && seen.String() != x.shown {
				t.Errorf("%s: shown %q, want %q", name, seen, x.shown)
			}
		}
	}
}

// One read is at most one line, so that the answer to one question is not part of
// the next.
func TestOneLineARead(t *testing.T) {
	l, _ := typing(strings.NewReader("y\rn\r"))
	buf := make([]byte, 100)
	for _, want := range []string{"y\n", "n\n"} {
		if n, err := l.Read(buf); err != nil || string(buf[:n]) != want {
			t.Errorf("%q, %v", buf[:n], err)
		}
	}
}

func TestCtrlCInterrupts(t *testing.T) {
	l, seen := typing(strings.NewReader("yes\x03\r"))
	got, err := io.ReadAll(l)
	if models.CodeOf(err) != models.CodeUsage || len(got) > 0 || seen.String() != "yes^C\n" {
		t.Errorf("%q, %v, shown %q", got, err, seen)
	}
}

// asks is a command that asks until it is told enough.
func asks(l Limits) func(*Config) {
	return func(c *Config) {
		c.Limits = l
		c.Command = func(ctx context.Context, s *Session) int {
			for {
				fmt.Fprint(s.Err, "sure? ")
				buf := make([]byte, 100)
				n, err := s.In.Read(buf)
				switch {
				case errors.Is(err, io.EOF):
					fmt.Fprintln(s.Out, "nobody")
					return 2
				case err != nil:
					fmt.Fprintln(s.Out, err)
					return models.CodeOf(err).ExitStatus()
				case string(buf[:n]) == "y\n":
					fmt.Fprintln(s.Out, "done", ctx.Err())
					return 0
				}
			}
		}
	}
}

// asked starts a command with a terminal and waits for its question.
func asked(t *testing.T, h *house) *terminal {
	t.Helper()
	s := session(t, h.client("acme", h.known("usr_ada")))
	in, err := s.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{Session: s, in: in, out: &journal{}, errOut: &journal{}}
	s.Stdout, s.Stderr = x.out, x.errOut
	if err := s.RequestPty("xterm", 24, 80, gossh.TerminalModes{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Start("ask"); err != nil {
		t.Fatal(err)
	}
	x.sees(t, "sure? ")
	return x
}

// types sends keys.
func (x *terminal) types(t *testing.T, keys string) {
	t.Helper()
	if _, err := io.WriteString(x.in, keys); err != nil {
		t.Fatal(err)
	}
}

// sees waits for the whole of what is written beside the answer.
func (x *terminal) sees(t *testing.T, text string) {
	t.Helper()
	eventually(t, text, func() bool { return x.errOut.String() == text })
}

// TestThePersonsTimeIsNotTheCommands holds that a command with a terminal waits
// for an answer for longer than it may work, with the terminal resized meanwhile.
func TestThePersonsTimeIsNotTheCommands(t *testing.T) {
	h := open(t, asks(Limits{CommandTime: 300 * time.Millisecond}))
	x := asked(t, h)
	time.Sleep(400 * time.Millisecond)
	if err := x.WindowChange(10, 20); err != nil {
		t.Fatal(err)
	}
	x.types(t, "no\r")
	x.sees(t, "sure? no\r\nsure? ")
	time.Sleep(400 * time.Millisecond)
	x.types(t, "yx\x7f\r")
	st := status(x.Wait())
	x.sees(t, "sure? no\r\nsure? yx\b \b\r\n")
	if st != 0 || x.out.String() != "done <nil>\r\n" {
		t.Errorf("%q, status %d", x.out, st)
	}
}

// TestSilenceEndsAQuestion holds that the wait has a bound of its own, which each
// key starts anew.
func TestSilenceEndsAQuestion(t *testing.T) {
	h := open(t, asks(Limits{AnswerTime: 400 * time.Millisecond}))
	x := asked(t, h)
	for range 4 {
		time.Sleep(150 * time.Millisecond)
		x.types(t, "y")
	}
	st := status(x.Wait())
	if st != 8 || !x.errOut.has("sure? yyyy") || !x.errOut.has("no answer for 400ms; nothing was changed") || x.out.has("done") {
		t.Errorf("%q, %q, status %d", x.out, x.errOut, st)
	}
}

func TestCtrlCAndCtrlDEndAQuestion(t *testing.T) {
	h := open(t, asks(Limits{}))
	for key, want := range map[string]string{"\x03": "interrupted; nothing was changed\r\n", "\x04": "nobody\r\n"} {
		x := asked(t, h)
		x.types(t, "y"+key) // what was begun is no answer
		if st := status(x.Wait()); st != 2 || x.out.String() != want {
			t.Errorf("%q: %q, status %d", key, x.out, st)
		}
	}
}

// TestHangUpIsNoAnswer holds that a line that was begun when the client left is
// not taken for a whole one.
func TestHangUpIsNoAnswer(t *testing.T) {
	got := make(chan string, 1)
	h := open(t, func(c *Config) {
		c.Command = func(_ context.Context, s *Session) int {
			fmt.Fprint(s.Err, "sure? ")
			b, err := io.ReadAll(s.In)
			got <- fmt.Sprintf("%q, %v", b, err)
			return 0
		}
	})
	x := asked(t, h)
	x.types(t, "y")
	x.sees(t, "sure? y")
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if g := soon(t, "the end of the input", got); strings.Contains(g, `\n`) {
		t.Error(g)
	}
}
