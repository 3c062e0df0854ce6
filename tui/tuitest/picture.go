package tuitest

import (
	"fmt"
	"html"
	"image/color"
	"slices"
	"strings"
)

// Ground is the terminal that a picture is of: its own colours, as #rrggbb.
type Ground struct{ Text, Back, Edge string }

// The grounds of the documentation, near to those of the pages it is read on.
var (
	DarkGround  = Ground{Text: "#e6edf3", Back: "#0d1117", Edge: "#30363d"}
	LightGround = Ground{Text: "#1f2328", Back: "#ffffff", Edge: "#d0d7de"}
)

// Size of a cell, and the margin round the screen, in pixels.
const (
	cellW  = 9
	cellH  = 19
	base   = 14 // of the letters
	margin = 12
)

// Picture draws the screen as an SVG file: letters as text, lines and bars as
// shapes, so that they meet whatever font there is. It is the same, byte for
// byte, for the same screen.
func (a *Terminal) Picture(title string, g Ground) string {
	a.Rest()
	p := &picture{g: g, cells: a.Cells(), lines: map[string][]string{}}
	p.draw()
	w, h := a.w*cellW+2*margin, a.h*cellH+2*margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="%d %d %d %d" role="img">`+"\n", w, h, -margin, -margin, w, h)
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(title))
	b.WriteString("<style>\n" + pictureStyle + "</style>\n")
	fmt.Fprintf(&b, `<rect x="%d.5" y="%d.5" width="%d" height="%d" rx="8" fill="%s" stroke="%s"/>`+"\n", -margin, -margin, w-1, h-1, g.Back, g.Edge)
	b.WriteString(p.shapes())
	b.WriteString("</svg>\n")
	return b.String()
}

const pictureStyle = "text{font:15px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}\n.b{font-weight:700}\n.u{text-decoration:underline}\npath{fill:none}\n"

// shapes gives what was drawn: letters over lines over bars.
func (p *picture) shapes() string {
	var b strings.Builder
	for _, s := range p.rects {
		b.WriteString(s)
	}
	colors := make([]string, 0, len(p.lines))
	for c := range p.lines {
		colors = append(colors, c)
	}
	slices.Sort(colors)
	for _, c := range colors {
		fmt.Fprintf(&b, `<path stroke="%s" d="%s"/>`+"\n", c, strings.Join(p.lines[c], "\n"))
	}
	for _, s := range p.texts {
		b.WriteString(s)
	}
	return b.String()
}

type picture struct {
	g     Ground
	cells [][]Cell
	rects []string
	lines map[string][]string // parts of a path, by colour
	texts []string
}

// ink gives the colours of a cell as they are seen; back is "" for the ground.
func (p *picture) ink(c Cell) (text, back string) {
	text = p.g.Text
	if c.Fg != nil {
		text = hex(c.Fg)
	}
	if c.Bg != nil {
		back = hex(c.Bg)
	}
	if c.Reverse {
		if back == "" {
			back = p.g.Back
		}
		return back, text
	}
	return text, back
}

func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

func (p *picture) draw() {
	for y, row := range p.cells {
		for x := 0; x < len(row); {
			n := p.run(row, x, func(a, b Cell) bool { _, s := p.ink(a); _, t := p.ink(b); return s == t })
			if _, back := p.ink(row[x]); back != "" {
				p.rect(x*cellW, y*cellH, n*cellW, cellH, back)
			}
			x += n
		}
		for x := 0; x < len(row); {
			x += p.part(row, x, y)
		}
	}
	p.uprights()
}

// run is how many cells from x on are like the first.
func (p *picture) run(row []Cell, x int, like func(a, b Cell) bool) int {
	n := 1
	for x+n < len(row) && (row[x+n].Width == 0 || like(row[x], row[x+n])) {
		n++
	}
	return n
}

func (p *picture) rect(x, y, w, h int, fill string) {
	p.rects = append(p.rects, fmt.Sprintf(`<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`+"\n", x, y, w, h, fill))
}

func (p *picture) path(c Cell, format string, args ...any) {
	ink, _ := p.ink(c)
	p.lines[ink] = append(p.lines[ink], fmt.Sprintf(format, args...))
}

// corners say which way the two arms of a round corner go.
var corners = map[string][2]int{"╭": {1, 1}, "╮": {-1, 1}, "╰": {1, -1}, "╯": {-1, -1}}

// part draws what starts at a cell and gives how many cells that took.
func (p *picture) part(row []Cell, x, y int) int {
	c := row[x]
	left, top := x*cellW, y*cellH
	midX, midY := float64(left)+cellW/2.0, float64(top)+cellH/2.0
	same := func(a, b Cell) bool {
		return a.Text == b.Text && a.Fg == b.Fg && a.Bg == b.Bg && a.Reverse == b.Reverse
	}
	switch bar := barHeight(c.Text); {
	case c.Width == 0 || strings.TrimSpace(c.Text) == "" || c.Text == "│":
		return 1
	case c.Text == "─":
		n := p.run(row, x, same)
		p.path(c, "M%d %gh%d", left, midY, n*cellW)
		return n
	case corners[c.Text] != [2]int{}:
		d := corners[c.Text]
		p.path(c, "M%g %gv%gq0 %d %d %dh%g", midX, midY+float64(d[1])*cellH/2, float64(-d[1])*(cellH/2.0-4), -d[1]*4, d[0]*4, -d[1]*4, float64(d[0])*(cellW/2.0-4))
		return 1
	case bar > 0 || c.Text == "▌" || c.Text == "▏" || c.Text == "░":
		ink, _ := p.ink(c)
		n := p.run(row, x, same)
		switch {
		case c.Text == "▌":
			n = 1
			p.rect(left, top, cellW/2, cellH, ink)
		case c.Text == "▏":
			n = 1
			p.rect(left, top, 1, cellH, ink)
		case c.Text == "░":
			p.rects = append(p.rects, fmt.Sprintf(`<rect x="%d" y="%d" width="%d" height="%d" fill="%s" opacity=".35"/>`+"\n", left, top, n*cellW, cellH, ink))
		default:
			h := (bar*cellH + 4) / 8
			p.rect(left, top+cellH-h, n*cellW, h, ink)
		}
		return n
	}
	return p.text(row, x, y)
}

// barHeight is the height of a block in eighths of a cell, 0 for other text.
func barHeight(s string) int {
	r := []rune(s)
	if len(r) == 1 && r[0] >= '▁' && r[0] <= '█' {
		return int(r[0]-'▁') + 1
	}
	return 0
}

// text draws words of one look, up to a gap.
func (p *picture) text(row []Cell, x, y int) int {
	c := row[x]
	ink, _ := p.ink(c)
	var words strings.Builder
	n := 0
	for x+n < len(row) {
		d := row[x+n]
		if d.Width == 0 {
			n++
			continue
		}
		shape := d.Text == "─" || d.Text == "│" || corners[d.Text] != [2]int{} || barHeight(d.Text) > 0 || strings.Contains("▌▏░", d.Text)
		other, _ := p.ink(d)
		blank := d.Text == " "
		if shape || !blank && (other != ink || d.Bold != c.Bold) || d.Underline != c.Underline ||
			blank && !c.Underline && (x+n+1 >= len(row) || row[x+n+1].Text == " ") || n > 0 && (d.Width > 1 || c.Width > 1) {
			break
		}
		words.WriteString(d.Text)
		n++
	}
	s := strings.TrimRight(words.String(), " ")
	length := n
	if !c.Underline {
		length -= len(words.String()) - len(s)
	} else {
		s = words.String()
	}
	class := ""
	switch {
	case c.Bold && c.Underline:
		class = ` class="b u"`
	case c.Bold:
		class = ` class="b"`
	case c.Underline:
		class = ` class="u"`
	}
	p.texts = append(p.texts, fmt.Sprintf(`<text x="%d" y="%d" textLength="%d" lengthAdjust="spacingAndGlyphs" fill="%s"%s>%s</text>`+"\n",
		x*cellW, y*cellH+base, length*cellW, ink, class, html.EscapeString(s)))
	return n
}

// uprights draws the vertical lines, each in one piece.
func (p *picture) uprights() {
	for x := range p.cells[0] {
		for y := 0; y < len(p.cells); {
			c := p.cells[y][x]
			if c.Text != "│" {
				y++
				continue
			}
			n := 1
			for y+n < len(p.cells) && p.cells[y+n][x].Text == "│" && p.cells[y+n][x].Fg == c.Fg {
				n++
			}
			p.path(c, "M%g %dv%d", float64(x*cellW)+cellW/2.0, y*cellH, n*cellH)
			y += n
		}
	}
}
