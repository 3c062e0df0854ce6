package store

import (
	"context"

	"muster/models"
)

// DeleteInvitation takes a closed invitation off the lists, or lists it again. The log
// keeps it either way, and its id still shows it. It is for owners and admins, and for
// who sent it.
func (s *Store) DeleteInvitation(ctx context.Context, a models.Actor, orgID, id string, deleted bool) (models.Invitation, error) {
	return s.decide(ctx, a, "invitation.delete", orgID, id, func(t *tx, o *org, v *invitation) error {
		if err := t.allow(o, func(acc models.Access) error { return acc.CheckDeleteInvitation(v.Invitation) }); err != nil {
			return err
		}
		switch {
		case deleted && v.DeletedAt != nil:
			return models.Errorf(models.CodeConflict, "the invitation of %s is deleted from the list already", v.Email)
		case !deleted && v.DeletedAt == nil:
			return models.Errorf(models.CodeConflict, "the invitation of %s is in the list", v.Email)
		}
		if v.DeletedAt = nil; deleted {
			now := t.now
			v.DeletedAt = &now
		}
		return nil
	})
}
