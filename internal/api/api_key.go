package api

import (
	"context"
	"net/netip"

	"muster/models"
)

// KeyHolders knows whose an API key is.
type KeyHolders interface {
	AuthenticateAPIKey(ctx context.Context, secret string, from netip.Addr) (models.Actor, models.APIKey, error)
	KnowsAPIKey(secret string) bool
}

// APIKeys authenticates programs by their API keys. Requests are counted under the
// key.
type APIKeys struct{ Holders KeyHolders }

// Authenticate says whose an API key is.
func (k APIKeys) Authenticate(ctx context.Context, credential string, from netip.Addr) (Caller, bool, error) {
	if _, _, ok := models.ParseAPIKey(credential); !ok {
		return Caller{}, false, nil
	}
	a, key, err := k.Holders.AuthenticateAPIKey(ctx, credential, from)
	return Caller{Actor: a, ID: key.ID, Organization: key.OrgID}, true, err
}

// Knows tells whether a key was good lately.
func (k APIKeys) Knows(credential string) bool { return k.Holders.KnowsAPIKey(credential) }
