package ui

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// cluster is one character as a reader counts: a base with its marks.
type cluster struct {
	r     rune
	more  string // the whole cluster when it has more than one rune
	width int    // 1 or 2
}

// maxCluster is how many bytes of one character are drawn. Stacked marks
// beyond that would paint over the lines above and below.
const maxCluster = 24

// next takes the first cluster that can be shown off s. What could act on the
// terminal or reorder a line becomes "�"; what is invisible and only changes
// the width of its neighbours (joiners, variation selectors) is left out, since
// terminals do not agree on that width.
func next(s string) (cl cluster, rest string, ok bool) {
	for s != "" {
		if b := s[0]; b < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf) {
			if b < 0x20 || b == 0x7f {
				return cluster{r: unicode.ReplacementChar, width: 1}, s[1:], true
			}
			return cluster{r: rune(b), width: 1}, s[1:], true
		}
		text, width := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if text == "" {
			return cluster{}, "", false
		}
		s = s[len(text):]
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case invisible(r):
			if len(text) > size {
				s = text[size:] + s
			}
			continue
		case harmful(r):
			if len(text) > size {
				s = text[size:] + s
			}
			return cluster{r: unicode.ReplacementChar, width: 1}, s, true
		case width <= 0:
			continue // marks without a base
		}
		if len(text) == size {
			return cluster{r: r, width: min(width, 2)}, s, true
		}
		if tamed := tame(text); tamed != text {
			// Its width may be another one now, or it falls into several.
			s = tamed + s
			continue
		}
		return cluster{r: r, more: text, width: min(width, 2)}, s, true
	}
	return cluster{}, "", false
}

// tame leaves out of a cluster what next leaves out alone, and marks beyond
// measure.
func tame(s string) string {
	var b strings.Builder
	for _, r := range s {
		if invisible(r) || harmful(r) {
			continue
		}
		if b.Len()+utf8.RuneLen(r) > maxCluster {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

func invisible(r rune) bool {
	return r == 0x200b || r == 0x200c || r == 0x200d || r == 0x2060 || r == 0xfeff || r == 0xad ||
		r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0100 && r <= 0xe01ef
}

func harmful(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp)
}

// Width is how many columns s takes on the canvas.
func Width(s string) int {
	n := 0
	for cl, rest, ok := next(s); ok; cl, rest, ok = next(rest) {
		n += cl.width
	}
	return n
}

// Clean is s as the canvas shows it.
func Clean(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	var b strings.Builder
	for cl, rest, ok := next(s); ok; cl, rest, ok = next(rest) {
		if cl.more != "" {
			b.WriteString(cl.more)
		} else {
			b.WriteRune(cl.r)
		}
	}
	return b.String()
}

// Wrap breaks s at its newlines and between words into lines of at most width
// columns.
func Wrap(s string, width int) []string {
	if width < 1 {
		return nil
	}
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		lines = append(lines, strings.Split(ansi.Wrap(Clean(line), width, ""), "\n")...)
	}
	return lines
}

// Pad is s with blanks behind it up to n columns.
func Pad(s string, n int) string { return s + strings.Repeat(" ", max(n-Width(s), 0)) }

// PadLeft is s with blanks before it up to n columns.
func PadLeft(s string, n int) string { return strings.Repeat(" ", max(n-Width(s), 0)) + s }

// Span is a length of time in one short word; what is shorter than a minute is
// "now".
func Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + "m"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + "h"
	}
	return strconv.Itoa(int(d.Hours()/24)) + "d"
}
