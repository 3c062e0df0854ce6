// Package list is the table over pages of the store that panes show: window,
// filter, order, marks, and what is done with many rows.
package list

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/ui"
)

// List is a table over pages of the store: what the members and the
// invitations share. Cursors are the store's; a page is known by those of its
// edges.
type List[T any] struct {
	Table ui.Table[T]
	Pane  host.PaneID
	// Fetch makes what asks the store for a page, with everything it needs
	// captured: it runs outside of Update.
	Fetch func(h host.Host) func(context.Context, Query) (models.Page[T], error)
	// Filters is what the filter understands beside words; nil is words only.
	Filters  func() *models.Filter
	Log      func(h host.Host) string // whose actions are offered, if not the organization's
	Orders   []host.SortChoice
	Markable func(h host.Host, row T) bool // which rows "mark all" means

	Filter  ui.Editor
	typing  bool
	problem string // with the filter that is typed

	segments []segment
	flipped  bool // the window was built from the end
	Total    int  // -1 is not known
	Matches  int  // -1 is not known
	offset   int  // place of the window's first row in the list, -1 is not known

	Request int
	stop    context.CancelFunc
	busy    bool
	stale   bool // something changed while a page was under way
	Own     bool // the person's own action changed the list
	// narrowed says that the filter or order changed: a cursor whose row is
	// not in the answer goes to the top.
	narrowed bool
	Loaded   bool
}

// segment is one page of the window.
type segment struct {
	n          int
	prev, next string
}

// Query is what a list asks for.
type Query struct {
	Search        string
	Sort          string
	Reverse       bool
	Limit         int
	After, Before string
	flip          bool
	// seek are ids of which one should be in the answer: the row under the
	// cursor, or else its neighbours, which tell that it is gone.
	seek []string
}

type pageKind uint8

const (
	pageWhole pageKind = iota // replaces the window
	pageAfter
	pageBefore
	pageLast // replaces the window, from the end
)

// Answer is a page that came.
type Answer[T any] struct {
	Pane    host.PaneID
	Request int
	kind    pageKind
	query   Query
	Page    models.Page[T]
	err     error
}

// PageSize is how many rows a page has: two screens, so that the next one is
// on its way before it is needed.
func (l *List[T]) PageSize() int { return min(max(40, 2*l.Table.Height()), models.MaxLimit) }

func (l *List[T]) ask(h host.Host, kind pageKind, q Query) tea.Cmd {
	if l.stop != nil {
		l.stop()
	}
	l.Request++
	l.busy, l.stale = true, false
	q.Search, q.Sort, q.Reverse, q.flip = l.Filter.Text(), l.Table.Sort, l.Table.Reverse, l.flipped
	if kind == pageLast {
		q.flip = true
	} else if kind == pageWhole && q.After == "" && q.Before == "" && q.Limit == 0 {
		q.flip = false
	}
	if q.flip && q.After == "" && q.Before == "" {
		q.Before = models.LastPage
	}
	if q.Limit == 0 {
		q.Limit = l.PageSize()
	}
	ctx, cancel := context.WithTimeout(h.Context, host.AskTimeout)
	l.stop = cancel
	fetch := l.Fetch(h)
	msg := Answer[T]{Pane: l.Pane, Request: l.Request, kind: kind, query: q}
	cmd := func() tea.Msg {
		defer cancel()
		msg.Page, msg.err = fetch(ctx, q)
		for n := 0; n < maxSeek && msg.err == nil && !l.found(msg.Page, q); n++ {
			l.further(ctx, &msg, q, fetch)
		}
		return msg
	}
	if l.Loaded {
		return cmd
	}
	l.Table.SetLoading(h.Now)
	return tea.Batch(cmd, h.WakeAt(h.Now.Add(ui.LoadingAfter)))
}

// maxSeek is how many pages are looked through for the row under the cursor
// when others have put rows in front of it.
const maxSeek = 10

// found says whether nothing more needs to be looked for.
func (l *List[T]) found(p models.Page[T], q Query) bool {
	if len(q.seek) == 0 || !q.flip && p.Next == "" || q.flip && p.Prev == "" {
		return true
	}
	return slices.ContainsFunc(p.Items, func(row T) bool { return slices.Contains(q.seek, l.Table.ID(row)) })
}

// further adds the next page in the direction of the query.
func (l *List[T]) further(ctx context.Context, m *Answer[T], q Query, fetch func(context.Context, Query) (models.Page[T], error)) {
	q.Limit, q.After, q.Before = models.MaxLimit, m.Page.Next, ""
	if q.flip {
		q.After, q.Before = "", m.Page.Prev
	}
	var p models.Page[T]
	if p, m.err = fetch(ctx, q); m.err != nil {
		return
	}
	if q.flip {
		m.Page.Items, m.Page.Prev = append(p.Items, m.Page.Items...), p.Prev
	} else {
		m.Page.Items, m.Page.Next = append(m.Page.Items, p.Items...), p.Next
	}
}

// top loads the start of the list.
func (l *List[T]) top(h host.Host) tea.Cmd { return l.ask(h, pageWhole, Query{}) }

// Refresh loads the window again after a change.
func (l *List[T]) Refresh(h host.Host) tea.Cmd {
	if l.busy {
		l.stale = true
		return nil
	}
	if len(l.segments) == 0 || !l.Loaded {
		return l.top(h)
	}
	l.lighten()
	q := Query{Limit: min(max(len(l.Table.Rows()), l.PageSize()), models.MaxLimit), seek: l.around()}
	// Pages start behind a row, so a window that does not reach the start of
	// the list loses its first row here; it lies a page above the screen and
	// comes back when it is needed.
	if l.flipped {
		q.Before = l.segments[len(l.segments)-1].next
	} else {
		q.After = l.segments[0].prev
	}
	return l.ask(h, pageWhole, q)
}

// lighten forgets whole pages before the screen, so that a refresh, which makes
// one page of all that is there, does not carry them on.
func (l *List[T]) lighten() {
	for !l.flipped && len(l.segments) > 1 && !l.Table.Ranging() {
		n, before := l.segments[0].n, len(l.Table.Rows())
		if row, top := l.Table.Index(); min(row, top) < n+l.PageSize()/2 {
			return
		}
		l.Table.DropFront(n)
		l.segments = slices.Clone(l.segments[1:])
		if l.offset >= 0 {
			l.offset += before - len(l.Table.Rows())
		}
	}
}

// neighbours is how many rows beside the cursor's tell that it is gone.
const neighbours = 4

// around is the row under the cursor with those that come after it in the
// direction in which the window is loaded.
func (l *List[T]) around() []string {
	rows := l.Table.Rows()
	row, _ := l.Table.Index()
	from, to := row, min(row+neighbours, len(rows))
	if l.flipped {
		from, to = max(row-neighbours+1, 0), min(row+1, len(rows))
	}
	ids := make([]string, 0, neighbours)
	for _, r := range rows[from:to] {
		ids = append(ids, l.Table.ID(r))
	}
	return ids
}

// More loads the page that the table wants next.
func (l *List[T]) More(h host.Host) tea.Cmd {
	if l.busy || len(l.segments) == 0 {
		return nil
	}
	switch l.Table.Wants() {
	case ui.After:
		return l.ask(h, pageAfter, Query{After: l.segments[len(l.segments)-1].next})
	case ui.Before:
		return l.ask(h, pageBefore, Query{Before: l.segments[0].prev})
	}
	return nil
}

// Take takes in a first page that came by itself.
func (l *List[T]) Take(h host.Host, page models.Page[T]) tea.Cmd {
	l.Request++
	return l.Got(h, Answer[T]{Pane: l.Pane, Request: l.Request, Page: page})
}

// Got takes a page. A late answer to an earlier question changes nothing.
func (l *List[T]) Got(h host.Host, m Answer[T]) tea.Cmd {
	if m.Request != l.Request {
		return nil
	}
	l.busy, l.stop = false, nil
	l.problem = ""
	if l.typing && models.CodeOf(m.err) == models.CodeInvalid {
		l.problem = models.AsError(m.err).Message
		return nil
	}
	if m.err != nil {
		l.Failed(h, m.err)
		return nil
	}
	p := m.Page
	l.Total, l.Matches = p.Total, p.Matches
	seg := segment{n: len(p.Items), prev: p.Prev, next: p.Next}
	switch m.kind {
	case pageWhole, pageLast:
		l.replace(h, m, seg)
	case pageAfter:
		l.Table.Append(p.Items, p.Next != "")
		l.segments = append(l.segments, seg)
		l.trim(true)
	case pageBefore:
		l.Table.Prepend(p.Items, p.Prev != "")
		l.segments = append([]segment{seg}, l.segments...)
		if l.offset >= 0 {
			l.offset = max(l.offset-seg.n, 0)
		}
		l.trim(false)
	}
	l.fixOffset()
	if l.stale {
		return l.Refresh(h)
	}
	return l.More(h)
}

func (l *List[T]) replace(h host.Host, m Answer[T], seg segment) {
	p := m.Page
	moved := 0
	if m.query.After != "" && !m.query.flip {
		moved = 1
	}
	l.flipped = m.query.flip
	fresh := m.query.After == "" && m.query.Before == ""
	own := l.Own || !l.Loaded || h.Acting()
	if l.narrowed && !slices.ContainsFunc(p.Items, func(row T) bool { return l.Table.ID(row) == l.Table.Cursor() }) {
		l.Table.Rewind()
	}
	l.Own, l.narrowed, l.Loaded = false, false, true
	l.Table.Narrowed = ""
	if l.Filter.Text() != "" {
		l.Table.Narrowed = "Press esc to clear the filter"
		if f := l.filter(); len(f.Names) > 0 {
			l.Table.Narrowed += " · filters: " + f.Usage()
		}
	}
	l.Table.SetRows(p.Items, p.Prev != "", p.Next != "", own, h.Now)
	l.segments = []segment{seg}
	switch {
	case fresh && !l.flipped:
		l.offset = 0
	case l.flipped:
		l.offset = -1
		if n := l.shown(); n >= 0 && p.Next == "" {
			l.offset = max(n-len(p.Items), 0)
		}
	case l.offset >= 0:
		l.offset += moved
	}
	if m.kind == pageLast {
		l.Table.Last()
	}
}

// fixOffset keeps the position true where the list's edges tell it.
func (l *List[T]) fixOffset() {
	before, after := l.Table.Edges()
	n := len(l.Table.Rows())
	switch {
	case !before:
		l.offset = 0
	case !after && l.shown() >= n:
		l.offset = l.shown() - n
	}
}

// keepSegments is how many pages a window has at most.
const keepSegments = 3

// trim forgets the page farthest from the cursor.
func (l *List[T]) trim(front bool) {
	if len(l.segments) <= keepSegments || l.Table.Ranging() {
		return
	}
	before := len(l.Table.Rows())
	if front {
		n := l.segments[0].n
		if row, top := l.Table.Index(); row < n || top < n {
			return
		}
		l.Table.DropFront(n)
		l.segments = slices.Clone(l.segments[1:])
		if l.offset >= 0 {
			l.offset += before - len(l.Table.Rows())
		}
		return
	}
	last := l.segments[len(l.segments)-1].n
	if row, top := l.Table.Index(); max(row, top+l.Table.Height()) >= before-last {
		return
	}
	l.Table.DropBack(last)
	l.segments = slices.Clone(l.segments[:len(l.segments)-1])
}

func (l *List[T]) Failed(h host.Host, err error) {
	e := models.AsError(err)
	switch {
	case e.Code == models.CodeDenied || e.Code == models.CodeNotFound:
		l.Table.SetFailed(ui.Denied, e.Message, e.PlainHint())
	case len(l.Table.Rows()) > 0:
		h.Toast(ui.Complain(e)) // old rows are better than none
		return
	default:
		l.Table.SetFailed(ui.Failed, e.Message, e.PlainHint())
	}
	l.segments, l.Loaded = nil, false
}

// shown is how many rows the list has under its filter, -1 if not known.
func (l *List[T]) shown() int {
	if l.Matches >= 0 {
		return l.Matches
	}
	if before, after := l.Table.Edges(); !before && !after {
		return len(l.Table.Rows())
	}
	return -1
}

// Position is where the cursor is: "2/38 of 214".
func (l *List[T]) Position() string {
	rows := l.Table.Rows()
	if !l.Loaded {
		return ""
	}
	n := l.shown()
	total := ""
	if l.Total >= 0 {
		total = " of " + ui.Count(l.Total, false)
	}
	if len(rows) == 0 {
		return strings.TrimSpace("0" + total)
	}
	row, _ := l.Table.Index()
	at := "?"
	if l.offset >= 0 {
		at = strconv.Itoa(l.offset + row + 1)
	}
	switch {
	case total == "" && n >= 0:
		return at + " of " + ui.Count(n, n > models.MatchesCap)
	case l.Filter.Text() == "" && (n < 0 || n == l.Total):
		return at + total
	case n < 0:
		return at + "/?" + total
	}
	return at + "/" + ui.Count(n, n > models.MatchesCap) + total
}

// Forget drops everything, for another organization.
func (l *List[T]) Forget() {
	if l.stop != nil {
		l.stop()
	}
	l.Request++
	l.busy, l.stale, l.Loaded, l.stop = false, false, false, nil
	l.segments, l.offset, l.Matches, l.Total, l.flipped = nil, 0, -1, 0, false
	l.Filter.Set("")
	l.typing, l.problem, l.Table.Narrowed = false, "", ""
	l.Table.ClearMarks()
	l.Table.Rewind()
	l.Table.SetRows(nil, false, false, true, time.Time{})
}
