package theme

import (
	"image/color"
	"strconv"
	"sync"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// paint is a colour number of the 256-colour palette plus one; zero is the
// terminal's own colour.
type paint uint16

func paintOf(c color.Color) paint {
	switch c := c.(type) {
	case ansi.BasicColor:
		return paint(c) + 1
	case ansi.IndexedColor:
		return paint(c) + 1
	}
	return 0
}

// append writes the colour's parameters, each followed by a semicolon. The
// first sixteen use the short form, which every colour terminal knows.
func (p paint) append(b []byte, background bool) []byte {
	n, base := int(p)-1, 30
	if background {
		base = 40
	}
	switch {
	case p == 0:
		return b
	case n < 8:
		b = strconv.AppendInt(b, int64(base+n), 10)
	case n < 16:
		b = strconv.AppendInt(b, int64(base+60+n-8), 10)
	default:
		b = strconv.AppendInt(b, int64(base+8), 10)
		b = append(b, ";5;"...)
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return append(b, ';')
}

// look is what a style comes down to on a terminal.
type look struct {
	fg, bg paint
	attr   uint8
}

const (
	attrBold uint8 = 1 << iota
	attrUnderline
	attrReverse
	attrFaint
)

// lookOf reads what the canvas can show off a declared style.
func lookOf(s lipgloss.Style) look {
	l := look{fg: paintOf(s.GetForeground()), bg: paintOf(s.GetBackground())}
	if s.GetBold() {
		l.attr |= attrBold
	}
	if s.GetUnderline() {
		l.attr |= attrUnderline
	}
	if s.GetReverse() {
		l.attr |= attrReverse
	}
	if s.GetFaint() {
		l.attr |= attrFaint
	}
	return l
}

// over lays a look over another: its colours win, its attributes are added.
func (l look) over(under look) look {
	if l.fg == 0 {
		l.fg = under.fg
	}
	if l.bg == 0 {
		l.bg = under.bg
	}
	l.attr |= under.attr
	return l
}

// A style is compiled for each role, set of attributes and background.
const (
	roleBits  = 4
	extraBits = 6 // Bold to Button
)

// table is a compiled theme. It is read-only and shared by the sessions of a
// process.
type table struct {
	looks [1 << (roleBits + extraBits)]look
	// from is the sequence that leads from plain text to a look, which most
	// sequences of a frame do.
	from [1 << (roleBits + extraBits)]string
}

func (s Style) index() int {
	role := s.Role()
	if role >= roles {
		role = Text
	}
	return int(role) | int(s>>8)&(1<<extraBits-1)<<roleBits
}

func compile(s sheet) *table {
	t := &table{}
	written := map[look]string{}
	for role := range roles {
		for extra := range Style(1) << extraBits {
			style := role | extra<<8
			l := s.look(style)
			if _, ok := written[l]; !ok {
				written[l] = string(appendSGR(nil, look{}, l))
			}
			t.looks[style.index()], t.from[style.index()] = l, written[l]
		}
	}
	return t
}

func (s *sheet) look(style Style) look {
	l := lookOf(s.roles[style.Role()])
	if style&Bold != 0 {
		l.attr |= attrBold
	}
	if style&Underline != 0 {
		l.attr |= attrUnderline
	}
	if style&Reverse != 0 {
		l.attr |= attrReverse
	}
	switch style & backMask {
	case Selected:
		if s.selectedPlain {
			l.fg = 0
		}
		return lookOf(s.selected).over(l)
	case Field:
		return lookOf(s.field).over(l)
	case Button:
		return lookOf(s.button).over(l)
	}
	return l
}

// tables holds every theme there can be, each compiled when it is first used:
// a process compiles what its terminals are, not what its sessions are.
var tables = func() (all [profileCount][groundCount][len(accents)]func() *table) {
	for p := range profileCount {
		for g := range groundCount {
			for a := range accents {
				all[p][g][a] = sync.OnceValue(func() *table { return compile(declare(p, g, a)) })
			}
		}
	}
	return all
}()

// appendSGR appends the sequence that leads from one look to the next.
func appendSGR(b []byte, from, to look) []byte {
	if from == to {
		return b
	}
	if to == (look{}) {
		return append(b, "\x1b[m"...)
	}
	b = append(b, "\x1b["...)
	// Attributes and backgrounds are only ever taken back by a reset: single
	// resets (22, 24, 49) are not the same on every terminal.
	if from.attr&^to.attr != 0 || from.bg != 0 && to.bg == 0 || from.fg != 0 && to.fg == 0 {
		b = append(b, '0', ';')
		from = look{}
	}
	for bit, param := range [...]byte{'1', '4', '7', '2'} {
		if to.attr&^from.attr&(1<<bit) != 0 {
			b = append(b, param, ';')
		}
	}
	if to.fg != from.fg {
		b = to.fg.append(b, false)
	}
	if to.bg != from.bg {
		b = to.bg.append(b, true)
	}
	b[len(b)-1] = 'm'
	return b
}
