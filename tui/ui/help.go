package ui

import (
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

// ShortHelp shows the keys of a dialog over a line, as many as fit.
func ShortHelp(r Region, hints []Hint) {
	bindings := make([]key.Binding, len(hints))
	for i, h := range hints {
		bindings[i] = h.Binding()
	}
	m := shortHelp
	m.SetWidth(r.W)
	r.View(0, 0, m.ShortHelpView(bindings), theme.Text)
}
