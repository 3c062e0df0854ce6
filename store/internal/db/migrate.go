package db

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"path"

	"muster/models"
)

//go:embed migrations/*.sql
var migrations embed.FS

// A Step is the part of a migration that only the program knows.
type Step func(context.Context, *Tx) error

// Migrate brings the schema up to date. Reading the version and every step run
// in one transaction with the installation locked, so that of two processes that
// open an old database at once, one migrates and the other waits and finds it
// done. (This is why it is written here: the migration libraries at hand read the
// version before they take the lock.) steps run behind the migrations whose file
// names they have.
func (d *DB) Migrate(ctx context.Context, steps map[string]Step) error {
	return d.MigrateTo(ctx, len(Migrations()), steps)
}

// MigrateTo brings the schema to an earlier version than the newest.
func (d *DB) MigrateTo(ctx context.Context, version int, steps map[string]Step) error {
	files := Migrations()[:version]
	current, err := d.SchemaVersion(ctx, onWriter{d})
	if err != nil {
		return err
	}
	if current == len(files) {
		return nil
	}
	_, err = d.run(ctx, d.Writer, func(tx *Tx) error {
		if err := tx.Lock(ctx, ""); err != nil {
			return err
		}
		current, err := d.SchemaVersion(ctx, tx)
		if err != nil {
			return err
		}
		if current > len(files) {
			return Newer(current)
		}
		if current == 0 {
			if err := d.Before(ctx, tx); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "CREATE TABLE schema_version (version BIGINT NOT NULL); INSERT INTO schema_version VALUES (0)"); err != nil {
				return err
			}
		}
		for n := current; n < len(files); n++ {
			if err := d.apply(ctx, tx, files[n], steps); err != nil {
				return fmt.Errorf("migration %s: %w", files[n], err)
			}
		}
		_, err = tx.Exec(ctx, "UPDATE schema_version SET version = $1", len(files))
		return err
	})
	return err
}

func (d *DB) apply(ctx context.Context, tx *Tx, file string, steps map[string]Step) error {
	text, err := Migration(file)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, text); err != nil {
		return err
	}
	if err := d.After(ctx, tx, file); err != nil {
		return err
	}
	if step := steps[file]; step != nil {
		return step(ctx, tx)
	}
	return nil
}

// Migrations lists the files of the migrations in their order.
func Migrations() []string {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for i := range files {
		files[i] = path.Base(files[i])
	}
	return files
}

// Migration is the text of one.
func Migration(file string) (string, error) {
	b, err := migrations.ReadFile("migrations/" + file)
	return string(b), err
}

// Newer refuses a database whose schema is one of a newer muster.
func Newer(version int) error {
	return models.Errorf(models.CodeInternal, "the database was created by a newer muster (schema %d, this one knows %d)", version, len(Migrations())).
		WithHint("it was left as it is; install the newer muster")
}

// SchemaVersion is how many migrations the database has had; 0 for a new one.
func (d *DB) SchemaVersion(ctx context.Context, q Queryer) (version int, err error) {
	there, err := d.HasTable(ctx, q, "schema_version")
	if err != nil || !there {
		return 0, err
	}
	err = q.Row(ctx, "SELECT version FROM schema_version").Scan(&version)
	return version, err
}

type onWriter struct{ d *DB }

func (w onWriter) Row(ctx context.Context, query string, args ...any) *sql.Row {
	return w.d.Writer.QueryRowContext(ctx, query, args...)
}
