package theme

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Colours are those of an installation, in place of some of the app's own, on light
// and on dark backgrounds. Terminals with 256 colours show them once their background
// is known; elsewhere the app's own are sure to be read. They are made once and
// shared by all sessions.
type Colours struct {
	own    map[string][groundCount]string // by the name of a shade
	tables [groundCount][len(accents)]func() *table
}

// ColourError says why a colour cannot be. Name is "light.accent".
type ColourError struct{ Name, Message, Allowed string }

func (e *ColourError) Error() string { return "colours." + e.Name + ": " + e.Message }

// ColourNames are the colours that can be chosen, for each background.
func ColourNames() []string {
	return []string{"accent", "ok", "warn", "danger", "muted", "border", "selected"}
}

func (s *shades) named(name string) *shade {
	return map[string]*shade{
		"accent": &s.accent, "ok": &s.ok, "warn": &s.warn, "danger": &s.danger, "muted": &s.muted, "border": &s.border, "selected": &s.selected,
	}[name]
}

func grounded(word string) (ground, bool) {
	switch word {
	case "light":
		return lightGround, true
	case "dark":
		return darkGround, true
	}
	return unknownGround, false
}

// NewColours makes colours of texts, by background and name: "light.accent" is
// "#005f87" or "24". It refuses names and values that there are not, and what could
// not be read.
func NewColours(given map[string]string) (*Colours, error) {
	if len(given) == 0 {
		return nil, nil
	}
	c := &Colours{own: map[string][groundCount]string{}}
	for _, at := range slices.Sorted(maps.Keys(given)) {
		back, name, _ := strings.Cut(at, ".")
		g, ok := grounded(back)
		if !ok || !slices.Contains(ColourNames(), name) {
			return nil, &ColourError{at, "there is no such colour", "under light and dark there are " + strings.Join(ColourNames(), ", ")}
		}
		n, ok := parseColour(given[at])
		if !ok {
			return nil, &ColourError{at, "it is no colour", "a colour is written #rrggbb, or as a number from 16 to 255 of the 256 colours: the first 16 look different in each terminal"}
		}
		by := c.own[name]
		by[g] = strconv.Itoa(n)
		c.own[name] = by
	}
	for _, g := range []ground{lightGround, darkGround} {
		if err := c.check(g, given); err != nil {
			return nil, err
		}
	}
	for g := range groundCount {
		for a := range accents {
			c.tables[g][a] = sync.OnceValue(func() *table { return compile(declareWith(c.over(profileShades[TwoFiftySix]), TwoFiftySix, g, a)) })
		}
	}
	return c, nil
}

// over lays the colours over the app's own.
func (c *Colours) over(s shades) shades {
	for name, by := range c.own {
		to := s.named(name)
		if by[lightGround] != "" {
			to.light = by[lightGround]
		}
		if by[darkGround] != "" {
			to.dark = by[darkGround]
		}
	}
	return s
}

// Contrast that colours have at least: lines, and text over the selected row or in
// a field. That of text on the background is Theme.least.
const (
	leastOfLines = 1.6
	leastOver    = 4
)

// demand is what a colour has to be told from, by how much, and where it stands there.
type demand struct {
	from  rgb
	least float64
	where string
}

// check holds the colours that were given for a ground to their contrast.
func (c *Colours) check(g ground, given map[string]string) error {
	s := c.over(profileShades[TwoFiftySix])
	for _, name := range ColourNames() {
		if c.own[name][g] == "" {
			continue
		}
		at, colour := g.word()+"."+name, s.named(name).number(g)
		for _, d := range s.demands(name, g) {
			if got := contrast(colour, d.from); got < d.least {
				return &ColourError{at, fmt.Sprintf("%s would be shown as %s, which cannot be read %s (%s): the contrast is %.1f", given[at], colour, d.where, d.from, got),
					fmt.Sprintf("it has to be at least %.1f", d.least)}
			}
		}
	}
	return nil
}

// demands are those on a colour among the others of a ground.
func (s *shades) demands(name string, g ground) (all []demand) {
	if name == "selected" {
		return s.overSelected(g)
	}
	th := Theme{Profile: TwoFiftySix, Known: true, DarkBackground: g == darkGround}
	least := th.least()
	if name == "border" {
		least = leastOfLines
	}
	for _, on := range th.grounds() {
		all = append(all, demand{on, least, "on a " + g.word() + " background"})
	}
	if name != "border" {
		all = append(all, demand{s.selected.number(g), leastOver, "on the selected row"}, demand{s.field.number(g), leastOver, "in a field"})
	}
	return all
}

// overSelected are the demands on the selected row, which everything is read on.
func (s *shades) overSelected(g ground) []demand {
	text := xterm(0)
	if g == darkGround {
		text = xterm(7)
	}
	all := []demand{{text, leastOver, "under the text"}}
	for _, n := range ColourNames() {
		if n != "selected" && n != "border" {
			all = append(all, demand{s.named(n).number(g), leastOver, "under the colour " + n})
		}
	}
	for i := range accents {
		if a := &accents[i]; a.name != "" {
			all = append(all, demand{a.full.number(g), leastOver, "under the accent " + a.name})
		}
	}
	return all
}

func (g ground) word() string {
	if g == darkGround {
		return "dark"
	}
	return "light"
}

// number is what a shade of the 256 colours looks like on a known ground.
func (s *shade) number(g ground) rgb {
	word := s.light
	if g == darkGround {
		word = s.dark
	}
	n, _ := strconv.Atoi(word)
	return xterm(n)
}

// parseColour gives the number of a colour, and for #rrggbb that of the nearest one.
func parseColour(text string) (int, bool) {
	hex, ok := strings.CutPrefix(strings.TrimSpace(text), "#")
	if !ok {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		return n, err == nil && n >= 16 && n <= 255
	}
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 {
		return 0, false
	}
	want := rgb{uint8(v >> 16), uint8(v >> 8), uint8(v)}
	best, least := 0, -1
	for n := 16; n < 256; n++ {
		if d := want.distance(xterm(n)); least < 0 || d < least {
			best, least = n, d
		}
	}
	return best, true
}

func (c rgb) distance(d rgb) int {
	square := func(a, b uint8) int { return (int(a) - int(b)) * (int(a) - int(b)) }
	return square(c.r, d.r) + square(c.g, d.g) + square(c.b, d.b)
}

func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

// In gives the theme in the colours of an installation; nil is the app's own.
func (t *Theme) In(c *Colours) *Theme {
	own := *t
	own.own = c
	return own.with("")
}
