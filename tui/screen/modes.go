package screen

import (
	"fmt"
	"image/color"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// capabilities is what is known about the terminal at the other end.
type capabilities struct {
	// modern terminals answer questions and skip sequences they do not know;
	// older ones may print part of what has a string or a blank in it, and
	// cannot scroll.
	modern bool
	// sync is whether it reported synchronized output (mode 2026).
	sync bool
	// notice is how it takes notifications.
	notice noticeForm
}

// modernTerm reports whether a terminal of type TERM may be asked questions
// and sent OSC strings. The old ones named here print parts of them.
func modernTerm(term string) bool {
	for _, old := range []string{"dumb", "linux", "vt1", "vt2", "vt5", "ansi", "cons25", "sun"} {
		if strings.HasPrefix(term, old) {
			return false
		}
	}
	return term != ""
}

// modes are the terminal modes in force, as the last frame left them.
type modes struct {
	entered  bool
	alt      bool
	cursor   bool // visible
	cursorX  int
	cursorY  int
	shape    int
	mouse    tea.MouseMode
	focus    bool
	paste    bool
	title    string
	titled   bool // the title was pushed
	keyboard int  // kitty flags, -1 when nothing is pushed
	fg, bg   string
}

const (
	setSync, resetSync = "\x1b[?2026h", "\x1b[?2026l"

	// A line is never longer than the screen, so wrapping would only ever act
	// on a character whose width the terminal sees differently.
	setWrap, resetWrap = "\x1b[?7h", "\x1b[?7l"

	showCursor, hideCursor = "\x1b[?25h", "\x1b[?25l"
)

// switchModes appends the mode changes that v asks for.
func (p *painter) switchModes(b []byte, v *tea.View) []byte {
	m := &p.modes
	first := !m.entered
	if first {
		*m = modes{entered: true, cursor: true, keyboard: -1}
		p.whole = true
	}
	if v.AltScreen != m.alt {
		b = p.popKeyboard(b)
		if v.AltScreen {
			b = append(b, ansi.SetModeAltScreenSaveCursor...)
		} else {
			b = append(b, ansi.ResetModeAltScreenSaveCursor...)
		}
		m.alt = v.AltScreen
		p.whole = true
	}
	if first {
		b = append(b, resetWrap...)
		if p.term.modern {
			b = append(b, ansi.RequestModeSynchronizedOutput...)
		}
	}
	if flags := keyboardFlags(v.KeyboardEnhancements); p.term.modern && flags != m.keyboard {
		b = p.popKeyboard(b)
		b = append(b, ansi.PushKittyKeyboard(flags)+ansi.RequestKittyKeyboard+ansi.SetModifyOtherKeys1...)
		m.keyboard = flags
	}
	if paste := !v.DisableBracketedPasteMode; paste != m.paste {
		b = appendEither(b, paste, ansi.SetModeBracketedPaste, ansi.ResetModeBracketedPaste)
		m.paste = paste
	}
	if v.ReportFocus != m.focus {
		b = appendEither(b, v.ReportFocus, ansi.SetModeFocusEvent, ansi.ResetModeFocusEvent)
		m.focus = v.ReportFocus
	}
	if v.MouseMode != m.mouse {
		b = switchMouse(b, m.mouse, v.MouseMode)
		m.mouse = v.MouseMode
	}
	return p.switchStrings(b, v)
}

// switchStrings appends the changes that are made by OSC strings: the window's
// title and the default colours.
func (p *painter) switchStrings(b []byte, v *tea.View) []byte {
	m := &p.modes
	if !p.term.modern {
		return b
	}
	if v.WindowTitle != m.title {
		if !m.titled {
			b = append(b, "\x1b[22;2t"...)
			m.titled = true
		}
		b = append(b, ansi.SetWindowTitle(plainText(v.WindowTitle, maxTitle))...)
		m.title = v.WindowTitle
	}
	if fg := hex(v.ForegroundColor); fg != m.fg {
		b = appendEither(b, fg != "", ansi.SetForegroundColor(fg), ansi.ResetForegroundColor)
		m.fg = fg
	}
	if bg := hex(v.BackgroundColor); bg != m.bg {
		b = appendEither(b, bg != "", ansi.SetBackgroundColor(bg), ansi.ResetBackgroundColor)
		m.bg = bg
	}
	return b
}

func appendEither(b []byte, on bool, set, reset string) []byte {
	if on {
		return append(b, set...)
	}
	return append(b, reset...)
}

func switchMouse(b []byte, from, to tea.MouseMode) []byte {
	switch from {
	case tea.MouseModeCellMotion:
		b = append(b, ansi.ResetModeMouseButtonEvent...)
	case tea.MouseModeAllMotion:
		b = append(b, ansi.ResetModeMouseAnyEvent...)
	}
	switch to {
	case tea.MouseModeNone:
		return append(b, ansi.ResetModeMouseExtSgr...)
	case tea.MouseModeCellMotion:
		b = append(b, ansi.SetModeMouseButtonEvent...)
	case tea.MouseModeAllMotion:
		b = append(b, ansi.SetModeMouseAnyEvent...)
	}
	return append(b, ansi.SetModeMouseExtSgr...)
}

// keyboardFlags are the flags of the kitty keyboard protocol. As with Bubble
// Tea's own renderer telling keys apart is always asked for, so that ctrl+enter
// and the like arrive; the view asks for more.
func keyboardFlags(k tea.KeyboardEnhancements) int {
	flags := ansi.KittyDisambiguateEscapeCodes
	for _, f := range []struct {
		on   bool
		flag int
	}{
		{k.ReportEventTypes, ansi.KittyReportEventTypes},
		{k.ReportAlternateKeys, ansi.KittyReportAlternateKeys},
		{k.ReportAllKeysAsEscapeCodes, ansi.KittyReportAllKeysAsEscapeCodes},
		{k.ReportAssociatedText, ansi.KittyReportAssociatedKeys},
	} {
		if f.on {
			flags |= f.flag
		}
	}
	return flags
}

// popKeyboard undoes the keyboard's modes. A terminal keeps a stack of them
// for each of its two screens.
func (p *painter) popKeyboard(b []byte) []byte {
	if p.modes.keyboard < 0 {
		return b
	}
	p.modes.keyboard = -1
	return append(b, ansi.PopKittyKeyboard(1)+ansi.ResetModifyOtherKeys...)
}

func (p *painter) hideCursor(b []byte) []byte {
	if !p.modes.cursor {
		return b
	}
	p.modes.cursor = false
	return append(b, hideCursor...)
}

// placeCursor shows, moves or hides the cursor. drawn says that something else
// was written in this frame, which may have moved it.
func (p *painter) placeCursor(b []byte, c *tea.Cursor, drawn bool) []byte {
	m := &p.modes
	if c == nil {
		return p.hideCursor(b)
	}
	x := min(max(c.X, 0), p.width-1)
	y := min(max(c.Y, 0), p.height-1)
	shape := 0
	if p.term.modern {
		shape = cursorStyle(c)
	}
	if m.cursor && !drawn && x == m.cursorX && y == m.cursorY && shape == m.shape {
		return b
	}
	b = appendMove(b, x, y)
	if shape != m.shape {
		b = append(b, ansi.SetCursorStyle(shape)...)
		m.shape = shape
	}
	if !m.cursor {
		b = append(b, showCursor...)
	}
	m.cursor, m.cursorX, m.cursorY = true, x, y
	return b
}

// cursorStyle is the parameter of DECSCUSR; a blinking block, Bubble Tea's
// default, leaves the terminal's own style alone.
func cursorStyle(c *tea.Cursor) int {
	s := int(c.Shape)*2 + 1
	if !c.Blink {
		s++
	}
	if s == 1 {
		return 0
	}
	return s
}

// leave appends what takes the terminal back to how it was found.
func (p *painter) leave(b []byte) []byte {
	m := &p.modes
	if !m.entered {
		return b
	}
	b = append(b, "\x1b[m"...)
	if m.shape != 0 {
		b = append(b, ansi.SetCursorStyle(0)...)
	}
	if m.mouse != tea.MouseModeNone {
		b = switchMouse(b, m.mouse, tea.MouseModeNone)
	}
	if m.focus {
		b = append(b, ansi.ResetModeFocusEvent...)
	}
	if m.paste {
		b = append(b, ansi.ResetModeBracketedPaste...)
	}
	b = p.popKeyboard(b)
	b = p.switchStrings(b, &tea.View{})
	if m.titled {
		b = append(b, "\x1b[23;2t"...)
	}
	b = append(b, setWrap...)
	if m.alt {
		b = append(b, ansi.ResetModeAltScreenSaveCursor...)
	} else {
		last := strings.Count(strings.TrimRight(p.shown, "\n"), "\n")
		b = appendMove(b, 0, min(last, p.height-1))
		b = append(b, "\r\n\x1b[J"...)
	}
	b = append(b, showCursor...)
	if p.term.sync {
		b = append(b, resetSync...)
	}
	*m = modes{}
	return b
}

// maxTitle and maxNotice bound a window title and a notification, in bytes.
const (
	maxTitle  = 256
	maxNotice = 512
)

// plainText passes s through the allowlist as one line without styles, cut to
// at most limit bytes.
func plainText(s string, limit int) string {
	var b strings.Builder
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		n := size
		text := ""
		switch classOf(r) {
		case replaced:
			text = picture(r)
		case shown:
			cluster, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
			n = clip(cluster)
			text = cluster[:n]
		}
		if b.Len()+len(text) > limit {
			break
		}
		b.WriteString(text)
		s = s[n:]
	}
	return b.String()
}

// hex is the form in which OSC 10 and 11 take a colour, "" for none.
func hex(c color.Color) string {
	if c == nil {
		return ""
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
