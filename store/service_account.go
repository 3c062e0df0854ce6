package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// serviceRow is a row of service_accounts.
type serviceRow struct {
	models.ServiceAccount
	roleID        string
	custom        customRow
	creatorMember string
}

var serviceTable = db.Columns[serviceRow]{
	text("id", func(s *serviceRow) *string { return &s.ID }),
	text("org_id", func(s *serviceRow) *string { return &s.OrgID }),
	text("name", func(s *serviceRow) *string { return &s.Name }),
	written("name_norm", func(s *serviceRow) any { return models.NormName(s.Name) }),
	text("description", func(s *serviceRow) *string { return &s.Description }),
	written("text", func(s *serviceRow) any { return searchText(s.Name, s.Description) }),
	role("role_order", func(s *serviceRow) *models.Role { return &s.Role }),
	text("custom_role", func(s *serviceRow) *string { return &s.roleID }),
	text("status", func(s *serviceRow) *models.ServiceStatus { return &s.Status }),
	text("creator_id", func(s *serviceRow) *string { return &s.CreatorID }),
	text("created_by", func(s *serviceRow) *string { return &s.Creator }),
	at("created_at", func(s *serviceRow) *time.Time { return &s.CreatedAt }),
	joinedText("cm.user_id", func(s *serviceRow) *string { return &s.creatorMember }),
}

var serviceColumns = serviceTable.Read("sv") + ", " + customColumns

const serviceTables = `service_accounts sv LEFT JOIN custom_roles cr ON cr.org_id = sv.org_id AND cr.id = sv.custom_role
	LEFT JOIN memberships cm ON cm.org_id = sv.org_id AND cm.user_id = sv.creator_id`

func scanService() scanFunc[serviceRow] {
	var s serviceRow
	return scanInto(serviceTable.Dest(&s, s.custom.dest()...), func() serviceRow {
		v := s
		v.CustomRole = v.custom.role(roleOrder(v.Role))
		v.CreatorLeft = v.creatorMember == ""
		v.Workspaces = []models.ServicePlace{}
		return v
	})
}

func noService() error {
	return models.Errorf(models.CodeNotFound, "there is no such service account").
		WithHint("list them with: {service.list}")
}

// service finds a service account of an organization by id or name.
func (t *tx) service(ctx context.Context, o *org, ref string) (serviceRow, error) {
	v, err := scanService()(t.row(ctx, "SELECT "+serviceColumns+" FROM "+serviceTables+" WHERE sv.org_id = $1 AND (sv.id = $2 OR sv.name_norm = $3)",
		o.ID, ref, models.NormName(ref)))
	if errors.Is(err, sql.ErrNoRows) {
		return v, noService()
	}
	return v, err
}

// seenServices fills in what a list shows beside the rows, and what the actor may
// do.
func (t *tx) seenServices(ctx context.Context, o *org, rows []serviceRow) ([]models.ServiceAccount, error) {
	list := make([]models.ServiceAccount, len(rows))
	for i, r := range rows {
		v := r.ServiceAccount
		v.NoChange = o.hint(func() error { return o.access.CheckService(v.Given()) })
		if err := t.row(ctx, "SELECT count(*) FROM api_keys k WHERE k.org_id = $1 AND k.service_id = $2 AND "+openKey("$3"), o.ID, v.ID, micros(t.now)).Scan(&v.Keys); err != nil {
			return nil, err
		}
		var err error
		v.Workspaces, err = collect(ctx, t, func(r scanner) (p models.ServicePlace, err error) {
			var order int64
			err = r.Scan(&p.ID, &p.Name, &order)
			if err == nil {
				p.Role = models.WorkspaceRoles()[order-1]
			}
			return p, err
		}, "SELECT w.id, w.name, x.role_order FROM service_workspaces x JOIN workspaces w ON w.org_id = x.org_id AND w.id = x.workspace_id WHERE x.org_id = $1 AND x.service_id = $2 ORDER BY w.name_norm",
			o.ID, v.ID)
		if err != nil {
			return nil, err
		}
		list[i] = v
	}
	return list, nil
}

func (t *tx) seenService(ctx context.Context, o *org, ref string) (models.ServiceAccount, error) {
	r, err := t.service(ctx, o, ref)
	if err != nil {
		return models.ServiceAccount{}, err
	}
	list, err := t.seenServices(ctx, o, []serviceRow{r})
	if err != nil {
		return models.ServiceAccount{}, err
	}
	return list[0], nil
}

// ListServices gives a page of an organization's service accounts, by name, for
// who manages keys.
func (s *Store) ListServices(ctx context.Context, a models.Actor, orgID string, q models.ServiceQuery) (p models.Page[models.ServiceAccount], err error) {
	limit, err := checkPage(q.Limit, q.Search)
	if err != nil {
		return p, err
	}
	err = s.view(ctx, a, event{"service.list", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err == nil {
			err = t.require(o, models.PermKeysAll)
		}
		if err != nil {
			return err
		}
		if err := t.row(ctx, "SELECT count(*) FROM service_accounts WHERE org_id = $1", o.ID).Scan(&p.Total); err != nil {
			return err
		}
		p.Matches = p.Total
		w := &db.Where{}
		w.Add("sv.org_id = ?", o.ID)
		if q.Status != "" {
			w.Add("sv.status = ?", string(q.Status))
			p.Matches = -1
		}
		if t.holdText(w, "sv.text", q.Search, q.Terms) {
			p.Matches = -1
		}
		order := db.Order{Sort: "services", Cols: []string{"sv.name_norm", "sv.id"}, Key: []any{"", ""}}
		pg, err := db.NewPager(order, limit, q.After, q.Before)
		if err != nil {
			return err
		}
		pg.Seek(w)
		rows, err := collect(ctx, t, scanService(), fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT %d", serviceColumns, serviceTables, w, pg.OrderBy(), pg.Read()), w.Args...)
		if err != nil {
			return err
		}
		items, next, prev := db.Cut(&pg, rows, func(r serviceRow) []any { return []any{models.NormName(r.Name), r.ID} })
		p.Next, p.Prev = next, prev
		p.Items, err = t.seenServices(ctx, o, items)
		return err
	})
	return p, err
}

// Service is one service account, by id or name, for who manages keys.
func (s *Store) Service(ctx context.Context, a models.Actor, orgID, ref string) (v models.ServiceAccount, err error) {
	err = s.view(ctx, a, event{"service.show", "service", "", ref}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err == nil {
			err = t.require(o, models.PermKeysAll)
		}
		if err != nil {
			return err
		}
		v, err = t.seenService(ctx, o, ref)
		return err
	})
	return v, err
}

// RemoveServiceConsequences says what removing a service account would bring
// about. It is refused as RemoveService would be.
func (s *Store) RemoveServiceConsequences(ctx context.Context, a models.Actor, orgID, ref string) (c models.ServiceConsequences, err error) {
	err = s.view(ctx, a, event{"service.remove.preview", "service", "", ref}, func(t *tx) error {
		_, c, err = t.serviceConsequences(ctx, orgID, ref)
		return err
	})
	return c, err
}

func (t *tx) serviceConsequences(ctx context.Context, orgID, ref string) (*org, models.ServiceConsequences, error) {
	o, err := t.org(ctx, orgID)
	if err == nil {
		err = t.require(o, models.PermKeysAll)
	}
	if err != nil {
		return nil, models.ServiceConsequences{}, err
	}
	v, err := t.seenService(ctx, o, ref)
	if err != nil {
		return nil, models.ServiceConsequences{}, err
	}
	t.found("service", v.ID, v.Name)
	err = t.allow(o, func(a models.Access) error { return a.CheckService(v.Given()) })
	return o, models.ServiceConsequences{ID: v.ID, Service: v, Keys: v.Keys}, err
}
