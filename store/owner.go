package store

import "muster/models"

// confirmOwner refuses to give the role of an owner unconfirmed.
func (t *tx) confirmOwner(o *org, who string, role models.AnyRole) error {
	if role != models.AnyRole(models.RoleOwner) || t.actor.OwnerConfirmed {
		return nil
	}
	return models.UnconfirmedOwner(who, o.Code)
}
