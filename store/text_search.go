package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muster/models"
	"muster/store/internal/db"
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

// checkPage gives how many rows a page has, and refuses one that is none.
func checkPage(limit int, term string) (int, error) {
	limit, err := models.CheckLimit(limit)
	if err == nil {
		err = checkQuery(term)
	}
	return limit, err
}

// search is how to find the rows of one organization whose text holds a term.
type search struct {
	term    string // "" for all rows
	table   string
	alias   string
	none    bool      // no row can hold it
	lookup  db.Lookup // nil where there is no other way than reading
	few     bool      // whether the lookup leaves at most models.MatchesCap rows
	ordered bool      // whether numbers in the index are in the order of the list; set by whoever orders it
}

func (t *tx) search(ctx context.Context, x db.TextIndex, alias string, orgNum int64, term string) (f search, err error) {
	f = search{term: models.NormText(strings.TrimSpace(term)), table: x.Table, alias: alias}
	if f.none = strings.ContainsRune(f.term, 0); f.term == "" || f.none {
		return f, nil // no text holds a NUL, and it would end the index's query
	}
	if f.lookup, f.none, err = t.db.Text().Lookup(ctx, t.db, x, db.FirstNumber(orgNum), db.LastNumber(orgNum), f.term); err != nil || f.none || f.lookup == nil {
		return f, err
	}
	n, err := f.lookup.Candidates(ctx, t.db, models.MatchesCap)
	f.few = n <= models.MatchesCap
	return f, err
}

// searchAll is search for a term and the words of a filter: the longest of them is
// looked up, and the query is kept to rows that fit the others as well.
func (t *tx) searchAll(ctx context.Context, w *db.Where, x db.TextIndex, alias string, orgNum int64, term string, words models.Terms) (search, error) {
	all := append([]string{term}, words.With...)
	longest := 0
	for i := range all {
		if all[i] = models.NormText(strings.TrimSpace(all[i])); len(all[i]) > len(all[longest]) {
			longest = i
		}
	}
	f, err := t.search(ctx, x, alias, orgNum, all[longest])
	if err != nil {
		return f, err
	}
	t.holdWords(w, alias+".text", models.Terms{With: slices.Delete(all, longest, longest+1), Without: words.Without})
	return f, nil
}

// holdText keeps a query to the rows whose column holds a term and fits the words of
// a filter. It tells whether either asks for anything.
func (t *tx) holdText(w *db.Where, column, term string, words models.Terms) bool {
	before := len(w.Conds)
	t.holdWords(w, column, models.Terms{With: append([]string{term}, words.With...), Without: words.Without})
	return len(w.Conds) > before
}

// holdWords keeps a query to the rows whose column fits the words of a filter.
func (t *tx) holdWords(w *db.Where, column string, words models.Terms) {
	hold := func(word string) bool {
		if word = models.NormText(strings.TrimSpace(word)); word == "" {
			return false
		}
		if strings.ContainsRune(word, 0) {
			w.Add("1 = 0") // no text holds a NUL
			return true
		}
		t.db.Text().Holds(column, word, w)
		return true
	}
	for _, word := range words.With {
		hold(word)
	}
	for _, word := range words.Without {
		if hold(word) {
			last := &w.Conds[len(w.Conds)-1]
			*last = "NOT (" + *last + ")"
		}
	}
}

// within keeps a query to the rows whose column lies in a period.
func within(w *db.Where, column string, p models.Period) {
	if !p.From.IsZero() {
		w.Add(column+" >= ?", micros(p.From))
	}
	if !p.Until.IsZero() {
		w.Add(column+" < ?", micros(p.Until))
	}
}

// rare tells whether the lookup finds few rows.
func (f search) rare() bool { return f.none || f.few }

// count is how many rows of a query hold the term: exact up to
// models.MatchesCap, more than that where it is all the query asks for (alone),
// and -1 where it would mean reading too much.
func (f search) count(ctx context.Context, t *tx, w *db.Where, alone bool) (n int, err error) {
	switch {
	case f.none:
		return 0, nil
	case f.few:
		w = w.Clone()
		from := f.lookup.From(f.table, f.alias, w)
		err = t.row(ctx, "SELECT count(*) FROM "+from+" WHERE "+w.String(), w.Args...).Scan(&n)
		return n, err
	case f.lookup == nil || !alone:
		return -1, nil
	case f.lookup.Exact():
		return models.MatchesCap + 1, nil
	}
	in := &db.Where{}
	from := f.lookup.Some(f.table, f.alias, viewRows, in)
	if err = t.row(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s WHERE %s LIMIT %d) AS found", from, in, models.MatchesCap+1), in.Args...).Scan(&n); err != nil || n > models.MatchesCap {
		return n, err
	}
	seen, err := f.lookup.Candidates(ctx, t.db, viewRows)
	if seen > viewRows {
		n = -1
	}
	return n, err
}

// found reads rows for a page: the first ones of a query, narrowed to those that
// hold the term, in the order of the page, joined with what join names.
func found[T any](ctx context.Context, t *tx, f search, w *db.Where, columns string, pg *db.Pager, limit int, join string, scan scanFunc[T]) ([]T, error) {
	order := pg.OrderBy()
	run := func(from string, w *db.Where) ([]T, error) {
		query := fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT %d", columns, from, w, order, limit)
		if join != "" {
			query = fmt.Sprintf("SELECT %s FROM (SELECT %s.* FROM %s WHERE %s ORDER BY %s LIMIT %d) %s %s ORDER BY %s",
				columns, f.alias, from, w, order, limit, f.alias, join, order)
		}
		return collect(ctx, t, scan, query, w.Args...)
	}
	table := f.table + " " + f.alias
	lookUp := func() ([]T, error) {
		w := w.Clone()
		return run(f.lookup.From(f.table, f.alias, w), w)
	}
	switch {
	case f.none:
		return nil, nil
	case f.term == "":
		return run(table, w)
	case f.few:
		return lookUp()
	case f.lookup != nil && f.ordered:
		order = db.OrderBy([]string{f.lookup.Number(f.alias)}, pg.Desc())
		return lookUp()
	}
	if f.lookup != nil {
		near := fmt.Sprintf("(SELECT * FROM %s WHERE %s ORDER BY %s LIMIT %d) %s", table, w, order, scanRows, f.alias)
		in := &db.Where{Args: slices.Clone(w.Args)}
		t.db.Text().Holds(f.alias+".text", f.term, in)
		rows, err := run(near, in)
		if err != nil || len(rows) == limit {
			return rows, err
		}
		var read int
		if err := t.row(ctx, "SELECT count(*) FROM "+near, w.Args...).Scan(&read); err != nil || read < scanRows {
			return rows, err
		}
		n, err := f.lookup.Candidates(ctx, t.db, sortRows)
		if err != nil {
			return nil, err
		}
		if n <= sortRows {
			return lookUp()
		}
	}
	w = w.Clone()
	t.db.Text().Holds(f.alias+".text", f.term, w)
	return run(table, w)
}

func joinInts(ns []int64) string {
	out := make([]string, len(ns))
	for i, n := range ns {
		out[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(out, ", ")
}
