package ui

import (
	"strconv"
	"strings"

	"muster/tui/theme"
)

// View draws what a bubble shows at (x, y): lines in which the looks are those of
// theme.Ink. Text without one gets the style plain. Whatever else acts on a
// terminal, such as a name of a file that holds an escape, is drawn like any
// other text that is not to be trusted.
func (r Region) View(x, y int, view string, plain theme.Style) {
	for line := range strings.SplitSeq(view, "\n") {
		style, at := plain, x
		for line != "" {
			text := line
			if i := strings.Index(line[1:], "\x1b["); i >= 0 {
				text = line[:i+1]
			}
			if s, n, ok := inkAt(text, plain); ok {
				style, text, line = s, text[n:], line[n:]
			}
			at += r.Text(at, y, text, style)
			line = line[len(text):]
		}
		y++
	}
}

// inkAt reads the sequence at the start of s: one of theme.Ink, or the reset
// after it.
func inkAt(s string, plain theme.Style) (style theme.Style, n int, ok bool) {
	params, found := strings.CutPrefix(s, "\x1b[")
	end := strings.IndexByte(params, 'm')
	if !found || end < 0 {
		return 0, 0, false
	}
	n = len(s) - len(params) + end + 1
	if params = params[:end]; params == "" || params == "0" {
		return plain, n, true
	}
	color, found := strings.CutPrefix(params, "38;2;")
	part := strings.Split(color, ";")
	if !found || len(part) != 3 {
		return 0, 0, false
	}
	var rgb [3]int
	for i := range rgb {
		v, err := strconv.ParseUint(part[i], 10, 8)
		if err != nil {
			return 0, 0, false
		}
		rgb[i] = int(v)
	}
	style, ok = theme.InkStyle(rgb[0], rgb[1], rgb[2])
	return style, n, ok
}
