package ui

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/sahilm/fuzzy"

	"muster/models"
	"muster/tui/theme"
)

// Item is one line of a picker.
type Item struct {
	ID    string
	Title string
	Note  string // in muted letters behind the title
	Right string // at the right edge: a key, a role
	Group string // a heading above the first of its kind
	Why   string // why it cannot be chosen, "" if it can
	Mark  bool   // the present choice
	Extra string // further words to find it by
	Far   bool   // found by its title only, and shown behind all others
	Data  any    // the owner's own
}

// Picker is a list to choose one of. With Find it filters as one types.
type Picker struct {
	Title  string
	Find   bool
	Prompt string // shown in the empty field
	Items  []Item
	Empty  string // shown when nothing fits
	// Choose makes the command for an item. The picker closes first.
	Choose func(Item) tea.Cmd
	// Query, if set, is asked for further items at each change; they come
	// with Found.
	Query func(text string) tea.Cmd

	find    Editor
	found   []Item
	shown   []int // indexes into Items and then found
	matched [][]int
	at, top int
	height  int
	titles  int // columns of the titles, so that the notes stand below each other
	ready   bool
	refused string
	waiting bool   // for what the first Query brings
	failed  string // why it brings nothing
}

// Await says that the first items are on their way.
func (p *Picker) Await() *Picker { p.waiting = true; return p }

// Fail shows why no items come.
func (p *Picker) Fail(err *models.Error) {
	p.waiting, p.failed = false, err.Message
	if err.Hint != "" {
		p.failed += " · " + err.Hint
	}
}

// nothing is what stands in place of items.
func (p *Picker) nothing() (text string, style theme.Style) {
	switch {
	case p.failed != "":
		return "✗ " + p.failed, theme.Danger
	case p.waiting:
		return "looking …", theme.Muted
	}
	return p.Empty, theme.Muted
}

// Waits implements Waiting.
func (p *Picker) Waits() bool { return p.waiting }

// Start puts the cursor on an item, and must be called before the picker is
// shown if anywhere.
func (p *Picker) Start(id string) *Picker {
	p.refilter()
	for i, n := range p.shown {
		if p.item(n).ID == id {
			p.at = i
		}
	}
	return p
}

// Found adds the items that Query asked for, in place of earlier ones.
func (p *Picker) Found(text string, items []Item) {
	if text != p.find.Text() {
		return // typed on meanwhile
	}
	p.found, p.waiting, p.failed = items, false, ""
	id := ""
	if p.at < len(p.shown) {
		id = p.item(p.shown[p.at]).ID
	}
	p.refilter()
	for i, n := range p.shown {
		if p.at > 0 && p.item(n).ID == id {
			p.at = i
		}
	}
}

func (p *Picker) item(n int) Item {
	if n < len(p.Items) {
		return p.Items[n]
	}
	return p.found[n-len(p.Items)]
}

// source lets fuzzy search the titles and other words of the items.
type source []Item

func (s source) String(i int) string { return s[i].Title + " " + s[i].Right + " " + s[i].Extra }
func (s source) Len() int            { return len(s) }

// near tells whether letters that were found belong together as a person means
// them: each follows the one before, at most one letter further, or begins a
// word.
func near(s string, at []int) bool {
	for i, n := range at {
		if i > 0 && n-at[i-1] <= 2 {
			continue
		}
		if n > 0 && !strings.ContainsRune(" ._-@·", rune(s[n-1])) {
			return false
		}
	}
	return true
}

// says tells whether a note holds every word of a text.
func says(note, text string) bool {
	note = strings.ToLower(note)
	words := strings.Fields(strings.ToLower(text))
	for _, w := range words {
		if !strings.Contains(note, w) {
			return false
		}
	}
	return len(words) > 0
}

func (p *Picker) refilter() {
	p.ready = true
	p.shown, p.matched = p.shown[:0], p.matched[:0]
	text := p.find.Text()
	if text == "" {
		for i := range p.Items {
			p.shown = append(p.shown, i)
			p.matched = append(p.matched, nil)
		}
	} else {
		taken := make([]bool, len(p.Items))
		var far []fuzzy.Match
		for _, m := range fuzzy.FindFrom(text, source(p.Items)) {
			if !near(m.Str, m.MatchedIndexes) {
				continue
			}
			if p.Items[m.Index].Far {
				far = append(far, m)
				continue
			}
			taken[m.Index] = true
			p.shown = append(p.shown, m.Index)
			p.matched = append(p.matched, m.MatchedIndexes)
		}
		// Behind what is called so, what only says so.
		for i, it := range p.Items {
			if !taken[i] && !it.Far && says(it.Note, text) {
				p.shown = append(p.shown, i)
				p.matched = append(p.matched, nil)
			}
		}
		for _, m := range far {
			p.shown = append(p.shown, m.Index)
			p.matched = append(p.matched, m.MatchedIndexes)
		}
	}
	for i := range p.found {
		p.shown = append(p.shown, len(p.Items)+i)
		p.matched = append(p.matched, nil)
	}
	p.at = min(p.at, max(len(p.shown)-1, 0))
}

// Current is the item under the cursor.
func (p *Picker) Current() (Item, bool) {
	if !p.ready {
		p.refilter()
	}
	if p.at >= len(p.shown) {
		return Item{}, false
	}
	return p.item(p.shown[p.at]), true
}

// Key implements Dialog.
func (p *Picker) Key(k Press) (tea.Cmd, bool) {
	if !p.ready {
		p.refilter()
	}
	p.refused = ""
	switch k.String() {
	case "esc":
		if p.Find && p.find.Text() != "" {
			p.find.Set("")
			return p.typed(), false
		}
		return nil, true
	case "enter":
		if k.Repeat {
			return nil, false
		}
		return p.choose()
	case "down", "ctrl+n", "tab":
		p.move(1)
		return nil, false
	case "up", "ctrl+p", "shift+tab":
		p.move(-1)
		return nil, false
	case "pgdown":
		p.move(max(p.height-1, 1))
		return nil, false
	case "pgup":
		p.move(-max(p.height-1, 1))
		return nil, false
	}
	if p.Find {
		if p.find.Key(k.KeyPressMsg) {
			return p.typed(), false
		}
		return nil, false
	}
	switch s := k.String(); s {
	case "j", "l":
		p.move(1)
	case "k", "h":
		p.move(-1)
	case "g", "home":
		p.at = 0
	case "G", "end":
		p.move(len(p.shown))
	case "q":
		return nil, true
	case "space":
		return p.choose()
	default:
		// The first letter goes to the next item that starts with it.
		for i := range p.shown {
			n := (p.at + 1 + i) % len(p.shown)
			if t := p.item(p.shown[n]).Title; t != "" && t[:1] == s {
				p.at = n
				break
			}
		}
	}
	return nil, false
}

func (p *Picker) typed() tea.Cmd {
	p.at, p.top, p.found = 0, 0, nil
	p.refilter()
	if p.Query != nil {
		return p.Query(p.find.Text())
	}
	return nil
}

func (p *Picker) move(n int) {
	p.at = min(max(p.at+n, 0), max(len(p.shown)-1, 0))
}

func (p *Picker) choose() (tea.Cmd, bool) {
	it, ok := p.Current()
	if !ok {
		return nil, false
	}
	if it.Why != "" {
		p.refused = it.Why
		return nil, false
	}
	return p.Choose(it), true
}

// Paste implements Dialog.
func (p *Picker) Paste(text string) {
	if p.Find {
		p.find.Insert(text)
		p.typed()
	}
}

type pickZone int

// Click implements Dialog.
func (p *Picker) Click(id any, _, _ int, _ time.Time) (tea.Cmd, bool) {
	z, ok := id.(pickZone)
	if !ok || int(z) >= len(p.shown) {
		return nil, false
	}
	p.at = int(z)
	return p.choose()
}

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
		in.Text(0, 0, "›", theme.Accent)
		field := in.Sub(2, 0, in.W-2, 1)
		p.find.Draw(field, true)
		if p.find.Text() == "" {
			field.Text(0, 0, p.Prompt, theme.Muted|theme.Field)
		}
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
	last := in.Sub(0, in.H-foot, in.W, foot)
	if it, ok := p.Current(); ok && it.Why != "" {
		style := theme.Muted
		if p.refused != "" {
			style = theme.Warn
		}
		lines := Wrap("– "+it.Why, in.W)
		if len(lines) > foot { // ends with "…"
			lines = append(lines[:foot-1:foot-1], strings.Join(lines[foot-1:], " "))
		}
		for y, l := range lines {
			last.Text(0, y, l, style)
		}
	} else if p.Find {
		last.Right(last.W, foot-1, Count(len(p.shown), false), theme.Muted)
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

// Hints implements Dialog.
func (p *Picker) Hints() []Hint {
	return []Hint{{"↑↓", "move"}, {"enter", "choose"}, {"esc", "close"}}
}
