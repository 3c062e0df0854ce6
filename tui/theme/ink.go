package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
)

// inkMark is the red of the colours that stand for a Style.
const inkMark = 0x6d

// Ink is a Style as a bubble carries it: bubbles render with lipgloss, which
// knows nothing of the canvas. Its colour is no colour but the Style's number,
// which the canvas reads back (ui.Region.View); so one bubble looks right in
// every theme, and none of them holds a theme's colours.
func Ink(s Style) lipgloss.Style { return lipgloss.NewStyle().Foreground(InkColor(s)) }

// InkColor is the colour of Ink.
func InkColor(s Style) color.Color {
	return lipgloss.RGBColor{R: inkMark, G: uint8(s >> 8), B: uint8(s)}
}

// InkStyle gives the Style that a 24-bit colour stands for.
func InkStyle(r, g, b int) (Style, bool) {
	return Style(g<<8 | b), r == inkMark && Style(b) < roles
}
