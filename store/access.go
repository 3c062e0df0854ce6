package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// noOrganization is what an outsider is told, and the same as for an id that
// never existed.
func noOrganization() error {
	return models.Errorf(models.CodeNotFound, "there is no such organization").
		WithHint("list yours with: {organization.list}")
}

// org is an organization as a transaction needs it, with the actor's rights.
type org struct {
	models.Organization
	num      int64
	primary  string // user id of the primary owner
	access   models.Access
	plan     models.Plan
	security models.SecuritySettings // set by tx.org

	as models.ActingAs // in what capacity the actor passed the rules, for the log
}

// orgTable are the columns of organizations that the domain knows.
var orgTable = db.Columns[models.Organization]{
	text("id", func(o *models.Organization) *string { return &o.ID }),
	text("code", func(o *models.Organization) *string { return &o.Code }),
	text("name", func(o *models.Organization) *string { return &o.Name }),
	text("description", func(o *models.Organization) *string { return &o.Description }),
	text("accent", func(o *models.Organization) *string { return &o.Accent }),
	text("badge", func(o *models.Organization) *string { return &o.Badge }),
	text("motd", func(o *models.Organization) *string { return &o.MOTD }),
	text("plan", func(o *models.Organization) *string { return &o.Plan }),
	text("kind", func(o *models.Organization) *models.OrgKind { return &o.Kind }),
	at("created_at", func(o *models.Organization) *time.Time { return &o.CreatedAt }),
	at("updated_at", func(o *models.Organization) *time.Time { return &o.UpdatedAt }),
	written("code_norm", func(o *models.Organization) any { return models.NormCode(o.Code) }),
	written("name_norm", func(o *models.Organization) any { return models.NormName(o.Name) }),
	written("text", func(o *models.Organization) any { return organizationSearchText(*o) }),
	{Name: "num", As: "(SELECT coalesce(max(num), 0) + 1 FROM organizations)"},
	{Name: "next_row", As: "1"},
	{Name: "deleted_at", As: "0"},
}

// orgOwnTable are those that only the store needs.
var orgOwnTable = db.Columns[org]{
	number("num", func(o *org) *int64 { return &o.num }),
	text("primary_owner", func(o *org) *string { return &o.primary }),
}

var orgColumns = orgTable.Read("o") + ", " + orgOwnTable.Read("o")

// dest is where orgColumns go, and behind them more.
func (o *org) dest(more ...any) []any {
	return orgTable.Dest(&o.Organization, orgOwnTable.Dest(o, more...)...)
}

// A membership whose end has passed counts as none, even before that is written
// down. The placeholder stands for the present. Its sign keeps SQLite from
// comparing it with the condition of a partial index (ends_at > 0): a statement
// that it compiled with a value in mind is compiled again for each execution.
func inForce(alias string, placeholder int) string {
	return fmt.Sprintf("(%s.ends_at = 0 OR %s.ends_at > +$%d)", alias, alias, placeholder)
}

// lookupOrg finds an organization by id or code and reads the actor's rights in
// it. Whoever has no part of it gets CodeNotFound. It asks none of the
// organization's Security settings: use org.
func (t *tx) lookupOrg(ctx context.Context, ref string) (*org, error) {
	if t.key != nil {
		return t.keyOrganization(ref)
	}
	var o org
	var role sql.NullInt64
	var status, reason sql.NullString
	var custom customRow
	err := t.row(ctx, `SELECT `+orgColumns+`, m.role_order, m.status, m.suspend_reason, `+customColumns+`
		FROM organizations o LEFT JOIN memberships m ON m.org_id = o.id AND m.user_id = $2 AND `+inForce("m", 4)+memberRoleJoins+`
		WHERE (o.id = $1 OR o.code_norm = $3) AND o.deleted_at = 0`,
		ref, t.user.ID, models.NormCode(ref), micros(t.now)).Scan(o.dest(append([]any{&role, &status, &reason}, custom.dest()...)...)...)
	if errors.Is(err, sql.ErrNoRows) {
		t.attempt.org, t.attempt.as = nil, models.AsOutsider
		return nil, conceal(noOrganization())
	}
	if err != nil {
		return nil, err
	}
	if !t.actor.Grant.LeadsInto(o.ID, o.Code) {
		t.attempt.org, t.attempt.as = nil, models.AsOutsider
		return nil, conceal(noOrganization())
	}
	o.access = models.Access{
		UserID: t.user.ID, OrgID: o.ID, SiteAdmin: t.user.SiteAdmin, Personal: o.Kind == models.KindPersonal,
		Member: status.String == string(models.MemberActive),
	}
	if role.Valid {
		o.access.Role, o.access.Custom = roleOf(role.Int64), custom.role(role.Int64)
	}
	if err := t.terms(ctx, &o); err != nil {
		return nil, err
	}
	t.attempt.org, o.as = &o, models.AsMember
	switch {
	case o.access.Member:
	case o.access.Personal: // closed to everybody else; it hears of no tries either
		t.attempt.org, t.attempt.as = nil, models.AsOutsider
		return nil, conceal(noOrganization())
	case o.access.SiteAdmin:
		o.as = models.AsSiteAdmin
	case status.Valid:
		return nil, suspendedIn(o.Name, reason.String)
	default:
		o.as = models.AsOutsider
		return nil, conceal(noOrganization())
	}
	return &o, nil
}

func suspendedIn(org, reason string) error {
	return models.Errorf(models.CodeDenied, "your membership of %s is suspended%s", org, because(reason)).
		WithHint("ask an owner or admin")
}

// because is a reason as the end of a sentence.
func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + models.SafeText(reason)
}

// terms reads what the plan and billing of an organization change about
// everybody's rights in it.
func (t *tx) terms(ctx context.Context, o *org) error {
	o.plan = t.s.plan(o.Plan)
	if o.Kind == models.KindPersonal {
		return nil
	}
	o.access.Flat = o.plan.Has(models.FeatureFlatRoles)
	if !t.s.opt.BillingRequired {
		return nil
	}
	var one int
	err := t.row(ctx, "SELECT 1 FROM settings WHERE org_id = $1 AND key = $2 AND value <> ''", o.ID, models.SetPayment).Scan(&one)
	o.access.Unpaid = errors.Is(err, sql.ErrNoRows)
	if o.access.Unpaid {
		return nil
	}
	return err
}

// allow asks a rule. Where the actor passes only because of being site admin,
// the log will say so.
func (t *tx) allow(o *org, rule func(models.Access) error) error {
	plain := o.access
	plain.SiteAdmin = false
	err := rule(plain)
	if err != nil && o.access.SiteAdmin {
		if err = rule(o.access); err == nil {
			o.as = models.AsSiteAdmin
		}
	}
	return err
}

// hint is reason for what somebody has not tried: it leaves the capacity in which
// they act as it is.
func (o *org) hint(may func() error) string {
	as := o.as
	defer func() { o.as = as }()
	return reason(may())
}

// reason is why something cannot be done, for a view: what the rule says that
// refuses it, else the first of more rules that does; "" where none does.
func reason(err error, more ...func() error) string {
	if err = first(err, more...); err == nil {
		return ""
	}
	return err.Error()
}

// first is the first refusal of an answer and the rules after it.
func first(err error, more ...func() error) error {
	for _, rule := range more {
		if err == nil {
			err = rule()
		}
	}
	return err
}

// require is allow for a bare permission.
func (t *tx) require(o *org, p models.Permission) error {
	return t.allow(o, func(a models.Access) error { return a.Require(p) })
}

// accessOf reads somebody else's rights in an organization, for rules about a
// person who is not the actor. Somebody unknown or suspended has none.
func (t *tx) accessOf(ctx context.Context, o *org, userID string) (models.Access, error) {
	if isProgram(userID) {
		return t.programAccess(ctx, o, userID)
	}
	a := models.Access{UserID: userID, OrgID: o.ID, Personal: o.access.Personal, Flat: o.access.Flat}
	var site int64
	var role sql.NullInt64
	var status sql.NullString
	var custom customRow
	err := t.row(ctx, `SELECT u.site_admin, m.role_order, m.status, `+customColumns+`
		FROM users u LEFT JOIN memberships m ON m.user_id = u.id AND m.org_id = $1 AND `+inForce("m", 3)+memberRoleJoins+`
		WHERE u.id = $2 AND u.status = 'active'`, o.ID, userID, micros(t.now)).Scan(append([]any{&site, &role, &status}, custom.dest()...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return a, nil
	}
	a.SiteAdmin = site != 0
	a.Member = status.String == string(models.MemberActive)
	if role.Valid {
		a.Role, a.Custom = roleOf(role.Int64), custom.role(role.Int64)
	}
	return a, err
}

// Roles are kept in the order in which a list shows them: 1 for owner.
func roleOrder(r models.Role) int64 { return int64(models.RoleOwner.Rank() + 1 - r.Rank()) }

func roleOf(order int64) models.Role {
	return models.RoleOfRank(models.RoleOwner.Rank() + 1 - int(order))
}

// memberSettings reads the settings in force for the Members section.
func (t *tx) memberSettings(ctx context.Context, orgID string) (models.MemberSettings, error) {
	values, err := t.settingValues(ctx, orgID)
	return models.ParseMemberSettings(values), err
}

func (t *tx) settingValues(ctx context.Context, orgID string) (map[string]string, error) {
	rows, err := t.query(ctx, "SELECT key, value FROM settings WHERE org_id = $1", orgID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	values := map[string]string{}
	for rows.Next() {
		var k, v string
		if err := rows.Scan(&k, &v); err != nil {
			return nil, err
		}
		values[k] = v
	}
	return values, rows.Err()
}
