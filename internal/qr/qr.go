// Package qr draws QR codes with text.
package qr

import (
	"strings"

	"github.com/boombuler/barcode/qr"
)

// Quiet is how wide the blank frame around a code has to be, in modules
// (ISO/IEC 18004).
const Quiet = 4

// Code is a QR code: a square of dark and light modules.
type Code struct {
	size int
	dark []bool
}

// Encode makes the smallest code for a text, with the lowest level of error
// correction: a screen has no scratches. The error says that the text is too
// long, more than 2,953 bytes.
func Encode(text string) (*Code, error) {
	img, err := qr.Encode(text, qr.L, qr.Auto)
	if err != nil {
		return nil, err
	}
	c := &Code{size: img.Bounds().Dx()}
	for y := range c.size {
		for x := range c.size {
			r, _, _, _ := img.At(x, y).RGBA()
			c.dark = append(c.dark, r == 0)
		}
	}
	return c, nil
}

// Size is the number of modules along one side, without the frame.
func (c *Code) Size() int { return c.size }

// Dark tells whether the module in column x and row y is dark. Everything
// around the code is light.
func (c *Code) Dark(x, y int) bool {
	return x >= 0 && y >= 0 && x < c.size && y < c.size && c.dark[y*c.size+x]
}

// Lines draws the code and a frame of quiet modules around it with half
// blocks, two rows of modules in a line, in the colours of the terminal and
// without any escape sequence. With onDark the blocks are the light modules,
// for light text on a dark background; else they are the dark ones.
//
// On a terminal of the other kind the picture is the negative. That is a valid
// symbol as well (ISO/IEC 18004, reflectance reversal), and since the frame is
// drawn and not left to the background, phones read it; Lines with the other
// onDark is for those that do not.
func (c *Code) Lines(onDark bool, quiet int) []string {
	var lines []string
	end := c.size + quiet
	for y := -quiet; y < end; y += 2 {
		var b strings.Builder
		for x := -quiet; x < end; x++ {
			upper := c.Dark(x, y) != onDark
			// The last line may have only its upper half.
			lower := y+1 < end && c.Dark(x, y+1) != onDark
			switch {
			case upper && lower:
				b.WriteRune('█')
			case upper:
				b.WriteRune('▀')
			case lower:
				b.WriteRune('▄')
			default:
				b.WriteByte(' ')
			}
		}
		lines = append(lines, b.String())
	}
	return lines
}
