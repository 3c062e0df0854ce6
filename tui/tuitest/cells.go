package tuitest

import (
	"image/color"

	uv "github.com/charmbracelet/ultraviolet"
)

// Cell is one column of the screen with its look. Fg and Bg are nil for the
// terminal's own colours. A wide character leaves a cell of width 0 behind it.
type Cell struct {
	Text                            string
	Width                           int
	Fg, Bg                          color.Color
	Bold, Faint, Underline, Reverse bool
}

// Cells is what the terminal shows, a slice a line.
func (a *Terminal) Cells() [][]Cell {
	a.mu.Lock()
	defer a.mu.Unlock()
	lines := make([][]Cell, a.h)
	for y := range lines {
		lines[y] = make([]Cell, a.w)
		for x := 0; x < a.w; x++ {
			out := Cell{Text: " ", Width: 1}
			if c := a.emu.CellAt(x, y); c != nil {
				if c.Content != "" {
					out.Text, out.Width = c.Content, max(c.Width, 1)
				}
				out.Fg, out.Bg = c.Style.Fg, c.Style.Bg
				out.Bold = c.Style.Attrs&uv.AttrBold != 0
				out.Faint = c.Style.Attrs&uv.AttrFaint != 0
				out.Reverse = c.Style.Attrs&uv.AttrReverse != 0
				out.Underline = c.Style.Underline != uv.UnderlineNone
			}
			lines[y][x] = out
			x += out.Width - 1
		}
	}
	return lines
}
