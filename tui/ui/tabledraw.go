package ui

import (
	"strconv"
	"time"

	"muster/tui/theme"
)

// titles is how many lines stand above the rows.
func (t *Table[T]) titles() int {
	if t.Bare {
		return 0
	}
	return 1
}

// Draw shows the table over the region: a line of titles and the rows.
func (t *Table[T]) Draw(r Region, focused bool, now time.Time) {
	body := r.Sub(0, t.titles(), r.W, r.H-t.titles())
	if body.H < 1 || r.W < 4 {
		return
	}
	if t.height != body.H {
		t.SetHeight(body.H)
	}
	t.arrange(r.W)
	if !t.Bare {
		t.drawTitles(r)
	}
	if len(t.rows) == 0 {
		t.drawEmpty(body, now)
		return
	}
	from, to := t.rangeBounds()
	for y := 0; y < body.H && t.top+y < len(t.rows); y++ {
		i := t.top + y
		row := t.rows[i]
		var back theme.Style
		if i == t.row {
			if focused {
				back = theme.Selected
				body.Sub(0, y, body.W, 1).Clear(theme.Text | back)
				body.Text(0, y, "▌", theme.Accent|back)
			} else {
				body.Text(0, y, "▏", theme.Muted)
			}
		}
		_, marked := t.marks[t.ID(row)]
		if marked || i >= from && i <= to {
			body.Text(1, y, "✓", theme.Accent|back)
		}
		for _, l := range t.layout {
			text, style := t.Columns[l.index].Cell(row)
			if back != 0 {
				style = theme.Text | back // one look, which is also the least to send
			}
			x := l.x
			if t.Columns[l.index].Right {
				x += max(l.w-Width(text), 0)
			}
			body.TextN(x, y, l.x+l.w-x, text, style)
		}
	}
}

func (t *Table[T]) drawTitles(r Region) {
	for _, l := range t.layout {
		col := &t.Columns[l.index]
		arrow := ""
		if col.Sort != "" && col.Sort == t.Sort {
			arrow = "↑"
			if t.Reverse {
				arrow = "↓"
			}
		}
		x, n := l.x, Width(arrow)
		if col.Right {
			x += max(l.w-Width(col.Title)-n, 0)
		}
		x += r.TextN(x, 0, l.x+l.w-x, col.Title, theme.Header)
		if x+n <= l.x+l.w {
			r.Text(x, 0, arrow, theme.Accent)
		}
	}
}

func (t *Table[T]) drawEmpty(r Region, now time.Time) {
	text, hint, style := t.Empty, t.Hint, theme.Text
	if t.Narrowed != "" {
		text, hint = "No matches", t.Narrowed
	}
	switch t.state {
	case Loading:
		if now.Sub(t.since) < LoadingAfter {
			return
		}
		text, hint, style = "loading …", "", theme.Muted
	case Failed:
		text, hint, style = "✗ "+t.message, "press R to try again", theme.Danger
	case Denied:
		text, hint = "– "+t.message, ""
	}
	lines := Wrap(text, r.W-6)
	more := Wrap(hint, r.W-6)
	y := max((r.H-len(lines)-len(more)-1)/3, 0)
	for _, line := range lines {
		r.Text(max((r.W-Width(line))/2, 0), y, line, style)
		y++
	}
	if hint == "" {
		return
	}
	for _, line := range more {
		r.Text(max((r.W-Width(line))/2, 0), y+1, line, theme.Muted)
		y++
	}
}

// gutter is the room for cursor bar, mark and a blank before the first column,
// and gap the room between columns.
const (
	gutter = 3
	gap    = 2
)

// arrange lays the columns out for a width and the rows that are loaded. Columns
// that give way are those with the lowest Keep, until the rest have their least
// width.
func (t *Table[T]) arrange(width int) {
	if t.layoutFor == width && t.layout != nil {
		return
	}
	t.layoutFor = width
	shown, widths, need := t.fit(width)
	t.grow(shown, widths, width-need)
	t.layout = t.layout[:0]
	x := gutter
	for i := range t.Columns {
		w := min(widths[i], width-1-x)
		if w <= 0 {
			continue
		}
		t.layout = append(t.layout, laidOut{index: i, x: x, w: w})
		x += w + gap
	}
}

// Need is the width in which every column has its least one.
func (t *Table[T]) Need() int {
	need := gutter + 1 - gap
	for i := range t.Columns {
		if c := &t.Columns[i]; !c.Wide || t.wide {
			need += c.Min + gap
		}
	}
	return need
}

// SetWide says whether the screen is a wide one.
func (t *Table[T]) SetWide(wide bool) {
	if t.wide != wide {
		t.wide = wide
		t.Relayout()
	}
}

// fit chooses the columns that have room, each with its least width or squeezed,
// and says how much they need.
func (t *Table[T]) fit(width int) (shown []bool, widths []int, need int) {
	shown, widths = make([]bool, len(t.Columns)), make([]int, len(t.Columns))
	need = gutter + 1 - gap
	for i, c := range t.Columns {
		if c.Wide && !t.wide {
			continue
		}
		shown[i], widths[i] = true, c.Min
		need += c.Min + gap
	}
	for need > width {
		drop := -1
		for i, c := range t.Columns {
			if shown[i] && c.Keep >= 0 && (drop < 0 || c.Keep < t.Columns[drop].Keep) {
				drop = i
			}
		}
		if drop < 0 {
			break
		}
		if t.Columns[drop].Keep >= important {
			if saved := t.squeeze(widths, need-width); saved > 0 {
				need -= saved
				continue
			}
		}
		shown[drop], widths[drop] = false, 0
		need -= t.Columns[drop].Min + gap
	}
	return shown, widths, need
}

// grow gives what is left over to the columns whose texts are cut, in turn, so
// that none starves. Those that never give way get three times as much: by them a
// row is known. Where all have their most and there is room still, those that are
// cut grow on.
func (t *Table[T]) grow(shown []bool, widths []int, spare int) {
	texts := t.measure(shown)
	for beyond := range 2 {
		for grew := true; spare > 0 && grew; {
			grew = false
			for i := range t.Columns {
				c := &t.Columns[i]
				most, share := texts[i], 1
				if beyond == 0 {
					most = min(most, c.Max)
				}
				if c.Keep < 0 {
					share = 3
				}
				if share = min(share, most-widths[i], spare); shown[i] && share > 0 {
					widths[i] += share
					spare -= share
					grew = true
				}
			}
		}
	}
}

// measure gives the width of the longest text of each column.
func (t *Table[T]) measure(shown []bool) []int {
	texts := make([]int, len(t.Columns))
	for i := range t.Columns {
		c := &t.Columns[i]
		if !shown[i] {
			continue
		}
		texts[i] = Width(c.Title)
		if c.Sort != "" {
			texts[i]++ // the arrow
		}
		for _, row := range t.rows {
			text, _ := c.Cell(row)
			texts[i] = max(texts[i], Width(text))
		}
	}
	return texts
}

// Room is the width that a column had in the last frame, 0 where it was not there.
func (t *Table[T]) Room(title string) int {
	for _, l := range t.layout {
		if t.Columns[l.index].Title == title {
			return l.w
		}
	}
	return 0
}

// important is the least Keep of columns that say what a row is about: before
// one of them gives way, those that never do get narrower, down to squeezed.
const (
	important = 8
	squeezed  = 14
)

// squeeze takes up to n columns from those that never give way, and says how
// many.
func (t *Table[T]) squeeze(widths []int, n int) (saved int) {
	for i, c := range t.Columns {
		if c.Keep >= 0 {
			continue
		}
		if take := min(widths[i]-squeezed, n-saved); take > 0 {
			widths[i] -= take
			saved += take
		}
	}
	return saved
}

// Relayout makes the next frame lay the columns out anew, after they or the rows
// changed. Until then a click means what the last frame showed.
func (t *Table[T]) Relayout() { t.layoutFor = -1 }

// Count writes a number as people read it: "12 480", with a plus when there may
// be more.
func Count(n int, more bool) string {
	s := strconv.Itoa(n)
	if n >= 10_000 {
		for i := len(s) - 3; i > 0; i -= 3 {
			s = s[:i] + " " + s[i:]
		}
	}
	if more {
		s += "+"
	}
	return s
}
