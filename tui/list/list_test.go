package list

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"muster/models"
	"muster/tui/host"
	"muster/tui/ui"
)

// shell is what a list asks of the app around it.
type shell struct{ host.Shell }

func (shell) Acting() bool   { return false }
func (shell) Toast(ui.Toast) {}

func newList() (*List[models.Member], host.Host) {
	l := &List[models.Member]{Pane: host.Members}
	l.Table.ID = func(m models.Member) string { return m.ID }
	return l, host.Host{State: &host.State{Context: context.Background(), Now: time.Date(2026, 8, 14, 9, 30, 0, 0, time.UTC)}, Shell: shell{}}
}

// shelf is a long sorted list with the store's paging: pages start strictly
// behind or before a row's key, which need not exist any more.
type shelf struct{ keys []int }

func (s *shelf) page(reverse bool, after, before string, limit int) models.Page[models.Member] {
	keys := slices.Clone(s.keys)
	if reverse {
		slices.Reverse(keys)
	}
	less := func(a, b int) bool {
		if reverse {
			return a > b
		}
		return a < b
	}
	num := func(cursor string) (n int) { fmt.Sscan(cursor, &n); return n }
	var from, to int
	switch {
	case before == models.LastPage:
		from, to = max(len(keys)-limit, 0), len(keys)
	case before != "":
		to = 0
		for to < len(keys) && less(keys[to], num(before)) {
			to++
		}
		from = max(to-limit, 0)
	case after != "":
		for from < len(keys) && !less(num(after), keys[from]) {
			from++
		}
		to = min(from+limit, len(keys))
	default:
		to = min(limit, len(keys))
	}
	p := models.Page[models.Member]{Total: len(keys), Matches: len(keys)}
	for _, k := range keys[from:to] {
		p.Items = append(p.Items, models.Member{ID: fmt.Sprint(k)})
	}
	if len(p.Items) == 0 {
		return p
	}
	if to < len(keys) {
		p.Next = fmt.Sprint(keys[to-1])
	}
	if from > 0 {
		p.Prev = fmt.Sprint(keys[from])
	}
	return p
}

// A model of the whole list stands beside the window: wherever one goes, and
// whatever others add and take away meanwhile, the cursor is on its row, and
// the position is the true one where the list says one.
func TestPagingNeverLosesTheRow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := &shelf{}
		for i := range rapid.IntRange(1, 400).Draw(rt, "rows") {
			s.keys = append(s.keys, (i+1)*1000)
		}
		p, h := newList()
		p.Table.Columns = []ui.Column[models.Member]{{Title: "ID", Min: 4, Max: 4, Keep: -1}}
		p.Table.SetHeight(rapid.IntRange(1, 30).Draw(rt, "height"))
		p.Fetch = func(host.Host) func(context.Context, Query) (models.Page[models.Member], error) {
			return func(_ context.Context, q Query) (models.Page[models.Member], error) {
				return s.page(q.Reverse, q.After, q.Before, q.Limit), nil
			}
		}
		run := func(cmd tea.Cmd) {
			for cmd != nil {
				switch m := cmd().(type) {
				case tea.BatchMsg: // the page, and a time to draw at
					cmd = m[0]
				case Answer[models.Member]:
					cmd = p.Got(h, m)
				default:
					return
				}
			}
		}
		run(p.top(h))
		at := 0
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			gone := false
			switch rapid.IntRange(0, 6).Draw(rt, "step") {
			case 0, 1, 2:
				n := rapid.IntRange(-45, 45).Draw(rt, "move")
				rows, before := p.Table.Rows(), at
				row, _ := p.Table.Index()
				n = min(max(n, -row), max(len(rows)-1-row, 0)) // the screen shows no further
				p.Move(n)
				at = before + n
				run(p.More(h))
			case 3:
				run(p.First(h))
				at = 0
			case 4:
				run(p.Last(h))
				at = max(len(s.keys)-1, 0)
			case 5: // somebody adds rows
				for range rapid.IntRange(1, 5).Draw(rt, "added") {
					k := rapid.IntRange(1, 401_000).Draw(rt, "key")
					i, found := slices.BinarySearch(s.keys, k)
					if found {
						continue
					}
					s.keys = slices.Insert(s.keys, i, k)
					if i <= at {
						at++
					}
				}
				run(p.Refresh(h))
			case 6: // somebody takes one away
				if len(s.keys) == 1 {
					continue
				}
				i := rapid.IntRange(0, len(s.keys)-1).Draw(rt, "taken")
				s.keys = slices.Delete(s.keys, i, i+1)
				gone = i == at
				if i < at || at >= len(s.keys) {
					at = max(at-1, 0)
				}
				run(p.Refresh(h))
			}
			row, ok := p.Table.Current()
			if !ok {
				rt.Fatalf("no row of %d", len(s.keys))
			}
			if want := fmt.Sprint(s.keys[at]); row.ID != want && !gone {
				rt.Fatalf("on %s, want %s (row %d of %d)", row.ID, want, at, len(s.keys))
			}
			if gone {
				n, _ := slices.BinarySearch(s.keys, atoi(row.ID))
				at = n
			}
			if len(p.Table.Rows()) > 2*(keepSegments+1)*p.PageSize() {
				rt.Fatalf("%d rows kept", len(p.Table.Rows()))
			}
		}
	})
}

func atoi(s string) (n int) { fmt.Sscan(s, &n); return n }

// An answer to an earlier question changes nothing.
func TestStaleAnswersAreDropped(t *testing.T) {
	p, h := newList()
	p.Fetch = func(host.Host) func(context.Context, Query) (models.Page[models.Member], error) { return nil }
	p.Take(h, models.Page[models.Member]{Items: []models.Member{{ID: "ada"}}})
	first := p.Table.Rows()[0].ID
	old := p.Request
	p.Filter.Set("gr")
	p.Narrow(h)
	p.Got(h, Answer[models.Member]{Request: old, Page: models.Page[models.Member]{Items: []models.Member{{ID: "other"}}}})
	if p.Table.Rows()[0].ID != first {
		t.Error("the answer to an earlier filter is shown")
	}
	p.Got(h, Answer[models.Member]{Request: p.Request, Page: models.Page[models.Member]{Items: []models.Member{{ID: "grace"}}, Total: 9, Matches: 1}})
	if p.Table.Rows()[0].ID != "grace" || p.Position() != "1/1 of 9" {
		t.Errorf("shows %s at %q", p.Table.Rows()[0].ID, p.Position())
	}
}
