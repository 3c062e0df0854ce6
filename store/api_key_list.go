package store

import (
	"context"
	"fmt"

	"muster/models"
	"muster/store/internal/db"
)

// ListAPIKeys gives a page of an organization's keys, the newest first: all of
// them for who manages keys, their own personal ones for everybody else.
func (s *Store) ListAPIKeys(ctx context.Context, a models.Actor, orgID string, q models.APIKeyQuery) (p models.Page[models.APIKey], err error) {
	limit, err := checkPage(q.Limit, q.Search)
	if err != nil {
		return p, err
	}
	err = s.view(ctx, a, event{"api_key.list", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		terms, _, err := t.keyTerms(ctx, o)
		if err != nil {
			return err
		}
		w := &db.Where{}
		w.Add("k.org_id = ?", o.ID)
		if t.require(o, models.PermKeysAll) != nil {
			w.Add("k.owner_id = ?", t.user.ID)
		}
		if err := t.row(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM api_keys k WHERE %s LIMIT %d) n", w, models.MatchesCap+1), w.Args...).Scan(&p.Total); err != nil {
			return err
		}
		p.Matches = p.Total
		if err := t.keyFilter(ctx, o, w, q, &p.Matches); err != nil {
			return err
		}
		order := db.Order{Sort: "api_keys", Cols: []string{"k.created_at", "k.id"}, Desc: true, Key: []any{int64(0), ""}}
		pg, err := db.NewPager(order, limit, q.After, q.Before)
		if err != nil {
			return err
		}
		pg.Seek(w)
		rows, err := collect(ctx, t, scanAPIKey(), fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT %d",
			apiKeyColumns, apiKeyTables, w, pg.OrderBy(), pg.Read()), w.Args...)
		if err != nil {
			return err
		}
		items, next, prev := db.Cut(&pg, rows, func(k apiKey) []any { return []any{micros(k.CreatedAt), k.ID} })
		p.Next, p.Prev, p.Items = next, prev, make([]models.APIKey, len(items))
		for i, k := range items {
			p.Items[i] = t.seenKey(o, terms, k)
		}
		if q.WithUse {
			return t.recentUse(ctx, o.ID, p.Items)
		}
		return nil
	})
	return p, err
}

// keyFilter narrows a list of keys. How many match is not counted then.
func (t *tx) keyFilter(ctx context.Context, o *org, w *db.Where, q models.APIKeyQuery, matches *int) error {
	before := len(w.Conds)
	if q.Kind != "" {
		w.Add("k.kind = ?", string(q.Kind))
	}
	now := micros(t.now)
	switch q.State {
	case models.APIKeyActive:
		w.Add("k.revoked_at = 0 AND (k.expires_at = 0 OR k.expires_at > ?)", now)
	case models.APIKeyExpired:
		w.Add("k.revoked_at = 0 AND k.expires_at > 0 AND k.expires_at <= ?", now)
	case models.APIKeyRevoked:
		w.Add("k.revoked_at > 0")
	}
	if q.Service != "" {
		sv, err := t.service(ctx, o, q.Service)
		if err != nil {
			return err
		}
		w.Add("k.service_id = ?", sv.ID)
	}
	if q.Owner != "" {
		m, err := t.member(ctx, o, q.Owner)
		if err != nil {
			return err
		}
		w.Add("k.owner_id = ?", m.ID)
	}
	t.holdText(w, "k.text || ' ' || coalesce(sv.name_norm, '') || ' ' || coalesce(u.email_norm, '')", q.Search, q.Terms)
	if len(w.Conds) > before {
		*matches = -1
	}
	return nil
}

// APIKey is one key: everybody sees their own personal ones, who manages keys all.
// orgID may be empty.
func (s *Store) APIKey(ctx context.Context, a models.Actor, orgID, id string) (v models.APIKey, err error) {
	err = s.view(ctx, a, event{"api_key.show", "api_key", id, ""}, func(t *tx) error {
		o, terms, k, err := t.keyOf(ctx, orgID, id)
		if err != nil {
			return err
		}
		v = t.seenKey(o, terms, k)
		return nil
	})
	return v, err
}

// recentUse fills in how often keys were used lately.
func (t *tx) recentUse(ctx context.Context, orgID string, page []models.APIKey) error {
	if len(page) == 0 {
		return nil
	}
	first := models.Day(t.now) - models.RecentDays + 1
	byID, ids := map[string]*models.APIKey{}, make([]string, len(page))
	for i := range page {
		page[i].Recent = make([]int, models.RecentDays)
		byID[page[i].ID], ids[i] = &page[i], page[i].ID
	}
	w := &db.Where{}
	w.Add("org_id = ?", orgID)
	w.Add("day >= ?", first)
	w.In("key_id", ids)
	rows, err := t.query(ctx, fmt.Sprintf("SELECT key_id, day, CAST(sum(uses) AS BIGINT) FROM usage_days WHERE %s GROUP BY key_id, day", w), w.Args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var day, n int64
		if err := rows.Scan(&id, &day, &n); err != nil {
			return err
		}
		if i := day - first; i < models.RecentDays {
			byID[id].Recent[i] = int(n)
		}
	}
	return rows.Err()
}
