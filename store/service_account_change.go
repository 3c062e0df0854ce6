package store

import (
	"context"
	"strings"

	"muster/models"
)

// CreateService makes a service account, for who manages keys and could grant its
// role. The plan must have service accounts.
func (s *Store) CreateService(ctx context.Context, a models.Actor, orgID string, n models.NewService) (v models.ServiceAccount, err error) {
	err = s.change(ctx, a, event{"service.create", "service", "", n.Name}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		if n.Role == "" {
			n.Role = models.RoleViewer
		}
		if err := t.require(o, models.PermKeysAll); err != nil {
			return err
		}
		role, err := t.mayGiveService(ctx, o, n.Role)
		if err != nil {
			return err
		}
		r := serviceRow{ServiceAccount: models.ServiceAccount{ID: s.ids.New("svc"), OrgID: o.ID, Status: models.ServiceActive,
			CreatorID: t.user.ID, Creator: t.user.Email, CreatedAt: t.now}}
		if r.Name, err = models.CheckServiceName(n.Name); err != nil {
			return err
		}
		if r.Description, err = models.CheckLong("description", n.Description); err != nil {
			return err
		}
		r.setRole(role)
		if err := t.roomForService(ctx, r); err != nil {
			return err
		}
		if _, err := t.exec(ctx, serviceTable.Insert(t.db, "service_accounts"), serviceTable.Values(&r)...); err != nil {
			return err
		}
		if err := t.setServiceWorkspaces(ctx, o, r.ID, n.Workspaces); err != nil {
			return err
		}
		if v, err = t.seenService(ctx, o, r.ID); err != nil {
			return err
		}
		return t.log(ctx, o.entry(event{"service.create", "service", v.ID, v.Name}, nil, serviceFields(v)))
	})
	return v, err
}

// mayGiveService resolves the role for a service account, and asks whether the
// actor may give it.
func (t *tx) mayGiveService(ctx context.Context, o *org, ref models.Role) (models.AnyRole, error) {
	if o.access.Personal {
		return nil, o.access.CheckService(models.RoleViewer)
	}
	if err := o.plan.Require(models.FeatureServiceAccounts); err != nil {
		return nil, err
	}
	role, err := t.anyRole(ctx, o, ref)
	if err != nil {
		return nil, err
	}
	return role, t.allow(o, func(a models.Access) error { return a.CheckService(role) })
}

func (r *serviceRow) setRole(role models.AnyRole) {
	r.Role, r.roleID = models.RoleOfRank(role.Rank()), ""
	if c, ok := role.(*models.CustomRole); ok {
		r.roleID = c.ID
	}
}

// roomForService refuses a name that is taken, and more service accounts than
// there may be.
func (t *tx) roomForService(ctx context.Context, r serviceRow) error {
	var other string
	err := t.row(ctx, "SELECT name FROM service_accounts WHERE org_id = $1 AND name_norm = $2 AND id <> $3", r.OrgID, models.NormName(r.Name), r.ID).Scan(&other)
	if err := nameTaken(err, "service account", other); err != nil {
		return err
	}
	var n int
	err = t.row(ctx, "SELECT count(*) FROM service_accounts WHERE org_id = $1 AND id <> $2", r.OrgID, r.ID).Scan(&n)
	if err == nil && n >= models.MaxServiceAccounts {
		return models.Errorf(models.CodeLimit, "an organization can have at most %d service accounts", models.MaxServiceAccounts)
	}
	return err
}

// setServiceWorkspaces puts a service account into workspaces and no others, each
// named by id or name, with =role behind it for another role than viewer. Whoever
// does it manages workspaces, or is an admin of each.
func (t *tx) setServiceWorkspaces(ctx context.Context, o *org, id string, words []string) error {
	if _, err := t.exec(ctx, "DELETE FROM service_workspaces WHERE org_id = $1 AND service_id = $2", o.ID, id); err != nil {
		return err
	}
	for _, word := range words {
		name, as, given := strings.Cut(word, "=")
		role := models.WorkspaceViewer
		if given {
			var err error
			if role, err = models.ParseWorkspaceRole("workspace", as); err != nil {
				return err
			}
		}
		w, err := t.workspace(ctx, o, strings.TrimSpace(name))
		if err != nil {
			return err
		}
		if err := t.requireIn(w, models.PermWorkspaceMembers); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO service_workspaces (org_id, service_id, workspace_id, role_order) VALUES ($1, $2, $3, $4)
			ON CONFLICT (org_id, service_id, workspace_id) DO UPDATE SET role_order = excluded.role_order`, o.ID, id, w.ID, workspaceRoleOrder(role)); err != nil {
			return err
		}
	}
	return nil
}

// serviceFields is what the log says of a service account.
func serviceFields(v models.ServiceAccount) fields {
	in := make([]string, len(v.Workspaces))
	for i, w := range v.Workspaces {
		in[i] = w.Name + "=" + string(w.Role)
	}
	return fields{"name": v.Name, "description": v.Description, "role": v.Given().Label(), "status": v.Status, "workspaces": in}
}

// UpdateService changes a service account, for who could grant the role that it
// has and the one that it gets. What is left out stays as it is. Its keys follow at
// once.
func (s *Store) UpdateService(ctx context.Context, a models.Actor, orgID, ref string, c models.ServiceChange) (v models.ServiceAccount, err error) {
	err = s.change(ctx, a, event{"service.update", "service", "", ref}, func(t *tx) error {
		o, old, err := t.serviceConsequences(ctx, orgID, ref)
		if err != nil {
			return err
		}
		r, err := t.service(ctx, o, old.Service.ID)
		if err != nil {
			return err
		}
		if err := t.applyServiceChange(ctx, o, &r, c); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "UPDATE service_accounts SET name = $2, name_norm = $3, description = $4, text = $5, role_order = $6, custom_role = $7, status = $8 WHERE id = $1",
			r.ID, r.Name, models.NormName(r.Name), r.Description, searchText(r.Name, r.Description), roleOrder(r.Role), r.roleID, string(r.Status)); err != nil {
			return err
		}
		if c.Workspaces != nil {
			if err := t.setServiceWorkspaces(ctx, o, r.ID, *c.Workspaces); err != nil {
				return err
			}
		}
		if v, err = t.seenService(ctx, o, r.ID); err != nil {
			return err
		}
		if err := t.log(ctx, o.entry(event{"service.update", "service", v.ID, v.Name}, serviceFields(old.Service), serviceFields(v))); err != nil {
			return err
		}
		return t.reviewSponsors(ctx, o, r.ID)
	})
	return v, err
}

func (t *tx) applyServiceChange(ctx context.Context, o *org, r *serviceRow, c models.ServiceChange) (err error) {
	if c.Name != nil {
		if r.Name, err = models.CheckServiceName(*c.Name); err != nil {
			return err
		}
		if err := t.roomForService(ctx, *r); err != nil {
			return err
		}
	}
	if c.Description != nil {
		if r.Description, err = models.CheckLong("description", *c.Description); err != nil {
			return err
		}
	}
	if c.Status != nil {
		r.Status = *c.Status
	}
	if c.Role != nil {
		role, err := t.mayGiveService(ctx, o, *c.Role)
		if err != nil {
			return err
		}
		r.setRole(role)
	}
	return nil
}

// RemoveService removes a service account with its keys, which stop at once, for who
// could grant its role.
func (s *Store) RemoveService(ctx context.Context, a models.Actor, orgID, ref string) (c models.ServiceConsequences, err error) {
	err = s.change(ctx, a, event{"service.remove", "service", "", ref}, func(t *tx) error {
		var o *org
		if o, c, err = t.serviceConsequences(ctx, orgID, ref); err != nil {
			return err
		}
		v := c.Service
		if _, err := t.exec(ctx, "DELETE FROM service_accounts WHERE org_id = $1 AND id = $2", o.ID, v.ID); err != nil {
			return err
		}
		before := serviceFields(v)
		before["keys"] = c.Keys
		if err := t.log(ctx, o.entry(event{"service.remove", "service", v.ID, v.Name}, before, nil)); err != nil {
			return err
		}
		return t.reviewSponsors(ctx, o, v.ID)
	})
	return c, err
}

// roleWithoutPrograms refuses to delete a role that a service account or an
// organization's key acts with.
func (t *tx) roleWithoutPrograms(ctx context.Context, o *org, r storedRole) error {
	names, err := collect(ctx, t, scanString, `SELECT name FROM (SELECT 'service account ' || name AS name FROM service_accounts WHERE org_id = $1 AND custom_role = $2
		UNION ALL SELECT 'API key ' || label FROM api_keys k WHERE org_id = $1 AND custom_role = $2 AND kind = 'organization' AND `+openKey("$3")+`) x ORDER BY name LIMIT $4`,
		o.ID, r.ID, micros(t.now), namedHolders)
	if err != nil || len(names) == 0 {
		return err
	}
	return models.Errorf(models.CodeConflict, "the role %s is in use by %s", r.Name, strings.Join(names, ", ")).
		WithHint("give the service accounts another role, or revoke the keys first; see them with: {service.list}, {api_key.list}")
}
