// Package postgres keeps muster's data on a PostgreSQL server, 14 or later.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"muster/models"
	"muster/store/internal/db"
)

// Connections of one process.
const (
	readers = 8
	writers = 8
)

// lockMillis is how long a change waits for another's to end.
const lockMillis = "10000"

type engine struct{ config *pgx.ConnConfig }

// Options say which database.
type Options struct {
	DSN   string
	Steps map[string]db.Step // of the migrations
}

// Open opens a database and brings its schema up to date.
func Open(ctx context.Context, o Options) (*db.DB, error) {
	config, err := pgx.ParseConfig(o.DSN)
	if err != nil {
		return nil, models.Errorf(models.CodeInvalid, "the address of the database cannot be read").WithHint("it is like postgres://user@host/database")
	}
	d := &db.DB{
		Engine: &engine{config},
		Reader: pool(config, readers, map[string]string{"default_transaction_isolation": "repeatable read", "default_transaction_read_only": "on"}),
		Writer: pool(config, writers, map[string]string{"default_transaction_isolation": "read committed", "lock_timeout": lockMillis}),
	}
	if err = check(ctx, d); err == nil {
		err = d.Migrate(ctx, o.Steps)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func pool(config *pgx.ConnConfig, conns int, params map[string]string) *sql.DB {
	c := config.Copy()
	maps.Copy(c.RuntimeParams, params)
	p := stdlib.OpenDB(*c)
	p.SetMaxOpenConns(conns)
	p.SetMaxIdleConns(conns)
	return p
}

// check refuses a database that sorts in another way than the store does, or
// whose schema is one of a newer muster.
func check(ctx context.Context, d *db.DB) error {
	var collate, encoding string
	if err := d.Row(ctx, "SELECT datcollate, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()").Scan(&collate, &encoding); err != nil {
		return err
	}
	if collate != "C" && collate != "POSIX" || encoding != "UTF8" {
		return models.Errorf(models.CodeInvalid, "the database has the collation %s and the encoding %s", collate, encoding).
			WithHint("make it with: CREATE DATABASE muster TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
	}
	v, err := d.SchemaVersion(ctx, d)
	if err == nil && v > len(db.Migrations()) {
		err = db.Newer(v)
	}
	return err
}

// installationLock is the advisory lock that stands for the whole installation,
// which has no row of its own before the first migration.
const installationLock = 0x6d737472

// Lock locks the rows of organizations in the order of their ids, and the
// installation last, so that two changes never wait for each other.
func (e *engine) Lock(ctx context.Context, tx *db.Tx, orgIDs ...string) error {
	ids := slices.Clone(orgIDs)
	slices.Sort(ids)
	installation := len(ids) > 0 && ids[0] == ""
	for _, id := range slices.Compact(ids) {
		if id == "" {
			continue
		}
		if _, err := tx.Exec(ctx, "SELECT 1 FROM organizations WHERE id = $1 FOR UPDATE", id); err != nil {
			return err
		}
	}
	if !installation {
		return nil
	}
	_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", installationLock)
	return err
}

func (e *engine) HasTable(ctx context.Context, q db.Queryer, name string) (bool, error) {
	var n int
	err := q.Row(ctx, "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1", name).Scan(&n)
	return n > 0, err
}

// Before makes what text search needs. muster_grams are the runs of one and two
// characters in a text, which trigrams cannot find.
func (e *engine) Before(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `
		CREATE EXTENSION IF NOT EXISTS pg_trgm;
		CREATE EXTENSION IF NOT EXISTS btree_gin;
		CREATE FUNCTION muster_grams(t text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
			SELECT coalesce(array_agg(DISTINCT g), '{}') FROM generate_series(1, length(t)) i, LATERAL (VALUES (substr(t, i, 1)), (substr(t, i, 2))) v(g)
		$$`)
	return err
}

// After makes the text indexes once every table has its text.
func (e *engine) After(ctx context.Context, tx *db.Tx, migration string) error {
	if migration != "0010_user_numbers.sql" {
		return nil
	}
	for _, x := range db.TextIndexes() {
		if _, err := tx.Exec(ctx, fmt.Sprintf(`
			CREATE INDEX %[1]s ON %[2]s USING gin ((num >> %[3]d), text gin_trgm_ops);
			CREATE INDEX %[1]s_grams ON %[2]s USING gin ((num >> %[3]d), muster_grams(text))`, x.Name, x.Table, db.NumberBits)); err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) NumberColumns() []string { return []string{"num"} }

func (e *engine) Text() db.Text { return text{} }

func (e *engine) Committed(*db.DB, int) {}

func (e *engine) Fault(err error) db.Fault { return Fault(err) }

// Fault says what an error means where there is no database open yet.
func Fault(err error) db.Fault {
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return db.Broken
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return db.NoFault
	}
	switch {
	case e.Code == "53100":
		return db.Full
	case e.Code == "25006", e.Code == "42501":
		return db.ReadOnly
	case e.Code == "55P03", e.Code == "40001", e.Code == "40P01", strings.HasPrefix(e.Code, "53"):
		return db.Busy
	case strings.HasPrefix(e.Code, "08"), strings.HasPrefix(e.Code, "57P"), strings.HasPrefix(e.Code, "58"):
		return db.Broken
	case e.Code == "XX001", e.Code == "XX002":
		return db.Damaged
	}
	return db.NoFault
}

// Retry: of two changes that waited for each other, the server ends one.
func (e *engine) Retry(err error) bool {
	var p *pgconn.PgError
	return errors.As(err, &p) && (p.Code == "40001" || p.Code == "40P01")
}

// Integrity names an index or a constraint that the server does not hold. Pages
// are checked by the server's own tools.
func (e *engine) Integrity(ctx context.Context, d *db.DB) (string, error) {
	var name string
	err := d.Row(ctx, `SELECT indexrelid::regclass::text || ' is not valid' FROM pg_index WHERE NOT indisvalid
		UNION ALL SELECT conname || ' is not validated' FROM pg_constraint WHERE NOT convalidated LIMIT 1`).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return name, err
}

func (e *engine) Backup(context.Context, *db.DB, string) error {
	return models.Errorf(models.CodeInvalid, "muster does not back up databases on a PostgreSQL server").WithHint("use pg_dump")
}

func (e *engine) Files() []string { return nil }

func (e *engine) Close() {}
