package store

import (
	"context"

	"muster/models"
)

type ownerKey struct{}

// ConfirmOwner says of the changes that are made with the context that whoever
// makes them has confirmed, on its own, that somebody becomes an owner. Without
// it they are refused with models.MakesOwner, once every other rule has passed.
func ConfirmOwner(ctx context.Context) context.Context {
	return context.WithValue(ctx, ownerKey{}, true)
}

// confirmOwner refuses to give the role of an owner unconfirmed.
func confirmOwner(ctx context.Context, o *org, who string, role models.AnyRole) error {
	if role != models.AnyRole(models.RoleOwner) || ctx.Value(ownerKey{}) != nil {
		return nil
	}
	return models.UnconfirmedOwner(who, o.Code)
}
