package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// auditTable are the columns of audit.
var auditTable = db.Columns[models.AuditEntry]{
	text("org_id", func(e *models.AuditEntry) *string { return &e.OrgID }),
	number("seq", func(e *models.AuditEntry) *int64 { return &e.Seq }),
	at("at", func(e *models.AuditEntry) *time.Time { return &e.At }),
	text("actor_id", func(e *models.AuditEntry) *string { return &e.ActorID }),
	text("actor_email", func(e *models.AuditEntry) *string { return &e.ActorEmail }),
	text("acting_as", func(e *models.AuditEntry) *models.ActingAs { return &e.ActingAs }),
	text("on_behalf_of", func(e *models.AuditEntry) *string { return &e.OnBehalfOf }),
	text("action", func(e *models.AuditEntry) *string { return &e.Action }),
	text("target_type", func(e *models.AuditEntry) *string { return &e.TargetType }),
	text("target_id", func(e *models.AuditEntry) *string { return &e.TargetID }),
	text("target_label", func(e *models.AuditEntry) *string { return &e.TargetLabel }),
	text("before", func(e *models.AuditEntry) *string { return &e.Before }),
	text("after", func(e *models.AuditEntry) *string { return &e.After }),
	text("outcome", func(e *models.AuditEntry) *models.Outcome { return &e.Outcome }),
	text("reason", func(e *models.AuditEntry) *string { return &e.Reason }),
	text("via", func(e *models.AuditEntry) *models.Via { return &e.Via }),
	text("address", func(e *models.AuditEntry) *string { return &e.Address }),
	text("key", func(e *models.AuditEntry) *string { return &e.Key }),
	flag("actor_unverified", func(e *models.AuditEntry) *bool { return &e.ActorUnverified }),
	text("prev_hash", func(e *models.AuditEntry) *string { return &e.PrevHash }),
	text("hash", func(e *models.AuditEntry) *string { return &e.Hash }),
}

var auditColumns = auditTable.Read("")

func scanAudit() scanFunc[models.AuditEntry] {
	var e models.AuditEntry
	return scanInto(auditTable.Dest(&e), func() models.AuditEntry {
		e.ID = fmt.Sprintf("%s:%d", e.OrgID, e.Seq)
		return e
	})
}

// auditScope finds the chain that the actor asks for and what of it they may
// read: an organization's, whole or their own actions, or for site admins the
// installation's.
func (t *tx) auditScope(ctx context.Context, ref string) (id, label string, own bool, err error) {
	if ref == models.InstallationLog {
		if !t.user.SiteAdmin {
			return "", "", false, models.Errorf(models.CodeDenied, "only site admins may read the installation's audit log").
				WithHint("ask a site admin")
		}
		t.attempt.org, t.attempt.as = nil, models.AsSiteAdmin
		return "", "installation", false, t.siteFactor(ctx)
	}
	o, err := t.org(ctx, ref)
	if err != nil {
		return "", "", false, err
	}
	return o.ID, o.Code, t.require(o, models.PermAudit) != nil, nil
}

// auditQuery is a query on one chain. Each list of alternatives is asked for
// one by one, so that every part is one range of an index, however few entries
// of how many fit.
type auditQuery struct {
	db.Where
	alternatives [][]string
}

// text is the query for entries from one end of the chain on.
func (w *auditQuery) text(desc bool, limit int) string {
	parts := []string{w.String()}
	for _, alts := range w.alternatives {
		var next []string
		for _, p := range parts {
			for _, a := range alts {
				next = append(next, p+" AND "+a)
			}
		}
		parts = next
	}
	order := db.OrderBy([]string{"seq"}, desc)
	for i, p := range parts {
		parts[i] = fmt.Sprintf("SELECT * FROM (SELECT %s FROM audit WHERE %s ORDER BY %s LIMIT %d) x", auditColumns, p, order, limit)
	}
	return fmt.Sprintf("SELECT * FROM (%s) y ORDER BY %s LIMIT %d", strings.Join(parts, " UNION ALL "), order, limit)
}

// auditFilter makes the query for what fits.
func (t *tx) auditFilter(ctx context.Context, orgID string, own bool, q models.AuditQuery) (*auditQuery, error) {
	w := &auditQuery{}
	w.Add("org_id = ?", orgID)
	if own {
		w.Add("actor_id = ?", t.user.ID)
	}
	if q.Actor != "" {
		// The log knows people by id, and by address as it was then, which is all
		// that is left of who has no account any more.
		u, err := t.userByRef(ctx, q.Actor)
		switch {
		case err == nil:
			w.alternatives = append(w.alternatives, []string{
				"actor_id = " + w.Mark(u.ID), "on_behalf_of <> '' AND on_behalf_of = " + w.Mark(u.Email)})
		case errors.Is(err, sql.ErrNoRows):
			id := w.Mark(q.Actor)
			w.alternatives = append(w.alternatives, []string{"actor_id = " + id, "actor_id <> " + id + " AND actor_email = " + id})
		default:
			return nil, err
		}
	}
	if q.Action != "" {
		actions, err := t.actionsSeen(ctx, orgID)
		if err != nil {
			return nil, err
		}
		fit := []string{"1 = 0"}
		for _, a := range actions {
			if a == q.Action || strings.HasPrefix(a, q.Action+".") {
				fit = append(fit, "action = "+w.Mark(a))
			}
		}
		w.alternatives = append(w.alternatives, fit)
	}
	if q.Target != "" {
		target := w.Mark(q.Target)
		w.alternatives = append(w.alternatives, []string{"target_id = " + target, "target_id <> " + target + " AND target_label = " + target})
	}
	if !q.From.IsZero() {
		w.Add("at >= ?", micros(q.From))
	}
	if !q.Until.IsZero() {
		w.Add("at < ?", micros(q.Until))
	}
	return w, nil
}

// actionsSeen lists the actions in a chain: one step along the index for each,
// where DISTINCT would read the whole of it.
func (t *tx) actionsSeen(ctx context.Context, orgID string) (actions []string, err error) {
	for last := ""; ; {
		var next string
		if err := t.row(ctx, "SELECT coalesce(min(action), '') FROM audit WHERE org_id = $1 AND action > $2", orgID, last).Scan(&next); err != nil || next == "" {
			return actions, err
		}
		actions = append(actions, next)
		last = next
	}
}

// ListAudit gives a page of an organization's log, newest first: all of it for
// owners and admins, their own actions for everybody else. For
// models.InstallationLog it is the installation's own, for site admins.
func (s *Store) ListAudit(ctx context.Context, a models.Actor, orgID string, q models.AuditQuery) (p models.Page[models.AuditEntry], err error) {
	limit, err := models.CheckLimit(q.Limit)
	if err != nil {
		return p, err
	}
	err = s.view(ctx, a, event{"audit.list", "organization", orgID, ""}, func(t *tx) error {
		id, _, own, err := t.auditScope(ctx, orgID)
		if err != nil {
			return err
		}
		w, err := t.auditFilter(ctx, id, own, q)
		if err != nil {
			return err
		}
		return t.auditPage(ctx, w, q, limit, &p)
	})
	return p, err
}

func (t *tx) auditPage(ctx context.Context, w *auditQuery, q models.AuditQuery, limit int, p *models.Page[models.AuditEntry]) error {
	order := db.Order{Sort: "audit", Cols: []string{"seq"}, Desc: true, Key: []any{int64(0)}}
	pg, err := db.NewPager(order, limit, q.After, q.Before)
	if err != nil {
		return err
	}
	pg.Seek(&w.Where)
	rows, err := collect(ctx, t, scanAudit(), w.text(pg.Desc(), pg.Read()), w.Args...)
	if err != nil {
		return err
	}
	p.Items, p.Next, p.Prev = db.Cut(&pg, rows, func(e models.AuditEntry) []any { return []any{e.Seq} })
	return nil
}

// VerifyAudit reads a whole chain and reports the first broken entry:
// an organization's for owners and admins, with models.InstallationLog the
// installation's own for site admins.
func (s *Store) VerifyAudit(ctx context.Context, a models.Actor, orgID string) (r models.ChainReport, err error) {
	err = s.view(ctx, a, event{"audit.verify", "organization", orgID, ""}, func(t *tx) error {
		id, label, own, err := t.auditScope(ctx, orgID)
		if err != nil {
			return err
		}
		t.found("organization", id, label)
		if own {
			return noAudit()
		}
		r, err = t.verify(ctx, id)
		return err
	})
	return r, err
}

// noAudit refuses what only the readers of a whole log may do.
func noAudit() error {
	return models.Errorf(models.CodeDenied, "only owners and admins may read the whole audit log").
		WithHint("{audit.list} shows your own actions")
}

// VerifyAll verifies every chain, the installation's own with them. It is for
// whoever can open the database file.
func (s *Store) VerifyAll(ctx context.Context) (reports []models.ChainReport, err error) {
	err = s.viewAnyone(ctx, models.Actor{Via: models.ViaSystem}, event{}, func(t *tx) error {
		reports, err = t.verifyAll(ctx)
		return err
	})
	return reports, err
}

func (t *tx) verifyAll(ctx context.Context) (reports []models.ChainReport, err error) {
	ids, err := collect(ctx, t, scanString, "SELECT org_id FROM audit_heads UNION SELECT org_id FROM audit ORDER BY org_id")
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		r, err := t.verify(ctx, id)
		if err != nil {
			return nil, err
		}
		reports = append(reports, r)
	}
	return reports, nil
}

// verify walks one chain: numbers without gaps, each entry on the hash of the
// one before, and at the end the head, which shows entries cut off or added.
func (t *tx) verify(ctx context.Context, orgID string) (models.ChainReport, error) {
	r := models.ChainReport{OrgID: orgID, OK: true}
	var head int64
	var headHash string
	err := t.row(ctx, "SELECT seq, hash FROM audit_heads WHERE org_id = $1", orgID).Scan(&head, &headHash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return r, err
	}
	rows, err := t.query(ctx, "SELECT "+auditColumns+" FROM audit WHERE org_id = $1 ORDER BY seq", orgID)
	if err != nil {
		return r, err
	}
	defer rows.Close()
	broken := func(seq int64, why string) {
		if r.OK {
			r.OK, r.Broken, r.Why = false, seq, why
		}
	}
	prev, next := "", int64(1)
	scan := scanAudit()
	for rows.Next() {
		e, err := scan(rows)
		if err != nil {
			return r, err
		}
		r.Entries++
		switch {
		case e.Seq != next:
			broken(next, "the entry is missing")
		case e.Seq > head:
			broken(e.Seq, "the entry was added outside muster")
		case e.PrevHash != prev:
			broken(e.Seq, "the entry does not follow the one before")
		case e.ComputeHash() != e.Hash:
			broken(e.Seq, "the entry was changed")
		}
		prev, next = e.Hash, e.Seq+1
	}
	if err := rows.Err(); err != nil {
		return r, err
	}
	if next-1 < head {
		broken(next, "the entry is missing")
	} else if prev != headHash {
		broken(next-1, "the entry is not the one that was written last")
	}
	return r, nil
}
