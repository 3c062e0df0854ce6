package store

import (
	"context"
	"strconv"

	"muster/models"
)

// CreateAPIKey makes a key and gives its secret, which is shown this once: a
// personal one for members who may, the others for who manages keys. A service
// account's key wants somebody who could grant its role. No more than the limits
// of models are CodeLimit.
func (s *Store) CreateAPIKey(ctx context.Context, a models.Actor, orgID string, n models.NewAPIKey) (v models.SecretKey, err error) {
	err = s.change(ctx, a, event{"api_key.create", "api_key", "", n.Label}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		terms, _, err := t.keyTerms(ctx, o)
		if err != nil {
			return err
		}
		k, err := t.newAPIKey(ctx, o, terms, n)
		if err != nil {
			return err
		}
		if err := t.roomForKey(ctx, k); err != nil {
			return err
		}
		v, err = t.mint(ctx, o, terms, k)
		if err != nil {
			return err
		}
		return t.log(ctx, o.entry(event{"api_key.create", "api_key", v.ID, v.Name()}, nil, apiKey{APIKey: v.APIKey, custom: k.custom}.audit()))
	})
	return v, err
}

// newAPIKey is the key that was asked for, without an id.
func (t *tx) newAPIKey(ctx context.Context, o *org, terms models.KeyTerms, n models.NewAPIKey) (k apiKey, err error) {
	k.Kind, k.Label, k.Rate = n.Kind, n.Label, n.Rate
	if k.Kind == "" {
		k.Kind = models.KeyPersonal
		if n.Service != "" {
			k.Kind = models.KeyService
		}
	}
	if (k.Kind == models.KeyService) != (n.Service != "") {
		return k, models.Invalid("service", "a service account's key names the service account, and no other key does")
	}
	if err := t.allow(o, func(a models.Access) error { return a.CheckCreateKey(terms.API, k.Kind) }); err != nil {
		return k, err
	}
	k.OrgID, k.CreatorID, k.Creator, k.CreatedAt = o.ID, t.user.ID, t.user.Email, t.now
	if err := t.holdKey(ctx, o, &k, n.Service); err != nil {
		return k, err
	}
	if k.Label, err = models.CheckName("label", n.Label); err != nil {
		return k, err
	}
	if k.Scopes, err = models.CheckScopes(n.Scopes); err != nil {
		return k, err
	}
	if k.Addresses, err = models.CheckKeyAddresses("address", n.Addresses); err != nil {
		return k, err
	}
	if err := models.CheckKeyRate(n.Rate, models.RateOf(o.plan, terms.API)); err != nil {
		return k, err
	}
	life, err := terms.API.CheckLife(n.TTL, n.Forever)
	if err != nil {
		return k, err
	}
	if life > 0 {
		if life < models.MinKeyLife {
			return k, models.Invalid("expires_in", "expires_in must be a minute or more")
		}
		end := t.now.Add(life)
		k.ExpiresAt = &end
	}
	return k, t.placeKey(ctx, o, &k, n)
}

// holdKey says for whom a key acts, within the rank of whoever makes it.
func (t *tx) holdKey(ctx context.Context, o *org, k *apiKey, service string) error {
	k.Role = models.RoleViewer // of no account where it is not an organization's key
	switch k.Kind {
	case models.KeyPersonal:
		k.OwnerID, k.Owner = t.user.ID, t.user.Email
	case models.KeyService:
		if err := o.plan.Require(models.FeatureServiceAccounts); err != nil {
			return err
		}
		sv, err := t.service(ctx, o, service)
		if err != nil {
			return err
		}
		k.ServiceID, k.Service = sv.ID, sv.Name
		return t.allow(o, func(a models.Access) error { return a.CheckGrant(sv.Given()) })
	case models.KeyOrganization:
		// What its maker may, but never what is an owner's alone.
		k.Role = models.RoleAdmin
		if c := o.access.Custom; c != nil && !o.access.SiteAdmin {
			k.Role, k.roleID = c.Counts(), c.ID
			k.custom = customRow{id: c.ID, name: c.Name, scope: string(c.Scope), permissions: permissionText(c.Grants)}
		} else if r := o.access.Effective(); r.Rank() < k.Role.Rank() {
			k.Role = r
		}
	}
	return nil
}

// placeKey narrows a key to a workspace, or to a project in it, that the actor has
// a part of.
func (t *tx) placeKey(ctx context.Context, o *org, k *apiKey, n models.NewAPIKey) error {
	if n.Workspace == "" && n.Project == "" {
		return nil
	}
	if n.Project == "" {
		w, err := t.workspace(ctx, o, n.Workspace)
		if err == nil {
			k.WorkspaceID, k.Workspace = w.ID, w.Name
		}
		return err
	}
	w, p, err := t.project(ctx, o.ID, n.Workspace, n.Project)
	if err == nil {
		k.WorkspaceID, k.Workspace, k.ProjectID, k.Project = w.ID, w.Name, p.ID, p.Name
	}
	return err
}

// roomForKey bounds how many working keys one holder has.
func (t *tx) roomForKey(ctx context.Context, k apiKey) error {
	cond, arg, most, whose := "owner_id = $3", k.OwnerID, models.MaxPersonalKeys, "one person"
	switch k.Kind {
	case models.KeyService:
		cond, arg, most, whose = "service_id = $3", k.ServiceID, models.MaxServiceKeys, "a service account"
	case models.KeyOrganization:
		cond, arg, most, whose = "kind = $3", string(k.Kind), models.MaxOrgKeys, "an organization"
	}
	var n int
	err := t.row(ctx, "SELECT count(*) FROM api_keys WHERE org_id = $1 AND revoked_at = 0 AND (expires_at = 0 OR expires_at > $2) AND "+cond,
		k.OrgID, micros(t.now), arg).Scan(&n)
	if err == nil && n >= most {
		return models.Errorf(models.CodeLimit, "%s can have at most %s", whose, models.Count(most, "API key")).
			WithHint("revoke one that is not in use: {api_key.list}")
	}
	return err
}

// mint gives a new key its id and secret, and stores it.
func (t *tx) mint(ctx context.Context, o *org, terms models.KeyTerms, k apiKey) (v models.SecretKey, err error) {
	if k.ID, v.Secret, err = models.MintAPIKey(k.Kind, t.s.rand); err != nil {
		return v, err
	}
	k.hash, k.remindAt = models.HashAPIKey(v.Secret), micros(models.NextReminder(k.ExpiresAt, t.now))
	if _, err := t.exec(ctx, apiKeyTable.Insert(t.db, "api_keys"), apiKeyTable.Values(&k)...); err != nil {
		return v, err
	}
	if k.remindAt > 0 {
		t.signal(topicDue)
	}
	stored, err := t.apiKeyByID(ctx, o.ID, k.ID)
	if err == nil {
		v.APIKey = t.seenKey(o, terms, stored)
	}
	return v, err
}

// checkAPIRate refuses a limit above the plan's.
func checkAPIRate(_ context.Context, _ *tx, o *org, value string) (string, error) {
	return value, withinPlan(o, models.SetAPIRate, value, o.plan.APIRate)
}

// checkCreditLimit refuses a limit above the plan's.
func checkCreditLimit(_ context.Context, _ *tx, o *org, value string) (string, error) {
	return value, withinPlan(o, models.SetCreditLimit, value, o.plan.Credits)
}

func withinPlan(o *org, key, value string, most int) error {
	if n, err := strconv.Atoi(value); err == nil && most > 0 && n > most {
		return models.Invalid(key, "%s must be %d at most: the plan %s has no more", key, most, o.Plan)
	}
	return nil
}
