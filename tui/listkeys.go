package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/ui"
)

func (l *list[T]) move(n int)        { l.table.Move(n) }
func (l *list[T]) page(part float64) { l.table.Page(part) }
func (l *list[T]) mark()             { l.table.Mark() }
func (l *list[T]) markRange()        { l.table.Range() }
func (l *list[T]) clearMarks() bool  { return l.table.ClearMarks() }
func (l *list[T]) marked() int       { return l.table.Marked() }

func (l *list[T]) click(line int) bool { return l.table.Click(line) }

func (l *list[T]) slid(now time.Time) bool { return l.table.Slid(now) }

func (l *list[T]) markAll() {
	l.table.MarkAll(func(row T) bool { return l.markble == nil || l.markble(l.app, row) })
}

func (l *list[T]) first(a *App) tea.Cmd {
	if before, _ := l.table.Edges(); before || l.flipped {
		l.table.Rewind()
		return l.ask(a, pageWhole, pageQuery{})
	}
	l.table.First()
	return nil
}

func (l *list[T]) last(a *App) tea.Cmd {
	if _, after := l.table.Edges(); !after {
		l.table.Last()
		return nil
	}
	if l.flips {
		return l.ask(a, pageLast, pageQuery{})
	}
	// The order cannot be turned round: go on by the largest page there is.
	l.table.Last()
	if l.busy {
		return nil
	}
	l.toEnd = true
	return l.ask(a, pageAfter, pageQuery{after: l.segments[len(l.segments)-1].next, limit: models.MaxLimit})
}

func (l *list[T]) searching() bool { return l.typing }
func (l *list[T]) search() string  { return l.find.Text() }
func (l *list[T]) startSearch()    { l.typing = true }

func (l *list[T]) endSearch(a *App) tea.Cmd {
	l.typing = false
	if l.find.Text() == "" {
		return nil
	}
	l.find.Set("")
	return l.narrow(a)
}

// narrow asks for the rows of a changed filter or order.
func (l *list[T]) narrow(a *App) tea.Cmd {
	l.own, l.narrowed = true, true
	return l.ask(a, pageWhole, pageQuery{})
}

// searchKey takes the keys while a filter is typed. Those that move in the list
// are left to it.
func (l *list[T]) searchKey(a *App, p ui.Press) (tea.Cmd, bool) {
	switch p.String() {
	case "enter":
		l.typing = false
		return nil, true
	case "esc":
		return l.endSearch(a), true
	case "up", "down", "pgup", "pgdown":
		return nil, false
	case "tab", "shift+tab":
		l.typing = false
		return nil, false
	}
	before := l.find.Text()
	l.find.Key(p.KeyPressMsg)
	if l.find.Text() == before {
		return nil, true
	}
	return l.narrow(a), true
}

func (l *list[T]) searchPaste(a *App, text string) tea.Cmd {
	l.find.Insert(text)
	return l.narrow(a)
}

func (l *list[T]) sorts() []sortChoice { return l.orders }
func (l *list[T]) sortedBy() string    { return l.table.Sort }
func (l *list[T]) current() string     { return l.table.Cursor() }

// sortBy sorts by a column; the same one again turns the order round.
func (l *list[T]) sortBy(a *App, name string) tea.Cmd {
	if l.table.Sort == name {
		l.table.Reverse = !l.table.Reverse
	} else {
		l.table.Sort, l.table.Reverse = name, false
	}
	return l.narrow(a)
}
