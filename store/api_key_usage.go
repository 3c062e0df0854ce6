package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/models"
)

// usageLog counts in memory what API keys are used for, and writes it behind, so
// that no request waits for a write.
type usageLog struct {
	s *Store

	behind
	pending map[usageRow]usageCount
	seen    map[keyRef]seenUse
	denied  map[keyRef]*deniedUse
	books   map[string]*creditBook // by organization
	timer   *time.Timer
	writing sync.Mutex // one flush at a time
}

type keyRef struct{ org, id string }

type usageRow struct {
	keyRef
	day  int64
	kind string
}

type usageCount struct{ uses, denied, cost int }

type seenUse struct {
	at   time.Time
	from netip.Addr
}

type deniedUse struct {
	label string
	codes map[models.KeyCode]int
}

// creditBook is what an organization has used of a month's credits.
type creditBook struct {
	month           int64
	stored, pending int
}

// What credits and requests are used for.
const (
	usedByRequest      = "request"
	usedByVerification = "verification"
)

const (
	usageDelay = time.Second
	usageKept  = 400 // days that usage is kept
	usageBatch = 2000
)

// usageFailure is said of what could not be written.
const usageFailure = "cannot write the use of API keys"

func newUsageLog(s *Store) *usageLog {
	return &usageLog{s: s, pending: map[usageRow]usageCount{}, seen: map[keyRef]seenUse{}, denied: map[keyRef]*deniedUse{}, books: map[string]*creditBook{}}
}

// used counts that a key was used.
func (l *usageLog) used(k *models.APIKey, kind string, cost int, now time.Time, from netip.Addr) {
	ref := keyRef{k.OrgID, k.ID}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count(usageRow{ref, models.Day(now), kind}, usageCount{uses: 1, cost: cost})
	l.seen[ref] = seenUse{now, from}
}

// refused counts that a key was used that does not work.
func (l *usageLog) refused(k *models.APIKey, kind string, code models.KeyCode, now time.Time) {
	ref := keyRef{k.OrgID, k.ID}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count(usageRow{ref, models.Day(now), kind}, usageCount{denied: 1})
	d := l.denied[ref]
	if d == nil {
		d = &deniedUse{label: k.Name(), codes: map[models.KeyCode]int{}}
		l.denied[ref] = d
	}
	d.codes[code]++
}

// count adds to what is to be written. The lock is held.
func (l *usageLog) count(row usageRow, n usageCount) {
	if l.closed {
		return
	}
	c := l.pending[row]
	l.pending[row] = usageCount{c.uses + n.uses, c.denied + n.denied, c.cost + n.cost}
	if l.timer == nil {
		l.timer = time.AfterFunc(usageDelay, l.background(l.s.log, usageFailure, l.flush))
	}
}

// spend takes credits of the month, all or none, and gives what is left. A limit
// of 0 is none. Other processes learn of it with their next write, within a second
// of use.
func (l *usageLog) spend(ctx context.Context, orgID string, limit, cost int, now time.Time) (left int, err error) {
	month := models.Month(now)
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.books[orgID]
	if b == nil || b.month != month {
		stored, err := l.s.creditsUsed(ctx, orgID, month)
		if err != nil {
			return 0, err
		}
		b = &creditBook{month: month, stored: stored}
		l.books[orgID] = b
	}
	left = limit - b.stored - b.pending
	if limit > 0 && cost > left {
		return max(left, 0), models.NoCredits(limit, month)
	}
	b.pending += cost
	return max(left-cost, 0), nil
}

func (s *Store) creditsUsed(ctx context.Context, orgID string, month int64) (used int, err error) {
	err = s.db.Row(ctx, "SELECT used FROM credit_months WHERE org_id = $1 AND month = $2", orgID, month).Scan(&used)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return used, s.dataError(err)
}

// flush writes what was counted. What cannot be written is counted on, and tried
// with what comes next.
func (l *usageLog) flush(ctx context.Context) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	rows, seen, denied := l.pending, l.seen, l.denied
	l.pending, l.seen, l.denied, l.timer = map[usageRow]usageCount{}, map[keyRef]seenUse{}, map[keyRef]*deniedUse{}, nil
	l.mu.Unlock()
	byRow := func(a, b usageRow) int { return strings.Compare(a.org+a.id+a.kind, b.org+b.id+b.kind) }
	for chunk := range slices.Chunk(slices.SortedFunc(maps.Keys(rows), byRow), usageBatch) {
		used := map[string]creditBook{}
		err := l.s.asSystem(ctx, "", func(t *tx) error {
			t.unlogged("use is counted")
			clear(used)
			for _, row := range chunk {
				if err := t.writeUse(ctx, row, rows[row], seen, denied, used); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			l.mu.Lock()
			for row, n := range rows {
				l.count(row, n)
			}
			l.mu.Unlock()
			return err
		}
		l.mu.Lock()
		for _, row := range chunk {
			if b := l.books[row.org]; b != nil && b.month == models.Month(models.DayStart(row.day)) {
				b.pending -= rows[row].cost
				if u, ok := used[row.org]; ok && u.month == b.month {
					b.stored = u.stored
				}
			}
			delete(rows, row)
		}
		l.mu.Unlock()
	}
	return nil
}

// addressText is an address as it is kept, empty for none.
func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.Unmap().String()
}

func (t *tx) writeUse(ctx context.Context, row usageRow, n usageCount, seen map[keyRef]seenUse, denied map[keyRef]*deniedUse, used map[string]creditBook) error {
	// The organization or the key may be gone by now, which is fine.
	if _, err := t.exec(ctx, `INSERT INTO usage_days (org_id, day, key_id, kind, uses, denied, cost)
		SELECT id, $2, $3, $4, $5, $6, $7 FROM organizations WHERE id = $1
		ON CONFLICT (org_id, day, key_id, kind) DO UPDATE SET uses = usage_days.uses + excluded.uses, denied = usage_days.denied + excluded.denied, cost = usage_days.cost + excluded.cost`,
		row.org, row.day, row.id, row.kind, n.uses, n.denied, n.cost); err != nil {
		return err
	}
	if x, ok := seen[row.keyRef]; ok {
		if _, err := t.exec(ctx, `INSERT INTO api_key_seen (org_id, key_id, last_used_at, address, refused_at)
			SELECT org_id, id, $3, $4, 0 FROM api_keys WHERE org_id = $1 AND id = $2
			ON CONFLICT (org_id, key_id) DO UPDATE SET last_used_at = excluded.last_used_at, address = excluded.address`,
			row.org, row.id, micros(x.at), addressText(x.from)); err != nil {
			return err
		}
		delete(seen, row.keyRef)
	}
	if n.cost > 0 {
		b := creditBook{month: models.Month(models.DayStart(row.day))}
		err := t.row(ctx, `INSERT INTO credit_months (org_id, month, used) SELECT id, $2, $3 FROM organizations WHERE id = $1
			ON CONFLICT (org_id, month) DO UPDATE SET used = credit_months.used + excluded.used RETURNING used`, row.org, b.month, n.cost).Scan(&b.stored)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		used[row.org] = b
	}
	d, ok := denied[row.keyRef]
	if !ok {
		return nil
	}
	delete(denied, row.keyRef)
	return t.logRefusedUse(ctx, row.keyRef, d)
}

// logRefusedUse writes the entry of refused uses, one an hour for each key.
func (t *tx) logRefusedUse(ctx context.Context, ref keyRef, d *deniedUse) error {
	hour := micros(t.now.Truncate(time.Hour))
	var at int64
	err := t.row(ctx, `INSERT INTO api_key_seen (org_id, key_id, last_used_at, address, refused_at)
		SELECT org_id, id, 0, '', $3 FROM api_keys WHERE org_id = $1 AND id = $2
		ON CONFLICT (org_id, key_id) DO UPDATE SET refused_at = excluded.refused_at WHERE api_key_seen.refused_at < excluded.refused_at
		RETURNING refused_at`, ref.org, ref.id, hour).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // this hour has one
	}
	if err != nil {
		return err
	}
	var why []string
	for _, code := range slices.Sorted(maps.Keys(d.codes)) {
		why = append(why, fmt.Sprintf("%s (%s)", code, models.Count(d.codes[code], "time")))
	}
	return t.log(ctx, entry{event: event{"api_key.use", "api_key", ref.id, d.label}, org: ref.org, as: models.AsSystem,
		refused: strings.Join(why, ", "), quiet: true})
}

// close writes what is pending.
func (l *usageLog) close() {
	l.stop(l.s.log, usageFailure, func() bool { return len(l.pending) > 0 }, l.flush, &l.timer)
}

// APIKeyUsage is what the keys of an organization were used for in the last days,
// today included, of all or of one, with the credits of the month: of one key for
// who may see it, of all for who manages keys.
func (s *Store) APIKeyUsage(ctx context.Context, a models.Actor, orgID, id string, days int) (u models.KeyUsage, err error) {
	if days < 1 || days > models.MaxOverviewDays {
		return u, models.Invalid("days", "days must be from 1 to %d", models.MaxOverviewDays)
	}
	target := event{"api_key.usage", "organization", orgID, ""}
	if id != "" {
		target = event{"api_key.usage", "api_key", id, ""}
	}
	err = s.view(ctx, a, target, func(t *tx) error {
		o, err := t.usageOf(ctx, orgID, id)
		if err != nil {
			return err
		}
		if u.Days, err = t.usageDays(ctx, o.ID, id, days); err != nil {
			return err
		}
		values, err := t.settingValues(ctx, o.ID)
		if err != nil {
			return err
		}
		u.Credits, err = t.creditUse(ctx, o, values)
		return err
	})
	return u, err
}

func (t *tx) usageOf(ctx context.Context, orgID, id string) (*org, error) {
	if id != "" {
		o, _, _, err := t.keyOf(ctx, orgID, id)
		return o, err
	}
	o, err := t.org(ctx, orgID)
	if err == nil {
		err = t.require(o, models.PermKeysAll)
	}
	return o, err
}

func (t *tx) usageDays(ctx context.Context, orgID, id string, days int) ([]models.UsageDay, error) {
	first := models.Day(t.now) - int64(days) + 1
	list := make([]models.UsageDay, days)
	for i := range list {
		list[i].Day = models.DayStart(first + int64(i)).Format(time.DateOnly)
	}
	rows, err := t.query(ctx, `SELECT day, CAST(sum(uses) AS BIGINT), CAST(sum(denied) AS BIGINT), CAST(sum(cost) AS BIGINT) FROM usage_days
		WHERE org_id = $1 AND day >= $2 AND (key_id = $3 OR $3 = '') GROUP BY day`, orgID, first, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var day int64
		var d models.UsageDay
		if err := rows.Scan(&day, &d.Uses, &d.Denied, &d.Cost); err != nil {
			return nil, err
		}
		if i := day - first; i < int64(days) {
			d.Day = list[i].Day
			list[i] = d
		}
	}
	return list, rows.Err()
}

func (t *tx) creditUse(ctx context.Context, o *org, values map[string]string) (c models.CreditUse, err error) {
	month := models.Month(t.now)
	c = models.CreditUse{Month: models.MonthStart(month).Format("2006-01"), Limit: models.CreditsOf(o.plan, values), ResetsAt: models.MonthStart(month + 1)}
	err = t.row(ctx, "SELECT coalesce((SELECT used FROM credit_months WHERE org_id = $1 AND month = $2), 0)", o.ID, month).Scan(&c.Used)
	return c, err
}

// dropOldUse forgets use of long ago.
func (s *Store) dropOldUse(ctx context.Context) error {
	before := models.Day(s.latest()) - usageKept
	some, err := s.strings(ctx, "SELECT org_id FROM usage_days WHERE day < $1 LIMIT 1", before)
	if err != nil || len(some) == 0 {
		return err
	}
	return s.asSystem(ctx, "", func(t *tx) error {
		t.unlogged("use is counted, not logged")
		_, err := t.exec(ctx, "DELETE FROM usage_days WHERE day < $1", before)
		return err
	})
}
