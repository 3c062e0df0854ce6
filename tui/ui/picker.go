package ui

import (
	"cmp"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/theme"
)

// Item is one line of a picker.
type Item struct {
	ID    string
	Title string
	Note  string   // in muted letters behind the title
	Right string   // at the right edge: a key, a role
	Group string   // a heading above the first of its kind
	Why   string   // why it cannot be chosen, "" if it can
	Mark  bool     // the present choice
	Extra string   // further words to find it by
	Also  []string // other names of it, as good as its title
	Far   bool     // done elsewhere: behind what fits as well here
	Data  any      // the owner's own
}

// Picker is a list to choose one of. With Find it filters as one types.
type Picker struct {
	Title  string
	Find   bool
	Prompt string // shown in the empty field
	Items  []Item
	Empty  string // shown when No matches
	// Top says that it starts at the top, whatever is marked: what it offers is
	// not another value of one thing.
	Top bool
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
	want    string // item to start on, that has not come yet
	moved   bool   // the person has chosen where the cursor is
	waiting bool   // for what the first Query brings
	failed  string // why it brings nothing
}

// Await says that the first items are on their way.
func (p *Picker) Await() *Picker { p.waiting = true; return p }

// Fail shows why no items come.
func (p *Picker) Fail(err *models.Error) {
	p.waiting, p.failed, p.want = false, err.Message, ""
	if err.Hint != "" {
		p.failed += " · " + err.PlainHint()
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
// shown if anywhere; else it starts on the present choice. Where that item comes with Found, enter chooses none until
// it is there or the cursor was moved.
func (p *Picker) Start(id string) *Picker {
	p.refilter()
	p.want = id
	p.seek()
	return p
}

// home goes to the present choice, as long as the person has not moved: an early
// enter changes nothing then.
func (p *Picker) home() {
	if p.moved || p.Top || p.find.Text() != "" {
		return
	}
	for i, n := range p.shown {
		if p.item(n).Mark {
			p.at = i
			return
		}
	}
}

// seek goes to the item that is wanted, once it is there.
func (p *Picker) seek() {
	for i, n := range p.shown {
		if p.want != "" && p.item(n).ID == p.want {
			p.at, p.want = i, ""
			return
		}
	}
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
	p.home()
	p.seek()
	p.want = ""
}

func (p *Picker) item(n int) Item {
	if n < len(p.Items) {
		return p.Items[n]
	}
	return p.found[n-len(p.Items)]
}

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
	if !p.ready {
		p.ready = true
		defer p.home()
	}
	p.shown, p.matched = p.shown[:0], p.matched[:0]
	text := p.find.Text()
	if text == "" {
		for i := range p.Items {
			p.shown = append(p.shown, i)
			p.matched = append(p.matched, nil)
		}
		for i := range p.found {
			p.shown = append(p.shown, len(p.Items)+i)
			p.matched = append(p.matched, nil)
		}
	} else {
		p.rankAll(text)
	}
	p.at = min(p.at, max(len(p.shown)-1, 0))
}

// rankAll puts the items that fit a text in order. What Query brought comes
// before those that hardly do.
func (p *Picker) rankAll(text string) {
	type ranked struct {
		n, fit int
		at     []int
	}
	var fits []ranked
	for i := range p.Items {
		if fit, at := rank(&p.Items[i], text); fit < fitsNot {
			fits = append(fits, ranked{i, fit, at})
		}
	}
	for i := range p.found {
		fits = append(fits, ranked{len(p.Items) + i, fitsLetters - 1, nil})
	}
	last := func(n int) (rank int) {
		it := p.item(n)
		if it.Far {
			rank = 2
		}
		if it.Why != "" {
			rank++
		}
		if n >= len(p.Items) {
			rank = 4
		}
		return rank
	}
	slices.SortStableFunc(fits, func(a, b ranked) int { return cmp.Or(a.fit-b.fit, last(a.n)-last(b.n)) })
	for _, f := range fits {
		p.shown, p.matched = append(p.shown, f.n), append(p.matched, f.at)
	}
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
	}
	p.want, p.moved = "", true // whoever moves means what they move to
	switch k.String() {
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
	if !ok || p.want != "" {
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

// Hints implements Dialog.
func (p *Picker) Hints() []Hint {
	return []Hint{{"↑↓", "move"}, {"enter", "choose"}, {"esc", "close"}}
}
