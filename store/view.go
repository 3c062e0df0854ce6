package store

import (
	"context"

	"muster/models"
)

// Views lists the filters and orders that the actor keeps in an organization, by list
// and name.
func (s *Store) Views(ctx context.Context, a models.Actor, orgID string) (list []models.View, err error) {
	err = s.view(ctx, a, event{}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		list, err = t.views(ctx, o)
		return err
	})
	return list, err
}

// SaveView keeps a filter and an order of a list under a name, in place of what the
// actor kept under it.
func (s *Store) SaveView(ctx context.Context, a models.Actor, orgID string, v models.View) (models.View, error) {
	err := s.changeView(ctx, a, "view.save", orgID, func(t *tx, o *org, all []models.View) (before, after fields, err error) {
		if v, err = models.CheckView(v); err != nil {
			return nil, nil, err
		}
		was, missing := models.FindView(all, v.List, v.Name)
		if missing == nil {
			before = viewFields(was)
			if was == v {
				return nil, nil, nil
			}
			if err := t.dropView(ctx, o, was); err != nil {
				return nil, nil, err
			}
		} else if len(all) >= models.MaxViews {
			return nil, nil, models.Errorf(models.CodeConflict, "you have %d views here, which is all there can be", models.MaxViews).WithHint("delete one first: {view.delete LIST NAME}")
		}
		return before, viewFields(v), t.keepView(ctx, o, v)
	})
	return v, err
}

// RenameView gives a view another name.
func (s *Store) RenameView(ctx context.Context, a models.Actor, orgID, list, name, to string) (v models.View, err error) {
	err = s.changeView(ctx, a, "view.rename", orgID, func(t *tx, o *org, all []models.View) (before, after fields, err error) {
		was, err := models.FindView(all, list, name)
		if err != nil {
			return nil, nil, err
		}
		v = was
		v.Name = to
		if v, err = models.CheckView(v); err != nil {
			return nil, nil, err
		}
		if v == was {
			return nil, nil, nil
		}
		if other, err := models.FindView(all, list, v.Name); err == nil && other != was {
			return nil, nil, models.Errorf(models.CodeConflict, "you have a view %q of %s already", other.Name, list)
		}
		if err := t.dropView(ctx, o, was); err != nil {
			return nil, nil, err
		}
		return viewFields(was), viewFields(v), t.keepView(ctx, o, v)
	})
	return v, err
}

// DeleteView deletes one.
func (s *Store) DeleteView(ctx context.Context, a models.Actor, orgID, list, name string) (v models.View, err error) {
	err = s.changeView(ctx, a, "view.delete", orgID, func(t *tx, o *org, all []models.View) (before, after fields, err error) {
		if v, err = models.FindView(all, list, name); err != nil {
			return nil, nil, err
		}
		return viewFields(v), nil, t.dropView(ctx, o, v)
	})
	return v, err
}

// changeView changes the actor's views. It is logged unless there is nothing before
// and after.
func (s *Store) changeView(ctx context.Context, a models.Actor, action, orgID string, change func(t *tx, o *org, all []models.View) (before, after fields, err error)) error {
	return s.change(ctx, a, event{action: action}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		did := t.found("user", t.user.ID, t.user.Email)
		all, err := t.views(ctx, o)
		if err != nil {
			return err
		}
		before, after, err := change(t, o, all)
		if err != nil || len(before)+len(after) == 0 {
			return err
		}
		for _, f := range []fields{before, after} {
			if f != nil {
				f["organization"] = o.Code
			}
		}
		return t.log(ctx, ownEntry(did, before, after))
	})
}

func viewFields(v models.View) fields {
	return fields{"list": v.List, "name": v.Name, "filter": v.Filter, "sort": v.Sort}
}

func (t *tx) views(ctx context.Context, o *org) ([]models.View, error) {
	return collect(ctx, t, func(r scanner) (v models.View, err error) {
		err = r.Scan(&v.List, &v.Name, &v.Filter, &v.Sort)
		v.ID = v.List + "/" + v.Name
		return v, err
	}, "SELECT list, name, filter, sort FROM views WHERE user_id = $1 AND org_id = $2 ORDER BY list, name_norm", t.user.ID, o.ID)
}

func (t *tx) keepView(ctx context.Context, o *org, v models.View) error {
	_, err := t.exec(ctx, "INSERT INTO views (user_id, org_id, list, name_norm, name, filter, sort) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		t.user.ID, o.ID, v.List, models.NormText(v.Name), v.Name, v.Filter, v.Sort)
	return err
}

func (t *tx) dropView(ctx context.Context, o *org, v models.View) error {
	_, err := t.exec(ctx, "DELETE FROM views WHERE user_id = $1 AND org_id = $2 AND list = $3 AND name_norm = $4", t.user.ID, o.ID, v.List, models.NormText(v.Name))
	return err
}
