package ui

import (
	"fmt"
	"testing"
	"time"
)

// A page down at the end of what is loaded goes on when the rows are there,
// unless the person moved meanwhile.
func TestAMoveGoesOnWithTheNextRows(t *testing.T) {
	rows := func(from, to int) (list []string) {
		for i := from; i < to; i++ {
			list = append(list, fmt.Sprintf("r%03d", i))
		}
		return list
	}
	fresh := func() *Table[string] {
		x := &Table[string]{ID: func(s string) string { return s }, height: 11}
		x.SetRows(rows(100, 115), true, true, false, time.Time{})
		return x
	}
	for _, c := range []struct {
		name string
		move func(*Table[string])
		want string
	}{
		{"down", func(x *Table[string]) { x.Page(1); x.Page(1); x.Append(rows(115, 165), true) }, "r120"},
		{"down, twice", func(x *Table[string]) {
			x.Page(1)
			x.Page(1)
			x.Append(rows(115, 118), true)
			x.Append(rows(118, 165), true)
		}, "r120"},
		{"down, and up again", func(x *Table[string]) { x.Page(1); x.Page(1); x.Move(-1); x.Append(rows(115, 165), true) }, "r113"},
		{"up", func(x *Table[string]) { x.Page(-1); x.Prepend(rows(50, 100), true) }, "r090"},
		{"up at the start of the list", func(x *Table[string]) {
			x.SetRows(rows(100, 115), false, true, false, time.Time{})
			x.Page(-1)
			x.Append(rows(115, 165), true)
		}, "r100"},
	} {
		x := fresh()
		if c.move(x); x.Cursor() != c.want {
			t.Errorf("%s: at %s, want %s", c.name, x.Cursor(), c.want)
		}
	}
}
