package ui

import (
	"slices"
	"strconv"
	"time"

	"muster/tui/theme"
)

// Draw shows the table over the region: a line of titles and the rows.
func (t *Table[T]) Draw(r Region, focused bool, now time.Time) {
	if r.H < 2 || r.W < 4 {
		return
	}
	if t.height != r.H-1 {
		t.SetHeight(r.H - 1)
	}
	t.arrange(r.W)
	t.drawTitles(r)
	body := r.Sub(0, 1, r.W, r.H-1)
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
				body.Sub(0, y, t.known, 1).Clear(theme.Text | back)
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
			if l.x < t.known {
				style |= back
			}
			body.TextN(l.x, y, l.w, text, style)
		}
	}
}

func (t *Table[T]) drawTitles(r Region) {
	for _, l := range t.layout {
		col := &t.Columns[l.index]
		n := r.TextN(l.x, 0, l.w, col.Title, theme.Header)
		if col.Sort != "" && col.Sort == t.Sort && n < l.w {
			arrow := "↑"
			if t.Reverse {
				arrow = "↓"
			}
			r.Text(l.x+n, 0, arrow, theme.Accent)
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

// arrange lays the columns out for a width. Columns that give way are those
// with the lowest Keep, until the rest have their least width.
func (t *Table[T]) arrange(width int) {
	if t.layoutFor == width && t.layout != nil {
		return
	}
	t.layoutFor = width
	shown, widths, need := t.fit(width)
	t.grow(shown, widths, width-need)
	t.layout, t.known = t.layout[:0], 0
	x := gutter
	for i := range t.Columns {
		if !shown[i] {
			continue
		}
		w := min(widths[i], width-1-x)
		if w <= 0 {
			break
		}
		t.layout = append(t.layout, laidOut{index: i, x: x, w: w})
		if t.known == 0 && t.Columns[i].Keep < 0 {
			t.known = x + w + 1
		}
		x += w + gap
	}
}

// fit chooses the columns that have room, each with its least width or squeezed,
// and says how much they need.
func (t *Table[T]) fit(width int) (shown []bool, widths []int, need int) {
	shown, widths = make([]bool, len(t.Columns)), make([]int, len(t.Columns))
	need = gutter + 1 - gap
	for i, c := range t.Columns {
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
		shown[drop] = false
		need -= t.Columns[drop].Min + gap
	}
	return shown, widths, need
}

// grow gives what is left over to the columns in turn, so that none starves, up
// to what each can use. Those that never give way get three times as much: by
// them a row is known.
func (t *Table[T]) grow(shown []bool, widths []int, spare int) {
	for grew := true; spare > 0 && grew; {
		grew = false
		for i, c := range t.Columns {
			if !shown[i] {
				continue
			}
			share := 1
			if c.Keep < 0 {
				share = 3
			}
			if share = min(share, c.Max-widths[i], spare); share > 0 {
				widths[i] += share
				spare -= share
				grew = true
			}
		}
	}
}

// Shows tells whether the last frame had a column.
func (t *Table[T]) Shows(title string) bool {
	return slices.ContainsFunc(t.layout, func(l laidOut) bool { return t.Columns[l.index].Title == title })
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

// Relayout makes the next frame lay the columns out anew, after they changed.
func (t *Table[T]) Relayout() { t.layout = nil }

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
