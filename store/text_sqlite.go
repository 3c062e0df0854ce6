package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"unicode/utf8"
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

// A textIndex is a table of the schema that SQLite alone has: which rows hold
// each run of three characters, in the order of the rows' numbers. Where in a
// text a run stands is not kept, so that writing is cheap, and a row found by
// some runs of a longer term is looked at before it counts. The text is in the
// form of models.NormText, so case and accents count.
type textIndex string

const (
	memberText       textIndex = "member_text"
	invitationText   textIndex = "invitation_text"
	userText         textIndex = "user_text"
	organizationText textIndex = "organization_text"
)

// rebuildText makes all text indexes anew from the rows. Beside each is its
// vocabulary, by which a term of one or two characters finds the runs that begin
// with it. Every change adds a segment to its index; merging them rarely keeps
// changes quick.
func rebuildText(ctx context.Context, sqlTx *sql.Tx) error {
	for index, rows := range map[textIndex]string{
		memberText: "memberships", invitationText: "invitations", userText: "users", organizationText: "organizations WHERE kind = 'shared'",
	} {
		if _, err := sqlTx.ExecContext(ctx, fmt.Sprintf(`
			DROP TABLE %[1]s_words;
			DROP TABLE %[1]s;
			CREATE VIRTUAL TABLE %[1]s USING fts5(text, content='', contentless_delete=1, detail=none, tokenize='trigram case_sensitive 1');
			CREATE VIRTUAL TABLE %[1]s_words USING fts5vocab(%[1]s, instance);
			INSERT INTO %[1]s (%[1]s, rank) VALUES ('automerge', 16);
			INSERT INTO %[1]s (rowid, text) SELECT num, text || $1 FROM %[2]s ORDER BY num`, index, rows), textEnd); err != nil {
			return err
		}
	}
	return nil
}

// textEnd ends each text in an index, so that a run of three characters begins
// at every character, the last ones as well.
const textEnd = "\n\n"

func (x textIndex) put(ctx context.Context, t *tx, num int64, text string) error {
	_, err := t.exec(ctx, "INSERT OR REPLACE INTO "+string(x)+" (rowid, text) VALUES ($1, $2)", num, text+textEnd)
	return err
}

// inserter is a statement that takes the number and the text of new rows, many
// after each other. Close it.
func (x textIndex) inserter(ctx context.Context, t *tx) (*sql.Stmt, error) {
	return t.prepare(ctx, "INSERT INTO "+string(x)+" (rowid, text) VALUES ($1, $2)")
}

func (x textIndex) remove(ctx context.Context, t *tx, num int64) error {
	_, err := t.exec(ctx, "DELETE FROM "+string(x)+" WHERE rowid = $1", num)
	return err
}

// A lookup is how a text index finds the rows of one organization that hold a
// term.
type lookup struct {
	index       textIndex
	term        string
	match       string
	exact       bool  // whether whatever matches holds the term
	first, last int64 // numbers of rows to look among
}

// lookup makes the lookup of a term; none tells that no text can hold it. It is
// nil for a term of one or two characters that too many runs begin with.
func (x textIndex) lookup(ctx context.Context, t *tx, orgNum int64, term string) (l *lookup, none bool, err error) {
	l = &lookup{index: x, term: term, exact: true, first: firstNum(orgNum), last: lastNum(orgNum)}
	var runs []string
	switch n := utf8.RuneCountInString(term); {
	case n < 3:
		if runs, err = x.beginning(ctx, t, term); err != nil || len(runs) > maxRuns {
			return nil, false, err
		}
		l.match = anyOf(runs)
	case n == 3:
		runs = []string{term}
		l.match = quoted(term)
	default:
		l.exact = false
		if runs, err = l.sparsest(ctx, t, runsOf(term)); err != nil {
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
func (x textIndex) beginning(ctx context.Context, t *tx, term string) (runs []string, err error) {
	next, err := t.prepare(ctx, "SELECT term FROM "+string(x)+"_words WHERE term >= $1 LIMIT 1")
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
func (l *lookup) sparsest(ctx context.Context, t *tx, runs []string) ([]string, error) {
	gaps := make([]int64, len(runs)) // from one row to the next
	for i, run := range runs {
		var n, last int64
		if err := t.row(ctx, fmt.Sprintf("SELECT count(*), coalesce(max(rowid), 0) FROM (SELECT rowid FROM %s WHERE %s MATCH $1 AND rowid BETWEEN $2 AND $3 LIMIT %d)", l.index, l.index, probeRows),
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

// candidates counts the rows that match, up to most+1.
func (l *lookup) candidates(ctx context.Context, t *tx, most int) (n int, err error) {
	err = t.row(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT rowid FROM %s WHERE %s MATCH $1 AND rowid BETWEEN $2 AND $3 LIMIT %d)", l.index, l.index, most+1),
		l.match, l.first, l.last).Scan(&n)
	return n, err
}

// from is what a query of a table, by this alias, reads to meet only the rows of
// a lookup, in the order of their numbers. The index comes first: SQLite must
// not ask it about every row.
func (l *lookup) from(table, alias string, w *where) string {
	w.add("x."+string(l.index)+" MATCH ?", l.match)
	w.add("x.rowid BETWEEN ? AND ?", l.first, l.last)
	l.hold(alias, w)
	return fmt.Sprintf("%s x CROSS JOIN %s %s ON %s.num = x.rowid", l.index, table, alias, alias)
}

// some is from, of no more than the first rows that match.
func (l *lookup) some(table, alias string, most int, w *where) string {
	in := &where{}
	in.add(string(l.index)+" MATCH ?", l.match)
	in.add("rowid BETWEEN ? AND ?", l.first, l.last)
	w.args = in.args
	holds(alias, l.term, w)
	return fmt.Sprintf("(SELECT rowid AS num FROM %s WHERE %s LIMIT %d) x CROSS JOIN %s %s ON %s.num = x.num", l.index, in, most, table, alias, alias)
}

// among narrows a query to the rows of a lookup, where from cannot be used.
func (l *lookup) among(alias string, w *where) {
	w.add(fmt.Sprintf("%s.num IN (SELECT rowid FROM %s WHERE %s MATCH ? AND rowid BETWEEN ? AND ?)", alias, l.index, l.index), l.match, l.first, l.last)
	l.hold(alias, w)
}

// hold has a row that matches looked at, where that may not be all.
func (l *lookup) hold(alias string, w *where) {
	if !l.exact {
		holds(alias, l.term, w)
	}
}

// holds keeps to rows whose text holds a term.
func holds(alias, term string, w *where) { w.add("instr("+alias+".text, ?) > 0", term) }

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

// Rows of the text indexes are numbered by organization, so that a search can
// keep to one organization without reading the others' rows. Those of
// organizations themselves are numbered as of an organization 0, those of users as
// of one that there will never be.
const (
	rowBits   = 32
	userSpace = 1 << 30
)

// rowPlace is the column by which SQLite orders the rows of a table in its file.
// Members and users are written there by their numbers, so that those who stand
// together in the list are on the same pages of the file, and a page of the list
// reads few. It is about speed alone: a copy of the database keeps the order, not
// the values. It counts from one, which is why no number may be that small.
const rowPlace = "rowid"

func firstNum(orgNum int64) int64 { return orgNum << rowBits }
func lastNum(orgNum int64) int64  { return orgNum<<rowBits | (1<<rowBits - 1) }
