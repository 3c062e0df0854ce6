package store

import (
	"context"
	"fmt"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// removedRow is a row of former_members.
type removedRow struct {
	models.RemovedMember
	by            string // id of who took them out
	customID      string // of the custom role that they had, whether or not it exists
	suspendedAt   *time.Time
	suspendedBy   string
	suspendReason string
	endsAt        *time.Time
}

// removedKept are the columns of former_members f, and removedTable those with
// what removedTables joins.
var (
	removedKept = db.Columns[removedRow]{
		text("user_id", func(f *removedRow) *string { return &f.ID }),
		text("org_id", func(f *removedRow) *string { return &f.OrgID }),
		role("role_order", func(f *removedRow) *models.Role { return &f.Role }),
		text("custom_role", func(f *removedRow) *string { return &f.customID }),
		text("status", func(f *removedRow) *models.MemberStatus { return &f.Status }),
		ifAt("suspended_at", func(f *removedRow) **time.Time { return &f.suspendedAt }),
		text("suspended_by", func(f *removedRow) *string { return &f.suspendedBy }),
		text("suspend_reason", func(f *removedRow) *string { return &f.suspendReason }),
		ifAt("ends_at", func(f *removedRow) **time.Time { return &f.endsAt }),
		at("joined_at", func(f *removedRow) *time.Time { return &f.JoinedAt }),
		text("invited_by", func(f *removedRow) *string { return &f.InvitedBy }),
		at("removed_at", func(f *removedRow) *time.Time { return &f.RemovedAt }),
		text("removed_by", func(f *removedRow) *string { return &f.by }),
	}
	removedTable = removedKept.With(
		text("u.email", func(f *removedRow) *string { return &f.Email }),
		flag("u.email_verified", func(f *removedRow) *bool { return &f.EmailVerified }),
		text("u.name", func(f *removedRow) *string { return &f.Name }),
		text("u.handle", func(f *removedRow) *string { return &f.Handle }),
		joinedText("r.email", func(f *removedRow) *string { return &f.RemovedBy }),
	)
)

var removedColumns = removedTable.Read("f") + ", " + customColumns

const removedTables = `former_members f JOIN users u ON u.id = f.user_id LEFT JOIN users r ON r.id = f.removed_by
	LEFT JOIN custom_roles cr ON cr.org_id = f.org_id AND cr.id = f.custom_role`

// removedOrEnded are those of the organization $1, with whose membership has ended
// at the time $2 without its being written down.
var removedOrEnded = fmt.Sprintf(`(SELECT org_id, user_id, role_order, custom_role, status, suspended_at, suspended_by, suspend_reason, ends_at, joined_at, invited_by, removed_at, removed_by
			FROM former_members WHERE org_id = $1
		UNION ALL SELECT m.org_id, m.user_id, CASE WHEN mr.role_id IS NULL THEN m.role_order ELSE %d END, coalesce(mr.role_id, ''), m.status, m.suspended_at, m.suspended_by, m.suspend_reason,
			m.ends_at, m.joined_at, m.invited_by, m.ends_at, ''
		FROM memberships m LEFT JOIN member_roles mr ON mr.org_id = m.org_id AND mr.user_id = m.user_id WHERE m.org_id = $1 AND m.ends_at > 0 AND m.ends_at <= +$2
	) f JOIN users u ON u.id = f.user_id LEFT JOIN users r ON r.id = f.removed_by
	LEFT JOIN custom_roles cr ON cr.org_id = f.org_id AND cr.id = f.custom_role`, roleOrder(models.RoleViewer))

func scanRemoved() scanFunc[removedRow] {
	var f removedRow
	var custom customRow
	return scanInto(removedTable.Dest(&f, custom.dest()...), func() removedRow {
		f.Left = f.by == f.ID
		if f.CustomRole = custom.role(roleOrder(f.Role)); f.CustomRole != nil {
			f.Role = f.CustomRole.Counts()
		}
		f.RestorableUntil = f.RemovedAt.Add(models.RestoreTime)
		if f.by != "" && f.RemovedBy == "" {
			f.RemovedBy = models.DeletedUser
		}
		return f
	})
}

// RemovedMembers gives a page of those who were taken out, or left, less than
// models.RestoreTime ago, for owners and admins. Each says whether the actor
// can restore them, and in what role.
func (s *Store) RemovedMembers(ctx context.Context, a models.Actor, orgID string, q models.RemovedQuery) (p models.Page[models.RemovedMember], err error) {
	limit, err := checkPage(q.Limit, q.Search)
	if err != nil {
		return p, err
	}
	err = s.view(ctx, a, event{"member.former", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		t.found("organization", o.ID, o.Code)
		if err := t.require(o, models.PermMembers); err != nil {
			return err
		}
		return t.removedPage(ctx, o, q, limit, &p)
	})
	return p, err
}

func (t *tx) removedPage(ctx context.Context, o *org, q models.RemovedQuery, limit int, p *models.Page[models.RemovedMember]) error {
	w := &db.Where{Args: []any{o.ID, micros(t.now)}}
	w.Add("f.removed_at > ?", micros(t.now.Add(-models.RestoreTime)))
	t.holdText(w, "u.text", q.Search, q.Terms)
	order := db.Order{Sort: "former", Cols: []string{"f.removed_at", "f.user_id"}, Desc: true, Key: []any{int64(0), ""}}
	pg, err := db.NewPager(order, limit, q.After, q.Before)
	if err != nil {
		return err
	}
	pg.Seek(w)
	rows, err := collect(ctx, t, scanRemoved(), fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT %d",
		removedColumns, removedOrEnded, w, pg.OrderBy(), pg.Read()), w.Args...)
	if err != nil {
		return err
	}
	p.Total, p.Matches = -1, -1
	rows, p.Next, p.Prev = db.Cut(&pg, rows, func(f removedRow) []any { return []any{micros(f.RemovedAt), f.ID} })
	set, err := t.memberSettings(ctx, o.ID)
	if err != nil {
		return err
	}
	p.Items = make([]models.RemovedMember, len(rows))
	for i, f := range rows {
		as := *o // listing is no use of a right
		role, err := t.mayRestore(&as, set, f.RemovedMember)
		f.RemovedMember = o.withinPlan(f.RemovedMember)
		f.RestoreRole, f.WhyNot = models.Role(role.Label()), reason(err)
		p.Items[i] = f.RemovedMember
	}
	return nil
}
