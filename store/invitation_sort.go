package store

import (
	"context"
	"fmt"
	"slices"

	"muster/models"
	"muster/store/internal/db"
)

// invitationSorted is an order of invitations that is not that of their statuses.
func invitationSorted(q models.InvitationQuery) (o db.Order, key func(invitation) []any) {
	o = db.Order{Sort: "invitations " + string(q.Sort) + fmt.Sprint(q.Reverse), Desc: !q.Reverse, Key: []any{int64(0), ""}}
	switch q.Sort {
	case models.InvitationsByEmail:
		o.Cols, o.Desc, o.Key = []string{"i.email_norm", "i.id"}, q.Reverse, []any{"", ""}
		return o, func(v invitation) []any { return []any{models.NormEmail(v.Email), v.ID} }
	case models.InvitationsByExpires:
		o.Cols = []string{"i.expires_at", "i.id"}
		return o, func(v invitation) []any { return []any{microsOf(v.ExpiresAt), v.ID} }
	}
	o.Cols = []string{"i.created_at", "i.id"}
	return o, func(v invitation) []any { return []any{micros(v.CreatedAt), v.ID} }
}

// sortedInvitations reads a page in the order of one of the indexes for that. Of
// statuses that few have, those few are sorted instead.
func (t *tx) sortedInvitations(ctx context.Context, find search, base *db.Where, q models.InvitationQuery, states []int64, late bool, limit int, p *models.Page[models.Invitation]) error {
	order, key := invitationSorted(q)
	pg, err := db.NewPager(order, limit, q.After, q.Before)
	if err != nil {
		return err
	}
	w := base.Clone()
	if len(states) < len(models.InvitationStates()) {
		among := states
		if late {
			among = t.lateOnes(w, states)
		}
		few := false
		if find.term == "" && !slices.Contains(states, stateOrder(models.StateAccepted)) {
			var n int
			if err := t.row(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM invitations WHERE org_id = $1 AND state_order IN (%s) LIMIT %d) AS n", joinInts(among), scanRows+1), base.Args[0]).Scan(&n); err != nil {
				return err
			}
			few = n <= scanRows
		}
		if few {
			find.table = fmt.Sprintf("(SELECT * FROM invitations WHERE org_id = $1 AND state_order IN (%s) LIMIT %d)", joinInts(among), scanRows)
		} else {
			w.Add("i.state_order + 0 IN (" + joinInts(among) + ")")
		}
	}
	pg.Seek(w)
	rows, err := found(ctx, t, find, w, invitationBase, &pg, pg.Read(), "LEFT JOIN outbox x ON x.invitation_id = i.id",
		scanInvitationBase())
	if err != nil {
		return err
	}
	rows, p.Next, p.Prev = db.Cut(&pg, rows, key)
	return t.showInvitations(ctx, rows, p)
}

// showInvitations fills a page with what was read.
func (t *tx) showInvitations(ctx context.Context, rows []invitation, p *models.Page[models.Invitation]) error {
	if err := t.attachInvitationRoles(ctx, rows); err != nil {
		return err
	}
	p.Items = make([]models.Invitation, len(rows))
	for i, v := range rows {
		p.Items[i] = v.asSeen(t.now)
	}
	return nil
}
