package ui

import (
	"cmp"
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

// Draw implements Dialog.
func (f *Form) Draw(r Region, _ time.Time) {
	width := min(72, r.W-6)
	blocks := f.blocks(width)
	total := 0
	for _, b := range blocks {
		total += b.h
	}
	in := panel(r, f.Title, width, min(total+2, r.H-2), false)
	body := in.Sub(0, 0, in.W, in.H-2)
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

func (f *Form) blocks(width int) []block {
	var blocks []block
	add := func(lines []Line) {
		for _, l := range wrapLines(lines, width) {
			blocks = append(blocks, block{h: 1, at: -1, draw: func(r Region) { r.Text(0, 0, l.Text, l.Style) }})
		}
	}
	add(f.Intro)
	if len(f.Intro) > 0 {
		blocks = append(blocks, block{h: 1, at: -1, draw: func(Region) {}})
	}
	label := 0
	for i := range f.Fields {
		label = max(label, Width(f.Fields[i].Label)+3)
	}
	for i := range f.Fields {
		blocks = append(blocks, f.field(i, label, width))
	}
	if f.failure != nil {
		lines := []Line{{Text: "✗ " + f.failure.Message, Style: theme.Danger}}
		if f.failure.Hint != "" {
			lines = append(lines, Line{Text: "  " + f.failure.PlainHint(), Style: theme.Muted})
		}
		add(lines)
	}
	return blocks
}

// field is the block of one field: label and value on a line, or one below the
// other where room is short, then what is wrong or what it is for.
func (f *Form) field(i, label, width int) block {
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
		lines = 3
		if fd.Lines > 0 {
			lines = fd.Lines
		}
	}
	note := Line{Text: fd.Help, Style: theme.Muted}
	switch {
	case fd.ReadOnly != "":
		note = Line{Text: "– " + fd.ReadOnly, Style: theme.Muted}
	case fd.err != "":
		note = Line{Text: "✗ " + fd.err, Style: theme.Danger}
	}
	var notes []Line
	if note.Text != "" && (focused || fd.err != "" || fd.ReadOnly != "") {
		notes = wrapLines([]Line{note}, width-notesAt)
	}
	return block{h: y + lines + len(notes), at: formZone(i), draw: func(r Region) {
		style := theme.Text
		if focused {
			r.Text(0, 0, "▌", theme.Accent)
			style |= theme.Bold
		}
		r.Text(1, 0, fd.Label, style)
		fd.draw(r.Sub(x, y, r.W-x, lines), focused)
		for n, l := range notes {
			r.Text(notesAt, y+lines+n, l.Text, l.Style)
		}
	}}
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
		r.Text(x+2, 0, "! esc again forgets what you typed", theme.Warn)
	}
}
