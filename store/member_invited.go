package store

import (
	"cmp"
	"context"
	"slices"

	"muster/models"
	"muster/store/internal/db"
)

// Who is invited, as rows of the list of members. Both kinds of row are read in the
// order of the list from where the page starts, and merged.

// invitedColumns say what an invitation has where the order of members has a
// column. Neither engine orders by a constant, so what no invitation has is made
// from a column.
var invitedColumns = map[string]string{
	"m.email_norm":   "i.email_norm",
	"m.role_order":   "i.role_order",
	"m.user_id":      "i.id",
	"m.name_norm":    "substr(i.id, 1, 0)",
	"m.status":       "substr(i.id, 1, 0) || 'invited'",
	"m.joined_at":    "i.num * 0",
	"m.last_seen_at": "i.num * 0",
}

// findInvited narrows pending invitations to what a query for members asks for.
// Nobody has seen or joined anything who is only invited.
func (t *tx) findInvited(ctx context.Context, o *org, q models.MemberQuery) (find search, w *db.Where, err error) {
	w = &db.Where{}
	w.Add("i.org_id = ?", o.ID)
	w.Add("i.state_order = " + statePending)
	w.Add("i.expires_at > ?", micros(t.now))
	if t.require(o, models.PermDecide) != nil {
		w.Add("i.inviter_id = ?", t.user.ID)
	}
	if find, err = t.searchAll(ctx, w, db.InvitationText, "i", o.num, q.Search, q.Terms); err != nil {
		return find, w, err
	}
	if _, err = t.narrowInvitations(ctx, o, w, models.InvitationQuery{Role: q.Role}); err != nil {
		return find, w, err
	}
	for _, role := range q.NotRoles {
		if known, err := models.ParseRole("role", string(role)); err == nil {
			w.Add("i.role_order <> ?", roleOrder(known))
			continue
		}
		r, err := t.customRole(ctx, o, string(role))
		if err != nil {
			return find, w, err
		}
		w.Add("NOT EXISTS (SELECT 1 FROM invitation_roles h WHERE h.org_id = i.org_id AND h.invitation_id = i.id AND h.role_id = ?)", r.ID)
	}
	if by := models.NormEmail(q.InvitedBy); by != "" {
		t.db.Text().Holds("lower(i.inviter_email)", by, w)
	}
	if !q.SeenSince.IsZero() || !q.InactiveSince.IsZero() || !q.Joined.IsZero() {
		find.none = true
	}
	return find, w, nil
}

// invitedRows reads who is invited for a page of members.
func (t *tx) invitedRows(ctx context.Context, o *org, q models.MemberQuery, pg db.Pager) ([]models.Member, error) {
	find, w, err := t.findInvited(ctx, o, q)
	if err != nil || find.none {
		return nil, err
	}
	cols := make([]string, len(pg.Cols))
	for i, col := range pg.Cols {
		cols[i] = invitedColumns[col]
	}
	pg.Cols = cols
	pg.Seek(w)
	found, err := found(ctx, t, find, w, invitationBase, &pg, pg.Read(), "LEFT JOIN outbox x ON x.invitation_id = i.id", scanInvitationBase())
	if err != nil {
		return nil, err
	}
	if err := t.attachInvitationRoles(ctx, found); err != nil {
		return nil, err
	}
	rows := make([]models.Member, len(found))
	for i, v := range found {
		rows[i] = v.asMember()
	}
	return rows, nil
}

func (v invitation) asMember() models.Member {
	return models.Member{ID: v.ID, OrgID: v.OrgID, Email: v.Email, Role: v.Role, CustomRole: v.CustomRole,
		Status: models.MemberInvited, InvitedBy: v.InviterEmail, ExpiresAt: v.ExpiresAt}
}

// invitedMember is the row of a pending invitation, for who sees the invitation.
func (t *tx) invitedMember(ctx context.Context, o *org, id string) (models.Member, error) {
	_, v, err := t.manage(ctx, o.ID, id)
	if models.CodeOf(err) == models.CodeNotFound || err == nil && v.asSeen(t.now).State != models.StatePending {
		err = noMember(o)
	}
	if err != nil {
		return models.Member{}, err
	}
	return v.asMember(), nil
}

// mergeMembers puts rows that are each in the order of the page into one.
func mergeMembers(a, b []models.Member, order memberOrder, pg *db.Pager) []models.Member {
	rows := slices.Concat(a, b)
	slices.SortStableFunc(rows, func(x, y models.Member) int {
		if pg.Desc() {
			x, y = y, x
		}
		return compareKeys(order.key(x), order.key(y))
	})
	return rows[:min(len(rows), pg.Read())]
}

func compareKeys(a, b []any) int {
	for i := range a {
		c := 0
		switch v := a[i].(type) {
		case int64:
			c = cmp.Compare(v, b[i].(int64))
		case string:
			c = cmp.Compare(v, b[i].(string))
		}
		if c != 0 {
			return c
		}
	}
	return 0
}
