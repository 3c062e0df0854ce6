package ui

import (
	"muster/tui/theme"
)

// eighths are the heights of a column within one line.
var eighths = [...]rune{' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'}

// Bars is how numbers in a row are laid out as columns of a chart: Per of them
// in one column, a column every Pitch cells and Wide cells wide. Charts with the
// same Bars stand exactly above each other.
type Bars struct{ Per, Pitch, Wide int }

// widestBar keeps few numbers from filling the screen.
const widestBar = 7

// FitBars lays n numbers out in width cells, with a blank between the columns, so
// that each can be told from its neighbours without colours. Where they do not fit
// one by one, the least number that divides n shares a column.
func FitBars(n, width int) Bars {
	if n < 1 || width < 1 {
		return Bars{1, 1, 1}
	}
	per := 1
	for per < n && (n%per != 0 || 2*n/per > width) {
		per++
	}
	pitch := min(width/(n/per), widestBar+1)
	return Bars{Per: per, Pitch: pitch, Wide: max(pitch-1, 1)}
}

// Sums adds the numbers of each column together.
func (b Bars) Sums(values []int) []int {
	out := make([]int, 0, len(values)/b.Per)
	for i := 0; i+b.Per <= len(values); i += b.Per {
		sum := 0
		for _, v := range values[i : i+b.Per] {
			sum += v
		}
		out = append(out, sum)
	}
	return out
}

// Chart draws the sums of numbers as columns over the whole height of the
// region, the largest one as high as it. What is not 0 always shows; 0 is a dot,
// so that each column can be counted.
func (r Region) Chart(b Bars, values []int, style theme.Style) {
	sums := b.Sums(values)
	most := 0
	for _, v := range sums {
		most = max(most, v)
	}
	for i, v := range sums {
		x := i * b.Pitch
		if v <= 0 || most == 0 {
			r.HLine(x, r.H-1, 1, '·', theme.Muted)
			continue
		}
		full := len(eighths) - 1
		highest := full * r.H
		if r.H == 1 {
			highest-- // so that charts of one line below each other do not touch
		}
		level := (v*highest + most - 1) / most
		for y := r.H - 1; y >= 0 && level > 0; y-- {
			r.HLine(x, y, b.Wide, eighths[min(level, full)], style)
			level -= full
		}
	}
}

// Meter draws how much of a whole is used, in n cells from (x, y).
func (r Region) Meter(x, y, n, used, whole int, style theme.Style) {
	if n < 1 || whole < 1 {
		return
	}
	filled := min((used*n+whole-1)/whole, n)
	r.HLine(x, y, filled, '█', style)
	r.HLine(x+filled, y, n-filled, '░', theme.Muted)
}
