package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/internal/id"
	"muster/models"
	"muster/store/internal/db"
)

// memberTable are the columns of memberships m.
var memberTable = db.Columns[models.Member]{
	text("user_id", func(m *models.Member) *string { return &m.ID }),
	text("org_id", func(m *models.Member) *string { return &m.OrgID }),
	text("email", func(m *models.Member) *string { return &m.Email }),
	flag("email_verified", func(m *models.Member) *bool { return &m.EmailVerified }),
	text("name", func(m *models.Member) *string { return &m.Name }),
	text("handle", func(m *models.Member) *string { return &m.Handle }),
	role("role_order", func(m *models.Member) *models.Role { return &m.Role }),
	text("status", func(m *models.Member) *models.MemberStatus { return &m.Status }),
	at("joined_at", func(m *models.Member) *time.Time { return &m.JoinedAt }),
	ifAt("last_seen_at", func(m *models.Member) **time.Time { return &m.LastSeenAt }),
	text("invited_by", func(m *models.Member) *string { return &m.InvitedBy }),
	text("account", func(m *models.Member) *models.UserStatus { return &m.AccountStatus }),
	ifAt("ends_at", func(m *models.Member) **time.Time { return &m.EndsAt }),
	ifAt("suspended_at", func(m *models.Member) **time.Time { return &m.SuspendedAt }),
	text("suspended_by", func(m *models.Member) *string { return &m.SuspendedBy }),
	text("suspend_reason", func(m *models.Member) *string { return &m.SuspendReason }),
	written("email_norm", func(m *models.Member) any { return models.NormEmail(m.Email) }),
	written("name_norm", func(m *models.Member) any { return models.NormName(m.Name) }),
	written("text", func(m *models.Member) any {
		return memberSearchText(models.User{Email: m.Email, Name: m.Name, Handle: m.Handle})
	}),
	{Name: "shared", Value: func(m *models.Member) any { return m.OrgID }, As: "(SELECT CASE kind WHEN 'shared' THEN 1 ELSE 0 END FROM organizations WHERE id = ?)"},
}

var memberBase = memberTable.Read("m")

// memberColumns are a whole member, from memberships m with memberJoins.
var memberColumns = memberBase + `, ` + customColumns

const memberJoins = memberRoleJoins

// scanMember scans memberColumns and what follows them.
func scanMember(more ...any) scanFunc[models.Member] {
	var m models.Member
	var custom customRow
	return scanInto(memberTable.Dest(&m, custom.dest(more...)...), func() models.Member {
		m.CustomRole = custom.role(roleOrder(m.Role))
		return m
	})
}

// memberSearchText is what a search of members looks through.
func memberSearchText(u models.User) string {
	return models.NormEmail(u.Email) + "\n" + models.NormText(u.Name) + "\n" + u.Handle
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
	all, err := collect(ctx, t, scanMember(), "SELECT "+memberColumns+" FROM memberships m"+memberJoins+" WHERE m.org_id = $1 AND m."+col+" = $2 ORDER BY m.email_verified DESC, m.user_id", o.ID, ref)
	if err != nil {
		return models.Member{}, err
	}
	m, err := oneOf(ref, all, memberRef)
	if errors.Is(err, sql.ErrNoRows) {
		return m, noMember(o)
	}
	m.Primary = m.ID == o.primary
	return m, err
}

func noMember(o *org) error {
	return models.Errorf(models.CodeNotFound, "%s has no such member", o.Code).
		WithHint("name a member by address, handle or id; list them with: {member.list}")
}

// Member is one member, by user id, address or handle, for everybody in the
// organization.
func (s *Store) Member(ctx context.Context, a models.Actor, orgID, ref string) (m models.Member, err error) {
	err = s.view(ctx, a, event{"member.show", "member", "", ref}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		if id.Valid(ref, "inv") {
			m, err = t.invitedMember(ctx, o, ref)
			return err
		}
		m, err = t.member(ctx, o, ref)
		t.keepReason(o, &m)
		return err
	})
	return m, err
}

// keepReason leaves out why a member is suspended, unless the actor is the person
// or may suspend members.
func (t *tx) keepReason(o *org, m *models.Member) {
	if m.ID != t.user.ID && o.access.Require(models.PermMembers) != nil {
		m.SuspendReason = ""
	}
}

// addMember makes a user a member. It writes no audit entry: whoever calls it
// records why.
func (t *tx) addMember(ctx context.Context, orgID string, u models.User, given models.AnyRole, invitedBy string) error {
	role, custom := split(given)
	num, err := t.number(ctx, memberNumbers(), orgID, models.NormEmail(u.Email), u.ID)
	if err != nil {
		return err
	}
	m := models.Member{ID: u.ID, OrgID: orgID, Email: u.Email, EmailVerified: u.EmailVerified, Name: u.Name, Handle: u.Handle, Role: role, Status: models.MemberActive,
		JoinedAt: t.now, LastSeenAt: u.LastSeenAt, InvitedBy: invitedBy, AccountStatus: u.Status}
	row := numbered(memberTable, num)
	if _, err := t.exec(ctx, row.Insert(t.db, "memberships"), row.Values(&m)...); err != nil {
		return err
	}
	if err := t.db.Text().Put(ctx, t.db, db.MemberText, num, memberSearchText(u)); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "DELETE FROM former_members WHERE org_id = $1 AND user_id = $2", orgID, u.ID); err != nil {
		return err
	}
	t.signal(orgID, u.ID)
	if err := t.countActivity(ctx, orgID, joinedKind, 1); err != nil {
		return err
	}
	if err := t.assignCustomRole(ctx, orgID, u.ID, custom); err != nil {
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
	w := &db.Where{}
	for i, col := range strings.Split(key, ", ") {
		w.Add(col+" = ?", values[i])
	}
	n := len(values) + 1
	res, err := t.exec(ctx, fmt.Sprintf("UPDATE %s SET n = n + $%d WHERE %s", table, n, w), append(w.Args, by)...)
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
	_, err = t.exec(ctx, fmt.Sprintf("INSERT INTO %s (%s, n) VALUES (%s)", table, key, strings.Join(marks, ", ")), append(w.Args, by)...)
	return err
}

// countTable is the number of members by role and status.
type countTable struct {
	n    map[models.Role]map[models.MemberStatus]int
	late int // how many have ended, are not counted, and are not written down as such
}

// sum adds up what fits; an empty role or status fits all.
func (c countTable) sum(role models.Role, status models.MemberStatus) (n int) {
	for r, byStatus := range c.n {
		for s, k := range byStatus {
			if (role == "" || role == r) && (status == "" || status == s) {
				n += k
			}
		}
	}
	return n
}

// memberCountTable reads the counters, and takes off whom the time alone has
// ended since they were written.
func (t *tx) memberCountTable(ctx context.Context, orgID string) (countTable, error) {
	c := countTable{n: map[models.Role]map[models.MemberStatus]int{}}
	rows, err := t.query(ctx, `SELECT role_order, status, n FROM member_counts WHERE org_id = $1
		UNION ALL SELECT role_order, status, -count(*) FROM memberships WHERE org_id = $1 AND ends_at > 0 AND ends_at <= +$2 GROUP BY role_order, status`,
		orgID, micros(t.now))
	if err != nil {
		return c, err
	}
	defer rows.Close()
	for rows.Next() {
		var role int64
		var status models.MemberStatus
		var n int
		if err := rows.Scan(&role, &status, &n); err != nil {
			return c, err
		}
		r := roleOf(role)
		if c.n[r] == nil {
			c.n[r] = map[models.MemberStatus]int{}
		}
		c.n[r][status] += n
		c.late -= min(n, 0)
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
const lastingOwners = `m.role_order = ` + orderOwner + ` AND m.status <> 'suspended' AND m.account <> 'suspended' AND m.ends_at = 0`

// activeOwners counts the owners that keep an organization alive, up to two.
func (t *tx) activeOwners(ctx context.Context, orgID string) (n int, err error) {
	err = t.row(ctx, "SELECT count(*) FROM (SELECT 1 FROM memberships m WHERE m.org_id = $1 AND "+lastingOwners+" LIMIT 2) AS o", orgID).Scan(&n)
	return n, err
}
