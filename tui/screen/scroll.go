package screen

import "strconv"

// minScroll is how many lines a scroll must bring to where they belong to be
// worth its two dozen bytes.
const minScroll = 3

// scroll moves lines that only changed their row, as when a list moves by a
// line under its cursor, and brings was up to date with that. The cursor is
// then at the top.
func (w *lineWriter) scroll(was, is []string) {
	top, n, by := shift(was, is)
	if n == 0 {
		return
	}
	// by is positive when lines went up, from rows top+by to top.
	bottom, up := top+n+by, byte('S')
	if by < 0 {
		top, bottom, up = top+by, top+n, 'T'
	}
	w.buf = append(w.buf, "\x1b["...)
	w.buf = strconv.AppendInt(w.buf, int64(top+1), 10)
	w.buf = append(w.buf, ';')
	w.buf = strconv.AppendInt(w.buf, int64(bottom), 10)
	w.buf = append(w.buf, "r\x1b["...)
	w.buf = strconv.AppendInt(w.buf, int64(max(by, -by)), 10)
	w.buf = append(w.buf, up)
	w.buf = append(w.buf, "\x1b[r"...)
	w.x, w.y = 0, 0

	region := was[top:bottom]
	if by > 0 {
		copy(region, region[by:])
		clear(region[n:])
	} else {
		copy(region[-by:], region[:n])
		clear(region[:-by])
	}
}

// shift finds the n rows from top on that would show most of what they should
// if the lines by rows further down, or further up if by is negative, moved
// there. A line that then stands where it belongs counts one; one that stood
// there already and would have to be written again takes one away.
func shift(was, is []string) (top, n, by int) {
	first, last, changed := differing(was, is)
	if changed <= minScroll { // a cursor movement, mostly
		return 0, 0, 0
	}
	most := minScroll - 1
	for d := 1; d <= last-first; d++ {
		for _, d := range [...]int{d, -d} {
			from, gain := 0, 0
			for y := max(first, -d); y <= last && y+d < len(was); y++ {
				if gain <= 0 {
					from, gain = y, 0
				}
				switch stays, comes := is[y] == was[y], is[y] == was[y+d]; {
				case stays && !comes:
					gain--
				case comes && !stays && is[y] != "":
					gain++
					if net := gain - unchanged(was, is, from, y+1, d); net > most {
						top, n, by, most = from, y+1-from, d, net
					}
				}
			}
		}
	}
	return top, n, by
}

// differing gives the first and the last line that are other than before, and how
// many are.
func differing(was, is []string) (first, last, n int) {
	first, last = -1, -1
	for y := range is {
		if was[y] != is[y] {
			if first < 0 {
				first = y
			}
			last = y
			n++
		}
	}
	return first, last, n
}

// unchanged counts the lines that a scroll would take away from where they
// belong: those of the rows that it leaves blank.
func unchanged(was, is []string, from, to, by int) (n int) {
	for y := min(from+by, to); y < max(from, to+by); y++ {
		if (y < from || y >= to) && is[y] == was[y] && is[y] != "" {
			n++
		}
	}
	return n
}
