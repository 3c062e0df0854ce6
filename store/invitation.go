package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"muster/models"
)

const invitationBase = `i.id, i.org_id, i.email, i.name, i.role_order, i.state_order, i.origin, i.message,
	i.inviter_id, i.inviter_name, i.inviter_email, i.decided_by, i.decided_at, i.undo_until, i.reason, i.ttl, i.generation,
	i.created_at, i.expires_at, i.closed_at, i.accepted_by, i.num, i.asked_role, i.decider_id, i.code_hash, i.list_at,
	i.pending_at, i.remind_at, i.code_read, x.state, x.error, x.attempts, x.due_at, x.sent_at, x.asked_at`

// invitationColumns are a whole invitation, from invitationTables.
const (
	invitationColumns = invitationBase + `, ` + invitationRoleColumns
	invitationTables  = `invitations i LEFT JOIN outbox x ON x.invitation_id = i.id
		LEFT JOIN invitation_roles ir ON ir.invitation_id = i.id` + invitationRoleJoins
)

// invitation is a row with what only the store needs of it.
type invitation struct {
	models.Invitation
	num       int64
	asked     models.AnyRole // the role asked for, for undo; a custom one holds its id and name alone
	deciderID string
	codeHash  string
	codeRead  bool
	listAt    int64
	pendingAt *time.Time // when it first became pending
	remindAt  int64      // when its reminder is due; 0 for none, -1 once it was sent
	askedAt   int64      // when the mail was asked for last
}

func scanInvitation(r scanner) (invitation, error) {
	var role invitationRole
	v, err := scanInvitationBase(r, role.dest()...)
	role.apply(&v)
	return v, err
}

// scanInvitationBase scans invitationBase and what follows it.
func scanInvitationBase(r scanner, more ...any) (v invitation, err error) {
	var role, state, decided, undo, ttl, created, expires, closed, asked, pending, read int64
	var hash, mail, mailErr sql.NullString
	var attempts, due, sent, askedAt sql.NullInt64
	err = r.Scan(append([]any{&v.ID, &v.OrgID, &v.Email, &v.Name, &role, &state, &v.Origin, &v.Message,
		&v.InviterID, &v.InviterName, &v.InviterEmail, &v.DecidedBy, &decided, &undo, &v.Reason, &ttl, &v.Generation,
		&created, &expires, &closed, &v.AcceptedBy, &v.num, &asked, &v.deciderID, &hash, &v.listAt,
		&pending, &v.remindAt, &read, &mail, &mailErr, &attempts, &due, &sent, &askedAt}, more...)...)
	if err != nil {
		return v, err
	}
	v.Role, v.asked, v.State = roleOf(role), roleOf(asked), stateOf(state)
	v.DecidedAt, v.UndoUntil, v.ExpiresAt, v.ClosedAt = timeOrNil(decided), timeOrNil(undo), timeOrNil(expires), timeOrNil(closed)
	v.pendingAt = timeOrNil(pending)
	v.TTL, v.CreatedAt = time.Duration(ttl)*time.Microsecond, fromMicros(created)
	v.codeHash, v.codeRead, v.askedAt = hash.String, read != 0, askedAt.Int64
	v.Delivery = models.Delivery{State: models.DeliveryNone, Error: mailErr.String, Attempts: int(attempts.Int64)}
	if mail.Valid {
		v.Delivery.State = models.DeliveryState(mail.String)
	}
	switch v.Delivery.State {
	case models.DeliveryQueued:
		v.Delivery.At = timeOrNil(due.Int64)
	case models.DeliverySent:
		v.Delivery.At = timeOrNil(sent.Int64)
	}
	return v, nil
}

// openInvitation keeps invitations i that are requested, or pending and not run
// out by the time that the placeholder stands for, whether or not that is
// written down.
func openInvitation(placeholder int) string {
	return fmt.Sprintf("(i.state_order = 1 OR i.state_order = 2 AND i.expires_at > $%d)", placeholder)
}

func stateOrder(s models.InvitationState) int64 { return int64(s.Rank()) }

func stateOf(order int64) models.InvitationState { return models.InvitationStates()[order-1] }

// asSeen shows an invitation that ran out as expired, even before the change is
// written: its mail does not leave any more.
func (v invitation) asSeen(now time.Time) models.Invitation {
	if v.State == models.StatePending && !v.ExpiresAt.After(now) {
		v.State, v.UndoUntil = models.StateExpired, nil
		if v.Delivery.State == models.DeliveryQueued {
			v.Delivery.State, v.Delivery.At = models.DeliveryStopped, nil
		}
	}
	if v.UndoUntil != nil && !v.UndoUntil.After(now) {
		v.UndoUntil = nil
	}
	return v.Invitation
}

// code derives the code of an invitation. It is the same each time until the
// generation changes, so that a mail can be sent again, and stored nowhere.
func (s *Store) code(id string, generation int) string {
	mac := hmac.New(sha256.New, s.secret)
	fmt.Fprintf(mac, "muster invitation\x00%s\x00%d", id, generation)
	return encodeCode(mac.Sum(nil))
}

func noInvitation() error {
	return models.Errorf(models.CodeNotFound, "there is no such invitation").
		WithHint("list them with: muster invite list")
}

// invitationByID finds an invitation. With an organization it is kept to it.
func (t *tx) invitationByID(ctx context.Context, orgID, id string) (invitation, error) {
	v, err := scanInvitation(t.row(ctx, "SELECT "+invitationColumns+" FROM "+invitationTables+" WHERE i.id = $1 AND (i.org_id = $2 OR $2 = '')", id, orgID))
	if errors.Is(err, sql.ErrNoRows) {
		return v, noInvitation()
	}
	if err != nil {
		return v, err
	}
	return v, t.loadInvitationWorkspaces(ctx, &v.Invitation)
}

// manage finds an invitation of an organization that the actor may at least
// see. orgID may be empty: then the id alone says which organization it is.
func (t *tx) manage(ctx context.Context, orgID, id string) (*org, invitation, error) {
	var v invitation
	if orgID == "" {
		var err error
		if v, err = t.invitationByID(ctx, "", id); err != nil {
			return nil, v, conceal(err)
		}
		orgID = v.OrgID
	}
	o, err := t.org(ctx, orgID)
	if err != nil {
		if models.CodeOf(err) == models.CodeNotFound {
			err = conceal(noInvitation())
		}
		return nil, v, err
	}
	if t.writes() { // while reading, asSeen does the same
		if err := t.expire(ctx, o.ID, "i.id = $3", id); err != nil {
			return nil, v, err
		}
	}
	if v, err = t.invitationByID(ctx, o.ID, id); err != nil {
		return nil, v, conceal(err)
	}
	v.Invitation = v.asSeen(t.now)
	if v.InviterID != t.user.ID && t.require(o, models.PermDecide) != nil {
		return nil, v, conceal(noInvitation())
	}
	t.found("invitation", v.ID, v.Email)
	return o, v, nil
}

// audit is what the log says of an invitation. Never its code.
func (v invitation) audit() fields {
	f := fields{"email": v.Email, "role": v.Given().Label(), "status": v.State}
	if v.ExpiresAt != nil {
		f["expires_at"] = *v.ExpiresAt
	}
	if v.Reason != "" {
		f["reason"] = v.Reason
	}
	if len(v.Workspaces) > 0 {
		f["workspaces"] = v.Workspaces
	}
	return f
}

// saveInvitation writes an invitation whose state or terms have changed, keeps
// the counters, and logs the action.
func (t *tx) saveInvitation(ctx context.Context, o *org, action string, before, v invitation) error {
	v.listAt = before.listAt
	if v.State != before.State {
		if v.State == models.StateRequested {
			v.listAt = listAt(v.State, v.CreatedAt)
		} else {
			v.listAt = listAt(v.State, t.now)
		}
		if err := t.countInvitation(ctx, v.OrgID, before.State, -1); err != nil {
			return err
		}
		if err := t.countInvitation(ctx, v.OrgID, v.State, +1); err != nil {
			return err
		}
	}
	if err := t.track(ctx, &before, &v); err != nil {
		return err
	}
	var hash any
	if v.codeHash != "" {
		hash = v.codeHash
	}
	if _, err := t.exec(ctx, `UPDATE invitations SET role_order = $2, state_order = $3, list_at = $4, decider_id = $5, decided_by = $6, decided_at = $7,
			undo_until = $8, reason = $9, generation = $10, code_hash = $11, expires_at = $12, closed_at = $13, accepted_by = $14, code_read = $15,
			inviter_id = $16, inviter_name = $17, inviter_email = $18, origin = $19, pending_at = $20, remind_at = $21 WHERE id = $1`,
		v.ID, roleOrder(v.Role), stateOrder(v.State), v.listAt, v.deciderID, v.DecidedBy, microsOf(v.DecidedAt),
		microsOf(v.UndoUntil), v.Reason, v.Generation, hash, microsOf(v.ExpiresAt), microsOf(v.ClosedAt), v.AcceptedBy, bit(v.codeRead),
		v.InviterID, v.InviterName, v.InviterEmail, string(v.Origin), microsOf(v.pendingAt), v.remindAt); err != nil {
		return err
	}
	if !sameRole(v.Given(), before.Given()) {
		if err := t.saveInvitationRole(ctx, v); err != nil {
			return err
		}
	}
	t.signal(before.InviterID, v.InviterID)
	if err := t.signalInvitee(ctx, v.Email); err != nil {
		return err
	}
	return t.log(ctx, o.entry(event{action, "invitation", v.ID, v.Email}, before.audit(), v.audit()))
}

func microsOf(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return micros(*t)
}

func (t *tx) countInvitation(ctx context.Context, orgID string, s models.InvitationState, by int) error {
	return t.count(ctx, "invitation_counts", "org_id, state_order", by, orgID, stateOrder(s))
}

func (t *tx) invitationCounts(ctx context.Context, orgID string) (models.InvitationCounts, error) {
	c, _, err := t.countsAndLate(ctx, orgID)
	return c, err
}

// countsAndLate is invitationCounts, and how many of the expired ones are not
// written down as such.
func (t *tx) countsAndLate(ctx context.Context, orgID string) (c models.InvitationCounts, late int, err error) {
	rows, err := t.query(ctx, `SELECT state_order, n FROM invitation_counts WHERE org_id = $1
		UNION ALL SELECT 0, count(*) FROM invitations WHERE org_id = $1 AND state_order = 2 AND expires_at <= $2`, orgID, micros(t.now))
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	c = models.InvitationCounts{}
	for rows.Next() {
		var state int64
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, 0, err
		}
		if state == 0 {
			late = n
			continue
		}
		c[stateOf(state)] = n
	}
	// What ran out since the counters were written counts as expired.
	c[models.StatePending] -= late
	c[models.StateExpired] += late
	return c, late, rows.Err()
}
