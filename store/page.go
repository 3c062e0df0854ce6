package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"muster/models"
)

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

// where collects the conditions of a query with their parameters.
type where struct {
	conds []string
	args  []any
}

// add appends a condition; each ? in it stands for one of args.
func (w *where) add(cond string, args ...any) {
	for _, a := range args {
		w.args = append(w.args, a)
		cond = strings.Replace(cond, "?", fmt.Sprintf("$%d", len(w.args)), 1)
	}
	w.conds = append(w.conds, cond)
}

// in appends that a column is one of some values.
func (w *where) in(col string, values []string) {
	marks := make([]string, len(values))
	args := make([]any, len(values))
	for i, v := range values {
		marks[i] = fmt.Sprintf("$%d", w.from()+i)
		args[i] = v
	}
	w.raw(col+" IN ("+strings.Join(marks, ", ")+")", args)
}

// from is the number of the next placeholder.
func (w *where) from() int { return len(w.args) + 1 }

// raw appends a condition whose placeholders are numbered from from().
func (w *where) raw(cond string, args []any) {
	w.conds = append(w.conds, cond)
	w.args = append(w.args, args...)
}

func (w *where) clone() *where { return &where{slices.Clone(w.conds), slices.Clone(w.args)} }

// String is the condition; without any, one that always holds.
func (w *where) String() string {
	if len(w.conds) == 0 {
		return "1 = 1"
	}
	return strings.Join(w.conds, " AND ")
}

// seek keeps to the rows beyond key in the order of cols.
func (w *where) seek(cols []string, key []any, desc bool) {
	op := ">"
	if desc {
		op = "<"
	}
	marks := make([]string, len(cols))
	for i := range key {
		marks[i] = fmt.Sprintf("$%d", len(w.args)+1+i)
	}
	w.raw(fmt.Sprintf("(%s) %s (%s)", strings.Join(cols, ", "), op, strings.Join(marks, ", ")), key)
}

func orderBy(cols []string, desc bool) string {
	if !desc {
		return strings.Join(cols, ", ")
	}
	return strings.Join(cols, " DESC, ") + " DESC"
}
