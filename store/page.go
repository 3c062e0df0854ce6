package store

import (
	"context"
	"fmt"

	"muster/models"
	"muster/store/internal/db"
)

// nameList is a list in the order of names: what to select, and which page.
type nameList struct {
	sort          string // names the list in cursors
	table         string // alias of the table with name_norm and id
	from, columns string
	limit         int
	after, before string
}

// keyed is a row with the key that a page goes on from.
type keyed[T any] struct {
	item T
	key  []any
}

// listByName fills a page of a list in the order of names.
func listByName[T any](ctx context.Context, t *tx, w *db.Where, l nameList, scan scanFunc[keyed[T]], p *models.Page[T]) error {
	cols := []string{l.table + ".name_norm", l.table + ".id"}
	pg, err := db.NewPager(db.Order{Sort: l.sort, Cols: cols, Key: []any{"", ""}}, l.limit, l.after, l.before)
	if err != nil {
		return err
	}
	return fillPage(ctx, t, w, pg, func(w *db.Where) string {
		return fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT %d", l.columns, l.from, w, pg.OrderBy(), pg.Read())
	}, scan, p)
}

// fillPage fills a page from a query, which gets the conditions, seeking included.
func fillPage[T any](ctx context.Context, t *tx, w *db.Where, pg db.Pager, query func(*db.Where) string, scan scanFunc[keyed[T]], p *models.Page[T]) error {
	pg.Seek(w)
	rows, err := collect(ctx, t, scan, query(w), w.Args...)
	if err != nil {
		return err
	}
	rows, p.Next, p.Prev = db.Cut(&pg, rows, func(r keyed[T]) []any { return r.key })
	p.Items = make([]T, len(rows))
	for i, r := range rows {
		p.Items[i] = r.item
	}
	return nil
}
