package sqlite

import (
	"context"
	"regexp"
	"strings"

	"muster/models"
	"muster/store/internal/db"
)

// CheckSchema refuses a database that does not have the tables, indexes and other
// objects of muster's at its version, and nothing else: a trigger or a view would
// do work of its own, and an index that is missing takes a promise with it.
func CheckSchema(ctx context.Context, d *db.DB, steps map[string]db.Step) error {
	version, err := d.SchemaVersion(ctx, d)
	if err != nil {
		return err
	}
	pool := openPool(":memory:", write, 1)
	model := &db.DB{Engine: &engine{path: ":memory:"}, Reader: pool, Writer: pool}
	defer pool.Close()
	if err := model.MigrateTo(ctx, version, steps); err != nil {
		return err
	}
	want, err := objectsOf(ctx, model)
	if err != nil {
		return err
	}
	have, err := objectsOf(ctx, d)
	if err != nil {
		return err
	}
	for _, o := range have {
		if !contains(want, o) {
			return models.Errorf(models.CodeInvalid, "the database has the %s %q, which is not muster's", o.kind, models.SafeText(o.name))
		}
	}
	for _, o := range want {
		if !contains(have, o) {
			return models.Errorf(models.CodeInvalid, "the database lacks the %s %q", o.kind, o.name)
		}
	}
	return nil
}

// object is a row of a schema. Its SQL is without comments and spacing, which may
// change in a migration without a change of the schema.
type object struct{ kind, name, table, sql string }

func contains(list []object, o object) bool {
	for _, x := range list {
		if x == o {
			return true
		}
	}
	return false
}

// objectsOf gives the schema of a database, without the statistics that SQLite keeps.
func objectsOf(ctx context.Context, d *db.DB) ([]object, error) {
	rows, err := d.Query(ctx, `SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite\_stat%' ESCAPE '\' ORDER BY type DESC, name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []object
	for rows.Next() {
		var o object
		if err := rows.Scan(&o.kind, &o.name, &o.table, &o.sql); err != nil {
			return nil, err
		}
		o.sql = strings.Join(strings.Fields(comment.ReplaceAllString(o.sql, "")), "")
		out = append(out, o)
	}
	return out, rows.Err()
}

var comment = regexp.MustCompile(`--[^\n]*`)
