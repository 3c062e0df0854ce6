package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muster/models"
)

// A term that few rows hold is looked up in the text index, and what it finds is
// sorted. One that many rows hold is read from the index where that is in the
// order of the list. Elsewhere it is looked for by reading the list in its order,
// which finds a page of them soon, unless they are all far down the list; so that
// reading stops after a while, and the text index gets its turn.
const (
	scanRows = 2_000  // read in order before the text index gets its turn
	sortRows = 20_000 // what the text index may find for that; more are read in order
	viewRows = 1_200  // of what may hold a term, looked at to count what does
)

// checkQuery refuses to search for more than anything can hold.
func checkQuery(term string) error {
	if len(term) > maxTerm {
		return models.Invalid("search", "search is too long: at most %d bytes", maxTerm)
	}
	return nil
}

const maxTerm = models.MaxNameBytes

// search is how to find the rows of one organization whose text holds a term.
type search struct {
	term    string // "" for all rows
	table   string
	alias   string
	none    bool    // no row can hold it
	lookup  *lookup // nil where there is no other way than reading
	few     bool    // whether the lookup leaves at most models.MatchesCap rows
	ordered bool    // whether numbers in the index are in the order of the list; set by whoever orders it
}

func (t *tx) search(ctx context.Context, x textIndex, table, alias string, orgNum int64, term string) (f search, err error) {
	f = search{term: models.NormText(strings.TrimSpace(term)), table: table, alias: alias}
	if f.none = strings.ContainsRune(f.term, 0); f.term == "" || f.none {
		return f, nil // no text holds a NUL, and it would end the index's query
	}
	if f.lookup, f.none, err = x.lookup(ctx, t, orgNum, f.term); err != nil || f.none || f.lookup == nil {
		return f, err
	}
	n, err := f.lookup.candidates(ctx, t, models.MatchesCap)
	f.few = n <= models.MatchesCap
	return f, err
}

// rare tells whether the lookup finds few rows.
func (f search) rare() bool { return f.none || f.few }

// count is how many rows of a query hold the term: exact up to
// models.MatchesCap, more than that where it is all the query asks for (alone),
// and -1 where it would mean reading too much.
func (f search) count(ctx context.Context, t *tx, w *where, alone bool) (n int, err error) {
	switch {
	case f.none:
		return 0, nil
	case f.few:
		w = w.clone()
		from := f.lookup.from(f.table, f.alias, w)
		err = t.row(ctx, "SELECT count(*) FROM "+from+" WHERE "+w.String(), w.args...).Scan(&n)
		return n, err
	case f.lookup == nil || !alone:
		return -1, nil
	case f.lookup.exact:
		return models.MatchesCap + 1, nil
	}
	in := &where{}
	from := f.lookup.some(f.table, f.alias, viewRows, in)
	if err = t.row(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s WHERE %s LIMIT %d) AS found", from, in, models.MatchesCap+1), in.args...).Scan(&n); err != nil || n > models.MatchesCap {
		return n, err
	}
	seen, err := f.lookup.candidates(ctx, t, viewRows)
	if seen > viewRows {
		n = -1
	}
	return n, err
}

// page reads one page: the first rows of a query, narrowed to those that hold
// the term, in the order of cols, joined with what join names.
func page[T any](ctx context.Context, t *tx, f search, w *where, columns string, cols []string, desc bool, limit int, join string, scan func(scanner) (T, error)) ([]T, error) {
	order := orderBy(cols, desc)
	run := func(from string, w *where) ([]T, error) {
		query := fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT %d", columns, from, w, order, limit)
		if join != "" {
			query = fmt.Sprintf("SELECT %s FROM (SELECT %s.* FROM %s WHERE %s ORDER BY %s LIMIT %d) %s %s ORDER BY %s",
				columns, f.alias, from, w, order, limit, f.alias, join, order)
		}
		return collect(ctx, t, scan, query, w.args...)
	}
	table := f.table + " " + f.alias
	lookUp := func() ([]T, error) {
		w := w.clone()
		return run(f.lookup.from(f.table, f.alias, w), w)
	}
	switch {
	case f.none:
		return nil, nil
	case f.term == "":
		return run(table, w)
	case f.few:
		return lookUp()
	case f.lookup != nil && f.ordered:
		order = orderBy([]string{"x.rowid"}, desc)
		return lookUp()
	}
	if f.lookup != nil {
		near := fmt.Sprintf("(SELECT * FROM %s WHERE %s ORDER BY %s LIMIT %d) %s", table, w, order, scanRows, f.alias)
		in := &where{args: slices.Clone(w.args)}
		holds(f.alias, f.term, in)
		rows, err := run(near, in)
		if err != nil || len(rows) == limit {
			return rows, err
		}
		var read int
		if err := t.row(ctx, "SELECT count(*) FROM "+near, w.args...).Scan(&read); err != nil || read < scanRows {
			return rows, err
		}
		n, err := f.lookup.candidates(ctx, t, sortRows)
		if err != nil {
			return nil, err
		}
		if n <= sortRows {
			return lookUp()
		}
	}
	w = w.clone()
	holds(f.alias, f.term, w)
	return run(table, w)
}

func joinInts(ns []int64) string {
	out := make([]string, len(ns))
	for i, n := range ns {
		out[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(out, ", ")
}
