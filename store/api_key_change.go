package store

import (
	"context"
	"strings"
	"time"

	"muster/models"
)

// changeAPIKey finds a key for a change that the actor may make of it while it
// works.
func (s *Store) changeAPIKey(ctx context.Context, a models.Actor, action, orgID, id string,
	write func(t *tx, o *org, terms models.KeyTerms, k apiKey, did event) error,
) error {
	return s.change(ctx, a, event{action, "api_key", id, ""}, func(t *tx) error {
		o, terms, k, err := t.keyOf(ctx, orgID, id)
		if err != nil {
			return err
		}
		did := event{action, "api_key", k.ID, k.Name()}
		if err := t.allow(o, func(a models.Access) error { return a.CheckChangeKey(k.APIKey, terms.API, k.given()) }); err != nil {
			return err
		}
		if err := k.CheckOpen(t.now); err != nil {
			return err
		}
		return write(t, o, terms, k, did)
	})
}

// UpdateAPIKey changes label, scopes, addresses, rate or expiry of a key that
// works, for who could make it. The secret stays.
func (s *Store) UpdateAPIKey(ctx context.Context, a models.Actor, orgID, id string, c models.APIKeyChange) (v models.APIKey, err error) {
	err = s.changeAPIKey(ctx, a, "api_key.update", orgID, id, func(t *tx, o *org, terms models.KeyTerms, k apiKey, did event) error {
		was := k
		if err := t.applyKeyChange(o, terms, &k, c); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE api_keys SET label = $2, text = $3, scopes = $4, addresses = $5, rate = $6, expires_at = $7, remind_at = $8 WHERE id = $1`,
			k.ID, k.Label, models.NormText(k.Label+" "+k.ID+" "+k.Creator), strings.Join(k.Scopes, " "), strings.Join(k.Addresses, " "), k.Rate, microsOf(k.ExpiresAt), k.remindAt); err != nil {
			return err
		}
		t.signal(topicDue)
		if err := t.log(ctx, o.entry(did, was.audit(), k.audit())); err != nil {
			return err
		}
		v = t.seenKey(o, terms, k)
		return nil
	})
	return v, err
}

func (t *tx) applyKeyChange(o *org, terms models.KeyTerms, k *apiKey, c models.APIKeyChange) (err error) {
	if c.Label != nil {
		if k.Label, err = models.CheckName("label", *c.Label); err != nil {
			return err
		}
	}
	if c.Scopes != nil {
		if k.Scopes, err = models.CheckScopes(*c.Scopes); err != nil {
			return err
		}
	}
	if c.Addresses != nil {
		if k.Addresses, err = models.CheckKeyAddresses("address", *c.Addresses); err != nil {
			return err
		}
	}
	if c.Rate != nil {
		if err := models.CheckKeyRate(*c.Rate, models.RateOf(o.plan, terms.API)); err != nil {
			return err
		}
		k.Rate = *c.Rate
	}
	if c.TTL != nil {
		return t.setKeyEnd(terms, k, *c.TTL)
	}
	return nil
}

// setKeyEnd has a key end so long from now. Its life counts from when it was made,
// so that nobody prolongs a key without end.
func (t *tx) setKeyEnd(terms models.KeyTerms, k *apiKey, life time.Duration) error {
	if life < models.MinKeyLife {
		return models.Invalid("expires_in", "expires_in must be a minute or more")
	}
	end := t.now.Add(life)
	if most := terms.API.MaxLife; most > 0 && end.Sub(k.CreatedAt) > most {
		return models.Invalid("expires_in", "the key could live until %s at most", k.CreatedAt.Add(most).Format(time.DateOnly)).
			WithHint("make the next one: {api_key.rotate %s}", k.ID)
	}
	k.ExpiresAt, k.remindAt = &end, micros(models.NextReminder(&end, t.now))
	return nil
}

// RotateAPIKey makes the next key with the same holder, scopes and bounds, and as
// long a life; the old one goes on for the overlap, of 0 to models.MaxOverlap. It
// is for who could make it.
func (s *Store) RotateAPIKey(ctx context.Context, a models.Actor, orgID, id string, overlap time.Duration) (v models.SecretKey, err error) {
	if overlap < 0 || overlap > models.MaxOverlap {
		return v, models.Invalid("overlap", "overlap must be from 0 to 7 days")
	}
	err = s.changeAPIKey(ctx, a, "api_key.rotate", orgID, id, func(t *tx, o *org, terms models.KeyTerms, k apiKey, did event) error {
		if err := k.CheckRotatable(); err != nil {
			return err
		}
		next := k
		if k.Kind != models.KeyOrganization { // what was read is the role of its holder
			next.Role, next.roleID = models.RoleViewer, ""
		}
		next.CreatorID, next.Creator, next.CreatedAt = t.user.ID, t.user.Email, t.now
		if k.ExpiresAt != nil {
			life := k.ExpiresAt.Sub(k.CreatedAt)
			if terms.API.MaxLife > 0 {
				life = min(life, terms.API.MaxLife)
			}
			end := t.now.Add(life)
			next.ExpiresAt = &end
		} else if terms.API.MaxLife > 0 {
			end := t.now.Add(terms.API.MaxLife)
			next.ExpiresAt = &end
		}
		if v, err = t.mint(ctx, o, terms, next); err != nil {
			return err
		}
		end := t.now.Add(overlap)
		if k.ExpiresAt != nil && k.ExpiresAt.Before(end) {
			end = *k.ExpiresAt
		}
		if _, err := t.exec(ctx, "UPDATE api_keys SET replaced_by = $2, expires_at = $3, remind_at = 0 WHERE id = $1", k.ID, v.ID, micros(end)); err != nil {
			return err
		}
		return t.log(ctx, o.entry(did, fields{"id": k.ID, "expires_at": k.ExpiresAt}, fields{"id": k.ID, "expires_at": end, "replaced_by": v.ID}))
	})
	return v, err
}

// RevokeAPIKey ends a key at once: one's own, or any for who manages keys. One that
// is over is CodeGone.
func (s *Store) RevokeAPIKey(ctx context.Context, a models.Actor, orgID, id string) (v models.APIKey, err error) {
	err = s.change(ctx, a, event{"api_key.revoke", "api_key", id, ""}, func(t *tx) error {
		o, terms, k, err := t.keyOf(ctx, orgID, id)
		if err != nil {
			return err
		}
		if err := t.allow(o, func(a models.Access) error { return a.CheckRevokeAPIKey(k.APIKey) }); err != nil {
			return err
		}
		if err := k.CheckOpen(t.now); err != nil {
			return err
		}
		if err := t.revokeAPIKey(ctx, o, &k, ""); err != nil {
			return err
		}
		if err := t.reviewSponsors(ctx, o, k.ID); err != nil {
			return err
		}
		v = t.seenKey(o, terms, k)
		return nil
	})
	return v, err
}

// revokeAPIKey ends a key, with its own entry in the log.
func (t *tx) revokeAPIKey(ctx context.Context, o *org, k *apiKey, why string) error {
	k.RevokedAt, k.RevokedBy, k.RevokedWhy = &t.now, t.user.Email, why
	if _, err := t.exec(ctx, "UPDATE api_keys SET revoked_at = $2, revoked_by = $3, revoked_why = $4, remind_at = 0 WHERE id = $1",
		k.ID, micros(t.now), k.RevokedBy, why); err != nil {
		return err
	}
	t.signal(k.OwnerID)
	var after any
	if why != "" {
		after = fields{"because": why}
	}
	return t.log(ctx, o.entry(event{"api_key.revoke", "api_key", k.ID, k.Name()}, k.audit(), after))
}
