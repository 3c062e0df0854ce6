package cli

import (
	"context"

	"muster/models"
	"muster/store"
)

// anyWebhook makes a webhook with a delivery.
func anyWebhook(ctx context.Context, s *store.Store, owner models.Actor, org string) (hook, delivery string, err error) {
	w, err := s.CreateWebhook(ctx, owner, org, models.NewWebhook{URL: "https://hooks.example.com/acme"})
	if err != nil {
		return "", "", err
	}
	d, err := s.TestWebhook(ctx, owner, org, w.ID)
	return w.ID, d.ID, err
}
