package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/models"
)

const memberBase = `m.user_id, m.org_id, u.email, u.name, u.handle, m.role_order, m.status, m.joined_at, m.last_seen_at, m.invited_by`

// memberColumns are a whole member, from memberships m with memberJoins.
const (
	memberColumns = memberBase + `, ` + customColumns
	memberJoins   = ` JOIN users u ON u.id = m.user_id` + memberRoleJoins
)

func scanMember(r scanner) (models.Member, error) {
	var custom customRow
	m, err := scanMemberBase(r, custom.dest()...)
	m.CustomRole = custom.role(roleOrder(m.Role))
	return m, err
}

// scanMemberBase scans memberBase and what follows it.
func scanMemberBase(r scanner, more ...any) (m models.Member, err error) {
	var role, joined, seen int64
	err = r.Scan(append([]any{&m.ID, &m.OrgID, &m.Email, &m.Name, &m.Handle, &role, &m.Status, &joined, &seen, &m.InvitedBy}, more...)...)
	m.Role, m.JoinedAt, m.LastSeenAt = roleOf(role), fromMicros(joined), timeOrNil(seen)
	return m, err
}

// memberSearchText is what a search of members looks through.
func memberSearchText(u models.User) string {
	return models.NormEmail(u.Email) + "\n" + models.NormText(u.Name) + "\n" + u.Handle
}

// memberOrder is one way to sort members: the columns, all in one direction.
type memberOrder struct {
	cols  []string
	kinds []any // the type of each column, for cursors
	desc  bool
}

func memberOrders(q models.MemberQuery) memberOrder {
	var o memberOrder
	switch q.Sort {
	case models.SortName:
		o = memberOrder{[]string{"name_norm", "user_id"}, []any{"", ""}, false}
	case models.SortRole:
		o = memberOrder{[]string{"role_order", "email_norm", "user_id"}, []any{int64(0), "", ""}, false}
	case models.SortStatus:
		o = memberOrder{[]string{"status", "email_norm", "user_id"}, []any{"", "", ""}, false}
	case models.SortJoined:
		o = memberOrder{[]string{"joined_at", "user_id"}, []any{int64(0), ""}, true}
	case models.SortLastSeen:
		o = memberOrder{[]string{"last_seen_at", "user_id"}, []any{int64(0), ""}, true}
	default:
		o = memberOrder{[]string{"email_norm", "user_id"}, []any{"", ""}, false}
	}
	o.desc = o.desc != q.Reverse
	return o
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
		w.add("org_id = ?", o.ID)
		if p.Matches, err = t.memberRoleFilter(ctx, o, w, q, counts); err != nil {
			return err
		}
		if q.Status != "" {
			w.add("status = ?", string(q.Status))
		}
		if term := models.NormText(strings.TrimSpace(q.Search)); term != "" {
			if p.Matches, err = t.search(ctx, w, memberText, "memberships", o.num, term); err != nil {
				return err
			}
		}
		return t.memberPage(ctx, w, q, limit, &p)
	})
	return p, err
}

// memberRoleFilter narrows a list to a role and says how many have it, in the
// status asked for. A built-in role also finds custom ones that count as it.
func (t *tx) memberRoleFilter(ctx context.Context, o *org, w *where, q models.MemberQuery, counts countTable) (matches int, err error) {
	if q.Role == "" || q.Role.Rank() > 0 {
		if q.Role != "" {
			w.add("role_order = ?", roleOrder(q.Role))
		}
		return counts.sum(q.Role, q.Status), nil
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
		w.add("EXISTS (SELECT 1 FROM member_roles h WHERE h.org_id = memberships.org_id AND h.user_id = memberships.user_id AND h.role_id = ?)", r.ID)
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

// search narrows a query to the rows whose text holds the term. A term that
// few rows hold is looked up in the text index. One that many hold is left to
// a scan in sort order, which finds a page of them soon.
func (t *tx) search(ctx context.Context, w *where, x textIndex, table string, orgNum int64, term string) (matches int, err error) {
	n, err := x.hits(ctx, t, orgNum, term, models.MatchesCap)
	if err != nil {
		return 0, err
	}
	if n < 0 || n > models.MatchesCap {
		if n > models.MatchesCap && len(w.conds) == 1 {
			matches = n
		} else {
			matches = -1
		}
		w.raw(holds(w.from()), []any{term})
		return matches, nil
	}
	cond, args := x.among(w.from(), orgNum, term)
	w.raw(cond, args)
	err = t.row(ctx, "SELECT count(*) FROM "+table+" WHERE "+w.String(), w.args...).Scan(&matches)
	return matches, err
}

func (t *tx) memberPage(ctx context.Context, w *where, q models.MemberQuery, limit int, p *models.Page[models.Member]) error {
	order := memberOrders(q)
	sort := string(q.Sort) + fmt.Sprint(q.Reverse)
	from, backward := q.After, false
	if q.Before != "" {
		from, backward = q.Before, true
	}
	desc := order.desc != backward
	if from != "" {
		key, err := decodeCursor(from, sort, order.kinds)
		if err != nil {
			return err
		}
		w.seek(order.cols, key, desc)
	}
	type row struct {
		m   models.Member
		key []any
	}
	inner := fmt.Sprintf("SELECT * FROM memberships WHERE %s ORDER BY %s LIMIT %d", w, orderBy(order.cols, desc), limit+1)
	outer := make([]string, len(order.cols))
	for i, c := range order.cols {
		outer[i] = "m." + c
	}
	rows, err := collect(ctx, t, func(r scanner) (v row, err error) {
		v.m, v.key, err = scanMemberKey(r, order)
		return v, err
	}, "SELECT "+memberBase+", "+strings.Join(outer, ", ")+" FROM ("+inner+") m JOIN users u ON u.id = m.user_id ORDER BY "+orderBy(outer, desc), w.args...)
	if err != nil {
		return err
	}
	more := len(rows) > limit
	rows = rows[:min(len(rows), limit)]
	if backward {
		slices.Reverse(rows)
	}
	p.Items = make([]models.Member, len(rows))
	for i, r := range rows {
		p.Items[i] = r.m
	}
	if err := t.attachMemberRoles(ctx, p.Items); err != nil {
		return err
	}
	if len(rows) == 0 {
		return nil
	}
	if more || backward {
		p.Next = encodeCursor(sort, rows[len(rows)-1].key)
	}
	if more && backward || !backward && from != "" {
		p.Prev = encodeCursor(sort, rows[0].key)
	}
	return nil
}

func scanMemberKey(r scanner, order memberOrder) (m models.Member, key []any, err error) {
	var dest []any
	texts, nums := make([]string, len(order.kinds)), make([]int64, len(order.kinds))
	for i, k := range order.kinds {
		if _, ok := k.(string); ok {
			dest = append(dest, &texts[i])
		} else {
			dest = append(dest, &nums[i])
		}
	}
	if m, err = scanMemberBase(r, dest...); err != nil {
		return m, nil, err
	}
	key = make([]any, len(order.kinds))
	for i, k := range order.kinds {
		if _, ok := k.(string); ok {
			key[i] = texts[i]
		} else {
			key[i] = nums[i]
		}
	}
	return m, key, nil
}

// member finds a member by user id, address or handle.
func (t *tx) member(ctx context.Context, o *org, ref string) (models.Member, error) {
	m, err := scanMember(t.row(ctx, "SELECT "+memberColumns+` FROM memberships m`+memberJoins+`
		WHERE m.org_id = $1 AND (u.id = $2 OR u.email_norm = $3 OR u.handle = $3)`, o.ID, ref, models.NormEmail(ref)))
	if errors.Is(err, sql.ErrNoRows) {
		return m, models.Errorf(models.CodeNotFound, "%s has no such member", o.Code).
			WithHint("name a member by address, handle or id; list them with: muster member list")
	}
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
		owners, err := t.activeOwners(ctx, o.ID, m.ID)
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
		if err := t.setRole(ctx, &m, to); err != nil {
			return err
		}
		t.touched(m.ID)
		return t.done(ctx, fields{"role": before.Label()}, fields{"role": to.Label()})
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
	owners, err := t.activeOwners(ctx, o.ID, m.ID)
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
			WHERE m.user_id = $1 AND o.id <> $2 AND o.kind = 'shared' AND o.deleted_at = 0)`,
		m.ID, o.ID, micros(t.now)).Scan(&c.Sessions, &c.InvitationsRevoked, &c.RequestsWithdrawn, &c.OrganizationsRemain)
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
	return t.closeInvitationsOf(ctx, o, m)
}

// addMember makes a user a member. It writes no audit entry: whoever calls it
// records why.
func (t *tx) addMember(ctx context.Context, orgID string, u models.User, given models.AnyRole, invitedBy string) error {
	role, custom := split(given)
	num, err := t.nextRow(ctx, orgID)
	if err != nil {
		return err
	}
	text := memberSearchText(u)
	var seen int64
	if u.LastSeenAt != nil {
		seen = micros(*u.LastSeenAt)
	}
	if _, err := t.exec(ctx, `INSERT INTO memberships (num, org_id, user_id, role_order, status, joined_at, last_seen_at, invited_by, email_norm, name_norm, text)
		VALUES ($1, $2, $3, $4, 'active', $5, $6, $7, $8, $9, $10)`,
		num, orgID, u.ID, roleOrder(role), micros(t.now), seen, invitedBy, models.NormEmail(u.Email), models.NormText(u.Name), text); err != nil {
		return err
	}
	if err := memberText.put(ctx, t, num, text); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "DELETE FROM former_members WHERE org_id = $1 AND user_id = $2", orgID, u.ID); err != nil {
		return err
	}
	t.touched(orgID, u.ID)
	if err := t.holdRole(ctx, orgID, u.ID, custom); err != nil {
		return err
	}
	return t.countMember(ctx, orgID, role, models.MemberActive, +1)
}

func (t *tx) countMember(ctx context.Context, orgID string, role models.Role, status models.MemberStatus, by int) error {
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

// activeOwners counts the owners that keep an organization alive: active
// members whose account is active too. The member that the rule is about counts
// whatever their account is, so that the rule sees how many others there are.
func (t *tx) activeOwners(ctx context.Context, orgID, userID string) (n int, err error) {
	err = t.row(ctx, `SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id
		WHERE m.org_id = $1 AND m.role_order = 1 AND m.status = 'active' AND (u.status = 'active' OR u.id = $2)`, orgID, userID).Scan(&n)
	return n, err
}
