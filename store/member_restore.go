package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// removedRow is a row of former_members.
type removedRow struct {
	models.RemovedMember
	by string // id of who took them out
}

// removedTable are the columns of former_members f, with what removedTables joins.
var removedTable = db.Columns[removedRow]{
	text("user_id", func(f *removedRow) *string { return &f.ID }),
	text("org_id", func(f *removedRow) *string { return &f.OrgID }),
	text("u.email", func(f *removedRow) *string { return &f.Email }),
	text("u.name", func(f *removedRow) *string { return &f.Name }),
	text("u.handle", func(f *removedRow) *string { return &f.Handle }),
	role("role_order", func(f *removedRow) *models.Role { return &f.Role }),
	at("joined_at", func(f *removedRow) *time.Time { return &f.JoinedAt }),
	text("invited_by", func(f *removedRow) *string { return &f.InvitedBy }),
	at("removed_at", func(f *removedRow) *time.Time { return &f.RemovedAt }),
	text("removed_by", func(f *removedRow) *string { return &f.by }),
	joinedText("r.email", func(f *removedRow) *string { return &f.RemovedBy }),
}

var removedColumns = removedTable.Read("f") + ", " + customColumns

const removedTables = `former_members f JOIN users u ON u.id = f.user_id LEFT JOIN users r ON r.id = f.removed_by
	LEFT JOIN custom_roles cr ON cr.org_id = f.org_id AND cr.id = f.custom_role`

// removedOrEnded are those of the organization $1, with whose membership has ended
// at the time $2 without its being written down.
var removedOrEnded = fmt.Sprintf(`(SELECT org_id, user_id, role_order, custom_role, joined_at, invited_by, removed_at, removed_by FROM former_members WHERE org_id = $1
		UNION ALL SELECT m.org_id, m.user_id, CASE WHEN mr.role_id IS NULL THEN m.role_order ELSE %d END, coalesce(mr.role_id, ''), m.joined_at, m.invited_by, m.ends_at, ''
		FROM memberships m LEFT JOIN member_roles mr ON mr.org_id = m.org_id AND mr.user_id = m.user_id WHERE m.org_id = $1 AND m.ends_at > 0 AND m.ends_at <= +$2
	) f JOIN users u ON u.id = f.user_id LEFT JOIN users r ON r.id = f.removed_by
	LEFT JOIN custom_roles cr ON cr.org_id = f.org_id AND cr.id = f.custom_role`, roleOrder(models.RoleViewer))

func scanRemoved(r scanner) (models.RemovedMember, error) {
	var f removedRow
	var custom customRow
	err := r.Scan(removedTable.Dest(&f, custom.dest()...)...)
	f.Left = f.by == f.ID
	if f.CustomRole = custom.role(roleOrder(f.Role)); f.CustomRole != nil {
		f.Role = f.CustomRole.Counts()
	}
	f.RestorableUntil = f.RemovedAt.Add(models.RestoreTime)
	if f.by != "" && f.RemovedBy == "" {
		f.RemovedBy = models.DeletedUser
	}
	return f.RemovedMember, err
}

// RemovedMembers gives a page of those who were taken out, or left, less than
// models.RestoreTime ago, for owners and admins. Each says whether the actor
// can restore them, and in what role.
func (s *Store) RemovedMembers(ctx context.Context, a models.Actor, orgID string, q models.RemovedQuery) (p models.Page[models.RemovedMember], err error) {
	limit, err := models.CheckLimit(q.Limit)
	if err != nil {
		return p, err
	}
	if err := checkQuery(q.Search); err != nil {
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
	if term := models.NormText(strings.TrimSpace(q.Search)); term != "" {
		t.db.Text().Holds("u.text", term, w)
	}
	t.holdWords(w, "u.text", q.Terms)
	order := db.Order{Sort: "former", Cols: []string{"f.removed_at", "f.user_id"}, Desc: true, Key: []any{int64(0), ""}}
	pg, err := db.NewPager(order, limit, q.After, q.Before)
	if err != nil {
		return err
	}
	pg.Seek(w)
	rows, err := collect(ctx, t, scanRemoved, fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT %d",
		removedColumns, removedOrEnded, w, pg.OrderBy(), pg.Read()), w.Args...)
	if err != nil {
		return err
	}
	p.Total, p.Matches = -1, -1
	p.Items, p.Next, p.Prev = db.Cut(&pg, rows, func(f models.RemovedMember) []any { return []any{micros(f.RemovedAt), f.ID} })
	for i := range p.Items {
		f := &p.Items[i]
		o.withinPlan(f)
		role, err := o.access.CheckRestore(*f)
		f.RestoreRole, f.WhyNot = models.Role(role.Label()), reason(err)
	}
	return nil
}

// RestoreMember brings somebody back who was taken out less than
// models.RestoreTime ago, named by user id, address or handle. They get their
// removedMember role, capped by the rank of the actor, and need a free seat. Whoever
// left of their own accord is invited instead. What they had sent stays
// revoked; an open invitation of their address is closed.
func (s *Store) RestoreMember(ctx context.Context, a models.Actor, orgID, ref string) (m models.Member, err error) {
	err = s.change(ctx, a, event{"member.restore", "member", "", ref}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		if err := t.endMemberships(ctx, o.ID); err != nil {
			return err
		}
		if err := t.require(o, models.PermMembers); err != nil {
			return err
		}
		f, err := t.removedMember(ctx, o, ref)
		if err != nil {
			return err
		}
		t.found("member", f.ID, f.Email)
		o.withinPlan(&f)
		var role models.AnyRole
		if err := t.allow(o, func(acc models.Access) error { role, err = acc.CheckRestore(f); return err }); err != nil {
			return err
		}
		m, err = t.restoreMember(ctx, o, f, role)
		return err
	})
	return m, err
}

// withinPlan takes from a former member the custom role that the plan no longer
// has.
func (o *org) withinPlan(f *models.RemovedMember) {
	if f.CustomRole != nil && !o.plan.Has(models.FeatureCustomRoles) {
		f.Role, f.CustomRole = models.RoleViewer, nil
	}
}

// removedMember finds a former member who can still be restored.
func (t *tx) removedMember(ctx context.Context, o *org, ref string) (models.RemovedMember, error) {
	f, err := scanRemoved(t.row(ctx, "SELECT "+removedColumns+" FROM "+removedTables+
		" WHERE f.org_id = $1 AND (u.id = $2 OR u.email_norm = $3 OR u.handle = $3)", o.ID, ref, models.NormEmail(ref)))
	if errors.Is(err, sql.ErrNoRows) {
		if m, err := t.member(ctx, o, ref); err == nil {
			return f, models.Errorf(models.CodeConflict, "%s is a member already", m.Email)
		}
		return f, models.Errorf(models.CodeNotFound, "%s has no such former member", o.Code).
			WithHint("list them with: {member.former}")
	}
	if err == nil && !f.RestorableUntil.After(t.now) {
		err = models.Errorf(models.CodeGone, "%s was removed more than 30 days ago", f.Email).
			WithHint("invite them again: {invitation.create --email %s}", f.Email)
	}
	return f, err
}

func (t *tx) restoreMember(ctx context.Context, o *org, f models.RemovedMember, role models.AnyRole) (m models.Member, err error) {
	set, err := t.memberSettings(ctx, o.ID)
	if err != nil {
		return m, err
	}
	if err := set.CheckEmailDomain(f.Email); err != nil {
		return m, err
	}
	if err := t.closeInvitationsFor(ctx, o, f.Email); err != nil {
		return m, err
	}
	if err := t.seatFree(ctx, o); err != nil {
		return m, err
	}
	u, err := t.userByID(ctx, f.ID)
	if err != nil {
		return m, err
	}
	if err := confirmOwner(ctx, o, f.Email, role); err != nil {
		return m, err
	}
	if err := t.addMember(ctx, o.ID, u, role, f.InvitedBy); err != nil {
		return m, err
	}
	if _, err := t.exec(ctx, "UPDATE memberships SET joined_at = $1 WHERE org_id = $2 AND user_id = $3", micros(f.JoinedAt), o.ID, f.ID); err != nil {
		return m, err
	}
	if err := t.log(ctx, o.entry(event{"member.restore", "member", f.ID, f.Email},
		fields{"former_role": f.Given().Label()}, fields{"role": role.Label()})); err != nil {
		return m, err
	}
	if err := t.updateOwnership(ctx, o); err != nil {
		return m, err
	}
	return t.member(ctx, o, f.ID)
}

// closeInvitationsFor closes the open invitation of an address that is coming
// in another way, so that it does not hold a second seat.
func (t *tx) closeInvitationsFor(ctx context.Context, o *org, email string) error {
	if err := t.expire(ctx, o.ID, "i.email_norm = $3", models.NormEmail(email)); err != nil {
		return err
	}
	open, err := collect(ctx, t, scanInvitation, "SELECT "+invitationColumns+" FROM "+invitationTables+
		" WHERE i.org_id = $1 AND i.email_norm = $2 AND i.state_order <= "+lastOpenState, o.ID, models.NormEmail(email))
	if err != nil {
		return err
	}
	for _, before := range open {
		v, to, action := before, models.StateRevoked, "invitation.revoke"
		if before.State == models.StateRequested {
			to, action = models.StateRejected, "invitation.reject"
		}
		if err := t.close(ctx, &v, to); err != nil {
			return err
		}
		v.Reason = "they are a member now"
		if err := t.saveInvitation(ctx, o, action, before, v); err != nil {
			return err
		}
	}
	return nil
}
