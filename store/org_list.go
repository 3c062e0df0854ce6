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

// The counters of the installation.
const (
	countUsers         = "users"
	countOrganizations = "organizations"
	countDeleted       = "organizations_deleted"
)

func (t *tx) countInstallation(ctx context.Context, name string, by int) error {
	return t.count(ctx, "installation_counts", "name", by, name)
}

func (t *tx) installationCount(ctx context.Context, name string) (n int, err error) {
	err = t.row(ctx, "SELECT n FROM installation_counts WHERE name = $1", name).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// organizationSearchText is what a search of all organizations looks through.
func organizationSearchText(o models.Organization) string {
	return models.NormText(o.Code) + "\n" + models.NormText(o.Name) + "\n" + models.NormText(o.Description)
}

// refreshOrganizationText repeats name, code and description in the forms in
// which they are sorted and searched.
func (t *tx) refreshOrganizationText(ctx context.Context, orgID string) error {
	t.signal(TopicInstallation)
	var o models.Organization
	var num int64
	if err := t.row(ctx, "SELECT num, kind, code, name, description FROM organizations WHERE id = $1", orgID).
		Scan(&num, &o.Kind, &o.Code, &o.Name, &o.Description); err != nil {
		return err
	}
	text := organizationSearchText(o)
	if _, err := t.exec(ctx, "UPDATE organizations SET name_norm = $1, text = $2 WHERE id = $3", models.NormName(o.Name), text, orgID); err != nil {
		return err
	}
	if o.Kind != models.KindShared {
		return nil
	}
	return t.db.Text().Put(ctx, t.db, db.OrganizationText, num, text)
}

// fillRegistry repeats of all organizations what a database that was made before
// lists of them lacks.
func fillRegistry(ctx context.Context, x *db.Tx) error {
	t := &tx{db: x, dirty: map[string]int64{}}
	ids, err := collect(ctx, t, scanString, "SELECT id FROM organizations")
	for _, id := range ids {
		if err == nil {
			err = t.refreshOrganizationText(ctx, id)
		}
	}
	return err
}

// orgRow is a row with the values it is sorted by.
type orgRow struct {
	models.OrgRow
	codeNorm, nameNorm string
}

// orgRowTable are the columns of organizations that the list of all of them
// shows, beside those of orgTable.
var orgRowTable = db.Columns[orgRow]{
	number("members", func(o *orgRow) *int { return &o.Members }),
	joinedText("(SELECT u.email FROM users u WHERE u.id = o.primary_owner)", func(o *orgRow) *string { return &o.PrimaryOwner }),
	ifAt("deleted_at", func(o *orgRow) **time.Time { return &o.DeletedAt }),
	text("deleted_by", func(o *orgRow) *string { return &o.DeletedBy }),
	text("code_norm", func(o *orgRow) *string { return &o.codeNorm }),
	text("name_norm", func(o *orgRow) *string { return &o.nameNorm }),
}

var orgRowColumns = orgTable.Read("o") + ", " + orgRowTable.Read("o")

func scanOrgRow() scanFunc[orgRow] {
	var o orgRow
	return scanInto(orgTable.Dest(&o.Organization, orgRowTable.Dest(&o)...), func() orgRow {
		o.RestorableUntil = nil
		if o.DeletedAt != nil {
			until := o.DeletedAt.Add(models.RestoreTime)
			o.RestorableUntil = &until
		}
		return o
	})
}

// orgOrder is one way to sort organizations. Ids sort by the time they were
// made.
func orgOrder(q models.OrgQuery) (cols []string, kinds []any, desc bool, key func(orgRow) []any) {
	switch q.Sort {
	case models.OrgByName:
		return []string{"o.name_norm", "o.id"}, []any{"", ""}, q.Reverse, func(o orgRow) []any { return []any{o.nameNorm, o.ID} }
	case models.OrgByMembers:
		return []string{"o.members", "o.id"}, []any{int64(0), ""}, !q.Reverse, func(o orgRow) []any { return []any{int64(o.Members), o.ID} }
	case models.OrgByCreated:
		return []string{"o.id"}, []any{""}, !q.Reverse, func(o orgRow) []any { return []any{o.ID} }
	}
	return []string{"o.code_norm"}, []any{""}, q.Reverse, func(o orgRow) []any { return []any{o.codeNorm} }
}

// AllOrganizations gives a page of all shared organizations, for site admins;
// with Deleted those that can be restored. TopicInstallation signals when one
// comes, goes or is renamed.
func (s *Store) AllOrganizations(ctx context.Context, a models.Actor, q models.OrgQuery) (p models.Page[models.OrgRow], err error) {
	limit, err := checkPage(q.Limit, q.Search)
	if err != nil {
		return p, err
	}
	if _, _, err := models.ParseOrgSort(string(q.Sort)); err != nil {
		return p, err
	}
	err = s.view(ctx, a, event{"organization.list", "organization", "", ""}, func(t *tx) error {
		if err := t.onlySiteAdmin(ctx, "see all organizations"); err != nil {
			return err
		}
		name := countOrganizations
		w := &db.Where{}
		w.Add("o.kind = 'shared'")
		if q.Deleted {
			name = countDeleted
			w.Add("o.deleted_at > 0")
		} else {
			w.Add("o.deleted_at = 0")
		}
		if p.Total, err = t.installationCount(ctx, name); err != nil {
			return err
		}
		if p.Matches = p.Total; q.Plan != "" {
			w.Add("o.plan = ?", q.Plan)
			p.Matches = -1
		}
		if !q.Terms.None() {
			p.Matches = -1
		}
		find, err := t.searchAll(ctx, w, db.OrganizationText, "o", 0, q.Search, q.Terms)
		if err == nil && find.term != "" {
			p.Matches, err = find.count(ctx, t, w, false)
		}
		if err != nil {
			return err
		}
		return t.orgPage(ctx, find, w, q, limit, &p)
	})
	return p, err
}

func (t *tx) orgPage(ctx context.Context, find search, w *db.Where, q models.OrgQuery, limit int, p *models.Page[models.OrgRow]) error {
	cols, kinds, desc, keyOf := orgOrder(q)
	order := db.Order{Sort: "orgs " + string(q.Sort) + fmt.Sprint(q.Reverse), Cols: cols, Desc: desc, Key: kinds}
	pg, err := db.NewPager(order, limit, q.After, q.Before)
	if err != nil {
		return err
	}
	pg.Seek(w)
	rows, err := found(ctx, t, find, w, orgRowColumns, &pg, pg.Read(), "", scanOrgRow())
	if err != nil {
		return err
	}
	items, next, prev := db.Cut(&pg, rows, keyOf)
	p.Next, p.Prev = next, prev
	p.Items = make([]models.OrgRow, len(items))
	for i, o := range items {
		p.Items[i] = o.OrgRow
	}
	return nil
}

// OrganizationRow is one shared organization, deleted or not, by id or code,
// for site admins.
func (s *Store) OrganizationRow(ctx context.Context, a models.Actor, ref string) (o models.OrgRow, err error) {
	err = s.view(ctx, a, event{"organization.show", "organization", ref, ""}, func(t *tx) error {
		if !t.user.SiteAdmin {
			t.attempt.as = models.AsOutsider
			return conceal(noOrganization())
		}
		if err := t.siteFactor(ctx); err != nil {
			return err
		}
		row, err := scanOrgRow()(t.row(ctx, "SELECT "+orgRowColumns+" FROM organizations o WHERE (o.id = $1 OR o.code_norm = $2) AND o.kind = 'shared'",
			ref, models.NormCode(ref)))
		if errors.Is(err, sql.ErrNoRows) {
			return noOrganization()
		}
		o = row.OrgRow
		return err
	})
	return o, err
}
