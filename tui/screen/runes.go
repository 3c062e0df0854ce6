package screen

import (
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

const (
	replacement = "\uFFFD"

	zwj  = '\u200D'
	vs15 = '\uFE0E'
	vs16 = '\uFE0F'

	// maxCluster and maxMarks bound what one cell may hold, in bytes and in
	// combining marks. The longest emoji in use (two people, skin tones, a
	// heart) takes 35 bytes; no script needs eight marks on one letter.
	maxCluster = 64
	maxMarks   = 8
)

// class says what becomes of a rune that stands alone or starts a cluster.
type class uint8

const (
	shown    class = iota // goes out as it is
	dropped               // has no width and no meaning on its own
	replaced              // goes out as a visible stand-in
)

// classOf decides over one rune. Controls are replaced by something visible, so
// that what tries to act on a terminal is seen. Format characters (bidi marks,
// zero-width spaces, tags) and lone variation selectors are dropped: they have
// no width, so columns stay where the layout put them.
func classOf(r rune) class {
	switch {
	case r >= 0x20 && r < 0x7f:
		return shown
	case r < 0xa0, r == utf8.RuneError:
		return replaced
	case invisible(r):
		return dropped
	case unicode.IsGraphic(r):
		return shown
	case unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
		return dropped
	default: // private use, surrogates, not assigned
		return replaced
	}
}

// invisible reports the characters that show nothing beside the format
// characters: fillers, joiners and what else Unicode says to ignore, and
// variation selectors.
func invisible(r rune) bool {
	return r >= 0x034f && unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// pictographic reports whether r can be part of an emoji sequence, which is
// where a zero-width joiner and variation selector 16 may stay. It covers the
// blocks that hold Unicode's Extended_Pictographic characters.
func pictographic(r rune) bool {
	switch {
	case r < 0x203c:
		return r == 0xa9 || r == 0xae
	case r <= 0x3299:
		return r == 0x203c || r == 0x2049 || r == 0x2122 || r == 0x2139 ||
			r >= 0x2190 && r <= 0x21ff || r >= 0x2300 && r <= 0x23ff ||
			r == 0x24c2 || r >= 0x25a0 && r <= 0x27bf ||
			r >= 0x2900 && r <= 0x297f || r >= 0x2b00 && r <= 0x2bff ||
			r == 0x3030 || r == 0x303d || r == 0x3297 || r == 0x3299
	}
	return r >= 0x1f000 && r <= 0x1faff
}

// keycapBase reports whether r starts a keycap such as 1️⃣.
func keycapBase(r rune) bool {
	return r >= '0' && r <= '9' || r == '#' || r == '*'
}

// clip gives how much of a grapheme cluster whose first rune is shown may go
// out: all of it, or what stands before the first rune that may not.
func clip(cluster string) int {
	first, n := utf8.DecodeRuneInString(cluster)
	if n == len(cluster) {
		return n
	}
	emoji := pictographic(first)
	marks := 0
	for n < len(cluster) {
		r, size := utf8.DecodeRuneInString(cluster[n:])
		switch {
		case r == zwj:
			next, _ := utf8.DecodeRuneInString(cluster[n+size:])
			if !emoji || !pictographic(next) {
				return n
			}
		case r == vs16 || r == vs15:
			if !emoji && !keycapBase(first) {
				return n
			}
		case classOf(r) != shown:
			return n
		case unicode.Is(unicode.M, r):
			if marks++; marks > maxMarks {
				return n
			}
		}
		if n+size > maxCluster {
			return n
		}
		n += size
	}
	return n
}

// unsure reports whether terminals disagree on how many columns text takes:
// where the sum over its runes is not its width as one cluster, and in the
// emoji planes, whose tables differ from release to release.
func unsure(text string, width int) bool {
	if r, _ := utf8.DecodeRuneInString(text); r >= 0x1f000 {
		return true
	}
	return len(text) > 2 && ansi.StringWidthWc(text) != width
}

// joinsRight reports whether a character might become one with another one of a
// width of its own that is written next to it: parts of flags, Hangul, Indic
// scripts. Letters below the Arabic ones, punctuation, arrows, symbols and box
// drawings only do so with those of joinsLeft.
func joinsRight(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return r >= 0x0600 && r < 0x2010 || r > 0x2bff
}

// joinsLeft reports the characters of a width of their own that become one with
// whatever stands before them: halfwidth voiced marks of Katakana, and skin
// tones.
func joinsLeft(r rune) bool {
	return r == 0xff9e || r == 0xff9f || r >= 0x1f3fb && r <= 0x1f3ff
}

// picture is the visible stand-in for a control character or for anything else
// that is replaced.
func picture(r rune) string {
	const pictures = "␀␁␂␃␄␅␆␇␈␉␊␋␌␍␎␏␐␑␒␓␔␕␖␗␘␙␚␛␜␝␞␟"
	switch {
	case r == '\t':
		return " "
	case r < 0x20:
		return pictures[3*r : 3*r+3]
	case r == 0x7f:
		return "␡"
	}
	return replacement
}
