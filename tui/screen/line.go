package screen

import (
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// cell is one column of a line. A character of two columns is a cell of width
// 2 and one of width 0 after it.
type cell struct {
	text string
	style
	width uint8
	// loose marks a character after which the cursor's column is not to be
	// relied on, or which might join with the next one written.
	loose bool
}

// same reports whether two cells look the same.
func (c *cell) same(o *cell) bool {
	return c.text == o.text && c.style == o.style && c.width == o.width
}

// isBlank reports whether the cell looks like an erased one. parse gives such
// cells the default style.
func (c *cell) isBlank() bool {
	return c.text == " " && c.style == style{}
}

// parse reads one line of a view into row, one cell a column, and fills what
// is left with blanks. It is the allowlist every character on its way to a
// terminal passes: printable text stays, SGR sequences become styles,
// everything else is dropped or replaced by something visible. A line starts
// in the default style; a character that does not fit the last column is left
// out, with all that follows.
func (c *colours) parse(row []cell, line string) {
	var st style
	x := 0
	for i := 0; i < len(line) && x < len(row); {
		b := line[i]
		if b == 0x1b {
			if n := sgrLen(line[i:]); n > 0 {
				st.apply(line[i+2:i+n-1], c)
				loosen(row, x)
				i += n
				continue
			}
		}
		if b >= 0x20 && b < 0x7f && (i+1 == len(line) || line[i+1] < utf8.RuneSelf) {
			row[x] = cell{text: line[i : i+1], style: st, width: 1}
			if b == ' ' && st.blank() {
				row[x].style = style{}
			}
			x++
			i++
			continue
		}
		n, width := place(row, x, line[i:], st)
		if n == 0 {
			break
		}
		i += n
		x += width
	}
	for ; x < len(row); x++ {
		row[x] = cell{text: " ", width: 1}
	}
}

// place puts the first character of s at column x. It gives the bytes that it
// used up, 0 where the character does not fit any more, and the columns.
func place(row []cell, x int, s string, st style) (n, width int) {
	r, size := utf8.DecodeRuneInString(s)
	switch classOf(r) {
	case dropped:
		loosen(row, x)
		return size, 0
	case replaced:
		row[x] = cell{text: picture(r), style: st, width: 1, loose: true}
		return size, 1
	}
	cluster, width := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	n = clip(cluster)
	cut := n < len(cluster)
	if cut {
		cluster = cluster[:n]
		width = ansi.StringWidth(cluster)
	}
	if width == 0 || unicode.Is(unicode.M, r) { // a mark with nothing to stand on
		loosen(row, x)
		return n, 0
	}
	if x+width > len(row) {
		return 0, 0
	}
	if joinsLeft(r) && x > 0 && row[x-1].width > 0 {
		row[x-1].loose = true
	}
	row[x] = cell{text: cluster, style: st, width: uint8(width), loose: cut || unsure(cluster, width)}
	for j := 1; j < width; j++ {
		row[x+j] = cell{style: st}
	}
	return n, width
}

// loosen keeps the character before column x from joining with what comes
// next, now that something between the two has gone.
func loosen(row []cell, x int) {
	for x--; x >= 0; x-- {
		if row[x].width > 0 {
			row[x].loose = row[x].loose || joinsRight(row[x].text)
			return
		}
	}
}
