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
// movement, which takes four bytes or five.
const skip = 5

// minErase is how many blank columns within a line are worth erasing instead of
// writing, which with the movement to what follows takes up to ten bytes.
const minErase = 11

// syncFrom is the length from which a frame is bracketed as synchronized
// output, in bytes. Shorter ones are one packet of SSH and of TCP and reach a
// terminal in one piece; the brackets would make a tenth of a cursor movement.
const syncFrom = 1024

// frame gives the bytes that take the terminal from what it shows to v, none
// if that is the same.
func (p *painter) frame(v *tea.View) []byte {
	b := []byte(setSync)
	start := len(b)
	b = p.switchModes(b, v)
	b = p.draw(b, v.Content)
	b = p.placeCursor(b, v.Cursor, len(b) > start)
	if !p.term.sync || len(b)-start < syncFrom {
		return b[start:]
	}
	return append(b, resetSync...)
}

// draw appends what makes the terminal show content. The cursor ends anywhere,
// the style is the default again.
func (p *painter) draw(b []byte, content string) []byte {
	if !p.whole && content == p.shown {
		return b
	}
	w := lineWriter{buf: p.hideCursor(b), x: -1, y: -1, width: p.width, modern: p.term.modern}
	lines := make([]string, 2*p.height)
	was, is := lines[:p.height], lines[p.height:]
	cut(is, content)
	if p.whole {
		w.buf = append(w.buf, "\x1b[H\x1b[2J"...)
		w.x, w.y = 0, 0
	} else {
		cut(was, p.shown)
		if p.term.modern { // the Linux console knows no SU and SD
			w.scroll(was, is)
		}
	}
	var rows []cell
	for y := range is {
		if was[y] == is[y] {
			continue
		}
		if rows == nil {
			rows = make([]cell, 2*p.width)
		}
		from, to := rows[:p.width], rows[p.width:]
		p.colours.parse(from, was[y])
		p.colours.parse(to, is[y])
		w.line(y, from, to)
	}
	p.shown, p.whole = content, false
	return appendSGR(w.buf, w.style, style{})
}

// cut splits s into lines, as many as there is room for.
func cut(lines []string, s string) {
	for y := range lines {
		lines[y], s, _ = strings.Cut(s, "\n")
		lines[y] = strings.TrimSuffix(lines[y], "\r")
	}
}

// lineWriter writes cells and knows where that leaves the terminal's cursor
// and style. x is -1 where the column is not known, y where the row is not.
type lineWriter struct {
	buf   []byte
	x, y  int
	width int // of the screen
	style style
	// modern says that the terminal can erase within a line.
	modern bool
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
		if n := blanks(to[x:end]); n >= minErase && w.modern {
			w.moveTo(x, y)
			w.setStyle(style{})
			w.buf = append(w.buf, "\x1b["...)
			w.buf = strconv.AppendInt(w.buf, int64(n), 10)
			w.buf = append(w.buf, 'X')
			x += n
			continue
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

// blanks counts the blank columns at the start of row.
func blanks(row []cell) int {
	n := 0
	for n < len(row) && row[n].isBlank() {
		n++
	}
	return n
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

// moveTo moves the cursor the way that takes the fewest bytes. Behind the last
// column it stands somewhere else on every terminal, so that nothing relative
// starts there.
func (w *lineWriter) moveTo(x, y int) {
	known := w.x >= 0 && w.x < w.width
	switch {
	case x == w.x && y == w.y:
	case w.y >= 0 && y == w.y+1 && x == 0:
		w.buf = append(w.buf, "\r\n"...)
	case y == w.y:
		if known && (x > w.x || w.x-x < 4) {
			w.across(x)
		} else {
			w.column(x)
		}
	case known && w.y >= 0 && y > w.y && w.acrossLen(x)+moveLen(y-w.y) < positionLen(x, y):
		w.buf = appendStep(w.buf, y-w.y, 'B')
		w.across(x)
	default:
		w.buf = appendMove(w.buf, x, y)
	}
	w.x, w.y = x, y
}

// across moves within the row from where the cursor is known to be.
func (w *lineWriter) across(x int) {
	if x > w.x {
		w.buf = appendStep(w.buf, x-w.x, 'C')
	}
	for range w.x - x {
		w.buf = append(w.buf, '\b')
	}
}

// acrossLen is the length of that, in bytes.
func (w *lineWriter) acrossLen(x int) int {
	if x > w.x {
		return moveLen(x - w.x)
	}
	return w.x - x
}

// appendStep appends a movement by n.
func appendStep(b []byte, n int, direction byte) []byte {
	b = append(b, "\x1b["...)
	if n > 1 {
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return append(b, direction)
}

// moveLen is the length of a movement by n, in bytes.
func moveLen(n int) int {
	switch n {
	case 0:
		return 0
	case 1:
		return 3
	}
	return 3 + digits(n)
}

// positionLen is the length of an absolute movement, in bytes.
func positionLen(x, y int) int {
	if x == 0 {
		return 3 + digits(y+1)
	}
	return 4 + digits(y+1) + digits(x+1)
}

// digits is the length of a number below 1000.
func digits(n int) int {
	switch {
	case n < 10:
		return 1
	case n < 100:
		return 2
	}
	return 3
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
