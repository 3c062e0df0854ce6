package store

import (
	"context"
	"fmt"
	"slices"

	"muster/models"
)

// nameList is a list in the order of names: what to select, and which page.
type nameList struct {
	sort          string // names the list in cursors
	table         string // alias of the table with name_norm and id
	from, columns string
	limit         int
	after, before string
}

// named is a row with the key that a page goes on from.
type named[T any] struct {
	item T
	key  []any
}

// listByName fills a page.
func listByName[T any](ctx context.Context, t *tx, w *where, l nameList, scan func(scanner) (named[T], error), p *models.Page[T]) error {
	cols := []string{l.table + ".name_norm", l.table + ".id"}
	query := func(w *where, desc bool) string {
		return fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT %d", l.columns, l.from, w, orderBy(cols, desc), l.limit+1)
	}
	return keysetPage(ctx, t, w, cols, l.sort, l.limit, l.after, l.before, query, scan, p)
}

// keysetPage fills a page of a list that is sorted by two columns of text. The
// query gets the conditions, seeking included, and the direction.
func keysetPage[T any](ctx context.Context, t *tx, w *where, cols []string, sort string, limit int, after, before string,
	query func(w *where, desc bool) string, scan func(scanner) (named[T], error), p *models.Page[T]) error {
	from, backward := after, false
	if before != "" {
		from, backward = before, true
	}
	if from != "" {
		key, err := decodeCursor(from, sort, []any{"", ""})
		if err != nil {
			return err
		}
		w.seek(cols, key, backward)
	}
	rows, err := collect(ctx, t, scan, query(w, backward), w.args...)
	if err != nil {
		return err
	}
	more := len(rows) > limit
	rows = rows[:min(len(rows), limit)]
	if backward {
		slices.Reverse(rows)
	}
	p.Items = make([]T, len(rows))
	for i, r := range rows {
		p.Items[i] = r.item
	}
	if len(rows) == 0 {
		return nil
	}
	if more || backward {
		p.Next = encodeCursor(sort, rows[len(rows)-1].key)
	}
	if more && backward || !backward && from != "" {
		p.Prev = encodeCursor(sort, rows[0].key)
	}
	return nil
}
