package ui

import (
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/theme"
)

// Scan shows a QR code to scan, with text beside it, and takes the digits that
// whoever scanned it reads there. It takes the whole screen where it must.
type Scan struct {
	Title  string
	Lines  []Line // beside the picture, or alone where there is no room for one
	Label  string // of the field
	Digits int    // as many are sent
	Send   string // the button's title
	// Picture gives the code in lines of equal width, of at most w columns and
	// h lines, nil where it cannot be drawn as small.
	Picture func(w, h int) []string
	Submit  func(code string) tea.Cmd
	// Copy, if set, makes the key y copy what the code holds.
	Copy func() tea.Cmd

	code    Editor
	busy    bool
	failure *models.Error
}

// Key implements Dialog.
func (s *Scan) Key(p Press) (tea.Cmd, bool) {
	if s.busy {
		return nil, false
	}
	switch key := p.String(); {
	case key == "esc":
		return nil, !p.Repeat
	case key == "enter", key == "ctrl+enter", key == "alt+enter":
		return s.send(p.Repeat), false
	case key == "y" && s.Copy != nil && !p.Repeat:
		return s.Copy(), false
	case p.Text != "" && (p.Text < "0" || p.Text > "9") && p.Text != " ":
		return nil, false // no part of a code
	}
	if s.code.Key(p.KeyPressMsg) {
		s.failure = nil
	}
	return nil, false
}

func (s *Scan) send(repeat bool) tea.Cmd {
	if repeat || s.busy || len(models.NormFactorCode(s.code.Text())) != s.Digits {
		return nil
	}
	s.busy, s.failure = true, nil
	return s.Submit(s.code.Text())
}

// Paste implements Dialog.
func (s *Scan) Paste(text string) {
	if !s.busy {
		s.code.Insert(text)
	}
}

type scanZone bool

const (
	scanSend   scanZone = true
	scanCancel scanZone = false
)

// Click implements Dialog.
func (s *Scan) Click(id any, _, _ int, _ time.Time) (tea.Cmd, bool) {
	switch id {
	case scanSend:
		return s.send(false), false
	case scanCancel:
		return nil, !s.busy
	}
	return nil, false
}

// Waits implements Waiting.
func (s *Scan) Waits() bool { return s.busy }

// Finish implements Finisher.
func (s *Scan) Finish(err *models.Error) bool {
	s.busy, s.failure = false, err
	if err != nil {
		s.code.Set("")
	}
	return err == nil
}

// The text beside the picture has at least scanText columns.
const scanText, scanGap = 30, 2

// Draw implements Dialog.
func (s *Scan) Draw(r Region, _ time.Time) {
	frame := 2
	picture := s.Picture(r.W-scanText-scanGap-4, r.H-frame)
	if picture == nil { // without the frame there is room for more
		frame = 0
		picture = s.Picture(r.W-scanText-scanGap-2, r.H)
	}
	pw, room := 0, min(66, r.W-6)
	lines := s.Lines
	switch {
	case picture != nil:
		pw = Width(picture[0]) + scanGap
		room = min(r.W-pw-4, 44)
	default:
		frame = 2
		lines = append([]Line{{Text: "The QR code needs a larger terminal. The secret works as well.", Style: theme.Warn}, {}}, lines...)
	}
	if s.failure != nil {
		lines = append(append([]Line(nil), lines...), Line{}, Line{Text: "✗ " + s.failure.Message, Style: theme.Danger})
		if s.failure.Hint != "" {
			lines = append(lines, Line{Text: s.failure.PlainHint(), Style: theme.Muted})
		}
	}
	wrapped := wrapLines(lines, room)
	h := max(len(wrapped)+5, len(picture))
	var in Region
	if frame > 0 {
		in = panel(r, s.Title, pw+room, min(h, r.H-2), false)
	} else {
		r.Clear(theme.Text)
		r.Zone(panelZone{})
		in = r.Inset(1, 0)
		wrapped = append([]Line{{Text: s.Title, Style: theme.Accent | theme.Bold}, {}}, wrapped...)
	}
	for y, l := range picture {
		in.Text(0, y, l, theme.Text)
	}
	side := in.Sub(pw, 0, in.W-pw, in.H)
	for y, l := range wrapped {
		if y >= side.H-4 {
			break
		}
		side.Text(0, y, l.Text, l.Style)
	}
	n := side.Text(0, side.H-3, s.Label+" ", theme.Text|theme.Bold)
	s.code.Draw(side.Sub(n, side.H-3, min(side.W-n, s.Digits+2), 1), !s.busy)
	send := s.Send
	if s.busy {
		send = "working …"
	}
	whole := len(models.NormFactorCode(s.code.Text())) == s.Digits
	n = button(side, 0, side.H-1, send, whole && !s.busy, whole && !s.busy, scanSend)
	button(side, n+1, side.H-1, "Cancel", false, !s.busy, scanCancel)
}

// Hints implements Dialog.
func (s *Scan) Hints() []Hint {
	hints := []Hint{{"0-9", strconv.Itoa(s.Digits) + " digits"}, {"enter", s.Send}}
	if s.Copy != nil {
		hints = append(hints, Hint{"y", "copy the secret"})
	}
	return append(hints, Hint{"esc", "cancel"})
}
