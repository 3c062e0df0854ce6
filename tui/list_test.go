package tui

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"muster/models"
	"muster/tui/ui"
)

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
	sh := benchShared(t)
	rapid.Check(t, func(rt *rapid.T) {
		s := &shelf{}
		for i := range rapid.IntRange(1, 400).Draw(rt, "rows") {
			s.keys = append(s.keys, (i+1)*1000)
		}
		app := sh.Open(context.Background(), Options{})
		defer app.Close()
		p := app.members
		p.table.Columns = []ui.Column[models.Member]{{Title: "ID", Min: 4, Max: 4, Keep: -1}}
		p.table.SetHeight(rapid.IntRange(1, 30).Draw(rt, "height"))
		p.fetch = func(*App) func(context.Context, pageQuery) (models.Page[models.Member], error) {
			return func(_ context.Context, q pageQuery) (models.Page[models.Member], error) {
				return flip(q, func(reverse bool, after, before string) (models.Page[models.Member], error) {
					return s.page(reverse, after, before, q.limit), nil
				})
			}
		}
		run := func(cmd tea.Cmd) {
			for cmd != nil {
				switch m := cmd().(type) {
				case tea.BatchMsg: // the page, and a time to draw at
					cmd = m[0]
				case pageMsg[models.Member]:
					cmd = p.got(app, m)
				default:
					return
				}
			}
		}
		run(p.top(app))
		at := 0
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			gone := false
			switch rapid.IntRange(0, 6).Draw(rt, "step") {
			case 0, 1, 2:
				n := rapid.IntRange(-45, 45).Draw(rt, "move")
				rows, before := p.table.Rows(), at
				row, _ := p.table.Index()
				n = min(max(n, -row), max(len(rows)-1-row, 0)) // the screen shows no further
				p.move(n)
				at = before + n
				run(p.more(app))
			case 3:
				run(p.first(app))
				at = 0
			case 4:
				run(p.last(app))
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
				run(p.refresh(app))
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
				run(p.refresh(app))
			}
			row, ok := p.table.Current()
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
			if len(p.table.Rows()) > 2*(keepSegments+1)*p.pageSize() {
				rt.Fatalf("%d rows kept", len(p.table.Rows()))
			}
		}
	})
}

func atoi(s string) (n int) { fmt.Sscan(s, &n); return n }

// An answer to an earlier question changes nothing.
func TestStaleAnswersAreDropped(t *testing.T) {
	app := sized(t, benchShared(t), 80, 24)
	p := app.members
	first := p.table.Rows()[0].ID
	old := p.request
	p.find.Set("gr")
	p.narrow(app)
	p.got(app, pageMsg[models.Member]{request: old, page: models.Page[models.Member]{Items: []models.Member{{ID: "other"}}}})
	if p.table.Rows()[0].ID != first {
		t.Error("the answer to an earlier filter is shown")
	}
	p.got(app, pageMsg[models.Member]{request: p.request, page: models.Page[models.Member]{Items: []models.Member{{ID: "grace"}}, Total: 9, Matches: 1}})
	if p.table.Rows()[0].ID != "grace" || p.position() != "1/1 of 9" {
		t.Errorf("shows %s at %q", p.table.Rows()[0].ID, p.position())
	}
}

func TestPagingThroughTheStore(t *testing.T) {
	h, ada := founded(t)
	for i := range 110 {
		if i == 40 {
			_, err := h.st.UpdateSettings(h.ctx, ada, h.acme.ID, []models.SettingChange{{Key: models.SetInvite, Value: string(models.PolicyMembers)}}, false)
			h.must(err)
		}
		_, err := h.st.CreateInvitation(h.ctx, ada, h.acme.ID, models.NewInvitation{Email: fmt.Sprintf("p%03d@acme.dev", i)})
		if models.CodeOf(err) == models.CodeLimit {
			break // the plan's seats are taken
		}
		h.must(err)
		h.clock.Advance(time.Minute)
	}
	page, err := h.st.ListInvitations(h.ctx, ada, h.acme.ID, models.InvitationQuery{Limit: 500})
	h.must(err)
	n := len(page.Items)
	app := h.as(ada)
	app.Press("3").See(fmt.Sprintf("1 of %d", n)).SeeCursorOn(page.Items[0].Email)
	app.Press("pgdown").SeeCursorOn(page.Items[17].Email).Press("G").See(fmt.Sprintf("%d of %d", n, n)).SeeCursorOn(page.Items[n-1].Email)
	app.Press("pgup").SeeCursorOn(page.Items[n-18].Email).Press("g").See(fmt.Sprintf("1 of %d", n))
}
