package theme

import "math"

// grounds are the backgrounds that a theme must be readable on: the extremes of
// what people use under that name.
func (t *Theme) grounds() []rgb {
	black, white := rgb{0, 0, 0}, rgb{0xff, 0xff, 0xff}
	switch {
	case t.Profile == NoColor:
		return nil
	case !t.Known:
		return []rgb{black, white}
	case t.Profile == Sixteen: // whoever changes the background changes the sixteen with it
		if t.DarkBackground {
			return []rgb{black}
		}
		return []rgb{white}
	case t.DarkBackground:
		return []rgb{black, {0x28, 0x28, 0x28}}
	}
	return []rgb{white, {0xfd, 0xf6, 0xe3}}
}

// least is the contrast every text role has on each ground (WCAG 2.2 asks 4.5
// for text; where the background is not known the best any single colour can
// have on both black and white is 4.58).
func (t *Theme) least() float64 {
	switch {
	case t.Profile == NoColor:
		return 0
	case !t.Known:
		return 3.5
	case t.Profile == Sixteen:
		return 4.4
	}
	return 4.5
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
