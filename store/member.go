package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/internal/id"
	"muster/models"
)

const memberBase = `m.user_id, m.org_id, m.email, m.name, m.handle, m.role_order, m.status, m.joined_at, m.last_seen_at, m.invited_by,
	m.account, m.ends_at, m.suspended_at, m.suspended_by, m.suspend_reason`

// memberColumns are a whole member, from memberships m with memberJoins.
const (
	memberColumns = memberBase + `, ` + customColumns
	memberJoins   = memberRoleJoins
)

func scanMember(r scanner) (models.Member, error) {
	var custom customRow
	m, err := scanMemberBase(r, custom.dest()...)
	m.CustomRole = custom.role(roleOrder(m.Role))
	return m, err
}

// scanMemberBase scans memberBase and what follows it.
func scanMemberBase(r scanner, more ...any) (m models.Member, err error) {
	var row memberRow
	err = r.Scan(append(row.dest(&m), more...)...)
	row.fill(&m)
	return m, err
}

// memberRow holds what of memberColumns is kept in another form.
type memberRow struct{ role, joined, seen, ends, suspended int64 }

func (row *memberRow) dest(m *models.Member) []any {
	return []any{&m.ID, &m.OrgID, &m.Email, &m.Name, &m.Handle, &row.role, &m.Status, &row.joined, &row.seen, &m.InvitedBy,
		&m.AccountStatus, &row.ends, &row.suspended, &m.SuspendedBy, &m.SuspendReason}
}

func (row *memberRow) fill(m *models.Member) {
	m.Role, m.JoinedAt, m.LastSeenAt = roleOf(row.role), fromMicros(row.joined), timeOrNil(row.seen)
	m.EndsAt, m.SuspendedAt = timeOrNil(row.ends), timeOrNil(row.suspended)
}

// memberSearchText is what a search of members looks through.
func memberSearchText(u models.User) string {
	return models.NormEmail(u.Email) + "\n" + models.NormText(u.Name) + "\n" + u.Handle
}

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
	if q.Sort == models.SortRole && q.Role != "" || q.Sort == models.SortStatus && q.Status != "" {
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
			key[i] = models.NormText(m.Name)
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
	if err := s.endDue(ctx, orgID); err != nil {
		s.log.Warn("cannot write down ended memberships", "err", err)
	}
	err = s.view(ctx, a, func(t *tx) error {
		t.about("member.list", "organization", orgID, "")
		o, err := t.enter(ctx, orgID)
		if err != nil {
			return err
		}
		counts, err := t.memberCountTable(ctx, o.ID)
		if err != nil {
			return err
		}
		p.Total = counts.sum("", "")
		w := &where{}
		w.add("m.org_id = ?", o.ID)
		if p.Matches, err = t.memberRoleFilter(ctx, o, w, q, counts); err != nil {
			return err
		}
		filterMembers(w, q)
		find, err := t.search(ctx, memberText, "memberships", "m", o.num, q.Search)
		if err != nil {
			return err
		}
		if !q.InactiveSince.IsZero() {
			if p.Matches, err = t.inactive(ctx, &find, w, o.ID, q); err != nil {
				return err
			}
		}
		alone := q.Role == "" && q.Status == "" && q.InactiveSince.IsZero()
		find.ordered = alone && q.Sort == models.SortEmail
		if find.term != "" {
			if p.Matches, err = find.count(ctx, t, w, alone); err != nil {
				return err
			}
		}
		err = t.memberPage(ctx, find, w, q, limit, &p)
		for i := range p.Items {
			p.Items[i].Primary = p.Items[i].ID == o.primary
		}
		return err
	})
	return p, err
}

// memberRoleFilter narrows a list to a role and says how many have it, in the
// status asked for. A built-in role also finds custom ones that count as it.
func (t *tx) memberRoleFilter(ctx context.Context, o *org, w *where, q models.MemberQuery, counts countTable) (matches int, err error) {
	if q.Role == "" || q.Role.Rank() > 0 {
		return counts.sum(q.Role, q.Status), nil // filterMembers has the condition
	}
	r, err := t.customRole(ctx, o, string(q.Role))
	if models.CodeOf(err) == models.CodeNotFound {
		err = notARole(o, q.Role)
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
		w.add("user_id IN (SELECT user_id FROM member_roles WHERE org_id = ? AND role_id = ?)", o.ID, r.ID)
	} else {
		w.add("EXISTS (SELECT 1 FROM member_roles h WHERE h.org_id = m.org_id AND h.user_id = m.user_id AND h.role_id = ?)", r.ID)
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
	if q.Status != "" && q.Status != models.MemberActive && q.Status != models.MemberSuspended {
		return q, models.Invalid("status", "status must be %s or %s", models.MemberActive, models.MemberSuspended)
	}
	return q, checkQuery(q.Search)
}

// filterMembers narrows a query so that it finds its index. The few suspended
// ones have partial indexes, which only a literal matches, and which must not
// lose against those of a role.
func filterMembers(w *where, q models.MemberQuery) {
	suspended := q.Status == models.MemberSuspended
	switch {
	case suspended:
		w.raw("status = 'suspended'", nil)
	case q.Status != "" && q.Sort == models.SortStatus:
		w.add("status = ?", string(q.Status))
	case q.Status != "":
		w.raw("status <> 'suspended'", nil)
	}
	switch {
	case q.Role.Rank() == 0: // any, or a custom one
	case suspended && q.Sort != models.SortRole:
		w.add("role_order + 0 = ?", roleOrder(q.Role))
	default:
		w.add("role_order = ?", roleOrder(q.Role))
	}
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

func (t *tx) memberPage(ctx context.Context, find search, w *where, q models.MemberQuery, limit int, p *models.Page[models.Member]) error {
	order := memberOrders(q)
	sort := string(q.Sort) + fmt.Sprint(q.Reverse)
	from, backward := q.After, false
	if q.Before != "" {
		from, backward = q.Before, true
	}
	desc := order.desc != backward
	if from != "" {
		key, err := decodeCursor(from, sort, order.key(models.Member{}))
		if err != nil {
			return err
		}
		w.seek(order.cols, key, desc)
		if err := t.startAt(ctx, &find, w, order.cols, desc); err != nil {
			return err
		}
	}
	rows, err := page(ctx, t, find, w, memberBase, order.cols, desc, limit+1, "", func(r scanner) (models.Member, error) { return scanMemberBase(r) })
	if err != nil {
		return err
	}
	more := len(rows) > limit
	p.Items = rows[:min(len(rows), limit)]
	if backward {
		slices.Reverse(p.Items)
	}
	if len(p.Items) == 0 {
		p.Items = []models.Member{}
		return nil
	}
	for i := range p.Items[1:] {
		share(&p.Items[i+1], &p.Items[i])
	}
	// Before a custom role takes the place of the one it is sorted as.
	if more || backward {
		p.Next = encodeCursor(sort, order.key(p.Items[len(p.Items)-1]))
	}
	if more && backward || !backward && from != "" {
		p.Prev = encodeCursor(sort, order.key(p.Items[0]))
	}
	return t.attachMemberRoles(ctx, p.Items)
}

// member finds a member by user id, address or handle.
func (t *tx) member(ctx context.Context, o *org, ref string) (models.Member, error) {
	col := "handle"
	switch {
	case strings.Contains(ref, "@"):
		col, ref = "email_norm", models.NormEmail(ref)
	case id.Valid(ref, "usr"):
		col = "user_id"
	}
	m, err := scanMember(t.row(ctx, "SELECT "+memberColumns+" FROM memberships m"+memberJoins+" WHERE m.org_id = $1 AND m."+col+" = $2", o.ID, ref))
	if errors.Is(err, sql.ErrNoRows) {
		return m, models.Errorf(models.CodeNotFound, "%s has no such member", o.Code).
			WithHint("name a member by address, handle or id; list them with: muster member list")
	}
	m.Primary = m.ID == o.primary
	return m, err
}

// Member is one member, by user id, address or handle, for everybody in the
// organization.
func (s *Store) Member(ctx context.Context, a models.Actor, orgID, ref string) (m models.Member, err error) {
	err = s.view(ctx, a, func(t *tx) error {
		t.about("member.show", "member", "", ref)
		o, err := t.enter(ctx, orgID)
		if err != nil {
			return err
		}
		m, err = t.member(ctx, o, ref)
		return err
	})
	return m, err
}

// ChangeRole gives a member another role, a built-in one or a custom one by
// name or id, by the rules of models.Access.CheckRoleChange. Giving the role they have changes nothing.
func (s *Store) ChangeRole(ctx context.Context, a models.Actor, orgID, ref string, role models.Role) (m models.Member, err error) {
	err = s.change(ctx, a, func(t *tx) error {
		t.about("member.role", "member", "", ref)
		o, err := t.enter(ctx, orgID)
		if err != nil {
			return err
		}
		if m, err = t.member(ctx, o, ref); err != nil {
			return err
		}
		t.about("member.role", "member", m.ID, m.Email)
		to, err := t.anyRole(ctx, o, role)
		if err != nil {
			return err
		}
		owners, err := t.activeOwners(ctx, o.ID)
		if err != nil {
			return err
		}
		if err := t.allow(o, func(acc models.Access) error { return acc.CheckRoleChange(m.Standing(), to, owners) }); err != nil {
			return err
		}
		before := m.Given()
		if sameRole(before, to) {
			return nil
		}
		if err := t.writeRole(ctx, o, m, to); err != nil {
			return err
		}
		t.touched(m.ID)
		if err := t.done(ctx, fields{"role": before.Label()}, fields{"role": to.Label()}); err != nil {
			return err
		}
		if err := t.settleOwnership(ctx, o); err != nil {
			return err
		}
		m, err = t.member(ctx, o, m.ID)
		return err
	})
	return m, err
}

// RemovalConsequences says what removing a member would bring about. It is
// refused as RemoveMember would be.
func (s *Store) RemovalConsequences(ctx context.Context, a models.Actor, orgID, ref string) (c models.Consequences, err error) {
	err = s.view(ctx, a, func(t *tx) error {
		t.about("member.remove.preview", "member", "", ref)
		o, err := t.enter(ctx, orgID)
		if err != nil {
			return err
		}
		c, err = t.consequences(ctx, o, ref, models.Access.CheckRemove)
		return err
	})
	return c, err
}

type memberRule func(models.Access, models.Standing, int) error

func (t *tx) consequences(ctx context.Context, o *org, ref string, rule memberRule) (c models.Consequences, err error) {
	m, err := t.member(ctx, o, ref)
	if err != nil {
		return c, err
	}
	t.about(t.deed.action, "member", m.ID, m.Email)
	owners, err := t.activeOwners(ctx, o.ID)
	if err != nil {
		return c, err
	}
	if err := t.allow(o, func(acc models.Access) error { return rule(acc, m.Standing(), owners) }); err != nil {
		return c, err
	}
	c.Member = m
	err = t.row(ctx, `SELECT
		(SELECT count(*) FROM sessions WHERE user_id = $1 AND alive_until > $3),
		(SELECT count(*) FROM invitations WHERE org_id = $2 AND inviter_id = $1 AND state_order = 2 AND expires_at > $3 AND origin = 'invite'),
		(SELECT count(*) FROM invitations WHERE org_id = $2 AND inviter_id = $1 AND state_order = 1 AND origin = 'invite'),
		(SELECT count(*) FROM memberships m JOIN organizations o ON o.id = m.org_id
			WHERE m.user_id = $1 AND o.id <> $2 AND o.kind = 'shared' AND o.deleted_at = 0),
		(SELECT count(*) FROM join_links WHERE org_id = $2 AND creator_id = $1 AND revoked_at = 0 AND uses < max_uses AND expires_at > $3)`,
		m.ID, o.ID, micros(t.now)).Scan(&c.Sessions, &c.InvitationsRevoked, &c.RequestsWithdrawn, &c.OrganizationsRemain, &c.LinksRevoked)
	if err != nil {
		return c, err
	}
	c.Workspaces, err = t.workspacesOf(ctx, o.ID, m.ID)
	return c, err
}

// RemoveMember takes somebody out at once: the membership ends, their open
// invitations are revoked and their requests withdrawn. Their open sessions
// learn of it from the feed. Removing oneself is leaving.
func (s *Store) RemoveMember(ctx context.Context, a models.Actor, orgID, ref string) (c models.Consequences, err error) {
	return s.takeOut(ctx, a, orgID, "member.remove", func(*tx) string { return ref }, models.Access.CheckRemove)
}

// Leave takes the actor out of an organization. The last active owner and the
// owner of a personal workspace cannot leave.
func (s *Store) Leave(ctx context.Context, a models.Actor, orgID string) error {
	_, err := s.takeOut(ctx, a, orgID, "member.leave", func(t *tx) string { return t.user.ID }, models.Access.CheckLeave)
	return err
}

func (s *Store) takeOut(ctx context.Context, a models.Actor, orgID, action string, who func(*tx) string, rule memberRule) (c models.Consequences, err error) {
	err = s.change(ctx, a, func(t *tx) error {
		ref := who(t)
		t.about(action, "member", "", ref)
		o, err := t.enter(ctx, orgID)
		if err != nil {
			return err
		}
		if c, err = t.consequences(ctx, o, ref, rule); err != nil {
			return err
		}
		return t.removeMember(ctx, o, c.Member)
	})
	return c, err
}

func (t *tx) removeMember(ctx context.Context, o *org, m models.Member) error {
	places, err := t.workspacesOf(ctx, o.ID, m.ID)
	if err != nil {
		return err
	}
	if err := t.leaveWorkspaces(ctx, o.ID, m.ID); err != nil {
		return err
	}
	if err := t.holdRole(ctx, o.ID, m.ID, nil); err != nil {
		return err
	}
	var num int64
	if err := t.row(ctx, "DELETE FROM memberships WHERE org_id = $1 AND user_id = $2 RETURNING num", o.ID, m.ID).Scan(&num); err != nil {
		return err
	}
	if err := memberText.remove(ctx, t, num); err != nil {
		return err
	}
	if err := t.countMember(ctx, o.ID, m.Role, m.Status, -1); err != nil {
		return err
	}
	// Without the custom role there must be no more than the lowest left.
	base, custom := m.Role, ""
	if m.CustomRole != nil {
		base, custom = models.RoleViewer, m.CustomRole.ID
	}
	if _, err := t.exec(ctx, `INSERT INTO former_members (org_id, user_id, role_order, custom_role, joined_at, invited_by, removed_at, removed_by)
		VALUES ($1, $2, $3, $8, $4, $5, $6, $7)
		ON CONFLICT (org_id, user_id) DO UPDATE SET role_order = excluded.role_order, custom_role = excluded.custom_role, joined_at = excluded.joined_at,
			invited_by = excluded.invited_by, removed_at = excluded.removed_at, removed_by = excluded.removed_by`,
		o.ID, m.ID, roleOrder(base), micros(m.JoinedAt), m.InvitedBy, micros(t.now), t.user.ID, custom); err != nil {
		return err
	}
	t.touched(m.ID)
	before := fields{"role": m.Given().Label(), "status": m.Status}
	if len(places) > 0 {
		before["workspaces"] = places
	}
	if err := t.done(ctx, before, nil); err != nil {
		return err
	}
	if err := t.closeInvitationsOf(ctx, o, m); err != nil {
		return err
	}
	return t.settleOwnership(ctx, o)
}

// addMember makes a user a member. It writes no audit entry: whoever calls it
// records why.
func (t *tx) addMember(ctx context.Context, orgID string, u models.User, given models.AnyRole, invitedBy string) error {
	role, custom := split(given)
	num, err := t.number(ctx, memberNumbers(), orgID, models.NormEmail(u.Email))
	if err != nil {
		return err
	}
	text := memberSearchText(u)
	var seen int64
	if u.LastSeenAt != nil {
		seen = micros(*u.LastSeenAt)
	}
	if _, err := t.exec(ctx, `INSERT INTO memberships (`+rowPlace+`, num, org_id, user_id, role_order, status, joined_at, last_seen_at, invited_by, email, email_norm, name, name_norm, handle, text, account, shared)
		VALUES ($1, $1, $2, $3, $4, 'active', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, (SELECT CASE kind WHEN 'shared' THEN 1 ELSE 0 END FROM organizations WHERE id = $2))`,
		num, orgID, u.ID, roleOrder(role), micros(t.now), seen, invitedBy, u.Email, models.NormEmail(u.Email), u.Name, models.NormText(u.Name), u.Handle, text, string(u.Status)); err != nil {
		return err
	}
	if err := memberText.put(ctx, t, num, text); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "DELETE FROM former_members WHERE org_id = $1 AND user_id = $2", orgID, u.ID); err != nil {
		return err
	}
	t.touched(orgID, u.ID)
	if err := t.countActivity(ctx, orgID, joinedKind, 1); err != nil {
		return err
	}
	if err := t.holdRole(ctx, orgID, u.ID, custom); err != nil {
		return err
	}
	return t.countMember(ctx, orgID, role, models.MemberActive, +1)
}

func (t *tx) countMember(ctx context.Context, orgID string, role models.Role, status models.MemberStatus, by int) error {
	if _, err := t.exec(ctx, "UPDATE organizations SET members = members + $1 WHERE id = $2", by, orgID); err != nil {
		return err
	}
	return t.count(ctx, "member_counts", "org_id, role_order, status", by, orgID, roleOrder(role), string(status))
}

// count adds to a counter, and makes it when it is not there yet.
func (t *tx) count(ctx context.Context, table, key string, by int, values ...any) error {
	w := &where{}
	for i, col := range strings.Split(key, ", ") {
		w.add(col+" = ?", values[i])
	}
	n := len(values) + 1
	res, err := t.exec(ctx, fmt.Sprintf("UPDATE %s SET n = n + $%d WHERE %s", table, n, w), append(w.args, by)...)
	if err != nil {
		return err
	}
	if hit, err := res.RowsAffected(); err != nil || hit > 0 {
		return err
	}
	marks := make([]string, n)
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	_, err = t.exec(ctx, fmt.Sprintf("INSERT INTO %s (%s, n) VALUES (%s)", table, key, strings.Join(marks, ", ")), append(w.args, by)...)
	return err
}

// countTable is the number of members by role and status.
type countTable map[models.Role]map[models.MemberStatus]int

// sum adds up what fits; an empty role or status fits all.
func (c countTable) sum(role models.Role, status models.MemberStatus) (n int) {
	for r, byStatus := range c {
		for s, k := range byStatus {
			if (role == "" || role == r) && (status == "" || status == s) {
				n += k
			}
		}
	}
	return n
}

func (t *tx) memberCountTable(ctx context.Context, orgID string) (countTable, error) {
	rows, err := t.query(ctx, "SELECT role_order, status, n FROM member_counts WHERE org_id = $1", orgID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	c := countTable{}
	for rows.Next() {
		var role int64
		var status models.MemberStatus
		var n int
		if err := rows.Scan(&role, &status, &n); err != nil {
			return nil, err
		}
		r := roleOf(role)
		if c[r] == nil {
			c[r] = map[models.MemberStatus]int{}
		}
		c[r][status] = n
	}
	return c, rows.Err()
}

func (t *tx) memberCounts(ctx context.Context, orgID string) (m models.MemberCounts, err error) {
	c, err := t.memberCountTable(ctx, orgID)
	if err != nil {
		return m, err
	}
	m = models.MemberCounts{
		Total: c.sum("", ""), Active: c.sum("", models.MemberActive), Suspended: c.sum("", models.MemberSuspended),
		ByRole: map[models.Role]int{},
	}
	for _, r := range models.Roles() {
		m.ByRole[r] = c.sum(r, models.MemberActive)
	}
	return m, nil
}

// lastingOwners is the part of a query over memberships m that keeps to the
// owners who keep an organization alive: active members whose account is active
// too, and whose membership does not end by itself.
const lastingOwners = `m.role_order = 1 AND m.status <> 'suspended' AND m.account <> 'suspended' AND m.ends_at = 0`

// activeOwners counts the owners that keep an organization alive, up to two.
func (t *tx) activeOwners(ctx context.Context, orgID string) (n int, err error) {
	err = t.row(ctx, "SELECT count(*) FROM (SELECT 1 FROM memberships m WHERE m.org_id = $1 AND "+lastingOwners+" LIMIT 2) AS o", orgID).Scan(&n)
	return n, err
}
