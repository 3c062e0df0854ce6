package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"modernc.org/sqlite"

	"muster/models"
	"muster/store/internal/db"
)

// Backup writes a copy of the database while others go on reading and writing.
func (e *engine) Backup(ctx context.Context, _ *db.DB, file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return models.Errorf(models.CodeConflict, "there is a file %s already", file).WithHint("name a new file")
	case err != nil:
		return models.Errorf(models.CodeInvalid, "cannot write the backup: %v", err)
	}
	if err = f.Close(); err == nil {
		err = e.copyInto(ctx, file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file))
	}
	return nil
}

// copyInto fills a file that exists and is empty, so that it keeps its mode.
func (e *engine) copyInto(ctx context.Context, file string) error {
	m := write
	if e.medium {
		m = copying
	}
	pool := openPool(e.path, m, 1)
	defer pool.Close()
	if _, err := pool.ExecContext(ctx, "VACUUM INTO $1", file); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return syncDir(filepath.Dir(file))
}

// Usable tells whether there is a database that can be worked on, as against
// none or one that is damaged. Any other reason why it cannot is an error.
func Usable(ctx context.Context, path string) (bool, error) {
	err := checkFile(path)
	if err == nil {
		err = inspect(ctx, path)
	}
	if err != nil {
		if errors.Is(err, errUnusable) || models.CodeOf(err) == models.CodeNotFound {
			return false, nil
		}
		return false, err
	}
	return true, nil
}

// OpenToRead opens a database that is in use, for reading alone.
func OpenToRead(path string) *db.DB { return openOnly(path, read) }

// OpenToWrite opens a database that others may have open.
func OpenToWrite(path string) *db.DB { return openOnly(path, write) }

// OpenBackup opens a backup for reading, after checking that it is a whole
// database of muster's with nothing foreign in it.
func OpenBackup(ctx context.Context, file string, steps map[string]db.Step) (*db.DB, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, models.Errorf(models.CodeNotFound, "there is no backup %s", file)
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return nil, models.Errorf(models.CodeInvalid, "%s is not a backup: it is empty or not a regular file", file)
	}
	if err := inspect(ctx, file); err != nil {
		return nil, err
	}
	d := openOnly(file, look)
	wrong, err := d.Integrity(ctx, d)
	if err == nil && wrong != "" {
		err = models.Errorf(models.CodeInvalid, "the backup %s is damaged: %s", file, models.SafeText(wrong)).WithHint("use another backup")
	}
	if err == nil {
		err = CheckSchema(ctx, d, steps)
	}
	if err != nil {
		return nil, errors.Join(openError(file, err), d.Close())
	}
	return d, nil
}

// Sound tells whether a database is free of damage, and has ask read it.
func Sound(ctx context.Context, path string, ask func(*db.DB) error) (bool, error) {
	d := openOnly(path, read)
	defer d.Close()
	wrong, err := d.Integrity(ctx, d)
	if err == nil && wrong == "" {
		err = ask(d)
	}
	if err = openError(path, err); errors.Is(err, errUnusable) {
		return false, nil
	}
	return wrong == "", err
}

// CopyOver replaces the content of a database by that of another in one
// transaction.
func CopyOver(ctx context.Context, src *db.DB, path string) error {
	conn, err := src.Reader.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(c any) error {
		b, ok := c.(interface {
			NewBackup(string) (*sqlite.Backup, error)
		})
		if !ok {
			return fmt.Errorf("the SQLite driver %T has no backup", c.(driver.Conn))
		}
		work, err := b.NewBackup(dsn(path, write))
		if err != nil {
			return err
		}
		_, err = work.Step(-1)
		return errors.Join(err, work.Finish())
	})
}

// SetAside keeps a damaged database under another name.
func SetAside(path string) error {
	for n := 1; ; n++ {
		aside := fmt.Sprintf("%s.damaged-%d", path, n)
		if _, err := os.Lstat(aside); err == nil {
			continue
		}
		for _, end := range []string{"", "-wal", "-shm"} {
			if err := os.Rename(path+end, aside+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return models.Errorf(models.CodeInternal, "cannot set the damaged database aside: %v", err)
			}
		}
		return nil
	}
}
