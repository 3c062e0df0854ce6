package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
)

// This file declares the look: every colour, attribute and border of the app.
// compile.go turns it into what the canvas writes.

// Frame is the border of panes and dialogs, the same in every theme.
var Frame = lipgloss.RoundedBorder()

// ground is the background that a look is for.
type ground uint8

const (
	unknownGround ground = iota
	lightGround
	darkGround
	groundCount
)

// shade is a colour by its number of the 256-colour palette: on a light ground,
// on a dark one, and where the ground is not known. "" is the terminal's own.
type shade struct{ light, dark, either string }

// on gives the colour for a ground.
func (s shade) on(g ground) color.Color {
	if g == unknownGround {
		return lipgloss.Color(s.either)
	}
	return lipgloss.LightDark(g == darkGround)(lipgloss.Color(s.light), lipgloss.Color(s.dark))
}

// shades are the colours of a profile.
type shades struct {
	accent, ok, warn, danger, muted, border, dimmed shade
	// Grounds of the row under the cursor, with its text, and of fields.
	selected, selectedText, field shade
}

var profileShades = [profileCount]shades{
	NoColor: {},
	Sixteen: {
		accent: shade{"4", "14", "5"},
		// Green, yellow and cyan cannot be read on white in the usual sixteen;
		// their meaning stays in the sign and the word beside them.
		ok:     shade{"", "10", ""},
		warn:   shade{"", "11", ""},
		danger: shade{"1", "9", "1"},
		border: shade{"8", "8", "8"},
	},
	TwoFiftySix: {
		accent:       shade{"25", "117", "31"},
		ok:           shade{"22", "114", "28"},
		warn:         shade{"94", "221", "130"},
		danger:       shade{"124", "210", "160"},
		muted:        shade{"240", "247", "243"},
		border:       shade{"248", "240", "244"},
		dimmed:       shade{"247", "240", ""},
		selected:     shade{"254", "237", "24"},
		selectedText: shade{"", "", "231"},
		field:        shade{"255", "236", ""},
	},
}

// accents are the colours an organization can choose (models.Accents), each in
// 256 and in 16 colours. The first is the usual one of the profile.
var accents = [...]struct {
	name          string
	full, sixteen shade
}{
	{},
	{"blue", shade{"25", "111", "63"}, shade{"4", "12", "12"}},
	{"cyan", shade{"23", "80", "30"}, shade{"4", "14", "12"}},
	{"green", shade{"22", "114", "28"}, shade{"4", "10", "12"}},
	{"magenta", shade{"90", "176", "133"}, shade{"5", "13", "5"}},
	{"red", shade{"124", "210", "160"}, shade{"1", "9", "1"}},
	{"yellow", shade{"94", "221", "100"}, shade{"5", "11", "5"}},
}

// sheet is the look of one theme.
type sheet struct {
	roles [roles]lipgloss.Style
	// What lies over a role: the row under the cursor, a field, the button that
	// enter presses.
	selected, field, button lipgloss.Style
	// selectedPlain drops the roles' colours on the selected row. Sixteen
	// colours are whatever the person made of them; only the reversed text is
	// sure to be read.
	selectedPlain bool
}

// declare gives the look on a profile and ground with one of the accents.
func declare(p Profile, g ground, accentNumber int) sheet {
	return declareWith(profileShades[p], p, g, accentNumber)
}

// declareWith is declare with other colours than those of the profile.
func declareWith(c shades, p Profile, g ground, accentNumber int) sheet {
	if a := accents[accentNumber]; a.name != "" {
		switch p {
		case Sixteen:
			c.accent = a.sixteen
		case TwoFiftySix:
			c.accent = a.full
		}
	}
	plain := lipgloss.NewStyle()
	ink := func(s shade) lipgloss.Style { return plain.Foreground(s.on(g)) }
	s := sheet{
		roles: [roles]lipgloss.Style{
			Text:     plain,
			Muted:    ink(c.muted),
			Border:   ink(c.border),
			Accent:   ink(c.accent).Bold(true),
			OK:       ink(c.ok),
			Warn:     ink(c.warn),
			Danger:   ink(c.danger).Bold(p == NoColor),
			Key:      ink(c.accent).Bold(true),
			Header:   ink(c.muted).Bold(true),
			Match:    ink(c.warn).Underline(true),
			Disabled: ink(c.muted),
			// Where a shade of grey is not sure to be one, the terminal makes its own
			// text fainter.
			Dimmed: ink(c.dimmed).Faint(p != TwoFiftySix || g == unknownGround),
		},
		selected:      plain.Reverse(true),
		field:         plain.Underline(true),
		button:        plain.Reverse(true).Bold(true),
		selectedPlain: p == Sixteen,
	}
	if p == TwoFiftySix {
		s.selected = ink(c.selectedText).Background(c.selected.on(g)).Bold(g != unknownGround)
		if g != unknownGround {
			s.field = plain.Background(c.field.on(g))
		}
	}
	return s
}
