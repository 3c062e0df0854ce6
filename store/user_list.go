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

// account is a row with the values it is sorted by.
type account struct {
	models.Account
	emailNorm, nameNorm string
}

// accountTable are the columns of users that the list of them shows, beside those
// of userTable.
var accountTable = db.Columns[account]{
	ifAt("suspended_at", func(a *account) **time.Time { return &a.SuspendedAt }),
	text("suspended_by", func(a *account) *string { return &a.SuspendedBy }),
	text("suspend_reason", func(a *account) *string { return &a.SuspendReason }),
	text("email_norm", func(a *account) *string { return &a.emailNorm }),
	text("name_norm", func(a *account) *string { return &a.nameNorm }),
}

var accountColumns = userTable.Read("u") + ", " + accountTable.Read("u")

func scanAccount() scanFunc[account] {
	var a account
	return scanInto(userTable.Dest(&a.User, accountTable.Dest(&a)...), func() account { return a })
}

// accountOrder is one way to sort users. Ids sort by the time they were made.
func accountOrder(q models.AccountQuery, inOrg bool) (cols []string, kinds []any, desc bool, key func(account) []any) {
	table, id := "u.", "u.id"
	if inOrg {
		table, id = "m.", "m.user_id"
	}
	switch q.Sort {
	case models.AccountByName:
		return []string{table + "name_norm", id}, []any{"", ""}, q.Reverse, func(a account) []any { return []any{a.nameNorm, a.ID} }
	case models.AccountByCreated:
		return []string{id}, []any{""}, !q.Reverse, func(a account) []any { return []any{a.ID} }
	case models.AccountByLastSeen:
		return []string{table + "last_seen_at", id}, []any{int64(0), ""}, !q.Reverse, func(a account) []any { return []any{microsOf(a.LastSeenAt), a.ID} }
	}
	return []string{table + "email_norm", id}, []any{"", ""}, q.Reverse, func(a account) []any { return []any{a.emailNorm, a.ID} }
}

// Users gives a page of users: of the whole installation for site admins, with
// q.Org of one organization for its owners and admins too. TopicInstallation
// signals when one comes, goes or changes; an organization's own topic does for
// its members.
func (s *Store) Users(ctx context.Context, a models.Actor, q models.AccountQuery) (p models.Page[models.Account], err error) {
	limit, err := models.CheckLimit(q.Limit)
	if err != nil {
		return p, err
	}
	if err := checkAccounts(q); err != nil {
		return p, err
	}
	err = s.view(ctx, a, event{"user.list", "organization", q.Org, ""}, func(t *tx) error {
		o, err := t.userScope(ctx, q.Org)
		if err != nil {
			return err
		}
		if err := q.CheckScope(); err != nil {
			return err
		}
		w := &db.Where{}
		var find search
		if o != nil {
			p.Total, find, err = t.accountsOfOrg(ctx, o, q, w)
		} else {
			p.Total, find, err = t.allAccounts(ctx, q, w)
		}
		if err != nil {
			return err
		}
		p.Matches = p.Total
		alone := q.Role == "" && q.Status == "" && !q.SiteAdmins && !q.NoOrganization && q.Seen.IsZero() && q.Terms.None()
		find.ordered = alone && (q.Sort == "" || q.Sort == models.AccountByEmail)
		switch {
		case find.term != "":
			if p.Matches, err = find.count(ctx, t, w, alone); err != nil {
				return err
			}
		case !alone:
			p.Matches = -1
		}
		return t.accountPage(ctx, find, w, o, q, limit, &p)
	})
	return p, err
}

// allAccounts is how to find users of the whole installation. What stands in a
// partial index is written out, since a parameter would not find it.
func (t *tx) allAccounts(ctx context.Context, q models.AccountQuery, w *db.Where) (total int, find search, err error) {
	switch q.Status {
	case models.UserSuspended:
		w.Add("u.status = 'suspended'")
	case models.UserActive:
		w.Add("u.status <> 'suspended'")
	}
	if q.SiteAdmins {
		w.Add("u.site_admin = 1")
	}
	if q.NoOrganization {
		w.Add("NOT EXISTS (SELECT 1 FROM memberships r JOIN organizations o ON o.id = r.org_id WHERE r.user_id = u.id AND r.shared = 1 AND o.deleted_at = 0)")
	}
	if q.Role != "" {
		if err = t.withRole(ctx, w, q.Role); err != nil {
			return 0, find, err
		}
	}
	if total, err = t.installationCount(ctx, countUsers); err != nil {
		return 0, find, err
	}
	within(w, "u.last_seen_at", q.Seen)
	find, err = t.searchAll(ctx, w, db.UserText, "u", db.UserSpace, q.Search, q.Terms)
	return total, find, err
}

// withRole narrows to users who have a role in any shared organization. A role
// that few have is looked up; one that many have is met soon in any order.
func (t *tx) withRole(ctx context.Context, w *db.Where, role models.Role) error {
	var n int
	if err := t.row(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM memberships WHERE shared = 1 AND role_order = $1 LIMIT %d) AS m", models.MatchesCap+1),
		roleOrder(role)).Scan(&n); err != nil {
		return err
	}
	const living = "EXISTS (SELECT 1 FROM organizations o WHERE o.id = r.org_id AND o.deleted_at = 0)"
	if n <= models.MatchesCap {
		w.Add("u.id IN (SELECT r.user_id FROM memberships r WHERE r.shared = 1 AND r.role_order = ? AND "+living+")", roleOrder(role))
	} else {
		w.Add("EXISTS (SELECT 1 FROM memberships r WHERE r.user_id = u.id AND r.shared = 1 AND r.role_order + 0 = ? AND "+living+")", roleOrder(role))
	}
	return nil
}

// accountsOfOrg is how to find users among the members of an organization. All
// conditions are on the membership, so that a page is one range of its indexes.
func (t *tx) accountsOfOrg(ctx context.Context, o *org, q models.AccountQuery, w *db.Where) (total int, find search, err error) {
	org := "m.org_id = ?"
	if q.SiteAdmins { // few, whom bare, org_id would have the planner look for in its whole index
		org = "m.org_id || '' = ?"
	}
	w.Add(org, o.ID)
	role := "m.role_order = ?"
	switch q.Status {
	case models.UserSuspended:
		w.Add("m.account = 'suspended'")
		role = "m.role_order + 0 = ?" // they are fewer
	case models.UserActive:
		w.Add("m.account <> 'suspended'")
	}
	if q.Role != "" {
		w.Add(role, roleOrder(q.Role))
	}
	if q.SiteAdmins {
		w.Add("m.user_id IN (SELECT id FROM users WHERE site_admin = 1)")
	}
	counts, err := t.memberCountTable(ctx, o.ID)
	if err != nil {
		return 0, find, err
	}
	within(w, "m.last_seen_at", q.Seen)
	find, err = t.searchAll(ctx, w, db.MemberText, "m", o.num, q.Search, q.Terms)
	return counts.sum("", ""), find, err
}

func checkAccounts(q models.AccountQuery) error {
	if _, _, err := models.ParseAccountSort(string(q.Sort)); err != nil {
		return err
	}
	if q.Role != "" {
		if _, err := models.ParseRole("role", string(q.Role)); err != nil {
			return err
		}
	}
	if q.Status != "" && q.Status != models.UserActive && q.Status != models.UserSuspended {
		return models.Invalid("status", "status must be %s or %s", models.UserActive, models.UserSuspended)
	}
	return checkQuery(q.Search)
}

// userScope is the organization within which users are administered, nil for
// the whole installation.
func (t *tx) userScope(ctx context.Context, orgRef string) (*org, error) {
	if orgRef == "" {
		if err := models.OnlySiteAdmin(t.user, "administer the users of the whole installation"); err != nil {
			return nil, models.AsError(err).WithHint("name your organization with --org CODE, or ask a site admin")
		}
		t.attempt.as = models.AsSiteAdmin
		return nil, t.siteFactor(ctx)
	}
	o, err := t.org(ctx, orgRef)
	if err != nil {
		return nil, err
	}
	if err := t.siteFactor(ctx); err != nil { // they administer accounts as site admin there too
		return nil, err
	}
	return o, t.require(o, models.PermMembers)
}

func (t *tx) accountPage(ctx context.Context, find search, w *db.Where, o *org, q models.AccountQuery, limit int, p *models.Page[models.Account]) error {
	cols, kinds, desc, keyOf := accountOrder(q, o != nil)
	order := db.Order{Sort: "users " + string(q.Sort) + fmt.Sprint(q.Reverse, o != nil), Cols: cols, Desc: desc, Key: kinds}
	pg, err := db.NewPager(order, limit, q.After, q.Before)
	if err != nil {
		return err
	}
	pg.Seek(w)
	if err := t.startAt(ctx, &find, w, &pg); err != nil {
		return err
	}
	join := ""
	if o != nil {
		join = "JOIN users u ON u.id = m.user_id"
	}
	rows, err := found(ctx, t, find, w, accountColumns, &pg, pg.Read(), join, scanAccount())
	if err != nil {
		return err
	}
	items, next, prev := db.Cut(&pg, rows, keyOf)
	p.Next, p.Prev = next, prev
	p.Items = make([]models.Account, len(items))
	for i, x := range items {
		p.Items[i] = x.Account
	}
	if err := t.addOrgs(ctx, p.Items, o); err != nil {
		return err
	}
	return nil
}

// addOrgs fills in the organizations of users: the living shared ones, or the
// one that the actor may see.
func (t *tx) addOrgs(ctx context.Context, list []models.Account, o *org) error {
	if len(list) == 0 {
		return nil
	}
	at := make(map[string]*models.Account, len(list))
	marks, w := make([]string, len(list)), &db.Where{}
	for i := range list {
		list[i].Organizations = []models.AccountOrg{}
		at[list[i].ID] = &list[i]
		marks[i] = fmt.Sprintf("$%d", i+1)
		w.Args = append(w.Args, list[i].ID)
	}
	w.Conds = append(w.Conds, "m.user_id IN ("+strings.Join(marks, ", ")+")", "m.shared = 1", "o.deleted_at = 0")
	if o != nil && !t.user.SiteAdmin {
		w.Add("o.id = ?", o.ID)
	}
	type row struct {
		user string
		models.AccountOrg
	}
	rows, err := collect(ctx, t, func(r scanner) (x row, err error) {
		var role int64
		var primary string
		var custom customRow
		err = r.Scan(append([]any{&x.user, &x.ID, &x.Code, &x.Name, &role, &x.Status, &primary}, custom.dest()...)...)
		x.Role, x.Primary = roleOf(role), primary == x.user
		if c := custom.role(role); c != nil {
			x.Custom = c.Name
		}
		return x, err
	}, fmt.Sprintf(`SELECT m.user_id, o.id, o.code, o.name, m.role_order, m.status, o.primary_owner, `+customColumns+`
		FROM memberships m JOIN organizations o ON o.id = m.org_id`+memberRoleJoins+` WHERE %s ORDER BY o.name_norm, o.id`, w), w.Args...)
	for _, x := range rows {
		if a := at[x.user]; len(a.Organizations) < models.MaxAccountOrgs {
			a.Organizations = append(a.Organizations, x.AccountOrg)
		}
	}
	return err
}

// accountOrgs is addOrgs for one user.
func (t *tx) accountOrgs(ctx context.Context, userID string, o *org) ([]models.AccountOrg, error) {
	list := []models.Account{{User: models.User{ID: userID}}}
	err := t.addOrgs(ctx, list, o)
	return list[0].Organizations, err
}

// findAccount finds a user by id, address or handle: anybody for a site admin
// who names no organization, else a member of it.
func (t *tx) findAccount(ctx context.Context, orgRef, ref string) (*org, models.User, error) {
	o, err := t.userScope(ctx, orgRef)
	if err != nil {
		return nil, models.User{}, err
	}
	if o != nil {
		m, err := t.member(ctx, o, ref)
		if err != nil {
			return nil, models.User{}, err
		}
		ref = m.ID
	}
	u, err := t.accountByRef(ctx, ref)
	if err != nil {
		return nil, u, err
	}
	t.found("user", u.ID, u.Email)
	if o != nil {
		o.as = t.administersAs(o)
	}
	return o, u, err
}

// accountByRef finds a user of the installation by id, address or handle.
func (t *tx) accountByRef(ctx context.Context, ref string) (models.User, error) {
	u, err := t.userByRef(ctx, ref)
	if errors.Is(err, sql.ErrNoRows) {
		return u, models.Errorf(models.CodeNotFound, "there is no such user").
			WithHint("name a user by address, handle or id; list them with: {user.list}")
	}
	return u, err
}

// administersAs is the capacity in which the actor administers users of an
// organization, nil for the whole installation: it is as site admins that site
// admins do.
func (t *tx) administersAs(o *org) models.ActingAs {
	if o == nil || t.user.SiteAdmin {
		return models.AsSiteAdmin
	}
	return o.as
}

// mayManage asks models.CheckManageAccount for somebody.
func (t *tx) mayManage(ctx context.Context, who, target models.User) error {
	if who.SiteAdmin {
		return nil
	}
	shared, err := collect(ctx, t, func(r scanner) (x models.SharedStanding, err error) {
		var role int64
		var own sql.NullInt64
		var status sql.NullString
		var plan string
		var theirs, ours customRow
		err = r.Scan(append(append([]any{&x.Actor.OrgID, &plan, &role, &own, &status}, theirs.dest()...), ours.dest()...)...)
		x.Role, x.Custom = roleOf(role), theirs.role(role)
		x.Actor.Flat = t.s.plan(plan).Has(models.FeatureFlatRoles)
		x.Actor.UserID, x.Actor.Member = who.ID, status.String == string(models.MemberActive)
		if own.Valid {
			x.Actor.Role, x.Actor.Custom = roleOf(own.Int64), ours.role(own.Int64)
		}
		return x, err
	}, `SELECT o.id, o.plan, m.role_order, w.role_order, w.status, `+customColumns+`, `+strings.ReplaceAll(customColumns, "cr.", "wcr.")+`
		FROM memberships m JOIN organizations o ON o.id = m.org_id`+memberRoleJoins+`
		LEFT JOIN memberships w ON w.org_id = o.id AND w.user_id = $2 AND `+inForce("w", 3)+`
		LEFT JOIN member_roles wmr ON wmr.org_id = w.org_id AND wmr.user_id = w.user_id
		LEFT JOIN custom_roles wcr ON wcr.org_id = wmr.org_id AND wcr.id = wmr.role_id
		WHERE m.user_id = $1 AND o.kind = 'shared'`, target.ID, who.ID, micros(t.now))
	if err != nil {
		return err
	}
	return models.CheckManageAccount(who, target, shared)
}

// lastOwnerOf refuses to lose somebody who alone keeps organizations alive.
func (t *tx) lastOwnerOf(ctx context.Context, u models.User) error {
	codes, err := collect(ctx, t, scanString, `SELECT o.code FROM memberships m JOIN organizations o ON o.id = m.org_id
		WHERE m.user_id = $1 AND o.kind = 'shared' AND o.deleted_at = 0 AND `+lastingOwners+`
			AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.org_id = o.id AND m.user_id <> $1 AND `+lastingOwners+`)
		ORDER BY o.code`, u.ID)
	if err != nil {
		return err
	}
	return models.LastOwnerOf(u, codes)
}

func (t *tx) lastSiteAdmin(ctx context.Context, u models.User) error {
	if !u.SiteAdmin {
		return nil
	}
	var n int
	if err := t.row(ctx, "SELECT count(*) FROM users WHERE site_admin = 1 AND status = 'active'").Scan(&n); err != nil {
		return err
	}
	return models.LastSiteAdmin(u, n)
}

// mayLose holds the rules that suspending and deleting a user share.
func (t *tx) mayLose(ctx context.Context, u models.User, verb string) error {
	if err := t.mayManage(ctx, t.user, u); err != nil {
		return err
	}
	if err := models.CheckOwnAccount(t.user.ID, u, verb); err != nil {
		return err
	}
	if err := t.lastSiteAdmin(ctx, u); err != nil {
		return err
	}
	return t.lastOwnerOf(ctx, u)
}

// User is one user, by id, address or handle, with what the actor may do. orgRef
// is as in Users.
func (s *Store) User(ctx context.Context, a models.Actor, orgRef, ref string) (d models.AccountDetail, err error) {
	err = s.view(ctx, a, event{"user.show", "user", "", ref}, func(t *tx) error {
		o, u, err := t.findAccount(ctx, orgRef, ref)
		if err != nil {
			return err
		}
		d, err = t.accountDetail(ctx, o, u.ID)
		return err
	})
	return d, err
}

func (t *tx) accountDetail(ctx context.Context, o *org, userID string) (d models.AccountDetail, err error) {
	x, err := scanAccount()(t.row(ctx, "SELECT "+accountColumns+" FROM users u WHERE u.id = $1", userID))
	if err != nil {
		return d, err
	}
	d.Account = x.Account
	if d.Organizations, err = t.accountOrgs(ctx, userID, o); err != nil {
		return d, err
	}
	var used, until int64
	if err := t.row(ctx, `SELECT (SELECT count(*) FROM user_keys WHERE user_id = $1), (SELECT coalesce(max(last_used_at), 0) FROM user_keys WHERE user_id = $1), (SELECT count(*) FROM sessions WHERE user_id = $1 AND alive_until > $2),
		coalesce((SELECT max(expires_at) FROM pairings WHERE user_id = $1 AND made_by <> '' AND used_at = 0 AND expires_at > $2), 0)`,
		userID, micros(t.now)).Scan(&d.Keys, &used, &d.Sessions, &until); err != nil {
		return d, err
	}
	d.KeyUsedAt, d.EnrolmentUntil = timeOrNil(used), timeOrNil(until)
	d.WhyNot, err = t.whyNot(ctx, d)
	return d, err
}

// whyNot asks every rule about a user. Errors that are no refusals are given
// back.
func (t *tx) whyNot(ctx context.Context, d models.AccountDetail) (map[models.AccountAction]string, error) {
	u := d.User
	manage := t.mayManage(ctx, t.user, u)
	out := map[models.AccountAction]string{}
	for action, err := range map[models.AccountAction]error{
		models.AccountEdit:       manage,
		models.AccountSiteAdmin:  first(models.CheckGrantSiteAdmin(t.user), func() error { return t.lastSiteAdmin(ctx, u) }),
		models.AccountSuspend:    first(t.mayLose(ctx, u, "suspend"), func() error { return u.CheckStatus(models.UserSuspended) }),
		models.AccountReactivate: first(manage, func() error { return u.CheckStatus(models.UserActive) }),
		models.AccountDelete:     t.mayLose(ctx, u, "delete"),
		models.AccountEnrol:      first(manage, func() error { return models.CheckEnrol(t.user, u, d.Keys) }),
		models.AccountVerify:     models.CheckVerify(t.user, u),
	} {
		if err != nil && refused(err) == nil {
			return nil, err
		}
		if err != nil {
			out[action] = reason(err)
		}
	}
	return out, nil
}
