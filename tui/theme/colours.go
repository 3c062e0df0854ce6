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

// check holds the colours that were given for a ground to their contrast.
func (c *Colours) check(g ground, given map[string]string) error {
	back, th := "light", Theme{Profile: TwoFiftySix, Known: true, DarkBackground: g == darkGround}
	text := xterm(0)
	if g == darkGround {
		back, text = "dark", xterm(7)
	}
	s := c.over(profileShades[TwoFiftySix])
	number := func(s shade) rgb {
		word := s.light
		if g == darkGround {
			word = s.dark
		}
		n, _ := strconv.Atoi(word)
		return xterm(n)
	}
	selected, field := number(s.selected), number(s.field)
	for _, name := range ColourNames() {
		if c.own[name][g] == "" {
			continue
		}
		at := back + "." + name
		colour := number(*s.named(name))
		bad := func(with rgb, least float64, where string) error {
			if got := contrast(colour, with); got < least {
				return &ColourError{at, fmt.Sprintf("%s would be shown as %s, which cannot be read %s (%s): the contrast is %.1f", given[at], colour, where, with, got),
					fmt.Sprintf("it has to be at least %.1f", least)}
			}
			return nil
		}
		switch name {
		case "selected":
			over := map[string]rgb{"under the text": text}
			for _, n := range ColourNames() {
				if n != "selected" && n != "border" {
					over["under the colour "+n] = number(*s.named(n))
				}
			}
			for _, a := range accents[1:] {
				over["under the accent "+a.name] = number(a.full)
			}
			for _, where := range slices.Sorted(maps.Keys(over)) {
				if err := bad(over[where], leastOver, where); err != nil {
					return err
				}
			}
			continue
		case "border":
			for _, on := range th.grounds() {
				if err := bad(on, leastOfLines, "on a "+back+" background"); err != nil {
					return err
				}
			}
			continue
		}
		for _, on := range th.grounds() {
			if err := bad(on, th.least(), "on a "+back+" background"); err != nil {
				return err
			}
		}
		if err := bad(selected, leastOver, "on the selected row"); err != nil {
			return err
		}
		if err := bad(field, leastOver, "in a field"); err != nil {
			return err
		}
	}
	return nil
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
