package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/theme"
)

// Press is a key with what a dialog must know of it besides.
type Press struct {
	tea.KeyPressMsg
	Now time.Time
	// Repeat says that the key is held down: told by the terminal, or the same
	// key again faster than fingers are.
	Repeat bool
}

// Presses tells held keys from pressed ones.
type Presses struct {
	last string
	at   time.Time
}

// held is the longest time between two repeats of a held key on a usual
// keyboard (25 to 40 a second), with room for a slow line.
const held = 80 * time.Millisecond

// Next gives the press of a key message.
func (p *Presses) Next(k tea.KeyPressMsg, now time.Time) Press {
	s := k.String()
	repeat := k.IsRepeat || s == p.last && now.Sub(p.at) < held
	p.last, p.at = s, now
	return Press{KeyPressMsg: k, Now: now, Repeat: repeat}
}

// Hint is a key and what it does, for the footer.
type Hint struct{ Key, Title string }

// Dialog is what lies above the panes and takes the keys. What it decides
// leaves as a command made when it opened, so that it acts on what the person
// saw then.
type Dialog interface {
	// Key handles a key; close tells that the dialog is done.
	Key(p Press) (cmd tea.Cmd, close bool)
	Paste(text string)
	// Click handles a click in one of the dialog's zones.
	Click(id any, dx, dy int, now time.Time) (cmd tea.Cmd, close bool)
	Draw(r Region, now time.Time)
	Hints() []Hint
}

// Guarded is a dialog that takes no key before a time.
type Guarded interface{ Armed() time.Time }

// Finisher is a dialog that waits for the outcome of what it sent.
type Finisher interface {
	// Finish tells the outcome; close tells that the dialog is done.
	Finish(err *models.Error) (close bool)
}

// Stack holds the open dialogs, the topmost last.
type Stack struct {
	open []opened
	next int
	// Only while a dialog is open:
	wheel  *wheel // nil while nothing is waited for
	helped *helped
}

type opened struct {
	id int
	d  Dialog
}

// Push opens a dialog and gives the number by which Close and Finish know it.
func (s *Stack) Push(d Dialog) int {
	s.next++
	s.open = append(s.open, opened{s.next, d})
	return s.next
}

// Top is the dialog that takes the keys, nil for none.
func (s *Stack) Top() Dialog {
	if len(s.open) == 0 {
		return nil
	}
	return s.open[len(s.open)-1].d
}

// TopID is the number of the topmost dialog, 0 for none.
func (s *Stack) TopID() int {
	if len(s.open) == 0 {
		return 0
	}
	return s.open[len(s.open)-1].id
}

// Close takes a dialog away, wherever it lies.
func (s *Stack) Close(id int) {
	for i, o := range s.open {
		if o.id == id {
			s.open = append(s.open[:i:i], s.open[i+1:]...)
			s.helped = nil
			return
		}
	}
}

// Clear takes all dialogs away.
func (s *Stack) Clear() { s.open, s.helped = nil, nil }

// Finish tells a dialog the outcome of what it sent. It says whether the dialog
// is there and shows the error itself.
func (s *Stack) Finish(id int, err *models.Error) (shown bool) {
	for _, o := range s.open {
		if o.id != id {
			continue
		}
		f, ok := o.d.(Finisher)
		if !ok {
			return false
		}
		if f.Finish(err) {
			s.Close(id)
		}
		return err != nil
	}
	return false
}

// Key gives a key to the topmost dialog.
func (s *Stack) Key(p Press) tea.Cmd {
	id := s.TopID()
	cmd, closed := s.Top().Key(p)
	if closed {
		s.Close(id)
	}
	return cmd
}

// Click gives a click to the topmost dialog.
func (s *Stack) Click(zone any, dx, dy int, now time.Time) tea.Cmd {
	id := s.TopID()
	cmd, closed := s.Top().Click(zone, dx, dy, now)
	if closed {
		s.Close(id)
	}
	return cmd
}

// Draw shows the dialogs over the region. What lies behind the topmost is dimmed.
func (s *Stack) Draw(r Region, now time.Time) {
	for _, o := range s.open {
		r.Dim()
		o.d.Draw(r, now)
	}
	s.drawWheel(r)
}

// Pop clears at most w×h in the middle of the region, and gives that.
func (r Region) Pop(w, h int) Region {
	box := r.Center(w, h)
	if r.W-box.W < 4 { // no seam of what lies below, which only confuses
		box = r.Sub(0, (r.H-box.H)/2, r.W, box.H)
	}
	r.cutWords(box)
	box.Clear(theme.Text)
	return box
}

// panel draws the box of a dialog in the middle of the region, for a body of
// w×h, and gives the body.
func panel(r Region, title string, w, h int, danger bool) Region {
	box := r.Pop(w+4, h+2)
	edge := theme.Accent
	if danger {
		edge = theme.Danger
	}
	in := box.Box(edge)
	if title != "" {
		box.TextN(2, 0, 1, " ", edge)
		n := box.TextN(3, 0, box.W-6, title, edge|theme.Bold)
		box.TextN(3+n, 0, 1, " ", edge)
	}
	box.Zone(panelZone{})
	return in.Inset(1, 0)
}

// panelZone is the dialog's own ground, on which a click does nothing.
type panelZone struct{}

// Line is one paragraph of a dialog's text.
type Line struct {
	Text  string
	Style theme.Style
	// Label stands before the text in muted letters; the texts of all lines with
	// one begin below each other.
	Label string

	indent int
}

// draw writes a line that wrapLines made.
func (l Line) draw(r Region, y int) {
	if l.Label != "" {
		r.TextN(0, y, l.indent-1, l.Label, theme.Muted)
	}
	r.Text(l.indent, y, l.Text, l.Style)
}

// maxLabel is how wide labels get at most.
const maxLabel = 20

// wrapLines breaks paragraphs to a width.
func wrapLines(lines []Line, width int) []Line {
	var out []Line
	indent := 0
	for _, l := range lines {
		if l.Label != "" {
			indent = max(indent, min(Width(l.Label), maxLabel)+2)
		}
	}
	for _, l := range lines {
		if l.Text == "" && l.Label == "" {
			out = append(out, l)
			continue
		}
		next := l
		if l.Label != "" {
			next.indent = indent
		}
		for _, s := range Wrap(l.Text, width-next.indent) {
			next.Text = s
			out = append(out, next)
			next.Label = ""
		}
	}
	return out
}

// button draws a button and gives its width. The one that enter presses is
// shown with marks as well as by its background.
func button(r Region, x, y int, title string, focused, enabled bool, zone any) int {
	style, text := theme.Text, "[ "+title+" ]"
	switch {
	case !enabled:
		style, text = theme.Disabled, "  "+title+"  "
	case focused:
		style, text = theme.Accent|theme.Button, "▸ "+title+" ◂"
	}
	n := r.Text(x, y, text, style)
	if enabled {
		r.Sub(x, y, n, 1).Zone(zone)
	}
	return n
}
