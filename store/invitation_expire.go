package store

import (
	"context"
	"fmt"
	"time"

	"muster/models"
)

// expireBatch bounds what one transaction writes down as expired.
const expireBatch = 200

// expire writes down which pending invitations of an organization ran out,
// among those that a condition on i with $3 names: before a change that looks
// at the state of one. Counts need no such step, since invitationCounts knows
// what is late.
func (t *tx) expire(ctx context.Context, orgID, cond string, arg any) error {
	_, err := t.expireSome(ctx, orgID, " AND "+cond, arg)
	return err
}

func (t *tx) expireSome(ctx context.Context, orgID, cond string, arg ...any) (n int, err error) {
	org := "i.org_id"
	if cond != "" { // it has an index; bare, org_id would lead the planner to all open ones of the organization
		org = "i.org_id || ''"
	}
	late, err := collect(ctx, t, scanInvitation(), fmt.Sprintf("SELECT %s FROM %s WHERE %s = $1 AND i.state_order = "+statePending+" AND i.expires_at <= $2%s LIMIT %d",
		invitationColumns, invitationTables, org, cond, expireBatch), append([]any{orgID, micros(t.now)}, arg...)...)
	if err != nil {
		return 0, err
	}
	if len(late) == 0 {
		return 0, nil
	}
	return len(late), t.bySystem("invitation.expire", func(t *tx) error { return t.expireAll(ctx, orgID, late) })
}

// expireAll writes down as expired what was pending, as saveInvitation would one
// by one.
func (t *tx) expireAll(ctx context.Context, orgID string, late []invitation) error {
	update, err := t.prepare(ctx, "UPDATE invitations SET state_order = $2, list_at = $3, undo_until = 0, remind_at = $4 WHERE id = $1")
	if err != nil {
		return err
	}
	defer update.Close()
	days := map[time.Time]int{} // on which they became pending
	var entries []entry
	var emails []string
	for _, before := range late {
		v := before
		v.State, v.UndoUntil, v.remindAt = models.StateExpired, nil, min(v.remindAt, 0)
		if _, err := update.ExecContext(ctx, v.ID, stateOrder(v.State), listAt(v.State, t.now), v.remindAt); err != nil {
			return err
		}
		if err := t.stopMail(ctx, v.ID); err != nil {
			return err
		}
		if v.pendingAt != nil {
			days[v.pendingAt.Truncate(24*time.Hour)]++
		}
		emails = append(emails, models.NormEmail(v.Email))
		t.signal(v.InviterID)
		entries = append(entries, entry{event: event{"invitation.expire", "invitation", v.ID, v.Email}, org: orgID, before: before.audit(), after: v.audit()})
	}
	for state, by := range map[models.InvitationState]int{models.StatePending: -1, models.StateExpired: +1} {
		if err := t.countInvitation(ctx, orgID, state, by*len(late)); err != nil {
			return err
		}
		for day, n := range days {
			if err := t.countSent(ctx, orgID, day, state, by*n); err != nil {
				return err
			}
		}
	}
	in, args := inList(1, emails)
	invitees, err := collect(ctx, t, scanString, "SELECT id FROM users WHERE email_norm IN ("+in+")", args...)
	if err != nil {
		return err
	}
	t.signal(invitees...)
	return t.log(ctx, entries...)
}

// systemChange runs a transaction of muster's own, as asSystem does.
type systemChange func(ctx context.Context, action string, fn func(*tx) error) error

// expireDue writes down all that ran out in an organization, a batch at a time,
// so that others can write in between.
func (s *Store) expireDue(ctx context.Context, orgID string, change systemChange) error {
	for {
		var n int
		err := change(ctx, "", func(t *tx) (err error) {
			n, err = t.expireSome(ctx, orgID, "")
			return err
		})
		if err != nil || n < expireBatch {
			return err
		}
	}
}
