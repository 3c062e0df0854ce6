package store

import (
	"context"
	"database/sql"
	"errors"

	"muster/models"
)

// onlySiteAdmin refuses what only site admins do, and has the log say that they
// did it as such.
func (t *tx) onlySiteAdmin(ctx context.Context, what string) error {
	if err := models.OnlySiteAdmin(t.user, what); err != nil {
		return err
	}
	t.attempt.as = models.AsSiteAdmin
	return t.siteFactor(ctx)
}

// siteFactor asks a site admin for their second factor before they use rights over
// the whole installation: every organization is theirs, so one that requires a
// second factor requires theirs, and who has one gives a code. With a stolen plain
// key nobody makes accounts, gives out keys or lists who belongs where. A shell on
// the machine of the database is never asked.
func (t *tx) siteFactor(ctx context.Context) error {
	if !t.user.SiteAdmin {
		return nil
	}
	c, err := t.client(ctx)
	switch {
	case err != nil || c.Local || c.Verified:
		return err
	case c.Enrolled:
		return (models.SecuritySettings{TwoFactor: true}).Admit("administering the installation", c)
	}
	return t.siteWithoutFactor(ctx, c)
}

// siteWithoutFactor refuses a site admin who has no second factor where some
// organization requires one that their key does not stand in for.
func (t *tx) siteWithoutFactor(ctx context.Context, c models.Client) error {
	var name, counts string
	// Those where a hardware key counts come last.
	err := t.row(ctx, `SELECT o.code, coalesce(h.value, '') FROM settings s
		JOIN organizations o ON o.id = s.org_id AND o.deleted_at = 0
		LEFT JOIN settings h ON h.org_id = s.org_id AND h.key = 'security.hardware_key_counts'
		WHERE s.key = 'security.two_factor' AND s.value = 'required'
		ORDER BY CASE WHEN h.value = 'on' THEN 1 ELSE 0 END, o.code LIMIT 1`).Scan(&name, &counts)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return (models.SecuritySettings{TwoFactor: true, HardwareKeyCounts: counts == models.On}).CheckNoFactor(name, c)
}
