package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"muster/models"
	"muster/store/internal/db"
)

// ListInvitations gives a page of an organization's invitations: all of them
// for who may decide, their own for everybody else.
func (s *Store) ListInvitations(ctx context.Context, a models.Actor, orgID string, q models.InvitationQuery) (p models.Page[models.Invitation], err error) {
	limit, err := checkPage(q.Limit, q.Search)
	if err != nil {
		return p, err
	}
	if q.Sort, err = q.Sort.Check(); err != nil {
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
		own := q.Own || !decides
		if own {
			w.Add("i.inviter_id = ?", t.user.ID)
		}
		if p.Total = -1; decides { // how many others sent is not for everybody
			p.Total = 0
			for _, n := range counts {
				p.Total += n
			}
		}
		find, narrowed, err := t.findInvitations(ctx, o, w, q)
		if err != nil {
			return err
		}
		orders, err := stateOrders(q.States)
		if err != nil {
			return err
		}
		p.Matches, err = t.countInvitations(ctx, find, w, orders, counts, late > 0, own || narrowed)
		if err != nil {
			return err
		}
		if err := t.invitationPage(ctx, find, w, q, orders, late > 0, limit, &p); err != nil {
			return err
		}
		return t.showInvitationWorkspaces(ctx, o, p.Items)
	})
	return p, err
}

// findInvitations narrows a query to what is asked for, and says how to search the
// rest.
func (t *tx) findInvitations(ctx context.Context, o *org, w *db.Where, q models.InvitationQuery) (find search, narrowed bool, err error) {
	if find, err = t.searchAll(ctx, w, db.InvitationText, "i", o.num, q.Search, q.Terms); err == nil {
		narrowed, err = t.narrowInvitations(ctx, o, w, q)
	}
	return find, narrowed, err
}

// narrowInvitations narrows a query by what has no index of its own, and tells
// whether anything did.
func (t *tx) narrowInvitations(ctx context.Context, o *org, w *db.Where, q models.InvitationQuery) (bool, error) {
	if q.Role != "" {
		if known, err := models.ParseRole("role", string(q.Role)); err == nil {
			w.Add("i.role_order = ?", roleOrder(known))
		} else {
			r, err := t.customRole(ctx, o, string(q.Role))
			if models.CodeOf(err) == models.CodeNotFound {
				err = t.notARole(ctx, o, q.Role)
			}
			if err != nil {
				return false, err
			}
			w.Add("EXISTS (SELECT 1 FROM invitation_roles h WHERE h.org_id = i.org_id AND h.invitation_id = i.id AND h.role_id = ?)", r.ID)
		}
	}
	if by := models.NormText(q.By); by != "" {
		t.db.Text().Holds("lower(i.inviter_email || ' ' || i.inviter_name)", by, w)
	}
	within(w, "i.created_at", q.Sent)
	if !q.All { // the counters know only what is listed
		w.Add("i.deleted_at = 0")
	}
	return q.All || q.Role != "" || q.By != "" || !q.Sent.IsZero() || !q.Terms.None(), nil
}

// stateOrders are the states to list, in their order; with none, all.
func stateOrders(states []models.InvitationState) ([]int64, error) {
	if len(states) == 0 {
		states = models.InvitationStates()
	}
	orders := make([]int64, 0, len(states))
	for _, st := range states {
		if st.Rank() == 0 {
			return nil, models.Invalid("status", "%q is not a status of an invitation", clip(string(st), 20))
		}
		orders = append(orders, stateOrder(st))
	}
	slices.Sort(orders)
	return slices.Compact(orders), nil
}

// countInvitations counts those in some states that a search finds; -1 where that
// would mean reading the whole list.
func (t *tx) countInvitations(ctx context.Context, find search, w *db.Where, states []int64, counts map[models.InvitationState]int, late, own bool) (n int, err error) {
	switch {
	case find.term != "":
		in, among := w.Clone(), states
		if late {
			among = t.lateOnes(in, states)
		}
		in.Add("i.state_order IN (" + joinInts(among) + ")")
		return find.count(ctx, t, in, !own && len(states) == len(models.InvitationStates()))
	case own:
		return -1, nil
	}
	for _, state := range states {
		n += counts[stateOf(state)]
	}
	return n, nil
}

// lateOnes lets a query about some states count those that ran out and are not
// yet written down as expired among the expired ones, and nowhere else.
func (t *tx) lateOnes(w *db.Where, states []int64) []int64 {
	pending, expired := stateOrder(models.StatePending), stateOrder(models.StateExpired)
	hasPending, hasExpired := slices.Contains(states, pending), slices.Contains(states, expired)
	switch {
	case hasPending && !hasExpired:
		w.Add(fmt.Sprintf("(i.state_order <> %d OR i.expires_at > ?)", pending), micros(t.now))
	case hasExpired && !hasPending:
		w.Add(fmt.Sprintf("(i.state_order <> %d OR i.expires_at <= ?)", pending), micros(t.now))
		states = append(slices.Clone(states), pending)
	}
	return states
}

var invitationOrder = db.Order{Sort: "invitations", Cols: []string{"i.state_order", "i.list_at", "i.id"}, Key: []any{int64(0), int64(0), ""}}

// invitationReader reads a page of invitations in the order of states and, within
// each, of list_at. That is the order of the index, so all states are one range
// of it; some of them are a range each, walked until the page is full.
type invitationReader struct {
	t    *tx
	find search
	base *db.Where
	pg   *db.Pager
	// late says that some ran out that are not written down as expired. Then all
	// states are walked too: expired ones are two ranges, merged in their order.
	late bool
}

func (r *invitationReader) run(ctx context.Context, w *db.Where, need int) ([]invitation, error) {
	return found(ctx, r.t, r.find, w, invitationBase, r.pg, need, "LEFT JOIN outbox x ON x.invitation_id = i.id", scanInvitationBase())
}

// together reads several states as one range.
func (r *invitationReader) together(ctx context.Context, cond string) ([]invitation, error) {
	w := r.base.Clone()
	if cond != "" {
		w.Add(cond)
	}
	r.pg.Seek(w)
	return r.run(ctx, w, r.pg.Read())
}

// walk reads one state after the other.
func (r *invitationReader) walk(ctx context.Context, states []int64) (rows []invitation, err error) {
	key, backward := r.pg.Start(), r.pg.Desc()
	if backward {
		states = slices.Clone(states)
		slices.Reverse(states)
	}
	for _, st := range states {
		if key != nil && st != key[0].(int64) && (st < key[0].(int64)) != backward {
			continue
		}
		more, err := r.state(ctx, st, key != nil && st == key[0].(int64), r.pg.Read()-len(rows))
		if err != nil {
			return nil, err
		}
		if rows = append(rows, more...); len(rows) >= r.pg.Read() {
			break
		}
	}
	return rows, nil
}

// state reads one state; of pending ones, those that still are.
func (r *invitationReader) state(ctx context.Context, st int64, seek bool, need int) ([]invitation, error) {
	// Told that it equals 2, the planner would sort all of the small index of
	// pending ones; and of two lower bounds it may take the lesser.
	cond := fmt.Sprintf("i.state_order > %d AND i.state_order < %d", st-1, st+1)
	switch {
	case seek && r.pg.Desc():
		cond = fmt.Sprintf("i.state_order > %d", st-1)
	case seek:
		cond = fmt.Sprintf("i.state_order < %d", st+1)
	}
	w := r.base.Clone()
	w.Add(cond)
	if r.late && st == stateOrder(models.StatePending) {
		w.Add("i.expires_at > ?", micros(r.t.now))
	}
	if seek {
		r.pg.Seek(w)
	}
	rows, err := r.run(ctx, w, need)
	if err != nil || !r.late || st != stateOrder(models.StateExpired) {
		return rows, err
	}
	return r.withLate(ctx, rows, seek, need)
}

// withLate adds to expired ones those that are not written down as such.
func (r *invitationReader) withLate(ctx context.Context, rows []invitation, seek bool, need int) ([]invitation, error) {
	pending := stateOrder(models.StatePending)
	w := r.base.Clone()
	w.Add(fmt.Sprintf("i.state_order > %d AND i.state_order < %d", pending-1, pending+1))
	w.Add("i.expires_at <= ?", micros(r.t.now))
	if seek {
		w.Seek(invitationOrder.Cols[1:], r.pg.Start()[1:], r.pg.Desc())
	}
	more, err := r.run(ctx, w, need)
	rows = append(rows, more...)
	slices.SortFunc(rows, func(x, y invitation) int {
		if r.pg.Desc() {
			x, y = y, x
		}
		return cmp.Or(cmp.Compare(x.listAt, y.listAt), cmp.Compare(x.ID, y.ID))
	})
	return rows[:min(len(rows), need)], err
}

func (t *tx) invitationPage(ctx context.Context, find search, base *db.Where, q models.InvitationQuery, states []int64, late bool, limit int, p *models.Page[models.Invitation]) error {
	if q.Sort != models.InvitationsByStatus {
		return t.sortedInvitations(ctx, find, base, q, states, late, limit, p)
	}
	order := invitationOrder
	if q.Reverse {
		order.Sort, order.Desc = "invitations reversed", true
	}
	pg, err := db.NewPager(order, limit, q.After, q.Before)
	if err != nil {
		return err
	}
	read := invitationReader{t, find, base, &pg, late}
	var rows []invitation
	switch {
	case !late && len(states) == len(models.InvitationStates()):
		rows, err = read.together(ctx, "")
	case !late && find.rare():
		rows, err = read.together(ctx, "i.state_order IN ("+joinInts(states)+")")
	default:
		rows, err = read.walk(ctx, states)
	}
	if err != nil {
		return err
	}
	rows, p.Next, p.Prev = db.Cut(&pg, rows, func(v invitation) []any {
		return []any{stateOrder(v.asSeen(t.now).State), v.listAt, v.ID}
	})
	return t.showInvitations(ctx, rows, p)
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
