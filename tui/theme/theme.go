// Package theme gives every part of the screen its look in as many colours as
// a terminal is known to have: none, sixteen or 256. More is never assumed,
// since over SSH nothing but TERM tells.
//
// A look is a small number (a Style) that the canvas keeps for each cell; the
// theme turns it into a colour sequence when a line is written. Nothing is told
// by colour alone: whatever a role means is also said by a word, a sign or an
// attribute.
package theme

import "strings"

// Profile is how many colours the terminal has.
type Profile uint8

// The profiles.
const (
	NoColor Profile = iota
	Sixteen
	TwoFiftySix
	profileCount
)

// Mode is the theme a person chose, or Auto.
type Mode uint8

// The modes. Auto follows the terminal's background once it has told, and
// until then uses colours that hold on any.
const (
	Auto Mode = iota
	Light
	Dark
	Mono
)

// ParseMode gives the mode of a word of the configuration.
func ParseMode(s string) (Mode, bool) {
	switch s {
	case "", "auto":
		return Auto, true
	case "light":
		return Light, true
	case "dark":
		return Dark, true
	case "mono":
		return Mono, true
	}
	return Auto, false
}

// String is the mode's word.
func (m Mode) String() string {
	return [...]string{"auto", "light", "dark", "mono"}[m]
}

// Detect tells the profile from TERM and the client's environment
// ("NAME=value"). NO_COLOR with any value wins (no-color.org).
func Detect(term string, env []string) Profile {
	colorTerm := ""
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		switch name {
		case "NO_COLOR":
			if value != "" {
				return NoColor
			}
		case "COLORTERM":
			colorTerm = value
		}
	}
	if term == "" || term == "dumb" || strings.HasPrefix(term, "vt1") || strings.HasPrefix(term, "vt2") {
		return NoColor
	}
	if colorTerm == "truecolor" || colorTerm == "24bit" || strings.Contains(term, "256color") {
		return TwoFiftySix
	}
	for _, name := range []string{"kitty", "ghostty", "alacritty", "wezterm", "foot", "contour", "direct"} {
		if strings.Contains(term, name) {
			return TwoFiftySix
		}
	}
	return Sixteen
}

// Style is the look of a cell: a role in the low byte, attributes and one
// background above it.
type Style uint16

// The roles.
const (
	Text     Style = iota // what one reads
	Muted                 // what one may skip
	Border                // lines
	Accent                // the organization's colour: focus, active tab, cursor bar
	OK                    // went well, active
	Warn                  // waits, runs out
	Danger                // failed, destroys
	Key                   // a key to press
	Header                // titles of columns
	Match                 // letters that a filter found
	Disabled              // cannot be used now
	Dimmed                // lies behind a dialog
	roles
)

// Attributes and backgrounds, added to a role with |.
const (
	Bold Style = 1 << (8 + iota)
	Underline
	Reverse
	Selected // background of the row under the cursor
	Field    // background of an input field
	Button   // background of the button that enter presses

	roleMask Style = 0xff
	backMask       = Selected | Field | Button
)

// Role is the style without attributes and background.
func (s Style) Role() Style { return s & roleMask }

// Theme turns styles into colour sequences. It is read-only after New and may
// be shared.
type Theme struct {
	Profile Profile
	Mode    Mode // as chosen
	// Known says that the background is known, from the mode or the terminal.
	Known bool
	// DarkBackground counts only when Known.
	DarkBackground bool

	own *Colours // of the installation, nil for none
	*table
}

// New makes the theme for a mode and profile on a background that is not known
// yet.
func New(mode Mode, profile Profile) *Theme {
	t := Theme{Profile: profile, Mode: mode}
	switch mode {
	case Light:
		t.Known = true
	case Dark:
		t.Known, t.DarkBackground = true, true
	case Mono:
		t.Profile = NoColor
	}
	return t.with("")
}

// OnBackground gives the theme for the background that the terminal told. A
// chosen light or dark theme stays.
func (t *Theme) OnBackground(dark bool) *Theme {
	if t.Mode != Auto {
		return t
	}
	c := *t
	c.Known, c.DarkBackground = true, dark
	return c.with("")
}

// WithAccent gives the theme with the organization's colour (a name of
// models.Accents) in place of the usual accent. Any other name, and the empty
// one, gives the usual accent.
func (t *Theme) WithAccent(name string) *Theme { return t.with(name) }

func (t Theme) with(accent string) *Theme {
	number := 0
	for i, a := range accents {
		if a.name == accent {
			number = i
		}
	}
	if t.own != nil && t.Profile == TwoFiftySix {
		t.table = t.own.tables[t.ground()][number]()
	} else {
		t.table = tables[t.Profile][t.ground()][number]()
	}
	return &t
}

func (t *Theme) ground() ground {
	switch {
	case !t.Known:
		return unknownGround
	case t.DarkBackground:
		return darkGround
	}
	return lightGround
}

// AppendSGR appends the sequence that turns the look of a cell from one style
// to the next.
func (t *Theme) AppendSGR(b []byte, from, to Style) []byte {
	if from == to {
		return b
	}
	if from == Text {
		return append(b, t.from[to.index()]...)
	}
	return appendSGR(b, t.look(from), t.look(to))
}

func (t *Theme) look(s Style) look { return t.looks[s.index()] }
