// Package ui holds the parts the app is built from: the canvas everything is
// drawn on, the table, dialogs, forms, menus and toasts. None of them knows
// what an organization is, reads a clock or does input or output: time arrives
// as an argument and work leaves as a tea.Cmd.
package ui

import (
	"sync"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"muster/tui/theme"
)

// cell is one column of one line. A cluster of several runes is kept in the
// canvas and r is -1 minus its index. A wide cluster leaves a cell of width 0
// behind it.
type cell struct {
	r     rune
	style theme.Style
	width uint8
}

var blank = cell{r: ' ', width: 1}

// Canvas is the whole screen while one frame is drawn. It lives in a Pool, so
// an idle session keeps none.
type Canvas struct {
	w, h   int
	cells  []cell
	ext    []string
	buf    []byte // what render writes into
	cursor *tea.Cursor
	zones  []Zone
}

// Pool lends canvases to the sessions of one process.
type Pool struct{ pool sync.Pool }

// Frame is a drawn screen.
type Frame struct {
	Content string
	Cursor  *tea.Cursor // nil hides it
	Zones   []Zone
}

// Draw lends a canvas of w×h to draw and gives what was drawn. Sizes below one
// give an empty frame.
func (p *Pool) Draw(th *theme.Theme, w, h int, draw func(Region)) Frame {
	if w < 1 || h < 1 {
		return Frame{}
	}
	c, ok := p.pool.Get().(*Canvas)
	if !ok {
		c = &Canvas{}
	}
	c.reset(w, h)
	draw(Region{c: c, W: w, H: h})
	f := Frame{Content: c.render(th), Cursor: c.cursor}
	if len(c.zones) > 0 {
		f.Zones = append([]Zone(nil), c.zones...)
	}
	p.pool.Put(c)
	return f
}

func (c *Canvas) reset(w, h int) {
	c.w, c.h, c.cursor = w, h, nil
	if cap(c.cells) < w*h {
		c.cells = make([]cell, w*h)
	}
	c.cells = c.cells[:w*h]
	c.cells[0] = blank
	for n := 1; n < len(c.cells); n *= 2 {
		copy(c.cells[n:], c.cells[:n])
	}
	clear(c.ext)
	c.ext = c.ext[:0]
	clear(c.zones)
	c.zones = c.zones[:0]
}

// shows says whether a blank with this style looks other than plain ground.
func shows(s theme.Style) bool {
	return s&(theme.Underline|theme.Reverse|theme.Selected|theme.Field|theme.Button) != 0
}

// render gives the lines, each of which starts and ends with no style set, so
// that any of them can be sent alone.
func (c *Canvas) render(th *theme.Theme) string {
	buf := c.buf[:0]
	for y := range c.h {
		if y > 0 {
			buf = append(buf, '\n')
		}
		row := c.cells[y*c.w : (y+1)*c.w]
		end := len(row)
		for end > 0 && row[end-1].r == ' ' && !shows(row[end-1].style) {
			end--
		}
		at := theme.Text
		for _, cl := range row[:end] {
			if cl.width == 0 {
				continue
			}
			if cl.r != ' ' || shows(cl.style) || shows(at) {
				buf = th.AppendSGR(buf, at, cl.style)
				at = cl.style
			}
			switch {
			case cl.r < 0:
				buf = append(buf, c.ext[-1-cl.r]...)
			case cl.r < 0x80:
				buf = append(buf, byte(cl.r))
			default:
				buf = append(buf, string(cl.r)...)
			}
		}
		buf = th.AppendSGR(buf, at, theme.Text)
	}
	c.buf = buf
	return string(buf)
}

// Zone is a part of the screen the mouse can act on. What a click means is the
// owner's to say.
type Zone struct {
	X, Y, W, H int
	ID         any
}

// Hit gives the zone under a point and the point inside it. Later zones lie
// above earlier ones.
func Hit(zones []Zone, x, y int) (id any, dx, dy int, ok bool) {
	for i := len(zones) - 1; i >= 0; i-- {
		z := zones[i]
		if x >= z.X && x < z.X+z.W && y >= z.Y && y < z.Y+z.H {
			return z.ID, x - z.X, y - z.Y, true
		}
	}
	return nil, 0, 0, false
}

// Region is a rectangle of the canvas with coordinates of its own. Drawing
// outside of it does nothing.
type Region struct {
	c    *Canvas
	x, y int
	W, H int
}

// Sub is the part of the region at (x, y), cut to the region.
func (r Region) Sub(x, y, w, h int) Region {
	if x < 0 {
		w, x = w+x, 0
	}
	if y < 0 {
		h, y = h+y, 0
	}
	w, h = min(w, r.W-x), min(h, r.H-y)
	if w <= 0 || h <= 0 {
		return Region{c: r.c, x: r.x, y: r.y}
	}
	return Region{c: r.c, x: r.x + x, y: r.y + y, W: w, H: h}
}

// Inset is the region without a margin of dx columns and dy lines on each side.
func (r Region) Inset(dx, dy int) Region { return r.Sub(dx, dy, r.W-2*dx, r.H-2*dy) }

// Center is a region of at most w×h in the middle.
func (r Region) Center(w, h int) Region {
	w, h = min(w, r.W), min(h, r.H)
	return r.Sub((r.W-w)/2, (r.H-h)/2, w, h)
}

// Zone makes the region something the mouse can act on.
func (r Region) Zone(id any) {
	if r.W > 0 && r.H > 0 {
		r.c.zones = append(r.c.zones, Zone{X: r.x, Y: r.y, W: r.W, H: r.H, ID: id})
	}
}

// Cursor puts the terminal's cursor at (x, y).
func (r Region) Cursor(x, y int) {
	if x >= 0 && x < r.W && y >= 0 && y < r.H {
		r.c.cursor = tea.NewCursor(r.x+x, r.y+y)
		r.c.cursor.Shape = tea.CursorBar
		r.c.cursor.Blink = false
	}
}

// Clear fills the region with blanks of a style.
func (r Region) Clear(style theme.Style) {
	b := blank
	b.style = style
	for y := range r.H {
		r.cutWide(0, y, r.W)
		row := r.row(y)
		for x := range row {
			row[x] = b
		}
	}
}

func (r Region) row(y int) []cell {
	at := (r.y+y)*r.c.w + r.x
	return r.c.cells[at : at+r.W]
}

// cutWide replaces wide characters that lie half under the n cells from x on
// with blanks, so that no half of one is left.
func (r Region) cutWide(x, y, n int) {
	line := r.c.cells[(r.y+y)*r.c.w : (r.y+y+1)*r.c.w]
	if first := r.x + x; first > 0 && line[first].width == 0 {
		line[first-1] = cell{r: ' ', width: 1, style: line[first-1].style}
	}
	if after := r.x + x + n; after < len(line) && line[after].width == 0 {
		line[after] = cell{r: ' ', width: 1, style: line[after].style}
	}
}

// Text writes s at (x, y) and gives how many columns it took. What does not
// fit in the region ends with "…".
func (r Region) Text(x, y int, s string, style theme.Style) int {
	return r.TextN(x, y, r.W-x, s, style)
}

// TextN is Text within n columns.
func (r Region) TextN(x, y, n int, s string, style theme.Style) int {
	if y < 0 || y >= r.H || x < 0 || x >= r.W || s == "" {
		return 0
	}
	if n = min(n, r.W-x); n <= 0 {
		return 0
	}
	row := r.row(y)[x : x+n]
	r.cutWide(x, y, 0)
	used, full := 0, false
	for cl, rest, ok := next(s); ok; cl, rest, ok = next(rest) {
		if used+cl.width > n {
			full = true
			break
		}
		row[used] = r.c.cell(cl, style)
		if cl.width == 2 {
			row[used+1] = cell{style: style}
		}
		used += cl.width
	}
	if full {
		// Make room for the mark; a wide character before it may leave a blank.
		used = min(used, n-1)
		if used > 0 && row[used].width == 0 {
			used--
		}
		for i := used; i < n; i++ {
			row[i] = cell{r: ' ', width: 1, style: style}
		}
		row[used].r = '…'
		used++
	}
	r.cutWide(x, y, used)
	return used
}

// cell makes the cell of a cluster.
func (c *Canvas) cell(cl cluster, style theme.Style) cell {
	if cl.more == "" {
		return cell{r: cl.r, style: style, width: uint8(cl.width)}
	}
	c.ext = append(c.ext, cl.more)
	return cell{r: rune(-len(c.ext)), style: style, width: uint8(cl.width)}
}

// Right writes s so that it ends at column x (exclusive).
func (r Region) Right(x, y int, s string, style theme.Style) {
	if w := Width(s); w <= x {
		r.Text(x-w, y, s, style)
	} else {
		r.TextN(0, y, x, s, style)
	}
}

// HLine draws n times the rune from (x, y) to the right.
func (r Region) HLine(x, y, n int, line rune, style theme.Style) {
	if y < 0 || y >= r.H || x < 0 || x >= r.W {
		return
	}
	n = min(n, r.W-x)
	if n <= 0 {
		return
	}
	r.cutWide(x, y, n)
	row := r.row(y)[x : x+n]
	for i := range row {
		row[i] = cell{r: line, style: style, width: 1}
	}
}

// edge is theme.Frame in runes.
var edge = func() (e struct{ top, bottom, left, right, topLeft, topRight, bottomLeft, bottomRight rune }) {
	only := func(s string) rune { r, _ := utf8.DecodeRuneInString(s); return r }
	f := theme.Frame
	e.top, e.bottom, e.left, e.right = only(f.Top), only(f.Bottom), only(f.Left), only(f.Right)
	e.topLeft, e.topRight, e.bottomLeft, e.bottomRight = only(f.TopLeft), only(f.TopRight), only(f.BottomLeft), only(f.BottomRight)
	return e
}()

// Box draws a frame along the region's edge and gives what
// lies inside.
func (r Region) Box(style theme.Style) Region {
	if r.W < 2 || r.H < 2 {
		return Region{c: r.c, x: r.x, y: r.y}
	}
	r.HLine(0, 0, r.W, edge.top, style)
	r.HLine(0, r.H-1, r.W, edge.bottom, style)
	for y := 1; y < r.H-1; y++ {
		r.HLine(0, y, 1, edge.left, style)
		r.HLine(r.W-1, y, 1, edge.right, style)
	}
	r.HLine(0, 0, 1, edge.topLeft, style)
	r.HLine(r.W-1, 0, 1, edge.topRight, style)
	r.HLine(0, r.H-1, 1, edge.bottomLeft, style)
	r.HLine(r.W-1, r.H-1, 1, edge.bottomRight, style)
	return r.Inset(1, 1)
}

// Dim makes what the region shows the ground of a dialog: one quiet style for
// all of it, whatever it was before.
func (r Region) Dim() {
	for y := range r.H {
		row := r.row(y)
		for x := range row {
			row[x].style = theme.Dimmed
		}
	}
}

// cutWords blanks the rest of words that a box is about to cover a part of: half
// a word can be misread.
func (r Region) cutWords(box Region) {
	for y := range box.H {
		line := r.row(box.y - r.y + y)
		from, to := box.x-r.x, box.x-r.x+box.W
		for x := from; x > 0 && line[x-1].inWord() && (x < from || line[x].inWord()); x-- {
			line[x-1] = cell{r: ' ', width: 1, style: line[x-1].style}
		}
		for x := to; x < len(line) && line[x].inWord() && (x > to || line[x-1].inWord()); x++ {
			line[x] = cell{r: ' ', width: 1, style: line[x].style}
		}
	}
}

// inWord says that the cell is text, and neither a blank nor a part of a frame.
func (c cell) inWord() bool { return c.r != ' ' && (c.r < 0x2500 || c.r > 0x257f) }

// Paint gives cells a background without touching their text.
func (r Region) Paint(y int, background theme.Style) {
	if y < 0 || y >= r.H {
		return
	}
	row := r.row(y)
	for x := range row {
		row[x].style |= background
	}
}
