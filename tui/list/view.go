package list

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/tui/host"
)

// View is the filter and the order of the list, with - in front of a reversed one.
func (l *List[T]) View() (filter, sort string) {
	sort = l.Table.Sort
	if l.Table.Reverse {
		sort = "-" + sort
	}
	return strings.TrimSpace(l.Filter.Text()), sort
}

// UseView shows the list with a filter, and with an order if it has that one.
func (l *List[T]) UseView(h host.Host, filter, sort string) tea.Cmd {
	name, reversed := strings.CutPrefix(sort, "-")
	if slices.ContainsFunc(l.Orders, func(o host.SortChoice) bool { return o.Name == name }) {
		l.Table.Sort, l.Table.Reverse = name, reversed
	}
	return l.Filtered(h, filter)
}
