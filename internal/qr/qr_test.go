package qr_test

import (
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/makiuchi-d/gozxing"
	reader "github.com/makiuchi-d/gozxing/qrcode"

	"muster/internal/qr"
)

const uri = "otpauth://totp/ada@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=muster.example.com"

// photograph paints lines of half blocks the way a terminal does, with its own
// background around them.
func photograph(lines []string, foreground, background color.Gray) image.Image {
	const scale, margin = 4, 6
	wide := 0
	for _, l := range lines {
		wide = max(wide, utf8.RuneCountInString(l))
	}
	img := image.NewGray(image.Rect(0, 0, (wide+2*margin)*scale, (2*len(lines)+2*margin)*scale))
	for i := range img.Pix {
		img.Pix[i] = background.Y
	}
	fill := func(x, y int) {
		for dy := range scale {
			for dx := range scale {
				img.SetGray((x+margin)*scale+dx, (y+margin)*scale+dy, foreground)
			}
		}
	}
	for row, l := range lines {
		for x, r := range []rune(l) {
			if r == '█' || r == '▀' {
				fill(x, 2*row)
			}
			if r == '█' || r == '▄' {
				fill(x, 2*row+1)
			}
		}
	}
	return img
}

func negative(img image.Image) image.Image {
	out := image.NewGray(img.Bounds())
	for i, p := range img.(*image.Gray).Pix {
		out.Pix[i] = 255 - p
	}
	return out
}

func scan(img image.Image) (string, error) {
	bits, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		return "", err
	}
	got, err := reader.NewQRCodeReader().Decode(bits, nil)
	if err != nil {
		return "", err
	}
	return got.GetText(), nil
}

// TestItScans reads the drawn code with a reader that knows nothing of this
// package, on both kinds of terminal.
func TestItScans(t *testing.T) {
	white, black := color.Gray{Y: 235}, color.Gray{Y: 20}
	for _, text := range []string{uri, strings.Replace(uri, "ada", strings.Repeat("a", 200), 1), "x"} {
		c, err := qr.Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, onDark := range []bool{true, false} {
			lines := c.Lines(onDark, qr.Quiet)
			dark, light := photograph(lines, white, black), photograph(lines, black, white)
			right, other := light, dark
			if onDark {
				right, other = dark, light
			}
			name := fmt.Sprintf("%d bytes, onDark %v", len(text), onDark)
			if got, err := scan(right); err != nil || got != text {
				t.Errorf("%s: %q, %v", name, got, err)
			}
			// What phones do with a negative.
			if got, err := scan(negative(other)); err != nil || got != text {
				t.Errorf("%s, on the other background: %q, %v", name, got, err)
			}
		}
	}
}

func TestLines(t *testing.T) {
	c, err := qr.Encode(uri)
	if err != nil {
		t.Fatal(err)
	}
	lines := c.Lines(true, qr.Quiet)
	// It has to fit a terminal of 80×24 with the shell's line below it.
	if n := len(lines); n > 23 || n != (c.Size()+2*qr.Quiet+1)/2 {
		t.Errorf("%d lines for %d modules", n, c.Size())
	}
	for _, l := range lines {
		if n := utf8.RuneCountInString(l); n != c.Size()+2*qr.Quiet {
			t.Errorf("a line of %d cells", n)
		}
		if strings.Trim(l, "█▀▄ ") != "" {
			t.Errorf("more than half blocks: %q", l)
		}
	}
	if !strings.HasPrefix(lines[0], "████") || !strings.HasPrefix(c.Lines(false, qr.Quiet)[0], "    ") {
		t.Error("the frame is not drawn as light")
	}
	if c.Dark(-1, 0) || c.Dark(0, -1) || c.Dark(c.Size(), 0) || !c.Dark(0, 0) {
		t.Error("the corner is not where it should be")
	}
	if _, err := qr.Encode(strings.Repeat("x", 3000)); err == nil {
		t.Error("3,000 bytes fit")
	}
}
