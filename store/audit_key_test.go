package store_test

import (
	"net/netip"
	"time"

	"muster/models"
)

// keyChanges are those of API keys and service accounts.
var keyChanges = []logged{
	{nil, func(w *world, x *estate) error {
		return second(w.s.CreateAPIKey(w.ctx, x.actors["member"], x.acme.org, models.NewAPIKey{Label: "x"}))
	}, "acme api_key.create"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.UpdateAPIKey(w.ctx, x.actors["admin"], x.acme.org, x.acme.apiKey, models.APIKeyChange{Label: ptr("y")}))
	}, "acme api_key.update"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.RotateAPIKey(w.ctx, x.actors["admin"], x.acme.org, x.acme.apiKey, time.Hour))
	}, "acme api_key.rotate"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.RevokeAPIKey(w.ctx, x.actors["admin"], x.acme.org, x.acme.apiKey))
	}, "acme api_key.revoke"},
	{nil, func(w *world, x *estate) error {
		k, err := w.s.CreateAPIKey(w.ctx, x.actors["member"], x.acme.org, models.NewAPIKey{Label: "x", Addresses: []string{"192.0.2.1"}})
		if err != nil {
			return err
		}
		for range 3 {
			if _, _, err := w.s.AuthenticateAPIKey(w.ctx, k.Secret, netip.Addr{}); models.CodeOf(err) != models.CodeDenied {
				return err
			}
		}
		return w.s.FlushUsage(w.ctx)
	}, "acme api_key.create, refused acme api_key.use"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.CreateService(w.ctx, x.actors["admin"], x.acme.org, models.NewService{Name: "x"}))
	}, "acme service.create"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.UpdateService(w.ctx, x.actors["admin"], x.acme.org, x.acme.service, models.ServiceChange{Name: ptr("y")}))
	}, "acme service.update"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.RemoveService(w.ctx, x.actors["admin"], x.acme.org, x.acme.service))
	}, "acme service.remove"},
}
