package store

import (
	"context"

	"muster/models"
)

// openKey keeps rows k of api_keys to those that work. The placeholder stands for
// the present.
func openKey(placeholder string) string {
	return "k.revoked_at = 0 AND (k.expires_at = 0 OR k.expires_at > " + placeholder + ")"
}

// keysOf counts the personal keys of a member that work, and names the keys that
// they made and that live on without them.
func (t *tx) keysOf(ctx context.Context, orgID, userID string, c *models.Consequences) error {
	if err := t.row(ctx, "SELECT count(*) FROM api_keys k WHERE k.org_id = $1 AND k.owner_id = $2 AND "+openKey("$3"),
		orgID, userID, micros(t.now)).Scan(&c.PersonalKeys); err != nil {
		return err
	}
	var err error
	c.OrganizationKeys, err = collect(ctx, t, func(r scanner) (k models.KeyName, err error) { return k, r.Scan(&k.ID, &k.Label) },
		"SELECT k.id, k.label FROM api_keys k WHERE k.org_id = $1 AND k.creator_id = $2 AND k.kind <> 'personal' AND "+openKey("$3")+" ORDER BY k.created_at, k.id LIMIT 100",
		orgID, userID, micros(t.now))
	return err
}

// revokeKeysOf ends the personal keys of who is taken out, in the same transaction,
// each with its own entry in the log.
func (t *tx) revokeKeysOf(ctx context.Context, o *org, userID, why string) error {
	open, err := collect(ctx, t, scanAPIKey(), "SELECT "+apiKeyColumns+" FROM "+apiKeyTables+
		" WHERE k.org_id = $1 AND k.owner_id = $2 AND "+openKey("$3"), o.ID, userID, micros(t.now))
	if err != nil {
		return err
	}
	for i := range open {
		if err := t.revokeAPIKey(ctx, o, &open[i], why); err != nil {
			return err
		}
	}
	return nil
}

// remindOfKeys tells of keys that expire soon, or have: the owner of a personal
// key, of others those who look after them.
func (t *tx) remindOfKeys(ctx context.Context) error {
	due, err := collect(ctx, t, scanAPIKey(), "SELECT "+apiKeyColumns+" FROM "+apiKeyTables+
		" WHERE k.remind_at > 0 AND k.remind_at <= $1 ORDER BY k.remind_at, k.id LIMIT 500", micros(t.now))
	if err != nil {
		return err
	}
	t.unlogged("a reminder changes nothing")
	for _, k := range due {
		// What was missed while nothing ran is one reminder.
		if _, err := t.exec(ctx, "UPDATE api_keys SET remind_at = $2 WHERE id = $1", k.ID, micros(models.NextReminder(k.ExpiresAt, t.now))); err != nil {
			return err
		}
		var living int
		if err := t.row(ctx, "SELECT count(*) FROM organizations WHERE id = $1 AND deleted_at = 0", k.OrgID).Scan(&living); err != nil {
			return err
		}
		if living == 0 || k.RevokedAt != nil {
			continue
		}
		if err := t.remindOfKey(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) remindOfKey(ctx context.Context, k apiKey) error {
	n := models.AccountNotice{Kind: models.NoticeKeyExpires, Subject: k.Name()}
	if k.StateAt(t.now) == models.APIKeyExpired {
		n.Kind = models.NoticeKeyExpired
	} else {
		n.Reason = "on " + k.ExpiresAt.UTC().Format("2006-01-02 15:04") + " UTC (" + k.ID + ")"
	}
	whom := []string{k.OwnerID}
	if k.Kind != models.KeyPersonal {
		var err error
		if whom, err = t.admins(ctx, k.OrgID); err != nil {
			return err
		}
	}
	o := &org{Organization: models.Organization{ID: k.OrgID}}
	for _, id := range whom {
		if _, err := t.unsay(ctx, id, k.ID, models.NoticeKeyExpires); err != nil {
			return err
		}
		if err := t.tell(ctx, id, k.ID, o, n); err != nil {
			return err
		}
	}
	return nil
}

// admins are the owners and admins of an organization that can be told something,
// some of them where there are many.
func (t *tx) admins(ctx context.Context, orgID string) ([]string, error) {
	return collect(ctx, t, scanString, `SELECT user_id FROM memberships WHERE org_id = $1 AND role_order <= `+orderAdmin+
		` AND status = 'active' AND account = 'active' ORDER BY role_order, user_id LIMIT 50`, orgID)
}

// remindKeys is remindOfKeys for the janitor.
func (s *Store) remindKeys(ctx context.Context) error {
	due, err := s.strings(ctx, "SELECT id FROM api_keys WHERE remind_at > 0 AND remind_at <= $1 LIMIT 1", micros(s.latest()))
	if err != nil || len(due) == 0 {
		return err
	}
	return s.asSystem(ctx, "", func(t *tx) error { return t.remindOfKeys(ctx) })
}
