package store

import (
	"context"
	"net/netip"

	"muster/models"
)

// AdmitPerson is AdmitAPIKey for somebody who comes with a token that they signed: they
// have what their membership gives them, as a personal key has, and the operations of
// the token are its scopes. It is read each time, so that removing them, or the SSH key,
// counts at once.
func (s *Store) AdmitPerson(ctx context.Context, a models.Actor, org string, q models.KeyQuestion) (v models.KeyVerdict, err error) {
	q, from, err := q.Check()
	if err != nil {
		return v, err
	}
	ctx, cancel := context.WithTimeout(ctx, ringTime)
	defer cancel()
	var p *person
	err = s.view(ctx, a, event{}, func(t *tx) error {
		t.user.SiteAdmin = false // what guards a page asks for members
		p, err = t.person(ctx, org)
		return err
	})
	switch code := models.CodeOf(err); {
	case code == models.CodeInternal:
		return v, err
	case code == models.CodeNotFound:
		return models.KeyVerdict{Code: models.KeyNotFound}, nil
	case models.RequirementOf(err) == models.NeedAddress:
		return models.KeyVerdict{Code: models.KeyAddress}, nil
	case err != nil:
		return models.KeyVerdict{Code: models.KeyDisabled}, nil
	}
	// It is counted under the fingerprint, which is the id of no API key.
	used := models.APIKey{ID: a.Key, OrgID: p.org.ID}
	if v, err = s.judgePerson(ctx, p, a, q, from); err == nil && v.Valid {
		s.usage.used(&used, usedByVerification, q.Cost, s.latest(), from)
	}
	return v, err
}

// person is a member who comes with a token, and what the organization says of keys.
type person struct {
	org     *org
	user    models.User
	terms   models.KeyTerms
	parts   []models.KeyPlace
	credits int
}

func (t *tx) person(ctx context.Context, ref string) (*person, error) {
	o, err := t.org(ctx, ref)
	if err != nil {
		return nil, err
	}
	p := &person{org: o, user: t.user}
	var values map[string]string
	if p.terms, values, err = t.keyTerms(ctx, o); err != nil {
		return nil, err
	}
	p.credits = models.CreditsOf(o.plan, values)
	p.parts, err = t.partsOf(ctx, o)
	return p, err
}

func (s *Store) judgePerson(ctx context.Context, p *person, a models.Actor, q models.KeyQuestion, from netip.Addr) (v models.KeyVerdict, err error) {
	if !p.terms.API.AdmitsFrom(from) {
		v.Code = models.KeyAddress
		return v, nil
	}
	scopes := []string{models.ScopeAllActions}
	if a.Grant != nil && len(a.Grant.Operations) > 0 {
		scopes = a.Grant.Operations
	}
	if !goodFor(q, scopes, p.org.access, p.parts) {
		v.Code = models.KeyScope
		return v, nil
	}
	var role models.AnyRole = p.org.access.Role
	if c := p.org.access.Custom; c != nil {
		role = c
	}
	v = models.KeyVerdict{
		Valid: true, Code: models.KeyValid,
		Key:          &models.VerifiedKey{ID: a.Key, Kind: models.KeyPersonal},
		Organization: &models.VerifiedOrg{ID: p.org.ID, Code: p.org.Code, Plan: p.org.Plan},
		Subject:      &models.KeySubject{Type: "user", ID: p.user.ID, Name: p.user.Name, Email: p.user.Email, Role: role.Label()},
		Scopes:       scopes, Workspaces: p.parts,
	}
	org, _ := s.ring.listen(p.org.ID, "")
	limits := [2]quota{perMinute(&org.used, models.RateOf(p.org.plan, p.terms.API))}
	return s.charge(ctx, v, q.Cost, p.credits, s.latest(), limits)
}
