package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"muster/tui/theme"
)

type person struct{ id, email, name, role string }

func peopleTable(n int) *Table[person] {
	t := &Table[person]{
		ID: func(p person) string { return p.id },
		Columns: []Column[person]{
			{Title: "EMAIL", Sort: "email", Min: 12, Max: 40, Keep: -1, Cell: func(p person) (string, theme.Style) { return p.email, theme.Text }},
			{Title: "NAME", Sort: "name", Min: 10, Max: 30, Keep: 5, Cell: func(p person) (string, theme.Style) { return p.name, theme.Text }},
			{Title: "ROLE", Min: 6, Max: 8, Keep: 9, Cell: func(p person) (string, theme.Style) { return p.role, theme.Text }},
			{Title: "JOINED", Min: 10, Max: 10, Keep: 1, Cell: func(person) (string, theme.Style) { return "2026-08-01", theme.Muted }},
		},
		Empty: "nobody is here yet", Hint: "press n to invite",
		Sort: "email",
	}
	t.SetRows(people(0, n), false, false, false, time.Time{})
	return t
}

func people(from, to int) []person {
	var all []person
	for i := from; i < to; i++ {
		all = append(all, person{fmt.Sprint("u", i), fmt.Sprintf("p%03d@acme.dev", i), "Ada 日本 " + fmt.Sprint(i), "member"})
	}
	return all
}

var noon = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

func tableLines(t *testing.T, tab *Table[person], w, h int) []string {
	return draw(t, w, h, func(r Region) { tab.Draw(r, true, noon) })
}

func TestTableShowsItsWindow(t *testing.T) {
	tab := peopleTable(100)
	got := tableLines(t, tab, 80, 5)
	if !strings.Contains(got[0], "EMAIL↑") || !strings.Contains(got[0], "JOINED") {
		t.Errorf("titles: %q", got[0])
	}
	if !strings.HasPrefix(got[1], "▌  p000@acme.dev") {
		t.Errorf("cursor row: %q", got[1])
	}
	tab.Move(50)
	got = tableLines(t, tab, 80, 5)
	if !strings.HasPrefix(got[4], "▌  p050@acme.dev") {
		t.Errorf("after moving down 50: %q", got)
	}
	tab.Move(-1)
	got = tableLines(t, tab, 80, 5)
	if !strings.HasPrefix(got[3], "▌  p049@acme.dev") {
		t.Errorf("moving up one scrolls: %q", got)
	}
}

// From 200 columns to 40 the columns give way one by one, stay in order and
// never leave the table.
func TestTableColumnsGiveWay(t *testing.T) {
	last := 9
	for w := 200; w >= 10; w-- {
		tab := peopleTable(5)
		lines := tableLines(t, tab, w, 4)
		shown := 0
		for _, title := range []string{"EMAIL", "NAME", "ROLE", "JOINED"} {
			if strings.Contains(lines[0], title) {
				shown++
			}
		}
		if shown > last || shown < 1 {
			t.Errorf("%d columns: %d titles after %d", w, shown, last)
		}
		last = shown
		if w >= 40 && (!strings.Contains(lines[0], "EMAIL") || !strings.Contains(lines[0], "ROLE")) {
			t.Errorf("%d columns: titles %q", w, lines[0])
		}
		for _, l := range lines {
			if ansi.StringWidth(l) > w {
				t.Errorf("%d columns: line %q is wider", w, l)
			}
		}
	}
}

func TestTableCursorStaysOnItsRow(t *testing.T) {
	tab := peopleTable(20)
	tab.SetHeight(5)
	tab.Move(7)
	rows := append([]person{{id: "new", email: "new@acme.dev"}}, people(0, 20)...)
	tab.SetRows(rows, false, false, false, noon)
	if row, _ := tab.Current(); row.id != "u7" {
		t.Errorf("after a row came in above, the cursor is on %s", row.id)
	}
	if tab.Slid(noon) {
		t.Error("the cursor did not slide")
	}
	rows = slices.DeleteFunc(rows, func(p person) bool { return p.id == "u7" })
	tab.SetRows(rows, false, false, false, noon)
	if row, _ := tab.Current(); row.id != "u8" {
		t.Errorf("after its row went, the cursor is on %s", row.id)
	}
	if !tab.Slid(noon.Add(100 * time.Millisecond)) {
		t.Error("a key right after the row went away must not count for the next one")
	}
	if tab.Slid(noon.Add(time.Second)) {
		t.Error("the row cannot be acted on a second later")
	}
	tab.SetRows(slices.DeleteFunc(rows, func(p person) bool { return p.id == "u8" }), false, false, true, noon.Add(10*time.Second))
	if row, _ := tab.Current(); row.id != "u9" || tab.Slid(noon.Add(10*time.Second)) {
		t.Error("what the own action took away must not hold up the next one")
	}
}

func TestTableMarksSurvive(t *testing.T) {
	tab := peopleTable(20)
	tab.SetHeight(5)
	tab.Mark() // u0
	tab.Move(1)
	tab.Mark() // u2
	tab.SetRows(people(10, 15), false, false, false, noon)
	if tab.Marked() != 2 {
		t.Errorf("%d marks after filtering, want 2", tab.Marked())
	}
	tab.First()
	tab.Range()
	tab.Move(2)
	if tab.Marked() != 5 {
		t.Errorf("%d marked with a range of 3, want 5", tab.Marked())
	}
	var ids []string
	for _, p := range tab.Chosen() {
		ids = append(ids, p.id)
	}
	slices.Sort(ids)
	if want := []string{"u0", "u10", "u11", "u12", "u2"}; !slices.Equal(ids, want) {
		t.Errorf("chosen %v, want %v", ids, want)
	}
	tab.SetRows(people(0, 20), false, false, false, noon)
	lines := tableLines(t, tab, 80, 21)
	for i, l := range lines[1:] {
		marked := strings.Contains(l, "✓")
		if want := i == 0 || i == 2 || i >= 10 && i <= 12; marked != want {
			t.Errorf("row %d marked is %v: %q", i, marked, l)
		}
	}
	if !tab.ClearMarks() || tab.Marked() != 0 || tab.ClearMarks() {
		t.Error("marks are not cleared once")
	}
	tab.MarkAll(func(p person) bool { return p.id != "u3" })
	if tab.Marked() != 19 {
		t.Errorf("%d marked of all shown but one", tab.Marked())
	}
	tab.MarkAll(func(p person) bool { return p.id != "u3" })
	if tab.Marked() != 0 {
		t.Errorf("%d marked after marking all again", tab.Marked())
	}
}

func TestTableStates(t *testing.T) {
	tab := peopleTable(0)
	see := func(now time.Time) string {
		return strings.Join(draw(t, 60, 8, func(r Region) { tab.Draw(r, true, now) }), "\n")
	}
	if s := see(noon); !strings.Contains(s, "nobody is here yet") || !strings.Contains(s, "press n to invite") {
		t.Errorf("empty: %s", s)
	}
	tab.SetLoading(noon)
	if s := see(noon.Add(100 * time.Millisecond)); strings.Contains(s, "loading") {
		t.Errorf("says loading after 100 ms: %s", s)
	}
	tab.SetLoading(noon.Add(100 * time.Millisecond))
	if s := see(noon.Add(160 * time.Millisecond)); !strings.Contains(s, "loading") {
		t.Errorf("does not say loading after 160 ms: %s", s)
	}
	tab.SetFailed(Failed, "the disk is full", "make room")
	if s := see(noon); !strings.Contains(s, "✗ the disk is full · make room") || !strings.Contains(s, "press R") {
		t.Errorf("failed: %s", s)
	}
	tab.SetFailed(Denied, "a viewer may not see all invitations", "")
	if s := see(noon); !strings.Contains(s, "a viewer may not") {
		t.Errorf("denied: %s", s)
	}
	if _, ok := tab.Current(); ok {
		t.Error("a denied table has a current row")
	}
}

// A model of the whole list stands beside the table: whatever is pressed and
// loaded, the cursor is on the row the model says.
func TestTablePagesBothWays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const total, page = 300, 30
		all := people(0, total)
		tab := peopleTable(0)
		tab.SetRows(all[:page], false, true, false, noon)
		tab.SetHeight(rapid.IntRange(1, 20).Draw(rt, "height"))
		first, at := 0, 0
		load := func() {
			for {
				n := len(tab.Rows())
				switch tab.Wants() {
				case After:
					end := min(first+n+page, total)
					tab.Append(all[first+n:end], end < total)
					if len(tab.Rows()) > 3*page {
						before := len(tab.Rows())
						tab.DropFront(page)
						first += before - len(tab.Rows())
					}
				case Before:
					start := max(first-page, 0)
					tab.Prepend(all[start:first], start > 0)
					first = start
					if len(tab.Rows()) > 3*page {
						tab.DropBack(page)
					}
				default:
					return
				}
			}
		}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			n := rapid.IntRange(-11, 11).Draw(rt, "move")
			tab.Move(n)
			at = min(max(at+n, 0), total-1)
			load()
			if row, _ := tab.Current(); row.id != all[at].id {
				rt.Fatalf("on %s, want %s", row.id, all[at].id)
			}
			if len(tab.Rows()) > 4*page+1 {
				rt.Fatalf("%d rows kept", len(tab.Rows()))
			}
		}
	})
}

func TestTableNeverPanics(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tab := peopleTable(rapid.IntRange(0, 30).Draw(rt, "rows"))
		for range 10 {
			switch rapid.IntRange(0, 8).Draw(rt, "op") {
			case 0:
				tab.Move(rapid.IntRange(-40, 40).Draw(rt, "n"))
			case 1:
				tab.Page(rapid.Float64Range(-2, 2).Draw(rt, "part"))
			case 2:
				tab.Mark()
			case 3:
				tab.Range()
			case 4:
				n := rapid.IntRange(0, 20).Draw(rt, "from")
				tab.SetRows(people(n, n+rapid.IntRange(0, 20).Draw(rt, "count")), true, true, false, noon)
			case 5:
				tab.DropFront(rapid.IntRange(0, 30).Draw(rt, "n"))
				tab.DropBack(rapid.IntRange(0, 30).Draw(rt, "n"))
			case 6:
				tab.Chosen()
				tab.MarkAll(func(person) bool { return true })
			case 7:
				tab.Click(rapid.IntRange(-2, 40).Draw(rt, "line"))
			case 8:
				tab.Last()
			}
			w, h := rapid.IntRange(1, 100).Draw(rt, "w"), rapid.IntRange(1, 40).Draw(rt, "h")
			var pool Pool
			pool.Draw(monoTheme, w, h, func(r Region) { tab.Draw(r, true, noon) })
			if row, top := tab.Index(); len(tab.Rows()) > 0 && (row < top || row >= top+tab.Height() || row >= len(tab.Rows())) {
				rt.Fatalf("cursor %d not on the screen: %d+%d of %d", row, top, tab.Height(), len(tab.Rows()))
			}
		}
	})
}
