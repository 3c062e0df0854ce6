package store

import (
	"context"
	"database/sql"
	"errors"

	"muster/models"
	"muster/store/internal/db"
)

// foldText writes anew what searches look through and what names are sorted and
// compared by, where that is more than ASCII: its form was another one before.
func foldText(ctx context.Context, x *db.Tx) error {
	t := &tx{db: x, dirty: map[string]int64{}}
	for _, index := range []db.TextIndex{db.MemberText, db.UserText, db.InvitationText} {
		if err := t.foldIndexed(ctx, index); err != nil {
			return err
		}
	}
	if err := fillRegistry(ctx, x); err != nil { // organizations
		return err
	}
	for table, id := range map[string]string{"memberships": "org_id || ' ' || user_id", "users": "id"} {
		err := t.foldEach(ctx, "SELECT "+id+", name, '' FROM "+table+" WHERE "+notASCII("name"), func(r foldRow) error {
			_, err := t.exec(ctx, "UPDATE "+table+" SET name_norm = $1 WHERE "+id+" = $2", models.NormName(r.name), r.id)
			return err
		})
		if err != nil {
			return err
		}
	}
	for table, within := range map[string]string{"workspaces": "org_id", "projects": "org_id || workspace_id", "custom_roles": "org_id"} {
		if err := t.foldNames(ctx, table, within); err != nil {
			return err
		}
	}
	for _, table := range []string{"workspaces", "projects"} {
		err := t.foldEach(ctx, "SELECT id, text, '' FROM "+table+" WHERE "+notASCII("text"), func(r foldRow) error {
			_, err := t.exec(ctx, "UPDATE "+table+" SET text = $1 WHERE id = $2", models.NormText(r.name), r.id)
			return err
		})
		if err != nil {
			return err
		}
	}
	return t.foldEach(ctx, "SELECT id, label || ' ' || creator_name || ' ' || creator_email, '' FROM join_links", func(r foldRow) error {
		_, err := t.exec(ctx, "UPDATE join_links SET text = $1 WHERE id = $2", models.NormText(r.name), r.id)
		return err
	})
}

// notASCII keeps to rows whose column has more than ASCII, or blanks that count as
// one.
func notASCII(column string) string {
	return "(octet_length(" + column + ") <> length(" + column + ") OR " + column + " LIKE '%  %')"
}

type foldRow struct{ id, name, within string }

func (t *tx) foldEach(ctx context.Context, query string, write func(foldRow) error) error {
	rows, err := collect(ctx, t, func(r scanner) (x foldRow, err error) { return x, r.Scan(&x.id, &x.name, &x.within) }, query)
	for _, r := range rows {
		if err == nil {
			err = write(r)
		}
	}
	return err
}

// foldIndexed does so for a text that is in the text index.
func (t *tx) foldIndexed(ctx context.Context, x db.TextIndex) error {
	type row struct {
		num  int64
		text string
	}
	rows, err := collect(ctx, t, func(r scanner) (x row, err error) { return x, r.Scan(&x.num, &x.text) },
		"SELECT num, text FROM "+x.Table+" WHERE "+notASCII("text"))
	for _, r := range rows {
		folded := models.NormText(r.text)
		if err != nil || folded == r.text {
			continue
		}
		if err = t.db.Text().Remove(ctx, t.db, x, r.num); err != nil {
			break
		}
		if _, err = t.exec(ctx, "UPDATE "+x.Table+" SET text = $1 WHERE num = $2", folded, r.num); err != nil {
			break
		}
		err = t.db.Text().Put(ctx, t.db, x, r.num, folded)
	}
	return err
}

// foldNames does so for names that are unique. Of two that are one now, the later
// one keeps its own until it is renamed.
func (t *tx) foldNames(ctx context.Context, table, within string) error {
	return t.foldEach(ctx, "SELECT id, name, "+within+" FROM "+table+" WHERE "+notASCII("name")+" ORDER BY id", func(r foldRow) error {
		name := models.NormName(r.name)
		var one int
		err := t.row(ctx, "SELECT 1 FROM "+table+" WHERE "+within+" = $1 AND name_norm = $2 AND id <> $3", r.within, name, r.id).Scan(&one)
		switch {
		case err == nil:
			name += "\x02" + r.id
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		_, err = t.exec(ctx, "UPDATE "+table+" SET name_norm = $1 WHERE id = $2", name, r.id)
		return err
	})
}
