package tuitest

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// look says in words how a cell is shown, "" for the terminal's own colours
// without an attribute. A blank has no look but its ground.
func (c Cell) look() string {
	var words []string
	add := func(is bool, word string) {
		if is {
			words = append(words, word)
		}
	}
	ink := strings.TrimSpace(c.Text) != ""
	add(c.Bold && ink, "bold")
	add(c.Faint && ink, "faint")
	add(c.Underline, "underline")
	add(c.Reverse, "reverse")
	add(c.Fg != nil && (ink || c.Reverse), "fg "+colorName(c.Fg))
	add(c.Bg != nil, "bg "+colorName(c.Bg))
	return strings.Join(words, ", ")
}

func colorName(c color.Color) string {
	switch c := c.(type) {
	case nil:
		return ""
	case ansi.BasicColor:
		return fmt.Sprint(uint8(c))
	case ansi.IndexedColor:
		return fmt.Sprint(uint8(c))
	}
	return hex(c)
}

const styleLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// styleLayer gives the legend and the frame of letters. Looks keep the letters
// that they have in an earlier layer, so that a change shows as one.
func styleLayer(cells [][]Cell, earlier string) string {
	letters := map[string]byte{"": ' '}
	var taken []byte
	legend, _, _ := strings.Cut(earlier, "\n\n")
	for line := range strings.SplitSeq(legend, "\n") {
		if letter, look, ok := strings.Cut(line, " = "); ok && len(letter) == 1 {
			letters[look] = letter[0]
			taken = append(taken, letter[0])
		}
	}
	used := map[string]bool{}
	var frame strings.Builder
	for _, row := range cells {
		var line strings.Builder
		for _, c := range row {
			if c.Width == 0 {
				line.WriteByte('-') // the second half of a wide character
				continue
			}
			look := c.look()
			letter, ok := letters[look]
			if !ok {
				letter = '?'
				for i := range len(styleLetters) {
					if !slices.Contains(taken, styleLetters[i]) {
						letter = styleLetters[i]
						break
					}
				}
				taken = append(taken, letter)
				letters[look] = letter
			}
			used[look] = true
			line.WriteByte(letter)
		}
		frame.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	var lines []string
	for look := range used {
		if look != "" {
			lines = append(lines, string(letters[look])+" = "+look)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n\n" + strings.TrimSuffix(frame.String(), "\n")
}
