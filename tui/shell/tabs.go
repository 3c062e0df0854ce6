package shell

import (
	"muster/tui/host"
	"muster/tui/theme"
	"muster/tui/ui"
)

// tab is a pane's name in the upper edge: its key, and behind it the title with
// the count. One that gave way keeps its key, and the count if it is of what
// waits for somebody.
type tab struct {
	id    host.PaneID
	zone  tabZone
	sign  string
	title string
	short string
	named bool
}

func (a *App) tabOf(p host.Pane) tab {
	n := a.registration(p.ID())
	t := tab{id: p.ID(), zone: tabZone(n), sign: a.sh.panes[n].Sign, title: p.Title(), named: true}
	if n := p.Count(a.h); n != "" {
		t.title += " " + n
		if t.id == host.Invitations && a.Waiting() > 0 || t.id == host.You {
			t.short = "·" + n
		}
	}
	return t
}

func (t tab) width() int {
	if t.named {
		return len("[0]") + ui.Width(t.title)
	}
	return len("0") + ui.Width(t.short)
}

// draw writes the tab, with a blank before it, and gives the columns it took.
func (t tab) draw(r ui.Region, x int, active bool) int {
	key, text := theme.Muted, theme.Muted
	if active {
		key, text = theme.Accent, theme.Accent|theme.Underline
	}
	end := r.W - 2
	w := r.TextN(x, 0, end-x, " ", theme.Text)
	if t.named {
		w += r.TextN(x+w, 0, end-x-w, "["+t.sign+"]", key)
		w += r.TextN(x+w, 0, end-x-w, t.title, text)
	} else {
		w += r.TextN(x+w, 0, end-x-w, t.sign, key)
		w += r.TextN(x+w, 0, end-x-w, t.short, theme.Warn)
	}
	r.Sub(x, 0, w, 1).Zone(t.zone)
	return w
}

// tabs says which panes have their names in a room, and whether there is a line
// between them. The present one always has, then the others from the first on:
// so going from pane to pane moves as little as can be. Where not even the keys
// of the others fit, they are left out.
func (a *App) tabs(room int) (tabs []tab, lines bool) {
	tabs = make([]tab, len(a.panes))
	at := 0
	for i, p := range a.panes {
		tabs[i] = a.tabOf(p)
		if tabs[i].named = p.ID() == a.At; tabs[i].named {
			at = i
		}
	}
	if tabsWidth(tabs, true) > room {
		if tabsWidth(tabs, false) > room {
			return tabs[at : at+1], false
		}
		return tabs, false
	}
	for i := range tabs {
		if !tabs[i].named {
			tabs[i].named = true
			tabs[i].named = tabsWidth(tabs, true) <= room
		}
	}
	return tabs, true
}

// line says that there is a line between two neighbours, rather than a blank.
func line(a, b tab) bool { return a.named || b.named }

func tabsWidth(tabs []tab, lines bool) int {
	w := 0
	for i, t := range tabs {
		w += 1 + t.width()
		if lines && i > 0 && line(tabs[i-1], t) {
			w += len(" |")
		}
	}
	return w
}

// drawTabs writes all panes into the edge, then the filter and the marks.
func (a *App) drawTabs(r ui.Region) {
	extra, style, spare := a.edgeWord()
	room, behind := r.W-5, 0
	if extra != "" {
		behind = ui.Width(extra) + 4
		room -= behind
	}
	if l := a.list(); l != nil && !a.OnSwitcher && (l.Searching() || l.Search() != "") {
		room -= max(min(ui.Width(l.Search()), 30), 10) + 5 // a width that does not jump with each letter
	}
	tabs, lines := a.tabs(room)
	if spare && len(tabs) < len(a.panes) {
		tabs, lines = a.tabs(room + behind)
		extra, behind = "", 0
	}
	x := 2
	for i, t := range tabs {
		if lines && i > 0 && line(tabs[i-1], t) {
			x += r.Text(x, 0, " │", theme.Border)
		}
		x += t.draw(r, x, t.id == a.At && !a.OnSwitcher)
	}
	x += 2 + r.Text(x, 0, " ", theme.Text)
	l := a.list()
	if a.OnSwitcher || l == nil {
		return
	}
	if l.Searching() || l.Search() != "" {
		n := r.TextN(x, 0, max(r.W-x-behind-3, 6), " /"+l.Search(), theme.Accent)
		if l.Searching() {
			r.Cursor(x+n, 0)
			n += r.Text(x+n, 0, " ", theme.Text)
		}
		x += n + r.Text(x+n, 0, " ", theme.Text) + 2
	}
	if extra != "" {
		r.TextN(x, 0, r.W-x-1, " "+extra+" ", style)
	}
}
