package list

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/tui/host"
	"muster/tui/ui"
)

// List is a host.Sized and a host.Lister.

func (l *List[T]) SetHeight(rows int) { l.Table.SetHeight(rows) }

func (l *List[T]) Need() int { return l.Table.Need() }

func (l *List[T]) SetWide(wide bool) { l.Table.SetWide(wide) }

func (l *List[T]) Move(n int) { l.Table.Move(n) }

func (l *List[T]) Page(part float64) { l.Table.Page(part) }

func (l *List[T]) Mark() { l.Table.Mark() }

func (l *List[T]) MarkRange() { l.Table.Range() }

func (l *List[T]) ClearMarks() bool { return l.Table.ClearMarks() }

func (l *List[T]) Marked() int { return l.Table.Marked() }

func (l *List[T]) Click(line int) bool { return l.Table.Click(line) }

func (l *List[T]) Slid(now time.Time) bool { return l.Table.Slid(now) }

func (l *List[T]) MarkAll(h host.Host) {
	l.Table.MarkAll(func(row T) bool { return l.Markable == nil || l.Markable(h, row) })
}

func (l *List[T]) First(h host.Host) tea.Cmd {
	if before, _ := l.Table.Edges(); before || l.flipped {
		l.Table.Rewind()
		return l.ask(h, pageWhole, Query{})
	}
	l.Table.First()
	return nil
}

func (l *List[T]) Last(h host.Host) tea.Cmd {
	if _, after := l.Table.Edges(); !after {
		l.Table.Last()
		return nil
	}
	return l.ask(h, pageLast, Query{})
}

func (l *List[T]) Searching() bool { return l.typing }

func (l *List[T]) Search() string { return l.Filter.Text() }

func (l *List[T]) StartSearch() { l.typing = true }

func (l *List[T]) EndSearch(h host.Host) tea.Cmd {
	l.typing, l.problem = false, ""
	if l.Filter.Text() == "" {
		return nil
	}
	l.Filter.Set("")
	return l.Narrow(h)
}

// Narrow asks for the rows of a changed filter or order.
func (l *List[T]) Narrow(h host.Host) tea.Cmd {
	l.Own, l.narrowed = true, true
	return l.ask(h, pageWhole, Query{})
}

// SearchKey takes the keys while a filter is typed. Those that move in the list
// are left to it.
func (l *List[T]) SearchKey(h host.Host, p ui.Press) (tea.Cmd, bool) {
	switch p.String() {
	case "enter":
		l.typing = false
		if l.problem != "" { // said once more, by itself
			return l.Narrow(h), true
		}
		return nil, true
	case "esc":
		return l.EndSearch(h), true
	case "up", "down", "pgup", "pgdown":
		return nil, false
	case "tab":
		if l.complete() {
			return l.Narrow(h), true
		}
		l.typing = false
		return nil, false
	case "shift+tab":
		l.typing = false
		return nil, false
	}
	before := l.Filter.Text()
	l.Filter.Key(p.KeyPressMsg)
	if l.Filter.Text() == before {
		return nil, true
	}
	return l.Narrow(h), true
}

func (l *List[T]) SearchPaste(h host.Host, text string) tea.Cmd {
	l.Filter.Insert(text)
	return l.Narrow(h)
}

func (l *List[T]) Sorts() []host.SortChoice { return l.Orders }

func (l *List[T]) SortedBy() string { return l.Table.Sort }

func (l *List[T]) Current() string { return l.Table.Cursor() }

// SortBy sorts by a column; the same one again turns the order round.
func (l *List[T]) SortBy(h host.Host, name string) tea.Cmd {
	if l.Table.Sort == name {
		l.Table.Reverse = !l.Table.Reverse
	} else {
		l.Table.Sort, l.Table.Reverse = name, false
	}
	return l.Narrow(h)
}
