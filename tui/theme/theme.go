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

	pal palette
}

// New makes the theme for a mode and profile on a background that is not known
// yet.
func New(mode Mode, profile Profile) *Theme {
	t := &Theme{Profile: profile, Mode: mode}
	switch mode {
	case Light:
		t.Known = true
	case Dark:
		t.Known, t.DarkBackground = true, true
	case Mono:
		t.Profile = NoColor
	}
	t.pal = paletteFor(t.Profile, t.Known, t.DarkBackground)
	return t
}

// OnBackground gives the theme for the background that the terminal told. A
// chosen light or dark theme stays.
func (t *Theme) OnBackground(dark bool) *Theme {
	if t.Mode != Auto {
		return t
	}
	c := *t
	c.Known, c.DarkBackground = true, dark
	c.pal = paletteFor(c.Profile, true, dark)
	return &c
}

// WithAccent gives the theme with the organization's colour (a name of
// models.Accents) in place of the usual accent. Any other name, and the empty
// one, gives the usual accent.
func (t *Theme) WithAccent(name string) *Theme {
	c := *t
	c.pal = paletteFor(c.Profile, c.Known, c.DarkBackground)
	if n, ok := accent(name, c.Profile, c.Known, c.DarkBackground); ok {
		c.pal.setAccent(n)
	}
	return &c
}

// AppendSGR appends the sequence that turns the look of a cell from one style
// to the next.
func (t *Theme) AppendSGR(b []byte, from, to Style) []byte {
	if from == to {
		return b
	}
	fromLook, toLook := t.look(from), t.look(to)
	if fromLook == toLook {
		return b
	}
	if toLook == (look{}) {
		return append(b, "\x1b[m"...)
	}
	b = append(b, "\x1b["...)
	start := len(b)
	// Attributes and backgrounds are only ever taken back by a reset: single
	// resets (22, 24, 49) are not the same on every terminal.
	reset := fromLook.attr&^toLook.attr != 0 ||
		fromLook.bg != 0 && toLook.bg == 0 || fromLook.fg != 0 && toLook.fg == 0
	if reset {
		b = append(b, '0', ';')
		fromLook = look{}
	}
	for bit, param := range [...]byte{'1', '4', '7'} {
		if toLook.attr&^fromLook.attr&(1<<bit) != 0 {
			b = append(b, param, ';')
		}
	}
	if toLook.fg != fromLook.fg {
		b = toLook.fg.append(b, false)
	}
	if toLook.bg != fromLook.bg {
		b = toLook.bg.append(b, true)
	}
	if len(b) == start {
		return b[:start-2]
	}
	b[len(b)-1] = 'm'
	return b
}

// look is what a style comes down to on this terminal.
type look struct {
	fg, bg paint
	attr   uint8
}

const (
	attrBold uint8 = 1 << iota
	attrUnderline
	attrReverse
)

func (t *Theme) look(s Style) look {
	role := s.Role()
	if role >= roles {
		role = Text
	}
	l := look{fg: t.pal.fg[role], attr: t.pal.attr[role]}
	if s&Bold != 0 {
		l.attr |= attrBold
	}
	if s&Underline != 0 {
		l.attr |= attrUnderline
	}
	if s&Reverse != 0 {
		l.attr |= attrReverse
	}
	switch s & backMask {
	case Selected:
		l.bg, l.attr = t.pal.selected, l.attr|t.pal.selectedAttr
		if t.pal.selectedPlain {
			l.fg = 0
		}
		if t.pal.selectedFg != 0 {
			l.fg = t.pal.selectedFg
		}
	case Field:
		l.bg, l.attr = t.pal.field, l.attr|t.pal.fieldAttr
	case Button:
		l.attr |= attrReverse | attrBold
	}
	return l
}
