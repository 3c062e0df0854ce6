package tuitest

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"
	"time"
)

// Film is what some terminals, one below the other, show one moment after the
// other: an animated picture.
type Film struct {
	t       testing.TB
	title   string
	g       Ground
	still   int // the moment that those see who want no motion
	rows    []string
	known   map[string]int // the place of a row among rows
	moments []moment
	w, h    int // of a moment, in pixels
}

// moment is a screen and how long it stands.
type moment struct {
	uses string
	d    time.Duration
}

// Window is a terminal of a film, with a line above it that says whose it is and
// which key was pressed last.
type Window struct {
	Title, Key string
	Terminal   *Terminal
}

// Sizes of the line above a window, and of the gap below it.
const (
	barH = 28
	gapH = 10
)

// NewFilm begins a film without moments.
func NewFilm(t testing.TB, title string, g Ground) *Film {
	return &Film{t: t, title: title, g: g, known: map[string]int{}}
}

// Shoot adds what the windows show, for so long. The windows of all moments have
// the same sizes.
func (f *Film) Shoot(d time.Duration, windows ...Window) {
	f.t.Helper()
	var b strings.Builder
	y, w := 0, 0
	for _, win := range windows {
		cells := win.Terminal.still()
		wide := len(cells[0])*cellW + 2*margin
		w = max(w, wide)
		f.use(&b, y, f.bar(win, wide))
		y += barH
		for _, row := range cells {
			f.use(&b, y, f.row(row))
			y += cellH
		}
		y += gapH + margin
	}
	f.w, f.h = w, y-gapH
	f.moments = append(f.moments, moment{b.String(), d})
}

// Still makes the last moment the one that stands where no motion is wanted.
func (f *Film) Still() { f.still = len(f.moments) - 1 }

// still is what the terminal shows once nothing moves any more.
func (a *Terminal) still() [][]Cell {
	for {
		a.Rest()
		before := a.Cells()
		a.Rest()
		if after := a.Cells(); slices.EqualFunc(before, after, slices.Equal) {
			return after
		}
	}
}

func (f *Film) use(b *strings.Builder, y int, row string) {
	if row == "" {
		return
	}
	n, ok := f.known[row]
	if !ok {
		n = len(f.rows)
		f.rows, f.known[row] = append(f.rows, row), n
	}
	fmt.Fprintf(b, `<use href="#r%d" y="%d"/>`, n, y)
}

// row draws one line of a screen.
func (f *Film) row(cells []Cell) string {
	p := &picture{g: f.g, cells: [][]Cell{cells}, lines: map[string][]string{}}
	p.draw()
	return p.shapes()
}

// bar draws the line above a window.
func (f *Film) bar(win Window, wide int) string {
	const mid = barH/2 + 5
	var b strings.Builder
	fmt.Fprintf(&b, `<text x="0" y="%d" class="b" fill="%s">%s</text>`, mid, f.g.Text, html.EscapeString(win.Title))
	if win.Key != "" {
		w := len([]rune(win.Key))*cellW + 14
		x := wide - 2*margin - w
		fmt.Fprintf(&b, `<rect x="%d.5" y="4.5" width="%d" height="20" rx="4" fill="%s" stroke="%s"/>`, x, w, f.g.Edge, f.g.Text)
		fmt.Fprintf(&b, `<text x="%d" y="%d" class="b" fill="%s">%s</text>`, x+7, mid, f.g.Text, html.EscapeString(win.Key))
	}
	return b.String()
}

// SVG is the film as a file that goes round and round: all moments below each
// other, of which a window shows one at a time. A row that stands in several
// moments is in it once.
func (f *Film) SVG() string {
	w, h := f.w, f.h+2*margin
	var total time.Duration
	for _, m := range f.moments {
		total += m.d
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="%d %d %d %d" role="img">`+"\n", w, h, -margin, -margin, w, h)
	fmt.Fprintf(&b, "<title>%s</title>\n<style>\n%s", html.EscapeString(f.title), pictureStyle)
	fmt.Fprintf(&b, ".film{animation:play %gs step-end infinite}\n@keyframes play{\n", total.Seconds())
	var at time.Duration
	for i, m := range f.moments {
		fmt.Fprintf(&b, "%.3f%%{transform:translateY(%dpx)}\n", 100*at.Seconds()/total.Seconds(), -i*f.h)
		at += m.d
	}
	fmt.Fprintf(&b, "}\n@media (prefers-reduced-motion:reduce){.film{animation:none;transform:translateY(%dpx)}}\n</style>\n", -f.still*f.h)
	fmt.Fprintf(&b, `<rect x="%d.5" y="%d.5" width="%d" height="%d" rx="8" fill="%s" stroke="%s"/>`+"\n<defs>\n", -margin, -margin, w-1, h-1, f.g.Back, f.g.Edge)
	for i, row := range f.rows {
		fmt.Fprintf(&b, "<g id=\"r%d\">%s</g>\n", i, strings.TrimSuffix(row, "\n"))
	}
	fmt.Fprintf(&b, "</defs>\n"+`<svg x="0" y="0" width="%d" height="%d" overflow="hidden">`+"\n"+`<g class="film">`+"\n", w-2*margin+1, f.h)
	for i, m := range f.moments {
		fmt.Fprintf(&b, `<g transform="translate(0,%d)">%s</g>`+"\n", i*f.h, m.uses)
	}
	b.WriteString("</g>\n</svg>\n</svg>\n")
	return b.String()
}
