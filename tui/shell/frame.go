package shell

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/theme"
	"muster/tui/ui"
)

// Widths from which the screen has room for more beside a list, and the least one
// that it can be used in.
const (
	detailFrom = 130
	orgsFrom   = 150
	wideFrom   = 200 // for columns that a list has on wide screens only
	leastW     = 40
	leastH     = 10
)

// widths are those of the columns; 0 is absent.
type widths struct{ orgs, main, detail int }

// columns says what stands beside the list. A larger screen never shows less: the
// detail is there if the list loses no column by it, and the organizations if no
// pane loses a column or its detail by them, so that they stay from pane to pane.
func (a *App) columns() widths {
	c := widths{main: a.Width}
	if a.zoomed {
		return c
	}
	if a.Width >= orgsFrom {
		c.orgs = a.besideWidth()
	}
	if !a.noDetail {
		c.detail = a.detailWidth(c.orgs)
	}
	c.main -= c.orgs + c.detail
	return c
}

// detailWidth is that of the detail beside the list that is shown, 0 where it has no
// room.
func (a *App) detailWidth(orgs int) int {
	w := detailColumn(a.Width)
	if a.zoomed || a.Width < detailFrom || need(a.pane()) > a.Width-orgs-w {
		return 0
	}
	return w
}

func detailColumn(width int) int { return min(34+(width-detailFrom)/10, 56) }

// besideWidth is that of the organizations beside the other panes.
func (a *App) besideWidth() int {
	s, ok := a.switcher.(host.Sider)
	if !ok {
		return 0
	}
	orgs, detail := s.Beside()+2, detailColumn(a.Width)
	for _, p := range a.panes {
		n := need(p)
		loses := func(room int) bool { return n <= room && n > room-orgs }
		if loses(a.Width) || loses(a.Width-detail) {
			return 0
		}
	}
	return orgs
}

// need is the width in which a pane loses no column, with its frame.
func need(p host.Pane) int {
	if t, ok := listOf(p).(host.Tabular); ok {
		return t.Need() + 2
	}
	return 0
}

// resized lets the lists know how many rows they have now.
func (a *App) resized() tea.Cmd {
	rows := max(a.Height-frameLines-1, 1)
	for _, p := range a.all {
		if t, ok := p.(host.Sized); ok {
			t.SetHeight(rows)
		}
		if t, ok := p.(host.Tabular); ok && p != a.switcher {
			t.SetWide(a.Width >= wideFrom)
		}
	}
	if l := a.list(); l != nil && a.ready {
		return l.More(a.h)
	}
	return nil
}

// frameLines are the lines around a pane's table: title, tabs, two edges,
// message, footer; headLines are those above the boxes.
const (
	headLines  = 2
	frameLines = headLines + 4
)

// View implements tea.Model.
func (a *App) View() tea.View {
	v := tea.View{AltScreen: true, WindowTitle: a.windowTitle()}
	if a.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	// Held keys matter to the dialogs that destroy; elsewhere the terminal need
	// not report each release.
	_, v.KeyboardEnhancements.ReportEventTypes = a.dialogs.Top().(*ui.Confirm)
	// Where nobody types text, keys of another script come with their place on a
	// Latin keyboard, so that they act.
	if l := a.list(); a.ready && a.dialogs.Top() == nil && (l == nil || !l.Searching()) {
		k := &v.KeyboardEnhancements
		k.ReportAlternateKeys, k.ReportAllKeysAsEscapeCodes, k.ReportAssociatedText = true, true, true
	}
	f := a.sh.pool.Draw(a.Theme, a.Width, a.Height, a.draw)
	a.zones = f.Zones
	v.Content, v.Cursor = f.Content, f.Cursor
	return v
}

func (a *App) windowTitle() string {
	if a.Org.ID == "" {
		return "muster"
	}
	return "muster · " + ui.Clean(a.OrgName())
}

func (a *App) draw(r ui.Region) {
	switch {
	case r.W < leastW || r.H < leastH:
		text := fmt.Sprintf("Terminal too small: %d×%d, needs %d×%d", r.W, r.H, leastW, leastH)
		for y, line := range ui.Wrap(text, r.W) {
			r.Text(0, y, line, theme.Text)
		}
		return
	case a.ending:
		return
	case a.ready:
		a.drawTitle(r.Sub(0, 0, r.W, 1))
		a.drawTabs(r.Sub(0, 1, r.W, 1))
		a.drawPanes(r.Sub(0, headLines, r.W, r.H-headLines-2))
		a.drawStatus(r.Sub(1, r.H-2, r.W-2, 1))
	case a.dialogs.Top() != nil:
		r.Text(1, 0, "muster", theme.Accent)
		a.drawStatus(r.Sub(1, r.H-2, r.W-2, 1))
	}
	if a.dialogs.Top() != nil {
		r.Sub(0, 0, r.W, 1).Dim()
	}
	a.dialogs.Draw(r.Sub(0, 1, r.W, r.H-3), a.Now) // which may cover the tabs
	a.drawFooter(r.Sub(1, r.H-1, r.W-2, 1))
}

// drawTitle says where one is, who one is, and whether the screen is live.
func (a *App) drawTitle(r ui.Region) {
	x := 1 + r.Text(1, 0, "muster", theme.Accent) + 3
	right, style := a.Me.Email, theme.Muted
	if role := a.roleWord(); role != "" {
		right += " · " + role
	}
	live := "● live"
	if a.stale {
		live, style = "○ not live", theme.Warn
	}
	room := r.W - x - ui.Width(right) - len(" · ") - ui.Width(live) - 3
	if room < 16 {
		right = ""
		room = r.W - x - ui.Width(live) - 3
	}
	from, zone := x, x
	x += r.Text(x, 0, a.sign(host.Organizations), theme.Key) + 1
	if a.Org.Badge != "" {
		x += r.TextN(x, 0, room, "["+a.Org.Badge+"] ", theme.Accent)
	}
	name := theme.Text | theme.Bold
	if a.OnSwitcher {
		name = theme.Accent | theme.Underline
	}
	x += r.TextN(x, 0, room-(x-from)-2, a.OrgName(), name)
	x += r.Text(x, 0, " ▾", theme.Muted)
	r.Sub(zone, 0, x-zone, 1).Zone(tabZone(a.registration(host.Organizations)))
	if left := room - (x - from); a.Org.Workspace != "" && left > leastWorkspace {
		x += r.Text(x, 0, " / ", theme.Muted)
		n := r.TextN(x, 0, left-ui.Width(" / "), a.Org.Workspace, theme.Text)
		r.Sub(x, 0, n, 1).Zone(host.ActionZone("workspace.switch"))
	}
	if right != "" {
		live = " · " + live
	}
	r.Right(r.W-1, 0, live, style)
	r.Right(r.W-1-ui.Width(live), 0, right, theme.Muted)
}

// leastWorkspace is the room in which the name of a workspace can be told.
const leastWorkspace = 10

func (a *App) roleWord() string {
	switch {
	case a.Org.Kind == models.KindPersonal:
		return ""
	case a.Org.Role != "":
		return a.Org.Given().Label()
	case a.Org.SiteAdmin:
		return "site admin"
	}
	return ""
}

func (a *App) drawPanes(r ui.Region) {
	c := a.columns()
	if c.orgs > 0 {
		a.drawSwitcher(r.Sub(0, 0, c.orgs, r.H))
	}
	main := r.Sub(c.orgs, 0, c.main, r.H)
	focused := !a.OnSwitcher
	a.pane().Draw(a.h, a.box(main, focused), focused)
	a.drawEdge(main)
	a.drawOthers(main)
	if c.detail > 0 {
		a.drawDetail(r.Sub(c.orgs+c.main, 0, c.detail, r.H))
	}
	if a.OnSwitcher && c.orgs == 0 {
		r.Dim()
		a.drawSwitcher(r.Pop(min(60, r.W-4), min(len(a.Orgs)+2, r.H)))
	}
}

func (a *App) drawSwitcher(r ui.Region) {
	if t, ok := a.switcher.(host.Tabular); ok {
		t.SetWide(a.columns().orgs == 0)
	}
	a.switcher.Draw(a.h, a.box(r, a.OnSwitcher), a.OnSwitcher)
	t := a.tabOf(a.switcher)
	r.Sub(2, 0, t.width()+2, 1).Clear(theme.Text)
	t.draw(r, 3, a.OnSwitcher)
}

func (a *App) box(r ui.Region, focused bool) ui.Region {
	if focused {
		return r.Box(theme.Accent &^ theme.Bold)
	}
	return r.Box(theme.Border)
}

// drawEdge writes into the upper edge of the pane: the filter at the left, and at
// the right how many rows are marked and where the cursor is.
func (a *App) drawEdge(r ui.Region) {
	status := a.pane().Status(a.h)
	l := listOf(a.pane())
	end := r.W - 2
	if status != "" {
		end -= ui.Width(status) + 2
		r.Text(end, 0, " "+status+" ", theme.Muted)
	}
	if l == nil {
		return
	}
	if n := l.Marked(); n > 0 {
		word := ui.Count(n, false) + " marked"
		if status != "" {
			word += " ·"
		}
		end -= ui.Width(word) + 1
		r.Text(end, 0, " "+word, theme.Accent)
	}
	if l.Searching() || l.Search() != "" {
		x := 2
		x += r.TextN(x, 0, max(end-x-3, 6), " /"+l.Search(), theme.Accent)
		if l.Searching() {
			r.Cursor(x, 0)
			x += r.Text(x, 0, " ", theme.Text)
		}
		r.Text(x, 0, " ", theme.Text)
	}
}

func (a *App) drawDetail(r ui.Region) {
	p := a.pane()
	if a.OnSwitcher {
		p = a.switcher
	}
	in := a.box(r, false).Inset(1, 0)
	if a.inFull != 0 && a.dialogs.TopID() == a.inFull {
		return // it is shown over the list
	}
	title, lines := p.Detail(a.h)
	if title == "" {
		title = "Detail"
	}
	r.TextN(2, 0, 1, " ", theme.Text)
	n := r.TextN(3, 0, r.W-6, title, theme.Text|theme.Bold)
	r.TextN(3+n, 0, 1, " ", theme.Text)
	y := 0
	for i, l := range lines {
		if l.Style == theme.Muted && i > 0 && in.H > len(lines)+len(lines)/2 {
			y++ // air between the facts, where there is room
		}
		for _, part := range ui.Wrap(l.Text, in.W) {
			in.Text(0, y, part, l.Style)
			y++
		}
	}
}

// drawStatus says what happened last, or helps with the filter that is typed.
func (a *App) drawStatus(r ui.Region) {
	if !a.ready {
		a.drawToast(r)
		return
	}
	if l := a.list(); l != nil && l.Searching() {
		if f, ok := l.(host.Filtered); ok {
			text, bad := f.FilterHint(r.W)
			style := theme.Muted
			if bad {
				style = theme.Warn
			}
			r.Text(0, 0, text, style)
		}
		return
	}
	if !a.toast.Gone(a.Now) {
		a.drawToast(r)
	} else if p, ok := a.pane().(host.Aside); ok && !a.OnSwitcher && a.columns().detail == 0 {
		text, style := p.Aside(a.h)
		r.Text(0, 0, text, style)
	}
}

func (a *App) drawToast(r ui.Region) {
	if a.toast.Gone(a.Now) {
		return
	}
	t := a.toast
	t.Undo = t.Undo && a.history.next(a.Now) != nil
	t.Draw(r, a.KeyOf("undo"), a.Now)
}

// drawFooter shows the keys of the moment: what can be done here, then what can
// be done everywhere. Those that matter least give way.
func (a *App) drawFooter(r ui.Region) {
	if a.dialogs.Top() != nil {
		a.dialogs.ShortHelp(r)
		return
	}
	hints := a.hints(r.W)
	x := 0
	for _, h := range hints {
		start := x
		style, title := theme.Key, theme.Text
		if h.off {
			style, title = theme.Disabled, theme.Disabled
		}
		x += r.Text(x, 0, h.Key, style) + 1
		x += r.Text(x, 0, h.Title, title)
		if h.id != "" {
			r.Sub(start, 0, x-start, 1).Zone(host.ActionZone(h.id))
		}
		x += 2
	}
}

// roomy is the footer that has room for the palette besides what matters most.
const roomy = 60

// markedFirst is added to the place of what is done to all marked rows.
const markedFirst = 100

type hint struct {
	ui.Hint
	id   string
	off  bool
	foot int
}

// place orders hints, the highest first: all that can be done now before the rest.
func (h hint) place() int {
	if h.off {
		return h.foot - 2*markedFirst
	}
	return h.foot
}

func (a *App) hints(room int) []hint {
	if !a.ready {
		return nil
	}
	marked := 0
	if l := a.list(); l != nil {
		if l.Searching() {
			return []hint{{Hint: ui.Hint{Key: "type", Title: "to filter"}}, {Hint: ui.Hint{Key: "enter", Title: "apply"}}, {Hint: ui.Hint{Key: "esc", Title: "clear"}}}
		}
		marked = l.Marked()
	}
	var all []hint
	if marked > 0 {
		all = append(all, hint{Hint: ui.Hint{Key: a.KeyOf("back"), Title: "unmark"}, id: "back", foot: markedFirst})
	}
	for _, b := range a.bindings.In(a.scopes()) {
		if b.Foot == 0 || len(b.Keys) == 0 || !b.Shown(a.h) || b.Allowed != nil && !b.Allowed(a.h) {
			continue
		}
		at := hint{Hint: ui.Hint{Key: b.Key(), Title: b.Title}, id: b.ID, off: b.Why(a.h) != "", foot: b.Foot}
		if marked > 0 && b.Many {
			at.Title += " " + ui.Count(marked, false)
			at.foot += markedFirst
		}
		all = append(all, at)
	}
	// What can be done now comes first; then specific before general: the order of
	// the scopes, which is that of In.
	slices.SortStableFunc(all, func(a, b hint) int { return b.place() - a.place() })
	// What matters most comes first; a long one that does not fit leaves its
	// room to shorter ones. Help and palette, the ways to all the others, are
	// always there.
	wide := func(h hint) int { return ui.Width(h.Key) + ui.Width(h.Title) + 3 }
	always := func(h hint) bool { return h.id == "help" || h.id == "palette" && room >= roomy }
	left := room + 2
	for _, h := range all {
		if always(h) {
			left -= wide(h)
		}
	}
	all = slices.DeleteFunc(all, func(h hint) bool {
		if always(h) {
			return false
		}
		if wide(h) > left {
			return true
		}
		left -= wide(h)
		return false
	})
	return all
}
