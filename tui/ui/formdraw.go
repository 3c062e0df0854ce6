package ui

import (
	"cmp"
	"strings"
	"time"

	"muster/models"
	"muster/tui/theme"
)

// block is a piece of a form with the height it takes.
type block struct {
	h    int
	draw func(r Region)
	at   formZone // the field, or -1
}

// layout is how a form stands in the room there is.
type layout struct {
	below int // blank lines below a field, or ownNotes
	notes int // lines above the buttons that the fields share for their notes
	air   int // blank lines around those
}

// ownNotes is room below each field for its own notes.
const ownNotes = -1

// layouts are those there are, the widest first.
var layouts = [...]layout{{below: ownNotes, air: 1}, {1, 2, 2}, {0, 2, 2}, {0, 2, 0}}

// Draw implements Dialog. Help, and what is wrong with a field, have room that is
// blank until it is needed: below each field, or in one place above the buttons
// where height is short. So nothing moves as one goes from field to field or
// types.
func (f *Form) Draw(r Region, now time.Time) {
	width := min(72, r.W-6)
	var l layout
	var blocks []block
	total := 0
	for _, l = range layouts {
		if blocks, total = f.blocks(width, l.below, now); total+l.notes+l.air+1 <= r.H-2 {
			break
		}
	}
	if f.failure != nil && l.below != ownNotes {
		l.notes = max(l.notes, len(wrapLines(f.failureLines(), width)))
	}
	// It never shrinks: what a failure took stays blank when it goes.
	if f.room != [2]int{r.W, r.H} {
		f.room, f.least = [2]int{r.W, r.H}, 0
	}
	f.least = max(f.least, total+l.notes+l.air+1)
	in := panel(r, f.Title, width, min(f.least, r.H-2), false)
	l.notes = min(l.notes, max(in.H-l.air-3, 0)) // two lines for the field itself
	body := in.Sub(0, 0, in.W, in.H-l.notes-l.air-1)
	f.scroll(blocks, body.H)
	y := -f.top
	for _, b := range blocks {
		if y >= 0 && y+b.h <= body.H {
			part := body.Sub(0, y, body.W, b.h)
			b.draw(part)
			if b.at >= 0 {
				part.Zone(b.at)
			}
		}
		y += b.h
	}
	notes := in.Sub(0, body.H+l.air/2, in.W, l.notes)
	switch {
	case l.below == ownNotes:
	case f.failure != nil:
		lines := wrapLines(f.failureLines(), notes.W)
		for y := 0; y < len(lines) && y < notes.H; y++ {
			lines[y].draw(notes, y)
		}
	case f.focus < len(f.Fields):
		f.Fields[f.focus].drawNotes(notes, true)
	}
	f.drawFoot(in.Sub(0, in.H-1, in.W, 1))
}

// scroll keeps the focused field, and at the top what stands before it, inside
// a body of h lines.
func (f *Form) scroll(blocks []block, h int) {
	y, from, to := 0, 0, 0
	for _, b := range blocks {
		if int(b.at) == f.focus {
			from, to = y, y+b.h
		}
		y += b.h
	}
	if f.focus >= len(f.Fields) {
		from, to = y-1, y
	}
	f.top = min(f.top, from)
	f.top = max(f.top, to-h)
	if y <= h {
		f.top = 0
	}
}

// blocks are the pieces of the form from top to bottom, and how high they are
// together. below is that of a layout.
func (f *Form) blocks(width, below int, now time.Time) (blocks []block, total int) {
	add := func(lines []Line) {
		for _, l := range wrapLines(lines, width) {
			blocks = append(blocks, block{h: 1, at: -1, draw: func(r Region) { r.Text(0, 0, l.Text, l.Style) }})
		}
	}
	add(f.Intro)
	if len(f.Intro) > 0 {
		add([]Line{{}})
	}
	label := 0
	for i := range f.Fields {
		label = max(label, Width(f.Fields[i].Label)+3)
	}
	for i := range f.Fields {
		blocks = append(blocks, f.field(i, label, width, below, now))
	}
	if f.failure != nil && below == ownNotes {
		add(f.failureLines())
	}
	for _, b := range blocks {
		total += b.h
	}
	return blocks, total
}

// field is the block of one field: label and value on a line, or one below the
// other where room is short, then what somebody else made of it meanwhile, and
// its notes.
func (f *Form) field(i, label, width, below int, now time.Time) block {
	fd := &f.Fields[i]
	focused := f.focus == i
	x, y := label, 0
	notesAt := x
	if width-label < 24 {
		notesAt = 4
		if fd.Kind != SwitchField || width-label < 6 {
			x, y, notesAt = 2, 1, 2
		}
	}
	lines := 1
	if fd.Kind == LinesField {
		lines = cmp.Or(fd.Lines, 3)
	}
	theirs := wrapLines(fd.theirLines(now), width-notesAt)
	h := y + lines + len(theirs)
	notes := below
	own := below == ownNotes || fd.ReadOnly != "" // which never has the focus, nor with it the shared lines
	switch {
	case below == ownNotes:
		notes = fd.noteLines(width - notesAt)
	case own:
		notes = len(Wrap(fd.note(false).Text, width-notesAt))
	case i == len(f.Fields)-1:
		notes = 0
	}
	return block{h: h + notes, at: formZone(i), draw: func(r Region) {
		style := theme.Text
		if focused {
			r.Text(0, 0, "▌", theme.Accent)
			style |= theme.Bold
		}
		if fd.err != "" && below != ownNotes && !focused {
			r.Text(0, 0, "✗", theme.Danger)
		}
		r.Text(1, 0, fd.Label, style)
		fd.draw(r.Sub(x, y, r.W-x, lines), focused)
		for n, l := range theirs {
			r.Text(notesAt, y+lines+n, l.Text, l.Style)
		}
		if own {
			fd.drawNotes(r.Sub(notesAt, h, r.W-notesAt, notes), focused)
		}
	}}
}

func (f *Form) failureLines() []Line {
	lines := []Line{{Text: "✗ " + f.failure.Message, Style: theme.Danger}}
	if f.failure.Hint != "" {
		lines = append(lines, Line{Text: "  " + f.failure.PlainHint(), Style: theme.Muted})
	}
	return lines
}

// noteLines is the room for the field's notes: that of its help, and more only
// for what is wrong with it and takes more.
func (f *FormField) noteLines(width int) int {
	return max(1, len(Wrap(f.Help, width)), len(Wrap(f.note(true).Text, width)))
}

// note is what there is to say of the field: what is wrong with it, or why it
// cannot be changed, or, while one is at it, what it is for.
func (f *FormField) note(focused bool) Line {
	switch {
	case f.ReadOnly != "":
		return Line{Text: "– " + f.ReadOnly, Style: theme.Muted}
	case f.err != "":
		return Line{Text: "✗ " + f.err, Style: theme.Danger}
	case focused:
		return Line{Text: f.Help, Style: theme.Muted}
	}
	return Line{}
}

func (f *FormField) drawNotes(r Region, focused bool) {
	if r.H < 1 {
		return
	}
	note := f.note(focused)
	lines := Wrap(note.Text, r.W)
	if len(lines) > r.H { // ends with "…"
		lines = append(lines[:r.H-1:r.H-1], strings.Join(lines[r.H-1:], " "))
	}
	for y, l := range lines {
		r.Text(0, y, l, note.Style)
	}
}

// theirLines is what the field is for everybody else now, beside what the person
// has in it, with who made it that and when.
func (f *FormField) theirLines(now time.Time) []Line {
	t := f.theirs
	if t == nil {
		return nil
	}
	who := t.By + ", " + Span(now.Sub(t.At)) + " ago"
	if now.Sub(t.At) < time.Minute {
		who = t.By + ", just now"
	}
	if f.Value() == f.start {
		return []Line{{Text: "! changed · " + who, Style: theme.Warn}}
	}
	theirs := FormField{Kind: f.Kind, Choices: f.Choices}.With(f.start)
	return []Line{{Text: "! theirs: " + models.Clip(theirs.shown()) + " · " + who, Style: theme.Warn}}
}

func (f *FormField) draw(r Region, focused bool) {
	if f.ReadOnly != "" {
		r.Text(0, 0, f.shown(), theme.Text)
		return
	}
	switch f.Kind {
	case TextField, LinesField:
		f.editor.Draw(r, focused)
	case SwitchField:
		text := "○ off"
		if f.value == models.On {
			text = "● on"
		}
		r.Text(0, 0, text, theme.Text)
	case ChoiceField:
		f.drawChoices(r, focused)
	case PickField:
		text, style := f.value, theme.Text
		if text == "" {
			text, style = cmp.Or(f.None, "none"), theme.Muted
		}
		if focused {
			style |= theme.Bold
		}
		r.TextN(0, 0, r.W-3, text, style)
		r.Text(min(Width(text), r.W-3)+1, 0, "›", theme.Muted)
	}
}

func (f *FormField) shown() string {
	for _, c := range f.Choices {
		if c.Value == f.value && f.Kind == ChoiceField {
			return c.Title
		}
	}
	if v := f.Value(); v != "" {
		return v
	}
	return "–"
}

// drawChoices shows all choices side by side if they fit, else the chosen one
// between arrows.
func (f *FormField) drawChoices(r Region, focused bool) {
	need := 0
	for _, c := range f.Choices {
		need += Width(c.Title) + 4
	}
	if need > r.W {
		style := theme.Text | theme.Bold
		if f.whyNot() != "" {
			style = theme.Disabled
		}
		n := r.Text(0, 0, "‹ ", theme.Muted)
		n += r.TextN(n, 0, r.W-4, f.shown(), style)
		r.Text(n, 0, " ›", theme.Muted)
		return
	}
	x := 0
	for _, c := range f.Choices {
		style, text := theme.Muted, "○ "+c.Title
		if c.Value == f.value {
			style, text = theme.Text|theme.Bold, "● "+c.Title
			if focused {
				style = theme.Accent
			}
		}
		if c.Why != "" {
			style = theme.Disabled
		}
		x += r.Text(x, 0, text, style) + 2
	}
}

func (f *Form) drawFoot(r Region) {
	send := f.Send
	if f.busy {
		send = "sending …"
	}
	x := button(r, 0, 0, send, f.focus == len(f.Fields), !f.busy, formZone(len(f.Fields)))
	if f.Fixed {
		return
	}
	x += 2
	x += button(r, x, 0, "Cancel", f.focus == len(f.Fields)+1, !f.busy, formZone(len(f.Fields)+1))
	if f.leaving {
		r.Text(x+2, 0, "! Press esc again to discard your changes", theme.Warn)
	}
}
