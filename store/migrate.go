package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"muster/models"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. Reading the version and every step run
// in one immediate transaction, so that of two processes that open an old
// database at once, one migrates and the other waits and finds it done. (This
// is why it is written here: the migration libraries at hand read the version
// before they take the lock.)
func migrate(ctx context.Context, db *sql.DB) error {
	files := migrationFiles()
	current, err := schemaVersion(ctx, db)
	if err != nil {
		return err
	}
	if current == len(files) {
		return nil
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if current, err = schemaVersion(ctx, tx); err != nil {
		return err
	}
	if current > len(files) {
		return newerSchema(current)
	}
	if current == 0 {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; %s CREATE TABLE schema_version (version BIGINT NOT NULL); INSERT INTO schema_version VALUES (0)", applicationID, searchTables)); err != nil {
			return err
		}
	}
	for n := current; n < len(files); n++ {
		text, err := migrations.ReadFile(files[n])
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("migration %s: %w", path.Base(files[n]), err)
		}
		// What only the program knows, how text is compared, or only SQLite has.
		then := map[string]func(context.Context, *sql.Tx) error{"0002_lifecycle.sql": indexRegistry, "0010_user_numbers.sql": rebuildText}[path.Base(files[n])]
		if then == nil {
			continue
		}
		if err := then(ctx, tx); err != nil {
			return fmt.Errorf("migration %s: %w", path.Base(files[n]), err)
		}
	}
	if _, err := tx.ExecContext(ctx, "UPDATE schema_version SET version = $1", len(files)); err != nil {
		return err
	}
	return tx.Commit()
}

// migrationFiles lists the steps in their order.
func migrationFiles() []string {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	return files
}

// schemaNewest is the version this muster knows.
func schemaNewest() int { return len(migrationFiles()) }

func newerSchema(v int) error {
	return models.Errorf(models.CodeInternal, "the database was made by a newer muster (schema %d, this one knows %d)", v, schemaNewest()).
		WithHint("it was left as it is; install the newer muster again")
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// schemaVersion is how many migrations the database has had; 0 for a new file.
func schemaVersion(ctx context.Context, q querier) (v int, err error) {
	var there string
	err = q.QueryRowContext(ctx, "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'").Scan(&there)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err == nil {
		err = q.QueryRowContext(ctx, "SELECT version FROM schema_version").Scan(&v)
	}
	return v, err
}
