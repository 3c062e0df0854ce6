package ui

import (
	"slices"
	"strings"
	"time"

	"muster/tui/theme"
)

// spacious is the height from which a blank line follows what one types.
const spacious = 16

// Draw implements Dialog.
func (p *Picker) Draw(r Region, _ time.Time) {
	if !p.ready {
		p.refilter()
	}
	p.titles = 0
	for _, it := range p.measured() {
		p.titles = max(p.titles, min(Width(it.Title), 24))
	}
	width, head := p.width(r.W), 0
	if p.Find {
		head = 2
		if r.H < spacious {
			head = 1
		}
	}
	rows := p.rows()
	h := max(len(rows), 1)
	var instead []Line
	if text, style := p.nothing(); len(rows) == 0 || p.failed != "" {
		instead = wrapLines([]Line{{Text: text, Style: style}}, width)
		h = max(h, len(rows)+len(instead))
	}
	if p.Find {
		// Keep the size while one types, so that nothing jumps.
		h = max(h, min(len(p.Items)+p.groups(), 12))
	}
	foot := p.foot(width)
	room := foot
	if p.Find {
		room = 1 // the list gives way to a long reason
	}
	in := panel(r, p.Title, width, min(h+head+room, r.H-4), false)
	if p.Find {
		p.drawFind(in)
	}
	foot = max(min(foot, in.H-head-2), 1) // where there is little room, the items have it
	body := in.Sub(0, head, in.W, max(in.H-head-foot, 1))
	p.height = body.H
	for y, l := range instead {
		l.draw(body, len(rows)+y)
	}
	at := slices.IndexFunc(rows, func(l pickRow) bool { return l.shown == p.at && l.group == "" })
	p.top = min(p.top, max(at-1, 0)) // one more, so that a heading is seen
	p.top = max(p.top, at-body.H+1)
	p.top = max(min(p.top, len(rows)-body.H), 0)
	for y := 0; y < body.H && p.top+y < len(rows); y++ {
		line := body.Sub(0, y, body.W, 1)
		if row := rows[p.top+y]; row.group != "" {
			line.Text(0, 0, row.group, theme.Header)
		} else {
			p.drawItem(line, row.shown)
		}
	}
	p.drawFoot(in.Sub(0, in.H-foot, in.W, foot))
}

// drawFind draws the field in which one types, above the list.
func (p *Picker) drawFind(in Region) {
	in.Text(0, 0, "›", theme.Accent)
	field := in.Sub(2, 0, in.W-2, 1)
	p.find.Draw(field, true)
	if p.find.Text() == "" {
		field.Text(0, 0, p.Prompt, theme.Muted|theme.Field)
	}
}

// drawFoot says below the list why the item under the cursor cannot be chosen, or
// how many there are.
func (p *Picker) drawFoot(r Region) {
	it, ok := p.Current()
	if !ok || it.Why == "" {
		if p.Find {
			r.Right(r.W, r.H-1, Count(len(p.shown), false), theme.Muted)
		}
		return
	}
	style := theme.Muted
	if p.refused != "" {
		style = theme.Warn
	}
	lines := Wrap("– "+it.Why, r.W)
	if len(lines) > r.H { // ends with "…"
		lines = append(lines[:r.H-1:r.H-1], strings.Join(lines[r.H-1:], " "))
	}
	for y, l := range lines {
		r.Text(0, y, l, style)
	}
}

// foot is how many lines the reason takes why the item under the cursor cannot
// be chosen. In a list that is not typed in it is that of the longest reason, so
// that nothing jumps as one moves.
func (p *Picker) foot(width int) int {
	items := p.measured()
	if it, ok := p.Current(); p.Find && ok {
		items = []Item{it}
	}
	n := 1
	for _, it := range items {
		if it.Why != "" && Width(it.Why)+2 > width {
			n = max(n, min(len(Wrap("– "+it.Why, width)), 3))
		}
	}
	return n
}

// pickRow is a line of the list: a heading, or an item by its place in shown.
type pickRow struct {
	group string
	shown int
}

func (p *Picker) rows() []pickRow {
	rows := make([]pickRow, 0, len(p.shown)+6)
	group := ""
	for i, n := range p.shown {
		it := p.item(n)
		if it.Group != group && (p.find.Text() == "" || n >= len(p.Items)) {
			group = it.Group
			if group != "" {
				rows = append(rows, pickRow{group: group, shown: i})
			}
		}
		rows = append(rows, pickRow{shown: i})
	}
	return rows
}

func (p *Picker) groups() int {
	n, last := 0, ""
	for _, it := range p.Items {
		if it.Group != last {
			n, last = n+1, it.Group
		}
	}
	return n
}

// measured are the items that the box is made for. While one types it keeps its
// width, whatever is found.
func (p *Picker) measured() []Item {
	if p.Find {
		return p.Items
	}
	return append(p.Items[:len(p.Items):len(p.Items)], p.found...)
}

func (p *Picker) width(room int) int {
	w := Width(p.Title) + 4
	switch {
	case p.Find:
		w = 64
	case p.waiting || p.failed != "":
		w = max(w, 48)
	}
	for _, it := range p.measured() {
		w = max(w, max(Width(it.Title), p.titles)+Width(it.Note)+Width(it.Right)+8)
	}
	return min(w, 92, room-8)
}

// leastNote is how much of a note is worth showing.
const leastNote = 12

func (p *Picker) drawItem(r Region, i int) {
	it := p.item(p.shown[i])
	var back theme.Style
	style, muted := theme.Text, theme.Muted
	if it.Why != "" {
		style = theme.Disabled
	}
	if i == p.at {
		back = theme.Selected
		r.Clear(theme.Text | back)
		r.Text(0, 0, "▌", theme.Accent|back)
	}
	if it.Mark {
		r.Text(1, 0, "●", theme.Accent|back)
	}
	right := Width(it.Right)
	room := r.W - 3 - right - 2
	n := max(r.TextN(3, 0, room, it.Title, style|back), p.titles)
	p.underline(r, i, it, back)
	if it.Note != "" && room-n-2 >= min(Width(it.Note), leastNote) {
		r.TextN(3+n+2, 0, room-n-2, it.Note, muted|back)
	}
	if right > 0 {
		r.Right(r.W-1, 0, it.Right, theme.Key|back)
	}
	r.Zone(pickZone(i))
}

// underline shows which letters of the title the search found.
func (p *Picker) underline(r Region, i int, it Item, back theme.Style) {
	if Clean(it.Title) != it.Title {
		return
	}
	x, next := 3, 0
	hits := p.matched[i]
	for off, c := range it.Title {
		for next < len(hits) && hits[next] < off {
			next++
		}
		w := Width(string(c))
		if next < len(hits) && hits[next] == off && x+w <= r.W {
			r.Text(x, 0, string(c), theme.Match|back)
		}
		x += w
	}
}
