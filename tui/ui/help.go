package ui

import (
	"slices"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"

	"muster/tui/theme"
)

// Binding is the hint as a bubble knows it.
func (h Hint) Binding() key.Binding {
	return key.NewBinding(key.WithKeys(h.Key), key.WithHelp(h.Key, h.Title))
}

// shortHelp is the look of the short help, the same as that of the footer.
var shortHelp = help.Model{
	ShortSeparator: "  ",
	Ellipsis:       "…",
	Styles: help.Styles{
		ShortKey:       theme.Ink(theme.Key),
		ShortDesc:      theme.Ink(theme.Text),
		ShortSeparator: theme.Ink(theme.Text),
		Ellipsis:       theme.Ink(theme.Muted),
	},
}

// helped is the short help as it was rendered last: that takes as long as half of
// a frame, and the keys seldom change while a dialog is open.
type helped struct {
	hints []Hint
	width int
	view  string
}

// ShortHelp shows the keys of the topmost dialog over a line, as many as fit.
func (s *Stack) ShortHelp(r Region) {
	hints := s.Top().Hints()
	if h := s.helped; h == nil || h.width != r.W || !slices.Equal(h.hints, hints) {
		s.helped = &helped{hints, r.W, renderHints(hints, r.W)}
	}
	r.View(0, 0, s.helped.view, theme.Text)
}

func renderHints(hints []Hint, width int) string {
	bindings := make([]key.Binding, len(hints))
	for i, h := range hints {
		bindings[i] = h.Binding()
	}
	m := shortHelp
	m.SetWidth(width)
	return m.ShortHelpView(bindings)
}
