package store

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"muster/models"
)

// AuthenticateAPIKey gives who acts with a key from an address, for a front door
// that takes keys. Its rights are read again in each transaction: those that its
// holder has then, as far as its scopes go. Whatever is wrong with a key, the
// answer is models.BadKey; only who comes too often with one that works is told
// so, with models.TooFast beneath.
func (s *Store) AuthenticateAPIKey(ctx context.Context, secret string, from netip.Addr) (models.Actor, models.APIKey, error) {
	k, err := s.keyBySecret(ctx, secret)
	if err != nil {
		return models.Actor{}, models.APIKey{}, err
	}
	now := s.latest()
	if k == nil {
		return models.Actor{}, models.APIKey{}, models.BadKey()
	}
	if code, err := k.CheckUse(k.holder, k.terms, now, from); err != nil {
		s.usage.refused(&k.APIKey, usedByRequest, code, now)
		return models.Actor{}, models.APIKey{}, models.BadKey()
	}
	if _, wait := s.ring.take(now, k.quotas()); wait > 0 {
		s.usage.refused(&k.APIKey, usedByRequest, models.KeyRateLimited, now)
		return models.Actor{}, models.APIKey{}, tooFast(wait)
	}
	s.usage.used(&k.APIKey, usedByRequest, 0, now, from)
	a := models.Actor{UserID: k.subjectID(), Via: models.ViaAPI, APIKey: k.ID, Address: addressText(from)}
	return a, k.APIKey, nil
}

// KnowsAPIKey tells, without reading anything, whether a key was used lately that
// exists: whoever sends it is no stranger.
func (s *Store) KnowsAPIKey(secret string) bool { return s.ring.knows(secret) }

func tooFast(wait time.Duration) error {
	wait = max(wait.Round(time.Second), time.Second)
	return &models.Error{Code: models.CodeLimit, Message: "too many requests with this API key", Hint: "try in " + wait.String(), Err: models.TooFast{After: wait}}
}

// keyBySecret finds the key of a secret, nil where there is none.
func (s *Store) keyBySecret(ctx context.Context, secret string) (*ringKey, error) {
	_, id, ok := models.ParseAPIKey(secret)
	if !ok {
		return nil, nil
	}
	k, err := s.ring.find(ctx, id)
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil || !models.SameAPIKey(secret, k.hash) {
		return nil, err
	}
	return k, nil
}

// VerifyAPIKey says whether a key of an organization is good for something, for
// who may verify keys. A key of another organization is not found.
func (s *Store) VerifyAPIKey(ctx context.Context, a models.Actor, orgID string, q models.KeyQuestion) (v models.KeyVerdict, err error) {
	q, from, err := q.Check()
	if err != nil {
		return v, err
	}
	if orgID, err = s.mayVerify(ctx, a, orgID); err != nil {
		return v, err
	}
	k, err := s.keyBySecret(ctx, q.Key)
	if err != nil {
		return v, err
	}
	if k == nil || k.OrgID != orgID {
		return models.KeyVerdict{Code: models.KeyNotFound}, nil
	}
	return s.verdict(ctx, k, q, from)
}

// AdmitAPIKey is VerifyAPIKey for a front door that the holder of a key comes to
// with it, and where nobody else asks. The key has to be of an organization, by id or
// code; "" is for any.
func (s *Store) AdmitAPIKey(ctx context.Context, org string, q models.KeyQuestion) (v models.KeyVerdict, err error) {
	q, from, err := q.Check()
	if err != nil {
		return v, err
	}
	k, err := s.keyBySecret(ctx, q.Key)
	if err != nil {
		return v, err
	}
	if k == nil || org != "" && !k.isOf(org) {
		return models.KeyVerdict{Code: models.KeyNotFound}, nil
	}
	return s.verdict(ctx, k, q, from)
}

// isOf tells whether a key is of an organization, by id or code.
func (k *ringKey) isOf(org string) bool {
	return org == k.OrgID || models.NormCode(org) == models.NormCode(k.org.Code)
}

// verdict judges a key, and counts that it was used or refused.
func (s *Store) verdict(ctx context.Context, k *ringKey, q models.KeyQuestion, from netip.Addr) (models.KeyVerdict, error) {
	now := s.latest()
	v, err := s.judge(ctx, k, q, now, from)
	switch {
	case err != nil:
		return models.KeyVerdict{}, err
	case v.Valid:
		s.usage.used(&k.APIKey, usedByVerification, q.Cost, now, from)
	default:
		s.usage.refused(&k.APIKey, usedByVerification, v.Code, now)
	}
	return v, nil
}

// mayVerify gives the id of the organization in which the actor may verify keys.
// A program that does is known from memory; everybody else, and whoever is
// refused, from the database, which writes down that they were.
func (s *Store) mayVerify(ctx context.Context, a models.Actor, orgID string) (id string, err error) {
	const action = "api_key.verify"
	if a.APIKey != "" {
		k, err := s.ring.find(ctx, a.APIKey)
		if err == nil && k.CheckKeyAction(action) == nil && k.holder.Access.Can(models.PermKeysVerify) && k.isOf(orgID) {
			if _, err = k.CheckUse(k.holder, k.terms, s.latest(), actorAddress(a)); err == nil {
				return k.OrgID, nil
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, ringTime)
	defer cancel()
	err = s.view(ctx, a, event{action, "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		id = o.ID
		return t.require(o, models.PermKeysVerify)
	})
	return id, err
}

// judge asks everything about a key that exists. What it costs is taken only
// where all else is well.
func (s *Store) judge(ctx context.Context, k *ringKey, q models.KeyQuestion, now time.Time, from netip.Addr) (v models.KeyVerdict, err error) {
	v.Code, err = k.CheckUse(k.holder, k.terms, now, from)
	if err != nil {
		return v, nil
	}
	if !goodFor(q, k.Scopes, k.holder.Access, k.parts) {
		v.Code = models.KeyScope
		return v, nil
	}
	return s.charge(ctx, k.verdict, q.Cost, k.credits, now, k.quotas())
}

// charge gives the verdict where the rates and the credits of the organization have
// room, and takes it.
func (s *Store) charge(ctx context.Context, v models.KeyVerdict, cost, credits int, now time.Time, limits [2]quota) (models.KeyVerdict, error) {
	left, wait := s.ring.take(now, limits)
	if wait > 0 {
		at := now.Add(wait)
		return models.KeyVerdict{Code: models.KeyRateLimited, RetryAt: &at}, nil
	}
	rest, err := s.usage.spend(ctx, v.Organization.ID, credits, cost, now)
	if models.CodeOf(err) == models.CodeLimit {
		at := models.MonthStart(models.Month(now) + 1)
		return models.KeyVerdict{Code: models.KeyNoCredits, RetryAt: &at}, nil
	}
	if err != nil {
		return models.KeyVerdict{}, err
	}
	v.Rate = left
	if credits > 0 {
		v.Credits = &models.KeyLimit{Limit: credits, Remaining: rest, ResetsAt: models.MonthStart(models.Month(now) + 1)}
	}
	return v, nil
}

// answer is what a verification says of a key that is valid, but for rate and credits.
// It is made once for each time that the key is read.
func (k *ringKey) answer() models.KeyVerdict {
	return models.KeyVerdict{
		Valid: true, Code: models.KeyValid, Scopes: k.Scopes, Workspaces: k.parts,
		Key:          &models.VerifiedKey{ID: k.ID, Kind: k.Kind, Label: k.Label, ExpiresAt: k.ExpiresAt},
		Organization: &models.VerifiedOrg{ID: k.OrgID, Code: k.org.Code, Plan: k.org.Plan},
		Subject:      k.subject(),
		Prepared:     new(models.Prepared),
	}
}

// goodFor tells whether scopes, rights and workspaces hold what is asked.
func goodFor(q models.KeyQuestion, scopes []string, access models.Access, parts []models.KeyPlace) bool {
	for _, scope := range q.Scopes {
		if !models.InScope(scopes, scope) {
			return false
		}
	}
	for _, p := range q.Needs {
		if !access.Can(p) {
			return false
		}
	}
	return q.Workspace == "" || slices.ContainsFunc(parts, func(p models.KeyPlace) bool {
		return p.ID == q.Workspace || models.NormName(p.Name) == models.NormName(q.Workspace)
	})
}

func (k *ringKey) subject() *models.KeySubject {
	role := k.given().Label()
	switch k.Kind {
	case models.KeyPersonal:
		return &models.KeySubject{Type: "user", ID: k.OwnerID, Name: k.ownerName, Email: k.Owner, Role: role}
	case models.KeyService:
		return &models.KeySubject{Type: "service", ID: k.ServiceID, Name: k.Service, Role: role}
	}
	return &models.KeySubject{Type: "organization", ID: k.OrgID, Name: k.org.Name, Role: role}
}

// take counts one request against each of the limits. It gives what is left of the
// narrowest one, nil for no limit, or how long to wait.
func (r *keyring) take(now time.Time, limits [2]quota) (*models.KeyLimit, time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := now.Sub(r.since)
	// All are asked before one is used, so that one that refuses costs the others
	// nothing.
	var wait time.Duration
	for _, l := range limits {
		if l.used != nil {
			wait = max(wait, l.used.Wait(at, l.rate))
		}
	}
	if wait > 0 {
		return nil, wait
	}
	var left *models.KeyLimit
	for _, l := range limits {
		if l.used == nil {
			continue
		}
		l.used.Reserve(at, l.rate)
		if n := l.used.Left(at, l.rate); left == nil || n < left.Remaining {
			left = &models.KeyLimit{Limit: l.rate.Burst, Remaining: n, ResetsAt: now.Add(l.used.Until(at))}
		}
	}
	return left, 0
}
