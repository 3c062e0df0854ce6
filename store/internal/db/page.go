package db

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"muster/models"
)

// Pager walks a list page by page in the order of its columns, from the values
// that the row beside the page has in them.
type Pager struct {
	Cols  []string // all in one direction; the last of them makes the order unique
	Limit int      // rows of a page

	sort     string
	desc     bool
	key      []any // where the page starts; nil at the end of the list
	backward bool
}

// Order names a list with its order, and says what kinds of values its key has:
// int64 or string.
type Order struct {
	Sort string // names the list and the order in cursors
	Cols []string
	Desc bool
	Key  []any
}

// NewPager makes the pager of a page of limit rows after one cursor, or else
// before another; with neither, of the first page, and before models.LastPage of
// the last one. A cursor that belongs to
// another list or order is CodeInvalid.
func NewPager(o Order, limit int, after, before string) (p Pager, err error) {
	p = Pager{Cols: o.Cols, Limit: limit, sort: o.Sort, desc: o.Desc}
	from := after
	if before != "" {
		from, p.backward = before, true
	}
	if before == models.LastPage {
		return p, nil
	}
	if from != "" {
		p.key, err = decodeCursor(from, o.Sort, o.Key)
	}
	return p, err
}

// Start is the key of the row beside the page, nil at the end of the list.
func (p *Pager) Start() []any { return p.key }

// Backward tells whether the page is read from its last row to its first.
func (p *Pager) Backward() bool { return p.backward }

// Desc tells the direction in which the page is read.
func (p *Pager) Desc() bool { return p.desc != p.backward }

// Seek keeps a query to the rows from where the page starts.
func (p *Pager) Seek(w *Where) {
	if p.key != nil {
		w.Seek(p.Cols, p.key, p.Desc())
	}
}

// OrderBy is the order in which the page is read.
func (p *Pager) OrderBy() string { return OrderBy(p.Cols, p.Desc()) }

// Read is how many rows are read: one more than the page shows, to see whether
// the list goes on.
func (p *Pager) Read() int { return p.Limit + 1 }

// Cut makes a page of what was read, in the order of the list, with the cursors
// of the pages beside it.
func Cut[R any](p *Pager, rows []R, key func(R) []any) (items []R, next, prev string) {
	more := len(rows) > p.Limit
	items = rows[:min(len(rows), p.Limit)]
	if p.backward {
		slices.Reverse(items)
	}
	if len(items) == 0 {
		return items, "", ""
	}
	if more && !p.backward || p.backward && p.key != nil {
		next = encodeCursor(p.sort, key(items[len(items)-1]))
	}
	if more && p.backward || !p.backward && p.key != nil {
		prev = encodeCursor(p.sort, key(items[0]))
	}
	return items, next, prev
}

// A cursor says where a page starts: the sort it belongs to and the values of
// the row beside it. It is opaque to callers and trusted in nothing: it only
// ever becomes query parameters.
type cursor struct {
	Sort string `json:"s"`
	Key  []any  `json:"k"`
}

func encodeCursor(sort string, key []any) string {
	b, err := json.Marshal(cursor{sort, key})
	if err != nil {
		panic(err) // strings and integers only
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// decodeCursor reads a cursor for a list in this order, whose key has the
// shape of like.
func decodeCursor(s, sort string, like []any) ([]any, error) {
	bad := models.Invalid("after", "the cursor does not belong to this list").
		WithHint("use the `next` of an earlier page with the same sort and filter")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, bad
	}
	var c cursor
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	if err := d.Decode(&c); err != nil || c.Sort != sort || len(c.Key) != len(like) {
		return nil, bad
	}
	for i := range c.Key {
		switch v := c.Key[i].(type) {
		case json.Number:
			n, err := v.Int64()
			if _, ok := like[i].(int64); !ok || err != nil {
				return nil, bad
			}
			c.Key[i] = n
		case string:
			if _, ok := like[i].(string); !ok {
				return nil, bad
			}
		default:
			return nil, bad
		}
	}
	return c.Key, nil
}
