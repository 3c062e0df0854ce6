package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"muster/models"
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
		w := &where{}
		w.add("i.org_id = ?", o.ID)
		decides := t.require(o, models.PermDecide) == nil
		own := q.Mine || !decides
		if own {
			w.add("i.inviter_id = ?", t.user.ID)
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
		find, err := t.search(ctx, invitationText, "invitations", "i", o.num, q.Search)
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
		switch {
		case find.term != "":
			in, among := w.clone(), orders
			if late > 0 {
				among = t.lateOnes(in, orders)
			}
			in.raw("i.state_order IN ("+joinInts(among)+")", nil)
			if p.Matches, err = find.count(ctx, t, in, !own && len(orders) == len(models.InvitationStates())); err != nil {
				return err
			}
		case own:
			p.Matches = -1
		}
		if err := t.invitationPage(ctx, find, w, q, orders, late > 0, limit, &p); err != nil {
			return err
		}
		return t.showInvitationWorkspaces(ctx, o, p.Items)
	})
	return p, err
}

// lateOnes lets a query about some states count those that ran out and are not
// yet written down as expired among the expired ones, and nowhere else.
func (t *tx) lateOnes(w *where, states []int64) []int64 {
	pending, expired := stateOrder(models.StatePending), stateOrder(models.StateExpired)
	hasPending, hasExpired := slices.Contains(states, pending), slices.Contains(states, expired)
	switch {
	case hasPending && !hasExpired:
		w.add(fmt.Sprintf("(i.state_order <> %d OR i.expires_at > ?)", pending), micros(t.now))
	case hasExpired && !hasPending:
		w.add(fmt.Sprintf("(i.state_order <> %d OR i.expires_at <= ?)", pending), micros(t.now))
		states = append(slices.Clone(states), pending)
	}
	return states
}

var invitationKey = []any{int64(0), int64(0), ""}

// invitationPage reads in the order of states and, within each, of list_at. That
// is the order of the index, so all states are one range of it; some of them are
// a range each, walked until the page is full. While some that ran out
// are not written down, all states are walked so too: expired ones are then two
// ranges, merged in their order.
func (t *tx) invitationPage(ctx context.Context, find search, base *where, q models.InvitationQuery, states []int64, late bool, limit int, p *models.Page[models.Invitation]) error {
	const sort = "invitations"
	from, backward := q.After, false
	if q.Before != "" {
		from, backward = q.Before, true
	}
	var key []any
	if from != "" {
		var err error
		if key, err = decodeCursor(from, sort, invitationKey); err != nil {
			return err
		}
	}
	cols := []string{"i.state_order", "i.list_at", "i.id"}
	run := func(w *where, need int) ([]invitation, error) {
		return page(ctx, t, find, w, invitationBase, cols, backward, need, "LEFT JOIN outbox x ON x.invitation_id = i.id",
			func(r scanner) (invitation, error) { return scanInvitationBase(r) })
	}
	pending, expired := stateOrder(models.StatePending), stateOrder(models.StateExpired)
	// read reads a range of states; of pending ones, those that still are.
	read := func(cond string, st int64, seek bool, need int) ([]invitation, error) {
		w := base.clone()
		if cond != "" {
			w.raw(cond, nil)
		}
		if late && st == pending {
			w.add("i.expires_at > ?", micros(t.now))
		}
		if seek && key != nil {
			w.seek(cols, key, backward)
		}
		return run(w, need)
	}
	// merge adds to expired ones those that are not written down as such.
	merge := func(rows []invitation, seek bool, need int) ([]invitation, error) {
		w := base.clone()
		w.raw(fmt.Sprintf("i.state_order > %d AND i.state_order < %d", pending-1, pending+1), nil)
		w.add("i.expires_at <= ?", micros(t.now))
		if seek {
			w.seek(cols[1:], key[1:], backward)
		}
		more, err := run(w, need)
		rows = append(rows, more...)
		slices.SortFunc(rows, func(x, y invitation) int {
			if backward {
				x, y = y, x
			}
			return cmp.Or(cmp.Compare(x.listAt, y.listAt), cmp.Compare(x.ID, y.ID))
		})
		return rows[:min(len(rows), need)], err
	}
	var rows []invitation
	var err error
	switch {
	case !late && len(states) == len(models.InvitationStates()):
		rows, err = read("", 0, true, limit+1)
	case !late && find.rare():
		rows, err = read("i.state_order IN ("+joinInts(states)+")", 0, true, limit+1)
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
			need := limit + 1 - len(rows)
			if more, err = read(cond, st, seek, need); err == nil && late && st == expired {
				more, err = merge(more, seek, need)
			}
			if err != nil {
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
	more := len(rows) > limit
	rows = rows[:min(len(rows), limit)]
	if backward {
		slices.Reverse(rows)
	}
	if err := t.attachInvitationRoles(ctx, rows); err != nil {
		return err
	}
	p.Items = make([]models.Invitation, len(rows))
	for i, v := range rows {
		p.Items[i] = v.asSeen(t.now)
	}
	if len(rows) == 0 {
		return nil
	}
	keyOf := func(v invitation) string {
		return encodeCursor(sort, []any{stateOrder(v.asSeen(t.now).State), v.listAt, v.ID})
	}
	if more || backward {
		p.Next = keyOf(rows[len(rows)-1])
	}
	if more && backward || !backward && from != "" {
		p.Prev = keyOf(rows[0])
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
