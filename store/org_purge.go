package store

import (
	"context"

	"muster/models"
)

// PurgeOrganization removes a deleted organization for good before its time, by
// id or code, for site admins. confirm is its code, typed. Its code is free again
// and its audit entries stay, so that its chain still verifies. Where it is
// broken off, the janitor goes on.
func (s *Store) PurgeOrganization(ctx context.Context, a models.Actor, ref, confirm string) (o models.Organization, err error) {
	var due int64
	err = s.change(ctx, a, event{"organization.purge", "organization", "", ref}, func(t *tx) error {
		found, err := t.deletedOrg(ctx, ref)
		if err != nil {
			return err
		}
		o = found.Organization
		if err := models.CheckPurge(o, confirm); err != nil {
			return err
		}
		// From here on nothing brings it back, however long the rest takes.
		due = micros(t.now.Add(-models.RestoreTime))
		if _, err := t.exec(ctx, "UPDATE organizations SET deleted_at = $1 WHERE id = $2", due, o.ID); err != nil {
			return err
		}
		t.signal(TopicInstallation, topicDue)
		return t.logPurge(ctx, o.ID, o.Code, models.AsSiteAdmin)
	})
	if err != nil {
		return models.Organization{}, err
	}
	_, err = s.purgeOrganization(ctx, o.ID, due, true)
	return o, err
}

// logPurge says in an organization's own chain and in the installation's that it
// is gone.
func (t *tx) logPurge(ctx context.Context, id, code string, as models.ActingAs) error {
	for _, chain := range []string{id, ""} {
		e := entry{event: event{"organization.purge", "organization", id, code}, org: chain, as: as, before: fields{"code": code}}
		if err := t.log(ctx, e); err != nil {
			return err
		}
	}
	return nil
}
