package sshserver

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/rivo/uniseg"

	"muster/models"
)

// lineReader gives a command with a terminal what is typed, a line at a time.
// The client has made its terminal raw, and no device here echoes, lets a line be
// edited or makes ctrl+c an interrupt, so this does, as a terminal driver would.
type lineReader struct {
	in     io.Reader
	echo   io.Writer
	asking func() // before it waits for a key
	typed  func() // after one came

	raw   []byte // read, and not looked at yet
	line  []byte // typed so far
	ready []byte // for the reader: at most one line
	err   error  // what follows it
	esc   escape // in what an arrow or a function key sends
	cr    bool   // the last key was \r: with \n it is one end of a line
}

// Keys that edit a line.
const (
	keyInterrupt = 'C' - '@'
	keyEnd       = 'D' - '@'
	keyBackspace = 'H' - '@'
	keyKill      = 'U' - '@'
	keyWord      = 'W' - '@'
	keyEscape    = '[' - '@'
	keyDelete    = 0x7f
)

// escape is how far into an escape sequence the input is.
type escape int

const (
	noEscape    escape = iota
	escaped            // after ESC
	escapedOne         // after ESC O: one more byte
	escapedMany        // after ESC [: up to a letter
)

// Read gives what was typed up to the end of a line. ctrl+d ends the input, and
// so does the client that closes its side; a line that was begun is given then
// without its end.
func (l *lineReader) Read(p []byte) (int, error) {
	for len(l.ready) == 0 {
		if len(l.raw) == 0 || !utf8.FullRune(l.raw) {
			if l.err != nil {
				return 0, l.err
			}
			l.more()
		}
		l.edit()
	}
	n := copy(p, l.ready)
	l.ready = l.ready[n:]
	return n, nil
}

// more waits for keys.
func (l *lineReader) more() {
	buf := make([]byte, 4096)
	l.asking()
	n, err := l.in.Read(buf)
	l.typed()
	l.raw = append(l.raw, buf[:n]...)
	if err != nil {
		l.end(err)
	}
}

// end is the end of the input, after what is left of it.
func (l *lineReader) end(err error) {
	l.err = err
	if len(l.raw) == 0 {
		l.ready, l.line = l.line, nil
	}
}

// edit looks at what was typed, up to the end of a line.
func (l *lineReader) edit() {
	var shown strings.Builder
	for len(l.raw) > 0 && len(l.ready) == 0 && utf8.FullRune(l.raw) {
		r, n := utf8.DecodeRune(l.raw)
		l.raw = l.raw[n:]
		if l.escape(r) {
			continue
		}
		second := r == '\n' && l.cr
		if l.cr = r == '\r'; !second {
			shown.WriteString(l.key(r, n))
		}
	}
	if l.err != nil && len(l.ready) == 0 { // what is left is half a character
		l.raw, l.ready, l.line = nil, l.line, nil
	}
	if shown.Len() > 0 {
		// Who does not see what they type has left, as the next read tells.
		_, _ = io.WriteString(l.echo, shown.String())
	}
}

// escape skips the sequences of keys that mean nothing here.
func (l *lineReader) escape(r rune) bool {
	was := l.esc
	switch {
	case was == noEscape && r == keyEscape, was == escaped && r == keyEscape:
		l.esc = escaped
	case was == escaped && r == '[':
		l.esc = escapedMany
	case was == escaped && r == 'O':
		l.esc = escapedOne
	case was == escapedMany && (r < '@' || r > '~') && r >= ' ':
	case was != noEscape && r < ' ': // a key after an escape that was one by itself
		l.esc = noEscape
		return false
	default:
		l.esc = noEscape
	}
	return was != noEscape || l.esc != noEscape
}

// key does what one key of n bytes does, and gives what a terminal shows for it.
func (l *lineReader) key(r rune, n int) (shown string) {
	switch r {
	case '\r', '\n':
		l.ready, l.line = append(l.line, '\n'), nil
		return "\n"
	case keyInterrupt:
		l.raw, l.line = nil, nil
		l.err = models.Errorf(models.CodeUsage, "interrupted; nothing was changed")
		return "^C\n"
	case keyEnd:
		l.raw = nil
		l.end(io.EOF)
		return "\n"
	case keyBackspace, keyDelete:
		return l.erase(lastCharacter(string(l.line)))
	case keyWord:
		kept := strings.TrimRight(string(l.line), " ")
		return l.erase(len(l.line) - strings.LastIndexByte(kept, ' ') - 1)
	case keyKill:
		return l.erase(len(l.line))
	case '\t':
		l.line = append(l.line, '\t')
		return " "
	}
	if r == utf8.RuneError && n == 1 || !unicode.IsPrint(r) && r != '\u200c' && r != '\u200d' {
		return ""
	}
	l.line = utf8.AppendRune(l.line, r)
	return string(r)
}

// erase takes the last n bytes of the line away, on the screen as well.
func (l *lineReader) erase(n int) (shown string) {
	at := len(l.line) - n
	gone := strings.ReplaceAll(string(l.line[at:]), "\t", " ")
	l.line = l.line[:at]
	return strings.Repeat("\b \b", ansi.StringWidth(gone))
}

// lastCharacter is how many bytes the last character of a text has, as a reader
// counts characters.
func lastCharacter(s string) int {
	last := 0
	for g := uniseg.NewGraphemes(s); g.Next(); {
		last = len(g.Str())
	}
	return last
}
