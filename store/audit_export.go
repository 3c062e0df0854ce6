package store

import (
	"context"
	"slices"
	"time"

	"muster/models"
)

// exportPage is how many entries are read at once: between two pages no
// transaction is open, however slowly somebody takes them.
const exportPage = 500

// ExportAudit hands out the entries of a log that fit, the oldest first, up to
// the one that records the export itself. It is for owners and admins of an
// organization whose plan has models.FeatureAuditExport, and with
// models.InstallationLog for site admins. Limit and cursors of q are not used.
// Rights are read again with every page. An error of write ends the export and
// comes back.
func (s *Store) ExportAudit(ctx context.Context, a models.Actor, orgID string, q models.AuditQuery, write func(models.AuditEntry) error) error {
	id, err := s.startExport(ctx, a, orgID, q)
	if err != nil {
		return err
	}
	var last, head int64
	for {
		var page []models.AuditEntry
		if err := s.view(ctx, a, event{"audit.export", "organization", id, ""}, func(t *tx) (err error) {
			t.unread = true // the export has its entry
			if _, err = t.mayExport(ctx, orgID); err != nil {
				return err
			}
			if head == 0 {
				if err = t.row(ctx, "SELECT seq FROM audit_heads WHERE org_id = $1", id).Scan(&head); err != nil {
					return err
				}
			}
			page, err = t.exportPage(ctx, id, q, last, head)
			return err
		}); err != nil {
			return err
		}
		for _, e := range page {
			if err := write(e); err != nil {
				return err
			}
		}
		if len(page) < exportPage {
			return nil
		}
		last = page[len(page)-1].Seq
	}
}

// startExport records an export, with its filter, and gives the id of the log.
func (s *Store) startExport(ctx context.Context, a models.Actor, ref string, q models.AuditQuery) (id string, err error) {
	err = s.change(ctx, a, event{"audit.export", "organization", ref, ""}, func(t *tx) error {
		e, err := t.mayExport(ctx, ref)
		if err != nil {
			return err
		}
		id = e.org
		filter := fields{}
		for name, v := range map[string]string{"actor": q.Actor, "action": q.Action, "target": q.Target} {
			if v != "" {
				filter[name] = models.SafeText(v)
			}
		}
		for name, v := range map[string]time.Time{"from": q.From, "until": q.Until} {
			if !v.IsZero() {
				filter[name] = v.UTC()
			}
		}
		e.after, e.quiet = filter, true
		return t.log(ctx, e)
	})
	return id, err
}

// exportPage reads the entries after last, up to head.
func (t *tx) exportPage(ctx context.Context, id string, q models.AuditQuery, last, head int64) ([]models.AuditEntry, error) {
	w, err := t.auditFilter(ctx, id, false, q)
	if err != nil {
		return nil, err
	}
	w.Add("seq > ?", last)
	w.Add("seq <= ?", head)
	return collect(ctx, t, scanAudit(), w.text(false, exportPage), w.Args...)
}

// mayExport asks whether the actor may export a log, and gives the entry for it.
func (t *tx) mayExport(ctx context.Context, ref string) (entry, error) {
	if ref == models.InstallationLog {
		_, label, _, err := t.auditScope(ctx, ref)
		return entry{event: t.found(label, "", label), as: models.AsSiteAdmin}, err
	}
	o, err := t.org(ctx, ref)
	if err != nil {
		return entry{}, err
	}
	e := t.found("organization", o.ID, o.Code)
	if t.require(o, models.PermAudit) != nil {
		return entry{}, noAudit()
	}
	return o.entry(e, nil, nil), t.hasFeature(o, models.FeatureAuditExport, "export of the audit log")
}

// hasFeature refuses what the plan of an organization does not include. It
// holds for site admins too: a plan is no question of permissions.
func (t *tx) hasFeature(o *org, f models.Feature, what string) error {
	if slices.Contains(t.s.plans[o.Plan].Features, f) {
		return nil
	}
	return models.Errorf(models.CodeDenied, "the plan %s has no %s", o.Plan, what).
		WithHint("it comes with the feature %s: an owner or a site admin can choose a plan that has it", f)
}

// AuditActions lists the actions that the actor would find in a log, in
// alphabetical order, to choose a filter from.
func (s *Store) AuditActions(ctx context.Context, a models.Actor, orgID string) (actions []string, err error) {
	err = s.view(ctx, a, event{"audit.actions", "organization", orgID, ""}, func(t *tx) error {
		id, _, own, err := t.auditScope(ctx, orgID)
		if err != nil {
			return err
		}
		if own {
			actions, err = collect(ctx, t, scanString, "SELECT DISTINCT action FROM audit WHERE org_id = $1 AND actor_id = $2 ORDER BY action", id, t.user.ID)
			return err
		}
		actions, err = t.actionsSeen(ctx, id)
		return err
	})
	return actions, err
}
