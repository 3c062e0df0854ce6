package store

import (
	"context"
	"fmt"
	"slices"

	"muster/models"
	"muster/store/internal/db"
)

// memberOrder is one way to sort members: the columns, all in one direction.
type memberOrder struct {
	cols []string
	desc bool
}

func memberOrders(q models.MemberQuery) memberOrder {
	var o memberOrder
	switch q.Sort {
	case models.SortName:
		o = memberOrder{[]string{"m.name_norm", "m.user_id"}, false}
	case models.SortRole:
		o = memberOrder{[]string{"m.role_order", "m.email_norm", "m.user_id"}, false}
	case models.SortStatus:
		o = memberOrder{[]string{"m.status", "m.email_norm", "m.user_id"}, false}
	case models.SortJoined:
		o = memberOrder{[]string{"m.joined_at", "m.user_id"}, true}
	case models.SortLastSeen:
		o = memberOrder{[]string{"m.last_seen_at", "m.user_id"}, true}
	default:
		o = memberOrder{[]string{"m.email_norm", "m.user_id"}, false}
	}
	// What the filter holds fast needs no place in the order, and would keep a
	// page from beginning in the middle of its index.
	one := q.Status != "" && (!q.Invited || q.Status == models.MemberInvited)
	if q.Sort == models.SortRole && q.Role != "" || q.Sort == models.SortStatus && one {
		o.cols = o.cols[1:]
	}
	o.desc = o.desc != q.Reverse
	return o
}

// key is what a page goes on from: the values of the columns in a row.
func (o memberOrder) key(m models.Member) []any {
	key := make([]any, len(o.cols))
	for i, col := range o.cols {
		switch col {
		case "m.name_norm":
			key[i] = models.NormName(m.Name)
		case "m.email_norm":
			key[i] = models.NormEmail(m.Email)
		case "m.role_order":
			key[i] = roleOrder(m.Role)
		case "m.status":
			key[i] = string(m.Status)
		case "m.joined_at":
			key[i] = micros(m.JoinedAt)
		case "m.last_seen_at":
			key[i] = microsOf(m.LastSeenAt)
		default:
			key[i] = m.ID
		}
	}
	return key
}

// ListMembers gives a page of an organization's members, for everybody in it.
// Matches is exact up to models.MatchesCap and -1 where counting would mean
// reading the whole list.
func (s *Store) ListMembers(ctx context.Context, a models.Actor, orgID string, q models.MemberQuery) (p models.Page[models.Member], err error) {
	limit, err := models.CheckLimit(q.Limit)
	if err != nil {
		return p, err
	}
	if q, err = checkMembers(q); err != nil {
		return p, err
	}
	err = s.view(ctx, a, event{"member.list", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		counts, err := t.memberCountTable(ctx, o.ID)
		if err != nil {
			return err
		}
		p.Total = counts.sum("", "")
		w := &db.Where{}
		w.Add("m.org_id = ?", o.ID)
		if counts.late > 0 {
			w.Add("(m.ends_at = 0 OR m.ends_at > +?)", micros(t.now))
		}
		find, matches, err := t.findMembers(ctx, o, w, q, counts)
		if err != nil {
			return err
		}
		if p.Matches = matches; q.Invited {
			p.Matches, p.Total = -1, -1 // the counters know members only
		}
		err = t.memberPage(ctx, o, find, w, q, limit, &p)
		markPrimary(p.Items, o.primary)
		for i := range p.Items {
			t.keepReason(o, &p.Items[i])
		}
		return err
	})
	return p, err
}

// findMembers narrows a query to what is asked for, says how to search the rest,
// and how many there are of it.
func (t *tx) findMembers(ctx context.Context, o *org, w *db.Where, q models.MemberQuery, counts countTable) (find search, matches int, err error) {
	if matches, err = t.memberRoleFilter(ctx, o, w, q, counts); err != nil {
		return find, 0, err
	}
	filterMembers(w, q)
	narrowed, err := t.narrowMembers(ctx, o, w, q)
	if err != nil {
		return find, 0, err
	}
	if narrowed {
		matches = -1
	}
	find, err = t.searchAll(ctx, w, db.MemberText, "m", o.num, q.Search, q.Terms)
	if err != nil {
		return find, 0, err
	}
	if !q.InactiveSince.IsZero() {
		if matches, err = t.inactive(ctx, &find, w, o.ID, q); err != nil {
			return find, 0, err
		}
	}
	alone := q.Unfiltered()
	find.ordered = alone && q.Sort == models.SortEmail
	if find.term != "" {
		if matches, err = find.count(ctx, t, w, alone); err != nil {
			return find, 0, err
		}
	} else if narrowed {
		matches = -1
	}
	return find, matches, nil
}

func markPrimary(members []models.Member, primary string) {
	for i := range members {
		members[i].Primary = members[i].ID == primary
	}
}

// memberRoleFilter narrows a list to a role and says how many have it, in the
// status asked for. A built-in role also finds custom ones that count as it.
func (t *tx) memberRoleFilter(ctx context.Context, o *org, w *db.Where, q models.MemberQuery, counts countTable) (matches int, err error) {
	if q.Role == "" || q.Role.Rank() > 0 {
		return counts.sum(q.Role, q.Status), nil // filterMembers has the condition
	}
	r, err := t.customRole(ctx, o, string(q.Role))
	if models.CodeOf(err) == models.CodeNotFound {
		err = t.notARole(ctx, o, q.Role)
	}
	if err != nil {
		return 0, err
	}
	if matches = r.members; q.Status != "" {
		matches = -1
	}
	// Few are looked up one by one; of many, a scan in the order of the list soon
	// finds a page.
	if r.members <= models.MatchesCap {
		w.Add("user_id IN (SELECT user_id FROM member_roles WHERE org_id = ? AND role_id = ?)", o.ID, r.ID)
	} else {
		w.Add("EXISTS (SELECT 1 FROM member_roles h WHERE h.org_id = m.org_id AND h.user_id = m.user_id AND h.role_id = ?)", r.ID)
	}
	return matches, nil
}

// checkMembers checks a query and fills in its default order.
func checkMembers(q models.MemberQuery) (models.MemberQuery, error) {
	if q.Sort == "" {
		q.Sort = models.SortEmail
	}
	if _, _, err := models.ParseMemberSort(string(q.Sort)); err != nil {
		return q, err
	}
	if q.Role != "" {
		// Anything else may be a custom role, which only the organization knows.
		if r, err := models.ParseRole("role", string(q.Role)); err == nil {
			q.Role = r
		}
	}
	if q.Status != "" && !slices.Contains(models.MemberStatuses(), q.Status) {
		return q, models.Invalid("status", "status must be %s, %s or %s", models.MemberActive, models.MemberSuspended, models.MemberInvited)
	}
	q.Invited = q.Invited || q.Status == models.MemberInvited
	return q, checkQuery(q.Search)
}

// filterMembers narrows a query so that it finds its index. The few suspended
// ones have partial indexes, which only a literal matches, and which must not
// lose against those of a role.
func filterMembers(w *db.Where, q models.MemberQuery) {
	suspended := q.Status == models.MemberSuspended
	switch {
	case suspended:
		w.Add("status = 'suspended'")
	case q.Status != "" && q.Sort == models.SortStatus:
		w.Add("status = ?", string(q.Status))
	case q.Status != "":
		w.Add("status <> 'suspended'")
	}
	switch {
	case q.Role.Rank() == 0: // any, or a custom one
	case suspended && q.Sort != models.SortRole:
		w.Add("role_order + 0 = ?", roleOrder(q.Role))
	default:
		w.Add("role_order = ?", roleOrder(q.Role))
	}
}

// narrowMembers narrows a query by what has no index of its own, and tells whether
// anything did. A page of it is found by reading the list in its order.
func (t *tx) narrowMembers(ctx context.Context, o *org, w *db.Where, q models.MemberQuery) (bool, error) {
	for _, role := range q.NotRoles {
		if known, err := models.ParseRole("role", string(role)); err == nil {
			w.Add("m.role_order + 0 <> ?", roleOrder(known))
			continue
		}
		r, err := t.customRole(ctx, o, string(role))
		if models.CodeOf(err) == models.CodeNotFound {
			err = t.notARole(ctx, o, role)
		}
		if err != nil {
			return false, err
		}
		w.Add("NOT EXISTS (SELECT 1 FROM member_roles h WHERE h.org_id = m.org_id AND h.user_id = m.user_id AND h.role_id = ?)", r.ID)
	}
	if !q.SeenSince.IsZero() {
		col := "m.last_seen_at + 0"
		if q.Sort == models.SortLastSeen {
			col = "m.last_seen_at"
		}
		w.Add(col+" >= ?", micros(q.SeenSince))
	}
	if by := models.NormEmail(q.InvitedBy); by != "" {
		t.db.Text().Holds("lower(m.invited_by)", by, w)
	}
	col := "m.joined_at + 0"
	if q.Sort == models.SortJoined {
		col = "m.joined_at"
	}
	within(w, col, q.Joined)
	return len(q.NotRoles) > 0 || !q.SeenSince.IsZero() || q.InvitedBy != "" || !q.Joined.IsZero() || !q.Terms.None(), nil
}

// share lets a row use the texts of the one before it where they are the same,
// since many sessions keep a page each.
func share(m, before *models.Member) {
	if m.OrgID == before.OrgID {
		m.OrgID = before.OrgID
	}
	if m.Status == before.Status {
		m.Status = before.Status
	}
	if m.AccountStatus == before.AccountStatus {
		m.AccountStatus = before.AccountStatus
	}
	if m.InvitedBy == before.InvitedBy {
		m.InvitedBy = before.InvitedBy
	}
}

func (t *tx) memberPage(ctx context.Context, o *org, find search, w *db.Where, q models.MemberQuery, limit int, p *models.Page[models.Member]) error {
	order := memberOrders(q)
	pg, err := db.NewPager(db.Order{Sort: string(q.Sort) + fmt.Sprint(q.Reverse), Cols: order.cols, Desc: order.desc, Key: order.key(models.Member{})},
		limit, q.After, q.Before)
	if err != nil {
		return err
	}
	var rows []models.Member
	if q.Status != models.MemberInvited {
		pg.Seek(w)
		if err := t.startAt(ctx, &find, w, &pg); err != nil {
			return err
		}
		if rows, err = found(ctx, t, find, w, memberBase, &pg, pg.Read(), "", scanTable(memberTable)); err != nil {
			return err
		}
	}
	if q.Invited {
		invited, err := t.invitedRows(ctx, o, q, pg)
		if err != nil {
			return err
		}
		rows = mergeMembers(rows, invited, order, &pg)
	}
	// Before a custom role takes the place of the one it is sorted as.
	p.Items, p.Next, p.Prev = db.Cut(&pg, rows, order.key)
	if len(p.Items) == 0 {
		p.Items = []models.Member{}
		return nil
	}
	for i := range p.Items[1:] {
		share(&p.Items[i+1], &p.Items[i])
	}
	return t.attachMemberRoles(ctx, p.Items)
}
