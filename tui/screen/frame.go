package screen

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// painter turns views into the bytes that make a terminal show them. It keeps
// the last view's text, which is what the terminal shows, and no cells: the
// few lines that change are taken apart again when they do.
type painter struct {
	width, height int
	colours       colours
	term          capabilities

	shown string // content of the last frame
	whole bool   // the next frame starts from an empty screen
	modes modes
}

// skip is how many unchanged columns within a line are worth a cursor
// movement, which takes four or five bytes and often a change of style.
const skip = 8

// frame appends the bytes that take the terminal from what it shows to v, and
// nothing if that is the same.
func (p *painter) frame(b []byte, v *tea.View) []byte {
	start := len(b)
	b = p.open(b)
	opened := len(b)
	b = p.switchModes(b, v)
	b = p.draw(b, v.Content)
	b = p.placeCursor(b, v.Cursor, len(b) > opened)
	if len(b) == opened {
		return b[:start]
	}
	return p.close(b)
}

// draw appends what makes the terminal show content. The cursor ends anywhere,
// the style is the default again.
func (p *painter) draw(b []byte, content string) []byte {
	if !p.whole && content == p.shown {
		return b
	}
	old, next := p.shown, content
	if p.whole {
		b = append(b, "\x1b[H\x1b[2J"...)
		old = ""
	}
	w := lineWriter{buf: b, x: -1, y: -1}
	if p.whole {
		w.x, w.y = 0, 0
	}
	var rows []cell
	for y := range p.height {
		var was, is string
		was, old = cutLine(old)
		is, next = cutLine(next)
		if was == is {
			continue
		}
		if rows == nil {
			w.buf = p.hideCursor(w.buf)
			rows = make([]cell, 2*p.width)
		}
		from, to := rows[:p.width], rows[p.width:]
		p.colours.parse(from, was)
		p.colours.parse(to, is)
		w.line(y, from, to)
	}
	p.shown, p.whole = content, false
	return appendSGR(w.buf, w.style, style{})
}

// cutLine splits off the first line of s.
func cutLine(s string) (line, rest string) {
	line, rest, _ = strings.Cut(s, "\n")
	return strings.TrimSuffix(line, "\r"), rest
}

// lineWriter writes cells and knows where that leaves the terminal's cursor
// and style. x is -1 where the column is not known, y where the row is not.
type lineWriter struct {
	buf   []byte
	x, y  int
	style style
}

// line appends what takes row y from one content to another.
func (w *lineWriter) line(y int, from, to []cell) {
	end := len(to)
	for end > 0 && to[end-1].isBlank() {
		end--
	}
	for x, written := 0, 0; x < len(to); {
		if from[x].same(&to[x]) {
			x++
			continue
		}
		for x > written && (to[x].width == 0 || from[x].width == 0) { // back to where a wide character starts
			x--
		}
		if x >= end {
			w.moveTo(x, y)
			w.erase()
			return
		}
		w.moveTo(x, y)
		x = w.run(x, end, from, to)
		written = x
	}
}

// run writes cells from column x up to where at least skip columns are
// unchanged or only blanks follow, and gives that column.
func (w *lineWriter) run(x, end int, from, to []cell) int {
	y, reach := w.y, 0
	for x < end {
		n := equalRun(from[x:end], to[x:end])
		if x >= reach && (n >= skip || x+n == end) {
			return x
		}
		w.moveTo(x, y)
		w.put(&to[x])
		if to[x].loose {
			// A terminal that counts it rune by rune has drawn over what
			// follows, changed or not.
			reach = max(reach, x+ansi.StringWidthWc(to[x].text))
		}
		x += int(to[x].width)
	}
	if x < reach && x < len(to) {
		w.moveTo(x, y)
		w.erase()
		return len(to)
	}
	return x
}

// erase clears the rest of the row.
func (w *lineWriter) erase() {
	w.setStyle(style{})
	w.buf = append(w.buf, "\x1b[K"...)
}

// equalRun counts the columns at the start of from and to that look the same,
// up to a whole character.
func equalRun(from, to []cell) int {
	n := 0
	for n < len(to) && from[n].same(&to[n]) {
		n++
	}
	for n > 0 && n < len(to) && (from[n].width == 0 || to[n].width == 0) {
		n--
	}
	return n
}

// put writes one character at the cursor.
func (w *lineWriter) put(c *cell) {
	if !c.isBlank() || !w.style.blank() {
		w.setStyle(c.style)
	}
	if c.loose && c.width > 1 {
		// A terminal that gives it one column would leave the old second one.
		for range c.width {
			w.buf = append(w.buf, ' ')
		}
		w.column(w.x)
	}
	w.buf = append(w.buf, c.text...)
	w.x += int(c.width)
	if c.loose {
		// A movement, even to where the cursor should be, also keeps the
		// character from joining with the next.
		w.x = -1
	}
}

func (w *lineWriter) setStyle(s style) {
	w.buf = appendSGR(w.buf, w.style, s)
	w.style = s
}

// column moves the cursor within its row.
func (w *lineWriter) column(x int) {
	w.buf = append(w.buf, "\x1b["...)
	w.buf = strconv.AppendInt(w.buf, int64(x+1), 10)
	w.buf = append(w.buf, 'G')
	w.x = x
}

func (w *lineWriter) moveTo(x, y int) {
	switch {
	case x == w.x && y == w.y:
	case y == w.y && w.x >= 0 && x > w.x:
		w.buf = append(w.buf, "\x1b["...)
		if x-w.x > 1 {
			w.buf = strconv.AppendInt(w.buf, int64(x-w.x), 10)
		}
		w.buf = append(w.buf, 'C')
	case y == w.y:
		w.column(x)
		return
	case w.y >= 0 && y == w.y+1 && x == 0:
		w.buf = append(w.buf, "\r\n"...)
	default:
		w.buf = appendMove(w.buf, x, y)
	}
	w.x, w.y = x, y
}

// appendMove appends an absolute cursor movement, to column x and row y
// counted from 0.
func appendMove(b []byte, x, y int) []byte {
	b = append(b, "\x1b["...)
	b = strconv.AppendInt(b, int64(y+1), 10)
	if x > 0 {
		b = append(b, ';')
		b = strconv.AppendInt(b, int64(x+1), 10)
	}
	return append(b, 'H')
}
