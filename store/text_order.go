package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"muster/store/internal/db"
)

// The numbers that members and users have in the text index follow their
// addresses: so the index itself gives what a search finds in the order of the
// list, and a page ends the search, however many rows hold the term and wherever
// they are. Between two numbers there is room for others; where there is none
// left, those around are spread out.

// numberStep is how far from the last number the next one at an end of the list
// is. It leaves room between people who come in the order of their addresses, and
// room for a million of them.
const numberStep = 1 << 12

// numbering is a list whose rows have such numbers.
type numbering struct {
	index db.TextIndex
	in    string // keeps to the organization $1
	user  string // the column with the user's id
}

func memberNumbers() numbering { return numbering{db.MemberText, "org_id = $1", "user_id"} }

// userNumbers are those of all users, as of an organization "".
func userNumbers() numbering { return numbering{db.UserText, "$1 = ''", "id"} }

// number finds a number for somebody with this address. Of those who have the
// same one, it follows their ids.
func (t *tx) number(ctx context.Context, l numbering, orgID, emailNorm, userID string) (int64, error) {
	place := "(email_norm, " + l.user + ")"
	order := func(desc string) string { return " ORDER BY email_norm" + desc + ", " + l.user + desc + " LIMIT 1" }
	org := int64(db.UserSpace)
	if orgID != "" {
		if err := t.row(ctx, "SELECT num FROM organizations WHERE id = $1", orgID).Scan(&org); err != nil {
			return 0, err
		}
	}
	first, last := db.FirstNumber(org), db.LastNumber(org)
	for range 2 { // there is room after spreading once
		before, isFirst, err := t.neighbour(ctx, "SELECT num FROM "+l.index.Table+" WHERE "+l.in+" AND "+place+" < ($2, $3)"+order(" DESC"), first, orgID, emailNorm, userID)
		if err != nil {
			return 0, err
		}
		after, isLast, err := t.neighbour(ctx, "SELECT num FROM "+l.index.Table+" WHERE "+l.in+" AND "+place+" > ($2, $3)"+order(""), last, orgID, emailNorm, userID)
		if err != nil {
			return 0, err
		}
		num := before + (after-before)/2
		switch {
		case isFirst && isLast:
		case isLast:
			num = min(num, before+numberStep)
		case isFirst:
			num = max(num, after-numberStep)
		}
		if num > before {
			return num, nil
		}
		if err := t.spread(ctx, l, before); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("%s: the numbers are not in the order of the addresses", l.index.Table)
}

// moveTo finds the number that somebody has after a change of address. What the
// text index holds of them under another number is taken out.
func (t *tx) moveTo(ctx context.Context, l numbering, orgID, userID, emailNorm string) (num int64, err error) {
	if num, err = t.number(ctx, l, orgID, emailNorm, userID); err != nil {
		return 0, err
	}
	var old int64
	var was string
	if err = t.row(ctx, "SELECT num, email_norm FROM "+l.index.Table+" WHERE "+l.in+" AND "+l.user+" = $2", orgID, userID).Scan(&old, &was); err != nil || was == emailNorm {
		return old, err
	}
	return num, t.db.Text().Remove(ctx, t.db, l.index, old)
}

// neighbour runs a query of one number; where there is none, it gives the bound.
func (t *tx) neighbour(ctx context.Context, query string, bound int64, args ...any) (num int64, end bool, err error) {
	err = t.row(ctx, query, args...).Scan(&num)
	if errors.Is(err, sql.ErrNoRows) {
		return bound, true, nil
	}
	return num, false, err
}

// spread makes room around a number: it looks for the smallest range of numbers,
// of a size that is a power of two and beginning at a multiple of it, of which
// few enough are taken, and spaces those evenly. The larger the range, the smaller
// the part that may be taken, so that rows move seldom (Itai, Konheim, Rodeh 1981).
func (t *tx) spread(ctx context.Context, l numbering, num int64) error {
	room := 1.0
	for bits := 1; ; bits++ {
		room *= 1.6
		lo := num &^ (1<<bits - 1)
		hi := lo | (1<<bits - 1)
		var taken int
		if err := t.row(ctx, "SELECT count(*) FROM "+l.index.Table+" WHERE num BETWEEN $1 AND $2", lo, hi).Scan(&taken); err != nil {
			return err
		}
		if float64(taken)+1 <= room || bits == db.NumberBits {
			return t.space(ctx, l, lo, hi)
		}
	}
}

// space lets those whose numbers are from lo to hi have them in even distances.
func (t *tx) space(ctx context.Context, l numbering, lo, hi int64) error {
	type row struct {
		num  int64
		text string
	}
	rows, err := collect(ctx, t, func(r scanner) (x row, err error) { return x, r.Scan(&x.num, &x.text) },
		"SELECT num, text FROM "+l.index.Table+" WHERE num BETWEEN $1 AND $2 ORDER BY num", lo, hi)
	if err != nil {
		return err
	}
	step := (hi - lo + 1) / int64(len(rows)+1)
	to := func(i int) int64 { return lo + int64(i+1)*step }
	// Upwards from the last one, then downwards from the first, nobody takes a
	// number that another still has.
	for i, r := range slices.Backward(rows) {
		if to(i) > r.num {
			if err := t.renumber(ctx, l, r.num, to(i), r.text); err != nil {
				return err
			}
		}
	}
	for i, r := range rows {
		if to(i) < r.num {
			if err := t.renumber(ctx, l, r.num, to(i), r.text); err != nil {
				return err
			}
		}
	}
	return nil
}

// renumber gives somebody another number.
func (t *tx) renumber(ctx context.Context, l numbering, from, to int64, text string) error {
	if err := t.db.Text().Remove(ctx, t.db, l.index, from); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "UPDATE "+l.index.Table+" SET "+t.db.SetNumber("$1")+" WHERE num = $2", to, from); err != nil {
		return err
	}
	return t.db.Text().Put(ctx, t.db, l.index, to, text)
}

// startAt has a search, where its order is that of the numbers, begin
// with the first one that a query in this order finds.
func (t *tx) startAt(ctx context.Context, f *search, w *db.Where, pg *db.Pager) error {
	if pg.Start() == nil || !f.ordered || f.lookup == nil {
		return nil
	}
	var num int64
	err := t.row(ctx, fmt.Sprintf("SELECT %s.num FROM %s %s WHERE %s ORDER BY %s LIMIT 1", f.alias, f.table, f.alias, w, pg.OrderBy()), w.Args...).Scan(&num)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // nor does the search find any
	}
	if err == nil {
		f.lookup.StartAt(num, pg.Desc())
	}
	return err
}
