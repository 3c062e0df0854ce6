package ui

import (
	"charm.land/bubbles/v2/progress"
	"charm.land/lipgloss/v2"

	"muster/tui/theme"
)

// Progress is a line that shows how far something is: done of total. It moves
// when it is told, not by a clock of its own.
func Progress(width, done, total int) Line {
	m := progress.New(progress.WithWidth(width), progress.WithoutPercentage(), progress.WithFillCharacters('█', '░'))
	m.FullColor, m.EmptyColor = lipgloss.NoColor{}, lipgloss.NoColor{} // the line has one
	part := 0.0
	if total > 0 {
		part = float64(done) / float64(total)
	}
	return Line{Text: m.ViewAs(part), Style: theme.Accent}
}
