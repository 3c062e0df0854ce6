package shell

import (
	"strings"

	"muster/tui/host"
	"muster/tui/theme"
	"muster/tui/ui"
)

// tab is a pane in the line of tabs: its key, its name and its number.
type tab struct {
	id          host.PaneID
	zone        tabZone
	sign        string
	name, short string
	count       string // "" for none
	calls       bool   // the number is of what waits for the person
	close       bool   // the key stands at the name, and is its first letter where it can be
}

func (a *App) tabOf(p host.Pane) tab {
	n := a.registration(p.ID())
	r := &a.sh.panes[n]
	t := tab{id: r.ID, zone: tabZone(n), sign: a.sign(r.ID), name: p.Title(), short: r.Short, count: p.Count(a.h), calls: r.Calls}
	if t.short == "" {
		t.short = t.name
	}
	if t.calls && t.count != "" {
		t.count = "●" + t.count
	}
	return t
}

// tabs are those of all panes, as long as a room lets them be, and the gap
// between them. What gives way does not depend on which pane is shown, so that
// every tab keeps its place: first names become short ones, from the last on,
// then the gaps narrower, and the keys move to their names; then numbers go that
// call for nobody, and at last the longest names lose letters. Where not even that helps, keys are all that is left of
// the others than the present one, whose name stands behind them.
func (a *App) tabs(room int) (tabs []tab, gap int) {
	tabs = make([]tab, len(a.panes))
	for i, p := range a.panes {
		tabs[i] = a.tabOf(p)
	}
	for gap = wideGap; gap >= 1; gap-- {
		for i := len(tabs); i >= 0; i-- {
			if i < len(tabs) {
				tabs[i].name = tabs[i].short
			}
			if tabsWidth(tabs, gap) <= room {
				return tabs, gap
			}
		}
	}
	for i := range tabs {
		tabs[i].close = true
	}
	if tabsWidth(tabs, 1) <= room {
		return tabs, 1
	}
	for i := range tabs {
		if !tabs[i].calls {
			tabs[i].count = ""
		}
	}
	for tabsWidth(tabs, 1) > room {
		longest := &tabs[0]
		for i := range tabs {
			if len(tabs[i].name) >= len(longest.name) {
				longest = &tabs[i]
			}
		}
		if len(longest.name) <= shortestName {
			return tabs, 0
		}
		longest.name = longest.name[:len(longest.name)-1]
	}
	return tabs, 1
}

const (
	wideGap      = 2
	shortestName = 4 // letters; short names are ASCII
)

// head is what stands of the key before the name, which is all of it unless the name
// itself begins with the key.
func (t tab) head() (key string, gap int) {
	switch {
	case t.sign == "":
		return "", 0
	case !t.close:
		return t.sign, 1
	case strings.HasPrefix(t.name, t.sign):
		return "", 0
	}
	return t.sign, 0
}

func (t tab) width() int {
	key, gap := t.head()
	w := ui.Width(key) + gap + ui.Width(t.name)
	if t.count != "" {
		w += 1 + ui.Width(t.count)
	}
	return w
}

func tabsWidth(tabs []tab, gap int) int {
	w := gap * (len(tabs) - 1)
	for _, t := range tabs {
		w += t.width()
	}
	return w
}

// drawTabs writes the line of tabs.
func (a *App) drawTabs(r ui.Region) {
	tabs, gap := a.tabs(r.W - 2)
	if gap == 0 {
		a.drawKeys(r, tabs)
		return
	}
	x := 1
	for _, t := range tabs {
		x += t.draw(r, x, t.id == a.At && !a.OnSwitcher) + gap
	}
}

// draw writes a tab and gives the columns it took.
func (t tab) draw(r ui.Region, x int, active bool) int {
	key, text, number := theme.Key, theme.Text, theme.Muted
	if active {
		key, text, number = theme.Accent, theme.Accent|theme.Underline, theme.Accent
	}
	if t.calls {
		number = theme.Warn
	}
	sign, gap := t.head()
	w := r.Text(x, 0, sign, key) + gap
	start := x + w
	w += r.Text(start, 0, t.name, text)
	if sign == "" {
		r.Text(start, 0, t.sign, key)
	}
	if t.count != "" {
		w += 1 + r.Text(x+w+1, 0, t.count, number)
	}
	r.Sub(x, 0, w, 1).Zone(t.zone)
	return w
}

// drawKeys is the line where names have no room: the keys of all panes, with
// what calls for the person, and the name of the present pane.
func (a *App) drawKeys(r ui.Region, tabs []tab) {
	x := 1
	name := ""
	for i, t := range tabs {
		style := theme.Key
		if t.id == a.At && !a.OnSwitcher {
			style, name = theme.Accent|theme.Underline, a.pane().Title()
		}
		w := r.Text(x, 0, t.sign, style)
		if t.count != "" {
			w += r.Text(x+w, 0, t.count, theme.Warn)
		}
		r.Sub(x, 0, w, 1).Zone(tabs[i].zone)
		x += w + 1
	}
	r.Text(x+1, 0, name, theme.Accent)
}
