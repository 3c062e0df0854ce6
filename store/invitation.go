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

func stateOrder(s models.InvitationState) int64 { return int64(s.Rank()) }

func stateOf(order int64) models.InvitationState { return models.InvitationStates()[order-1] }

// asSeen shows an invitation that ran out as expired, even before the change is
// written.
func (v invitation) asSeen(now time.Time) models.Invitation {
	if v.State == models.StatePending && !v.ExpiresAt.After(now) {
		v.State = models.StateExpired
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
	return v, t.loadPlaces(ctx, &v.Invitation)
}

// manage finds an invitation of an organization that the actor may at least
// see, and names the deed for the log. orgID may be empty: then the id alone
// says which organization it is.
func (t *tx) manage(ctx context.Context, action, orgID, id string) (*org, invitation, error) {
	t.about(action, "invitation", id, "")
	t.deed.hidden = true
	var v invitation
	if orgID == "" {
		var err error
		if v, err = t.invitationByID(ctx, "", id); err != nil {
			return nil, v, err
		}
		orgID = v.OrgID
	}
	o, err := t.enter(ctx, orgID)
	if err != nil {
		if models.CodeOf(err) == models.CodeNotFound {
			err = noInvitation()
		}
		return nil, v, err
	}
	if t.writes() { // while reading, asSeen does the same
		if err := t.expire(ctx, o.ID, "i.id = $3", id); err != nil {
			return nil, v, err
		}
	}
	if v, err = t.invitationByID(ctx, o.ID, id); err != nil {
		return nil, v, err
	}
	v.Invitation = v.asSeen(t.now)
	if v.InviterID != t.user.ID && t.require(o, models.PermDecide) != nil {
		return nil, v, noInvitation()
	}
	t.about(action, "invitation", v.ID, v.Email)
	return o, v, nil
}

// CreateInvitation invites an address, or proposes it where members propose
// and admins decide: the state of the result tells. One organization has one
// open invitation for an address; a second is CodeConflict.
func (s *Store) CreateInvitation(ctx context.Context, a models.Actor, orgID string, n models.NewInvitation) (inv models.Invitation, err error) {
	err = s.change(ctx, a, func(t *tx) error {
		t.about("invitation.create", "invitation", "", n.Email)
		o, err := t.enter(ctx, orgID)
		if err != nil {
			return err
		}
		v, err := t.createInvitation(ctx, o, n)
		inv = v.Invitation
		return err
	})
	return inv, err
}

func (t *tx) createInvitation(ctx context.Context, o *org, n models.NewInvitation) (v invitation, err error) {
	set, err := t.memberSettings(ctx, o.ID)
	if err != nil {
		return v, err
	}
	if n.Role == "" {
		n.Role = set.DefaultRole
	}
	role, err := t.anyRole(ctx, o, n.Role)
	if err != nil {
		return v, err
	}
	if err = t.allow(o, func(a models.Access) error { v.State, err = a.CheckInvite(set, role); return err }); err != nil {
		return v, err
	}
	if err = o.access.CheckPaid("invite"); err != nil {
		return v, err
	}
	if err = t.checkNew(ctx, o, set, &n); err != nil {
		return v, err
	}
	v.Role, v.CustomRole = split(role)
	if v.Workspaces, err = t.checkPlaces(ctx, o, n.Workspaces, v.Invitation); err != nil {
		return v, err
	}
	v.Email, v.Name, v.Message, v.TTL, v.Origin = n.Email, n.Name, n.Message, n.TTL, models.OriginInvite
	v.InviterID, v.InviterName, v.InviterEmail = t.user.ID, t.user.Name, t.user.Email
	t.about("invitation.create", "invitation", "", v.Email)
	if v.State == models.StateRequested {
		t.about("invitation.request", "invitation", "", v.Email)
	} else if err = t.seatFree(ctx, o); err != nil {
		return v, err
	}
	if err = t.mayInviteMore(ctx, o, v.Email, true); err != nil {
		return v, err
	}
	if err = t.insertInvitation(ctx, o, set, &v, ""); err != nil {
		return v, err
	}
	if err = t.insertPlaces(ctx, v.Invitation); err != nil {
		return v, err
	}
	if v.State == models.StatePending {
		if err = t.queueMail(ctx, &v, t.now); err != nil {
			return v, err
		}
	}
	return v, t.done(ctx, nil, v.audit())
}

// checkNew checks what was asked for, against the settings and who is there.
func (t *tx) checkNew(ctx context.Context, o *org, set models.MemberSettings, n *models.NewInvitation) (err error) {
	if n.Email, err = models.CheckEmail("email", n.Email); err != nil {
		return err
	}
	if n.Name != "" {
		if n.Name, err = models.CheckName("name", n.Name); err != nil {
			return err
		}
	}
	if n.Message, err = models.CheckLong("message", n.Message); err != nil {
		return err
	}
	if n.TTL != 0 && (n.TTL < models.MinExpiry || n.TTL > models.MaxExpiry) {
		return models.Invalid("expires_in", "expires_in must be from 60 seconds to 30 days")
	}
	if err = set.CheckEmailDomain(n.Email); err != nil {
		return err
	}
	if err = t.endMemberships(ctx, o.ID); err != nil {
		return err
	}
	var one int
	err = t.row(ctx, "SELECT 1 FROM memberships WHERE org_id = $1 AND email_norm = $2", o.ID, models.NormEmail(n.Email)).Scan(&one)
	if err == nil {
		return memberAlready(n.Email, o)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err = t.expire(ctx, o.ID, "i.email_norm = $3", models.NormEmail(n.Email)); err != nil {
		return err
	}
	open, err := scanInvitation(t.row(ctx, "SELECT "+invitationColumns+" FROM "+invitationTables+
		" WHERE i.org_id = $1 AND i.email_norm = $2 AND i.state_order <= 2", o.ID, models.NormEmail(n.Email)))
	if err == nil {
		return openAlready(n.Email, open.State).WithHint("see it with: muster invite show %s", open.ID)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

func memberAlready(email string, o *org) *models.Error {
	return models.Errorf(models.CodeConflict, "%s is a member of %s already", email, o.Name)
}

func openAlready(email string, s models.InvitationState) *models.Error {
	what := "a pending invitation"
	if s == models.StateRequested {
		what = "a request waiting for approval"
	}
	return models.Errorf(models.CodeConflict, "there is %s for %s already", what, email)
}

// planKnown refuses to hand out seats of a plan that the configuration no
// longer has.
func (t *tx) planKnown(o *org) error {
	if _, ok := t.s.plans[o.Plan]; ok {
		return nil
	}
	return models.Errorf(models.CodeConflict, "the plan %s of %s is not in the configuration of this installation", o.Plan, o.Code).
		WithHint("ask a site admin to set another: muster plan set")
}

func (t *tx) seatFree(ctx context.Context, o *org) error {
	if err := t.planKnown(o); err != nil {
		return err
	}
	seats, err := t.seats(ctx, o)
	if err != nil {
		return err
	}
	return seats.CheckFree()
}

// insertInvitation writes a new invitation, keeps the counters, and names it in
// the deed.
func (t *tx) insertInvitation(ctx context.Context, o *org, set models.MemberSettings, v *invitation, applicantKey string) (err error) {
	if err = t.insertInvitations(ctx, o, set, []*invitation{v}, applicantKey); err != nil {
		return err
	}
	if v.CustomRole != nil {
		if err = t.noteInvitationRole(ctx, *v); err != nil {
			return err
		}
	}
	t.deed.targetID = v.ID
	return t.touchInvitee(ctx, v.Email)
}

// insertInvitations is insertInvitation for many, without what concerns one of
// them: the deed and whom to signal.
func (t *tx) insertInvitations(ctx context.Context, o *org, set models.MemberSettings, all []*invitation, applicantKey string) error {
	first, err := t.nextRows(ctx, o.ID, len(all))
	if err != nil {
		return err
	}
	insert, err := t.prepare(ctx, `INSERT INTO invitations (id, num, org_id, email, email_norm, name, role_order, asked_role, state_order, list_at, origin, message,
			inviter_id, inviter_name, inviter_email, applicant_key, decider_id, decided_by, decided_at, undo_until, reason, ttl, generation, code_hash,
			code_read, created_at, expires_at, closed_at, accepted_by, text, pending_at, remind_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, $12, $13, $14, $15, '', '', 0, 0, '', $16, $17, $18, 0, $19, $20, 0, '', $21, $22, $23)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	index, err := invitationText.inserter(ctx, t)
	if err != nil {
		return err
	}
	defer index.Close()
	states := map[models.InvitationState]int{}
	for i, v := range all {
		v.ID, v.OrgID, v.CreatedAt, v.Generation, v.asked, v.num = t.s.ids.New("inv"), o.ID, t.now, 1, v.Given(), first+int64(i)
		v.listAt = listAt(v.State, t.now)
		var hash any
		if v.State == models.StatePending {
			v.ExpiresAt, v.pendingAt = expiry(t.now, v.TTL, set), &t.now
			v.remindAt = micros(models.RemindAt(t.now, *v.ExpiresAt))
			v.codeHash = hashCode(t.s.code(v.ID, v.Generation))
			hash = v.codeHash
		}
		text := models.NormEmail(v.Email) + "\n" + models.NormText(v.Name)
		if _, err = insert.ExecContext(ctx,
			v.ID, v.num, v.OrgID, v.Email, models.NormEmail(v.Email), v.Name, roleOrder(v.Role), stateOrder(v.State), v.listAt, string(v.Origin), v.Message,
			v.InviterID, v.InviterName, v.InviterEmail, applicantKey, v.TTL.Microseconds(), v.Generation, hash,
			micros(t.now), microsOf(v.ExpiresAt), text, microsOf(v.pendingAt), v.remindAt); err != nil {
			return err
		}
		if _, err = index.ExecContext(ctx, v.num, text+textEnd); err != nil {
			return err
		}
		t.touched(v.InviterID)
		states[v.State]++
	}
	for st, n := range states {
		if err := t.countInvitation(ctx, o.ID, st, n); err != nil {
			return err
		}
		if st == models.StatePending {
			if err := t.countSent(ctx, o.ID, t.now, st, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// touchInvitee lets the account of an address, if there is one, see what
// became of its invitation.
func (t *tx) touchInvitee(ctx context.Context, email string) error {
	id, err := t.userIDByEmail(ctx, email)
	t.touched(id)
	return err
}

// expiry is when an invitation approved now runs out.
func expiry(now time.Time, ttl time.Duration, set models.MemberSettings) *time.Time {
	if ttl == 0 {
		ttl = set.InvitationExpiry
	}
	e := now.Add(ttl)
	return &e
}

// listAt orders invitations within their state: requests oldest first, so that
// nobody waits for ever, all others newest first.
func listAt(s models.InvitationState, at time.Time) int64 {
	if s == models.StateRequested {
		return micros(at)
	}
	return -micros(at)
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

// save writes an invitation whose state or terms have changed, keeps the
// counters, and records the deed.
func (t *tx) save(ctx context.Context, before, v invitation) error {
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
		if err := t.noteInvitationRole(ctx, v); err != nil {
			return err
		}
	}
	t.touched(before.InviterID, v.InviterID)
	if err := t.touchInvitee(ctx, v.Email); err != nil {
		return err
	}
	return t.done(ctx, before.audit(), v.audit())
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
	late, err := collect(ctx, t, scanInvitation, fmt.Sprintf("SELECT %s FROM %s WHERE %s = $1 AND i.state_order = 2 AND i.expires_at <= $2%s LIMIT %d",
		invitationColumns, invitationTables, org, cond, expireBatch), append([]any{orgID, micros(t.now)}, arg...)...)
	if err != nil {
		return 0, err
	}
	if len(late) == 0 {
		return 0, nil
	}
	return len(late), t.expireAll(ctx, orgID, late)
}

// expireAll writes down as expired what was pending, as save would one by one.
func (t *tx) expireAll(ctx context.Context, orgID string, late []invitation) error {
	update, err := t.prepare(ctx, "UPDATE invitations SET state_order = $2, list_at = $3, undo_until = 0, remind_at = $4 WHERE id = $1")
	if err != nil {
		return err
	}
	defer update.Close()
	mine := *t
	mine.actor, mine.user = models.Actor{Via: models.ViaSystem}, models.User{}
	days := map[time.Time]int{} // on which they became pending
	var notes []note
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
		t.touched(v.InviterID)
		d := deed{org: orgID, action: "invitation.expire", targetType: "invitation", targetID: v.ID, label: v.Email}
		notes = append(notes, note{deed: d, outcome: models.OutcomeDone, before: before.audit(), after: v.audit()})
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
	t.touched(append(invitees, orgID)...)
	return mine.recordAll(ctx, notes)
}

// expireDue writes down all that ran out in an organization, a batch at a time,
// so that others can write in between.
func (s *Store) expireDue(ctx context.Context, orgID string) error {
	for {
		var n int
		err := s.asSystem(ctx, func(t *tx) (err error) {
			n, err = t.expireSome(ctx, orgID, "")
			return err
		})
		if err != nil || n < expireBatch {
			return err
		}
	}
}

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
	late := "" // the organization, where something has to be written down as expired first
	list := func(t *tx) error {
		t.about("invitation.list", "organization", orgID, "")
		o, err := t.enter(ctx, orgID)
		if err != nil {
			return err
		}
		counts, n, err := t.countsAndLate(ctx, o.ID)
		if err != nil {
			return err
		}
		if late == "" && n > 0 {
			late = o.ID
			return nil
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
			in := w.clone()
			in.raw("i.state_order IN ("+joinInts(orders)+")", nil)
			if p.Matches, err = find.count(ctx, t, in, !own && len(orders) == len(models.InvitationStates())); err != nil {
				return err
			}
		case own:
			p.Matches = -1
		}
		if err := t.invitationPage(ctx, find, w, q, orders, limit, &p); err != nil {
			return err
		}
		return t.showPlaces(ctx, o, p.Items)
	}
	if err = s.view(ctx, a, list); err != nil || late == "" {
		return p, err
	}
	// The actor may see the list, and needs no right for this: the time decides.
	if err := s.expireDue(ctx, late); err != nil {
		s.log.Warn("cannot write down expired invitations", "err", err)
	}
	err = s.view(ctx, a, list)
	return p, err
}

var invitationKey = []any{int64(0), int64(0), ""}

// invitationPage reads in the order of states and, within each, of list_at. That
// is the order of the index, so all states are one range of it; some of them are
// a range each, walked until the page is full.
func (t *tx) invitationPage(ctx context.Context, find search, base *where, q models.InvitationQuery, states []int64, limit int, p *models.Page[models.Invitation]) error {
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
	read := func(cond string, seek bool, need int) ([]invitation, error) {
		w := base.clone()
		if cond != "" {
			w.raw(cond, nil)
		}
		if seek && key != nil {
			w.seek(cols, key, backward)
		}
		return page(ctx, t, find, w, invitationBase, cols, backward, need, "LEFT JOIN outbox x ON x.invitation_id = i.id",
			func(r scanner) (invitation, error) { return scanInvitationBase(r) })
	}
	var rows []invitation
	var err error
	switch {
	case len(states) == len(models.InvitationStates()):
		rows, err = read("", true, limit+1)
	case find.rare():
		rows, err = read("i.state_order IN ("+joinInts(states)+")", true, limit+1)
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
			if more, err = read(cond, seek, limit+1-len(rows)); err != nil {
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
	keyOf := func(v invitation) string { return encodeCursor(sort, []any{stateOrder(v.State), v.listAt, v.ID}) }
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
	err = s.view(ctx, a, func(t *tx) error {
		o, v, err := t.manage(ctx, "invitation.show", orgID, id)
		if err != nil {
			return err
		}
		inv, err = t.asShown(ctx, o, v)
		return err
	})
	return inv, err
}
