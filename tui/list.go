package tui

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/ui"
)

// list is a table over pages of the store: what the members and the
// invitations share. Cursors are the store's; a page is known by those of its
// edges.
type list[T any] struct {
	table ui.Table[T]
	pane  paneID
	// fetch makes what asks the store for a page, with everything it needs
	// captured: it runs outside of Update.
	fetch func(a *App) func(context.Context, pageQuery) (models.Page[T], error)
	// flips says that fetch can turn the order round, so that the end of the
	// list is as near as its start.
	flips   bool
	orders  []sortChoice
	markble func(a *App, row T) bool // which rows "mark all" means

	find   ui.Editor
	typing bool

	segments []segment
	flipped  bool // the window was built from the end
	total    int  // -1 is not known
	matches  int  // -1 is not known
	offset   int  // place of the window's first row in the list, -1 is not known

	request int
	stop    context.CancelFunc
	busy    bool
	again   bool // something changed while a page was under way
	own     bool // the person's own action changed the list
	// narrowed says that the filter or order changed: a cursor whose row is
	// not in the answer goes to the top.
	narrowed bool
	loaded   bool
	toEnd    bool // the cursor goes to the end of the page that is awaited
	app      *App // for markAll; set at each load
}

// segment is one page of the window.
type segment struct {
	n          int
	prev, next string
}

// pageQuery is what a list asks for.
type pageQuery struct {
	search        string
	sort          string
	reverse       bool
	limit         int
	after, before string
	flip          bool
	// seek are ids of which one should be in the answer: the row under the
	// cursor, or else its neighbours, which tell that it is gone.
	seek []string
}

type sortChoice struct{ name, title string }

type pageKind uint8

const (
	pageWhole pageKind = iota // replaces the window
	pageAfter
	pageBefore
	pageLast // replaces the window, from the end
)

type pageMsg[T any] struct {
	pane    paneID
	request int
	kind    pageKind
	query   pageQuery
	page    models.Page[T]
	err     error
}

// askTimeout bounds one question to the store.
const askTimeout = 15 * time.Second

// pageSize is how many rows a page has: two screens, so that the next one is
// on its way before it is needed.
func (l *list[T]) pageSize() int { return min(max(40, 2*l.table.Height()), models.MaxLimit) }

func (l *list[T]) ask(a *App, kind pageKind, q pageQuery) tea.Cmd {
	l.app = a
	if l.stop != nil {
		l.stop()
	}
	l.request++
	l.busy, l.again = true, false
	q.search, q.sort, q.reverse, q.flip = l.find.Text(), l.table.Sort, l.table.Reverse, l.flipped
	if kind == pageLast {
		q.flip = true
	} else if kind == pageWhole && q.after == "" && q.before == "" && q.limit == 0 {
		q.flip = false
	}
	if q.limit == 0 {
		q.limit = l.pageSize()
	}
	ctx, cancel := context.WithTimeout(a.ctx, askTimeout)
	l.stop = cancel
	fetch := l.fetch(a)
	msg := pageMsg[T]{pane: l.pane, request: l.request, kind: kind, query: q}
	cmd := func() tea.Msg {
		defer cancel()
		msg.page, msg.err = fetch(ctx, q)
		for n := 0; n < maxSeek && msg.err == nil && !l.found(msg.page, q); n++ {
			l.further(ctx, &msg, q, fetch)
		}
		return msg
	}
	if l.loaded {
		return cmd
	}
	l.table.SetLoading(a.now)
	return tea.Batch(cmd, a.wakeAt(a.now.Add(ui.LoadingAfter)))
}

// maxSeek is how many pages are looked through for the row under the cursor
// when others have put rows in front of it.
const maxSeek = 10

// found says whether nothing more needs to be looked for.
func (l *list[T]) found(p models.Page[T], q pageQuery) bool {
	if len(q.seek) == 0 || !q.flip && p.Next == "" || q.flip && p.Prev == "" {
		return true
	}
	return slices.ContainsFunc(p.Items, func(row T) bool { return slices.Contains(q.seek, l.table.ID(row)) })
}

// further adds the next page in the direction of the query.
func (l *list[T]) further(ctx context.Context, m *pageMsg[T], q pageQuery, fetch func(context.Context, pageQuery) (models.Page[T], error)) {
	q.limit, q.after, q.before = models.MaxLimit, m.page.Next, ""
	if q.flip {
		q.after, q.before = "", m.page.Prev
	}
	var p models.Page[T]
	if p, m.err = fetch(ctx, q); m.err != nil {
		return
	}
	if q.flip {
		m.page.Items, m.page.Prev = append(p.Items, m.page.Items...), p.Prev
	} else {
		m.page.Items, m.page.Next = append(m.page.Items, p.Items...), p.Next
	}
}

// flip turns a query of the displayed order into one of the opposite order, and
// its answer back, for the stores that sort both ways.
func flip[T any](q pageQuery, fetch func(reverse bool, after, before string) (models.Page[T], error)) (models.Page[T], error) {
	if !q.flip {
		return fetch(q.reverse, q.after, q.before)
	}
	p, err := fetch(!q.reverse, q.before, q.after)
	slices.Reverse(p.Items)
	p.Next, p.Prev = p.Prev, p.Next
	return p, err
}

// top loads the start of the list.
func (l *list[T]) top(a *App) tea.Cmd { return l.ask(a, pageWhole, pageQuery{}) }

// refresh loads the window again after a change.
func (l *list[T]) refresh(a *App) tea.Cmd {
	if l.busy {
		l.again = true
		return nil
	}
	if len(l.segments) == 0 || !l.loaded {
		return l.top(a)
	}
	l.lighten()
	q := pageQuery{limit: min(max(len(l.table.Rows()), l.pageSize()), models.MaxLimit), seek: l.around()}
	// Pages start behind a row, so a window that does not reach the start of
	// the list loses its first row here; it lies a page above the screen and
	// comes back when it is needed.
	if l.flipped {
		q.before = l.segments[len(l.segments)-1].next
	} else {
		q.after = l.segments[0].prev
	}
	return l.ask(a, pageWhole, q)
}

// lighten forgets whole pages before the screen, so that a refresh, which makes
// one page of all that is there, does not carry them on.
func (l *list[T]) lighten() {
	for !l.flipped && len(l.segments) > 1 && !l.table.Ranging() {
		n, before := l.segments[0].n, len(l.table.Rows())
		if row, top := l.table.Index(); min(row, top) < n+l.pageSize()/2 {
			return
		}
		l.table.DropFront(n)
		l.segments = slices.Clone(l.segments[1:])
		if l.offset >= 0 {
			l.offset += before - len(l.table.Rows())
		}
	}
}

// neighbours is how many rows beside the cursor's tell that it is gone.
const neighbours = 4

// around is the row under the cursor with those that come after it in the
// direction in which the window is loaded.
func (l *list[T]) around() []string {
	rows := l.table.Rows()
	row, _ := l.table.Index()
	from, to := row, min(row+neighbours, len(rows))
	if l.flipped {
		from, to = max(row-neighbours+1, 0), min(row+1, len(rows))
	}
	ids := make([]string, 0, neighbours)
	for _, r := range rows[from:to] {
		ids = append(ids, l.table.ID(r))
	}
	return ids
}

// more loads the page that the table wants next.
func (l *list[T]) more(a *App) tea.Cmd {
	if l.busy || len(l.segments) == 0 {
		return nil
	}
	switch l.table.Wants() {
	case ui.After:
		return l.ask(a, pageAfter, pageQuery{after: l.segments[len(l.segments)-1].next})
	case ui.Before:
		return l.ask(a, pageBefore, pageQuery{before: l.segments[0].prev})
	}
	return nil
}

// got takes a page. A late answer to an earlier question changes nothing.
func (l *list[T]) got(a *App, m pageMsg[T]) tea.Cmd {
	if m.request != l.request {
		return nil
	}
	l.busy, l.stop = false, nil
	if m.err != nil {
		l.failed(a, m.err)
		return nil
	}
	p := m.page
	l.total, l.matches = p.Total, p.Matches
	seg := segment{n: len(p.Items), prev: p.Prev, next: p.Next}
	switch m.kind {
	case pageWhole, pageLast:
		l.replace(a, m, seg)
	case pageAfter:
		l.table.Append(p.Items, p.Next != "")
		l.segments = append(l.segments, seg)
		if l.toEnd {
			l.table.Last()
		}
		l.trim(true)
	case pageBefore:
		l.table.Prepend(p.Items, p.Prev != "")
		l.segments = append([]segment{seg}, l.segments...)
		if l.offset >= 0 {
			l.offset = max(l.offset-seg.n, 0)
		}
		l.trim(false)
	}
	l.toEnd = false
	l.settleOffset()
	if l.again {
		return l.refresh(a)
	}
	return l.more(a)
}

func (l *list[T]) replace(a *App, m pageMsg[T], seg segment) {
	p := m.page
	moved := 0
	if m.query.after != "" && !m.query.flip {
		moved = 1
	}
	l.flipped = m.query.flip
	fresh := m.query.after == "" && m.query.before == ""
	own := l.own || !l.loaded || a.acts()
	if l.narrowed && !slices.ContainsFunc(p.Items, func(row T) bool { return l.table.ID(row) == l.table.Cursor() }) {
		l.table.Rewind()
	}
	l.own, l.narrowed, l.loaded = false, false, true
	l.table.SetRows(p.Items, p.Prev != "", p.Next != "", own, a.now)
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
		l.table.Last()
	}
}

// settleOffset keeps the position true where the list's edges tell it.
func (l *list[T]) settleOffset() {
	before, after := l.table.Edges()
	n := len(l.table.Rows())
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
func (l *list[T]) trim(front bool) {
	if len(l.segments) <= keepSegments || l.table.Ranging() {
		return
	}
	before := len(l.table.Rows())
	if front {
		n := l.segments[0].n
		if row, top := l.table.Index(); row < n || top < n {
			return
		}
		l.table.DropFront(n)
		l.segments = slices.Clone(l.segments[1:])
		if l.offset >= 0 {
			l.offset += before - len(l.table.Rows())
		}
		return
	}
	last := l.segments[len(l.segments)-1].n
	if row, top := l.table.Index(); max(row, top+l.table.Height()) >= before-last {
		return
	}
	l.table.DropBack(last)
	l.segments = slices.Clone(l.segments[:len(l.segments)-1])
}

func (l *list[T]) failed(a *App, err error) {
	e := models.AsError(err)
	switch {
	case e.Code == models.CodeDenied || e.Code == models.CodeNotFound:
		l.table.SetFailed(ui.Denied, e.Message, e.Hint)
	case len(l.table.Rows()) > 0:
		a.toast = ui.Complain(e) // old rows are better than none
		return
	default:
		l.table.SetFailed(ui.Failed, e.Message, e.Hint)
	}
	l.segments, l.loaded = nil, false
}

// shown is how many rows the list has under its filter, -1 if not known.
func (l *list[T]) shown() int {
	if l.matches >= 0 {
		return l.matches
	}
	if before, after := l.table.Edges(); !before && !after {
		return len(l.table.Rows())
	}
	return -1
}

// position is where the cursor is: "2/38 of 214".
func (l *list[T]) position() string {
	rows := l.table.Rows()
	if !l.loaded {
		return ""
	}
	n := l.shown()
	total := ""
	if l.total >= 0 {
		total = " of " + ui.Count(l.total, false)
	}
	if len(rows) == 0 {
		return strings.TrimSpace("0" + total)
	}
	row, _ := l.table.Index()
	at := "?"
	if l.offset >= 0 {
		at = strconv.Itoa(l.offset + row + 1)
	}
	switch {
	case total == "" && n >= 0:
		return at + " of " + ui.Count(n, n > models.MatchesCap)
	case l.find.Text() == "" && (n < 0 || n == l.total):
		return at + total
	case n < 0:
		return at + "/?" + total
	}
	return at + "/" + ui.Count(n, n > models.MatchesCap) + total
}

// forget drops everything, for another organization.
func (l *list[T]) forget() {
	if l.stop != nil {
		l.stop()
	}
	l.request++
	l.busy, l.again, l.loaded, l.stop = false, false, false, nil
	l.segments, l.offset, l.matches, l.total, l.flipped = nil, 0, -1, 0, false
	l.find.Set("")
	l.typing = false
	l.table.ClearMarks()
	l.table.Rewind()
	l.table.SetRows(nil, false, false, true, time.Time{})
}
