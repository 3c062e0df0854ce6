package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"unicode/utf8"

	"muster/store/internal/db"
)

// searchTables and registryTables are the text indexes as the first two schemas
// had them. rebuildText replaces them.
const (
	searchTables = `
CREATE VIRTUAL TABLE member_text USING fts5(text, content='', contentless_delete=1, tokenize='trigram case_sensitive 1');
CREATE VIRTUAL TABLE invitation_text USING fts5(text, content='', contentless_delete=1, tokenize='trigram case_sensitive 1');
CREATE VIRTUAL TABLE member_text_words USING fts5vocab(member_text, row);
CREATE VIRTUAL TABLE invitation_text_words USING fts5vocab(invitation_text, row);
`
	registryTables = `
CREATE VIRTUAL TABLE user_text USING fts5(text, content='', contentless_delete=1, tokenize='trigram case_sensitive 1');
CREATE VIRTUAL TABLE organization_text USING fts5(text, content='', contentless_delete=1, tokenize='trigram case_sensitive 1');
CREATE VIRTUAL TABLE user_text_words USING fts5vocab(user_text, row);
CREATE VIRTUAL TABLE organization_text_words USING fts5vocab(organization_text, row);
`
)

// text finds text by tables that SQLite alone has: which rows hold each run of
// three characters, in the order of the rows' numbers. Where in a text a run
// stands is not kept, so that writing is cheap, and a row found by some runs of a
// longer term is looked at before it counts.
type text struct{}

// rebuildText makes all text indexes anew from the rows. Beside each is its
// vocabulary, by which a term of one or two characters finds the runs that begin
// with it. Every change adds a segment to its index; merging them rarely keeps
// changes quick.
func rebuildText(ctx context.Context, tx *db.Tx) error {
	for _, x := range db.TextIndexes() {
		rows := x.Table
		if x.Only != "" {
			rows += " WHERE " + x.Only
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf(`
			DROP TABLE %[1]s_words;
			DROP TABLE %[1]s;
			CREATE VIRTUAL TABLE %[1]s USING fts5(text, content='', contentless_delete=1, detail=none, tokenize='trigram case_sensitive 1');
			CREATE VIRTUAL TABLE %[1]s_words USING fts5vocab(%[1]s, instance);
			INSERT INTO %[1]s (%[1]s, rank) VALUES ('automerge', 16);
			INSERT INTO %[1]s (rowid, text) SELECT num, text || $1 FROM %[2]s ORDER BY num`, x.Name, rows), TextEnd); err != nil {
			return err
		}
	}
	return nil
}

// TextEnd ends each text in an index, so that a run of three characters begins
// at every character, the last ones as well.
const TextEnd = "\n\n"

func (text) Put(ctx context.Context, tx *db.Tx, x db.TextIndex, num int64, text string) error {
	_, err := tx.Exec(ctx, "INSERT OR REPLACE INTO "+x.Name+" (rowid, text) VALUES ($1, $2)", num, text+TextEnd)
	return err
}

func (text) PutNew(ctx context.Context, tx *db.Tx, x db.TextIndex) (db.TextWriter, error) {
	st, err := tx.Prepare(ctx, "INSERT INTO "+x.Name+" (rowid, text) VALUES ($1, $2)")
	return writer{st}, err
}

type writer struct{ *sql.Stmt }

func (w writer) Put(ctx context.Context, num int64, text string) error {
	_, err := w.ExecContext(ctx, num, text+TextEnd)
	return err
}

func (text) Remove(ctx context.Context, tx *db.Tx, x db.TextIndex, num int64) error {
	_, err := tx.Exec(ctx, "DELETE FROM "+x.Name+" WHERE rowid = $1", num)
	return err
}

func (text) Holds(column, term string, w *db.Where) { w.Add("instr("+column+", ?) > 0", term) }

// A lookup is a query of an index.
type lookup struct {
	index       string
	term        string
	match       string
	exact       bool  // whether whatever matches holds the term
	first, last int64 // numbers of rows to look among
}

// Lookup is nil for a term of one or two characters that too many runs begin with.
func (text) Lookup(ctx context.Context, tx *db.Tx, x db.TextIndex, first, last int64, term string) (_ db.Lookup, none bool, err error) {
	l := &lookup{index: x.Name, term: term, exact: true, first: first, last: last}
	var runs []string
	switch n := utf8.RuneCountInString(term); {
	case n < 3:
		if runs, err = l.beginning(ctx, tx, term); err != nil || len(runs) > maxRuns {
			return nil, false, err
		}
		l.match = anyOf(runs)
	case n == 3:
		runs = []string{term}
		l.match = quoted(term)
	default:
		l.exact = false
		if runs, err = l.sparsest(ctx, tx, runsOf(term)); err != nil {
			return nil, false, err
		}
		l.match = allOf(runs)
	}
	return l, len(runs) == 0, nil
}

// maxRuns bounds the runs that a short term may stand for.
const maxRuns = 64

// beginning gives the runs in the index that begin with a term, up to maxRuns+1.
// Each is asked for by itself, from behind the last one on: the vocabulary would
// otherwise go through all rows of one before it comes to the next.
func (l *lookup) beginning(ctx context.Context, tx *db.Tx, term string) (runs []string, err error) {
	next, err := tx.Prepare(ctx, "SELECT term FROM "+l.index+"_words WHERE term >= $1 LIMIT 1")
	if err != nil {
		return nil, err
	}
	defer next.Close()
	for from := term; len(runs) <= maxRuns; from = runs[len(runs)-1] + "\x01" {
		var run string
		err := next.QueryRowContext(ctx, from).Scan(&run)
		if err == sql.ErrNoRows || err == nil && !strings.HasPrefix(run, term) {
			return runs, nil
		}
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// runsOf gives the runs of three characters in a term.
func runsOf(term string) (runs []string) {
	chars := []rune(term)
	for i := 0; i+3 <= len(chars); i++ {
		runs = append(runs, string(chars[i:i+3]))
	}
	return runs
}

// probeRows is how many rows of a run are read to see how far apart they lie.
const probeRows = 200

// mostRuns is how many runs of a term are looked up together: enough that few
// rows which hold them lack the term, few enough that going through the rows of
// each costs less than looking at those.
const mostRuns = 3

// sparsest gives of the runs of a term the one that few rows hold, or those whose
// rows lie farthest apart; none where a run is in no row.
func (l *lookup) sparsest(ctx context.Context, tx *db.Tx, runs []string) ([]string, error) {
	gaps := make([]int64, len(runs)) // from one row to the next
	for i, run := range runs {
		var n, last int64
		if err := tx.Row(ctx, fmt.Sprintf("SELECT count(*), coalesce(max(rowid), 0) FROM (SELECT rowid FROM %s WHERE %s MATCH $1 AND rowid BETWEEN $2 AND $3 LIMIT %d)", l.index, l.index, probeRows),
			quoted(run), l.first, l.last).Scan(&n, &last); err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, nil
		}
		if n < probeRows {
			return []string{run}, nil
		}
		gaps[i] = (last - l.first) / n
	}
	var chosen []string
	first := 0
	for len(chosen) < min(mostRuns, len(runs)) {
		best, apart := -1, false
		for i := range runs {
			// The second shares no character with the first, if it can be.
			far := len(chosen) == 1 && (i <= first-3 || i >= first+3)
			if gaps[i] >= 0 && (best < 0 || far && !apart || far == apart && gaps[i] > gaps[best]) {
				best, apart = i, far
			}
		}
		if len(chosen) == 0 {
			first = best
		}
		chosen = append(chosen, runs[best])
		gaps[best] = -1
	}
	return chosen, nil
}

func (l *lookup) Exact() bool { return l.exact }

func (l *lookup) Candidates(ctx context.Context, tx *db.Tx, most int) (n int, err error) {
	err = tx.Row(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT rowid FROM %s WHERE %s MATCH $1 AND rowid BETWEEN $2 AND $3 LIMIT %d)", l.index, l.index, most+1),
		l.match, l.first, l.last).Scan(&n)
	return n, err
}

// From has the index come first: SQLite must not ask it about every row.
func (l *lookup) From(table, alias string, w *db.Where) string {
	w.Add("x."+l.index+" MATCH ?", l.match)
	w.Add("x.rowid BETWEEN ? AND ?", l.first, l.last)
	l.hold(alias, w)
	return fmt.Sprintf("%s x CROSS JOIN %s %s ON %s.num = x.rowid", l.index, table, alias, alias)
}

func (l *lookup) Some(table, alias string, most int, w *db.Where) string {
	in := &db.Where{}
	in.Add(l.index+" MATCH ?", l.match)
	in.Add("rowid BETWEEN ? AND ?", l.first, l.last)
	w.Args = in.Args
	text{}.Holds(alias+".text", l.term, w)
	return fmt.Sprintf("(SELECT rowid AS num FROM %s WHERE %s LIMIT %d) x CROSS JOIN %s %s ON %s.num = x.num", l.index, in, most, table, alias, alias)
}

func (l *lookup) Among(alias string, w *db.Where) {
	w.Add(fmt.Sprintf("%s.num IN (SELECT rowid FROM %s WHERE %s MATCH ? AND rowid BETWEEN ? AND ?)", alias, l.index, l.index), l.match, l.first, l.last)
	l.hold(alias, w)
}

func (l *lookup) Number(string) string { return "x.rowid" }

func (l *lookup) StartAt(num int64, desc bool) {
	if desc {
		l.last = num
	} else {
		l.first = num
	}
}

// hold has a row that matches looked at, where that may not be all.
func (l *lookup) hold(alias string, w *db.Where) {
	if !l.exact {
		text{}.Holds(alias+".text", l.term, w)
	}
}

// quoted quotes a run for FTS5, where only the double quote is special inside a
// string.
func quoted(run string) string { return `"` + strings.ReplaceAll(run, `"`, `""`) + `"` }

func anyOf(runs []string) string { return joinRuns(runs, " OR ") }
func allOf(runs []string) string { return joinRuns(runs, " AND ") }

func joinRuns(runs []string, op string) string {
	each := make([]string, len(runs))
	for i, run := range runs {
		each[i] = quoted(run)
	}
	return strings.Join(each, op)
}
