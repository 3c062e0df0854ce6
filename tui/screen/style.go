package screen

import (
	"image/color"
	"strconv"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// attr is a set of text attributes. Blinking and concealed text do not exist
// here: the first disturbs, the second hides.
type attr uint16

const (
	bold attr = 1 << iota
	faint
	italic
	underline
	reverse
	strike
)

// attrCodes are the SGR parameters that switch each attribute on.
var attrCodes = [...]struct {
	bit  attr
	code byte
}{{bold, '1'}, {faint, '2'}, {italic, '3'}, {underline, '4'}, {reverse, '7'}, {strike, '9'}}

// hue is a colour: 0 for the terminal's default, else its kind in the top byte
// and a palette index or 24-bit value below.
type hue uint32

const (
	palette hue = 1 << 24
	rgb     hue = 2 << 24

	hueKind  hue = 0xff << 24
	hueValue hue = 1<<24 - 1
)

// style is how a cell looks. The zero value is the terminal's default.
type style struct {
	fg, bg hue
	attr   attr
}

// blank reports whether a space in this style is the same as an erased cell.
func (s style) blank() bool {
	return s.bg == 0 && s.attr&(underline|reverse|strike) == 0
}

// colours maps colours to what the terminal can show.
type colours struct {
	profile colorprofile.Profile
	cache   map[hue]hue
}

// maxColours bounds the cache; a view uses a few dozen colours.
const maxColours = 256

func (c *colours) convert(h hue) hue {
	if c.profile <= colorprofile.ASCII {
		return 0
	}
	if c.profile == colorprofile.TrueColor || h&hueKind == 0 {
		return h
	}
	if h&hueKind == palette {
		if c.profile == colorprofile.ANSI256 || h&hueValue < 16 {
			return h
		}
		return palette | hue(ansi.Convert16(ansi.IndexedColor(h&hueValue)))
	}
	if got, ok := c.cache[h]; ok {
		return got
	}
	var got hue
	full := color.RGBA{R: uint8(h >> 16), G: uint8(h >> 8), B: uint8(h), A: 0xff}
	if c.profile == colorprofile.ANSI256 {
		got = palette | hue(ansi.Convert256(full))
	} else {
		got = palette | hue(ansi.Convert16(full))
	}
	if c.cache == nil || len(c.cache) >= maxColours {
		c.cache = make(map[hue]hue)
	}
	c.cache[h] = got
	return got
}

// sgrLen gives the length of the SGR sequence at the start of s, which begins
// with ESC, or 0 if there is none. Sequences with a private marker or an
// intermediate byte end in m too but are something else.
func sgrLen(s string) int {
	if len(s) < 3 || s[1] != '[' {
		return 0
	}
	for i := 2; i < len(s) && i < maxSGR; i++ {
		switch c := s[i]; {
		case c == 'm':
			return i + 1
		case c >= '0' && c <= ';':
		default:
			return 0
		}
	}
	return 0
}

// maxSGR bounds an SGR sequence, in bytes: every attribute and two 24-bit
// colours fit twice.
const maxSGR = 128

// apply changes s by the parameters of an SGR sequence, without its
// introducer and final byte. What it does not know it leaves out.
func (s *style) apply(params string, c *colours) {
	if c.profile <= colorprofile.NoTTY {
		return
	}
	p := sgrParams{rest: params, more: true}
	for p.more {
		n, sub := p.next()
		switch {
		case n == 0:
			*s = style{}
		case n == 1:
			s.attr |= bold
		case n == 2:
			s.attr |= faint
		case n == 3:
			s.attr |= italic
		case n == 4:
			s.attr |= underline
			if sub {
				if kind, _ := p.next(); kind == 0 {
					s.attr &^= underline
				}
			}
		case n == 7:
			s.attr |= reverse
		case n == 9:
			s.attr |= strike
		case n == 21:
			s.attr |= underline
		case n == 22:
			s.attr &^= bold | faint
		case n == 23:
			s.attr &^= italic
		case n == 24:
			s.attr &^= underline
		case n == 27:
			s.attr &^= reverse
		case n == 29:
			s.attr &^= strike
		case n >= 30 && n <= 37:
			s.fg = c.convert(palette | hue(n-30))
		case n >= 90 && n <= 97:
			s.fg = c.convert(palette | hue(n-90+8))
		case n >= 40 && n <= 47:
			s.bg = c.convert(palette | hue(n-40))
		case n >= 100 && n <= 107:
			s.bg = c.convert(palette | hue(n-100+8))
		case n == 39:
			s.fg = 0
		case n == 49:
			s.bg = 0
		case n == 38:
			if h, ok := p.colour(sub); ok {
				s.fg = c.convert(h)
			}
		case n == 48:
			if h, ok := p.colour(sub); ok {
				s.bg = c.convert(h)
			}
		case n == 58:
			p.colour(sub)
		}
	}
}

// sgrParams reads the parameters of an SGR sequence one by one.
type sgrParams struct {
	rest string
	more bool
}

// next gives the next number, missing ones as 0, and whether a colon followed
// it, which ties the next number to this one.
func (p *sgrParams) next() (n int, sub bool) {
	for i := 0; i < len(p.rest); i++ {
		c := p.rest[i]
		if c == ';' || c == ':' {
			p.rest = p.rest[i+1:]
			return n, c == ':'
		}
		if n = n*10 + int(c-'0'); n > 1<<16 {
			n = 1 << 16
		}
	}
	p.rest, p.more = "", false
	return n, false
}

// colour reads what follows 38, 48 or 58. With colons a 24-bit colour may name
// a colour space first, as in 38:2::255:0:0.
func (p *sgrParams) colour(sub bool) (hue, bool) {
	if !p.more {
		return 0, false
	}
	kind, _ := p.next()
	var v [4]int
	n := 0
	switch kind {
	case 5:
		if !p.more {
			return 0, false
		}
		v[0], _ = p.next()
		return palette | hue(v[0]&0xff), v[0] <= 0xff
	case 2:
		for tied := true; n < len(v) && p.more && (n < 3 || sub && tied); n++ {
			v[n], tied = p.next()
			if sub && n == 2 && !tied {
				n++
				break
			}
		}
	}
	if n < 3 {
		return 0, false
	}
	c := v[:3]
	if n == 4 {
		c = v[1:]
	}
	if c[0] > 0xff || c[1] > 0xff || c[2] > 0xff {
		return 0, false
	}
	return rgb | hue(c[0])<<16 | hue(c[1])<<8 | hue(c[2]), true
}

// appendSGR appends the shortest plain way from one style to another.
func appendSGR(b []byte, from, to style) []byte {
	if from == to {
		return b
	}
	if to == (style{}) {
		return append(b, "\x1b[m"...)
	}
	b = append(b, "\x1b["...)
	if from.attr&^to.attr != 0 {
		b = append(b, "0;"...)
		from = style{}
	}
	for _, a := range attrCodes {
		if to.attr&^from.attr&a.bit != 0 {
			b = append(b, a.code, ';')
		}
	}
	if to.fg != from.fg {
		b = appendHue(b, to.fg, 30)
	}
	if to.bg != from.bg {
		b = appendHue(b, to.bg, 40)
	}
	b[len(b)-1] = 'm'
	return b
}

// appendHue appends a colour's parameters and a semicolon; base is 30 for the
// foreground and 40 for the background.
func appendHue(b []byte, h hue, base int64) []byte {
	v := int64(h & hueValue)
	switch {
	case h&hueKind == 0:
		b = strconv.AppendInt(b, base+9, 10)
	case h&hueKind == rgb:
		b = strconv.AppendInt(b, base+8, 10)
		b = append(b, ";2;"...)
		b = strconv.AppendInt(b, v>>16, 10)
		b = append(b, ';')
		b = strconv.AppendInt(b, v>>8&0xff, 10)
		b = append(b, ';')
		b = strconv.AppendInt(b, v&0xff, 10)
	case v < 8:
		b = strconv.AppendInt(b, base+v, 10)
	case v < 16:
		b = strconv.AppendInt(b, base+60+v-8, 10)
	default:
		b = strconv.AppendInt(b, base+8, 10)
		b = append(b, ";5;"...)
		b = strconv.AppendInt(b, v, 10)
	}
	return append(b, ';')
}
