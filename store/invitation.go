package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// invitation is a row with what only the store needs of it.
type invitation struct {
	models.Invitation
	num        int64
	sponsorID  string         // who approved it, or else sent it; "" while it waits for a decision
	asked      models.AnyRole // the role asked for, for undo; a custom one holds its id and name alone
	deciderID  string
	codeHash   string
	codeRead   bool // by somebody who looked it up, so that having it proves no address
	codeMailed bool // the mail server took it
	typed      bool // who asks to join gave the address
	listAt     int64
	pendingAt  *time.Time // when it first became pending
	remindAt   int64      // when its reminder is due; 0 for none, -1 once it was sent
	askedAt    int64      // when the mail was asked for last
}

// invitationID, invitationNew and invitationTable together are the columns of
// invitations i: its key, what it keeps from when it was made, and what changes.
var (
	invitationID = db.Columns[invitation]{
		text("id", func(v *invitation) *string { return &v.ID }),
	}
	invitationNew = db.Columns[invitation]{
		text("org_id", func(v *invitation) *string { return &v.OrgID }),
		number("num", func(v *invitation) *int64 { return &v.num }),
		text("email", func(v *invitation) *string { return &v.Email }),
		text("name", func(v *invitation) *string { return &v.Name }),
		text("message", func(v *invitation) *string { return &v.Message }),
		{Name: "asked_role", Dest: func(v *invitation) any { return anyRole{&v.asked} }, Value: func(v *invitation) any { return roleOrder(v.Role) }},
		{Name: "ttl", Dest: func(v *invitation) any { return (*atDuration)(&v.TTL) }, Value: func(v *invitation) any { return v.TTL.Microseconds() }},
		at("created_at", func(v *invitation) *time.Time { return &v.CreatedAt }),
		written("email_norm", func(v *invitation) any { return models.NormEmail(v.Email) }),
		written("text", func(v *invitation) any { return v.searchText() }),
		flag("typed", func(v *invitation) *bool { return &v.typed }),
	}
	invitationTable = db.Columns[invitation]{
		role("role_order", func(v *invitation) *models.Role { return &v.Role }),
		{Name: "state_order", Dest: func(v *invitation) any { return (*atState)(&v.State) }, Value: func(v *invitation) any { return stateOrder(v.State) }},
		number("list_at", func(v *invitation) *int64 { return &v.listAt }),
		text("origin", func(v *invitation) *models.Origin { return &v.Origin }),
		text("inviter_id", func(v *invitation) *string { return &v.InviterID }),
		text("inviter_name", func(v *invitation) *string { return &v.InviterName }),
		text("inviter_email", func(v *invitation) *string { return &v.InviterEmail }),
		text("decider_id", func(v *invitation) *string { return &v.deciderID }),
		text("sponsor_id", func(v *invitation) *string { return &v.sponsorID }),
		ifAt("returned_at", func(v *invitation) **time.Time { return &v.ReturnedAt }),
		text("decided_by", func(v *invitation) *string { return &v.DecidedBy }),
		ifAt("decided_at", func(v *invitation) **time.Time { return &v.DecidedAt }),
		ifAt("undo_until", func(v *invitation) **time.Time { return &v.UndoUntil }),
		text("reason", func(v *invitation) *string { return &v.Reason }),
		number("generation", func(v *invitation) *int { return &v.Generation }),
		{Name: "code_hash", Dest: func(v *invitation) any { return (*ifText)(&v.codeHash) }, Value: func(v *invitation) any { return orNull(v.codeHash) }},
		flag("code_read", func(v *invitation) *bool { return &v.codeRead }),
		flag("code_mailed", func(v *invitation) *bool { return &v.codeMailed }),
		ifAt("expires_at", func(v *invitation) **time.Time { return &v.ExpiresAt }),
		ifAt("closed_at", func(v *invitation) **time.Time { return &v.ClosedAt }),
		ifAt("deleted_at", func(v *invitation) **time.Time { return &v.DeletedAt }),
		text("accepted_by", func(v *invitation) *string { return &v.AcceptedBy }),
		ifAt("pending_at", func(v *invitation) **time.Time { return &v.pendingAt }),
		number("remind_at", func(v *invitation) *int64 { return &v.remindAt }),
	}
	invitationAll = slices.Concat(invitationID, invitationNew, invitationTable)
)

// mailRow is what the row x of outbox says of an invitation, if there is one.
type mailRow struct {
	state, err                 string
	attempts, due, sent, asked int64
}

var mailTable = db.Columns[mailRow]{
	joinedText("state", func(m *mailRow) *string { return &m.state }),
	joinedText("error", func(m *mailRow) *string { return &m.err }),
	joinedNumber("attempts", func(m *mailRow) *int64 { return &m.attempts }),
	joinedNumber("due_at", func(m *mailRow) *int64 { return &m.due }),
	joinedNumber("sent_at", func(m *mailRow) *int64 { return &m.sent }),
	joinedNumber("asked_at", func(m *mailRow) *int64 { return &m.asked }),
}

var invitationBase = slices.Concat(invitationAll, inviterTable).Read("i") + ", " + mailTable.Read("x")

// inviterTable says whether the inviter's address is theirs by now.
var inviterTable = db.Columns[invitation]{{
	Name: "(SELECT coalesce(max(w.email_verified), 0) FROM users w WHERE w.id = i.inviter_id AND w.email = i.inviter_email)",
	Dest: func(v *invitation) any { return (*isTrue)(&v.InviterVerified) },
}}

// invitationColumns are a whole invitation, from invitationTables.
var invitationColumns = invitationBase + `, ` + invitationRoleColumns

const invitationTables = `invitations i LEFT JOIN outbox x ON x.invitation_id = i.id
		LEFT JOIN invitation_roles ir ON ir.invitation_id = i.id` + invitationRoleJoins

func scanInvitation() scanFunc[invitation] {
	var role invitationRole
	base := scanInvitationBase(role.dest()...)
	return func(r scanner) (invitation, error) {
		v, err := base(r)
		role.apply(&v)
		return v, err
	}
}

// scanInvitationBase scans invitationBase and what follows it.
func scanInvitationBase(more ...any) scanFunc[invitation] {
	var v invitation
	var mail mailRow
	return scanInto(invitationAll.Dest(&v, inviterTable.Dest(&v, mailTable.Dest(&mail, more...)...)...), func() invitation {
		v.askedAt, v.Delivery = mail.asked, mail.delivery()
		return v
	})
}

func (m *mailRow) delivery() models.Delivery {
	d := models.Delivery{State: models.DeliveryNone, Error: m.err, Attempts: int(m.attempts)}
	if m.state != "" {
		d.State = models.DeliveryState(m.state)
	}
	switch d.State {
	case models.DeliveryQueued:
		d.At = timeOrNil(m.due)
	case models.DeliverySent:
		d.At = timeOrNil(m.sent)
	}
	return d
}

// openInvitation keeps invitations i that are requested, or pending and not run
// out by the time that the placeholder stands for, whether or not that is
// written down.
func openInvitation(placeholder int) string {
	return fmt.Sprintf("(i.state_order = "+stateRequested+" OR i.state_order = "+statePending+" AND i.expires_at > $%d)", placeholder)
}

// searchText is what a search of invitations looks through.
func (v invitation) searchText() string {
	return models.NormEmail(v.Email) + "\n" + models.NormText(v.Name)
}

// nextCode ends the code there is. The next one proves what it will prove.
func (v *invitation) nextCode() {
	v.Generation++
	v.codeRead, v.codeMailed = false, false
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
		WithHint("list them with: {invitation.list}")
}

// invitationByID finds an invitation. With an organization it is kept to it.
func (t *tx) invitationByID(ctx context.Context, orgID, id string) (invitation, error) {
	v, err := scanInvitation()(t.row(ctx, "SELECT "+invitationColumns+" FROM "+invitationTables+" WHERE i.id = $1 AND (i.org_id = $2 OR $2 = '')", id, orgID))
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
		if err := t.endMemberships(ctx, o.ID); err != nil { // of a sponsor too
			return nil, v, err
		}
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
	if v.DeletedAt != nil {
		f["deleted"] = true
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
		v.DeletedAt = nil // what goes on is listed, whatever it was before
	}
	if err := t.countListed(ctx, before, v); err != nil {
		return err
	}
	if err := t.track(ctx, &before, &v); err != nil {
		return err
	}
	row := slices.Concat(invitationID, invitationTable)
	if _, err := t.exec(ctx, row.Update("invitations"), row.Values(&v)...); err != nil {
		return err
	}
	if v.State == models.StatePending && (v.State != before.State || microsOf(v.ExpiresAt) != microsOf(before.ExpiresAt)) {
		if err := t.setExpiry(ctx, *v.ExpiresAt); err != nil {
			return err
		}
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

// countListed keeps the counters of what is listed.
func (t *tx) countListed(ctx context.Context, before, after invitation) error {
	if before.State == after.State && (before.DeletedAt == nil) == (after.DeletedAt == nil) {
		return nil
	}
	if before.DeletedAt == nil {
		if err := t.countInvitation(ctx, before.OrgID, before.State, -1); err != nil {
			return err
		}
	}
	if after.DeletedAt == nil {
		return t.countInvitation(ctx, after.OrgID, after.State, +1)
	}
	return nil
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
		UNION ALL SELECT 0, count(*) FROM invitations WHERE org_id = $1 AND state_order = `+statePending+` AND expires_at <= $2`, orgID, micros(t.now))
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
