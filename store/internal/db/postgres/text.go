package postgres

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"muster/store/internal/db"
)

// text finds text by indexes on the tables themselves, so that there is nothing
// to put or remove: of trigrams, and of runs of one and two characters.
type text struct{}

func (text) Put(context.Context, *db.Tx, db.TextIndex, int64, string) error { return nil }

func (text) PutNew(context.Context, *db.Tx, db.TextIndex) (db.TextWriter, error) {
	return writer{}, nil
}

func (text) Remove(context.Context, *db.Tx, db.TextIndex, int64) error { return nil }

func (text) Holds(column, term string, w *db.Where) { w.Add("position(? IN "+column+") > 0", term) }

type writer struct{}

func (writer) Put(context.Context, int64, string) error { return nil }
func (writer) Close() error                             { return nil }

type lookup struct {
	index        db.TextIndex
	org          int64
	term         string
	first, last  int64
	firstAt, end bool // whether first and last are other than the organization's
}

func (text) Lookup(_ context.Context, _ *db.Tx, x db.TextIndex, first, last int64, term string) (db.Lookup, bool, error) {
	return &lookup{index: x, org: first >> db.NumberBits, term: term, first: first, last: last}, false, nil
}

func (l *lookup) Exact() bool { return true }

// conditions are those that the indexes answer.
func (l *lookup) conditions(alias string, w *db.Where) string {
	conds := []string{fmt.Sprintf("(%s.num >> %d) = CAST(%s AS BIGINT)", alias, db.NumberBits, w.Mark(l.org))}
	if utf8.RuneCountInString(l.term) < 3 {
		conds = append(conds, fmt.Sprintf("muster_grams(%s.text) @> ARRAY[CAST(%s AS TEXT)]", alias, w.Mark(l.term)))
	} else {
		conds = append(conds, alias+".text LIKE "+w.Mark("%"+strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(l.term)+"%"))
	}
	if l.firstAt {
		conds = append(conds, alias+".num >= "+w.Mark(l.first))
	}
	if l.end {
		conds = append(conds, alias+".num <= "+w.Mark(l.last))
	}
	return strings.Join(conds, " AND ")
}

func (l *lookup) Candidates(ctx context.Context, tx *db.Tx, most int) (n int, err error) {
	w := &db.Where{}
	cond := l.conditions("x", w)
	if l.index.Only != "" {
		cond += " AND x." + l.index.Only
	}
	err = tx.Row(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s x WHERE %s LIMIT %d) AS found", l.index.Table, cond, most+1), w.Args...).Scan(&n)
	return n, err
}

// From has what the index finds read before it is sorted: for a rare term the
// planner would else walk the index of the order. OFFSET 0 keeps it from that.
func (l *lookup) From(table, alias string, w *db.Where) string {
	return fmt.Sprintf("(SELECT * FROM %s %s WHERE %s OFFSET 0) %s", table, alias, l.conditions(alias, w), alias)
}

func (l *lookup) Some(table, alias string, most int, w *db.Where) string {
	return fmt.Sprintf("(SELECT * FROM %s %s WHERE %s LIMIT %d) %s", table, alias, l.conditions(alias, w), most, alias)
}

func (l *lookup) Among(alias string, w *db.Where) { w.Conds = append(w.Conds, l.conditions(alias, w)) }

func (l *lookup) Number(alias string) string { return alias + ".num" }

func (l *lookup) StartAt(num int64, desc bool) {
	if desc {
		l.last, l.end = num, true
	} else {
		l.first, l.firstAt = num, true
	}
}
