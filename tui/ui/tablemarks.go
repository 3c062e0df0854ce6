package ui

// Mark turns the mark of the current row over and moves on, or fixes the range
// that is being drawn.
func (t *Table[T]) Mark() {
	if t.rangeFrom != "" {
		t.Range()
		return
	}
	row, ok := t.Current()
	if !ok {
		return
	}
	id := t.ID(row)
	if _, on := t.marks[id]; on {
		delete(t.marks, id)
	} else {
		t.mark(id, row)
	}
	t.Move(1)
}

// Range starts a range at the cursor, or marks the rows from where it started.
func (t *Table[T]) Range() {
	if t.rangeFrom == "" {
		if row, ok := t.Current(); ok {
			t.rangeFrom = t.ID(row)
		}
		return
	}
	from, to := t.rangeBounds()
	for i := from; i <= to && i < len(t.rows); i++ {
		t.mark(t.ID(t.rows[i]), t.rows[i])
	}
	t.rangeFrom = ""
}

// Ranging says that a range is being drawn.
func (t *Table[T]) Ranging() bool { return t.rangeFrom != "" }

func (t *Table[T]) rangeBounds() (from, to int) {
	if t.rangeFrom == "" {
		return 0, -1
	}
	from, to = t.index(t.rangeFrom), t.row
	if from < 0 {
		from = to // its row is gone
	}
	return min(from, to), max(from, to)
}

// MarkAll marks every row of the window that keep allows, or clears the marks
// when all of them are marked.
func (t *Table[T]) MarkAll(keep func(T) bool) {
	all := true
	for _, row := range t.rows {
		if _, on := t.marks[t.ID(row)]; keep(row) && !on {
			t.mark(t.ID(row), row)
			all = false
		}
	}
	if all {
		t.ClearMarks()
	}
}

func (t *Table[T]) mark(id string, row T) {
	if t.marks == nil {
		t.marks = map[string]T{}
	}
	t.marks[id] = row
}

// Unmark takes the marks off some rows.
func (t *Table[T]) Unmark(ids ...string) {
	for _, id := range ids {
		delete(t.marks, id)
	}
}

// ClearMarks takes all marks off and gives up a range. It says whether there
// were any.
func (t *Table[T]) ClearMarks() bool {
	any := len(t.marks) > 0 || t.rangeFrom != ""
	t.marks, t.rangeFrom = nil, ""
	return any
}

// Marked is how many rows are marked, those of a range being drawn included.
func (t *Table[T]) Marked() int {
	n := len(t.marks)
	if from, to := t.rangeBounds(); to >= from {
		for i := from; i <= to && i < len(t.rows); i++ {
			if _, on := t.marks[t.ID(t.rows[i])]; !on {
				n++
			}
		}
	}
	return n
}

// Chosen is what an action is about: the marked rows, in the order of the list
// as far as they are loaded, or else the row under the cursor.
func (t *Table[T]) Chosen() []T {
	if t.rangeFrom != "" {
		t.Range()
	}
	if len(t.marks) == 0 {
		if row, ok := t.Current(); ok {
			return []T{row}
		}
		return nil
	}
	chosen := make([]T, 0, len(t.marks))
	seen := make(map[string]bool, len(t.marks))
	for _, row := range t.rows {
		if id := t.ID(row); !seen[id] {
			if _, on := t.marks[id]; on {
				chosen, seen[id] = append(chosen, row), true
			}
		}
	}
	for id, row := range t.marks {
		if !seen[id] {
			chosen = append(chosen, row)
		}
	}
	return chosen
}
