package ui

import (
	"time"

	"muster/tui/theme"
)

// Column is one column of a table.
type Column[T any] struct {
	Title string
	Sort  string // names the order that clicking or choosing it asks for; "" cannot be sorted
	Min   int    // columns it needs to be worth showing
	Max   int    // columns it may take from the others, if its texts are as long
	Right bool   // numbers and times, which end below each other
	Wide  bool   // is there on wide screens only, since the detail comes first
	// Keep orders which column gives way when room is short: the lowest first.
	// Negative ones never do.
	Keep int
	Cell func(T) (string, theme.Style)
}

// State is what a table shows when it has no rows.
type State uint8

// The states.
const (
	Ready State = iota
	Loading
	Failed
	Denied
)

// LoadingAfter is how long an answer may take before the screen says that it
// waits; a shorter word would only flicker.
const LoadingAfter = 150 * time.Millisecond

// slideGuard is how long a row that slid under the cursor by itself cannot be
// acted on.
const slideGuard = 700 * time.Millisecond

// Table shows a window of a long list. The owner loads what Wants asks for and
// hands it over; the table keeps cursor, marks and ranges by id, whatever is
// loaded, filtered or refreshed meanwhile.
type Table[T any] struct {
	ID      func(T) string
	Columns []Column[T]
	// Empty is shown when there is nothing, Hint below it: what the list is for
	// and which key starts.
	Empty, Hint string
	// Narrowed, where it is set, says in their place why nothing is left.
	Narrowed string

	Sort    string
	Reverse bool
	Bare    bool // has no line of titles

	rows          []T
	before, after bool // there is more in that direction
	cursor        string
	row           int // index of the cursor in rows
	owed          int // rows that a move has yet to go, once they are loaded
	top           int // index of the first row on the screen
	height        int // rows on the screen when last drawn
	marks         map[string]T
	rangeFrom     string // id where a range started, "" for none
	slid          time.Time

	state   State
	message string
	since   time.Time // loading since

	wide      bool // the screen is
	layoutFor int
	layout    []laidOut
}

type laidOut struct{ index, x, w int }

// Direction is where a table wants more rows.
type Direction int8

// The directions.
const (
	Nowhere Direction = iota
	Before
	After
)

// ahead is how many rows from the edge of the window the table asks for more,
// or a screen if that is more: the next page down has to be there.
const ahead = 12

// Wants tells which rows the owner should load next.
func (t *Table[T]) Wants() Direction {
	switch {
	case t.state != Ready || len(t.rows) == 0:
		return Nowhere
	case t.after && max(t.row, t.top+t.height) > len(t.rows)-max(ahead, t.height):
		return After
	case t.before && min(t.row, t.top) < max(ahead, t.height):
		return Before
	}
	return Nowhere
}

// SetRows replaces the window. The cursor stays on its row; if that row is
// gone it stays at its place, and Slid says so for a moment. own tells that the
// person's own action took the row away.
func (t *Table[T]) SetRows(rows []T, before, after, own bool, now time.Time) {
	offset := t.row - t.top
	t.rows, t.before, t.after, t.state = rows, before, after, Ready
	t.Relayout()
	if len(rows) == 0 {
		t.row, t.top = 0, 0
		return
	}
	if i := t.index(t.cursor); i >= 0 {
		t.row = i
	} else {
		if t.cursor != "" && !own {
			t.slid = now
		}
		t.row = min(max(t.row, 0), len(rows)-1)
		t.cursor = t.ID(rows[t.row])
	}
	t.top = t.row - offset
	t.scroll()
}

// Append adds a page behind the window.
func (t *Table[T]) Append(rows []T, more bool) {
	t.rows, t.after = append(t.rows, rows...), more
	t.Relayout()
	if t.owed > 0 {
		t.to(t.row + t.owed)
	}
}

// Prepend adds a page in front of the window.
func (t *Table[T]) Prepend(rows []T, more bool) {
	t.rows = append(append(make([]T, 0, len(rows)+len(t.rows)), rows...), t.rows...)
	t.row, t.top, t.before = t.row+len(rows), t.top+len(rows), more
	t.Relayout()
	if t.owed < 0 {
		t.to(t.row + t.owed)
	}
}

// DropFront forgets the first n rows of the window, which can be loaded again.
func (t *Table[T]) DropFront(n int) {
	n = min(n, t.row, t.top)
	if n <= 0 {
		return
	}
	t.rows = append([]T(nil), t.rows[n:]...)
	t.row, t.top, t.before = t.row-n, t.top-n, true
}

// DropBack forgets the last n rows of the window.
func (t *Table[T]) DropBack(n int) {
	n = min(n, len(t.rows)-1-max(t.row, t.top+t.height))
	if n <= 0 {
		return
	}
	t.rows = append([]T(nil), t.rows[:len(t.rows)-n]...)
	t.after = true
}

// SetLoading says that an answer is awaited since now.
func (t *Table[T]) SetLoading(now time.Time) {
	if t.state != Loading {
		t.state, t.since = Loading, now
	}
}

// SetFailed shows why there are no rows.
func (t *Table[T]) SetFailed(state State, message, hint string) {
	t.state, t.message = state, message
	if hint != "" {
		t.message += " · " + hint
	}
	t.rows, t.row, t.top = nil, 0, 0
}

// Patch replaces rows of the window by newer ones with the same ids.
func (t *Table[T]) Patch(newer []T) {
	for _, row := range newer {
		if i := t.index(t.ID(row)); i >= 0 {
			t.rows[i] = row
			t.Relayout()
		}
	}
}

// Rows is the window.
func (t *Table[T]) Rows() []T { return t.rows }

// Current is the row under the cursor.
func (t *Table[T]) Current() (row T, ok bool) {
	if t.state == Failed || t.state == Denied || t.row >= len(t.rows) {
		return row, false
	}
	return t.rows[t.row], true
}

// Index is the cursor's place in the window, and the top row's.
func (t *Table[T]) Index() (row, top int) { return t.row, t.top }

// Height is how many rows the screen last had room for.
func (t *Table[T]) Height() int { return t.height }

// SetHeight says how many rows the screen has room for, for paging before the
// first frame is drawn.
func (t *Table[T]) SetHeight(n int) {
	t.height = max(n, 1)
	t.scroll()
}

// Slid says that the row under the cursor is there because another one went
// away by itself a moment ago, so that a key may be meant for that other one.
func (t *Table[T]) Slid(now time.Time) bool { return now.Sub(t.slid) < slideGuard && !t.slid.IsZero() }

// Select puts the cursor on a row by id, if it is in the window.
func (t *Table[T]) Select(id string) bool {
	i := t.index(id)
	if i < 0 {
		return false
	}
	t.to(i)
	return true
}

// SetCursor remembers a row to stand on once it is loaded.
func (t *Table[T]) SetCursor(id string) { t.cursor = id }

// Cursor is the id of the row under the cursor, "" for none.
func (t *Table[T]) Cursor() string { return t.cursor }

// Rewind makes the next rows be shown from their start.
func (t *Table[T]) Rewind() { t.cursor, t.row, t.top = "", 0, 0 }

// Move moves the cursor by n rows.
func (t *Table[T]) Move(n int) { t.to(t.row + n) }

// Page moves the cursor by a part of the screen: 1 is a page down, -0.5 half a
// page up.
func (t *Table[T]) Page(part float64) {
	n := int(part * float64(max(t.height-1, 1)))
	if n == 0 {
		n = 1
		if part < 0 {
			n = -1
		}
	}
	t.to(t.row + n)
}

// First and Last move within the window; the owner loads the list's own first
// or last page if the window does not reach it.
func (t *Table[T]) First() { t.to(0) }

// Last moves to the last row of the window.
func (t *Table[T]) Last() { t.to(len(t.rows) - 1) }

// Edges tells whether the list goes on beyond the window.
func (t *Table[T]) Edges() (before, after bool) { return t.before, t.after }

// SortAt is the order that the title at a column of the table's region stands for,
// "" for none.
func (t *Table[T]) SortAt(x int) string {
	for _, l := range t.layout {
		if x >= l.x && x < l.x+l.w && l.index < len(t.Columns) {
			return t.Columns[l.index].Sort
		}
	}
	return ""
}

// Click moves the cursor to the row at a line of the table's region.
func (t *Table[T]) Click(line int) bool {
	line -= t.titles()
	if n := t.top + line; line >= 0 && n < len(t.rows) {
		t.to(n)
		return true
	}
	return false
}

func (t *Table[T]) to(i int) {
	if len(t.rows) == 0 {
		return
	}
	t.row = min(max(i, 0), len(t.rows)-1)
	t.cursor = t.ID(t.rows[t.row])
	t.slid = time.Time{}
	t.scroll()
	if t.owed = i - t.row; t.owed > 0 && !t.after || t.owed < 0 && !t.before {
		t.owed = 0
	}
}

func (t *Table[T]) scroll() {
	if t.height < 1 {
		t.height = 1
	}
	t.top = min(t.top, t.row)
	t.top = max(t.top, t.row-t.height+1)
	t.top = max(min(t.top, len(t.rows)-t.height), 0)
}

func (t *Table[T]) index(id string) int {
	if id == "" {
		return -1
	}
	for i := range t.rows {
		if t.ID(t.rows[i]) == id {
			return i
		}
	}
	return -1
}
