package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"

	"muster/models"
	"muster/store/internal/db"
)

// checkFile refuses a file that is no database of muster's and leaves it as it
// is. It must run before the first connection, and never opens the file itself:
// closing it would drop the locks of every connection in this process.
func checkFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return models.Errorf(models.CodeNotFound, "there is no database at %s", path).
			WithHint("create one with: {installation.init --name NAME --email ADDRESS}")
	case err != nil:
		return models.Errorf(models.CodeInternal, "cannot look at the database: %v", err)
	case !info.Mode().IsRegular():
		return models.Errorf(models.CodeInternal, "the database %s is not a regular file", path)
	case info.Size() == 0:
		return damaged(path, "is empty")
	case info.Mode().Perm()&0o077 != 0:
		return models.Errorf(models.CodeInternal, "the database %s is open to other users (mode %04o)", path, info.Mode().Perm()).
			WithHint("run: chmod 600 %s", path)
	}
	return nil
}

// errUnusable is in the error of a file that no muster can use as it is: damaged,
// cut short, foreign.
var errUnusable = errors.New("not a usable database")

// inspect looks inside a file through SQLite and refuses what is no whole
// database of muster's, or one of a newer muster. It leaves the file as it is.
func inspect(ctx context.Context, path string) error {
	err := inspectOnce(ctx, path)
	if errors.Is(err, errUnusable) {
		// Somebody may have written without our having seen the log.
		err = inspectOnce(ctx, path)
	}
	return err
}

func inspectOnce(ctx context.Context, path string) error {
	m := still
	if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
		m = look // part of the database is in the log
	}
	d := openOnly(path, m)
	defer d.Close()
	var app int64
	if err := d.Row(ctx, "PRAGMA application_id").Scan(&app); err != nil {
		return openError(path, err)
	}
	if app != applicationID {
		return &models.Error{Code: models.CodeInternal, Message: path + " is not a database of muster",
			Hint: "it was left as it is; name another directory with --data", Err: errUnusable}
	}
	if m == still { // SQLite takes a last page that is cut short for a whole one
		var size int64
		if err := d.Row(ctx, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").Scan(&size); err != nil {
			return openError(path, err)
		}
		if info, err := os.Stat(path); err == nil && info.Size() < size {
			return damaged(path, "is cut short")
		}
	}
	v, err := d.SchemaVersion(ctx, d)
	if err != nil {
		return openError(path, err)
	}
	if v == 0 {
		return damaged(path, "is damaged")
	}
	if v > len(db.Migrations()) {
		return db.Newer(v)
	}
	return nil
}

func damaged(path, what string) error {
	return &models.Error{Code: models.CodeInternal, Message: "the database " + path + " " + what,
		Hint: "it was left as it is; restore a backup with: {installation.restore FILE}", Err: errUnusable}
}

// Create makes a database beside its place and puts it there whole, so that a
// crash leaves either none or a good one.
func Create(ctx context.Context, path string, steps map[string]db.Step) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return models.Errorf(models.CodeInternal, "cannot create the data directory: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	// SQLite would take a log that was left behind for the new database's own.
	if _, err := os.Stat(path + "-wal"); err == nil {
		return models.Errorf(models.CodeInternal, "there is a log %s-wal but no database", path).
			WithHint("put the database back next to it, or move the log away")
	}
	f, err := os.CreateTemp(dir, ".new-*.db") // mode 0600, which SQLite gives its other files too
	if err != nil {
		return models.Errorf(models.CodeInternal, "cannot write into the data directory: %v", err)
	}
	temp := f.Name()
	defer func() {
		for _, end := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(temp + end)
		}
	}()
	if err := f.Close(); err != nil {
		return err
	}
	d := openOnly(temp, write)
	if err := errors.Join(d.Migrate(ctx, steps), d.Close()); err != nil {
		return err
	}
	// A link fails where a rename would replace what another process made.
	if err := os.Link(temp, path); err != nil && !errors.Is(err, os.ErrExist) {
		return models.Errorf(models.CodeInternal, "cannot put the database in its place: %v", err)
	}
	return syncDir(dir)
}

// syncDir makes the names of new files as durable as their content.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // cannot sync a directory
		return nil
	}
	d, err := os.Open(dir)
	if err == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if err != nil {
		return models.Errorf(models.CodeInternal, "cannot write into the directory: %v", err)
	}
	return nil
}
