package theme

import (
	"math"
	"strconv"
)

// paint is a colour number of the 256-colour palette plus one; zero is the
// terminal's own colour.
type paint uint16

func color(n int) paint { return paint(n + 1) }

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

type palette struct {
	fg   [roles]paint
	attr [roles]uint8

	selected, selectedFg, field paint
	selectedAttr, fieldAttr     uint8
	// selectedPlain drops the roles' colours on the selected row. Sixteen
	// colours are whatever the person made of them; only the reversed text is
	// sure to be read.
	selectedPlain bool

	// grounds are the backgrounds it must be readable on: the extremes of what
	// people use under that name.
	grounds []rgb
	// least is the contrast every text role has on each ground (WCAG 2.2 asks
	// 4.5 for text; where the background is not known the best any single
	// colour can have on both black and white is 4.58).
	least float64
}

func paletteFor(p Profile, known, dark bool) palette {
	var pal palette
	for _, role := range []Style{Accent, Key, Header} {
		pal.attr[role] = attrBold
	}
	pal.attr[Match] = attrUnderline
	switch {
	case p == NoColor:
		pal.attr[Danger] = attrBold
		pal.selectedAttr = attrReverse
		pal.fieldAttr = attrUnderline
	case p == Sixteen && known && dark:
		pal.set(14, 10, 11, 9, 0, 8)
		pal.selectedAttr, pal.selectedPlain = attrReverse, true
		pal.fieldAttr = attrUnderline
	case p == Sixteen && known:
		// Green, yellow and cyan cannot be read on white in the usual sixteen;
		// their meaning stays in the sign and the word beside them.
		pal.set(4, -1, -1, 1, 0, 8)
		pal.selectedAttr, pal.selectedPlain = attrReverse, true
		pal.fieldAttr = attrUnderline
	case p == Sixteen:
		pal.set(5, -1, -1, 1, 0, 8)
		pal.selectedAttr, pal.selectedPlain = attrReverse, true
		pal.fieldAttr = attrUnderline
	case known && dark:
		pal.set(117, 114, 221, 210, 247, 240)
		pal.selected, pal.field = color(237), color(236)
		pal.selectedAttr = attrBold
	case known:
		pal.set(25, 22, 94, 124, 240, 248)
		pal.selected, pal.field = color(254), color(255)
		pal.selectedAttr = attrBold
	default:
		pal.set(31, 28, 130, 160, 243, 244)
		pal.selected, pal.selectedFg = color(24), color(231)
		pal.fieldAttr = attrUnderline
	}
	switch {
	case p == NoColor:
	case known && p == Sixteen:
		// Whoever changes the background changes the sixteen with it.
		pal.grounds, pal.least = []rgb{{0xff, 0xff, 0xff}}, 4.4
		if dark {
			pal.grounds = []rgb{{0, 0, 0}}
		}
	case known && dark:
		pal.grounds, pal.least = []rgb{{0, 0, 0}, {0x28, 0x28, 0x28}}, 4.5
	case known:
		pal.grounds, pal.least = []rgb{{0xff, 0xff, 0xff}, {0xfd, 0xf6, 0xe3}}, 4.5
	default:
		pal.grounds, pal.least = []rgb{{0, 0, 0}, {0xff, 0xff, 0xff}}, 3.5
	}
	return pal
}

// set fills the roles from the six colours a palette has; -1 and, for muted, 0
// mean the terminal's own colour.
func (p *palette) set(accent, ok, warn, danger, muted, border int) {
	p.setAccent(accent)
	p.fg[OK] = color(ok)
	p.fg[Warn] = color(warn)
	p.fg[Danger] = color(danger)
	p.fg[Match] = p.fg[Warn]
	p.fg[Border] = color(border)
	if muted > 0 {
		p.fg[Muted], p.fg[Header], p.fg[Disabled] = color(muted), color(muted), color(muted)
	}
}

func (p *palette) setAccent(n int) {
	p.fg[Accent], p.fg[Key] = color(n), color(n)
}

// accents are the colours an organization can choose (models.Accents), as each
// palette can show them readably.
var accents = map[string]struct{ dark, light, unknown, dark16, light16, unknown16 int }{
	"blue":    {111, 25, 63, 12, 4, 12},
	"cyan":    {80, 23, 30, 14, 4, 12},
	"green":   {114, 22, 28, 10, 4, 12},
	"magenta": {176, 90, 133, 13, 5, 5},
	"red":     {210, 124, 160, 9, 1, 1},
	"yellow":  {221, 94, 100, 11, 5, 5},
}

// accent is the colour of an organization on this profile and background.
func accent(name string, p Profile, known, dark bool) (n int, ok bool) {
	a, ok := accents[name]
	switch {
	case !ok || p == NoColor:
		return 0, false
	case p == Sixteen && known && dark:
		return a.dark16, true
	case p == Sixteen && known:
		return a.light16, true
	case p == Sixteen:
		return a.unknown16, true
	case known && dark:
		return a.dark, true
	case known:
		return a.light, true
	}
	return a.unknown, true
}

type rgb struct{ r, g, b uint8 }

// xterm is the colour that xterm shows for n without any setting.
func xterm(n int) rgb {
	base := [16]rgb{
		{0, 0, 0}, {205, 0, 0}, {0, 205, 0}, {205, 205, 0}, {0, 0, 238}, {205, 0, 205}, {0, 205, 205}, {229, 229, 229},
		{127, 127, 127}, {255, 0, 0}, {0, 255, 0}, {255, 255, 0}, {92, 92, 255}, {255, 0, 255}, {0, 255, 255}, {255, 255, 255},
	}
	switch {
	case n < 16:
		return base[n]
	case n < 232:
		n -= 16
		level := [6]uint8{0, 95, 135, 175, 215, 255}
		return rgb{level[n/36], level[n/6%6], level[n%6]}
	}
	v := uint8(8 + 10*(n-232))
	return rgb{v, v, v}
}

// contrast is WCAG's ratio of relative luminances, from 1 to 21.
func contrast(a, b rgb) float64 {
	la, lb := luminance(a), luminance(b)
	if la < lb {
		la, lb = lb, la
	}
	return (la + 0.05) / (lb + 0.05)
}

func luminance(c rgb) float64 {
	channel := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(c.r) + 0.7152*channel(c.g) + 0.0722*channel(c.b)
}
