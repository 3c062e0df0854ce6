package store

import (
	"context"
	"fmt"
	"slices"

	"muster/models"
	"muster/store/internal/db"
)

// ListInvitations gives a page of an organization's invitations: all of them
// for who may decide, their own for everybody else.
func (s *Store) ListInvitations(ctx context.Context, a models.Actor, orgID string, q models.InvitationQuery) (p models.Page[models.Invitation], err error) {
	limit, err := models.CheckLimit(q.Limit)
	if err != nil {
		return p, err
	}
	if err := checkQuery(q.Search); err != nil {
		return p, err
	}
	err = s.view(ctx, a, event{"invitation.list", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		counts, late, err := t.countsAndLate(ctx, o.ID)
		if err != nil {
			return err
		}
		w := &db.Where{}
		w.Add("i.org_id = ?", o.ID)
		decides := t.require(o, models.PermDecide) == nil
		own := q.Mine || !decides
		if own {
			w.Add("i.inviter_id = ?", t.user.ID)
		}
		if p.Total = -1; decides { // how many others sent is not for everybody
			p.Total = 0
			for _, n := range counts {
				p.Total += n
			}
		}
		states := q.States
		if len(states) == 0 {
			states = models.InvitationStates()
		}
		find, err := t.search(ctx, db.InvitationText, "i", o.num, q.Search)
		if err != nil {
			return err
		}
		orders := make([]int64, 0, len(states))
		for _, st := range states {
			if st.Rank() == 0 {
				return models.Invalid("status", "status %q is not one of an invitation", clip(string(st), 20))
			}
			orders = append(orders, stateOrder(st))
		}
		slices.Sort(orders)
		orders = slices.Compact(orders)
		for _, order := range orders {
			p.Matches += counts[stateOf(order)]
		}
		if late > 0 {
			orders = t.lateOnes(w, orders)
		}
		switch {
		case find.term != "":
			in := w.Clone()
			in.Add("i.state_order IN (" + joinInts(orders) + ")")
			if p.Matches, err = find.count(ctx, t, in, !own && len(orders) == len(models.InvitationStates())); err != nil {
				return err
			}
		case own:
			p.Matches = -1
		}
		if err := t.invitationPage(ctx, find, w, q, orders, limit, &p); err != nil {
			return err
		}
		return t.showInvitationWorkspaces(ctx, o, p.Items)
	})
	return p, err
}

// lateOnes lets a list of some states find those that ran out and are not yet
// written down as expired where it looks for expired ones, and nowhere else.
// They are kept as pending until the janitor comes, and stand there in a list of
// all states.
func (t *tx) lateOnes(w *db.Where, states []int64) []int64 {
	pending, expired := stateOrder(models.StatePending), stateOrder(models.StateExpired)
	hasPending, hasExpired := slices.Contains(states, pending), slices.Contains(states, expired)
	switch {
	case hasPending && !hasExpired:
		w.Add(fmt.Sprintf("(i.state_order <> %d OR i.expires_at > ?)", pending), micros(t.now))
	case hasExpired && !hasPending:
		w.Add(fmt.Sprintf("(i.state_order <> %d OR i.expires_at <= ?)", pending), micros(t.now))
		states = append(states, pending)
		slices.Sort(states)
	}
	return states
}

var invitationOrder = db.Order{Sort: "invitations", Cols: []string{"i.state_order", "i.list_at", "i.id"}, Key: []any{int64(0), int64(0), ""}}

// invitationPage reads in the order of states and, within each, of list_at. That
// is the order of the index, so all states are one range of it; some of them are
// a range each, walked until the page is full.
func (t *tx) invitationPage(ctx context.Context, find search, base *db.Where, q models.InvitationQuery, states []int64, limit int, p *models.Page[models.Invitation]) error {
	pg, err := db.NewPager(invitationOrder, limit, q.After, q.Before)
	if err != nil {
		return err
	}
	key, backward := pg.Start(), pg.Backward()
	read := func(cond string, seek bool, need int) ([]invitation, error) {
		w := base.Clone()
		if cond != "" {
			w.Add(cond)
		}
		if seek {
			pg.Seek(w)
		}
		return found(ctx, t, find, w, invitationBase, &pg, need, "LEFT JOIN outbox x ON x.invitation_id = i.id",
			func(r scanner) (invitation, error) { return scanInvitationBase(r) })
	}
	var rows []invitation
	switch {
	case len(states) == len(models.InvitationStates()):
		rows, err = read("", true, pg.Read())
	case find.rare():
		rows, err = read("i.state_order IN ("+joinInts(states)+")", true, pg.Read())
	default:
		if backward {
			states = slices.Clone(states)
			slices.Reverse(states)
		}
		for _, st := range states {
			if key != nil && st != key[0].(int64) && (st < key[0].(int64)) != backward {
				continue
			}
			var more []invitation
			// Told that it equals 2, the planner would sort all of the small index of
			// pending ones; and of two lower bounds it may take the lesser.
			seek := key != nil && st == key[0].(int64)
			cond := fmt.Sprintf("i.state_order > %d AND i.state_order < %d", st-1, st+1)
			switch {
			case seek && backward:
				cond = fmt.Sprintf("i.state_order > %d", st-1)
			case seek:
				cond = fmt.Sprintf("i.state_order < %d", st+1)
			}
			if more, err = read(cond, seek, pg.Read()-len(rows)); err != nil {
				break
			}
			if rows = append(rows, more...); len(rows) > limit {
				break
			}
		}
	}
	if err != nil {
		return err
	}
	rows, p.Next, p.Prev = db.Cut(&pg, rows, func(v invitation) []any { return []any{stateOrder(v.State), v.listAt, v.ID} })
	if err := t.attachInvitationRoles(ctx, rows); err != nil {
		return err
	}
	p.Items = make([]models.Invitation, len(rows))
	for i, v := range rows {
		p.Items[i] = v.asSeen(t.now)
	}
	return nil
}

// Invitation is one invitation, for who may decide and for who sent it.
func (s *Store) Invitation(ctx context.Context, a models.Actor, orgID, id string) (inv models.Invitation, err error) {
	err = s.view(ctx, a, event{"invitation.show", "invitation", id, ""}, func(t *tx) error {
		o, v, err := t.manage(ctx, orgID, id)
		if err != nil {
			return err
		}
		inv, err = t.asShown(ctx, o, v)
		return err
	})
	return inv, err
}
